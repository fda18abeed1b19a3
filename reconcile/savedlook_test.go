package reconcile_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// allowed is a saved plan in which nothing is held.
func allowed(t *testing.T, p reconcile.Platform, lineItems string) plan.Context {
	t.Helper()
	allow := map[string]bool{}
	for _, r := range plan.Risks() {
		allow[string(r)] = true
	}
	c := reconcile.Plan(context.Background(), p, want(t, lineItems), reconcile.Options{Allow: allow}, reconcile.Reading{Concurrency: 2, Clock: clock{}})
	require.Nil(t, c.Failure)
	require.Empty(t, c.Findings)
	require.Empty(t, holds(&c))
	return saved(t, c)
}

// blind hides all results.
func (l *lms) blind() {
	l.breaks(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/results") {
				return answer(r, 403, "{}"), nil
			}
			return next.RoundTrip(r)
		})
	})
}

// A column that was to be deleted unread stays where grades are to be seen in it
// by now.
func TestSavedDeleteUnread(t *testing.T) {
	for name, c := range map[string]struct {
		people int
		blind  bool
		status plan.Status
		why    string
	}{
		"unreadable still": {2, true, plan.Applied, ""},
		"empty":            {0, false, plan.Applied, ""},
		"grades are there": {2, false, plan.Outdated, "no grade was to be seen in it, and now there are 2"},
	} {
		l := newLMS(t)
		l.apply(t, want(t, columns(2)))
		if c.people > 0 {
			l.apply(t, want(t, course(2, c.people, 10)))
		}
		l.blind()
		p := allowed(t, l.p, "  - {resourceId: hw0, absent: true}\n")
		require.Nil(t, p.Items[0].Results)
		if !c.blind {
			l.breaks(nil)
		}
		l.writes()
		rep := l.carrySaved(context.Background(), p)
		l.breaks(nil)
		require.Equal(t, c.status, rep.Status(), name)
		require.Contains(t, rep.Rows[0].Why, c.why, name)
		require.Len(t, l.writes(), map[plan.Status]int{plan.Applied: 1, plan.Outdated: 0}[c.status], name)
	}
}

// A column that was there when the plan was made is in nobody's way: somebody
// allowed the second of its title.
func TestSavedCreateBesideWhatWasSeen(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, "  - {resourceId: theirs, label: HW, scoreMaximum: 50}\n"))
	p := allowed(t, l.p, "  - {resourceId: hw, label: HW, scoreMaximum: 50}\n")
	l.writes()
	rep := l.carrySaved(context.Background(), p)
	require.Equal(t, plan.Applied, rep.Status(), "%+v", rep.Rows)
	require.Len(t, l.writes(), 1)
}

// Of two that appeared, the one that is most like the wanted one is taken for it,
// whatever order the platform lists them in, and the other one is the rival.
func TestSavedCreateOfTwins(t *testing.T) {
	for _, labels := range [][]string{{"HW", "Other"}, {"Other", "HW"}} {
		l := newLMS(t)
		p := allowed(t, l.p, "  - {resourceId: hw, label: HW, scoreMaximum: 50}\n")
		l.change(t, func(c *sandbox.Course) {
			for i, label := range labels {
				c.LineItems = append(c.LineItems, &sandbox.LineItem{Number: 80 + i, Label: label, ScoreMaximum: 50, ResourceID: "hw"})
			}
			c.NextLineItem = 90
		})
		rep := l.carrySaved(context.Background(), p)
		require.Equal(t, plan.Outdated, rep.Status())
		require.Contains(t, rep.Rows[0].Why, `there was no such line item, and now there is "Other" resourceId "hw"`, labels)
	}
}

// What a platform need not keep and shows as something else makes it another.
func TestSavedCreateWithAnotherDate(t *testing.T) {
	l := newLMS(t)
	p := allowed(t, l.p, "  - {resourceId: hw, label: HW, scoreMaximum: 50, startDateTime: 2026-09-01T08:00:00Z}\n")
	l.change(t, func(c *sandbox.Course) {
		c.LineItems = append(c.LineItems, &sandbox.LineItem{Number: 80, Label: "HW", ScoreMaximum: 50, ResourceID: "hw", StartDateTime: "2027-09-01T08:00:00Z"})
		c.NextLineItem = 90
	})
	rep := l.carrySaved(context.Background(), p)
	require.Equal(t, plan.Outdated, rep.Status())
	require.Contains(t, rep.Rows[0].Why, "it is another: startDateTime was to be")
}

// What a listing without proof does not show is asked for before it is taken for
// gone.
func TestSavedBeyondTheListing(t *testing.T) {
	const gone = "  - {resourceId: hw1, absent: true}\n"
	without := func(id string) func(*sandbox.Course) {
		return func(c *sandbox.Course) {
			c.LineItems = slices.DeleteFunc(c.LineItems, func(li *sandbox.LineItem) bool { return li.ResourceID == id })
		}
	}
	for name, c := range map[string]struct {
		file   string
		hand   func(*sandbox.Course)
		status plan.Status
		cause  string
	}{
		"a grade":          {course(3, 1, 12), func(*sandbox.Course) {}, plan.Applied, ""},
		"a delete":         {gone, func(*sandbox.Course) {}, plan.Applied, ""},
		"deleted by now":   {gone, without("hw1"), plan.Applied, ""},
		"its home is gone": {course(3, 1, 12), without("hw2"), plan.Outdated, "the course does not list it now"},
	} {
		l := newLMS(t)
		l.apply(t, want(t, course(3, 1, 10)))
		short := &shortSighted{Platform: l.p, heeds: true}
		p := allowed(t, short, c.file)
		l.change(t, c.hand)
		o := options()
		o.Saved = want(t, c.file)
		rep := reconcile.Apply(context.Background(), short, p, o)
		require.Equal(t, c.status, rep.Status(), "%s: %+v", name, rep.Rows)
		require.Contains(t, rep.Rows[len(rep.Rows)-1].Why, c.cause, name)
	}
}

// linked finds a resource link's line item where it is asked for, and shows no
// link in its listings.
type linked struct {
	reconcile.Platform
	id string
}

func (p *linked) LineItems(ctx context.Context) (reconcile.Listing, error) {
	all, err := p.Platform.LineItems(ctx)
	for i := range all.Items {
		all.Items[i].ResourceLinkID = ""
	}
	return all, err
}

func (p *linked) LineItemOfLink(ctx context.Context, _ string) (plan.LineItem, error) {
	return p.LineItem(ctx, p.id)
}

// A resource link that was asked for has not gone because the listing does not
// show it.
func TestSavedOfAResourceLink(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, "  - {resourceId: hw, label: HW, scoreMaximum: 50}\n"))
	seen := l.planned(t, want(t, "  - {resourceId: hw, label: HW, scoreMaximum: 50}\n")).Seen
	l.change(t, func(c *sandbox.Course) { c.LineItems[0].ResourceLinkID = c.ResourceLinks[0] })
	p := &linked{l.p, seen[0]}
	const file = "  - {key: hw, resourceLinkId: rl-1, label: HW, scoreMaximum: 50, scores: [{userId: u, scoreGiven: 5}]}\n"
	c := allowed(t, p, file)
	require.Equal(t, "rl-1", c.Items[0].Observed.ResourceLinkID)
	o := options()
	o.Saved = want(t, file)
	rep := reconcile.Apply(context.Background(), p, c, o)
	require.Equal(t, plan.Applied, rep.Status(), "%+v", rep.Rows)
}

// A launch tells no course. Where a plan that deletes all that it saw finds
// nothing left, an earlier apply of it was there.
func TestSavedOfALaunchResumed(t *testing.T) {
	const gone = "  - {resourceId: hw0, absent: true}\n"
	for name, c := range map[string]struct {
		file   string
		status plan.Status
	}{
		"all were to go":  {gone + "  - {resourceId: hw1, absent: true}\n", plan.Applied},
		"one was to stay": {gone, plan.Found},
	} {
		l := newLMS(t)
		l.apply(t, want(t, columns(2)))
		p := allowed(t, l.p, c.file)
		p.Place = ""
		l.change(t, func(c *sandbox.Course) { c.LineItems = nil })
		l.writes()
		rep := l.carrySaved(context.Background(), p)
		require.Equal(t, c.status, rep.Status(), "%s: %+v", name, rep.Rows)
		require.Empty(t, l.writes())
	}
}

// What is shown of a plan is what it writes: titles, fields without a change, and
// comments that no platform shows.
func TestForgedWords(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(1, 1, 10)))
	c := l.planned(t, want(t, strings.ReplaceAll(course(1, 1, 10), "scoreGiven: 10,", "scoreGiven: 11,")+"  - {resourceId: new, label: New, scoreMaximum: 5}\n"))
	for name, x := range map[string]struct {
		forge func(home, fresh *plan.Item)
		says  string
	}{
		"another title of a new column": {func(_, fresh *plan.Item) { fresh.Label = "Shown" }, "the title is another than the one that would be written"},
		"fields without a change": {func(home, _ *plan.Item) {
			home.Fields = []plan.Field{{Name: "tag", After: "t"}}
		}, "fields would be written without a change"},
		"another comment": {func(home, _ *plan.Item) {
			s := &home.Scores[0]
			s.Fields = append(s.Fields, plan.Field{Name: "comment", After: "shown", Rides: true})
		}, `"comment" is another than what would be written`},
		"points that ride": {func(home, _ *plan.Item) {
			s := &home.Scores[0]
			s.Fields = append(s.Fields, plan.Field{Name: "letterGrade", After: "A", Rides: true})
		}, `"letterGrade" is another than what would be written`},
	} {
		again := saved(t, c)
		require.NotEmpty(t, again.Items[0].Scores)
		x.forge(&again.Items[0], &again.Items[1])
		reconcile.HoldAgain(&again, wantUnder(t, "{}", "{}"), l.p.Capabilities(), nil)
		require.Len(t, again.Findings, 1, name)
		require.Contains(t, again.Findings[0].Message, x.says, name)
	}
}
