package reconcile

import (
	"math"
	"slices"

	"github.com/gradesync/gradesync/plan"
)

// reach adds up a plan.Blast.
type reach struct {
	passMark float64 // share of the maximum; negative: none
	people   map[string]bool
	sum      float64
	moved    int
	plan.Blast
}

func newReach(passMark float64) *reach {
	return &reach{passMark: passMark, people: map[string]bool{}}
}

// share is a grade as a share of its maximum; ok is false where there is none.
func share(g *plan.Grade) (s float64, ok bool) {
	if g == nil || g.ScoreGiven == nil || g.ScoreMaximum <= 0 {
		return 0, false
	}
	return *g.ScoreGiven / g.ScoreMaximum, true
}

func (r *reach) score(s *plan.Score) {
	r.people[s.UserID] = true
	r.Notifications++
	before, had := share(s.Before)
	after, has := share(&s.After)
	switch {
	case had && !has:
		r.Cleared++
		r.cross(before, false)
	case !had && has:
		r.First++
		r.cross(after, true)
	case had && has && changesPoints(s):
		r.move(before, after)
	}
}

// changesPoints tells whether a row is about the score itself, by the one
// comparator: rounding is no change.
func changesPoints(s *plan.Score) bool {
	return slices.ContainsFunc(s.Fields, func(f plan.Field) bool { return f.Name == "scoreGiven" || f.Name == "scoreMaximum" })
}

// move is a score that changes.
func (r *reach) move(before, after float64) {
	change := 100 * (after - before)
	switch {
	case change > 1e-9:
		r.Raised++
	case change < -1e-9:
		r.Lowered++
	default:
		return
	}
	r.sum, r.moved = r.sum+change, r.moved+1
	if math.Abs(change) > math.Abs(r.LargestChange) {
		r.LargestChange = change
	}
	if r.passMark >= 0 && (before >= r.passMark) != (after >= r.passMark) {
		r.cross(r.passMark, after > before)
	}
}

// cross counts a pass that comes or goes with a score of this share.
func (r *reach) cross(share float64, comes bool) {
	switch {
	case r.passMark < 0 || share < r.passMark:
	case comes:
		r.NowPass++
	default:
		r.NowFail++
	}
}

// item adds a line item's changes.
func (r *reach) item(it *plan.Item) {
	stated := map[string]bool{}
	for i := range it.Scores {
		stated[it.Scores[i].UserID] = true
		r.score(&it.Scores[i])
	}
	for user, g := range it.Results {
		if g.ScoreGiven == nil || stated[user] {
			continue
		}
		r.people[user] = true
		if it.Action == plan.Delete {
			r.Destroyed++
		}
	}
}

// done is the sum. Figures are rounded, so that they do not depend on the
// order of adding.
func (r *reach) done() plan.Blast {
	r.Students = len(r.people)
	if r.moved > 0 {
		r.MeanChange = math.Round(r.sum/float64(r.moved)*100) / 100
	}
	r.LargestChange = math.Round(r.LargestChange*100) / 100
	return r.Blast
}

// measure fills in the blast radius of every item and of the context.
func measure(c *plan.Context, passMark float64) {
	all := newReach(passMark)
	for i := range c.Items {
		one := newReach(passMark)
		one.item(&c.Items[i])
		c.Items[i].Blast = one.done()
		all.item(&c.Items[i])
	}
	c.Blast = all.done()
}
