package reconcile

import (
	"fmt"

	"github.com/gradesync/gradesync/plan"
)

// floored tells what a Platform's policy would hold of what is still to be sent,
// judged by what is there now; "" is nothing. A plan that shows what is there has
// had all of that held before it got here. One out of a file may show something
// else, or its column may have been changed by a part of it that was applied: a
// floor believes neither.
func (a *applier) floored(touched []touch) string {
	w := a.o.Saved
	judged := plan.Context{}
	for i := range touched {
		if it, ok := touched[i].asItIs(); ok {
			judged.Items = append(judged.Items, it)
		}
	}
	g := &guard{own: w.Policy, floor: w.Floor, opts: &Options{}, caps: a.caps, c: &judged}
	for i := range judged.Items {
		it := &judged.Items[i]
		g.item(it, facts{proven: true}) // an unproven listing was judged by Relist
		held := it.Held
		for k := range it.Scores {
			held = append(held, it.Scores[k].Held...)
		}
		for _, h := range held {
			if h.Where != "" { // the floor's, and no word releases it
				return fmt.Sprintf("%s: as the column and its grades are now, the Platform's policy (%s) holds this (%s: %s), and the plan shows something else", it.Key, h.Where, h.Risk, h.Why)
			}
		}
	}
	return ""
}

// asItIs is a line item with what of it is still to be sent, and in it what is
// there now in the place of what the plan saw. ok is false where there is nothing
// to judge.
func (c *touch) asItIs() (it plan.Item, ok bool) {
	it = *c.item
	it.Held, it.Released, it.Scores = nil, nil, nil
	if c.live != nil {
		it.Observed = c.live
	}
	if c.read {
		it.Graded = new(graded(c.grades))
	}
	if it.Action == plan.Create || c.done {
		it.Action, it.Fields = plan.Keep, nil // it has been done
	}
	for _, t := range c.tasks {
		if t.score == nil || t.settled || t.sent {
			continue
		}
		s := *t.score
		s.Held, s.Released, s.Before = nil, nil, nil
		if g, there := c.grades[s.UserID]; there {
			s.Before = &g
		}
		it.Scores = append(it.Scores, s)
	}
	return it, it.Action != plan.Keep || len(it.Scores) > 0
}
