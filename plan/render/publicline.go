package render

import (
	"fmt"
	"strings"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

func lineOf(it *plan.Item) line {
	spread := distribution(it)
	if spread.Others.few() {
		spread.Over = 0
	}
	l := line{
		Key: name(it.Key), Title: heading(it), Action: plan.Action(name(string(it.Action))), What: becomes(it), Why: message(it.Why),
		Blast: it.Blast, Kept: len(it.Kept), Chart: spread, Under: underMaximum(it, spread.Over),
	}
	l.Others, _ = others(it)
	for _, f := range it.Fields {
		c := fieldChange{Name: name(f.Name), Before: value(f.Before), After: value(f.After), Rides: f.Rides}
		if it.Action == plan.Create {
			c.Before = ""
		}
		l.Fields = append(l.Fields, c)
	}
	for i := range it.Kept {
		if it.Kept[i].Conflict {
			l.Conflicts++
		}
		if it.Kept[i].Release != "" {
			l.Overwrite = escape.Line(it.Kept[i].Release)
		}
	}
	for i := range it.Scores {
		switch {
		case len(it.Held) > 0 || len(it.Scores[i].Held) > 0:
			l.HeldRows++
		case it.Scores[i].Action == plan.Erase:
			l.Clears++
		default:
			l.Posts++
		}
	}
	if len(it.Held) > 0 && it.Action != plan.Keep {
		l.HeldRows++
	}
	return l
}

// becomes is what becomes of the line item itself.
func becomes(it *plan.Item) string {
	switch it.Action {
	case plan.Create, plan.Update:
		return map[plan.Action]string{plan.Create: "create", plan.Update: "change"}[it.Action]
	case plan.Delete:
		switch {
		case it.Graded == nil:
			return "delete, grades unread"
		case *it.Graded == 0:
			return "delete, empty"
		}
		return "delete, with " + count(*it.Graded, "grade")
	}
	return ""
}

// heading is a line item's label where that tells more than its key.
func heading(it *plan.Item) string {
	if it.Label == it.Key {
		return ""
	}
	return name(it.Label)
}

// holds adds what of a line item is held or was let go. Of its scores each
// reason is told once, with how many there are.
func (pg *page) holds(context string, it *plan.Item) {
	held, released := map[hold]int{}, map[release]int{} // where each stands
	add := func(h plan.Hold, scores int) {
		one := hold{
			Context: context, Key: name(it.Key), Title: heading(it), Risk: name(string(h.Risk)), Why: message(h.Why),
			Release: escape.Line(h.Release), Where: name(h.Where), OfScores: scores > 0,
		}
		if h.Risk == plan.Drop { // how far one score falls is one person's
			one.Why = tooFar
		}
		at, met := held[one]
		if !met {
			at = len(pg.Held)
			held[one] = at
			pg.Held = append(pg.Held, one)
		}
		pg.Held[at].Scores += scores
	}
	let := func(r plan.Release, scores int) {
		one := release{Context: context, Key: name(it.Key), Risk: name(string(r.Risk)), By: escape.Line(r.By), OfScores: scores > 0}
		at, met := released[one]
		if !met {
			at = len(pg.Released)
			released[one] = at
			pg.Released = append(pg.Released, one)
		}
		pg.Released[at].Scores += scores
	}
	for _, h := range it.Held {
		add(h, 0)
	}
	for _, r := range effective(it.Held, it.Released) {
		let(r, 0)
	}
	for i := range it.Scores {
		for _, h := range it.Scores[i].Held {
			add(h, 1)
		}
		for _, r := range effective(it.Scores[i].Held, it.Scores[i].Released) {
			let(r, 1)
		}
	}
}

// planWords says how a context stands.
func planWords(c *plan.Context) string {
	switch {
	case c.Status() == plan.NotBegun:
		return "not read"
	case c.Failure != nil:
		return "stopped: it could not be read"
	case len(c.Findings) > 0:
		return "stopped by " + count(len(c.Findings), "finding")
	}
	t := c.Totals()
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{
		{t.Held, "held"}, {t.Create, "to create"}, {t.Update, "to change"}, {t.Delete, "to delete"},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if t.Post > 0 {
		parts = append(parts, count(t.Post, "score")+" to post")
	}
	if t.Clear > 0 {
		parts = append(parts, count(t.Clear, "score")+" to clear")
	}
	if len(parts) == 0 {
		return "no changes"
	}
	return strings.Join(parts, ", ")
}

// reportWords says how a context ended.
func reportWords(r *plan.ContextReport) string {
	var parts []string
	for _, x := range outcomeCounts(r.Outcomes()) {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if n := len(r.Collateral); n > 0 {
		parts = append(parts, fmt.Sprintf("%d collateral", n))
	}
	if held := r.Plan.Totals().Held; held > 0 {
		parts = append(parts, fmt.Sprintf("%d held", held))
	}
	if len(parts) == 0 {
		return planWords(&r.Plan)
	}
	return strings.Join(parts, ", ")
}

// outcomes counts how the rows of each line item ended.
func (s *section) outcomes(r *plan.ContextReport) {
	type own struct{ key, label string }
	rows, collateral := map[own][]plan.Row{}, map[own]int{}
	for _, row := range r.Rows {
		at := own{row.Key, row.Label}
		rows[at] = append(rows[at], row)
		if row.UserID == "" && row.Outcome != plan.Confirmed {
			s.Odd = append(s.Odd, odd(&row))
		}
	}
	for i := range r.Collateral {
		collateral[own{r.Collateral[i].Key, r.Collateral[i].Label}]++
	}
	for i := range s.Lines {
		at := own{r.Plan.Items[i].Key, r.Plan.Items[i].Label}
		one := plan.ContextReport{Rows: rows[at]}
		s.Lines[i].Outcomes, s.Lines[i].Collateral = one.Outcomes(), collateral[at]
		delete(rows, at) // of two that are called the same the first has them all
		delete(collateral, at)
	}
}

func odd(r *plan.Row) oddRow {
	o := oddRow{Key: name(r.Key), Outcome: name(string(r.Outcome)), What: name(string(r.Action)), Why: message(r.Why)}
	for _, f := range r.Fields {
		o.Fields = append(o.Fields, fieldChange{Name: name(f.Name), Before: value(f.Before), After: value(f.After)})
	}
	return o
}
