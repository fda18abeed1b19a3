package spec

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/spec/sheet"
)

// column is a column of a sheet that is used.
type column struct {
	index  int    // of its cells
	header string // as it stands there
	at     Pos    // of the header
	key    string // the line item's, or that of the score's field
	rules  rules  // of its values
	field  []int  // the score's field in a long sheet, by index
}

// table is a sheet on its way to scores.
type table struct {
	*loader
	data  *data
	by    string             // what the user column holds: userId, email or sourcedId
	clear string             // the word that clears; "" for none
	into  map[string][]Score // by line item key

	in      *sheet.Reader // at the row after the header
	comma   rune
	skip    int
	header  []sheet.Cell
	user    column
	columns []column // of scores, by index
	wide    bool     // a column is a line item, not a field of a score
	item    string   // the line item of a long sheet
	people  int      // rows that named one
	pending []pending
	broken  bool // nothing more can be read

	nameless, unkept    int // rows that name nobody: in pending, and beyond that
	summed, summedCells int // rows that name a summary, in pending

	decimalComma Pos // of the first number that has one
	points3      []pointed
}

func (t *table) pos(c sheet.Cell) Pos {
	return Pos{t.data.place, int32(c.Line), int32(c.Column)}
}

// errorAt reports a mistake in a column.
func (t *table) errorAt(pos Pos, col *column, hint, format string, args ...any) {
	if e := t.errorf(pos, hint, format, args...); e != nil {
		e.Header = col.header
	}
}

// head finds the header: the first of so many rows of which found says that it
// is. It tries each delimiter, for only with the right one is there such a row.
// Without one it reports that there is no column that is wanted.
func (t *table) head(rows int, want, what string, found func([]sheet.Cell) bool) bool {
	t.data.file.aboutPersons(1, lastLine) // the header, too: a column may be named after somebody
	var failed error
	delimiters := t.data.sheet.Delimiters(rows)
	for i, comma := range delimiters {
		row, in, err := search(t.data.sheet, comma, rows, found)
		if err == nil {
			t.in, t.comma, t.header = in, comma, slices.Clone(row.Cells)
			t.data.file.comma = comma
			return true
		}
		if i == 0 { // with the others, quotes may seem wrong that are not
			failed = err
		}
	}
	if failed != io.EOF {
		t.unreadable(t.data.name, failed)
		return false
	}
	first, _, err := search(t.data.sheet, delimiters[0], rows, func([]sheet.Cell) bool { return true })
	if err != nil {
		t.errorf(Pos{File: InFile(t.data.name)}, "", "holds no rows")
		return false
	}
	where := "the first row"
	if rows > 1 {
		where = fmt.Sprintf("the first %d rows", rows)
	}
	hint := "found: " + quotedList(texts(first.Cells))
	if near := nearest(want, texts(first.Cells)); near != "" {
		hint = "did you mean " + quote(near) + "? " + hint
	}
	for _, comma := range delimiters {
		if row, _, err := search(t.data.sheet, comma, rows+20, found); err == nil {
			hint = fmt.Sprintf("row %d has it: remove the rows above it, or let the skip of a matrix say how many they are", row.Number)
		}
	}
	t.errorf(t.pos(first.Cells[0]), hint, "%s has no column %s%s", where, quote(want), what)
	return false
}

// search is the first of so many rows that are not blank for which found says
// so, and the reader after it; io.EOF where there is none.
func search(s *sheet.Sheet, comma rune, rows int, found func([]sheet.Cell) bool) (sheet.Row, *sheet.Reader, error) {
	in := s.Rows(comma)
	for rows > 0 {
		row, err := in.Next()
		switch {
		case err != nil:
			return row, in, err
		case row.Blank():
			continue
		case found(row.Cells):
			return row, in, nil
		}
		rows--
	}
	return sheet.Row{}, in, io.EOF
}

// column is the used column at an index of the header.
func (t *table) column(index int, key string) column {
	c := t.header[index]
	return column{index: index, header: collapsed(c.Text), at: t.pos(c), key: key}
}

// collapsed is a header without regard to blanks.
func collapsed(s string) string { return strings.Join(strings.Fields(s), " ") }

// withHeader are the indexes of cells that are a header: exactly, or else
// without regard to case.
func withHeader(cells []sheet.Cell, header string) (found []int) {
	header = collapsed(header)
	same := func(a, b string) bool { return a == b }
	for range 2 {
		for i, c := range cells {
			if same(collapsed(c.Text), header) {
				found = append(found, i)
			}
		}
		if len(found) > 0 {
			break
		}
		same = strings.EqualFold
	}
	return found
}

func texts(cells []sheet.Cell) (all []string) {
	for _, c := range cells {
		if c.Text != "" {
			all = append(all, collapsed(c.Text))
		}
	}
	return all
}

// quotedList is as list, with quotes that Public finds around every word.
func quotedList(words []string) string {
	var all []string
	for _, w := range words[:min(len(words), listedWords)] {
		all = append(all, quote(w))
	}
	if more := len(words) - len(all); more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, ", ")
}

// notUsed notes the headers of columns that nothing is taken from.
func (t *table) notUsed(what string) {
	used := map[int]bool{t.user.index: true}
	for _, c := range t.columns {
		used[c.index] = true
	}
	var left []string
	for i, c := range t.header {
		if !used[i] && c.Text != "" {
			left = append(left, collapsed(c.Text))
		}
	}
	if len(left) > 0 {
		about := "columns that are no " + what + ", left alone: "
		t.note(t.header[0].Line, about+list(left), about+fmt.Sprint(len(left)))
	}
}

// note tells of a row of the sheet; public has no word of it.
func (t *table) note(line int, message, public string) {
	t.docs.Notes = append(t.docs.Notes, Note{Pos: At(t.data.name, line, 1), Message: message, Public: public})
}

// byIndex puts columns in the order in which they stand.
func byIndex(columns []column) {
	slices.SortFunc(columns, func(a, b column) int { return cmp.Compare(a.index, b.index) })
}
