package render

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

func TestSpread(t *testing.T) {
	for _, tc := range []struct {
		name    string
		given   float64
		of, max float64
		bin     int
	}{
		{"nothing", 0, 10, 0, 0},
		{"just below a tenth", 9.99, 100, 0, 0},
		{"a tenth", 10, 100, 0, 1},
		{"a tenth, though 0.3/3 is a little less", 0.3, 3, 0, 1},
		{"eight tenths, though 2.4/3 is a little less", 2.4, 3, 0, 8},
		{"all but one", 99, 100, 0, 9},
		{"all", 50, 50, 0, 9},
		{"more than all", 80, 50, 0, 9},
		{"less than nothing", -5, 50, 0, 0},
		{"on the column's scale", 25, 0, 50, 5},
		{"on its own scale", 0.25, 1, 50, 2},
		{"on no scale", 25, 0, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var s spread
			s.add(&plan.Grade{ScoreGiven: &tc.given, ScoreMaximum: tc.of}, tc.max)
			s.add(nil, tc.max)
			s.add(&plan.Grade{}, tc.max)
			want := spread{With: 1, Without: 2}
			want.Bins[tc.bin] = 1
			require.Empty(t, cmp.Diff(want, s))
		})
	}
}

func TestDistribution(t *testing.T) {
	post := func(user string, before *plan.Grade, after plan.Grade) plan.Score {
		return plan.Score{Action: plan.Post, UserID: user, Before: before, After: after}
	}
	rescaled := plan.Item{
		Action: plan.Update, Observed: &plan.LineItem{ScoreMaximum: 100}, Fields: []plan.Field{field("scoreMaximum", 100.0, 50.0)},
		Scores:  []plan.Score{post("a", graded(40, 100, ""), *graded(40, 50, "")), post("b", nil, *graded(10, 0, ""))},
		Results: map[string]plan.Grade{"a": *graded(40, 100, ""), "c": *graded(7, 100, ""), "d": {}},
	}
	c := distribution(&rescaled)
	require.Equal(t, spread{Bins: [binCount]int{4: 1}, With: 1, Without: 1}, c.Before)
	require.Equal(t, spread{Bins: [binCount]int{2: 1, 8: 1}, With: 2}, c.After)
	require.Equal(t, 1, c.Unknown)

	deleted := plan.Item{Action: plan.Delete, Observed: &plan.LineItem{ScoreMaximum: 10}, Results: map[string]plan.Grade{"a": *graded(5, 10, ""), "b": *graded(9, 0, ""), "c": {}}}
	c = distribution(&deleted)
	require.Equal(t, spread{Bins: [binCount]int{5: 1, 9: 1}, With: 2}, c.Before)
	require.Equal(t, spread{Without: 2}, c.After)
	require.Zero(t, c.Unknown)

	created := plan.Item{Action: plan.Create, Wanted: &plan.LineItem{ScoreMaximum: 20}, Scores: []plan.Score{post("a", nil, *graded(19, 0, ""))}}
	require.Equal(t, spread{Bins: [binCount]int{9: 1}, With: 1}, distribution(&created).After)
	require.True(t, distribution(&plan.Item{Action: plan.Create}).Empty())
}

// The highest bar reaches the top, none leaves the drawing, and the table has
// every count.
func TestDraw(t *testing.T) {
	c := chart{Before: spread{Bins: [binCount]int{0: 3, 9: 12}, With: 15}, After: spread{Bins: [binCount]int{5: 1, 9: 14}, With: 15}}
	f := draw("hw1", c)
	require.Equal(t, 14, f.Most)
	require.Len(t, f.Bars, 4)
	require.Equal(t, "18", f.Bars[3].Y)
	require.Equal(t, "102", f.Bars[3].H)
	require.Equal(t, bar{
		When: "before", Bin: 0, Count: 3, Label: "0–10 %, before: 3", X: "31.7", Y: "98.1", W: "13.3", H: "21.9", Mid: "38.4", Over: "95.1",
	}, f.Bars[0])
	require.Equal(t, tableRow{"90 % and more", 12, 14}, f.Table[9])
	require.Len(t, f.Table, binCount)
}

func TestFigures(t *testing.T) {
	lines := []line{
		{Posts: 2, Blast: plan.Blast{Students: 2, Raised: 1, MeanChange: 2.5, LargestChange: 2.5, NowPass: 1}},
		{HeldRows: 1, Blast: plan.Blast{Students: 1, Lowered: 1, MeanChange: -4, LargestChange: -4, NowPass: 2, NowFail: 3}},
		{Blast: plan.Blast{NowFail: 1}},
	}
	heads, rows := figures(lines, "plan")
	require.Equal(t, []string{"Held", "Post", "Students", "Raised", "Lowered", "Mean", "Largest", "Pass mark"}, heads, "columns of nothing are left out")
	require.Equal(t, [][]string{
		{"", "2", "2", "1", "", "+2.5 %", "+2.5 %", "+1"},
		{"1", "", "1", "", "1", "−4 %", "−4 %", "+2 −3"},
		{"", "", "", "", "", "", "", "−1"},
	}, rows)
}
