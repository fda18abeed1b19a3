package reconcile

import (
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
		user, ok := explained(d.opts.Explain, li.Key.Value)
		if !ok {
			continue
		}
		live := &plan.LineItem{}
		if j := m.live[i]; j != unmatched {
			live = &d.live.Items[j]
		}
		if user == "" {
			d.explainItem(li, live)
		} else {
			d.explainRow(li, live, user)
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

var itemFieldNames = []string{"label", "scoreMaximum", "resourceId", "tag", "resourceLinkId", "startDateTime", "endDateTime", "gradesReleased"}

func (d *decider) explainItem(li *spec.LineItem, live *plan.LineItem) {
	names := slices.Concat(itemFieldNames, sortedNames(li.Extensions))
	for _, name := range names {
		s := d.fieldSides(li, live, name)
		e := plan.Explanation{Key: li.Key.Value, Field: name}
		d.tell(&e, s, optional(name) && !d.shown[name])
	}
}

func (d *decider) explainRow(li *spec.LineItem, live *plan.LineItem, user string) {
	row := spec.Score{UserID: spec.Opt[string]{Value: user, State: spec.Set}}
	for k := range li.Scores {
		if s := &li.Scores[k]; s.UserID.Value == user || strings.EqualFold(s.Email.Value, user) || s.SourcedID.Value == user {
			row = *s
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
		e := plan.Explanation{Key: li.Key.Value, UserID: row.UserID.Value, Person: called(&row), Field: part}
		d.tell(&e, s, part == "comment" && !d.caps.readsComments())
	}
}

// tell adds one explanation.
func (d *decider) tell(e *plan.Explanation, s sides, hidden bool) {
	if !s.desired.said && s.live.none && !s.hasBase() {
		return // there is nothing to it
	}
	r := judge(s)
	e.Live, e.Rule, e.Words = s.live.any, string(r), words[r]
	if s.live.none {
		e.Live = nil
	}
	if hidden {
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
