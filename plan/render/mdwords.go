package render

import (
	"html"
	"strings"
	"unicode"
)

// code is an inert text as a code span. In one, nothing is a mention, a link,
// markup or HTML; what could end it, or a table's cell, is written as an escape.
func code(s string) string {
	if strings.TrimSpace(s) == "" {
		return "(blank)"
	}
	return "`" + strings.NewReplacer("`", `\u0060`, "|", `\u007c`, "<", `\u003c`, "-->", `--\u003e`).Replace(s) + "`"
}

// prose is an inert sentence. Its plain words stay as they are; whatever else
// is in it (names, places, commands, anything that could mean something to
// Markdown or to a forge) stands in code spans.
func prose(s string) string {
	var out, odd []string
	flush := func() {
		if len(odd) > 0 {
			out = append(out, code(strings.Join(odd, " ")))
			odd = nil
		}
	}
	for _, word := range strings.Fields(s) {
		switch {
		case plainWord(word):
			flush()
			out = append(out, word)
		default:
			odd = append(odd, word)
		}
	}
	flush()
	return strings.Join(out, " ")
}

// plainWord tells whether a word is of letters and digits, with at most one
// mark behind it, or a hyphen or an apostrophe between letters.
func plainWord(w string) bool {
	if w == "%" {
		return true
	}
	if strings.ContainsRune(",.;:", rune(w[len(w)-1])) {
		w = w[:len(w)-1]
	}
	last := rune(0)
	for _, r := range w {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r) && last != '-':
		case (r == '-' || r == '\'') && unicode.IsLetter(last):
		default:
			return false
		}
		last = r
	}
	return unicode.IsLetter(last) || unicode.IsDigit(last)
}

// tagged is an inert text for the raw HTML of a summary.
func tagged(s string) string { return "<code>" + html.EscapeString(s) + "</code>" }
