package render

import (
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
		"stale: 3 rows in 2 columns changed since the plan was made, so nothing was written there": {
			row("a", "u", no, plan.CauseStale), row("a", "v", no, plan.CauseStale), row("b", "", no, plan.CauseStale), row("c", "u", no, plan.CauseBlocked),
		},
		"stale: 1 row in 1 column changed since the plan was made": {row("a", "canary", no, plan.CauseStale), row("a", "v", plan.Confirmed, "")},
	} {
		require.Equal(t, want, stale(&plan.ContextReport{Rows: rows}))
	}
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
