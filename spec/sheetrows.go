package spec

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/spec/sheet"
)

// pending is a row that is a footer if no person follows it.
type pending struct {
	line  int
	at    Pos          // of its first score
	cells []sheet.Cell // of a row that names a summary; nil where it names nobody
}

// summaries are what rows below the last person are called. Those of one word
// might be a person's id, and none is an email.
var summaries = []string{
	"average", "mean", "median", "total", "sum", "count", "minimum", "maximum", "min", "max",
	"points possible", "class average", "overall average", "standard deviation",
}

// summary tells whether a user cell names a summary, and cannot name a person.
func (t *table) summary(s string) bool {
	word := strings.ToLower(collapsed(strings.TrimRight(s, ": ")))
	return slices.Contains(summaries, word) && (t.by == "email" || strings.Contains(word, " ") || strings.HasSuffix(s, ":"))
}

// rows reads what stands below the header.
func (t *table) rows() {
	for !t.full() && !t.broken {
		row, err := t.in.Next()
		switch {
		case err == io.EOF:
			t.foot()
			t.unmistakable()
			return
		case err != nil:
			t.unreadable(t.data.name, err)
			return
		case row.Number <= t.skip+1:
			t.passed(row)
		case t.tooMany():
			return
		default:
			t.row(row.Cells)
		}
	}
}

// tooMany reports, once, that the sheets have more rows than can be kept.
func (l *loader) tooMany() bool {
	if l.rows.Load() < maxRows {
		return false
	}
	l.errorf(Pos{}, "load fewer Gradebooks at once", "the sheets have more than %d scores", maxRows)
	return true
}

// cell is a row's cell in a column; blank where the row is short.
func (c *column) cell(cells []sheet.Cell) sheet.Cell {
	if c.index < len(cells) {
		return cells[c.index]
	}
	return sheet.Cell{}
}

// passed is a row below the header that skip passes over.
func (t *table) passed(row sheet.Row) {
	c := t.user.cell(row.Cells)
	switch {
	case c.Text == "":
	case t.by == "email" && emailLike(c.Text):
		t.errorAt(t.pos(c), &t.user, "count the rows at the top that name nobody, without the header", "skip passes over a row that names a person: %s", quote(c.Text))
	default:
		const said = "row passed over, as skip says"
		t.note(c.Line, said, said)
	}
}

// row takes a row's scores, or puts it off until it is known whether people
// follow.
func (t *table) row(cells []sheet.Cell) {
	who, scored := t.user.cell(cells), sheet.Cell{}
	for i := range t.columns {
		if c := t.columns[i].cell(cells); c.Text != "" {
			scored = c
			break
		}
	}
	switch {
	case who.Text == "" && scored.Text == "":
		t.fits(cells)
	case who.Text == "":
		t.putOff(pending{line: scored.Line, at: t.pos(scored)})
	case t.summary(who.Text):
		t.putOff(pending{line: who.Line, cells: slices.Clone(cells)})
	default:
		t.flush()
		t.people++
		t.take(cells)
	}
}

// putOff keeps a row until it is known what it is. A formula that goes down to the
// last row of a spreadsheet makes very many that name nobody: of those as many are
// kept as mistakes would be.
func (t *table) putOff(p pending) {
	switch {
	case p.cells == nil && t.nameless >= maxErrors:
		t.unkept++
		return
	case p.cells == nil:
		t.nameless++
	default:
		t.summed++
		t.summedCells += len(p.cells)
	}
	if t.summed > maxSummaries || t.summedCells > maxSummaryCells {
		t.errorf(At(t.data.name, p.line, 1), "remove them from the sheet", "too many rows are named like a summary (Average, Total)")
		t.broken = true
		return
	}
	t.pending = append(t.pending, p)
}

// flush reads the rows that were put off: people follow, so they are no footers.
func (t *table) flush() {
	for _, p := range t.pending {
		if p.cells != nil {
			t.take(p.cells)
			continue
		}
		t.errorf(p.at, "say whose it is in the column "+quote(t.user.header)+"; rows at the top that name nobody are counted by the skip of a matrix",
			"a row with scores that names no person")
	}
	t.pending, t.nameless, t.unkept, t.summed, t.summedCells = nil, 0, 0, 0, 0
}

// foot notes the rows below the last person.
func (t *table) foot() {
	if t.people == 0 {
		t.flush()
	}
	if len(t.pending) == 0 {
		return
	}
	var at []string
	for _, p := range t.pending[:min(len(t.pending), listedWords)] {
		at = append(at, fmt.Sprint(p.line))
	}
	words := list(at)
	if more := len(t.pending) + t.unkept - len(at); more > 0 {
		words += fmt.Sprintf(" and %d more", more)
	}
	said := fmt.Sprintf("rows below the last person, left alone: %d (line %s)", len(t.pending)+t.unkept, words)
	t.note(t.pending[0].line, said, said)
}

// fits reports a cell that stands beyond the header.
func (t *table) fits(cells []sheet.Cell) bool {
	for _, c := range cells[min(len(t.header), len(cells)):] {
		if c.Text != "" {
			t.errorf(t.pos(c), "a cell with the delimiter in it wants quotes", "a cell beyond the last column: %s", quote(c.Text))
			return false
		}
	}
	return true
}

// take reads a row that names a person.
func (t *table) take(cells []sheet.Cell) {
	if !t.fits(cells) {
		return
	}
	who, ok := t.who(t.user.cell(cells))
	if !t.wide {
		t.takeLong(who, cells, ok)
		return
	}
	for i := range t.columns {
		col := &t.columns[i]
		c := col.cell(cells)
		if c.Text == "" {
			continue
		}
		s := t.next(col.key, who.Pos)
		s.Pos, s.UserID, s.Email, s.SourcedID = who.Pos, who.UserID, who.Email, who.SourcedID // and not all that is blank
		t.fill(&s.ScoreGiven, c, col)
		if ok && s.ScoreGiven.Named() {
			t.keep(col.key)
		} else {
			*s = Score{}
		}
	}
}

func (t *table) takeLong(s Score, cells []sheet.Cell, ok bool) {
	v := reflect.ValueOf(&s).Elem()
	for i := range t.columns {
		col := &t.columns[i]
		if c := col.cell(cells); c.Text != "" {
			t.fill(v.FieldByIndex(col.field).Addr().Interface(), c, col)
		}
	}
	if !there(s.ScoreGiven) || s.ScoreGiven.State == Clear {
		s.ScoreMaximum = Opt[float64]{} // the scale of no number: a column of it may stand in every row
	}
	if s.empty() {
		return
	}
	s.checkValues(t.reporter)
	s.Submission.check(t.reporter)
	if ok {
		*t.next(t.item, s.Pos) = s
		t.keep(t.item)
	}
}

// next is the place of a line item's next score, which is built where it stays. It
// is blank.
func (t *table) next(key string, at Pos) *Score {
	rows := t.into[key]
	if len(rows) == cap(rows) {
		// append would copy large lists far more often, and leave more room than
		// the sheet has lines.
		more := min(max(3*len(rows), 128), len(t.data.file.starts)-int(at.Line)+1)
		rows = slices.Grow(rows, max(1, more))
		t.into[key] = rows
	}
	return &rows[:len(rows)+1][len(rows)]
}

// keep keeps what was built in the place that next gave.
func (t *table) keep(key string) {
	t.loader.rows.Add(1)
	rows := t.into[key]
	t.into[key] = rows[:len(rows)+1]
}

// who is a score of the person that a cell names, with nothing in it.
func (t *table) who(c sheet.Cell) (s Score, ok bool) {
	s.Pos = t.pos(c)
	var o *Opt[string]
	switch t.by {
	case "userId":
		o = &s.UserID
	case "email":
		o = &s.Email
	case "sourcedId":
		o = &s.SourcedID
	}
	if o == nil { // users.by is wrong, and reported
		return s, false
	}
	t.fill(o, c, &t.user)
	if t.by == "email" && o.IsSet() && !emailLike(o.Value) {
		t.errorAt(o.Pos, &t.user, "an email has something on both sides of its @; users.by says what the column of people holds", "%s is no email address", quote(o.Value))
		return s, false
	}
	return s, o.IsSet()
}
