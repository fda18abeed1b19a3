package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// row is one person's grade in one column.
type row struct {
	cell
	name     string // what the sheet calls the person
	byUserID bool   // that is the user id, though the Gradebook's rows say something else
	grade    plan.Grade
}

// more tells whether a grade is more than points on the column's own scale.
func (r *row) more() bool {
	g := &r.grade
	return g.ScoreGiven == nil || g.Comment != "" || g.ScoreMaximum > 0 || g.LetterGrade != "" || g.ShareWithStudent != nil
}

// lost counts what could not be taken over, of one column.
type lost struct{ rows, comments, letters int }

// grades are all grades of a column that a sheet can hold, by name.
func (s *section) grades(c *column, people directory) (rows []row, l lost) {
	seen := map[string]bool{}
	for _, r := range s.Results[c.live.ID] {
		g := r.Grade
		if seen[r.UserID] || r.UserID == "" {
			continue
		}
		seen[r.UserID] = true
		if m := s.Capabilities.Comments; blank(g.Comment) || m == reconcile.CommentUnreadable || m == reconcile.CommentNone {
			g.Comment = ""
		}
		if !s.Capabilities.Letters {
			g.LetterGrade, g.ShareWithStudent = "", nil
		}
		if blank(g.LetterGrade) {
			g.LetterGrade = ""
		}
		if g.ScoreGiven == nil && g.Comment == "" && g.LetterGrade == "" {
			continue
		}
		if g.ScoreGiven == nil || g.ScoreMaximum <= 0 || g.ScoreMaximum == c.live.ScoreMaximum {
			g.ScoreMaximum = 0 // the column's own
		}
		if _, ok := safe(g.Comment); g.Comment != "" && !ok {
			l.comments, g.Comment = l.comments+1, ""
		}
		if _, ok := safe(g.LetterGrade); g.LetterGrade != "" && !ok {
			l.letters, g.LetterGrade = l.letters+1, ""
		}
		one := row{cell: cell{c.live.ID, r.UserID}, grade: g}
		one.name, one.byUserID = people.name(r.UserID)
		_, ok := safe(one.name)
		nothing := g.ScoreGiven == nil && g.Comment == "" && g.LetterGrade == ""
		switch {
		case nothing && ok: // told already
		case !ok, g.ScoreGiven != nil && !sound(*g.ScoreGiven), !sound(g.ScoreMaximum), s.rows[one.cell]:
			l.rows++
		default:
			rows = append(rows, one)
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.name+"\x00"+a.user, b.name+"\x00"+b.user) })
	return rows, l
}

// fill makes the sheets of a document: for each context one with a column for
// each line item whose grades are points alone, and one for each other line item.
func (d *document) fill(by string, names *Names) {
	book := d.gradebook.Name()
	for i, s := range d.sections {
		people := s.directory(by)
		wide := matrix{by: by}
		var long []sheet
		for k := range d.columns[i] {
			c := &d.columns[i][k]
			rows, lost := s.grades(c, people)
			d.tell(s, c, lost)
			byID, own := parted(rows)
			if slices.ContainsFunc(own, func(r row) bool { return r.more() }) {
				long = append(long, newLong(c, by, own, s.name()))
			} else if len(own) > 0 {
				wide.columns = append(wide.columns, gradesOf{c, own})
			}
			if len(byID) > 0 {
				long = append(long, newLong(c, byUserID, byID, s.name()))
			}
		}
		var sheets []sheet
		if len(wide.columns) > 0 {
			sheets = append(sheets, wide.sheets(d.columns[i], s.name())...)
		}
		for _, one := range append(sheets, long...) {
			words := []string{book, s.name()}
			if one.doc.LineItem.IsSet() {
				words = append(words, one.doc.LineItem.Value)
				if one.rows[0][0] != by {
					words = append(words, "by", one.rows[0][0])
				}
			}
			one.file = names.file(".csv", words...)
			if one.doc.Matrix != nil {
				one.doc.Matrix.CSV = said(one.file)
			} else {
				one.doc.CSV = said(one.file)
			}
			one.doc.Metadata.Name = said(names.document("Scores", strings.TrimSuffix(one.file, ".csv")))
			one.doc.Gradebook, one.doc.Context = said(book), said(s.name())
			d.sheets = append(d.sheets, one)
		}
	}
	if len(d.sheets) > 0 {
		d.scores = names.file(".yaml", book, "scores")
	}
}

// parted are the rows that must name people by user id, and the others.
func parted(rows []row) (byID, own []row) {
	for _, r := range rows {
		if r.byUserID {
			byID = append(byID, r)
		} else {
			own = append(own, r)
		}
	}
	return byID, own
}

func (d *document) tell(s *section, c *column, l lost) {
	for _, one := range []struct {
		n    int
		what string
	}{
		{l.rows, "grades are not in the sheets: a spreadsheet could not hold their people's ids, or a number, as they are"},
		{l.comments, "comments are not in the sheets, for these would not hold them as they are (blanks at an end, control characters, or what a spreadsheet takes for a formula)"},
		{l.letters, "letter grades are not in the sheets, for these would not hold them as they are"},
	} {
		if one.n > 0 {
			d.ungraded = append(d.ungraded, remark{s.name(), fmt.Sprintf("%s: %d %s; they stay as they are in the LMS", shown(c.live), one.n, one.what)})
		}
	}
}

// fields are the columns that a long sheet may have beside the person.
var fields = []struct {
	header string
	of     func(*plan.Grade) string
}{
	{"scoreGiven", func(g *plan.Grade) string {
		if g.ScoreGiven == nil {
			return ""
		}
		return points(*g.ScoreGiven)
	}},
	{"scoreMaximum", func(g *plan.Grade) string {
		if g.ScoreMaximum <= 0 {
			return ""
		}
		return points(g.ScoreMaximum)
	}},
	{"comment", func(g *plan.Grade) string { text, _ := safe(g.Comment); return text }},
	{"letterGrade", func(g *plan.Grade) string { text, _ := safe(g.LetterGrade); return text }},
	{"shareWithStudent", func(g *plan.Grade) string {
		if g.ShareWithStudent == nil {
			return ""
		}
		return fmt.Sprint(*g.ShareWithStudent)
	}},
}

// newLong is a sheet of one line item, with those columns that anybody has
// something in.
func newLong(c *column, by string, rows []row, context string) sheet {
	s := sheet{context: context, doc: spec.Scores{LineItem: said(c.key())}, rows: [][]string{{by}}}
	for i := range rows {
		name, _ := safe(rows[i].name)
		s.rows = append(s.rows, []string{name})
		s.cells = append(s.cells, rows[i].in(c))
	}
	for _, f := range fields {
		if !slices.ContainsFunc(rows, func(r row) bool { return f.of(&r.grade) != "" }) {
			continue
		}
		s.rows[0] = append(s.rows[0], f.header)
		for i := range rows {
			s.rows[i+1] = append(s.rows[i+1], f.of(&rows[i].grade))
		}
	}
	return s
}

func (r *row) in(c *column) cellOf {
	return cellOf{id: r.id, user: r.user, key: c.key(), name: r.name, byUserID: r.byUserID}
}
