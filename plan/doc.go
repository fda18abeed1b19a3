// Package plan holds what gradesync would do and what came of it, as plain
// data.
//
// A Plan is a list of contexts (course sections), each with its line items'
// changes; a Report is the same with an outcome for every row. Both can be
// saved, compared, rendered and tested: there are no functions in them, no
// clock and no map order. Reasons (Why, Message) are for people; nothing
// branches on their text.
//
// A Rollup is what all contexts come to. It is made from a Plan or a Report, and
// nothing is ever decided by one.
//
// The package does no I/O and knows nothing of any LMS.
package plan
