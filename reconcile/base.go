package reconcile

import (
	"fmt"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// verdict is whose value a live one is, and with it what becomes of the
// desired one (design: whose value is it?).
type verdict int

const (
	write    verdict = iota // ours, or nobody's: the desired value goes
	unknown                 // there is no base to tell: it goes, under limits
	override                // set by hand since
	conflict                // set by hand since, and the files changed it too
)

// judge tells whose a live value is that is not the desired one. was is what
// the files said before, and whether they said anything.
func judge(was stated, live, desired value) verdict {
	switch {
	case !was.said:
		return unknown
	case live.none && was.none:
		return write // the files asked for nothing, and nothing is there
	case live.none: // something was asked for, and is gone
		return override
	case was.holds(live):
		return write
	case desired.none || was.holds(desired):
		return override
	default:
		return conflict
	}
}

// value is one side's value of a field or of a grade's points or comment.
type value struct {
	none  bool
	any   any        // as plan.Field holds it
	grade plan.Grade // where the value is points
	same  func(other value) bool
}

// holds tells whether another value is this one, by the one comparator.
func (v value) holds(other value) bool {
	if v.none || other.none {
		return v.none == other.none
	}
	return v.same(other)
}

// stated is a value that may not have been said.
type stated struct {
	said bool
	value
}

// policy of values that were set by hand.
const (
	keepOverrides      = "keep"
	overwriteOverrides = "overwrite"
	failOverrides      = "fail"
)

// overrides is the word that counts: the stricter of the Gradebook's and the
// Platform's, keep where neither has one.
func overrides(w *Want) string {
	strict := map[string]int{overwriteOverrides: 0, keepOverrides: 1, failOverrides: 2}
	word := keepOverrides
	if w.Policy.Overrides.IsSet() {
		word = w.Policy.Overrides.Value
	}
	if f := w.Floor.Overrides; f.IsSet() && strict[f.Value] > strict[word] {
		word = f.Value
	}
	return word
}

// bases is what the files said before of what is live now.
type bases struct {
	items  map[string]*spec.LineItem         // by live id
	scores map[string]map[string]*spec.Score // by live id and person
}

func newBases(w *Want, live []plan.LineItem) bases {
	b := bases{items: map[string]*spec.LineItem{}, scores: map[string]map[string]*spec.Score{}}
	if w.Base == nil {
		return b
	}
	before := *w
	before.Items = w.Base
	m := match(&before, live)
	for i, j := range m.live {
		if j == unmatched {
			continue
		}
		li, id := &before.Items[i], live[j].ID
		b.items[id], b.scores[id] = li, make(map[string]*spec.Score, len(li.Scores))
		for k := range li.Scores {
			b.scores[id][li.Scores[k].UserID.Value] = &li.Scores[k]
		}
	}
	return b
}

// byHand tells what becomes of a value that is not ours: kept (true), or
// written all the same. A finding is added where policy says so.
func (d *decider) byHand(it *plan.Item, k plan.Kept) bool {
	g := &guard{own: d.want.Policy, floor: d.want.Floor, opts: &d.opts}
	floored := d.want.Floor.Allow != nil && allowedBy(d.want.Floor, plan.OverwriteOverride, it.Key) == ""
	if !floored && d.overrides != failOverrides && (d.overrides == overwriteOverrides || g.allowed(plan.OverwriteOverride, it.Key) != "") {
		it.Released = append(it.Released, plan.Release{Risk: plan.OverwriteOverride, By: orPolicy(g.allowed(plan.OverwriteOverride, it.Key))})
		return false
	}
	if !floored && d.overrides != failOverrides {
		k.Release = releasing(plan.OverwriteOverride, it.Key)
	}
	it.Kept = append(it.Kept, k)
	if d.overrides == failOverrides {
		what := "set by hand"
		if k.Conflict {
			what = "set by hand, and changed in the files"
		}
		d.out.Findings = append(d.out.Findings, plan.Finding{
			Where: k.Where, Key: it.Key, Message: fmt.Sprintf("%s was %s, and policy.overrides is fail", k.Field, what),
			Hint: "take the value into the files, or let it be overwritten with policy.overrides",
		})
	}
	return true
}

func orPolicy(by string) string {
	if by == "" {
		return "policy.overrides"
	}
	return by
}

// ownFields takes out of a diff the fields that somebody set by hand.
func (d *decider) ownFields(it *plan.Item, live plan.LineItem, fields []plan.Field) []plan.Field {
	base := d.bases.items[live.ID]
	if base == nil {
		return fields
	}
	said := overlay(live, base)
	var ours []plan.Field
	for _, f := range fields {
		of := func(v any) value {
			return value{none: v == nil, any: v, same: func(other value) bool { return sameValue(f.Name, other.any, v) }}
		}
		was := stated{said: says(base, f.Name), value: of(fieldValue(&said, f.Name))}
		if base.Tombstone() { // there was to be nothing: what is there is somebody's
			was = stated{said: true, value: of(nil)}
		}
		v := judge(was, of(f.Before), of(f.After))
		if v != override && v != conflict || !d.byHand(it, plan.Kept{
			Where: it.Where, Field: f.Name, Live: f.Before, Desired: f.After, Base: was.any, Conflict: v == conflict,
		}) {
			ours = append(ours, f)
		}
	}
	return ours
}

// says tells whether a document names a field of its line item.
func says(li *spec.LineItem, field string) bool {
	switch field {
	case "label":
		return li.Label.Named()
	case "scoreMaximum":
		return li.ScoreMaximum.Named()
	case "resourceId":
		return li.ResourceID.Named()
	case "tag":
		return li.Tag.Named()
	case "resourceLinkId":
		return li.ResourceLinkID.Named()
	case "startDateTime":
		return li.StartDateTime.Named()
	case "endDateTime":
		return li.EndDateTime.Named()
	case "gradesReleased":
		return li.GradesReleased.Named()
	default:
		return li.Extensions[field].Named()
	}
}

// ownRow makes unmanaged what a row wants of a grade that somebody gave by
// hand; hasBase tells whether the files said anything of its score before.
func (d *decider) ownRow(it *plan.Item, row spec.Score, maximum float64, now *plan.Grade) (own spec.Score, hasBase bool) {
	base := d.bases.scores[it.ID][row.UserID.Value]
	if li := d.bases.items[it.ID]; li != nil && li.Tombstone() {
		base = &spec.Score{ // there was to be nothing: what is there is somebody's
			ScoreGiven: spec.Opt[float64]{State: spec.Clear}, Comment: spec.Opt[string]{State: spec.Clear},
		}
	}
	if base == nil {
		return row, false
	}
	var live plan.Grade
	if now != nil {
		live = *now
	}
	wanted, _ := d.caps.wantGrade(&row, maximum, now)
	before, _ := d.caps.wantGrade(base, maximum, now)
	hasBase = row.ScoreGiven.Named() && base.ScoreGiven.Named()
	for _, part := range parts {
		if !saysPart(&row, part) || !saysPart(base, part) || part == "comment" && !d.caps.readsComments() {
			continue
		}
		is, shall, was := d.part(live, part), d.part(wanted.After, part), d.part(before.After, part)
		if shall.holds(is) || part == "scoreGiven" && d.ourDoing(live, before.After) {
			continue
		}
		if d.keeps(it, &row, part, stated{said: true, value: was}, is, shall) {
			release(&row, part)
		}
	}
	return row, hasBase
}

// parts of a row that are somebody's each for itself.
var parts = []string{"scoreGiven", "comment", "letterGrade", "shareWithStudent"}

// saysPart tells whether a row says anything of a part.
func saysPart(row *spec.Score, part string) bool {
	switch part {
	case "scoreGiven":
		return row.ScoreGiven.Named()
	case "comment":
		return row.Comment.Named()
	case "letterGrade":
		return row.LetterGrade.Named()
	default:
		return row.ShareWithStudent.Named()
	}
}

// release makes a part unmanaged.
func release(row *spec.Score, part string) {
	switch part {
	case "scoreGiven":
		row.ScoreGiven, row.ScoreMaximum = spec.Opt[float64]{}, spec.Opt[float64]{}
	case "comment":
		row.Comment = spec.Opt[string]{}
	case "letterGrade":
		row.LetterGrade = spec.Opt[string]{}
	default:
		row.ShareWithStudent = spec.Opt[bool]{}
	}
}

// part is a grade's value of a part.
func (d *decider) part(g plan.Grade, part string) value {
	switch part {
	case "scoreGiven":
		return value{none: g.ScoreGiven == nil, any: number(g.ScoreGiven), same: func(o value) bool { return d.eq.points(o.grade, g) }, grade: g}
	case "comment":
		return textValue(g.Comment)
	case "letterGrade":
		return textValue(g.LetterGrade)
	default:
		if g.ShareWithStudent == nil {
			return value{none: true}
		}
		return value{any: *g.ShareWithStudent, same: func(o value) bool { return o.any == *g.ShareWithStudent }}
	}
}

func textValue(text string) value {
	text = unblank(text)
	return value{none: text == "", any: text, same: func(o value) bool { return o.any == text }}
}

// ourDoing tells whether an undo finds a grade that its run may have made of
// the recorded one by changing the maximum: the same points on another scale,
// or a 0 of none.
func (d *decider) ourDoing(live, recorded plan.Grade) bool {
	if !d.want.Undo || live.ScoreGiven == nil {
		return false
	}
	if recorded.ScoreGiven == nil {
		return *live.ScoreGiven == 0
	}
	return live.ScoreMaximum != recorded.ScoreMaximum && d.eq.number(*live.ScoreGiven, *recorded.ScoreGiven, recorded.ScoreMaximum)
}

func (d *decider) keeps(it *plan.Item, row *spec.Score, field string, was stated, live, desired value) bool {
	v := judge(was, live, desired)
	if v != override && v != conflict {
		return false
	}
	return d.byHand(it, plan.Kept{
		UserID: row.UserID.Value, Where: where(row.Pos), Field: field,
		Live: live.any, Desired: desired.any, Base: was.any, Conflict: v == conflict,
	})
}
