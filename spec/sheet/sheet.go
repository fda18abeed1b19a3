package sheet

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

const (
	MaxColumns = 2000    // of a row
	MaxRows    = 1 << 20 // of a sheet, blank ones too: what a spreadsheet can hold
)

const (
	// maxDelimiters are those of one line, in quotes or not: a line of nothing
	// else would become many times its size before its columns are counted.
	maxDelimiters = 1 << 16
	// probed are the bytes at the top that are looked at for the delimiter.
	probed = 64 << 10
)

// Error is why a sheet cannot be read, or not any further. Line and column
// count from 1, the column in characters; both are 0 for the sheet as a whole.
type Error struct {
	Line, Column  int
	Message, Hint string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// Sheet is the text of a sheet.
type Sheet struct {
	text []byte // after the byte order mark and a sep= line, every line end a \n, or \r\n
	line int    // of its first line
	sep  rune   // 0 without a sep= line
}

const save = "save it as CSV UTF-8 (Excel: Save as, CSV UTF-8)"

// Open checks that a text can be a sheet. It leaves text as it is.
func Open(text []byte) (*Sheet, error) {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return nil, &Error{Message: "is UTF-16 text, and no CSV in UTF-8", Hint: save}
	case bytes.IndexByte(text, 0) >= 0:
		return nil, &Error{Message: "is not a text file: it holds a NUL byte", Hint: save}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if at := invalid(text); at >= 0 {
		before := lineEnds(text[:at])
		start := bytes.LastIndexByte(before, '\n') + 1
		return nil, &Error{
			Line: bytes.Count(before, []byte("\n")) + 1, Column: utf8.RuneCount(before[start:]) + 1,
			Message: "not valid UTF-8", Hint: save,
		}
	}
	s := &Sheet{text: lineEnds(text), line: 1}
	s.separator()
	return s, nil
}

// invalid is where the first byte stands that is no UTF-8, or -1.
func invalid(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for at := 0; ; {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
}

// lineEnds makes each CR that no LF follows an LF, in quotes too: old Macs end
// lines so. No other byte moves.
func lineEnds(text []byte) []byte {
	copied := false
	for at := 0; ; at++ {
		i := bytes.IndexByte(text[at:], '\r')
		if i < 0 {
			return text
		}
		if at += i; at+1 < len(text) && text[at+1] == '\n' {
			continue
		}
		if !copied {
			text, copied = slices.Clone(text), true
		}
		text[at] = '\n'
	}
}

var sepLine = regexp.MustCompile(`^(?i:"?sep=([^"\r\n])"?[,;\t]*)\r?(\n|$)`)

// separator takes away the first line where it is for Excel only.
func (s *Sheet) separator() {
	if m := sepLine.FindSubmatch(s.text[:min(len(s.text), 64)]); m != nil {
		s.sep, _ = utf8.DecodeRune(m[1])
		s.text, s.line = s.text[len(m[0]):], 2
	}
}

// Delimiters are what may stand between the cells, the most likely first: that
// of the sep= line alone, else by how often they stand outside of quotes in
// the first so many rows.
func (s *Sheet) Delimiters(rows int) []rune {
	if s.sep != 0 {
		return []rune{s.sep}
	}
	const all = ",;\t"
	var count [256]int
	quoted, blank := false, true
	for _, c := range s.text[:min(len(s.text), probed)] {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n' && blank:
		case c == '\n':
			rows--
			blank = true
		default:
			count[c]++
		}
		if rows == 0 {
			break
		}
		blank = blank && (c == '\n' || c == '\r')
	}
	found := []rune(all)
	slices.SortStableFunc(found, func(a, b rune) int { return count[b] - count[a] })
	return found
}
