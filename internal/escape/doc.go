// Package escape makes text that comes from an LMS or a file inert where it
// is shown. Every rendering and every message that reaches a person goes
// through it.
//
// What is not a plain printable character (control characters and with them
// ANSI sequences, bidirectional and zero-width marks, odd spaces, bytes that
// are not UTF-8) is written as an escape like \u202e, so that it can be seen
// and does nothing.
package escape
