package render

import "github.com/gradesync/gradesync/plan"

// Where others can read along, a grade is shown no more than a name: with few
// students a number and a grade tell who it is. Whoever may read the files finds
// it at the row's place.

// withheld stands for a value that is there and is not told.
const withheld = "(hidden)"

// tooFar is what is said instead of how far one person's score falls.
const tooFar = "further down than policy lets a score fall"

// staleQuietly is said instead of what a person's grade was and is.
const staleQuietly = "the grade is another now: somebody changed it since the plan was made; plan again"

// heldQuietly are holds that do not tell how far one score falls.
func heldQuietly(all []plan.Hold) []plan.Hold {
	out := append([]plan.Hold(nil), all...)
	for i := range out {
		if out[i].Risk == plan.Drop {
			out[i].Why = tooFar
		}
	}
	return out
}

// pointless takes the points out of a plan that is a copy without people. In it
// scoreGiven is null everywhere; the fields of a score tell whether it changes.
func pointless(p plan.Plan) plan.Plan {
	for i := range p.Contexts {
		pointlessContext(&p.Contexts[i])
	}
	return p
}

// pointlessReport is as pointless.
func pointlessReport(r plan.Report) plan.Report {
	for i := range r.Contexts {
		c := &r.Contexts[i]
		pointlessContext(&c.Plan)
		for k := range c.Rows {
			if c.Rows[k].Grade != nil {
				c.Rows[k].Grade.ScoreGiven = nil
			}
		}
		for k := range c.Collateral {
			c.Collateral[k].Before.ScoreGiven, c.Collateral[k].After.ScoreGiven = nil, nil
		}
	}
	return r
}

func pointlessContext(c *plan.Context) {
	for i := range c.Items {
		for k := range c.Items[i].Scores {
			s := &c.Items[i].Scores[k]
			if s.Before != nil {
				s.Before.ScoreGiven = nil
			}
			s.After.ScoreGiven = nil
		}
	}
}
