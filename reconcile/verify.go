package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// verify reads back what was written and settles every task. What still
// shows its old value is read again until Settle is over; a third value is
// final at once.
func (a *applier) verify() {
	defer a.o.Times.In(ReadingBack)()
	end := a.o.Clock.Now().Add(a.o.Settle)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		open := a.open()
		if len(open) == 0 {
			return
		}
		a.readBack(open)
		left := end.Sub(a.o.Clock.Now())
		if open = a.open(); len(open) == 0 || left <= 0 || a.o.Clock.Sleep(a.stop, min(wait, left)) != nil {
			a.giveUp(open)
			return
		}
	}
}

// open is the tasks without an outcome. A task that was never sent gets one
// here: the user stopped before its turn.
func (a *applier) open() (out []*task) {
	for _, t := range a.tasks {
		switch {
		case t.settled:
		case t.sent:
			out = append(out, t)
		case t.fault != nil:
			t.notAttempted(plan.CauseFailed, t.fault.Error())
		default:
			t.notAttempted(plan.CauseInterrupted, "interrupted")
		}
	}
	return out
}

// giveUp settles what did not show in time.
func (a *applier) giveUp(open []*task) {
	for _, t := range open {
		why := t.interim
		if t.doubt && t.fault != nil {
			why = fmt.Sprintf("there was no clear answer (%v), and %s", t.fault, why)
			t.row.Said = t.fault.Said
		}
		t.settle(plan.Unconfirmed, why)
	}
}

// readBack looks once at everything that is open: one listing, and the
// results of each line item once. What cannot be read stays open.
func (a *applier) readBack(open []*task) {
	byItem := map[string][]*task{}
	var ids []string
	var items []*task
	for _, t := range open {
		switch {
		case t.score == nil:
			items = append(items, t)
		case byItem[t.id] == nil:
			ids = append(ids, t.id)
			fallthrough
		default:
			byItem[t.id] = append(byItem[t.id], t)
		}
	}
	if len(items) > 0 {
		a.readBackItems(items)
	}
	eachResults(a.ctx, a.p, ids, a.reading(), func(id string, grades map[string]plan.Grade, err error) {
		for _, t := range byItem[id] {
			if err != nil {
				t.interim = "the results could not be read back: " + err.Error()
				continue
			}
			a.proveScore(t, grades[t.score.UserID])
		}
	})
}

func (a *applier) readBackItems(open []*task) {
	listing, err := a.list()
	if err != nil {
		for _, t := range open {
			t.interim = "the line items could not be read back: " + err.Error()
		}
		return
	}
	live := make(map[string]*plan.LineItem, len(listing.Items))
	for i := range listing.Items {
		live[listing.Items[i].ID] = &listing.Items[i]
	}
	for _, t := range open {
		if t.item.Action == plan.Create && t.id == "" {
			a.adopt(t, listing.Items)
		}
		if t.item.Action == plan.Delete {
			a.proveDelete(t, live[t.id], listing.Proven)
			continue
		}
		a.proveItem(t, live[t.id])
	}
	a.tellTwins(open, listing.Items)
}

// proveDelete: a listing that is not proven does not prove that something is
// not there.
func (a *applier) proveDelete(t *task, live *plan.LineItem, proven bool) {
	t.interim = "it is still there"
	if live == nil && !proven {
		_, err := a.p.LineItem(a.ctx, t.id)
		if err == nil {
			return
		}
		if faultOf(err).Kind != Gone {
			t.interim = "it could not be read back: " + err.Error()
			return
		}
	}
	if live == nil {
		t.settle(plan.Confirmed, t.note)
	}
}

// proveItem compares a line item with what was planned; live is nil where
// the listing does not have it.
func (a *applier) proveItem(t *task, live *plan.LineItem) {
	if live == nil {
		t.interim = "the line item is not in the listing"
		return
	}
	diff := itemFields(*live, withFields(*live, t.item.Fields, after))
	if len(diff) == 0 {
		if beside := a.lostBeside(t, live); len(beside) > 0 {
			t.settle(plan.Altered, "the change was made, and the platform took something else with it")
			t.row.Fields = beside
			return
		}
		t.settle(plan.Confirmed, t.note)
		return
	}
	planned := map[string]plan.Field{}
	for _, f := range t.item.Fields {
		planned[f.Name] = f
	}
	var altered, unseen []plan.Field
	for _, f := range diff {
		now, want := f.Before, f.After
		switch {
		case optional(f.Name) && now == nil:
			unseen = append(unseen, plan.Field{Name: f.Name, Before: want})
		case t.item.Action == plan.Update && sameValue(f.Name, now, planned[f.Name].Before):
			// still as it was: it may show later
		default:
			altered = append(altered, plan.Field{Name: f.Name, Before: want, After: now})
		}
	}
	t.interim = "it still reads back as before"
	switch {
	case len(altered) > 0:
		t.settle(plan.Altered, "the platform stored something else")
		t.row.Fields = altered
	case len(unseen) == len(diff):
		t.interim = "the platform does not show " + names(unseen)
	}
}

// lostBeside is what a PUT gave back as it was and the platform no longer
// shows as such, though no plan asked for it. What it is known to lose was
// forecast.
func (a *applier) lostBeside(t *task, live *plan.LineItem) (lost []plan.Field) {
	if t.whole == nil {
		return nil
	}
	for _, f := range itemFields(*live, *t.whole) {
		keeping := a.caps.keeping(f.Name)
		gone := !optional(f.Name) || f.Before == nil // else the platform counts something there
		if keeping == "" && gone {
			lost = append(lost, plan.Field{Name: f.Name, Before: f.After, After: f.Before})
		}
	}
	return lost
}

func names(fields []plan.Field) string {
	s := ""
	for i, f := range fields {
		if i > 0 {
			s += ", "
		}
		s += f.Name
	}
	return s
}

// sameValue compares two values of one field with the one comparator.
func sameValue(field string, a, b any) bool {
	of := func(v any) plan.LineItem {
		return withFields(plan.LineItem{}, []plan.Field{{Name: field, After: v}}, after)
	}
	return len(itemFields(of(a), of(b))) == 0
}

// tellTwins finds line items that came into being beside ours.
func (a *applier) tellTwins(created []*task, live []plan.LineItem) {
	strangers := map[string][]*plan.LineItem{} // by what isWanted looks at first
	name := func(resourceID, label string) string {
		if resourceID != "" {
			return "r" + resourceID
		}
		return "l" + label
	}
	for i := range live {
		if li := &live[i]; !a.seen[li.ID] && !a.owned(li.ID) {
			n := name(unblank(li.ResourceID), li.Label)
			strangers[n] = append(strangers[n], li)
		}
	}
	if len(strangers) == 0 {
		return
	}
	for _, t := range created {
		if t.item.Action != plan.Create || t.row.Outcome != plan.Confirmed {
			continue
		}
		for _, li := range strangers[name(t.item.Wanted.ResourceID, t.item.Wanted.Label)] {
			if isWanted(li, t.item) {
				t.settle(plan.Altered, "a second line item of the same identity appeared while it was created: "+describe(li))
			}
		}
	}
}

// proveScore compares a result with what was sent; no result is the zero
// Grade.
func (a *applier) proveScore(t *task, live plan.Grade) {
	var was plan.Grade
	if t.score.Before != nil {
		was = *t.score.Before
	}
	comment := unblank(live.Comment)
	switch {
	case a.holds(t, live):
		if t.score.Action == plan.Erase && t.score.KeepsComment && comment == "" && unblank(was.Comment) != "" {
			t.note = "its comment went with it"
		}
		t.settle(plan.Confirmed, t.note)
	case a.eq.points(live, t.grade) && (comment == "" || comment == unblank(was.Comment)) && a.sameLetter(t, live):
		t.interim = "the platform does not show the comment"
	case a.eq.grade(live, was), t.home != nil && a.asObserved(live, t.score.Before, t.home):
		t.interim = "it still reads back as before"
	default:
		t.settle(plan.Altered, "the platform stored something else")
		for _, f := range a.eq.gradeFields(&live, a.shall(t, live)) {
			t.row.Fields = append(t.row.Fields, plan.Field{Name: f.Name, Before: f.After, After: f.Before})
		}
	}
}

func (a *applier) sameLetter(t *task, live plan.Grade) bool {
	shall := a.shall(t, live)
	return live.LetterGrade == shall.LetterGrade && sameFlag(live.ShareWithStudent, shall.ShareWithStudent)
}

// collateral finds the grades that changed though no row of the plan is about
// them: those of the columns whose maximum changed, read again.
func (a *applier) collateral(rep *plan.ContextReport) {
	var ids []string
	items := map[string]*plan.Item{}
	for _, t := range a.pick(plan.Update) {
		if t.sent && changesMaximum(t.item) {
			ids = append(ids, t.id)
			items[t.id] = t.item
		}
	}
	found := map[string][]plan.Collateral{}
	unknown := map[string]string{}
	look := func(open []string) (late []string) {
		eachResults(a.ctx, a.p, open, a.reading(), func(id string, now map[string]plan.Grade, err error) {
			it := items[id]
			delete(unknown, id)
			switch {
			case err != nil:
				unknown[id] = err.Error()
			case it.Results == nil:
				unknown[id] = "they could not be read before"
			default:
				found[id] = a.changedBeside(it, now)
				if a.shownBefore(it, now) {
					late = append(late, id)
				}
			}
		})
		return late
	}
	end := a.o.Clock.Now().Add(a.o.Settle)
	open := look(ids)
	for wait := 100 * time.Millisecond; len(open) > 0; wait = min(2*wait, 2*time.Second) {
		left := end.Sub(a.o.Clock.Now())
		if left <= 0 || a.o.Clock.Sleep(a.stop, min(wait, left)) != nil {
			break
		}
		open = look(open)
	}
	for id, why := range unknown {
		rep.Notes = append(rep.Notes, plan.Note{Key: items[id].Key, Message: "what its new maximum did to grades that no file names is not known: " + why})
	}
	for _, id := range ids { // in the plan's order
		rep.Collateral = append(rep.Collateral, found[id]...)
	}
	slices.SortFunc(rep.Notes, func(a, b plan.Note) int { return strings.Compare(a.Key, b.Key) })
}

// shownBefore tells whether results still look as before the maximum changed:
// they may be late, and what became of them is not to be seen yet.
func (a *applier) shownBefore(it *plan.Item, now map[string]plan.Grade) bool {
	if a.caps.MaximumAsPosted {
		return false
	}
	maximum := withFields(*it.Observed, it.Fields, after).ScoreMaximum
	for _, g := range now {
		if g.ScoreGiven != nil && g.ScoreMaximum != maximum {
			return true
		}
	}
	return false
}

// changedBeside compares the grades of people whom no row is about.
func (a *applier) changedBeside(it *plan.Item, now map[string]plan.Grade) (out []plan.Collateral) {
	stated := map[string]bool{}
	for i := range it.Scores {
		stated[it.Scores[i].UserID] = true
	}
	users := maps.Clone(it.Results)
	maps.Copy(users, now)
	for _, user := range slices.Sorted(maps.Keys(users)) {
		was, is := it.Results[user], now[user]
		same := a.eq.grade(is, was) && (was.ScoreGiven == nil || a.eq.number(*is.ScoreGiven, *was.ScoreGiven, was.ScoreMaximum))
		if !stated[user] && !same {
			out = append(out, plan.Collateral{Key: it.Key, Label: it.Label, UserID: user, Before: was, After: is})
		}
	}
	return out
}
