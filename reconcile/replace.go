package reconcile

import (
	"fmt"
	"maps"

	"github.com/gradesync/gradesync/plan"
)

// update reads, merges and replaces, so that everything that no file names
// is given back as it is now. Sending it again does the same: it looks first.
func (a *applier) update(t *task) error {
	live, err := a.p.LineItem(a.ctx, t.id)
	if err != nil {
		return notSent(err, "it could not be read again before the write")
	}
	if _, asked := a.p.(LinkResolver); asked {
		live.ResourceLinkID = t.item.Observed.ResourceLinkID // it may have been asked for, and is shown nowhere
	}
	if f := another(&live, t.item, t.doubt); f != "" {
		t.changed("its " + f + " is another now, so it may be another column,")
		return nil
	}
	wanted := withFields(live, t.item.Fields, after)
	if len(compared(itemFields(live, wanted), t.item.Fields)) == 0 {
		if !onlyRides(t.item.Fields) || t.doubt {
			if !t.doubt {
				t.note = soAlready
			}
			return nil
		}
	} else if diff := compared(itemFields(live, withFields(live, t.item.Fields, before)), t.item.Fields); len(diff) > 0 {
		if !t.doubt { // else it may be our own write, altered: the proof will tell
			t.changed(diff[0].Name + " was changed by someone else")
		}
		return nil
	}
	if changesMaximum(t.item) && t.item.Results != nil && !t.doubt {
		results, err := resultsOf(a.ctx, a.p, a.o.Clock, t.id)
		if err != nil {
			return notSent(err, "its results could not be read again before its maximum changes")
		}
		if !maps.EqualFunc(results, t.item.Results, a.eq.grade) {
			t.changed("its grades were changed by someone else")
			return nil
		}
	}
	var cleared []string
	for _, f := range t.item.Fields {
		if f.After == nil {
			cleared = append(cleared, f.Name)
		}
	}
	t.whole = &wanted
	return a.p.ReplaceLineItem(a.writing(t), wanted, cleared)
}

// another names a field by which a line item shows that it is not the one that
// the plan saw; "" if it is. What the plan itself changes is no sign, and a
// change of ours that is in doubt may have taken the resource link away.
func another(live *plan.LineItem, it *plan.Item, doubt bool) string {
	planned := map[string]bool{}
	for _, f := range it.Fields {
		planned[f.Name] = true
	}
	for _, f := range itemFields(*it.Observed, *live) {
		switch f.Name {
		case "label", "resourceId", "resourceLinkId":
			if !planned[f.Name] && !(doubt && f.Name == "resourceLinkId") {
				return f.Name
			}
		}
	}
	return ""
}

// onlyRides is so of an update that was asked for with --resend alone.
func onlyRides(fields []plan.Field) bool {
	for _, f := range fields {
		if !f.Rides {
			return false
		}
	}
	return true
}

// compared leaves out of a diff what the plan knows not to be shown.
func compared(diff, planned []plan.Field) (out []plan.Field) {
	rides := map[string]bool{}
	for _, f := range planned {
		rides[f.Name] = f.Rides
	}
	for _, f := range diff {
		if !rides[f.Name] {
			out = append(out, f)
		}
	}
	return out
}

// delete looks once more at what it is about to destroy.
func (a *applier) delete(t *task) error {
	live, err := a.p.LineItem(a.ctx, t.id)
	if err != nil && faultOf(err).Kind == Gone {
		return nil
	}
	if err != nil {
		return notSent(err, "it could not be read again before the write")
	}
	if live.Label != t.item.Observed.Label || live.ResourceID != t.item.Observed.ResourceID {
		t.changed("it was changed by someone else")
		return nil
	}
	if t.item.Results != nil {
		results, err := resultsOf(a.ctx, a.p, a.o.Clock, t.id)
		if err != nil {
			return notSent(err, "its results could not be read again before the delete")
		}
		if !maps.EqualFunc(results, t.item.Results, a.eq.grade) {
			t.changed("its grades were changed by someone else")
			return nil
		}
	}
	if err := a.p.DeleteLineItem(a.writing(t), t.id); err != nil && faultOf(err).Kind != Gone {
		return err
	}
	return nil
}

// graded counts the persons who have a score or a comment.
func graded(results map[string]plan.Grade) int {
	n := 0
	for _, g := range results {
		if g.ScoreGiven != nil || unblank(g.Comment) != "" {
			n++
		}
	}
	return n
}

// notSent is the fault of a read that a write depends on.
func notSent(err error, why string) error {
	f := *faultOf(err)
	if f.Kind == Doubt {
		f.Kind = Unreachable // nothing was written
	}
	f.Err = fmt.Errorf("%s: %w", why, err)
	return &f
}
