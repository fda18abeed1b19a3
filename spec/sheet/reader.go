package sheet

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Cell is one cell: its text without blanks around it, and where it begins, at
// its opening quote where it has one. Line and Column count from 1, Column in
// characters.
type Cell struct {
	Text         string
	Line, Column int
}

// Row is one row. Its cells are good until the next one is read; their texts
// stay.
type Row struct {
	Number int // from 1, as a spreadsheet counts: lines that are empty count, too
	Last   int // the line that it ends on
	Cells  []Cell
}

// Blank tells whether no cell holds anything.
func (r Row) Blank() bool {
	for _, c := range r.Cells {
		if c.Text != "" {
			return false
		}
	}
	return true
}

// Reader hands out the rows of a sheet.
type Reader struct {
	text  []byte
	comma rune
	in    *csv.Reader
	cells []Cell

	line   int // counted within text
	first  int // the sheet's line that is text's first
	start  int // of the line, in text
	at     int // a byte of the line
	column int // of at

	next   int // the line after the last row
	number int // of the last row
	failed error
}

// Rows reads the sheet from its beginning, with comma between the cells.
func (s *Sheet) Rows(comma rune) *Reader {
	in := csv.NewReader(bytes.NewReader(s.text))
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = comma, -1, true
	in.LazyQuotes = true // a quote within a cell stands for itself; what else it allows is found by quoted
	in.TrimLeadingSpace = comma != '\t'
	r := &Reader{text: s.text, comma: comma, in: in, first: s.line, line: 1, column: 1, next: 1}
	for line, rest := s.line, s.text; len(rest) > 0; line++ {
		one := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			one, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if len(one) > maxDelimiters && bytes.Count(one, []byte(string(comma))) > maxDelimiters {
			r.failed = tooWide(line)
			break
		}
	}
	return r
}

func tooWide(line int) error {
	return &Error{Line: line, Column: 1, Message: fmt.Sprintf("a row of more than %d columns", MaxColumns)}
}

// Next is the next row that is not an empty line; io.EOF after the last. Other
// errors are of type *Error: nothing can be read after one.
func (r *Reader) Next() (Row, error) {
	if r.failed != nil {
		return Row{}, r.failed
	}
	row, err := r.read()
	r.failed = err
	return row, err
}

func (r *Reader) read() (Row, error) {
	record, err := r.in.Read()
	if err == io.EOF {
		return Row{}, err
	}
	if err != nil { // nothing that is known to happen
		return Row{}, &Error{Message: err.Error()}
	}
	r.cells = r.cells[:0]
	for i, text := range record {
		r.seek(r.in.FieldPos(i))
		c := Cell{Text: strings.TrimSpace(text), Line: r.line + r.first - 1, Column: r.column}
		if i == 0 {
			r.number += r.line - r.next + 1
		}
		if i == MaxColumns {
			return Row{}, tooWide(r.cells[0].Line)
		}
		if err := r.quoted(c); err != nil {
			return Row{}, err
		}
		r.cells = append(r.cells, c)
	}
	if r.number > MaxRows {
		return Row{}, &Error{Line: r.cells[0].Line, Column: 1, Message: fmt.Sprintf("more than %d rows", MaxRows)}
	}
	end := int(r.in.InputOffset())
	r.next = r.line + bytes.Count(r.text[r.at:end], []byte("\n"))
	last := r.next
	if end > 0 && r.text[end-1] == '\n' {
		last--
	}
	return Row{Number: r.number, Last: last + r.first - 1, Cells: r.cells}, nil
}

// seek goes on to a place as encoding/csv counts it, the column in bytes.
func (r *Reader) seek(line, column int) {
	for r.line < line {
		i := bytes.IndexByte(r.text[r.start:], '\n')
		if i < 0 { // the field after a last blank
			break
		}
		r.start += i + 1
		r.at, r.column = r.start, 1
		r.line++
	}
	to := min(max(r.start+column-1, r.at), len(r.text))
	r.column += utf8.RuneCount(r.text[r.at:to])
	r.at = to
}

// quoted is what is wrong with the quotes of the cell that begins at r.at.
func (r *Reader) quoted(c Cell) error {
	if r.at >= len(r.text) || r.text[r.at] != '"' {
		return nil
	}
	for i := r.at + 1; ; i++ {
		end := bytes.IndexByte(r.text[i:], '"')
		if end < 0 {
			return &Error{Line: c.Line, Column: c.Column, Message: "a quote that is opened here is never closed", Hint: `write "" for a quote within a quoted cell`}
		}
		if i += end + 1; i < len(r.text) && r.text[i] == '"' {
			continue
		}
		rest := r.text[i:]
		if len(rest) == 0 || rest[0] == '\n' || bytes.HasPrefix(rest, []byte("\r\n")) || bytes.HasPrefix(rest, []byte(string(r.comma))) {
			return nil
		}
		return &Error{Line: c.Line, Column: c.Column, Message: "a quoted cell goes on after its closing quote", Hint: `write "" for a quote within a quoted cell`}
	}
}
