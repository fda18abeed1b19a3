package render

import (
	"fmt"
	"html"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// What is stale is counted in rows and columns; that nothing was written is said
// only where it is so.
func TestStaleIsCounted(t *testing.T) {
	row := func(key, user string, o plan.Outcome, cause plan.Cause) plan.Row {
		return plan.Row{Key: key, UserID: user, Outcome: o, Cause: cause}
	}
	const no = plan.NotAttempted
	for want, rows := range map[string][]plan.Row{
		"": {row("a", "u", no, plan.CauseBlocked), row("a", "v", plan.Confirmed, "")},
		`stale: 3 rows in 2 columns ("a", "b") changed since the plan was made, so nothing was written there`: {
			row("a", "u", no, plan.CauseStale), row("a", "v", no, plan.CauseStale), row("b", "", no, plan.CauseStale), row("c", "u", no, plan.CauseBlocked),
		},
		`stale: 1 row in 1 column ("a\u001b") changed since the plan was made`: {row("a\x1b", "canary", no, plan.CauseStale), row("a", "v", plan.Confirmed, "")},
	} {
		require.Equal(t, want, stale(&plan.ContextReport{Rows: rows}))
	}
	var many []plan.Row
	for i := range 12 {
		many = append(many, row(fmt.Sprint("k", 10+i), "u", no, plan.CauseStale))
	}
	require.Contains(t, stale(&plan.ContextReport{Rows: many}), `in 12 columns ("k10", "k11", "k12", "k13", "k14", "k15", "k16", "k17", "k18", "k19", and 2 more) changed`)
}

// What needed no write is not told as applied.
func TestVerdictOfWhatWasThere(t *testing.T) {
	report := func(whys ...string) plan.Report {
		c := plan.ContextReport{}
		for _, why := range whys {
			c.Rows = append(c.Rows, plan.Row{Outcome: plan.Confirmed, Why: why})
		}
		return plan.Report{Contexts: []plan.ContextReport{c}}
	}
	for want, r := range map[string]plan.Report{
		"Applied and verified: 2 changes read back as planned.":                          report("", ""),
		"Applied and verified: 3 changes read back as planned, 1 of them there already.": report("", plan.SoAlready, ""),
		"Verified: 2 changes read back as planned, there already: nothing was sent.":     report(plan.SoAlready, plan.MadeBefore),
	} {
		require.Equal(t, want, verdict(r, "above"))
	}
}

// What an earlier run brought in is left to the undo of that one, in every form;
// what this run's own maximum made so is not.
func TestEarlierRunsAreNamed(t *testing.T) {
	row := func(key, user, why string) plan.Row {
		return plan.Row{Key: key, UserID: user, Action: plan.Post, Outcome: plan.Confirmed, Why: why}
	}
	report := func(rows ...plan.Row) plan.Report {
		return plan.Report{Run: "my runs/20261121T231500Z-ab12cd", Contexts: []plan.ContextReport{{Plan: plan.Context{Gradebook: "bio", Name: "s"}, Rows: rows}}}
	}
	r := report(row("hw1", "", plan.MadeBefore), row("hw1", "u", plan.SoAlready), row("hw1", "v", ""))
	const want = "2 rows were so before this run: see the runs before it in 'my runs' to undo those."
	require.Equal(t, want, earlier(r))
	for name, form := range map[string]func(io.Writer, plan.Report, Options) error{"text": ReportText, "markdown": ReportMarkdown, "html": ReportHTML} {
		var b strings.Builder
		require.NoError(t, form(&b, r, Options{}))
		said := strings.ReplaceAll(html.UnescapeString(b.String()), "`", "")
		require.Contains(t, said, want, name)
	}
	require.Equal(t, "1 row was so before this run: see the runs before it in 'my runs' to undo that.", earlier(report(row("a", "u", plan.SoAlready), row("b", "", ""))))
	require.Empty(t, earlier(report(row("a", "", ""), row("a", "u", plan.SoAlready))))
	require.Empty(t, earlier(report(row("a", "u", ""))))
}
