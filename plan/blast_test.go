package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// What others may read tells of no figure whose scores are a few students'.
func TestDiscreet(t *testing.T) {
	for _, tc := range []struct {
		name string
		is   plan.Blast
		want plan.Untold
	}{
		{"nothing", plan.Blast{}, plan.Untold{}},
		{"one lowered", plan.Blast{Lowered: 1, MeanChange: -13, LargestChange: -13, NowFail: 1}, plan.Untold{Mean: true, Largest: true, Crossings: true}},
		{"four", plan.Blast{Raised: 4, MeanChange: 3, LargestChange: 4, NowPass: 1}, plan.Untold{Mean: true, Largest: true, Crossings: true}},
		{"five", plan.Blast{Raised: 5, MeanChange: 3, LargestChange: 4, NowPass: 1}, plan.Untold{Largest: true}},
		{"five up and down", plan.Blast{Raised: 1, Lowered: 4, MeanChange: 3, LargestChange: 4, NowFail: 1}, plan.Untold{Largest: true, Crossings: true}},
		{"four first", plan.Blast{First: 4, NowPass: 1}, plan.Untold{Crossings: true}},
		{"five first", plan.Blast{First: 5, NowPass: 1}, plan.Untold{}},
		{"five first, one cleared", plan.Blast{First: 5, Cleared: 1, NowPass: 1, NowFail: 1}, plan.Untold{Crossings: true}},
		{"one first of six that come up, five that go down", plan.Blast{First: 1, Raised: 5, Lowered: 4, Cleared: 1, MeanChange: 1, LargestChange: 9, NowPass: 2, NowFail: 3}, plan.Untold{Largest: true}},
		{"destroyed alone", plan.Blast{Students: 1, Destroyed: 1}, plan.Untold{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := tc.is
			want.Untold = tc.want
			if tc.want.Mean {
				want.MeanChange = 0
			}
			if tc.want.Largest {
				want.LargestChange = 0
			}
			if tc.want.Crossings {
				want.NowPass, want.NowFail = 0, 0
			}
			require.Empty(t, cmp.Diff(want, tc.is.Discreet()))
			require.Empty(t, cmp.Diff(want, want.Discreet()), "and so it stays")
		})
	}
}

// From a sum and all but one of its parts the last is reckoned, so what a part
// does not tell, the sum does not.
func TestDiscreetSums(t *testing.T) {
	many := plan.Blast{Raised: 10, MeanChange: 2, LargestChange: 9, NowPass: 3}
	one := plan.Blast{Lowered: 1, MeanChange: -13, LargestChange: -13, NowFail: 1}
	both := plan.Blast{Raised: 20, Lowered: 1, MeanChange: 1.3, LargestChange: -13, NowPass: 6, NowFail: 1}
	p := plan.Plan{Contexts: []plan.Context{
		named("a", plan.Context{Blast: both, Items: []plan.Item{{Blast: many}, {Blast: one}, {Blast: many}}}),
		named("b", plan.Context{Blast: many, Items: []plan.Item{{Blast: many}}}),
	}}
	for i := range p.Contexts {
		p.Contexts[i].Discreet()
	}
	require.Empty(t, cmp.Diff(plan.Blast{Raised: 10, MeanChange: 2, NowPass: 3, Untold: plan.Untold{Largest: true}}, p.Contexts[0].Items[2].Blast))
	require.Empty(t, cmp.Diff(plan.Blast{Raised: 20, Lowered: 1, Untold: plan.Untold{Mean: true, Largest: true, Crossings: true}}, p.Contexts[0].Blast))
	require.Empty(t, cmp.Diff(plan.Blast{Raised: 10, MeanChange: 2, NowPass: 3, Untold: plan.Untold{Largest: true}}, p.Contexts[1].Blast))
	u := p.Rollup()
	require.Empty(t, cmp.Diff(plan.Blast{Raised: 30, Lowered: 1, Untold: plan.Untold{Mean: true, Largest: true, Crossings: true}}, u.Blast))
	require.Zero(t, u.CrossedIn)
}

func TestUntoldIsNull(t *testing.T) {
	b := plan.Blast{Students: 1, Lowered: 1, MeanChange: -13, LargestChange: -13, NowFail: 1}
	whole, err := json.Marshal(b)
	require.NoError(t, err)
	require.JSONEq(t, `{"students": 1, "first": 0, "raised": 0, "lowered": 1, "cleared": 0, "destroyed": 0,
		"meanChange": -13, "largestChange": -13, "nowPass": 0, "nowFail": 1, "notifications": 0}`, string(whole))
	few, err := json.Marshal(b.Discreet())
	require.NoError(t, err)
	require.JSONEq(t, `{"students": 1, "first": 0, "raised": 0, "lowered": 1, "cleared": 0, "destroyed": 0,
		"meanChange": null, "largestChange": null, "nowPass": null, "nowFail": null, "notifications": 0}`, string(few))
	some, err := json.Marshal(plan.Blast{Raised: 5, MeanChange: 2.5, LargestChange: 4}.Discreet())
	require.NoError(t, err)
	require.True(t, strings.Contains(string(some), `"meanChange":2.5,"largestChange":null,"nowPass":0`), "%s", some)
}
