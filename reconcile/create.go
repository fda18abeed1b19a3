package reconcile

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// isWanted tells whether a live line item is the one that a create makes: by
// the same names that match finds it by. A platform may change everything
// else of it.
func isWanted(live *plan.LineItem, it *plan.Item) bool {
	if it.Wanted.ResourceID == "" {
		return unblank(live.ResourceID) == "" && live.Label == it.Wanted.Label
	}
	return live.ResourceID == it.Wanted.ResourceID && (!it.ByTag || live.Tag == it.Wanted.Tag)
}

// appeared tells whether a line item that was not there before is the one a
// create without a clear answer made. A platform of which no line item has a
// resourceId may have forgotten this one's too; then everything else of it
// must be as it was sent, or it is somebody else's.
func (a *applier) appeared(live *plan.LineItem, it *plan.Item, forgets bool) bool {
	if isWanted(live, it) {
		return true
	}
	same := live.Label == it.Wanted.Label && live.ScoreMaximum == it.Wanted.ScoreMaximum &&
		(unblank(live.Tag) == unblank(it.Wanted.Tag) || a.caps.keeping("tag") == NotKept)
	return forgets && same && unblank(live.ResourceID) == ""
}

// list is every line item, those that this run creates among them.
func (a *applier) list() (Listing, error) {
	var ids []string
	for _, t := range a.pick(plan.Create) {
		if t.item.Wanted.ResourceID != "" {
			ids = append(ids, t.item.Wanted.ResourceID)
		}
	}
	return list(a.ctx, a.p, a.o.Clock, ids)
}

// recheckCreates looks whether what is to be created has appeared since the
// plan was made. It is false where the listing cannot be read, for then
// nothing may be created.
func (a *applier) recheckCreates(creates []*task) bool {
	if len(creates) == 0 || a.stop.Err() != nil {
		return true
	}
	listing, err := a.list()
	if err != nil {
		a.fail(faultOf(err))
		for _, t := range creates {
			t.notAttempted(plan.CauseFailed, "the line items could not be read again: "+err.Error())
		}
		return false
	}
	// What was there when the plan was made is something else: match has
	// looked at it.
	planned := map[string]bool{}
	for _, id := range a.c.Seen {
		planned[id] = true
	}
	for i := range listing.Items {
		a.seen[listing.Items[i].ID] = true
	}
	for _, t := range creates {
		for i := range listing.Items {
			live := &listing.Items[i]
			if planned[live.ID] || !isWanted(live, t.item) {
				continue
			}
			if len(itemFields(*live, withFields(*live, t.item.Fields, after))) == 0 && a.own(t, live.ID) {
				t.note = plan.MadeBefore
			} else {
				t.changed("another line item of this identity appeared")
			}
			break
		}
	}
	return true
}

// own makes a live line item a task's, unless it is another's.
func (a *applier) own(t *task, id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.owner[id] != nil {
		return false
	}
	a.owner[id], t.id = t, id
	return true
}

func (a *applier) create(t *task) error {
	if t.id != "" {
		return nil // it was found
	}
	id, err := a.p.CreateLineItem(a.writing(t), *t.item.Wanted)
	if err != nil {
		if faultOf(err).Failed {
			t.failed++
		}
		return err
	}
	// The id of a line item that was there before is not that of a new one,
	// whatever the platform says; findUnnamed looks for it.
	t.fresh = id != "" && !a.seen[id] && a.own(t, id)
	return nil
}

// maxFailed bounds how often a create is sent that the platform fails at.
const maxFailed = 3

// findCreated looks for line items whose create had no clear answer. A
// platform may take Settle to show a write, and a second create would make a
// second column; so it looks until then.
func (a *applier) findCreated(tasks []*task) {
	doubtful := func() (out []*task) {
		for _, t := range tasks {
			if !t.settled && t.fault != nil && t.fault.Kind == Doubt {
				out = append(out, t)
			}
		}
		return out
	}
	end := a.o.Clock.Now().Add(a.o.Settle)
	for wait := 100 * time.Millisecond; len(doubtful()) > 0; wait *= 2 {
		listing, err := a.list()
		if err == nil {
			for _, t := range doubtful() {
				a.adopt(t, listing.Items)
			}
		}
		left := end.Sub(a.o.Clock.Now())
		if left > 0 && a.o.Clock.Sleep(a.stop, min(wait, left)) == nil {
			continue
		}
		for _, t := range doubtful() {
			if t.failed >= maxFailed { // some leave a column that nobody sees at each try
				t.settle(plan.Refused, fmt.Sprintf("the platform failed at it %d times: %v", t.failed, t.fault))
				t.row.Said = t.fault.Said
			}
		}
		if err != nil { // nobody knows, so it may not be sent again
			for _, t := range doubtful() {
				t.settle(plan.Unconfirmed, t.fault.Error()+"; and the line items could not be read to find out: "+err.Error())
			}
		}
		return
	}
}

// errUnnamed is the doubt about a create that was answered without an id.
var errUnnamed = errors.New("the platform did not tell the new line item's id")

// findUnnamed finds the ids of line items whose create succeeded without
// telling one.
func (a *applier) findUnnamed(creates []*task) {
	var unnamed []*task
	for _, t := range creates {
		if !t.settled && t.sent && t.fault == nil && t.id == "" {
			t.fault, t.doubt = &Fault{Kind: Doubt, Err: errUnnamed}, true
			unnamed = append(unnamed, t)
		}
	}
	a.findCreated(unnamed)
}

// adopt takes a line item that was not there before as the one t created.
// Of several, the one that looks most like it; the others are told as twins.
func (a *applier) adopt(t *task, live []plan.LineItem) {
	var best *plan.LineItem
	forgets := !slices.ContainsFunc(live, func(li plan.LineItem) bool { return unblank(li.ResourceID) != "" })
	for i := range live {
		li := &live[i]
		if a.seen[li.ID] || !a.appeared(li, t.item, forgets) || a.owned(li.ID) {
			continue
		}
		if best == nil || likeness(li, t.item.Wanted) > likeness(best, t.item.Wanted) {
			best = li
		}
	}
	if best != nil && a.own(t, best.ID) {
		t.fault, t.fresh = nil, true
		t.note = "the answer to its creation was lost; it was found when looked up"
	}
}

// likeness is how much of what a create wanted a line item has.
func likeness(live, wanted *plan.LineItem) int {
	n := 0
	if live.ResourceID == wanted.ResourceID {
		n += 2
	}
	if live.Label == wanted.Label {
		n++
	}
	return n
}

func (a *applier) owned(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.owner[id] != nil
}
