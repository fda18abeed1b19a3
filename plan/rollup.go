package plan

import (
	"math"
	"slices"
)

// Statuses is every status, in the order in which a roll-up tells them.
func Statuses() []Status {
	return []Status{Unchanged, Pending, Applied, Part, HeldBack, Outdated, Found, Unauthorized, Failed, Interrupted, NotBegun}
}

// Rollup is what all contexts of a plan or a report come to. It is made from
// them and says nothing that they do not: nothing is decided by it. Of contexts
// that are stopped nothing is written, so Totals, Blast and Held leave them out.
type Rollup struct {
	Statuses map[Status]int `json:"statuses"` // how many contexts stand how; those of none are left out
	Contexts []Standing     `json:"contexts"` // all of them, in their order
	Totals   Totals         `json:"totals"`   // of the plan
	Rows     *Outcomes      `json:"rows,omitempty"`
	// Blast is of the plan, held changes included. Students are counted in each
	// context: a plan cannot tell whether two of them have somebody in common.
	// The mean is that of all scores raised and lowered. What one context does not
	// tell, all do not.
	Blast     Blast      `json:"blast"`
	CrossedIn int        `json:"crossedIn,omitempty"` // contexts in which scores cross a pass mark: not every one has it
	Held      []HeldRisk `json:"held,omitempty"`      // in the order of Risks
}

// Standing is how one context stands.
type Standing struct {
	Gradebook string    `json:"gradebook"`
	Name      string    `json:"context"`
	Platform  string    `json:"platform"`
	Status    Status    `json:"status"`
	Totals    Totals    `json:"totals"`         // none of a context that is stopped
	Rows      *Outcomes `json:"rows,omitempty"` // of a report
}

// Place names a context.
type Place struct {
	Gradebook string `json:"gradebook"`
	Name      string `json:"context"`
}

// HeldRisk is all that one risk keeps back.
type HeldRisk struct {
	Risk     Risk    `json:"risk"`
	Changes  int     `json:"changes"`         // line items and scores; what several risks hold counts for each
	Fixed    int     `json:"fixed,omitempty"` // of Changes, those that a Platform's policy holds: no words release them
	Contexts []Place `json:"contexts"`
	// Release is the words that let all but Fixed go, in every context; "": there
	// are none.
	Release string `json:"release,omitempty"`
}

// Rollup of a plan.
func (p *Plan) Rollup() Rollup {
	u := Rollup{Statuses: map[Status]int{}}
	var r reach
	for i := range p.Contexts {
		c := &p.Contexts[i]
		u.add(c, c.Status(), nil)
		r.add(c)
	}
	return u.done(&r)
}

// Rollup of a report.
func (rep *Report) Rollup() Rollup {
	u := Rollup{Statuses: map[Status]int{}, Rows: &Outcomes{}}
	var r reach
	for i := range rep.Contexts {
		c := &rep.Contexts[i]
		o := c.Outcomes()
		u.add(&c.Plan, c.Status(), &o)
		*u.Rows = u.Rows.Add(o)
		r.add(&c.Plan)
	}
	return u.done(&r)
}

func (u *Rollup) add(c *Context, s Status, rows *Outcomes) {
	at := Place{c.Gradebook, c.Name}
	one := Standing{Gradebook: c.Gradebook, Name: c.Name, Platform: c.Platform, Status: s, Rows: rows}
	if !c.Stopped() {
		one.Totals = c.Totals()
	}
	u.Statuses[s]++
	u.Contexts = append(u.Contexts, one)
	u.Totals = u.Totals.Add(one.Totals)
	if one.Totals.Held == 0 {
		return
	}
	for i := range c.Items {
		it := &c.Items[i]
		if it.Action != Keep {
			u.hold(at, it.Held)
		}
		for k := range it.Scores {
			u.hold(at, slices.Concat(it.Held, it.Scores[k].Held))
		}
	}
}

// hold counts a change for each risk that keeps it back, once.
func (u *Rollup) hold(at Place, holds []Hold) {
	for i, h := range holds {
		if slices.ContainsFunc(holds[:i], func(o Hold) bool { return o.Risk == h.Risk }) {
			continue
		}
		k := slices.IndexFunc(u.Held, func(r HeldRisk) bool { return r.Risk == h.Risk })
		if k < 0 {
			k = len(u.Held)
			u.Held = append(u.Held, HeldRisk{Risk: h.Risk})
		}
		one := &u.Held[k]
		one.Changes++
		if slices.ContainsFunc(holds[i:], func(o Hold) bool { return o.Risk == h.Risk && o.Release == "" }) {
			one.Fixed++
		}
		if n := len(one.Contexts); n == 0 || one.Contexts[n-1] != at {
			one.Contexts = append(one.Contexts, at)
		}
	}
}

func (u Rollup) done(r *reach) Rollup {
	u.Blast, u.CrossedIn = r.done()
	order := Risks()
	rank := func(r Risk) int { // a risk that there is not comes last, and has no words
		if at := slices.Index(order, r); at >= 0 {
			return at
		}
		return len(order)
	}
	slices.SortStableFunc(u.Held, func(a, b HeldRisk) int { return rank(a.Risk) - rank(b.Risk) })
	for i := range u.Held {
		if one := &u.Held[i]; one.Fixed < one.Changes && rank(one.Risk) < len(order) {
			one.Release = "--allow " + string(one.Risk)
		}
	}
	return u
}

// reach adds up blast radii.
type reach struct {
	Blast
	moved   float64 // the sum of the changes of which MeanChange is the mean
	crossed int     // contexts in which somebody comes to pass or to fail
}

func (r *reach) add(c *Context) {
	if c.Stopped() {
		return
	}
	b := &c.Blast
	if b.NowPass+b.NowFail > 0 {
		r.crossed++
	}
	r.Untold = r.Untold.or(b.Untold)
	if math.Abs(b.LargestChange) > math.Abs(r.LargestChange) {
		r.LargestChange = b.LargestChange
	}
	r.moved += float64(b.MeanChange * float64(b.Raised+b.Lowered)) // the same on every machine: never fused
	r.Students, r.First, r.Raised, r.Lowered = r.Students+b.Students, r.First+b.First, r.Raised+b.Raised, r.Lowered+b.Lowered
	r.Cleared, r.Destroyed = r.Cleared+b.Cleared, r.Destroyed+b.Destroyed
	r.NowPass, r.NowFail, r.Notifications = r.NowPass+b.NowPass, r.NowFail+b.NowFail, r.Notifications+b.Notifications
}

// done is the sum, rounded as each of its parts is.
func (r *reach) done() (b Blast, crossedIn int) {
	if n := r.Raised + r.Lowered; n > 0 {
		r.MeanChange = math.Round(100*r.moved/float64(n)) / 100
	}
	if r.Untold.Crossings {
		r.crossed = 0
	}
	return r.Blast.without(r.Untold), r.crossed
}
