package spec

import (
	"strings"
	"unicode"
)

const (
	excerptWidth = 120      // columns shown of a source line
	excerptBytes = 64 << 10 // longer lines are not shown: each error would search them
)

// excerpt is the line at a place, with the value there underlined.
func (f *file) excerpt(at Pos) (text, caret string) {
	if f.comma != 0 {
		return excerpt(f.line(int(at.Line)), int(at.Column), func(line []rune, i int) int { return cellExtent(line, i, f.comma) })
	}
	return excerpt(f.line(int(at.Line)), int(at.Column), extent)
}

// excerpt is the part of a source line around a column (from 1), and the caret
// line that underlines as many runes as extent says. Both have the same tabs, so that they
// stay aligned wherever the tab stops are. Runes that a terminal would obey
// instead of showing are replaced.
func excerpt(line string, column int, extent func(line []rune, at int) int) (text, caret string) {
	line = strings.TrimRight(line, "\r\n")
	if len(line) > excerptBytes {
		return "", ""
	}
	runes := []rune(line)
	at := min(max(column-1, 0), len(runes))
	from, to := window(runes, at)

	var shown, under strings.Builder
	if from > 0 {
		shown.WriteString("…")
		under.WriteString(" ")
	}
	for i := from; i < at; i++ {
		if runes[i] == '\t' {
			under.WriteByte('\t')
		} else {
			under.WriteString(strings.Repeat(" ", width(harmless(runes[i]))))
		}
	}
	for _, r := range runes[from:to] {
		if r != '\t' {
			r = harmless(r)
		}
		shown.WriteRune(r)
	}
	marked := 0
	for _, r := range runes[at:min(at+extent(runes, at), to)] {
		marked += width(harmless(r))
	}
	under.WriteString("^" + strings.Repeat("~", max(marked-1, 0)))
	if to < len(runes) {
		shown.WriteString("…")
	}
	return shown.String(), under.String()
}

// window chooses which runes are shown: all, or excerptWidth columns with the
// caret before their middle.
func window(runes []rune, at int) (from, to int) {
	total := 0
	for _, r := range runes {
		total += width(harmless(r))
	}
	if total <= excerptWidth {
		return 0, len(runes)
	}
	columns := 0
	for from = at; from > 0 && columns < excerptWidth/3; from-- {
		columns += width(harmless(runes[from-1]))
	}
	columns = 0
	for to = from; to < len(runes) && columns < excerptWidth; to++ {
		columns += width(harmless(runes[to]))
	}
	return from, to
}

// restOfLine is the extent of what ends nobody knows where.
func restOfLine(line []rune, at int) int { return len(line) - at }

// cellExtent is how many runes a cell has on its line.
func cellExtent(line []rune, at int, comma rune) int {
	quoted := at < len(line) && line[at] == '"'
	line = []rune(strings.TrimRight(string(line), " \t"))
	for i := at; i < len(line); i++ {
		switch {
		case quoted && i > at && line[i] == '"':
			if i+1 < len(line) && line[i+1] == '"' {
				i++
				continue
			}
			return i + 1 - at
		case !quoted && line[i] == comma:
			return max(len([]rune(strings.TrimRight(string(line[at:i]), " \t"))), 1)
		}
	}
	return max(len(line)-at, 1)
}

// extent guesses from the text how many runes the YAML word at a place has. It
// is for underlining only.
func extent(line []rune, at int) int {
	if at >= len(line) {
		return 1
	}
	if q := line[at]; q == '"' || q == '\'' {
		for i := at + 1; i < len(line); i++ {
			switch {
			case line[i] == '\\' && q == '"':
				i++
			case line[i] == q:
				return i + 1 - at
			}
		}
		return len(line) - at
	}
	if strings.ContainsRune(" \t[{|>&!", line[at]) {
		return 1
	}
	end := func(i int) bool { return i >= len(line) || line[i] == ' ' || line[i] == '\t' }
	flow := strings.ContainsAny(string(line[:at]), "[{")
	for i := at; i < len(line); i++ {
		switch {
		case line[i] == ':' && end(i+1),
			line[i] == '#' && i > at && end(i-1),
			flow && strings.ContainsRune(",]}", line[i]):
			return len([]rune(strings.TrimRight(string(line[at:i]), " \t")))
		}
	}
	return len(line) - at
}

// harmless is r, or a replacement where r is a control, a bidi override, a
// zero-width or other rune that does not show as itself.
func harmless(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// visible is s with only harmless runes.
func visible(s string) string { return strings.Map(harmless, s) }

// width is how many columns a terminal gives a harmless rune, as nearly as it
// takes to place a caret: combining marks none, East Asian letters and emoji two.
func width(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115f,
		r >= 0x2e80 && r <= 0xa4cf,
		r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f,
		r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1f64f,
		r >= 0x1f680 && r <= 0x1f6ff,
		r >= 0x1f900 && r <= 0x1f9ff,
		r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}
