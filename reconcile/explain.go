package reconcile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// explain tells of each value that opts.Explain names: what the files say, what
// they said, what is there, and which rule follows.
func (d *decider) explain(m matching) {
	for i := range d.want.Items {
		li := &d.want.Items[i]
		if m.broken[i] || !d.want.selects(li.Key.Value) {
			continue
		}
		user, ok := explained(cmp.Or(d.want.Explain, d.opts.Explain), li.Key.Value)
		if !ok {
			continue
		}
		live := &plan.LineItem{}
		if j := m.live[i]; j != unmatched {
			live = &d.live.Items[j]
		} else if was := d.bases.gone(li, d.shared); was != nil && !d.want.Undo {
			d.explainColumn(li, was)
			continue
		}
		a := d.want.asked[li.Key.Value]
		switch {
		case user == "":
			d.explainItem(li, live)
		case a == nil:
			d.explainRow(li, live, user, user, untold{})
		default:
			for _, id := range a.ids {
				d.explainRow(li, live, id, a.said, a.told[id])
			}
		}
	}
}

// explained takes KEY or KEY/USER apart; keys and users may hold slashes.
func explained(word, key string) (user string, ok bool) {
	if word == key && key != "" {
		return "", true
	}
	user, ok = strings.CutPrefix(word, key+"/")
	return user, ok && user != ""
}

// explainColumn tells of a column that is there no more: nothing of it is a
// matter of its fields.
func (d *decider) explainColumn(li, was *spec.LineItem) {
	column := func(li *spec.LineItem) stated {
		return stated{said: true, value: textValue(li.Label.Value), pos: li.Pos}
	}
	s := sides{desired: column(li), live: value{none: true}, at: column(was)}
	s.at.revision = d.want.BaseName
	d.tell(&plan.Explanation{Key: li.Key.Value, Field: "the column"}, s, false)
}

var itemFieldNames = []string{"label", "scoreMaximum", "resourceId", "tag", "resourceLinkId", "startDateTime", "endDateTime", "gradesReleased"}

func (d *decider) explainItem(li *spec.LineItem, live *plan.LineItem) {
	names := slices.Concat(itemFieldNames, sortedNames(li.Extensions))
	for _, name := range names {
		s := d.fieldSides(li, live, name)
		e := plan.Explanation{Key: li.Key.Value, Field: name}
		d.tell(&e, s, optional(name) && !d.shown[name])
	}
}

// explainRow tells of each part of a person's grade. said is what the person was
// called; u is what comes of a row that is not among the line item's rows.
func (d *decider) explainRow(li *spec.LineItem, live *plan.LineItem, user, said string, u untold) {
	row := spec.Score{UserID: spec.Opt[string]{Value: user, State: spec.Set}}
	if u.row != nil {
		row = *u.row
	}
	for k := range li.Scores {
		if li.Scores[k].UserID.Value == user {
			row = li.Scores[k]
			break
		}
	}
	var now *plan.Grade
	if g, there := d.live.Results[live.ID][row.UserID.Value]; there {
		now = &g
	}
	maximum := live.ScoreMaximum
	if li.ScoreMaximum.IsSet() {
		maximum = li.ScoreMaximum.Value
	}
	for _, part := range parts {
		if !d.caps.Letters && (part == "letterGrade" || part == "shareWithStudent") {
			continue
		}
		s := d.partSides(live.ID, live, &row, maximum, now, part)
		e := plan.Explanation{Key: li.Key.Value, UserID: strings.TrimPrefix(user, nobody), Field: part, Rule: u.rule, Words: u.words}
		if e.Person = cmp.Or(called(&row), said); e.Person == e.UserID {
			e.Person = ""
		}
		d.tell(&e, s, part == "comment" && !d.caps.readsComments())
	}
}

// tell adds one explanation. The rule is that of the table, if there is no other
// one already.
func (d *decider) tell(e *plan.Explanation, s sides, hidden bool) {
	if !s.desired.said && s.live.none && !s.hasBase() {
		return // there is nothing to it
	}
	r := judge(s)
	e.Live = s.live.any
	if s.live.none {
		e.Live = nil
	}
	switch {
	case e.Rule != "":
	case !hidden:
		e.Rule, e.Words = string(r), words[r]
	default:
		e.Rule, e.Words = "not shown", "the platform does not show it: it goes with other changes, and where it changed in the files since the base"
	}
	e.Desired, e.Base = stand(s.desired), stand(s.at)
	for _, l := range s.later {
		e.Later = append(e.Later, *stand(l))
	}
	d.out.Explained = append(d.out.Explained, *e)
}

func stand(s stated) *plan.Stand {
	if !s.said {
		return nil
	}
	out := &plan.Stand{Value: s.any, Where: where(s.pos), Revision: s.revision}
	if s.none {
		out.Value = nil
	}
	return out
}

// words are the rules for people.
var words = map[Rule]string{
	Unmanaged: "no file names it, so it is left as it is",
	Released:  "no file names it any more, so it is left as it is",
	Same:      "the LMS shows what the file says, so nothing is sent",
	NoBase:    "it is not known whose the live value is, so the file's is written, within the limits of policy",
	Ours:      "the LMS shows what the files said, so the change is written",
	New:       "nothing is there, and the files asked for nothing before, so it is written",
	Cleared:   "what the files asked for is gone: somebody took it away, and policy.overrides decides",
	Overruled: "the LMS shows what no file said: somebody set it, and policy.overrides decides",
	Conflict:  "somebody set it in the LMS, and the files changed it too: policy.overrides decides",
}

func sortedNames[V any](m map[string]V) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
