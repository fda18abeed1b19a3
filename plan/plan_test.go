package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// scores is n posts and m clears.
func scores(n, m int) (out []Score) {
	for range n {
		out = append(out, Score{Action: Post})
	}
	for range m {
		out = append(out, Score{Action: Erase})
	}
	return out
}

func TestTotals(t *testing.T) {
	held := []Hold{{Risk: DuplicateLabel}}
	some := scores(3, 2) // of which the second and the last are held
	some[1].Held, some[4].Held = held, []Hold{{Risk: Clear}}
	for _, tc := range []struct {
		name    string
		items   []Item
		want    Totals
		changes int
	}{
		{"nothing", nil, Totals{}, 0},
		{"create with scores", []Item{{Action: Create, Scores: scores(3, 0)}}, Totals{Create: 1, Post: 3}, 4},
		{"update with both", []Item{{Action: Update, Scores: scores(2, 1)}}, Totals{Update: 1, Post: 2, Clear: 1}, 4},
		{"delete", []Item{{Action: Delete}}, Totals{Delete: 1}, 1},
		{"a home of scores is no write", []Item{{Action: Keep, Scores: scores(1, 2)}}, Totals{Post: 1, Clear: 2}, 3},
		{"held create and its scores", []Item{{Action: Create, Held: held, Scores: scores(2, 1)}}, Totals{Held: 4}, 0},
		{"held home: its scores alone", []Item{{Action: Keep, Held: held, Scores: scores(2, 0)}}, Totals{Held: 2}, 0},
		{"held twice is held once", []Item{{Action: Delete, Held: []Hold{{Risk: DeleteGraded}, {Risk: Deletes}}}}, Totals{Held: 1}, 0},
		{"held scores", []Item{{Action: Update, Scores: some}}, Totals{Update: 1, Post: 2, Clear: 1, Held: 2}, 4},
		{"a held score of a held line item", []Item{{Action: Update, Held: held, Scores: some}}, Totals{Held: 6}, 0},
		{"what was kept is no write", []Item{{Action: Keep, Kept: []Kept{{Field: "tag"}}}}, Totals{}, 0},
		{"all", []Item{
			{Action: Create, Scores: scores(1, 0)}, {Action: Create}, {Action: Update}, {Action: Delete},
			{Action: Keep, Scores: scores(0, 5)}, {Action: Update, Held: held},
		}, Totals{Create: 2, Update: 1, Delete: 1, Post: 1, Clear: 5, Held: 1}, 10},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := Context{Items: tc.items}
			require.Empty(t, cmp.Diff(tc.want, c.Totals()))
			require.Equal(t, tc.changes, c.Totals().Changes())
			both := Plan{Contexts: []Context{c, {}, c}}
			require.Empty(t, cmp.Diff(tc.want.Add(tc.want), both.Totals()))
			require.Equal(t, 2*tc.changes, both.Totals().Changes())
		})
	}
}

func TestContextStatus(t *testing.T) {
	create := Item{Action: Create}
	held := Item{Action: Create, Held: []Hold{{Risk: DuplicateLabel}}}
	finding := []Finding{{Message: "two of them"}}
	for _, tc := range []struct {
		name string
		c    Context
		want Status
	}{
		{"nothing to do", Context{Unchanged: Count{3, 9}, Unmanaged: Count{1, 1}}, Unchanged},
		{"a note is nothing to do", Context{Notes: []Note{{Message: "mind"}}}, Unchanged},
		{"a line item", Context{Items: []Item{create}}, Pending},
		{"one score", Context{Items: []Item{{Action: Keep, Scores: scores(1, 0)}}}, Pending},
		{"one cleared score", Context{Items: []Item{{Action: Keep, Scores: scores(0, 1)}}}, Pending},
		{"held", Context{Items: []Item{held}}, HeldBack},
		{"a held score", Context{Items: []Item{{Action: Keep, Scores: []Score{{Action: Post, Held: []Hold{{Risk: Drop}}}}}}}, HeldBack},
		{"kept by hand is nothing to do", Context{Items: []Item{{Action: Keep, Kept: []Kept{{Field: "tag"}}}}}, Unchanged},
		{"held counts before pending", Context{Items: []Item{create, held}}, HeldBack},
		{"a finding counts before held", Context{Items: []Item{create, held}, Findings: finding}, Found},
		{"a finding alone", Context{Findings: finding}, Found},
		{"credentials", Context{Failure: &Failure{Kind: FailedAuth}}, Unauthorized},
		{"failure", Context{Failure: &Failure{Kind: FailedOther}}, Failed},
		{"interrupted", Context{Failure: &Failure{Kind: FailedInterrupted}}, Interrupted},
		{"a failure counts before all", Context{Failure: &Failure{Kind: FailedAuth}, Findings: finding, Items: []Item{held}}, Unauthorized},
		{"an unknown kind is a failure", Context{Failure: &Failure{}}, Failed},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, tc.c.Status()) })
	}
}

func rows(outcomes ...Outcome) (out []Row) {
	for _, o := range outcomes {
		out = append(out, Row{Outcome: o})
	}
	return out
}

func TestContextReportStatus(t *testing.T) {
	create := Context{Items: []Item{{Action: Create}}}
	held := Context{Items: []Item{{Action: Create}, {Action: Create, Held: []Hold{{Risk: DuplicateLabel}}}}}
	found := Context{Findings: []Finding{{Message: "two of them"}}}
	fail := func(k FailureKind) *Failure { return &Failure{Kind: k} }
	for _, tc := range []struct {
		name string
		c    ContextReport
		want Status
	}{
		{"nothing was to be done", ContextReport{}, Unchanged},
		{"all confirmed", ContextReport{Plan: create, Rows: rows(Confirmed, Confirmed)}, Applied},
		{"one altered", ContextReport{Plan: create, Rows: rows(Confirmed, Altered)}, Part},
		{"one refused", ContextReport{Plan: create, Rows: rows(Refused, Confirmed)}, Part},
		{"one unconfirmed", ContextReport{Plan: create, Rows: rows(Confirmed, Unconfirmed)}, Part},
		{"one not attempted", ContextReport{Plan: create, Rows: rows(NotAttempted)}, Part},
		{"all confirmed, and collateral", ContextReport{Plan: create, Rows: rows(Confirmed), Collateral: make([]Collateral, 1)}, Part},
		{"stale, so that nothing was written", ContextReport{Plan: create, Rows: []Row{
			{Outcome: NotAttempted, Cause: CauseBlocked}, {Outcome: NotAttempted, Cause: CauseStale},
		}}, Outdated},
		{"one stale, and one confirmed", ContextReport{Plan: create, Rows: []Row{{Outcome: NotAttempted, Cause: CauseStale}, {Outcome: Confirmed}}}, Part},
		{"one stale, and one refused", ContextReport{Plan: create, Rows: []Row{{Outcome: NotAttempted, Cause: CauseStale}, {Outcome: Refused}}}, Part},
		{"stale counts before held", ContextReport{Plan: held, Rows: []Row{{Outcome: NotAttempted, Cause: CauseStale}}}, Outdated},
		{"nothing attempted, as something is held", ContextReport{Plan: held, Rows: []Row{{Outcome: NotAttempted, Cause: CauseHeld}}}, HeldBack},
		{"nothing attempted, for findings", ContextReport{Plan: found, Rows: []Row{{Outcome: NotAttempted, Cause: CauseFindings}}}, Found},
		{"held and nothing written", ContextReport{Plan: held}, HeldBack},
		{"held and the rest confirmed", ContextReport{Plan: held, Rows: rows(Confirmed)}, HeldBack},
		{"in part counts before held", ContextReport{Plan: held, Rows: rows(Refused)}, Part},
		{"a finding of the plan", ContextReport{Plan: found}, Found},
		{"the plan could not read", ContextReport{Plan: Context{Failure: fail(FailedAuth)}}, Unauthorized},
		{"the plan was interrupted", ContextReport{Plan: Context{Failure: fail(FailedInterrupted)}}, Interrupted},
		{"interrupted after all were confirmed", ContextReport{Plan: create, Rows: rows(Confirmed), Failure: fail(FailedInterrupted)}, Interrupted},
		{"interrupted counts before in part", ContextReport{Plan: create, Rows: rows(Confirmed, NotAttempted), Failure: fail(FailedInterrupted)}, Interrupted},
		{"nothing could be sent", ContextReport{Plan: create, Rows: rows(NotAttempted), Failure: fail(FailedOther)}, Failed},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, tc.c.Status()) })
	}
}

func TestOutcomes(t *testing.T) {
	c := ContextReport{Rows: rows(
		Confirmed, NotAttempted, Altered, Confirmed, Unconfirmed, Refused, NotAttempted, Confirmed,
		Altered, Refused, Confirmed, Unconfirmed, NotAttempted, Altered, NotAttempted, NotAttempted,
	)}
	got := c.Outcomes()
	require.Empty(t, cmp.Diff(Outcomes{Confirmed: 4, Altered: 3, Refused: 2, Unconfirmed: 2, NotAttempted: 5}, got))
	require.Equal(t, len(c.Rows), got.All())
	require.Empty(t, cmp.Diff(Outcomes{Confirmed: 8, Altered: 6, Refused: 4, Unconfirmed: 4, NotAttempted: 10}, got.Add(got)))
	require.Empty(t, cmp.Diff(Outcomes{Refused: 1}, Outcomes{}.Add(Outcomes{Refused: 1})))
}
