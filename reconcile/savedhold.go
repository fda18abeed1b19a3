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
// file is somebody's word, and a Platform's policy believes none of it. live is
// what Relist read, where NeedsListing asks for it, or else nil. It is pure, and
// touches nothing that c shares with other plans.
func HoldAgain(c *plan.Context, w *Want, caps Capabilities, live *Listing) {
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
	unknownAgain(c, w.Floor)
	unseenAgain(c, &caps)
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
	g.keepBack(factsAgain(c, w, live))
	disbelieve(&judged)
	for i := range c.Items {
		it, j := &c.Items[i], &judged.Items[i]
		holdMore(&it.Held, &it.Released, j.Held, it, w.Floor)
		for k := range it.Scores {
			s := &it.Scores[k]
			holdMore(&s.Held, &s.Released, j.Scores[k].Held, it, w.Floor)
		}
	}
}

// disbelieve says why a base is not enough for a Platform's policy.
func disbelieve(judged *plan.Context) {
	if judged.Base == "" {
		return
	}
	tell := func(held []plan.Hold) {
		for i := range held {
			if held[i].Risk == plan.NoBase && held[i].Where != "" {
				held[i].Why = "nothing proves the base that the saved plan names; to have it read again, apply the files with --base, without a saved plan"
			}
		}
	}
	for i := range judged.Items {
		tell(judged.Items[i].Held)
		for k := range judged.Items[i].Scores {
			tell(judged.Items[i].Scores[k].Held)
		}
	}
}

// unknownAgain marks what is overwritten though no base tells whose it is. That
// there was one is the file's own word: where a Platform's policy requires a base,
// it does not count.
func unknownAgain(c *plan.Context, floor *spec.Policy) {
	if c.Base != "" && !requires(floor) {
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

// unseenAgain marks what leaves a comment alone that cannot be seen.
func unseenAgain(c *plan.Context, caps *Capabilities) {
	if caps.Comments != CommentUnreadable {
		return
	}
	for i := range c.Items {
		for k := range c.Items[i].Scores {
			s := &c.Items[i].Scores[k]
			s.KeepsComment = s.KeepsComment || !slices.ContainsFunc(s.Fields, func(f plan.Field) bool { return f.Name == "comment" })
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
		if floor.Allow != nil && !floorAllows(floor, r.Risk, it.Key, columnOf(it)) {
			add(plan.Hold{Risk: r.Risk, Why: "it was released when the plan was made (" + r.By + "), and the Platform's policy does not allow it now", Where: where(floor.Pos)})
		}
		if !slices.ContainsFunc(*held, func(x plan.Hold) bool { return x.Risk == r.Risk }) {
			kept = append(kept, r)
		}
	}
	*released = kept
}
