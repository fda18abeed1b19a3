package plan

import "encoding/json"

// Blast is how far a change, a line item's or a context's changes reach.
// Changes of score are in percent of the maximum, so that they can be told
// over line items of different size.
type Blast struct {
	Students  int `json:"students"`  // persons whose grades are touched
	First     int `json:"first"`     // scores where there was none
	Raised    int `json:"raised"`    // scores
	Lowered   int `json:"lowered"`   // scores
	Cleared   int `json:"cleared"`   // scores taken away
	Destroyed int `json:"destroyed"` // scores that go with their column
	// MeanChange and LargestChange are of the scores raised and lowered;
	// largest by size, with its sign.
	MeanChange    float64 `json:"meanChange"`
	LargestChange float64 `json:"largestChange"`
	NowPass       int     `json:"nowPass"` // scores that cross the pass mark, where policy has one
	NowFail       int     `json:"nowFail"`
	Notifications int     `json:"notifications"` // messages that students are likely to get: one a score
	Untold        Untold  `json:"-"`
}

// Untold is which figures of a Blast are kept from whoever reads along: they
// would tell of single students. Such a figure is 0 here and null in JSON.
type Untold struct {
	Mean, Largest bool
	Crossings     bool // NowPass and NowFail
}

func (u Untold) or(v Untold) Untold {
	return Untold{Mean: u.Mean || v.Mean, Largest: u.Largest || v.Largest, Crossings: u.Crossings || v.Crossings}
}

// FewestTold is how many students' scores a figure has to be of to be told where
// others can read along. Of fewer, somebody who knows the rest finds out the last.
const FewestTold = 5

// Discreet is a line item's blast without the figures that tell of single
// students. The largest change always is somebody's own. The mean is of the scores
// raised and lowered; who now passes is among those that are new or raised, who
// now fails among those that are lowered or taken away.
func (b Blast) Discreet() Blast {
	few := func(n int) bool { return 0 < n && n < FewestTold }
	return b.without(Untold{
		Mean: few(b.Raised + b.Lowered), Largest: b.Raised+b.Lowered > 0,
		Crossings: few(b.First+b.Raised) || few(b.Lowered+b.Cleared),
	})
}

// without is a blast that does not tell some figures.
func (b Blast) without(u Untold) Blast {
	b.Untold = b.Untold.or(u)
	if b.Untold.Mean {
		b.MeanChange = 0
	}
	if b.Untold.Largest {
		b.LargestChange = 0
	}
	if b.Untold.Crossings {
		b.NowPass, b.NowFail = 0, 0
	}
	return b
}

// MarshalJSON writes null for what is untold: 0 would be a figure.
func (b Blast) MarshalJSON() ([]byte, error) {
	type figures Blast
	if b.Untold == (Untold{}) {
		return json.Marshal(figures(b))
	}
	told := func(v any, untold bool) any {
		if untold {
			return nil
		}
		return v
	}
	return json.Marshal(struct {
		figures
		MeanChange    any `json:"meanChange"`
		LargestChange any `json:"largestChange"`
		NowPass       any `json:"nowPass"`
		NowFail       any `json:"nowFail"`
	}{
		figures(b), told(b.MeanChange, b.Untold.Mean), told(b.LargestChange, b.Untold.Largest),
		told(b.NowPass, b.Untold.Crossings), told(b.NowFail, b.Untold.Crossings),
	})
}

// Discreet makes the blasts of a context and of its line items so: in place, so
// its Items are the caller's own. What is not told of a line item is not told of
// its context either, from which it could be reckoned.
func (c *Context) Discreet() {
	all := c.Blast.Discreet()
	for i := range c.Items {
		one := c.Items[i].Blast.Discreet()
		c.Items[i].Blast = one
		all = all.without(one.Untold)
	}
	c.Blast = all
}
