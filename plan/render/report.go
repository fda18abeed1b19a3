package render

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// ReportText writes what came of a plan: a line for every row, and what it
// all comes to.
func ReportText(w io.Writer, r plan.Report, o Options) error {
	t := &text{paint: o.Color, quiet: o.Redact}
	if o.Redact {
		r = people{}.report(r)
	}
	for i := range r.Contexts {
		t.outcomes(&r.Contexts[i])
	}
	if len(r.Contexts) > 1 {
		t.rollup(r.Rollup(), wordsOfAll(r), 0)
	}
	t.line("%s", verdict(r, "above"))
	if words := earlier(r); words != "" {
		t.line("%s", words)
	}
	if way := undoing(r); way != "" {
		t.line("To put back what was there before: %s (the same files)", way)
	}
	return t.flush(w)
}

// wordsOfAll is how each context ended; "" of those that share a line of the plan.
func wordsOfAll(r plan.Report) []string {
	plans := make([]plan.Context, len(r.Contexts))
	for i := range r.Contexts {
		plans[i] = r.Contexts[i].Plan
	}
	shared := together(alike(plans))
	words := make([]string, len(plans))
	for i := range plans {
		if c := &r.Contexts[i]; !shared[&plans[i]] || c.Failure != nil || len(c.Rows) > 0 {
			words[i] = reportWords(c)
		}
	}
	return words
}

var outcomeColors = map[plan.Outcome]string{
	plan.Confirmed: green, plan.Altered: red, plan.Refused: red, plan.Unconfirmed: yellow, plan.NotAttempted: yellow,
}

func (t *text) outcomes(c *plan.ContextReport) {
	if len(c.Rows) == 0 && c.Failure == nil {
		return
	}
	t.line("%s", t.color(bold, "Result of "+title(&c.Plan)))
	var key, who int
	for i := range c.Rows {
		key = max(key, utf8.RuneCountInString(escape.Line(c.Rows[i].Key)))
		who = max(who, utf8.RuneCountInString(person(c.Rows[i].Person, c.Rows[i].UserID, c.Rows[i].Where)))
	}
	planned := scoresOf(&c.Plan)
	for i := range c.Rows {
		r := &c.Rows[i]
		outcome := t.color(outcomeColors[r.Outcome], pad(escape.Line(string(r.Outcome)), len(plan.NotAttempted)))
		line := fmt.Sprintf("  %s  %s  %s  %s", outcome, pad(escape.Line(r.Key), key), pad(person(r.Person, r.UserID, r.Where), who), t.did(r, planned[row{r.Key, r.UserID}]))
		t.line("%s", strings.TrimRight(line, " "))
	}
	for i := range c.Collateral {
		x := &c.Collateral[i]
		change := points(&x.Before) + " -> " + points(&x.After) + ": "
		if t.quiet {
			change = ""
		}
		t.line("  %s  %s  %s  %sno file names this grade; it changed with its column's maximum",
			t.color(red, pad("collateral", len(plan.NotAttempted))), pad(escape.Line(x.Key), key), pad(person("", x.UserID, ""), who), change)
	}
	if words := stale(c); words != "" {
		t.line("  %s", t.color(yellow, words+"; plan again"))
	}
	for _, n := range c.Notes {
		t.line("  note: %s%s", prefix(n.Key), escape.Line(n.Message))
	}
	if c.Failure != nil {
		t.failure(c.Failure)
	}
	t.line("")
}

// row names a person's score in one of a context's line items.
type row struct{ key, userID string }

func scoresOf(c *plan.Context) map[row]*plan.Score {
	out := map[row]*plan.Score{}
	for i := range c.Items {
		for k := range c.Items[i].Scores {
			s := &c.Items[i].Scores[k]
			out[row{c.Items[i].Key, s.UserID}] = s
		}
	}
	return out
}

// did says what a row was and what is to be known of it. planned is nil for a
// line item's own.
func (t *text) did(r *plan.Row, planned *plan.Score) string {
	what := map[plan.Action]string{
		plan.Create: "line item created", plan.Update: "line item changed", plan.Delete: "line item deleted",
		plan.Post: "score posted", plan.Erase: "score cleared",
	}[r.Action]
	if r.Outcome != plan.Confirmed {
		what = map[plan.Action]string{
			plan.Create: "create line item", plan.Update: "change line item", plan.Delete: "delete line item",
			plan.Post: "post score", plan.Erase: "clear score",
		}[r.Action]
	}
	var details []string
	if r.Grade != nil && r.Grade.ScoreGiven != nil && !t.quiet {
		what += " " + points(r.Grade)
	}
	form := "%s: sent %s, stored %s"
	if r.Cause == plan.CauseStale {
		form = "%s: was %s, is %s now"
	}
	for _, f := range r.Fields {
		details = append(details, fmt.Sprintf(form, escape.Line(f.Name), value(f.Before), value(f.After)))
	}
	if r.Why != "" {
		details = append(details, escape.Line(r.Why)+said(r.Said))
	}
	if len(details) > 0 && strings.HasPrefix(details[0], what) { // the error says what was tried
		return strings.Join(details, "; ")
	}
	if planned != nil {
		what = strings.Join(append([]string{what}, letters(planned)...), ", ")
	}
	if len(details) == 0 {
		return what
	}
	return what + ": " + strings.Join(details, "; ")
}

// verdict is what it all came to, in a line. What is said of single contexts
// stands above or below it.
func verdict(r plan.Report, stands string) string {
	var o plan.Outcomes
	var totals plan.Totals
	stopped, unbegun, collateral, already := 0, 0, 0, 0
	for i := range r.Contexts {
		c := &r.Contexts[i]
		collateral += len(c.Collateral)
		for k := range c.Rows {
			if c.Rows[k].Outcome == plan.Confirmed && !c.Rows[k].Sent() {
				already++
			}
		}
		o = o.Add(c.Outcomes())
		if !c.Plan.Stopped() {
			totals = totals.Add(c.Plan.Totals())
		}
		switch c.Status() {
		case plan.Found, plan.Unauthorized, plan.Failed, plan.Interrupted:
			stopped++
		case plan.NotBegun:
			unbegun++
		}
	}
	var parts []string
	for _, x := range outcomeCounts(o) {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	line := ""
	switch {
	case o.All() == o.NotAttempted:
		line = "Nothing was written."
	case o.All() == o.Confirmed && collateral > 0:
		line = fmt.Sprintf("Applied in part: %s read back as planned.", count(o.All(), "change"))
	case o.All() == already:
		line = fmt.Sprintf("Verified: %s read back as planned, there already: nothing was sent.", count(already, "change"))
	case o.All() == o.Confirmed && already > 0:
		line = fmt.Sprintf("Applied and verified: %s read back as planned, %d of them there already.", count(o.All(), "change"), already)
	case o.All() == o.Confirmed:
		line = fmt.Sprintf("Applied and verified: %s read back as planned.", count(o.All(), "change"))
	default:
		line = fmt.Sprintf("Applied in part: of %s %s.", count(o.All(), "change"), strings.Join(parts, ", "))
	}
	if collateral > 0 {
		line += fmt.Sprintf(" Besides, %s changed that no file names.", count(collateral, "grade"))
	}
	if totals.Held > 0 {
		line += fmt.Sprintf(" %s held back.", count(totals.Held, "change"))
	}
	if stopped > 0 {
		line += fmt.Sprintf(" %s of %d stopped: see %s.", count(stopped, "context"), len(r.Contexts), stands)
	}
	if unbegun > 0 {
		line += fmt.Sprintf(" Not begun: %s.", count(unbegun, "context"))
	}
	return line
}

// outcomeCount is how many rows ended in one way.
type outcomeCount struct {
	n    int
	what plan.Outcome
}

func outcomeCounts(o plan.Outcomes) []outcomeCount {
	return []outcomeCount{
		{o.Confirmed, plan.Confirmed}, {o.Altered, plan.Altered}, {o.Refused, plan.Refused},
		{o.Unconfirmed, plan.Unconfirmed}, {o.NotAttempted, plan.NotAttempted},
	}
}

// earlier tells of rows that an undo of this run leaves as they are, since an
// earlier one brought them in; "" where there are none. What became so by a new
// maximum that this run gave its column is this run's.
func earlier(r plan.Report) string {
	n := 0
	for i := range r.Contexts {
		rows := r.Contexts[i].Rows
		ours := map[string]bool{}
		for k := range rows {
			if rows[k].UserID == "" && rows[k].Sent() {
				ours[rows[k].Key] = true
			}
		}
		for k := range rows {
			if row := &rows[k]; row.Outcome == plan.Confirmed && !row.Sent() && !ours[row.Key] {
				n++
			}
		}
	}
	if n == 0 || r.Run == "" {
		return ""
	}
	were, those := "were", "those"
	if n == 1 {
		were, those = "was", "that"
	}
	return fmt.Sprintf("%s %s so before this run: see the runs before it in %s to undo %s.", count(n, "row"), were, escape.Line(escape.Shell(filepath.Dir(r.Run))), those)
}

// undoing is the command that puts back what a run wrote over; "" where there
// is nothing to put back.
func undoing(r plan.Report) string {
	sent := func(c plan.ContextReport) bool {
		return slices.ContainsFunc(c.Rows, func(row plan.Row) bool { return row.Sent() })
	}
	if r.Run == "" || !slices.ContainsFunc(r.Contexts, sent) {
		return ""
	}
	return "gradesync undo " + escape.Line(escape.Shell(r.Run)) + " -f …"
}
