package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// list is every line item, each once. Of a listing that is not proven, the
// line items with these resourceIds are asked for one by one.
func list(ctx context.Context, p Platform, clock Clock, resourceIDs []string) (Listing, error) {
	all, err := Again(ctx, clock, func(ctx context.Context) (Listing, error) { return p.LineItems(ctx) })
	if err != nil {
		return Listing{}, err
	}
	out := Listing{Proven: all.Proven, Unsure: map[string]bool{}, Items: make([]plan.LineItem, 0, len(all.Items))}
	place := make(map[string]int, len(all.Items))
	if err := out.add(all.Items, place); err != nil || all.Proven {
		return out.sorted(), err
	}
	for _, id := range resourceIDs {
		some, err := Again(ctx, clock, func(ctx context.Context) (Listing, error) { return p.LineItemsOf(ctx, id) })
		if err != nil {
			return Listing{}, err
		}
		if err := out.add(some.Items, place); err != nil {
			return Listing{}, err
		}
		out.Unsure[id] = !some.Proven && !answers(some.Items, id)
	}
	return out.sorted(), nil
}

// sorted puts the line items in an order of ours: platforms list them in
// another one each time, and plans shall be the same.
func (l Listing) sorted() Listing {
	slices.SortFunc(l.Items, func(a, b plan.LineItem) int { return strings.Compare(a.ID, b.ID) })
	return l
}

// resolveLinks asks for the line items of resource links that no line item of
// the listing says it belongs to. The listing's own line item counts, found by
// its id: an answer that contradicts the listing may be about another course, and
// grades would go there.
func resolveLinks(ctx context.Context, p LinkResolver, clock Clock, w *Want, l *Listing) error {
	known, place := map[string]bool{}, map[string]int{}
	for i := range l.Items {
		known[l.Items[i].ResourceLinkID], place[l.Items[i].ID] = true, i
	}
	for i := range w.Items {
		link := w.Items[i].ResourceLinkID
		if !link.IsSet() || known[link.Value] || w.Items[i].ID.IsSet() {
			continue
		}
		known[link.Value] = true
		li, err := Again(ctx, clock, func(ctx context.Context) (plan.LineItem, error) { return p.LineItemOfLink(ctx, link.Value) })
		if err != nil && faultOf(err).Kind == Gone {
			continue // deciding will find that nothing is there
		}
		if err != nil {
			return err
		}
		at, there := place[li.ID]
		switch {
		case ofAnotherLink(&li, link.Value):
			return misled(link.Value, &li, fmt.Sprintf("says that it is of %q", li.ResourceLinkID))
		case !there && l.Proven:
			return misled(link.Value, &li, "is not among the line items of this course")
		case !there:
			place[li.ID] = len(l.Items)
			li.ResourceLinkID = link.Value
			l.Items = append(l.Items, li)
		case ofAnotherLink(&l.Items[at], link.Value):
			return misled(link.Value, &li, fmt.Sprintf("is listed as that of %q", l.Items[at].ResourceLinkID))
		default:
			l.Items[at].ResourceLinkID = link.Value
		}
	}
	return nil
}

// ofAnotherLink tells whether a line item says that it belongs to another resource link.
func ofAnotherLink(li *plan.LineItem, link string) bool {
	return li.ResourceLinkID != "" && li.ResourceLinkID != link
}

// misled is the fault of a line item that cannot be taken for a resource link's.
func misled(link string, li *plan.LineItem, why string) error {
	return &Fault{
		Kind: Refused, Hint: "check the resourceLinkId in the file and plan again; if it stays so, tell whoever runs the LMS",
		Err: fmt.Errorf("asked for the line item of the resource link %s, the platform gave one that %s: %s", link, why, describe(li)),
	}
}

// answers tells whether a platform heeded the resourceId that it was asked
// for. One that did not has proved nothing.
func answers(items []plan.LineItem, resourceID string) bool {
	for i := range items {
		if items[i].ResourceID != resourceID {
			return false
		}
	}
	return true
}

// add takes line items in once: pages that shift while they are read show
// some twice. Two different ones of one id cannot be told apart, and a write
// to one would be a write to the other.
func (l *Listing) add(items []plan.LineItem, place map[string]int) error {
	for i := range items {
		li := &items[i]
		k, twice := place[li.ID]
		if !twice {
			place[li.ID] = len(l.Items)
			l.Items = append(l.Items, *li)
			continue
		}
		if !identical(&l.Items[k], li) {
			return &Fault{
				Kind: Refused, Hint: "plan again; if it stays so, tell whoever runs the LMS",
				Err: fmt.Errorf("the line items show two different ones of the same id: %s; and %s", describe(&l.Items[k]), describe(li)),
			}
		}
	}
	return nil
}
