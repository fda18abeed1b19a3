package render

import (
	"fmt"
	"html"
	"maps"
	"strconv"
	"strings"
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
	require.Equal(t, spread{Bins: [binCount]int{4: 1}, With: 1, Without: 1}, c.Written.Before)
	require.Equal(t, spread{Bins: [binCount]int{2: 1, 8: 1}, With: 2}, c.Written.After)
	require.Equal(t, spread{Bins: [binCount]int{0: 1}, With: 1}, c.Others.Before)
	require.Equal(t, spread{Bins: [binCount]int{1: 1}, With: 1}, c.Others.After, "as if the points stayed")
	require.Zero(t, c.Over)

	deleted := plan.Item{Action: plan.Delete, Observed: &plan.LineItem{ScoreMaximum: 10}, Results: map[string]plan.Grade{"a": *graded(5, 10, ""), "b": *graded(9, 0, ""), "c": {}}}
	c = distribution(&deleted)
	require.Equal(t, spread{Bins: [binCount]int{5: 1, 9: 1}, With: 2}, c.Written.Before)
	require.Equal(t, spread{Without: 2}, c.Written.After)
	require.True(t, c.Others.Empty())

	created := plan.Item{Action: plan.Create, Wanted: &plan.LineItem{ScoreMaximum: 20}, Scores: []plan.Score{post("a", nil, *graded(19, 0, ""))}}
	require.Equal(t, spread{Bins: [binCount]int{9: 1}, With: 1}, distribution(&created).Written.After)
	require.True(t, distribution(&plan.Item{Action: plan.Create}).Written.Empty())
}

// A new maximum over grades that no file names: how many there are and what
// may become of them is said in every form, and drawn where it is known.
func TestMaximumUnderOthers(t *testing.T) {
	item := func(results map[string]plan.Grade, graded *int, scores ...plan.Score) plan.Plan {
		it := plan.Item{
			Action: plan.Update, Key: "hw1", Label: "hw1", Observed: &plan.LineItem{ScoreMaximum: 100}, Fields: []plan.Field{field("scoreMaximum", 100.0, 50.0)},
			Results: results, Graded: graded, Scores: scores, Blast: plan.Blast{Students: 3},
		}
		return plan.Plan{Contexts: []plan.Context{{Gradebook: "bio", Name: "a", Platform: "campus", Items: []plan.Item{it}, Blast: it.Blast}}}
	}
	three := map[string]plan.Grade{"s-1": *graded(40, 100, ""), "s-2": *graded(0.8, 1, ""), "s-3": *graded(90, 100, ""), "s-4": {}}
	six := maps.Clone(three)
	six["s-5"], six["s-6"], six["s-7"] = *graded(1, 100, ""), *graded(2, 100, ""), *graded(3, 100, "")
	kept := func(n, over int) string {
		return fmt.Sprintf("Not written, and under a new maximum (100 -> 50): %d grades. Where the platform scales grades, the percentages stay; where it keeps points, the percentages change, and %d would be above the maximum, which some platforms cut.", n, over)
	}
	const quietly = "Not written, and under a new maximum (100 -> 50): 3 grades. Where the platform scales grades, the percentages stay; where it keeps points, the percentages change."
	for _, tc := range []struct {
		name    string
		plan    plan.Plan
		words   string
		public  string // where it is less
		reaches string
		figures int
	}{
		{"all are seen", item(six, ptr(6)), kept(6, 2), "", "6 grades that a new maximum may change", 1},
		{"one is written", item(six, ptr(6), posted("s-3", "", graded(90, 100, ""), *graded(45, 50, ""), field("scoreGiven", 90.0, 45.0))),
			kept(5, 1), "", "5 grades that a new maximum may change", 1},
		{"they are few", item(three, ptr(3)), kept(3, 2), quietly, "3 grades that a new maximum may change", 0},
		{"only their number", item(nil, ptr(3)),
			quietly, "",
			"3 grades that a new maximum may change", 0},
		{"not read", item(nil, nil), "How many grades the new maximum may change is not known: they could not be read.", "", "no score changes", 0},
		{"there are none", item(map[string]plan.Grade{}, ptr(0)), "", "", "no score changes", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text, md, page := shown(t, 0, tc.plan, plan.Report{}, Options{}), public(t, 0, tc.plan, plan.Report{}), public(t, 1, tc.plan, plan.Report{})
			for _, form := range []string{text, shown(t, 0, tc.plan, plan.Report{}, Options{Redact: true}), md, page} {
				require.Contains(t, form, tc.reaches)
				require.Equal(t, tc.reaches == "no score changes", strings.Contains(form, "no score changes"))
			}
			if tc.words == "" {
				require.NotContains(t, text+md+page, "new maximum")
				return
			}
			require.Contains(t, text, tc.words)
			public := tc.public
			if public == "" {
				public = tc.words
			}
			require.Contains(t, md, prose(public))
			require.Contains(t, html.UnescapeString(page), public)
			require.Contains(t, shown(t, 0, tc.plan, plan.Report{}, Options{Redact: true}), "new maximum")
			require.NotContains(t, shown(t, 0, tc.plan, plan.Report{}, Options{Redact: true}), "would be above")
			require.Equal(t, tc.figures, strings.Count(page, "<svg"))
			for _, public := range []string{md, page} {
				require.NotContains(t, public, "s-1")
				require.NotContains(t, public, "no score changes</p>")
			}
		})
	}
}

// A drawing is of no grade, or of five and more: before and after.
func TestFewAreNotDrawn(t *testing.T) {
	for _, tc := range []struct {
		before, after int
		few           bool
	}{{0, 0, false}, {0, 4, true}, {0, 5, false}, {1, 5, true}, {5, 4, true}, {4, 0, true}, {5, 5, false}} {
		c := spreads{Before: spread{With: tc.before, Without: 9}, After: spread{With: tc.after, Without: 9}}
		require.Equal(t, tc.few, c.few(), "%d and %d", tc.before, tc.after)
	}
}

// The longest bar ends before the counts, none leaves the drawing, and the
// table has every count.
func TestDraw(t *testing.T) {
	c := spreads{Before: spread{Bins: [binCount]int{0: 3, 9: 12}, With: 15}, After: spread{Bins: [binCount]int{5: 1, 9: 14}, With: 15}}
	f := draw(figure{spreads: c, What: "Grades", Of: "hw1", Then: "after"})
	require.Len(t, f.Bars, 4)
	require.Equal(t, bar{When: "before", Bin: 0, Count: 3, Label: "0–10 %, before: 3", Y: "5", W: "56.1", H: "9", CountX: "106.1", CountY: "13"}, f.Bars[0])
	require.Equal(t, "262", f.Bars[3].W, "as long as there is room")
	require.Equal(t, "312", f.Bars[3].CountX)
	require.Equal(t, figureRow{"90 % and more", "90+", "271", 12, 14}, f.Rows[9])
	require.Len(t, f.Rows, binCount)
	require.Equal(t, "hw1: Grades, in parts of ten percent: 15 before, 15 after", f.Label)
}

func TestFigures(t *testing.T) {
	lines := []line{
		{Posts: 2, Blast: plan.Blast{Students: 2, Raised: 1, MeanChange: 2.5, NowPass: 1}},
		{HeldRows: 1, Blast: plan.Blast{Students: 1, Lowered: 1, MeanChange: -4, NowPass: 2, NowFail: 3}},
		{Blast: plan.Blast{Raised: 1, Untold: plan.Untold{Mean: true}}},
		{Blast: plan.Blast{NowFail: 1}},
	}
	heads, rows := figures(lines, "plan")
	require.Equal(t, []string{"Held", "Post", "Students", "Raised", "Lowered", "Mean", "Pass mark"}, heads, "columns of nothing are left out")
	require.Equal(t, [][]string{
		{"", "2", "2", "1", "", "+2.5 %", "+1"},
		{"1", "", "1", "", "1", "−4 %", "+2 −3"},
		{"", "", "", "1", "", "", ""},
		{"", "", "", "", "", "", "−1"},
	}, rows)
}

// A count of any size stands in its bar's row and inside the drawing: digits
// are no wider than 6.5 and no higher than 10 of its units.
func TestCountsHaveRoom(t *testing.T) {
	for most := 1; most <= 1_000_000; most *= 10 {
		var c spreads
		for i := range binCount {
			c.Before.Bins[i], c.After.Bins[i] = most*(i+1)/binCount+1, most
		}
		f := draw(figure{spreads: c, What: "Grades", Of: "hw1", Then: "after"})
		require.Len(t, f.Bars, 2*binCount)
		last := 0.0
		for _, b := range f.Bars {
			var x, y float64
			_, err := fmt.Sscan(b.CountX+" "+b.CountY, &x, &y)
			require.NoError(t, err)
			require.LessOrEqual(t, x+6.5*float64(len(strconv.Itoa(b.Count))), float64(f.Wide), "%d", b.Count)
			require.GreaterOrEqual(t, y-last, 10.0, "the one above")
			require.LessOrEqual(t, y, float64(f.High))
			last = y
		}
	}
}
