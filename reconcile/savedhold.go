package reconcile

import (
	"slices"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// HoldAgain holds back what the policy of today's files does not let a plan do
// that was made before. What the plan holds stays held, and what the Gradebook's
// policy would hold is held unless the plan says that somebody released it. A
// plan that contradicts itself gets a finding. Its figures are told anew: the
// file is somebody's word. live is the line items of the course as it is now;
// nil: as the plan saw it. It is pure, and touches nothing that c shares with
// other plans.
func HoldAgain(c *plan.Context, w *Want, caps Capabilities, live []plan.LineItem) {
	c.Items = slices.Clone(c.Items)
	for i := range c.Items {
		c.Items[i].Scores = slices.Clone(c.Items[i].Scores)
	}
	if what := contradiction(c, caps); what != "" {
		c.Findings = append(slices.Clip(c.Findings), plan.Finding{
			Message: "the plan contradicts itself, as none that is made by a plan does: " + what, Hint: "make the plan again",
		})
		return
	}
	unknownAgain(c)
	measure(c, passMark(w))
	judged := *c
	judged.Items = make([]plan.Item, len(c.Items))
	for i := range c.Items {
		it := c.Items[i]
		it.Held, it.Released = nil, nil
		it.Scores = slices.Clone(it.Scores)
		for k := range it.Scores {
			it.Scores[k].Held, it.Scores[k].Released = nil, nil
		}
		judged.Items[i] = it
	}
	g := &guard{own: w.Policy, floor: w.Floor, opts: &Options{}, caps: caps, c: &judged}
	// Of what only the listing told, the plan holds or has released the risk:
	// this is for the limits.
	g.keepBack(facts{proven: true, matched: matchedOf(c, live)})
	for i := range c.Items {
		it, j := &c.Items[i], &judged.Items[i]
		holdMore(&it.Held, &it.Released, j.Held, it, w.Floor)
		for k := range it.Scores {
			s := &it.Scores[k]
			holdMore(&s.Held, &s.Released, j.Scores[k].Held, it, w.Floor)
		}
	}
}

// LimitsDeletes tells whether HoldAgain has to know what is live to judge a plan.
func LimitsDeletes(c *plan.Context, w *Want) bool {
	deletes := slices.ContainsFunc(c.Items, func(it plan.Item) bool { return it.Action == plan.Delete })
	return deletes && (w.Floor.Max.DeletesPercent.IsSet() || w.Policy.Max.DeletesPercent.IsSet())
}

// matchedOf is how many columns the plan is about, of those that are live. What
// an earlier apply of it has deleted counts: it was there.
func matchedOf(c *plan.Context, live []plan.LineItem) int {
	if live == nil {
		return len(c.Seen) - c.Unmanaged.LineItems
	}
	ids := map[string]bool{}
	for i := range live {
		ids[live[i].ID] = true
	}
	for i := range c.Items {
		if c.Items[i].Action == plan.Delete {
			ids[c.Items[i].ID] = true
		}
	}
	n := 0
	for _, id := range c.Seen {
		if ids[id] {
			n++
		}
	}
	return n - c.Unmanaged.LineItems
}

// unknownAgain marks what is overwritten though no base tells whose it is.
func unknownAgain(c *plan.Context) {
	if c.Base != "" {
		return
	}
	for i := range c.Items {
		it := &c.Items[i]
		for _, f := range it.Fields {
			it.NoBase = it.NoBase || it.Action == plan.Update && f.Before != nil
		}
		for k := range it.Scores {
			s := &it.Scores[k]
			for _, f := range s.Fields {
				s.NoBase = s.NoBase || f.Before != nil && !f.Rides && (f.Name != "shareWithStudent" || s.SetsShare)
			}
		}
	}
}

// holdMore adds what is held now to what the plan holds, and takes back what was
// released and the floor lets nobody release. Of what the Gradebook holds, the
// plan has released some by name.
func holdMore(held *[]plan.Hold, released *[]plan.Release, now []plan.Hold, it *plan.Item, floor *spec.Policy) {
	*held = slices.Clone(*held)
	add := func(h plan.Hold) {
		if !slices.ContainsFunc(*held, func(x plan.Hold) bool { return x.Risk == h.Risk && (x.Where != "" || h.Where == "") }) {
			*held = append(*held, h)
		}
	}
	for _, h := range now {
		if h.Where != "" || !slices.ContainsFunc(*released, func(r plan.Release) bool { return r.Risk == h.Risk }) {
			add(h)
		}
	}
	kept := (*released)[:0:0]
	for _, r := range *released {
		if floor.Allow != nil && !floorAllows(floor, r.Risk, it) {
			add(plan.Hold{Risk: r.Risk, Why: "it was released when the plan was made (" + r.By + "), and the Platform's policy does not allow it now", Where: where(floor.Pos)})
		}
		if !slices.ContainsFunc(*held, func(x plan.Hold) bool { return x.Risk == r.Risk }) {
			kept = append(kept, r)
		}
	}
	*released = kept
}
