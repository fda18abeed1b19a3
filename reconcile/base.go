package reconcile

import (
	"fmt"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// Revision is what the files said of one context at some time.
type Revision struct {
	Name  string // for people
	Items []spec.LineItem
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

// policy of values that were set by hand.
const (
	keepOverrides      = "keep"
	overwriteOverrides = "overwrite"
	failOverrides      = "fail"
)

// overrides is the word that counts: the command line's (said) or else the
// Gradebook's, or a stricter one of the Platform's; keep where there is none.
func overrides(w *Want, said string) string {
	strict := map[string]int{overwriteOverrides: 0, keepOverrides: 1, failOverrides: 2}
	word := keepOverrides
	if w.Undo {
		return word // what somebody did since a run is never in its way
	}
	if w.Policy.Overrides.IsSet() {
		word = w.Policy.Overrides.Value
	}
	if said != "" {
		word = said
	}
	if f := w.Floor.Overrides; f.IsSet() && strict[f.Value] > strict[word] {
		word = f.Value
	}
	return word
}

// bases is what the files said before of what is live now, by live id: at the
// revision that was asked for, and at each later one.
type bases struct {
	asked bool
	at    map[string]*spoken
	later []map[string]*spoken
	// What was said of line items that are not there, likewise.
	missing      []*spec.LineItem
	missingLater [][]*spec.LineItem
}

// spoken is a line item at one revision, and its rows by person.
type spoken struct {
	revision string
	item     *spec.LineItem
	rows     map[string]*spec.Score
}

func newBases(w *Want, live []plan.LineItem, today matching) bases {
	b := bases{asked: w.Base != nil}
	if !b.asked {
		return b
	}
	b.at, b.missing = spokenOf(w, w.BaseName, w.Base, live, today)
	for i := range w.Later {
		at, missing := spokenOf(w, w.Later[i].Name, w.Later[i].Items, live, today)
		b.later, b.missingLater = append(b.later, at), append(b.missingLater, missing)
	}
	return b
}

// A column whose identity the files changed since is found by what they call it
// today.
func spokenOf(w *Want, revision string, items []spec.LineItem, live []plan.LineItem, today matching) (out map[string]*spoken, missing []*spec.LineItem) {
	before := *w
	before.Items = items
	m := match(&before, live)
	out = make(map[string]*spoken, len(items))
	shared := sharedResourceIDs(w.Items)
	for i, j := range m.live {
		for k := 0; j == unmatched && k < len(w.Items) && !w.Undo; k++ {
			if at := today.live[k]; at != unmatched && !taken(m, at) && sameItem(&w.Items[k], &items[i], shared) {
				j = at
			}
		}
		if j == unmatched {
			missing = append(missing, &items[i])
			continue
		}
		li := &items[i]
		one := &spoken{revision: revision, item: li, rows: make(map[string]*spec.Score, len(li.Scores))}
		for k := range li.Scores {
			one.rows[li.Scores[k].UserID.Value] = &li.Scores[k]
		}
		out[live[j].ID] = one
	}
	return out, missing
}

// taken tells whether a live line item was found by some item's own identity.
func taken(m matching, live int) bool {
	_, is := m.owner[live]
	return is
}

// row is what one revision says of a person; nil: nothing. Where there was to be
// no column, there were to be no grades.
func (s *spoken) row(user string) *spec.Score {
	switch {
	case s == nil:
		return nil
	case s.item.Tombstone():
		return &spec.Score{
			Pos:        s.item.Pos,
			ScoreGiven: spec.Opt[float64]{State: spec.Clear}, Comment: spec.Opt[string]{State: spec.Clear},
		}
	}
	return s.rows[user]
}

// byHand tells what becomes of a value that is not ours: kept (true), or
// written all the same. A finding is added where policy says so. The column is
// the live one, or what is known of the one that is gone.
func (d *decider) byHand(it *plan.Item, column *plan.LineItem, k plan.Kept) bool {
	g := &guard{own: d.want.Policy, floor: d.want.Floor, opts: &d.opts}
	floored := d.want.Floor.Allow != nil && !floorAllows(d.want.Floor, plan.OverwriteOverride, it.Key, column)
	if !floored && d.overrides != failOverrides && (d.overrides == overwriteOverrides || g.allowed(plan.OverwriteOverride, it.Key) != "") {
		it.Released = append(it.Released, plan.Release{Risk: plan.OverwriteOverride, By: d.orPolicy(g.allowed(plan.OverwriteOverride, it.Key))})
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
			Where: k.Where, OfRow: k.UserID != "", Key: it.Key, Message: fmt.Sprintf("%s was %s, and %s fail", k.Field, what, d.failing()),
			Hint: "take the value into the files, or plan with --overrides keep or overwrite, as far as policy lets you",
		})
	}
	return true
}

// failing is what says that overrides are findings.
func (d *decider) failing() string {
	if d.opts.Overrides == failOverrides {
		return "--overrides is"
	}
	return "policy.overrides is"
}

// orPolicy is the word that let an override be written over.
func (d *decider) orPolicy(by string) string {
	switch {
	case by != "":
		return by
	case d.opts.Overrides != "":
		return "--overrides " + d.opts.Overrides
	}
	return "policy.overrides"
}

// ownFields takes out of a diff the fields that somebody set by hand.
func (d *decider) ownFields(it *plan.Item, li *spec.LineItem, live *plan.LineItem, fields []plan.Field) []plan.Field {
	if !d.bases.asked {
		return fields
	}
	var ours []plan.Field
	for _, f := range fields {
		if optional(f.Name) && !d.shown[f.Name] {
			ours = append(ours, f) // nobody can tell what is there
			continue
		}
		s := d.fieldSides(li, live, f.Name)
		r := judge(s)
		if !r.byHand() || !d.byHand(it, live, plan.Kept{
			Where: where(s.desired.pos), Field: f.Name, Live: f.Before, Desired: f.After, Base: s.at.any, Conflict: r == Conflict,
		}) {
			ours = append(ours, f)
		}
	}
	return ours
}

// fieldSides is all that is to be known of one field.
func (d *decider) fieldSides(li *spec.LineItem, live *plan.LineItem, name string) sides {
	of := func(item *plan.LineItem) value {
		v := fieldValue(item, name)
		return value{none: v == nil, any: v, same: func(other value) bool { return sameValue(name, other.any, v) }}
	}
	before := func(one *spoken) stated {
		switch {
		case one == nil:
			return stated{}
		case one.item.Tombstone(): // there was to be nothing: what is there is somebody's
			return stated{said: true, value: value{none: true}, pos: one.item.Pos, revision: one.revision}
		case !says(one.item, name):
			return stated{}
		}
		shown := overlay(*live, one.item)
		return stated{said: true, value: of(&shown), pos: fieldPos(one.item, name), revision: one.revision}
	}
	s := sides{live: of(live), at: before(d.bases.at[live.ID])}
	for _, later := range d.bases.later {
		if st := before(later[live.ID]); st.said {
			s.later = append(s.later, st)
		}
	}
	if says(li, name) {
		wanted := overlay(*live, li)
		s.desired = stated{said: true, value: of(&wanted), pos: fieldPos(li, name)}
	}
	return s
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

// unknownFields tells whether a field that would be overwritten is of unknown
// origin.
func (d *decider) unknownFields(li *spec.LineItem, live *plan.LineItem, fields []plan.Field) bool {
	for _, f := range fields {
		if s := d.fieldSides(li, live, f.Name); f.Before != nil && judge(s) == NoBase {
			return true
		}
	}
	return false
}

// ownRow makes unmanaged what a row wants of a grade that somebody gave by
// hand; noBase tells whether something that it overwrites is of unknown origin.
func (d *decider) ownRow(it *plan.Item, row spec.Score, maximum float64, now *plan.Grade) (own spec.Score, noBase bool) {
	for _, part := range parts {
		if !saysPart(&row, part) || part == "comment" && !d.caps.readsComments() {
			continue
		}
		s := d.partSides(it.ID, it.Observed, &row, maximum, now, part)
		r := judge(s)
		noBase = noBase || r == NoBase
		if !r.byHand() || part == "scoreGiven" && d.ourDoing(s) {
			continue
		}
		if d.byHand(it, it.Observed, plan.Kept{
			UserID: row.UserID.Value, Person: called(&row), Where: where(s.desired.pos), Field: part,
			Live: s.live.any, Desired: s.desired.any, Base: s.at.any, Conflict: r == Conflict,
			LiveMaximum: s.live.grade.ScoreMaximum, DesiredMaximum: s.desired.grade.ScoreMaximum, BaseMaximum: s.at.grade.ScoreMaximum,
			Unsaid: !s.at.said,
		}) {
			release(&row, part)
		}
	}
	return row, noBase
}

// partSides is all that is to be known of one part of a person's grade. maximum
// is the scale of the row's points where it names none.
func (d *decider) partSides(id string, item *plan.LineItem, row *spec.Score, maximum float64, now *plan.Grade, part string) sides {
	var live plan.Grade
	if now != nil {
		live = *now
	}
	user := row.UserID.Value
	before := func(one *spoken) stated {
		was := one.row(user)
		if was == nil || !saysPart(was, part) {
			return stated{}
		}
		scale := item.ScoreMaximum // the points of that time were of that time's maximum
		if one.item.ScoreMaximum.IsSet() {
			scale = one.item.ScoreMaximum.Value
		}
		s, _ := d.caps.wantGrade(was, scale, now)
		return stated{
			said: true, value: d.part(s.After, part), pos: partPos(was, part), revision: one.revision,
			hidden: part == "scoreGiven" && was.GradingProgress.IsSet() && was.GradingProgress.Value != "FullyGraded",
		}
	}
	s := sides{live: d.part(live, part), at: before(d.bases.at[id]), rescaled: d.rescaled(id, maximum)}
	for _, later := range d.bases.later {
		if st := before(later[id]); st.said {
			s.later = append(s.later, st)
		}
	}
	if saysPart(row, part) {
		wanted, _ := d.caps.wantGrade(row, maximum, now)
		s.desired = stated{said: true, value: d.part(wanted.After, part), pos: partPos(row, part)}
	}
	return s
}

// rescaled tells whether the files changed a column's maximum since the base.
func (d *decider) rescaled(id string, maximum float64) bool {
	for _, one := range append([]map[string]*spoken{d.bases.at}, d.bases.later...) {
		if was := one[id]; was != nil && was.item.ScoreMaximum.IsSet() && was.item.ScoreMaximum.Value != maximum {
			return true
		}
	}
	return false
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

// partPos is where a row says a part.
func partPos(row *spec.Score, part string) spec.Pos {
	at := row.ShareWithStudent.Pos
	switch part {
	case "scoreGiven":
		at = row.ScoreGiven.Pos
	case "comment":
		at = row.Comment.Pos
	case "letterGrade":
		at = row.LetterGrade.Pos
	}
	return orPos(at, row.Pos)
}

// fieldPos is where a line item says a field.
func fieldPos(li *spec.LineItem, field string) spec.Pos {
	at := li.Extensions[field].Pos
	switch field {
	case "label":
		at = li.Label.Pos
	case "scoreMaximum":
		at = li.ScoreMaximum.Pos
	case "resourceId":
		at = li.ResourceID.Pos
	case "tag":
		at = li.Tag.Pos
	case "resourceLinkId":
		at = li.ResourceLinkID.Pos
	case "startDateTime":
		at = li.StartDateTime.Pos
	case "endDateTime":
		at = li.EndDateTime.Pos
	case "gradesReleased":
		at = li.GradesReleased.Pos
	}
	return orPos(at, li.Pos)
}

func orPos(at, whole spec.Pos) spec.Pos {
	if at == (spec.Pos{}) {
		return whole
	}
	return at
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

// ourDoing tells whether a grade is what a changed maximum may have made of one
// that the files said: the same points on another scale, or a 0 of none. A run
// that ended early, or an undo of one, finds such grades.
func (d *decider) ourDoing(s sides) bool {
	if s.live.grade.ScoreGiven == nil {
		return false
	}
	points, of := *s.live.grade.ScoreGiven, s.live.grade.ScoreMaximum
	for _, was := range append([]stated{s.at}, s.later...) {
		switch g := was.grade; {
		case !was.said:
		case g.ScoreGiven == nil:
			if points == 0 && (d.want.Undo || s.rescaled) {
				return true
			}
		case of != g.ScoreMaximum && (d.want.Undo || s.rescaled) && d.eq.number(points, *g.ScoreGiven, g.ScoreMaximum):
			return true
		}
	}
	return false
}
