// Package render shows a plan.Plan or a plan.Report to people and programs.
//
// Every form is made from the one value. Text and JSON are private: they name
// people and their grades, unless Options.Redact numbers the people and leaves
// out the grades. Markdown and HTML are public: they are made from a page, which
// has no place for a person. Whatever came from a file or an LMS is made inert by
// package escape.
package render
