package escape

import (
	"strings"
	"unicode/utf8"
)

// Formula tells whether a spreadsheet would take a cell for a formula: it begins
// with one of the signs that make one, or has only blanks and quotes before it.
func Formula(cell string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, ` "`))
	return strings.ContainsRune("=+-@＝＋－＠", r) // the wide ones are signs to some
}
