package render

import (
	"fmt"
	"math"
	"slices"

	"github.com/gradesync/gradesync/plan"
)

// binCount is how many equal parts of 0 to 100 percent a distribution has.
const binCount = 10

// chart is how the grades that a line item's changes touch are spread, held
// changes as if they were let go.
type chart struct {
	Written spreads // the grades that the plan writes, or that go with their column
	// Others is the grades that stay unwritten under a new maximum: After as if
	// their points stayed. Where the platform scales them, it is as Before.
	Others spreads
	Over   int // of Others, those whose points are more than the new maximum
}

// spreads are grades before and after.
type spreads struct {
	Before, After spread
}

// spread counts people's grades in parts of ten percent of the maximum. The
// last part has what is above the maximum, too.
type spread struct {
	Bins          [binCount]int
	With, Without int // people with a grade, and without one
}

func (s *spread) add(g *plan.Grade, maximum float64) {
	if g == nil || g.ScoreGiven == nil {
		s.Without++
		return
	}
	if g.ScoreMaximum > 0 {
		maximum = g.ScoreMaximum
	}
	s.With++
	share := 0.0
	if maximum > 0 {
		share = *g.ScoreGiven / maximum
	}
	// A little more, as 0.7 * 10 may be a little less than 7.
	s.Bins[int(min(max(math.Floor(share*binCount+1e-9), 0), binCount-1))]++
}

// Empty tells that there is nothing to draw.
func (c spreads) Empty() bool { return c.Before.With+c.After.With == 0 }

// few tells whether a drawing would show single grades. There is none of nothing.
func (c spreads) few() bool {
	least := func(n int) bool { return 0 < n && n < plan.FewestTold }
	return least(c.Before.With) || least(c.After.With)
}

func distribution(it *plan.Item) chart {
	var c chart
	before, after := maxima(it)
	stated := map[string]bool{}
	for i := range it.Scores {
		s := &it.Scores[i]
		stated[s.UserID] = true
		c.Written.Before.add(s.Before, before)
		c.Written.After.add(&s.After, after)
	}
	for user, g := range it.Results {
		switch {
		case stated[user] || g.ScoreGiven == nil:
		case it.Action == plan.Delete:
			c.Written.Before.add(&g, before)
			c.Written.After.add(nil, after)
		case changesMaximum(it):
			c.Others.Before.add(&g, before)
			kept := plan.Grade{ScoreGiven: onScale(&g, before).ScoreGiven, ScoreMaximum: after}
			c.Others.After.add(&kept, after)
			if *kept.ScoreGiven > after {
				c.Over++
			}
		}
	}
	return c
}

// maxima are a line item's maximum before and after its change, for grades
// that do not say on which scale they are.
func maxima(it *plan.Item) (before, after float64) {
	if it.Observed != nil {
		before, after = it.Observed.ScoreMaximum, it.Observed.ScoreMaximum
	}
	if it.Wanted != nil {
		after = it.Wanted.ScoreMaximum
	}
	for _, f := range it.Fields {
		if v, ok := f.After.(float64); ok && f.Name == "scoreMaximum" {
			after = v
		}
	}
	return before, after
}

func changesMaximum(it *plan.Item) bool {
	return it.Action == plan.Update && slices.ContainsFunc(it.Fields, func(f plan.Field) bool { return f.Name == "scoreMaximum" })
}

// others is how many grades a new maximum may change that the plan does not
// write; known is false where they could not be read.
func others(it *plan.Item) (n int, known bool) {
	switch {
	case !changesMaximum(it):
		return 0, true
	case it.Results != nil:
		return distribution(it).Others.Before.With, true
	case it.Graded == nil:
		return 0, false
	}
	n = *it.Graded // where people are left out, their number is still there
	for i := range it.Scores {
		if b := it.Scores[i].Before; b != nil && b.ScoreGiven != nil {
			n--
		}
	}
	return max(n, 0), true
}

// partName is a part's name, as 80–90 %.
func partName(i int) string {
	if i == binCount-1 {
		return "90 % and more"
	}
	return fmt.Sprintf("%d–%d %%", i*100/binCount, (i+1)*100/binCount)
}
