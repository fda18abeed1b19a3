package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// member is a part of a line item that platforms may or may not keep: how it
// is read as text ("" where it is not there) and set to a second value.
type member struct {
	name   string
	get    func(*plan.LineItem) string
	change func(*plan.LineItem)
}

// tried are the members that are tried out. The resourceId is how the line
// item is known, and gradesReleased would show it to students: these two are
// not changed.
var tried = []member{
	{"label", func(li *plan.LineItem) string { return li.Label }, func(li *plan.LineItem) { li.Label = ScratchLabel + " 2" }},
	{"scoreMaximum", func(li *plan.LineItem) string { return decimal(li.ScoreMaximum) }, func(li *plan.LineItem) { li.ScoreMaximum = scratchMaximum / 2 }},
	{"resourceId", func(li *plan.LineItem) string { return li.ResourceID }, nil},
	{"tag", func(li *plan.LineItem) string { return li.Tag }, func(li *plan.LineItem) { li.Tag = scratchTag + "-2" }},
	{"startDateTime", func(li *plan.LineItem) string { return date(li.StartDateTime) }, func(li *plan.LineItem) { li.StartDateTime = li.StartDateTime.Add(time.Hour) }},
	{"endDateTime", func(li *plan.LineItem) string { return date(li.EndDateTime) }, func(li *plan.LineItem) { li.EndDateTime = li.EndDateTime.Add(time.Hour) }},
	{"gradesReleased", func(li *plan.LineItem) string { return flag(li.GradesReleased) }, nil},
	{"extensions", func(li *plan.LineItem) string { return string(bytes.TrimSpace(li.Extensions[extension])) }, func(li *plan.LineItem) {
		li.Extensions[extension] = json.RawMessage(`"two"`)
	}},
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func flag(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "true"
	}
	return "false"
}

// members compares what the create set and what a PUT that changes everything
// leaves.
func (r *run) members(ctx context.Context) error {
	made := r.now
	next := r.made
	next.Extensions = maps.Clone(made.Extensions) // the platform's own go back to it
	if next.Extensions == nil {
		next.Extensions = map[string]json.RawMessage{}
	}
	for _, m := range tried {
		if m.change != nil {
			m.change(&next)
		}
	}
	err := r.put(ctx, next, nil, func(li *plan.LineItem) bool { return li.Label == next.Label })
	if err != nil && !no(ctx, err) {
		return err
	}
	if err != nil {
		r.is("put", "refused", err.Error())
	} else {
		r.is("put", "works")
	}
	for _, m := range tried {
		r.is(m.name, kept(m, &r.made, &made, &next, &r.now, err == nil))
	}
	return nil
}

// keeps tells whether a member was found to be kept.
func (r *run) keeps(member string) bool {
	return slices.Contains(r.found.Facts, Fact{Of: member, Is: "kept"})
}

// kept is what became of a member: after a create that sent one line item and
// made another, and a PUT that sent next and left after, if it was taken.
func kept(m member, sent, made, next, after *plan.LineItem, taken bool) string {
	created, is := m.get(made) == m.get(sent), m.get(after)
	switch {
	case !taken && created, taken && is == m.get(next):
		return "kept"
	case !created:
		return string(reconcile.NotKept)
	case is == "":
		return string(reconcile.LostByPut)
	case is == m.get(made):
		return string(reconcile.KeptFromCreate)
	}
	return string(reconcile.NotKept)
}

// put replaces the line item and reads it until it shows what it shall, or
// until it is clear that it will not.
func (r *run) put(ctx context.Context, item plan.LineItem, cleared []string, shows func(*plan.LineItem) bool) error {
	item.ID = r.id
	err := r.again(ctx, 4, func() error { return r.Platform.ReplaceLineItem(ctx, item, cleared) })
	if err != nil && !no(ctx, err) {
		return err
	}
	_, readErr := r.eventually(ctx, r.patience, func() (bool, error) {
		var err error
		r.now, err = r.Platform.LineItem(ctx, r.id)
		return err == nil && shows(&r.now), err
	})
	r.last = r.Clock.Now() // some platforms stamp grades when their column changes
	if readErr != nil {
		return readErr
	}
	return err
}

// filter asks for the line item by its resourceId.
func (r *run) filter(ctx context.Context) error {
	all, err := r.list(ctx, r.Platform.LineItems)
	if err != nil {
		return err
	}
	if all.Proven {
		r.is("listing", "proven")
	} else {
		r.is("listing", "unproven")
	}
	some, err := r.list(ctx, func(ctx context.Context) (reconcile.Listing, error) {
		return r.Platform.LineItemsOf(ctx, r.made.ResourceID)
	})
	switch {
	case kind(err) == reconcile.Refused:
		r.is("filter", "refused", err.Error())
	case err != nil:
		return err
	case len(all.Items) == 1:
		r.is("filter", "alone")
	case find(some.Items, r.made.ResourceID) == "":
		r.is("filter", "misses")
	case len(some.Items) > 1:
		r.is("filter", "ignored")
	default:
		r.is("filter", "heeded")
	}
	return nil
}

// clearing takes a member away: by leaving it out, and by saying so.
func (r *run) clearing(ctx context.Context) error {
	if r.now.Tag == "" {
		r.is("left-out", "unknown")
		r.is("cleared", "unknown")
		return nil
	}
	none := func(li *plan.LineItem) bool { return li.Tag == "" }
	for _, way := range []struct {
		of      string
		cleared []string
	}{{"left-out", nil}, {"cleared", []string{"tag"}}} {
		item := r.now
		if item.Tag == "" { // gone already: set it again
			item.Tag = scratchTag
			if err := r.put(ctx, item, nil, func(li *plan.LineItem) bool { return li.Tag == scratchTag }); err != nil && !no(ctx, err) {
				return err
			}
			item = r.now
		}
		item.Tag = ""
		err := r.put(ctx, item, way.cleared, none)
		switch {
		case err != nil && !no(ctx, err):
			return err
		case err != nil:
			r.is(way.of, "refused", err.Error())
		case r.now.Tag == "":
			r.is(way.of, "goes")
		default:
			r.is(way.of, "stays")
		}
	}
	return nil
}

// labels tries the longest label that AGS allows, and one less. Other long
// members are never tried: there are platforms that make a column of them that
// nobody can see or remove.
func (r *run) labels(ctx context.Context) error {
	if !r.keeps("label") {
		return nil
	}
	for _, n := range []int{256, 255} {
		item := r.now
		item.Label = ScratchLabel + strings.Repeat("x", n-len(ScratchLabel))
		err := r.put(ctx, item, nil, func(li *plan.LineItem) bool { return li.Label == item.Label })
		got := utf8.RuneCountInString(r.now.Label)
		switch {
		case err != nil && !no(ctx, err):
			return err
		case r.now.Label == item.Label && n == 256:
			r.is("long-label", "kept")
			return nil
		case r.now.Label == item.Label:
			r.is("long-label", "bounded", strconv.Itoa(n))
			return nil
		case err == nil && strings.HasPrefix(item.Label, r.now.Label) && got > len(ScratchLabel)+10:
			r.is("long-label", "cut", strconv.Itoa(got))
			return nil
		case err == nil:
			r.is("long-label", "replaced")
			return nil
		}
	}
	r.is("long-label", "refused")
	return nil
}

// fraction tries a maximum that is no whole number.
func (r *run) fraction(ctx context.Context) error {
	if !r.keeps("scoreMaximum") {
		return nil
	}
	item := r.now
	item.ScoreMaximum = 12.5
	err := r.put(ctx, item, nil, func(li *plan.LineItem) bool { return li.ScoreMaximum == 12.5 })
	switch {
	case err != nil && !no(ctx, err):
		return err
	case r.now.ScoreMaximum == 12.5:
		r.is("fraction", "kept")
	case err != nil:
		r.is("fraction", "refused")
	default:
		r.is("fraction", "changed", decimal(r.now.ScoreMaximum))
	}
	item.Label, item.ScoreMaximum = ScratchLabel, scratchMaximum
	if err := r.put(ctx, item, nil, func(li *plan.LineItem) bool { return li.ScoreMaximum == scratchMaximum }); err != nil && !no(ctx, err) {
		return err
	}
	return nil
}

// find is the id of the line item with a resourceId.
func find(items []plan.LineItem, resourceID string) string {
	for i := range items {
		if items[i].ResourceID == resourceID {
			return items[i].ID
		}
	}
	return ""
}
