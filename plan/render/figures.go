package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// figures are the numbers of line items, a row each, with the columns in which
// any of them has one; a cell without is "".
func figures(lines []line, kind string) (heads []string, rows [][]string) {
	heads = []string{
		"Held", "Post", "Clear", "Students", "First", "Raised", "Lowered", "Cleared", "Destroyed", "May change", "Mean", "Pass mark",
	}
	if kind == "report" {
		heads = []string{"Confirmed", "Altered", "Refused", "Unconfirmed", "Not attempted", "Collateral", "Held"}
	}
	all := make([][]string, len(lines))
	for i := range lines {
		l, b := &lines[i], &lines[i].Blast
		if kind == "report" {
			o := l.Outcomes
			all[i] = whole(o.Confirmed, o.Altered, o.Refused, o.Unconfirmed, o.NotAttempted, l.Collateral, l.HeldRows)
			continue
		}
		all[i] = slices.Concat(
			whole(l.HeldRows, l.Posts, l.Clears, b.Students, b.First, b.Raised, b.Lowered, b.Cleared, b.Destroyed, l.Others),
			[]string{mean(b), crossings(b)})
	}
	rows = make([][]string, len(lines))
	var kept []string
	for k, h := range heads {
		if !slices.ContainsFunc(all, func(row []string) bool { return row[k] != "" }) {
			continue
		}
		kept = append(kept, h)
		for i := range all {
			rows[i] = append(rows[i], all[i][k])
		}
	}
	return kept, rows
}

// whole are numbers; none is "".
func whole(numbers ...int) []string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		if n != 0 {
			out[i] = strconv.Itoa(n)
		}
	}
	return out
}

// mean is the mean change in percent of the maximum, where scores changed at all
// and it is told.
func mean(b *plan.Blast) string {
	if b.Raised+b.Lowered == 0 || b.Untold.Mean {
		return ""
	}
	return strings.Replace(fmt.Sprintf("%+.4g %%", b.MeanChange), "-", "−", 1)
}

// crossings are the scores that come to pass, and to fail.
func crossings(b *plan.Blast) string {
	switch {
	case b.NowPass > 0 && b.NowFail > 0:
		return fmt.Sprintf("+%d −%d", b.NowPass, b.NowFail)
	case b.NowPass > 0:
		return fmt.Sprintf("+%d", b.NowPass)
	case b.NowFail > 0:
		return fmt.Sprintf("−%d", b.NowFail)
	}
	return ""
}

// doing is what becomes of a line item, in a word or two.
func (l *line) doing() string {
	if l.What == "" {
		return "scores"
	}
	return l.What
}

// kept is what of a line item is left as somebody set it; "" for nothing.
func (l *line) kept() string {
	if l.Kept == 0 {
		return ""
	}
	s := count(l.Kept, "value")
	if l.Conflicts > 0 {
		s += fmt.Sprintf(", %d of them changed in the files too", l.Conflicts)
	}
	return s
}

// about is what there is to say of a context as a whole: words of ours alone.
func (s *section) about(kind string) []string {
	var out []string
	if kind == "report" {
		return out
	}
	if s.Reach != "" {
		out = append(out, s.Reach)
	}
	if s.Unchanged != (plan.Count{}) {
		out = append(out, "Unchanged: "+count(s.Unchanged.LineItems, "line item")+", "+count(s.Unchanged.Scores, "score")+".")
	}
	if s.Released != (plan.Count{}) {
		out = append(out, "Released since the base, and left as they are: "+count(s.Released.LineItems, "line item")+", "+count(s.Released.Scores, "score")+".")
	}
	if alone := leftAlone(s.Unmanaged); alone != "" {
		out = append(out, strings.TrimSpace(alone))
	}
	return out
}
