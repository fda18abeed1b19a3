package reconcile

import (
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// pruned are the live line items that bear the Gradebook's mark and that no
// file names, of another Gradebook neither. A column that belongs to a resource
// link is never pruned: the link made it.
func pruned(w *Want, live []plan.LineItem, m matching) (out []int) {
	mark := w.Policy.Prune
	if mark == nil || w.Selected != nil {
		return nil
	}
	beside := namedBeside(w, live)
	for j := range live {
		li := &live[j]
		marked := mark.Tag.IsSet() && li.Tag == mark.Tag.Value ||
			mark.ResourceIDPrefix.IsSet() && strings.HasPrefix(li.ResourceID, mark.ResourceIDPrefix.Value)
		if _, wanted := m.owner[j]; marked && !wanted && !beside[li.ID] && li.ResourceLinkID == "" {
			out = append(out, j)
		}
	}
	return out
}

func (d *decider) remove(li *spec.LineItem, live *plan.LineItem, why string) {
	it := plan.Item{Key: li.Key.Value, Where: where(li.Pos), Why: why}
	if d.want.Undo && !d.untouched(live) {
		it.Action, it.Label, it.ID, it.Observed = plan.Keep, live.Label, live.ID, live
		it.Kept = []plan.Kept{{Where: it.Where, Field: "the column", Live: live.Label, Base: li.Label.Value}}
		d.out.Items = append(d.out.Items, it)
		return
	}
	d.delete(it, live)
}

// untouched tells whether a column that a run made is still as it made it.
func (d *decider) untouched(live *plan.LineItem) bool {
	base := d.bases.at[live.ID]
	if base == nil || base.item.Tombstone() || len(d.comparable(itemFields(*live, overlay(*live, base.item)))) > 0 {
		return false
	}
	for user, g := range d.live.Results[live.ID] {
		row := base.rows[user]
		if row == nil && (g.ScoreGiven != nil || unblank(g.Comment) != "") {
			return false
		}
		if row != nil {
			if s, _ := d.caps.wantGrade(row, live.ScoreMaximum, &g); !d.eq.grade(g, s.After) && g.ScoreGiven != nil {
				return false
			}
		}
	}
	return true
}

// prune deletes a line item that only the LMS has.
func (d *decider) prune(live *plan.LineItem) {
	key := live.ResourceID
	if key == "" {
		key = live.Label
	}
	if d.keys[key] {
		d.out.Findings = append(d.out.Findings, plan.Finding{
			Where: where(d.want.Policy.Prune.Pos), Key: key,
			Message: "two columns would go by this name, and one word would release both: " + describe(live),
			Hint:    "name one of them in the files with a key of its own, or remove it in the LMS",
		})
		return
	}
	d.keys[key] = true
	d.delete(plan.Item{Key: key, Where: where(d.want.Policy.Prune.Pos), Why: "pruned: it bears the mark, and no file names it"}, live)
}

func (d *decider) delete(it plan.Item, live *plan.LineItem) {
	if d.caps.FixedColumns != "" {
		d.out.Findings = append(d.out.Findings, plan.Finding{Where: it.Where, Key: it.Key, Message: "this platform lets no tool delete a column", Hint: d.caps.FixedColumns})
		return
	}
	it.Action, it.Label, it.ID, it.Observed = plan.Delete, live.Label, live.ID, live
	d.pre(&it)
	d.out.Items = append(d.out.Items, it)
}

// pre adds what is there before grades are destroyed or rescaled.
func (d *decider) pre(it *plan.Item) {
	results, ok := d.live.Results[it.ID]
	if !ok {
		return
	}
	it.Results = results
	if d.caps.IncompleteResults && it.Action == plan.Delete {
		return // somebody's grade may not be shown
	}
	n := graded(results)
	it.Graded = &n
}
