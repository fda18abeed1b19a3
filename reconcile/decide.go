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

// needResults tells which live line items' results Decide wants to see:
// those whose scores a file names, and those that would lose or rescale them.
func needResults(w *Want, live []plan.LineItem, m matching) []string {
	var ids []string
	for i := range w.Items {
		li, j := &w.Items[i], m.live[i]
		if j == unmatched || m.broken[i] || !w.selects(li.Key.Value) {
			continue
		}
		if len(li.Scores) > 0 || li.Tombstone() || maximumChanges(&live[j], li) {
			ids = append(ids, live[j].ID)
		}
	}
	return ids
}

func maximumChanges(live *plan.LineItem, w *spec.LineItem) bool {
	return w.ScoreMaximum.IsSet() && !holdsNumber(live.ScoreMaximum, w.ScoreMaximum.Value)
}

// Options are the user's words that bear on deciding.
type Options struct {
	// Allow lets held changes go: "risk" everywhere, or "risk:key".
	Allow map[string]bool
	// Resend names line item keys whose scores and fields that the platform
	// does not show are sent though nothing differs.
	Resend map[string]bool
}

func (o *Options) allows(r plan.Risk, key string) bool {
	return o.Allow[string(r)] || o.Allow[string(r)+":"+key]
}

// Decide compares what the files want with what was observed. It is pure:
// the same arguments give the same plan.
func Decide(w *Want, o *Observed, caps Capabilities, opts Options) plan.Context {
	return decide(w, o, match(w, o.Items), caps, opts)
}

func decide(w *Want, o *Observed, m matching, caps Capabilities, opts Options) plan.Context {
	d := &decider{want: w, live: o, caps: caps, opts: opts, shown: shownFields(o.Items)}
	d.out = plan.Context{Gradebook: w.Gradebook, Name: w.Context, Platform: w.Platform, Findings: m.findings}
	for i := range w.Items {
		li := &w.Items[i]
		if m.broken[i] || !w.selects(li.Key.Value) {
			continue
		}
		j := m.live[i]
		switch {
		case li.Tombstone() && j == unmatched:
			d.out.Unchanged.LineItems++
		case li.Tombstone():
			d.remove(li, &o.Items[j], m.why[i])
		case j == unmatched:
			d.create(li, m)
		default:
			d.update(li, &o.Items[j], m.why[i])
		}
	}
	d.out.Unmanaged.LineItems = len(o.Items)
	for _, j := range m.live {
		if j != unmatched {
			d.out.Unmanaged.LineItems--
		}
	}
	return d.out
}

type decider struct {
	want  *Want
	live  *Observed
	caps  Capabilities
	opts  Options
	shown map[string]bool
	out   plan.Context
}

func (d *decider) create(li *spec.LineItem, m matching) {
	wanted := overlay(plan.LineItem{}, li)
	it := plan.Item{
		Action: plan.Create, Key: li.Key.Value, Label: wanted.Label, Where: where(li.Pos),
		Wanted: &wanted, Fields: itemFields(plan.LineItem{}, wanted),
	}
	for j := range d.live.Items {
		l := &d.live.Items[j]
		if l.Label == wanted.Label && !slices.Contains(m.live, j) {
			it.Why = fmt.Sprintf("a column of this title is there already: %s", describe(l))
			d.hold(&it, plan.DuplicateLabel)
			break
		}
	}
	for k := range li.Scores {
		if s, ok := d.score(li, &li.Scores[k], wanted.ScoreMaximum, nil, false); ok {
			it.Scores = append(it.Scores, s)
		}
	}
	d.out.Items = append(d.out.Items, it)
}

func (d *decider) update(li *spec.LineItem, live *plan.LineItem, why string) {
	key := li.Key.Value
	wanted := overlay(*live, li)
	fields := itemFields(*live, wanted)
	fields, silent := d.split(fields, d.opts.Resend[key])
	observed := *live
	observed.Extensions = nil
	it := plan.Item{Action: plan.Keep, Key: key, Label: wanted.Label, ID: live.ID, Where: where(li.Pos), Observed: &observed}
	if len(fields) > 0 {
		it.Action, it.Fields, it.Why = plan.Update, fields, why
	} else {
		d.out.Unchanged.LineItems++
		if len(silent) > 0 {
			d.note(li.Pos, key, fmt.Sprintf("the platform shows %s of no line item, so it cannot be compared; --resend %s sends it", strings.Join(silent, ", "), key))
		}
	}
	restate := maximumChanges(live, li) && !d.caps.Rescales
	results := d.live.Results[live.ID]
	for k := range li.Scores {
		var now *plan.Grade
		if g, ok := results[li.Scores[k].UserID.Value]; ok {
			now = &g
		}
		s, ok := d.score(li, &li.Scores[k], wanted.ScoreMaximum, now, restate)
		if !ok {
			d.out.Unchanged.Scores++
			continue
		}
		it.Scores = append(it.Scores, s)
	}
	d.countUnmanaged(results, li)
	if it.Action != plan.Keep || len(it.Scores) > 0 {
		d.out.Items = append(d.out.Items, it)
	}
}

func (d *decider) remove(li *spec.LineItem, live *plan.LineItem, why string) {
	observed := *live
	observed.Extensions = nil
	it := plan.Item{
		Action: plan.Delete, Key: li.Key.Value, Label: live.Label, ID: live.ID,
		Where: where(li.Pos), Why: why, Observed: &observed,
	}
	if results, ok := d.live.Results[live.ID]; ok {
		n := 0
		for _, g := range results {
			if g.ScoreGiven != nil {
				n++
			}
		}
		it.Graded = &n
	}
	d.out.Items = append(d.out.Items, it)
}

// score decides one row; ok is false where there is nothing to send.
func (d *decider) score(li *spec.LineItem, row *spec.Score, maximum float64, now *plan.Grade, restate bool) (plan.Score, bool) {
	s, asks := wantGrade(row, maximum, now)
	key := li.Key.Value
	if row.ScoreGiven.IsSet() && row.ScoreGiven.Value > s.After.ScoreMaximum+epsilon(s.After.ScoreMaximum) {
		d.note(row.ScoreGiven.Pos, key, "a score above its maximum: legal, and some platforms cut it")
	}
	if !asks {
		return s, d.resend(&s, key, now)
	}
	s.Fields = gradeFields(now, s.After)
	if len(s.Fields) > 0 {
		return s, true
	}
	if restate && s.After.ScoreGiven != nil {
		s.Why = "the maximum changes, so the score is stated again"
		return s, true
	}
	return s, d.resend(&s, key, now)
}

// resend turns a row that needs nothing into one that is sent again, where
// the user asked for it. A row without a score and comment of its own sends
// what is there.
func (d *decider) resend(s *plan.Score, key string, now *plan.Grade) bool {
	if !d.opts.Resend[key] {
		return false
	}
	if now != nil && s.After.ScoreGiven == nil && s.Action == plan.Post {
		s.After.ScoreGiven, s.After.ScoreMaximum = now.ScoreGiven, now.ScoreMaximum
		s.After.Comment = now.Comment
	}
	s.Why = "sent again as asked"
	return true
}

// split takes out the fields that may not be a reason for a write because no
// line item of the container shows them. They ride along if there is another
// reason; otherwise their names come back as silent.
func (d *decider) split(fields []plan.Field, resend bool) (send []plan.Field, silent []string) {
	cause := resend
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

func (d *decider) countUnmanaged(results map[string]plan.Grade, li *spec.LineItem) {
	n := 0
	for _, g := range results {
		if g.ScoreGiven != nil {
			n++
		}
	}
	for i := range li.Scores {
		if g, ok := results[li.Scores[i].UserID.Value]; ok && g.ScoreGiven != nil {
			n--
		}
	}
	d.out.Unmanaged.Scores += n
}

func (d *decider) hold(it *plan.Item, r plan.Risk) {
	if !d.opts.allows(r, it.Key) {
		it.Held = append(it.Held, r)
	}
}

func (d *decider) note(at spec.Pos, key, message string) {
	d.out.Notes = append(d.out.Notes, plan.Note{Where: where(at), Key: key, Message: message})
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
