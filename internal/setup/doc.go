// Package setup makes what a new connection to an LMS needs: a key pair, the
// documents to begin with, and the words that tell an administrator what to
// enter where.
//
// It only makes values: asking people and writing files is its caller's. Where
// an LMS keeps what is told as its own documentation or source has it; an
// institution may have it otherwise, so the texts say what to check.
package setup
