package reconcile

import (
	"fmt"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// recheckCreates looks whether what is to be created has appeared since the
// plan was made. It is false where the listing cannot be read, for then
// nothing may be created.
func (a *applier) recheckCreates(creates []*task) bool {
	if len(creates) == 0 || a.stop.Err() != nil {
		return true
	}
	listing, err := a.p.LineItems(a.ctx)
	if err != nil {
		for _, t := range creates {
			t.settle(plan.NotAttempted, "the line items could not be read again: "+err.Error())
		}
		a.failure = FailureOf(a.stop, "reading the line items again", err)
		return false
	}
	for i := range listing.Items {
		a.before[listing.Items[i].ID] = true
	}
	for _, t := range creates {
		for i := range listing.Items {
			live := &listing.Items[i]
			if !sameIdentity(live, t.item.Wanted) {
				continue
			}
			if len(itemFields(*live, withFields(*live, t.item.Fields, after))) == 0 {
				t.id, t.sent = live.ID, true
				t.note("it had been created since the plan was made")
			} else {
				t.settle(plan.NotAttempted, "another line item with this identity appeared since the plan was made; plan again")
			}
			break
		}
	}
	return true
}

// sameIdentity tells whether a live line item is the one that a create makes.
func sameIdentity(live, wanted *plan.LineItem) bool {
	if wanted.ResourceID == "" {
		return live.ResourceID == "" && live.Label == wanted.Label
	}
	return live.ResourceID == wanted.ResourceID && live.Tag == wanted.Tag
}

func (a *applier) create(t *task) error {
	if t.id != "" {
		return nil // it was found
	}
	id, err := a.p.CreateLineItem(a.ctx, *t.item.Wanted)
	if err != nil {
		return err
	}
	t.id, t.fresh = id, true
	return nil
}

// findCreated looks for line items whose create had no clear answer. A
// platform may take Settle to show a write, and a second create would make a
// second column; so it looks until then.
func (a *applier) findCreated(tasks []*task) {
	doubtful := func() (out []*task) {
		for _, t := range tasks {
			if t.fault != nil && t.fault.Kind == Doubt {
				out = append(out, t)
			}
		}
		return out
	}
	end := a.o.Clock.Now().Add(a.o.Settle)
	for wait := 100 * time.Millisecond; len(doubtful()) > 0; wait *= 2 {
		listing, err := a.p.LineItems(a.ctx)
		for _, t := range doubtful() {
			if err != nil {
				t.settle(plan.Unconfirmed, fmt.Sprintf("%v; and the line items could not be read to find out: %v", t.fault, err))
				t.fault = nil
				continue
			}
			a.adopt(t, listing.Items)
		}
		left := end.Sub(a.o.Clock.Now())
		if left <= 0 || a.o.Clock.Sleep(a.stop, min(wait, left)) != nil {
			return
		}
	}
}

// findUnnamed finds the ids of line items whose create succeeded without
// telling one.
func (a *applier) findUnnamed(creates []*task) {
	var unnamed []*task
	for _, t := range creates {
		if !t.settled && t.fault == nil && t.id == "" {
			t.fault = &Fault{Kind: Doubt, Err: fmt.Errorf("the platform did not tell the new line item's id")}
			unnamed = append(unnamed, t)
		}
	}
	a.findCreated(unnamed)
}

// adopt takes a line item that was not there before as the one t created.
func (a *applier) adopt(t *task, live []plan.LineItem) {
	for i := range live {
		if !a.before[live[i].ID] && !a.taken(live[i].ID) && sameIdentity(&live[i], t.item.Wanted) && live[i].Label == t.item.Wanted.Label {
			t.id, t.fault, t.fresh = live[i].ID, nil, true
			t.note("the answer to its creation was lost; it was found when looked up")
			return
		}
	}
}

func (a *applier) taken(id string) bool {
	for _, t := range a.tasks {
		if t.score == nil && t.id == id {
			return true
		}
	}
	return false
}
