package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// recheck looks at everything that a saved plan touches in its context before
// any of it is written. What is as the plan saw it, or as it would make it, is
// well; is a single object neither, nothing is written. It is false then, and
// every row has its outcome.
//
// The look right before each write follows all the same: this one is for the
// hours since the plan was made, that one for the seconds.
func (a *applier) recheck() bool {
	defer a.o.Times.In(LookingAgain)()
	listing, err := a.list()
	if err != nil {
		return a.unreadable("reading the line items again", err)
	}
	a.findMade(listing.Items)
	if !a.knows(listing.Items) {
		f := plan.Finding{
			Message: "nothing shows that this is the course that the plan was made for: it has none of the columns that were there",
			Hint:    "give the context the URL of that course, or the secret that the plan was made with; if it is the course, make the plan again",
		}
		a.c.Findings = append(slices.Clip(a.c.Findings), f)
		a.settleAll(plan.CauseFindings, f.Message+"; "+f.Hint) // the plan has been shown by now
		return false
	}
	live := make(map[string]*plan.LineItem, len(listing.Items))
	for i := range listing.Items {
		live[listing.Items[i].ID] = &listing.Items[i]
	}
	touched, err := a.touched(live, listing.Proven)
	if err != nil {
		return a.unreadable("reading the line items again", err)
	}
	if err := a.recheckResults(touched); err != nil {
		return a.unreadable("reading the results again", err)
	}
	if a.stop.Err() != nil {
		a.settleOpen(plan.CauseInterrupted, "interrupted")
		return false
	}
	if slices.ContainsFunc(a.tasks, func(t *task) bool { return t.settled }) {
		a.settleOpen(plan.CauseBlocked, "the plan is stale, so nothing of this context is written")
		return false
	}
	if what := a.floored(touched); what != "" {
		f := plan.Finding{Message: what, Hint: "make the plan again"}
		a.c.Findings = append(slices.Clip(a.c.Findings), f)
		a.settleOpen(plan.CauseFindings, "findings stop this context: "+what)
		return false
	}
	for _, c := range touched {
		if c.done {
			c.tasks[0].asPlanned()
		}
	}
	return true
}

// unreadable ends a context of which it is not known how it stands.
func (a *applier) unreadable(doing string, err error) bool {
	a.failure = FailureOf(a.stop, doing, err)
	cause := plan.CauseFailed
	if a.stop.Err() != nil {
		cause = plan.CauseInterrupted
	}
	a.settleOpen(cause, a.failure.Message)
	return false
}

func (a *applier) settleOpen(cause plan.Cause, why string) {
	for _, t := range a.tasks {
		if !t.settled {
			t.notAttempted(cause, why)
		}
	}
}

// findMade finds what an earlier apply of the same plan has created, and what
// stands in the way of a create. What was there when the plan was made is
// neither: match has looked at it.
func (a *applier) findMade(live []plan.LineItem) {
	planned := make(map[string]bool, len(a.c.Seen))
	for _, id := range a.c.Seen {
		planned[id] = true
	}
	var appeared []plan.LineItem
	for i := range live {
		a.seen[live[i].ID] = true
		if !planned[live[i].ID] {
			appeared = append(appeared, live[i])
		}
	}
	forgets := !slices.ContainsFunc(live, func(li plan.LineItem) bool { return unblank(li.ResourceID) != "" })
	creates := a.pick(plan.Create)
	for _, t := range creates {
		var best *plan.LineItem
		for i := range appeared {
			li := &appeared[i]
			if a.appeared(li, t.item, forgets) && !a.owned(li.ID) && (best == nil || likeness(li, t.item.Wanted) > likeness(best, t.item.Wanted)) {
				best = li
			}
		}
		switch {
		case best == nil:
		case len(unlike(best, t.item)) > 0:
			t.staleBy("a line item of this identity appeared, and it is another: " + otherThan(unlike(best, t.item)))
		case a.own(t, best.ID):
			t.note = plan.MadeBefore
		}
	}
	for _, t := range creates {
		for i := range appeared {
			li := &appeared[i]
			rival := isWanted(li, t.item) || t.id == "" && li.Label == t.item.Wanted.Label
			if rival && !t.settled && !a.owned(li.ID) {
				t.staleBy("there was no such line item, and now there is " + describe(li))
			}
		}
	}
}

// unlike is what a line item that appeared has otherwise than the create wants
// it. That a platform does not show what it need not keep says nothing.
func unlike(live *plan.LineItem, it *plan.Item) (out []plan.Field) {
	for _, f := range itemFields(*live, withFields(*live, it.Fields, after)) {
		if !optional(f.Name) || f.Before != nil {
			out = append(out, f)
		}
	}
	return out
}

// knows tells whether this is the course that the plan was made for. A URL says
// so by itself. An id may be that of another LMS by now, and there a column
// tells that the plan saw, or has made. The secret of a launch may be another
// section's, with columns like those that the plan makes: there only the same
// secret tells, or a column that the plan saw, or that there still is none.
func (a *applier) knows(live []plan.LineItem) bool {
	launched := a.c.Place == ""
	if a.o.SameLaunch || strings.Contains(a.c.Place, "://") || len(a.c.Seen) == 0 && (!launched || len(live) == 0) {
		return true
	}
	deleted, known, gone := map[string]bool{}, map[string]bool{}, len(live) == 0
	for _, t := range a.pick(plan.Delete) {
		deleted[t.id] = true
	}
	for _, id := range a.c.Seen {
		known[id], gone = true, gone && deleted[id]
	}
	return gone || slices.ContainsFunc(live, func(li plan.LineItem) bool { return known[li.ID] || !launched && a.owned(li.ID) })
}

// touch is a line item of the plan with its rows and how it is now.
type touch struct {
	item  *plan.Item
	tasks []*task
	id    string
	done  bool // of an Update: it is as planned already

	live   *plan.LineItem        // how it is now
	grades map[string]plan.Grade // in it now, where they were read
	read   bool
}

// touched compares the line items, and gives those whose results are to be
// compared as well. Only what this course lists is touched: an id says nothing
// of the course that it is in, and a platform may answer for all of them.
func (a *applier) touched(live map[string]*plan.LineItem, proven bool) (out []touch, err error) {
	for rest := a.tasks; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].item == rest[0].item {
			n++
		}
		c := touch{item: rest[0].item, tasks: rest[:n], id: rest[0].id}
		rest = rest[n:]
		if c.item.Action == plan.Create {
			if c.live = live[c.id]; c.id != "" {
				out = append(out, c)
			}
			continue
		}
		li := live[c.id]
		if li == nil && !proven { // there may be more than was shown
			if li, err = a.unlisted(c.item); err != nil {
				return nil, err
			}
		}
		gone := li == nil && proven
		if li == nil && !proven && c.item.Action == plan.Delete {
			if gone, err = a.isGone(c.id); err != nil {
				return nil, err
			}
		}
		switch {
		case li != nil:
		case gone && c.item.Action == plan.Delete:
			c.tasks[0].asPlanned()
			continue
		default:
			c.stale(goneNow(c.item, proven))
			continue
		}
		now := *li
		if _, asked := a.p.(LinkResolver); asked {
			now.ResourceLinkID = c.item.Observed.ResourceLinkID // it may have been asked for, and is shown nowhere
		}
		c.live = &now
		var moved []plan.Field
		if moved, c.done = a.moved(&now, c.item); len(moved) > 0 {
			c.stale(thenNow(moved))
			continue
		}
		out = append(out, c)
	}
	return out, nil
}

func (c *touch) stale(what string) {
	for _, t := range c.tasks {
		t.staleBy(what)
	}
}

// unlisted is a line item of the plan that a listing of this course without
// proof does not show and that the course lists by its resourceId; nil: it does
// not.
func (a *applier) unlisted(it *plan.Item) (*plan.LineItem, error) {
	id := unblank(it.Observed.ResourceID)
	if id == "" {
		return nil, nil
	}
	some, err := Again(a.ctx, a.o.Clock, func(ctx context.Context) (Listing, error) { return a.p.LineItemsOf(ctx, id) })
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(some.Items, func(li plan.LineItem) bool { return li.ID == it.ID })
	if at < 0 {
		return nil, nil
	}
	return &some.Items[at], nil
}

func (a *applier) isGone(id string) (bool, error) {
	_, err := Again(a.ctx, a.o.Clock, func(ctx context.Context) (plan.LineItem, error) { return a.p.LineItem(ctx, id) })
	if err != nil && faultOf(err).Kind != Gone {
		return false, err
	}
	return err != nil, nil
}

func goneNow(it *plan.Item, proven bool) string {
	if proven {
		return fmt.Sprintf("the line item was there (%s) and is gone now", describe(it.Observed))
	}
	return fmt.Sprintf("the line item was there (%s), and the course does not list it now", describe(it.Observed))
}

// asPlanned is for a row of which recheck has found that nothing is to be sent.
func (t *task) asPlanned() { t.sent, t.note = true, soAlready }

// staleBy settles a row whose object is neither as the plan saw it nor as it
// would make it.
func (t *task) staleBy(what string) {
	t.notAttempted(plan.CauseStale, what+": somebody changed it since the plan was made; plan again")
}

// moved is how a line item differs from the one that the plan saw, in what the
// plan changes and in what tells which column it is and what its points are of.
// done: the plan's change has been made.
func (a *applier) moved(now *plan.LineItem, it *plan.Item) (out []plan.Field, done bool) {
	planned := map[string]plan.Field{}
	for _, f := range it.Fields {
		planned[f.Name] = f
	}
	done = it.Action == plan.Update && !onlyRides(it.Fields) && len(compared(itemFields(*now, withFields(*now, it.Fields, after)), it.Fields)) == 0
	for _, f := range itemFields(*now, *it.Observed) {
		p, ours := planned[f.Name]
		switch {
		case ours && (done || p.Rides):
		case !ours && optional(f.Name) && (it.Action != plan.Delete || isExtension(f.Name)):
		case done && a.caps.keeping(f.Name) == LostByPut && f.Before == nil: // our own change took it
		default:
			out = append(out, f)
		}
	}
	return out, done
}

// recheckResults compares the results of line items, those of each read once.
func (a *applier) recheckResults(touched []touch) error {
	var ids []string
	byID := map[string]*touch{}
	for i := range touched {
		c := &touched[i]
		scores := c.tasks[len(c.tasks)-1].score != nil
		if scores || c.item.Action == plan.Delete || changesMaximum(c.item) && c.item.Results != nil && !c.done {
			ids, byID[c.id] = append(ids, c.id), c
		}
	}
	var failed error
	eachResults(a.ctx, a.p, ids, a.reading(), func(id string, now map[string]plan.Grade, err error) {
		c := byID[id]
		c.grades, c.read = now, err == nil
		switch unread := c.item.Action == plan.Delete && c.item.Results == nil; {
		case err != nil && unread: // as when the plan was made
		case err != nil:
			failed = err
		case unread:
			if n := graded(now); n > 0 {
				c.stale(fmt.Sprintf("no grade was to be seen in it, and now there are %d", n))
			}
		default:
			a.recheckGrades(c, now)
		}
	})
	return failed
}

func (a *applier) recheckGrades(c *touch, now map[string]plan.Grade) {
	destroys := c.item.Action == plan.Delete || changesMaximum(c.item) && !c.done
	if destroys && c.item.Results != nil && !maps.EqualFunc(now, c.item.Results, a.eq.grade) {
		what, example := a.otherGrades(c.item.Results, now)
		c.stale(what)
		c.tasks[0].row.Said = example
		return
	}
	for _, t := range c.tasks {
		if t.score == nil {
			continue
		}
		var is, was plan.Grade
		var live *plan.Grade
		if g, there := now[t.score.UserID]; there {
			is, live = g, &g
		}
		if t.score.Before != nil {
			was = *t.score.Before
		}
		row, probe := *t.row, *t // the same judgement as right before the write, and nothing is settled by it
		probe.row = &row
		if !c.done {
			probe.home = nil // nothing has moved a grade to another scale yet
		}
		if a.recheckScore(&probe, live); probe.settled {
			words, fields := a.thenNowGrade(was, is)
			t.staleBy(words)
			t.row.Fields = fields
		}
	}
}
