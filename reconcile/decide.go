package reconcile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// Observed is what a platform showed of one context.
type Observed struct {
	Listing
	// Results by line item id and person, of those line items only that
	// needResults asked for.
	Results map[string]map[string]plan.Grade
}

// needResults tells which live line items' results Decide wants to see: those
// whose scores a file names (must), and those that would lose or rescale them
// (may: if they cannot be read, that is a risk and no failure).
func needResults(w *Want, live []plan.LineItem, m matching) (must, may []string) {
	for i := range w.Items {
		li, j := &w.Items[i], m.live[i]
		if j == unmatched || m.broken[i] || !w.selects(li.Key.Value) {
			continue
		}
		switch {
		case len(li.Scores) > 0:
			must = append(must, live[j].ID)
		case li.Tombstone() || maximumChanges(&live[j], li) || w.explains(li.Key.Value):
			may = append(may, live[j].ID)
		}
	}
	for _, j := range pruned(w, live, m) {
		may = append(may, live[j].ID)
	}
	return must, may
}

func maximumChanges(live *plan.LineItem, w *spec.LineItem) bool {
	return w.ScoreMaximum.IsSet() && !(equality{}).number(live.ScoreMaximum, w.ScoreMaximum.Value, w.ScoreMaximum.Value)
}

// Options are the user's words that bear on deciding.
type Options struct {
	// Allow lets held changes go: "risk" everywhere, or "risk:key".
	Allow map[string]bool
	// Resend names line item keys whose scores and fields that the platform
	// does not show are sent though nothing differs.
	Resend map[string]bool
	// Overrides takes the place of the Gradebook's policy.overrides; "" does not.
	Overrides string
	// Explain names what Context.Explained shall tell of: a line item's key, or
	// a key and a person, as in hw1/bo@example.edu.
	Explain string
	// Exempt are limits that do not count for an undo.
	Exempt map[plan.Risk]bool
}

// Decide compares what the files want with what was observed. It is pure:
// the same arguments give the same plan.
func Decide(w *Want, o *Observed, caps Capabilities, opts Options) plan.Context {
	return decide(w, o, match(w, o.Items), caps, opts)
}

func decide(w *Want, o *Observed, m matching, caps Capabilities, opts Options) plan.Context {
	d := &decider{want: w, live: o, caps: caps, eq: caps.equality(), opts: opts, shown: shownFields(o.Items), beside: map[int]string{}, titles: map[string]string{}, bases: newBases(w, o.Items, m), overrides: overrides(w, opts.Overrides), shared: sharedResourceIDs(w.Items)}
	least := map[string]string{}
	for j := range o.Items {
		if _, wanted := m.owner[j]; !wanted {
			// The one with the least id, whatever order the platform lists in.
			if other, there := least[o.Items[j].Label]; !there || o.Items[j].ID < other {
				least[o.Items[j].Label] = o.Items[j].ID
				d.titles[o.Items[j].Label] = describe(&o.Items[j])
			}
		}
	}
	d.out = plan.Context{Gradebook: w.Gradebook, Name: w.Context, Platform: w.Platform, Place: w.Place, Undo: w.Undo, Base: w.BaseName, CommentsUnseen: !caps.readsComments(), Findings: m.findings, Notes: slices.Concat(w.Notes, m.notes)}
	d.keys = make(map[string]bool, len(w.Items))
	for i := range w.Items {
		d.keys[w.Items[i].Key.Value] = true
	}
	for i := range w.Items {
		li := &w.Items[i]
		if m.broken[i] || !w.selects(li.Key.Value) {
			continue
		}
		j := m.live[i]
		switch {
		case li.Tombstone() && j == unmatched:
			d.out.Unchanged.LineItems++
			if live, ok := d.titles[li.Label.Value]; ok && li.Label.IsSet() && d.caps.FixedColumns != "" {
				d.find(li.Pos, li.Key.Value, "this platform lets no tool delete a column: "+live, d.caps.FixedColumns)
			} else if ok && li.Label.IsSet() {
				d.note(li.Pos, li.Key.Value, "not deleted: a column of this title is there, and it is another one: "+live)
			}
		case li.Tombstone():
			d.remove(li, &o.Items[j], m.why[i])
		case j == unmatched:
			d.create(li)
		default:
			d.update(li, &o.Items[j], m.why[i])
		}
	}
	gone := pruned(w, o.Items, m)
	for _, j := range gone {
		d.prune(&o.Items[j])
	}
	matched := len(gone) + len(m.owner)
	d.out.Unmanaged.LineItems = len(o.Items) - len(gone) - len(m.named)
	beside := namedBeside(w, o.Items)
	for j := range o.Items {
		if beside[o.Items[j].ID] && !m.named[j] {
			d.out.Unmanaged.LineItems-- // pruned leaves it out, too
		}
	}
	d.countReleased(m)
	for j := range o.Items {
		d.out.Seen = append(d.out.Seen, o.Items[j].ID)
	}
	g := &guard{own: w.Policy, floor: w.Floor, opts: &opts, caps: caps, c: &d.out, lost: w.Lost, unrecorded: w.Unrecorded}
	g.keepBack(facts{proven: o.Proven, unsure: o.Unsure, matched: matched, beside: d.beside})
	measure(&d.out, passMark(w))
	d.explain(m)
	return d.out
}

// passMark is the share that passes, or -1. The Gradebook knows its course
// better than the institution.
func passMark(w *Want) float64 {
	for _, p := range []*spec.Policy{w.Policy, w.Floor} {
		if p.PassMark.IsSet() {
			s, _ := spec.Share(p.PassMark.Value) // spec has checked it
			return s
		}
	}
	return -1
}

type decider struct {
	want      *Want
	live      *Observed
	caps      Capabilities
	eq        equality
	opts      Options
	shown     map[string]bool
	out       plan.Context
	bases     bases
	keys      map[string]bool   // of the files' line items
	shared    map[string]bool   // resourceIds that two wanted line items have
	overrides string            // what policy says of values that were set by hand
	titles    map[string]string // by label: a live line item that no file names
	// beside is, by index of out.Items, the live line item of the same label
	// as one that is to be created.
	beside map[int]string
}

func (d *decider) create(li *spec.LineItem) {
	if d.caps.FixedColumns != "" {
		if li.ResourceLinkID.IsSet() {
			d.find(li.ResourceLinkID.Pos, li.Key.Value, fmt.Sprintf("no column of this course has the resourceLinkId %q, and this platform lets no tool make a column", li.ResourceLinkID.Value),
				"correct it (it is the launch's resource_link_id), or remove it: without one the column is matched by its label")
			return
		}
		d.find(li.Pos, li.Key.Value, fmt.Sprintf("no column of this course has the label %q, and this platform lets no tool make a column", li.Label.Value), d.caps.FixedColumns)
		return
	}
	released, kept := d.deletedByHand(li)
	if kept {
		return
	}
	wanted := overlay(plan.LineItem{}, li)
	it := plan.Item{
		Released: released,
		Action:   plan.Create, Key: li.Key.Value, Label: wanted.Label, Where: where(li.Pos), ByTag: d.shared[wanted.ResourceID],
		Wanted: &wanted, Fields: d.holdable(li, nil, itemFields(plan.LineItem{}, wanted)),
	}
	d.bounds(li, &wanted, it.Fields)
	if d.want.Undo {
		d.note(li.Pos, it.Key, "a deleted column comes back as a new one: its id, its attempts and its comments' history cannot")
	}
	if live, ok := d.titles[wanted.Label]; ok {
		d.beside[len(d.out.Items)] = live
	}
	for k := range li.Scores {
		if s, ok := d.score(li, "", &li.Scores[k], wanted.ScoreMaximum, nil, false); ok {
			it.Scores = append(it.Scores, s)
		}
	}
	d.out.Items = append(d.out.Items, it)
}

func (d *decider) update(li *spec.LineItem, live *plan.LineItem, why string) {
	key := li.Key.Value
	it := plan.Item{Action: plan.Keep, Key: key, ID: live.ID, Observed: live}
	fields := d.ownFields(&it, li, live, itemFields(*live, overlay(*live, li)))
	fields = d.holdable(li, live, fields)
	if base := d.bases.at[live.ID]; d.want.Undo && base != nil && base.item.ResourceID.IsSet() && !li.ResourceID.IsSet() {
		d.note(li.Pos, key, "its resourceId stays: a document cannot take it away")
	}
	wanted := withFields(*live, fields, after)
	it.Label = wanted.Label
	// An undo names only what its run touched, so all of it counts.
	fields, silent := d.split(fields, d.opts.Resend[key] || d.want.Undo || d.saysOther(li, live, fields))
	d.bounds(li, &wanted, fields)
	if len(fields) > 0 {
		it.Action, it.Fields, it.Why, it.NoBase = plan.Update, fields, why, d.unknownFields(li, live, fields)
		d.forecast(li, live, fields)
		if changesMaximum(&it) {
			d.pre(&it)
		}
	} else {
		d.out.Unchanged.LineItems++
		if len(silent) > 0 {
			d.note(li.Pos, key, fmt.Sprintf("the platform shows %s of no line item, so it cannot be compared; --resend %s sends it", strings.Join(silent, ", "), key))
		}
	}
	restate := changesMaximum(&it) && !d.caps.Rescales
	scale := wanted.ScoreMaximum
	if li.ScoreMaximum.IsSet() {
		scale = li.ScoreMaximum.Value // what the files' points are of, whatever the platform, or somebody, makes of the column
	}
	results := d.live.Results[live.ID]
	for k := range li.Scores {
		g, visible := results[li.Scores[k].UserID.Value]
		if !restate && !d.opts.Resend[key] && d.settled(&li.Scores[k], scale, g) && d.quiet(live.ID, &li.Scores[k]) {
			d.out.Unchanged.Scores++ // most rows of most runs: nothing is built for them
			continue
		}
		var now *plan.Grade
		if visible {
			seen := g
			now = &seen
		}
		kept := len(it.Kept)
		row, noBase := d.ownRow(&it, li.Scores[k], scale, now)
		s, ok := d.score(li, live.ID, &row, scale, now, restate)
		s.NoBase = noBase
		switch {
		case ok && s.Resend && len(it.Kept) > kept && s.After.ScoreGiven == nil:
			// What there was is kept away; there is nothing to say of nothing.
		case ok:
			it.Scores = append(it.Scores, s)
		case len(it.Kept) == kept:
			d.out.Unchanged.Scores++
		}
	}
	d.countUnmanaged(results, li)
	if it.Action != plan.Keep || len(it.Scores)+len(it.Kept) > 0 {
		it.Where = where(li.Pos)
		d.out.Items = append(d.out.Items, it)
	}
}

// comparable leaves out what a platform is known not to keep, or does not show.
func (d *decider) comparable(fields []plan.Field) (out []plan.Field) {
	for _, f := range fields {
		keeping := d.caps.keeping(f.Name)
		if keeping != NotKept && keeping != LostByPut && (!optional(f.Name) || d.shown[f.Name]) {
			out = append(out, f)
		}
	}
	return out
}

// split takes out the fields that may not be a reason for a write because no
// line item of the container shows them. They ride along if there is another
// reason; otherwise their names come back as silent.
func (d *decider) split(fields []plan.Field, resend bool) (send []plan.Field, silent []string) {
	cause := resend && len(fields) > 0
	for i := range fields {
		fields[i].Rides = optional(fields[i].Name) && !d.shown[fields[i].Name]
		cause = cause || !fields[i].Rides
	}
	if cause {
		return fields, nil
	}
	for _, f := range fields {
		silent = append(silent, f.Name)
	}
	return nil, silent
}

func (d *decider) note(at spec.Pos, key, message string) {
	d.out.Notes = append(d.out.Notes, plan.Note{Where: where(at), Key: key, Message: message})
}

// noteRow notes what is of one person's row.
func (d *decider) noteRow(at spec.Pos, key, message string) {
	d.out.Notes = append(d.out.Notes, plan.Note{Where: where(at), Key: key, Message: message, OfRow: true})
}

// optional tells whether a platform may keep a member without showing it, or
// not keep it at all: dates, gradesReleased and extensions (AGS 2.0 makes
// them wishes).
func optional(field string) bool {
	switch field {
	case "label", "scoreMaximum", "resourceId", "tag", "resourceLinkId":
		return false
	}
	return true
}

// shownFields are the optional members that at least one line item shows.
func shownFields(items []plan.LineItem) map[string]bool {
	shown := map[string]bool{}
	for i := range items {
		li := &items[i]
		shown["startDateTime"] = shown["startDateTime"] || !li.StartDateTime.IsZero()
		shown["endDateTime"] = shown["endDateTime"] || !li.EndDateTime.IsZero()
		shown["gradesReleased"] = shown["gradesReleased"] || li.GradesReleased != nil
		for k := range li.Extensions {
			shown[k] = true
		}
	}
	return shown
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
