package plan_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// named is a context with a name.
func named(name string, c plan.Context) plan.Context {
	c.Gradebook, c.Name, c.Platform = "g", name, "p"
	return c
}

func holding(action plan.Action, holds ...plan.Hold) plan.Item {
	return plan.Item{Action: action, Held: holds}
}

var (
	rescale = plan.Hold{Risk: plan.Rescale, Release: "--allow rescale:hw1"}
	floor   = plan.Hold{Risk: plan.Rescale, Where: "campus.yaml:9:3"}
	drop    = plan.Hold{Risk: plan.Drop, Release: "--allow drop:hw1"}
)

func TestRollupOfPlan(t *testing.T) {
	changes := plan.Context{Items: []plan.Item{{Action: plan.Create, Scores: []plan.Score{{Action: plan.Post}}}}}
	p := plan.Plan{Contexts: []plan.Context{
		named("same", plan.Context{}),
		named("more", changes),
		named("late", plan.Context{Failure: &plan.Failure{Kind: plan.FailedFast}}),
		named("found", plan.Context{Findings: []plan.Finding{{Message: "two of them"}}}),
		named("also", changes),
	}}
	change := plan.Totals{Create: 1, Post: 1}
	require.Empty(t, cmp.Diff(plan.Rollup{
		Statuses: map[plan.Status]int{plan.Unchanged: 1, plan.Pending: 2, plan.NotBegun: 1, plan.Found: 1},
		Contexts: []plan.Standing{
			{Gradebook: "g", Name: "same", Platform: "p", Status: plan.Unchanged},
			{Gradebook: "g", Name: "more", Platform: "p", Status: plan.Pending, Totals: change},
			{Gradebook: "g", Name: "late", Platform: "p", Status: plan.NotBegun},
			{Gradebook: "g", Name: "found", Platform: "p", Status: plan.Found},
			{Gradebook: "g", Name: "also", Platform: "p", Status: plan.Pending, Totals: change},
		},
		Totals: plan.Totals{Create: 2, Post: 2},
	}, p.Rollup()))
	require.Empty(t, cmp.Diff(plan.Rollup{Statuses: map[plan.Status]int{}}, (&plan.Plan{}).Rollup()))
}

// However a context ended, it counts once and its rows are added up.
func TestRollupOfReport(t *testing.T) {
	ended := func(cause plan.Cause, outcomes ...plan.Outcome) plan.ContextReport {
		r := plan.ContextReport{Plan: plan.Context{Gradebook: "g", Name: fmt.Sprint(cause, outcomes), Platform: "p", Items: []plan.Item{{Action: plan.Create}}}}
		for _, o := range outcomes {
			r.Rows = append(r.Rows, plan.Row{Outcome: o, Cause: cause})
		}
		return r
	}
	held := ended(plan.CauseHeld, plan.NotAttempted)
	held.Plan.Items = append(held.Plan.Items, holding(plan.Update, rescale))
	broken := ended(plan.CauseFailed, plan.NotAttempted)
	broken.Failure = &plan.Failure{Kind: plan.FailedOther}
	r := plan.Report{Contexts: []plan.ContextReport{
		{}, held, broken,
		ended("", plan.Confirmed, plan.Confirmed),
		ended("", plan.Confirmed, plan.Altered, plan.Refused, plan.Unconfirmed),
		ended(plan.CauseStale, plan.NotAttempted),
		ended(plan.CauseFailFast, plan.NotAttempted, plan.NotAttempted),
		ended(plan.CauseFailFast, plan.NotAttempted),
	}}
	u := r.Rollup()
	require.Empty(t, cmp.Diff(map[plan.Status]int{
		plan.Unchanged: 1, plan.HeldBack: 1, plan.Failed: 1, plan.Applied: 1, plan.Part: 1, plan.Outdated: 1, plan.NotBegun: 2,
	}, u.Statuses))
	require.Empty(t, cmp.Diff(&plan.Outcomes{Confirmed: 3, Altered: 1, Refused: 1, Unconfirmed: 1, NotAttempted: 6}, u.Rows))
	require.Empty(t, cmp.Diff(&plan.Outcomes{Confirmed: 1, Altered: 1, Refused: 1, Unconfirmed: 1}, u.Contexts[4].Rows))
	require.Equal(t, 7, u.Totals.Create)
	require.Len(t, u.Held, 1)
	for s, n := range u.Statuses {
		require.Contains(t, plan.Statuses(), s, "%d of them would not be told", n)
	}
}

// Means weigh what they are means of, and the largest change is so by its size.
func TestRollupAddsUpBlasts(t *testing.T) {
	blast := func(b ...plan.Blast) plan.Blast {
		var p plan.Plan
		for i := range b {
			p.Contexts = append(p.Contexts, plan.Context{Blast: b[i]})
		}
		u := p.Rollup()
		return u.Blast
	}
	one := plan.Blast{
		Students: 1, First: 2, Raised: 3, Lowered: 4, Cleared: 5, Destroyed: 6, MeanChange: 1.5, LargestChange: 9, NowPass: 7, NowFail: 8, Notifications: 9,
	}
	other := plan.Blast{
		Students: 10, First: 20, Raised: 10, Lowered: 11, Cleared: 50, Destroyed: 60, MeanChange: -2.5, LargestChange: -9.5, NowPass: 70, NowFail: 80, Notifications: 90,
	}
	require.Empty(t, cmp.Diff(plan.Blast{
		Students: 11, First: 22, Raised: 13, Lowered: 15, Cleared: 55, Destroyed: 66, MeanChange: -1.5, LargestChange: -9.5, NowPass: 77, NowFail: 88, Notifications: 99,
	}, blast(one, plan.Blast{}, other)))
	require.Empty(t, cmp.Diff(blast(one, other), blast(other, one)))
	require.Empty(t, cmp.Diff(one, blast(one)))
	require.Empty(t, cmp.Diff(plan.Blast{Students: 1, First: 1}, blast(plan.Blast{Students: 1, First: 1})), "the mean of none is none")
	require.InDelta(t, 0.33, blast(plan.Blast{Raised: 1, MeanChange: 1}, plan.Blast{Raised: 2}).MeanChange, 1e-12, "rounded as its parts are")
}

// What findings stop is not written, whatever it would be: it is in no sum.
func TestRollupLeavesOutStopped(t *testing.T) {
	full := plan.Context{
		Items: []plan.Item{{Action: plan.Create, Scores: []plan.Score{{Action: plan.Post}}}, holding(plan.Update, rescale)},
		Blast: plan.Blast{Students: 1, Raised: 1, MeanChange: 4, LargestChange: 4, NowPass: 1, Notifications: 1},
	}
	found := full
	found.Findings = []plan.Finding{{Message: "two of them"}}
	failed := full
	failed.Failure = &plan.Failure{Kind: plan.FailedOther}
	p := plan.Plan{Contexts: []plan.Context{named("found", found), named("full", full), named("failed", failed)}}
	totals := plan.Totals{Create: 1, Post: 1, Held: 1}
	want := plan.Rollup{
		Statuses: map[plan.Status]int{plan.Found: 1, plan.HeldBack: 1, plan.Failed: 1},
		Contexts: []plan.Standing{
			{Gradebook: "g", Name: "found", Platform: "p", Status: plan.Found},
			{Gradebook: "g", Name: "full", Platform: "p", Status: plan.HeldBack, Totals: totals},
			{Gradebook: "g", Name: "failed", Platform: "p", Status: plan.Failed},
		},
		Totals: totals, Blast: full.Blast, CrossedIn: 1,
		Held: []plan.HeldRisk{{Risk: plan.Rescale, Changes: 1, Contexts: []plan.Place{{Gradebook: "g", Name: "full"}}, Release: "--allow rescale"}},
	}
	require.Empty(t, cmp.Diff(want, p.Rollup()))
	require.Equal(t, totals, p.Totals())
	r := plan.Report{Contexts: []plan.ContextReport{{Plan: p.Contexts[0]}, {Plan: p.Contexts[1]}}}
	u := r.Rollup()
	require.Equal(t, totals, u.Totals)
	require.Equal(t, full.Blast, u.Blast)
	require.Equal(t, want.Held, u.Held)
}

// Scores cross a pass mark only where there is one.
func TestRollupTellsWhereScoresCross(t *testing.T) {
	p := plan.Plan{Contexts: []plan.Context{
		{Blast: plan.Blast{NowPass: 2}}, {Blast: plan.Blast{Raised: 3}}, {Blast: plan.Blast{NowFail: 1}},
	}}
	require.Equal(t, 2, p.Rollup().CrossedIn)
}

// What is held counts once for each risk, and where.
func TestRollupOfHeld(t *testing.T) {
	at := func(names ...string) (out []plan.Place) {
		for _, n := range names {
			out = append(out, plan.Place{Gradebook: "g", Name: n})
		}
		return out
	}
	score := func(holds ...plan.Hold) plan.Score { return plan.Score{Action: plan.Post, Held: holds} }
	scored := func(it plan.Item, s ...plan.Score) plan.Item { it.Scores = s; return it }
	for _, tc := range []struct {
		name     string
		contexts []plan.Context
		want     []plan.HeldRisk
	}{
		{"nothing", []plan.Context{{Items: []plan.Item{scored(holding(plan.Update), score())}}}, nil},
		{"in two contexts", []plan.Context{{Items: []plan.Item{holding(plan.Update, rescale), holding(plan.Update, rescale)}}, {}, {Items: []plan.Item{holding(plan.Update, rescale)}}},
			[]plan.HeldRisk{{Risk: plan.Rescale, Changes: 3, Contexts: at("c0", "c2"), Release: "--allow rescale"}}},
		{"with its scores", []plan.Context{{Items: []plan.Item{scored(holding(plan.Update, rescale), score(), score(drop))}}},
			[]plan.HeldRisk{
				{Risk: plan.Rescale, Changes: 3, Contexts: at("c0"), Release: "--allow rescale"},
				{Risk: plan.Drop, Changes: 1, Contexts: at("c0"), Release: "--allow drop"},
			}},
		{"a home of scores is no change", []plan.Context{{Items: []plan.Item{scored(holding(plan.Keep, rescale), score(rescale))}}},
			[]plan.HeldRisk{{Risk: plan.Rescale, Changes: 1, Contexts: at("c0"), Release: "--allow rescale"}}},
		{"by both policies", []plan.Context{{Items: []plan.Item{holding(plan.Update, rescale, floor)}}},
			[]plan.HeldRisk{{Risk: plan.Rescale, Changes: 1, Fixed: 1, Contexts: at("c0")}}},
		{"one risk by the policy, the other by the Platform's", []plan.Context{{Items: []plan.Item{holding(plan.Update, drop, floor)}}},
			[]plan.HeldRisk{
				{Risk: plan.Rescale, Changes: 1, Fixed: 1, Contexts: at("c0")},
				{Risk: plan.Drop, Changes: 1, Contexts: at("c0"), Release: "--allow drop"},
			}},
		{"some by the Platform's", []plan.Context{{Items: []plan.Item{holding(plan.Update, floor)}}, {Items: []plan.Item{holding(plan.Update, rescale)}}},
			[]plan.HeldRisk{{Risk: plan.Rescale, Changes: 2, Fixed: 1, Contexts: at("c0", "c1"), Release: "--allow rescale"}}},
		{"in the order of risks", []plan.Context{{Items: []plan.Item{holding(plan.Create, plan.Hold{Risk: "x", Release: "--allow x"}), scored(holding(plan.Keep), score(drop)), holding(plan.Update, rescale)}}},
			[]plan.HeldRisk{
				{Risk: plan.Rescale, Changes: 1, Contexts: at("c0"), Release: "--allow rescale"},
				{Risk: plan.Drop, Changes: 1, Contexts: at("c0"), Release: "--allow drop"},
				{Risk: "x", Changes: 1, Contexts: at("c0")},
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p plan.Plan
			for i, c := range tc.contexts {
				p.Contexts = append(p.Contexts, named(fmt.Sprint("c", i), c))
			}
			u := p.Rollup()
			require.Empty(t, cmp.Diff(tc.want, u.Held))
		})
	}
}

// A printed plan is applied as a saved one is: by its contexts. A roll-up in it is
// theirs, or the file is refused.
func TestDecodeTrustsNoRollup(t *testing.T) {
	p := filed()
	p.Contexts = append(p.Contexts, p.Contexts[0])
	p.Contexts[1].Name = "sec-2\u202e\xff"
	p.Contexts[1].Blast = plan.Blast{Raised: 3, MeanChange: 0.1, LargestChange: 1e-7}
	f, err := plan.FileOf(p)
	require.NoError(t, err)
	saved, err := f.Encode()
	require.NoError(t, err)
	require.NotContains(t, string(saved), `"rollup"`)
	u := p.Rollup()
	f.Rollup = &u
	printed, err := f.Encode()
	require.NoError(t, err)
	again, err := plan.DecodeFile(printed)
	require.NoError(t, err)
	require.Nil(t, again.Rollup, "nobody can read on from it")
	require.Equal(t, f.Digest, again.Digest)
	encoded, err := again.Encode()
	require.NoError(t, err)
	require.JSONEq(t, string(saved), string(encoded))
	withRollup, err := plan.FileOf(p)
	require.NoError(t, err)
	require.Equal(t, f.Digest, withRollup.Digest)

	for name, c := range map[string]struct{ old, now, says string }{
		"fewer changes":    {`"pending": 2`, `"pending": 0`, "roll-up"},
		"another status":   {`"status": "pending"`, `"status": "unchanged"`, "roll-up"},
		"less raised":      {`"raised": 3`, `"raised": 0`, "roll-up"},
		"another context":  {`"context": "sec-1",`, `"context": "sec-9",`, "roll-up"},
		"one more thing":   {`"statuses": {`, `"safe": true, "statuses": {`, `unknown field "safe"`},
		"a thing twice":    {`"statuses": {`, `"statuses": {}, "statuses": {`, "twice"},
		"in another case":  {`"statuses": {`, `"Statuses": {`, `unknown field "Statuses"`},
		"nothing":          {`"statuses": {`, `"held": [{"risk": "drop", "changes": 0, "contexts": []}], "statuses": {`, "roll-up"},
		"of another shape": {`"pending": 2`, `"pending": "2"`, "not a plan"},
	} {
		text := strings.Replace(string(printed), c.old, c.now, 1)
		require.NotEqual(t, string(printed), text, name)
		_, err := plan.DecodeFile([]byte(text))
		require.ErrorContains(t, err, c.says, name)
	}
	none := strings.Replace(string(saved), `"contexts"`, `"rollup": null, "contexts"`, 1)
	_, err = plan.DecodeFile([]byte(none))
	require.NoError(t, err)
}

// Numbers that are none are there: a program need not know that they may be left
// out.
func TestRollupJSON(t *testing.T) {
	r := plan.Report{Contexts: []plan.ContextReport{{Plan: named("a", plan.Context{})}}}
	b, err := json.Marshal(r.Rollup())
	require.NoError(t, err)
	require.JSONEq(t, `{"statuses": {"unchanged": 1},
		"contexts": [{"gradebook": "g", "context": "a", "platform": "p", "status": "unchanged",
			"totals": {"create": 0, "update": 0, "delete": 0, "post": 0, "clear": 0, "held": 0},
			"rows": {"confirmed": 0, "altered": 0, "refused": 0, "unconfirmed": 0, "notAttempted": 0}}],
		"totals": {"create": 0, "update": 0, "delete": 0, "post": 0, "clear": 0, "held": 0},
		"rows": {"confirmed": 0, "altered": 0, "refused": 0, "unconfirmed": 0, "notAttempted": 0},
		"blast": {"students": 0, "first": 0, "raised": 0, "lowered": 0, "cleared": 0, "destroyed": 0,
			"meanChange": 0, "largestChange": 0, "nowPass": 0, "nowFail": 0, "notifications": 0}}`, string(b))
}
