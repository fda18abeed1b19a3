// Package render shows a plan.Plan or a plan.Report to people and programs.
//
// Every form is made from the one value. Text and JSON are private: they
// name people, unless People is Numbered. Whatever came from a file or an LMS
// is made inert by package escape.
package render
