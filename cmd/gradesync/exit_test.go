package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// precedence is the order in which codes win.
var precedence = []exit{64, 3, 130, 4, 1, 7, 5, 6, 2, 0}

func TestWorst(t *testing.T) {
	require.Equal(t, exitDone, worst(), "nothing went wrong")
	for i, a := range precedence {
		require.Equal(t, a, worst(a))
		for j, b := range precedence {
			want := precedence[min(i, j)]
			require.Equal(t, want, worst(a, b), "%d and %d", a, b)
			require.Equal(t, want, worst(0, b, 0, a, b), "%d and %d, among others", a, b)
		}
	}
	backwards := slices.Clone(precedence)
	slices.Reverse(backwards)
	require.Equal(t, exitUsage, worst(backwards...))
}

func TestExitOf(t *testing.T) {
	for _, tc := range []struct {
		status           plan.Status
		simply, detailed exit
	}{
		{plan.Unchanged, 0, 0},
		{plan.Pending, 0, 2},
		{plan.Applied, 0, 0},
		{plan.Outdated, 7, 7},
		{plan.Part, 5, 5},
		{plan.HeldBack, 0, 6},
		{plan.Found, 3, 3},
		{plan.Unauthorized, 4, 4},
		{plan.Failed, 1, 1},
		{plan.Interrupted, 130, 130},
		{plan.NotBegun, 0, 0}, // and never alone
	} {
		require.Equal(t, tc.simply, exitOf(tc.status, false), tc.status)
		require.Equal(t, tc.detailed, exitOf(tc.status, true), tc.status)
	}
}

// A context of each kind, and the code of any two of them.
func TestExitOfPlan(t *testing.T) {
	failed := func(k plan.FailureKind) plan.Context { return plan.Context{Failure: &plan.Failure{Kind: k}} }
	contexts := map[exit]plan.Context{
		3:   {Findings: []plan.Finding{{Message: "two of them"}}},
		130: failed(plan.FailedInterrupted), 4: failed(plan.FailedAuth), 1: failed(plan.FailedOther),
		6: {Items: []plan.Item{{Action: plan.Create, Held: []plan.Hold{{Risk: plan.DuplicateLabel}}}}},
		2: {Items: []plan.Item{{Action: plan.Create}}},
		0: {},
	}
	for a, one := range contexts {
		for b, two := range contexts {
			p := plan.Plan{Contexts: []plan.Context{one, two}}
			require.Equal(t, worst(a, b), exitOfPlan(&p, true), "%d and %d", a, b)
			want := worst(a, b)
			if want == 6 || want == 2 {
				want = 0
			}
			require.Equal(t, want, exitOfPlan(&p, false), "%d and %d, if nobody asks for details", a, b)
		}
	}
	require.Equal(t, exitDone, exitOfPlan(&plan.Plan{}, true))
}

func TestExitOfReport(t *testing.T) {
	held := plan.Context{Items: []plan.Item{{Action: plan.Create, Held: []plan.Hold{{Risk: plan.DuplicateLabel}}}}}
	reports := map[exit]plan.ContextReport{
		3:   {Plan: plan.Context{Findings: []plan.Finding{{Message: "two of them"}}}},
		130: {Rows: []plan.Row{{Outcome: plan.NotAttempted}}, Failure: &plan.Failure{Kind: plan.FailedInterrupted}},
		4:   {Plan: plan.Context{Failure: &plan.Failure{Kind: plan.FailedAuth}}},
		1:   {Plan: plan.Context{Failure: &plan.Failure{Kind: plan.FailedOther}}},
		7:   {Rows: []plan.Row{{Outcome: plan.NotAttempted, Cause: plan.CauseStale}}},
		5:   {Rows: []plan.Row{{Outcome: plan.Confirmed}, {Outcome: plan.Refused}}},
		6:   {Plan: held},
		0:   {Rows: []plan.Row{{Outcome: plan.Confirmed}}},
	}
	for a, one := range reports {
		for b, two := range reports {
			r := plan.Report{Contexts: []plan.ContextReport{one, two}}
			require.Equal(t, worst(a, b), exitOfReport(&r), "%d and %d", a, b)
			r.Contexts = append(r.Contexts, plan.ContextReport{Rows: []plan.Row{{Outcome: plan.NotAttempted, Cause: plan.CauseFailFast}}})
			require.Equal(t, worst(a, b), exitOfReport(&r), "%d and %d, and one that was not begun for them", a, b)
		}
	}
}

func TestExitHelp(t *testing.T) {
	require.Len(t, exitTable, len(precedence))
	lines := strings.Split(strings.TrimSuffix(exitHelp(), "\n"), "\n")[1:]
	require.Len(t, lines, len(precedence), "one line for each code")
	for i, code := range precedence {
		require.Regexp(t, fmt.Sprintf(`^ +%d  \S`, code), lines[i], "the worst first")
	}
}
