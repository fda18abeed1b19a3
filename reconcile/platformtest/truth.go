package platformtest

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// truthful compares what the report says with what the LMS holds.
func (l *Lab) truthful(w *reconcile.Want, r *plan.ContextReport, before, after Truth) (problems []string) {
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	outcome := map[string]*plan.Row{}
	for i := range r.Rows {
		outcome[rowName(r.Rows[i].Key, r.Rows[i].UserID)] = &r.Rows[i]
	}
	managed := map[string]bool{} // ids of columns that the files name
	for i := range w.Items {
		li := &w.Items[i]
		row := outcome[rowName(li.Key.Value, "")]
		sure := row == nil || row.Outcome == plan.Confirmed // nil: as the files say already
		columns := matching(after, li)
		for _, c := range columns {
			managed[c.ID] = true
		}
		for _, c := range matching(before, li) {
			managed[c.ID] = true
		}
		switch {
		case len(columns) > 1:
			say("%s is there %d times", li.Key.Value, len(columns))
			continue
		case li.Tombstone():
			if sure && len(columns) > 0 {
				say("%s was to be deleted, the report does not say that it is there, and it is", li.Key.Value)
			}
			continue
		case len(columns) == 0:
			if sure && row != nil {
				say("%s is confirmed and not there", li.Key.Value)
			}
			continue
		}
		if was := matching(before, li); len(was) == 1 {
			problems = append(problems, unnamed(li, was[0], columns[0], r)...)
		}
		problems = append(problems, l.cells(li, columns[0], matching(before, li), outcome, r)...)
	}
	if d := untouched(before, after, managed); d != "" {
		say("columns that no file names were changed: %s", d)
	}
	for _, c := range after.Columns {
		if c.Hidden {
			say("a column was made that nobody can see: %q", c.Label)
		}
	}
	return problems
}

// unnamed compares the fields of a column that no file names.
func unnamed(li *spec.LineItem, before, after *Column, r *plan.ContextReport) (problems []string) {
	for _, f := range []struct {
		name    string
		named   bool
		was, is any
	}{
		{"tag", li.Tag.Named(), before.Tag, after.Tag},
		{"resourceLinkId", li.ResourceLinkID.Named(), before.ResourceLinkID, after.ResourceLinkID},
		{"gradesReleased", li.GradesReleased.Named(), before.GradesReleased, after.GradesReleased},
		{"extensions", len(li.Extensions) > 0, before.Extensions, after.Extensions},
	} {
		told := slices.ContainsFunc(r.Plan.Notes, func(n plan.Note) bool {
			return n.Key == li.Key.Value && strings.Contains(n.Message, f.name)
		})
		if !f.named && !told && !reflect.DeepEqual(f.was, f.is) {
			problems = append(problems, fmt.Sprintf("%s: %s, which no file names, was %v and is %v", li.Key.Value, f.name, f.was, f.is))
		}
	}
	return problems
}

// matching is the columns that a line item could be, by its resourceId, else
// by its label.
func matching(t Truth, li *spec.LineItem) (out []*Column) {
	for i := range t.Columns {
		c := &t.Columns[i]
		switch {
		case c.Hidden:
		case li.ResourceID.IsSet() && c.ResourceID != "":
			if c.ResourceID == li.ResourceID.Value {
				out = append(out, c)
			}
		case c.Label == li.Label.Value:
			out = append(out, c)
		}
	}
	return out
}

// cells looks at the students of one column.
func (l *Lab) cells(li *spec.LineItem, now *Column, before []*Column, outcome map[string]*plan.Row, r *plan.ContextReport) (problems []string) {
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	was := map[string]Cell{}
	if len(before) == 1 {
		was = before[0].Cells
	}
	named := map[string]bool{}
	for k := range li.Scores {
		s := &li.Scores[k]
		user := s.UserID.Value
		named[user] = true
		row := outcome[rowName(li.Key.Value, user)]
		if row != nil && row.Outcome != plan.Confirmed {
			continue
		}
		cell := now.Cells[user]
		if s.ScoreGiven.IsSet() {
			maximum := li.ScoreMaximum.Value
			if s.ScoreMaximum.IsSet() {
				maximum = s.ScoreMaximum.Value
			}
			if cell.Score == nil || !l.near(*cell.Score/cell.Maximum, s.ScoreGiven.Value/maximum) && !(s.ScoreGiven.Value > maximum && l.near(*cell.Score/cell.Maximum, 1)) {
				say("%s/%s is to be %v of %v and is %s, and the report does not say so", li.Key.Value, user, s.ScoreGiven.Value, maximum, cell)
			}
		}
		if s.ScoreGiven.State == spec.Clear && cell.Score != nil {
			say("%s/%s is to have no score and has %s", li.Key.Value, user, cell)
		}
		toldOf := func(n plan.Note) bool { return n.Key == li.Key.Value && strings.Contains(n.Message, "comment") }
		if s.Comment.IsSet() && last(cell.Comments) != s.Comment.Value && !slices.ContainsFunc(r.Plan.Notes, toldOf) {
			say("%s/%s is to read %q and reads %q", li.Key.Value, user, s.Comment.Value, cell.Comments)
		}
		if !s.Comment.Named() && s.ScoreGiven.IsSet() && last(cell.Comments) != last(was[user].Comments) {
			say("%s/%s read %q, which no file names, and now reads %q", li.Key.Value, user, was[user].Comments, cell.Comments)
		}
		if twice(cell.Comments) {
			say("%s/%s reads the same twice: %q", li.Key.Value, user, cell.Comments)
		}
		if cell.Attempts > was[user].Attempts {
			say("%s/%s lost an attempt", li.Key.Value, user)
		}
	}
	told := map[string]bool{}
	for _, c := range r.Collateral {
		told[c.UserID] = true
	}
	for user, cell := range was {
		if !named[user] && !told[user] && !same(cell, now.Cells[user]) {
			say("%s/%s, whom no file names, had %s and has %s, and the report does not say so", li.Key.Value, user, cell, now.Cells[user])
		}
	}
	return problems
}

func (c Cell) String() string {
	if c.Score == nil {
		return "nothing"
	}
	return fmt.Sprintf("%v of %v", *c.Score, c.Maximum)
}

func same(a, b Cell) bool {
	if (a.Score == nil) != (b.Score == nil) || last(a.Comments) != last(b.Comments) {
		return false
	}
	// Nothing is nothing on every scale.
	return a.Score == nil || *a.Score == 0 && *b.Score == 0 || math.Abs(*a.Score-*b.Score) < 1e-6 && a.Maximum == b.Maximum
}

// near compares shares of the maximum.
func (l *Lab) near(a, b float64) bool {
	precision := l.Precision
	if precision == 0 {
		precision = 1e-4
	}
	return math.Abs(a-b) <= precision
}

func last(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// twice tells of a comment that was sent again though it stood there.
func twice(comments []string) bool {
	for i := 1; i < len(comments); i++ {
		if comments[i] == comments[i-1] {
			return true
		}
	}
	return false
}

// untouched tells how columns differ that should not; managed ones apart.
func untouched(before, after Truth, managed map[string]bool) string {
	others := func(t Truth) map[string]Column {
		out := map[string]Column{}
		for _, c := range t.Columns {
			if !managed[c.ID] {
				out[c.ID] = c
			}
		}
		return out
	}
	was, is := others(before), others(after)
	for _, id := range slices.Sorted(maps.Keys(was)) {
		switch now, there := is[id]; {
		case !there:
			return fmt.Sprintf("%q is gone", was[id].Label)
		case !reflect.DeepEqual(was[id], now):
			return fmt.Sprintf("%+v became %+v", was[id], now)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(is)) {
		if _, there := was[id]; !there {
			return fmt.Sprintf("%q appeared", is[id].Label)
		}
	}
	return ""
}
