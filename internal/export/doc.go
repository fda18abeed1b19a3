// Package export turns what was observed of a Gradebook's contexts into
// documents that plan to no change: a Gradebook, and with scores the sheets
// that hold them. It reads and writes nothing.
//
// It promises that what it hands out was planned, on what was observed, and
// that the plan was empty. A value that cannot be said so that it reads back as
// it is (a title with control characters, a comment that a spreadsheet would
// take for a formula) is left out, so that it is unmanaged and stays as it is
// in the LMS; the documents' comments say what was left out, and why.
//
// The same observation gives the same bytes. No comment names a person, nothing
// of a Platform is written, and of a secret only where it is.
package export
