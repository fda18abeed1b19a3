package reconcile

import (
	"context"
	"slices"

	"github.com/gradesync/gradesync/plan"
)

// NeedsListing tells whether HoldAgain has to know what is live: for the share of
// the columns that is deleted, and for what a Platform's policy lets nobody
// allow.
func NeedsListing(c *plan.Context, w *Want) bool {
	return slices.ContainsFunc(c.Items, func(it plan.Item) bool {
		return it.Action == plan.Delete || it.Action == plan.Create && w.Floor.Allow != nil
	})
}

// Relist reads the line items as planning does, for a plan that was made before.
// Errors are Faults.
func Relist(ctx context.Context, p Platform, clock Clock, c *plan.Context, w *Want) (*Listing, error) {
	var ids []string
	for i := range c.Items {
		if it := &c.Items[i]; it.Action == plan.Create && it.Wanted.ResourceID != "" {
			ids = append(ids, it.Wanted.ResourceID)
		}
	}
	l, err := list(ctx, p, clock, ids)
	if r, asks := p.(LinkResolver); asks && err == nil {
		err = resolveLinks(ctx, r, clock, w, &l)
	}
	return &l, err
}

// factsAgain is what the guard needs beside the plan, from what is live and from
// the files of today. What only the listing tells of risks, the plan holds or
// somebody released; a Platform's policy that names what may be allowed has it
// looked at anew.
func factsAgain(c *plan.Context, w *Want, live *Listing) facts {
	f := facts{proven: true}
	if live == nil {
		return f
	}
	// Its columns are those that the files name and that are there, and those
	// that it deletes, as an earlier apply of it may have done.
	m := match(w, live.Items)
	ids, named := map[string]bool{}, map[string]bool{}
	for j := range m.owner {
		ids[live.Items[j].ID], named[live.Items[j].ID] = true, true
	}
	for i := range c.Items {
		named[c.Items[i].ID] = true
		if c.Items[i].Action == plan.Delete {
			ids[c.Items[i].ID] = true
		}
	}
	f.matched = len(ids)
	if w.Floor.Allow == nil {
		return f
	}
	f.proven, f.unsure, f.beside = live.Proven, live.Unsure, map[int]string{}
	for i := range c.Items {
		it := &c.Items[i]
		for j := range live.Items {
			li := &live.Items[j]
			if it.Action == plan.Create && li.Label == it.Wanted.Label && !named[li.ID] && slices.Contains(c.Seen, li.ID) {
				f.beside[i] = describe(li) // what was not seen and appeared makes it stale
				break
			}
		}
	}
	return f
}
