package spec

import "strings"

// The bounds of what Load reads; doc.go says what they leave room for. A YAML
// parser spends some 200 bytes on each value, however short it is written: so
// not only bytes are counted, but what values are made of.
const (
	maxFile       = 16 << 20  // bytes
	maxRecord     = 256 << 20 // bytes of a file that Read reads
	maxMarks      = 1_500_000 // of a file
	maxDirectives = 100       // of a file: YAML compares each with all others
	maxDocuments  = 10_000    // of a file, the empty ones too
	maxText       = 1 << 20   // bytes of one value
	maxDepth      = 64        // of lists and mappings within each other
	maxRepeated   = 250_000   // values of a document, or of its line items, that are written once and mean many
	maxErrors     = 10_000    // that are collected
	shownErrors   = 100       // that are printed
)

// oversized tells whether YAML could make more of a text than its length
// lets expect. It is called before anything is made of the text, and counts
// wherever a mark stands: what looks like text may be something else to YAML.
func oversized(text []byte) *problem {
	marks, directives := 0, 0
	start := true // of a line
	for _, c := range text {
		switch c {
		case '\n', '\r', ',', ':', '[', '{', '?', '#':
			marks++
		case '-':
			if start { // of a line, or after a blank: an entry
				marks++
			}
		case '%':
			if start {
				directives++
			}
		}
		start = c == '\n' || c == '\r' || c == ' ' || c == '\t'
	}
	switch {
	case marks > maxMarks:
		return wrong("split it: a file for each Gradebook, or for a part of its line items",
			"too large: more than %d lines and marks (, : [ { ? # -)", maxMarks)
	case directives > maxDirectives:
		return wrong("", "not a document: more than %d words that begin with %%", maxDirectives)
	}
	return nil
}

// weight is what a value that is read many times costs each time.
func weight(text string) int { return 1 + len(text)/64 }

// overlong is the hint for a value of more than maxText bytes.
func overlong(text string) *problem {
	if len(text) <= maxText {
		return nil
	}
	return wrong("", "a value of more than %d bytes", maxText)
}

// onLine tells whether a value stands on one line as it is.
func onLine(line, value string) bool { return strings.Contains(line, value) }
