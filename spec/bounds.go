package spec

// The bounds of what is read; doc.go says what they leave room for. YAML's
// parser spends some 200 bytes on each value, however short it is written: so
// not only bytes are counted, but also the marks that values are made of.
const (
	maxFile         = 16 << 20  // bytes that Load reads of a file
	maxRecord       = 256 << 20 // bytes that Read reads of a file
	maxSheet        = 32 << 20  // bytes of a sheet
	maxParsed       = 256 << 20 // bytes of sheets, each time a document names one
	maxLines        = 2 << 20   // of a sheet: room for comments of many lines in as many rows as a spreadsheet holds
	maxAllLines     = 2 * maxLines
	maxRows         = 250_000   // scores and people out of sheets
	maxSummaries    = 10_000    // rows of a sheet, put off until it is known whether people follow
	maxSummaryCells = 500_000   // of those
	maxMarks        = 1_500_000 // of a file, as the following
	maxDirectives   = 100       // YAML compares each with all others
	maxDocuments    = 10_000    // the empty ones too
	maxText         = 1 << 20   // bytes of one value
	maxDepth        = 64        // of lists and mappings within each other
	maxRepeated     = 250_000   // values that are written once and mean many
	maxErrors       = 10_000    // collected
	shownErrors     = 100       // printed, and searched for nearest words
)

// oversized tells whether YAML could make far more of a text than its length
// lets expect. It counts marks wherever they stand, in comments and quotes too:
// a count that knew better could be deceived.
func oversized(text []byte) *problem {
	marks, directives, longest, last := 0, 0, 0, 0
	before := byte('\n')
	for i, c := range text {
		mark := false
		switch c {
		case ',', ':', '[', '{', '?', '#', '\r':
			mark = true
		case '\n':
			mark = before != '\r'
		case '-':
			mark = before == ' ' || before == '\n' || before == '\r' || before == '-'
		case '%':
			if before == '\n' || before == '\r' {
				directives++
			}
		}
		if mark {
			marks++
			longest, last = max(longest, i-last), i
		}
		before = c
	}
	longest = max(longest, len(text)-last)
	switch {
	case longest > maxText+excerptBytes: // with room for blanks around it
		return wrong("", "a value of more than %d bytes", maxText)
	case marks > maxMarks:
		return wrong("split it: a file for each Gradebook, or for some of its line items",
			"too large: more than %d lines and marks (, : [ { ? # -)", maxMarks)
	case directives > maxDirectives:
		return wrong("documents need no YAML directives", "more than %d lines begin with %%", maxDirectives)
	}
	return nil
}

// weight is what reading a value once more costs.
func weight(text string) int { return 1 + len(text)/64 }
