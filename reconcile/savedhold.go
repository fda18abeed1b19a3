package reconcile

import (
	"math"
	"slices"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// HoldAgain holds back what a Platform's policy of today does not let a plan
// do that was made under another one. What the plan holds stays held. It is
// pure, and touches nothing that c shares with other plans.
func HoldAgain(c *plan.Context, floor *spec.Policy, caps Capabilities) {
	c.Items = slices.Clone(c.Items)
	for i := range c.Items {
		c.Items[i].Scores = slices.Clone(c.Items[i].Scores)
	}
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
	g := &guard{own: unlimited(), floor: floor, opts: &Options{}, caps: caps, c: &judged}
	// Of what only the listing told, the plan holds or has released the risk:
	// this is for the limits.
	g.keepBack(facts{proven: true, matched: len(c.Seen) - c.Unmanaged.LineItems})
	for i := range c.Items {
		it, j := &c.Items[i], &judged.Items[i]
		holdMore(&it.Held, &it.Released, j.Held, it.Key, floor)
		for k := range it.Scores {
			s := &it.Scores[k]
			holdMore(&s.Held, &s.Released, j.Scores[k].Held, it.Key, floor)
		}
	}
}

// holdMore adds what the floor holds to what the plan holds, and takes back
// what was released and the floor lets nobody release.
func holdMore(held *[]plan.Hold, released *[]plan.Release, now []plan.Hold, key string, floor *spec.Policy) {
	*held = slices.Clone(*held)
	add := func(h plan.Hold) {
		if h.Where != "" && !slices.ContainsFunc(*held, func(x plan.Hold) bool { return x.Risk == h.Risk && x.Where != "" }) {
			*held = append(*held, h)
		}
	}
	for _, h := range now {
		add(h)
	}
	kept := (*released)[:0:0]
	for _, r := range *released {
		if floor.Allow != nil && allowedBy(floor, r.Risk, key) == "" {
			add(plan.Hold{Risk: r.Risk, Why: "it was released when the plan was made (" + r.By + "), and the Platform's policy does not allow it now", Where: where(floor.Pos)})
		}
		if !slices.ContainsFunc(*held, func(x plan.Hold) bool { return x.Risk == r.Risk }) {
			kept = append(kept, r)
		}
	}
	*released = kept
}

// unlimited is the policy of a Gradebook that has had its say.
func unlimited() *spec.Policy {
	p := &spec.Policy{}
	p.Max.Deletes, p.Max.Lowered, p.Max.DeletesPercent = said(math.MaxInt), said(math.MaxInt), said(math.Inf(1))
	return p
}
