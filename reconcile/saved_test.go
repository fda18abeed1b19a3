package reconcile_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// saved is a plan as it comes out of a file.
func saved(t *testing.T, c plan.Context) plan.Context {
	t.Helper()
	c.Course = strings.Repeat("0", 32)
	b, err := plan.Encode(plan.Plan{Contexts: []plan.Context{c}})
	require.NoError(t, err)
	p, err := plan.Decode(b)
	require.NoError(t, err)
	return p.Contexts[0]
}

func (l *lms) carrySaved(ctx context.Context, c plan.Context) plan.ContextReport {
	o := options()
	o.Saved = &reconcile.Want{Policy: &spec.Policy{}, Floor: &spec.Policy{}}
	return reconcile.Apply(ctx, l.p, c, o)
}

func (l *lms) listed(t *testing.T, c *plan.Context, w *reconcile.Want) *reconcile.Listing {
	t.Helper()
	live, err := reconcile.Relist(context.Background(), l.p, clock{}, c, w)
	require.NoError(t, err)
	return live
}

func (l *lms) change(t *testing.T, f func(*sandbox.Course)) {
	t.Helper()
	require.NoError(t, l.box.Update(func(s *sandbox.State) error { f(s.Courses["1"]); return nil }))
}

func causes(rep plan.ContextReport) (out []string) {
	for _, r := range rep.Rows {
		out = append(out, strings.Join([]string{r.Key, r.UserID, string(r.Outcome), string(r.Cause)}, " "))
	}
	return out
}

// The whole of a context is looked at before its first write, and each row says
// what became of it.
func TestSavedIsAllOrNothing(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(2, 2, 0)))
	c := saved(t, l.planned(t, want(t, course(3, 2, 1))))
	l.writes()
	l.change(t, func(c *sandbox.Course) { v := 49.0; c.LineItems[1].Result("u1").Score = &v })
	rep := l.carrySaved(context.Background(), c)
	require.Equal(t, plan.Outdated, rep.Status())
	require.Empty(t, l.writes())
	if d := cmp.Diff([]string{
		"hw0 u0 not attempted blocked", "hw0 u1 not attempted blocked", "hw1 u0 not attempted blocked", "hw1 u1 not attempted stale",
		"hw2  not attempted blocked", "hw2 u0 not attempted blocked", "hw2 u1 not attempted blocked",
	}, causes(rep)); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	require.Equal(t, "the grade was 2/50 and is 49/50 now: somebody changed it since the plan was made; plan again", rep.Rows[3].Why)
}

// What a create finds in its place.
func TestSavedCreate(t *testing.T) {
	one := "  - {resourceId: hw, label: HW, scoreMaximum: 50, tag: t, startDateTime: 2026-09-01T08:00:00Z, scores: [{userId: u, scoreGiven: 5}]}\n"
	is := func(change func(*sandbox.LineItem)) func(*sandbox.Course) {
		return func(c *sandbox.Course) {
			li := &sandbox.LineItem{Number: 80, Label: "HW", ScoreMaximum: 50, ResourceID: "hw", Tag: "t", StartDateTime: "2026-09-01T08:00:00Z"}
			change(li)
			c.LineItems = append(c.LineItems, li)
			c.NextLineItem = 90
		}
	}
	for name, c := range map[string]struct {
		hand   func(*sandbox.Course)
		status plan.Status
		writes int
		says   string
	}{
		"nothing":                       {func(*sandbox.Course) {}, plan.Applied, 2, ""},
		"itself":                        {is(func(*sandbox.LineItem) {}), plan.Applied, 1, "it had been created since the plan was made"},
		"itself, without what it shows": {is(func(li *sandbox.LineItem) { li.StartDateTime = "" }), plan.Part, 1, "the platform does not show startDateTime"},
		"itself, its name forgotten":    {is(func(li *sandbox.LineItem) { li.ResourceID = "" }), plan.Outdated, 0, `resourceId was to be "hw" and is not set`},
		"another maximum":               {is(func(li *sandbox.LineItem) { li.ScoreMaximum = 60 }), plan.Outdated, 0, `scoreMaximum was to be "50" and is "60"`},
		"another of the same title":     {is(func(li *sandbox.LineItem) { li.ResourceID = "theirs" }), plan.Outdated, 0, `now there is "HW" resourceId "theirs"`},
		"two of them": {func(c *sandbox.Course) {
			is(func(*sandbox.LineItem) {})(c)
			is(func(li *sandbox.LineItem) { li.Number = 81 })(c)
		}, plan.Outdated, 0, `now there is "HW" resourceId "hw"`},
		"another title": {is(func(li *sandbox.LineItem) { li.ResourceID, li.Label = "theirs", "Theirs" }), plan.Applied, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLMS(t)
			p := saved(t, l.planned(t, want(t, one)))
			l.change(t, c.hand)
			l.writes()
			rep := l.carrySaved(context.Background(), p)
			require.Equal(t, c.status, rep.Status(), "%+v", rep.Rows)
			require.Len(t, l.writes(), c.writes)
			require.Contains(t, rep.Rows[0].Why, c.says)
		})
	}
}

// What cannot be looked at is not written to, and the context says why.
func TestSavedUnreadable(t *testing.T) {
	for _, kind := range []string{"/results", "/lineitems"} {
		l := newLMS(t)
		l.apply(t, want(t, course(2, 2, 0)))
		c := saved(t, l.planned(t, want(t, course(3, 2, 1))))
		l.writes()
		l.breaks(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, kind) {
					return answer(r, 403, "{}"), nil
				}
				return next.RoundTrip(r)
			})
		})
		rep := l.carrySaved(context.Background(), c)
		l.breaks(nil)
		require.Equal(t, plan.Unauthorized, rep.Status(), kind)
		require.Empty(t, l.writes())
		for _, row := range rep.Rows {
			require.Equal(t, plan.CauseFailed, row.Cause)
		}
	}
}

// A user who stops during the look stops before the first write.
func TestSavedInterrupted(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(2, 2, 0)))
	c := saved(t, l.planned(t, want(t, course(3, 2, 1))))
	l.writes()
	ctx, cancel := context.WithCancelCause(context.Background())
	l.breaks(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/results") {
				cancel(errors.New("stopped"))
			}
			return next.RoundTrip(r)
		})
	})
	rep := l.carrySaved(ctx, c)
	require.Equal(t, plan.Interrupted, rep.Status())
	require.Empty(t, l.writes())
	for _, row := range rep.Rows {
		require.Equal(t, plan.CauseInterrupted, row.Cause)
	}
}

// Progress does not show in results, so what was asked to be sent again is sent.
func TestSavedResend(t *testing.T) {
	l := newLMS(t)
	w := want(t, course(1, 2, 0))
	l.apply(t, w)
	c := saved(t, reconcile.Plan(context.Background(), l.p, w, reconcile.Options{Resend: map[string]bool{"hw0": true}}, reconcile.Reading{Concurrency: 2, Clock: clock{}}))
	for range 2 {
		time.Sleep(2 * time.Millisecond)
		l.writes()
		rep := l.carrySaved(context.Background(), c)
		require.Equal(t, plan.Applied, rep.Status())
		require.Len(t, l.writes(), 2)
	}
}

// A column that is to be deleted is looked at as a whole.
func TestSavedDelete(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, "  - {resourceId: hw, label: HW, scoreMaximum: 50, endDateTime: 2026-09-01T08:00:00Z}\n"))
	c := saved(t, l.planned(t, want(t, "  - {resourceId: hw, label: HW, absent: true}\n")))
	l.change(t, func(c *sandbox.Course) { c.LineItems[0].EndDateTime = "2027-09-01T08:00:00Z" })
	l.writes()
	rep := l.carrySaved(context.Background(), c)
	require.Equal(t, plan.Outdated, rep.Status())
	require.Contains(t, rep.Rows[0].Why, `endDateTime was "2026-09-01T08:00:00Z" and is "2027-09-01T08:00:00Z" now`)
	require.Empty(t, l.writes())
}

// What the guard cannot find again without the listing was released by name,
// and a floor may take that back.
func TestHoldAgainWhatWasReleased(t *testing.T) {
	c := plan.Context{Items: []plan.Item{{
		Action: plan.Create, Key: "hw", Label: "HW", Wanted: &plan.LineItem{Label: "HW", ScoreMaximum: 5},
		Fields:   []plan.Field{{Name: "label", After: "HW"}, {Name: "scoreMaximum", After: 5.0}},
		Released: []plan.Release{{Risk: plan.DuplicateLabel, By: "--allow duplicate-label:hw"}, {Risk: plan.UnprovenListing, By: "--allow unproven-listing"}},
	}}}
	floor := &spec.Policy{Allow: []spec.Allow{{Risk: spec.Opt[string]{Value: "unproven-listing", State: spec.Set}, Pos: spec.Pos{File: spec.InFile("p.yaml"), Line: 8}}}, Pos: spec.At("p.yaml", 7, 3)}
	reconcile.HoldAgain(&c, &reconcile.Want{Policy: &spec.Policy{}, Floor: floor}, reconcile.Generic(), nil)
	it := c.Items[0]
	require.Len(t, it.Held, 1)
	require.Equal(t, plan.Hold{Risk: plan.DuplicateLabel, Where: "p.yaml:7:3", Why: "it was released when the plan was made (--allow duplicate-label:hw), and the Platform's policy does not allow it now"}, it.Held[0])
	require.Equal(t, []plan.Release{{Risk: plan.UnprovenListing, By: "--allow unproven-listing"}}, it.Released)
}

// HoldAgain takes nothing back, and changes nothing but the context it is given.
func TestHoldAgain(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(4, 2, 10)))
	rows := strings.NewReplacer("scoreGiven: 10,", "scoreGiven: 1,").Replace(course(1, 2, 10))
	gone := rows + "  - {resourceId: hw1, label: x, absent: true}\n  - {resourceId: hw2, label: x, absent: true}\n  - {resourceId: hw3, label: x, absent: true}\n"
	w := want(t, gone)
	c := saved(t, l.planned(t, w))
	require.Zero(t, c.Totals().Held, "all is released")
	live := l.listed(t, &c, w)
	was, err := plan.Encode(plan.Plan{Contexts: []plan.Context{c}})
	require.NoError(t, err)
	for policy, want := range map[string][]string{
		"{}":                               nil,
		"{max: {deletesPercent: 75}}":      nil,
		"{max: {deletesPercent: 74}}":      {"hw1 deletesPercent", "hw2 deletesPercent", "hw3 deletesPercent"},
		"{max: {drop: 17}}":                {"hw0 drop"},
		"{max: {drop: 18}}":                nil,
		"{requireBase: true}":              {"hw0 no-base"},
		"{allow: [{risk: delete-graded}]}": {"hw1 deletesPercent", "hw2 deletesPercent", "hw3 deletesPercent"},
		"{allow: [{risk: delete-graded}, {risk: deletesPercent}]}":                            nil,
		"{allow: [{risk: delete-graded, item: hw1}, {risk: deletesPercent}]}":                 {"hw2 delete-graded", "hw3 delete-graded"},
		"{max: {deletesPercent: 10}, allow: [{risk: delete-graded}, {risk: deletesPercent}]}": {"hw1 deletesPercent", "hw2 deletesPercent", "hw3 deletesPercent"},
	} {
		docs, err := spec.Load(spec.Bytes("p.yaml", []byte("apiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: p}\nsandbox: {}\npolicy: "+policy+"\n")))
		require.NoError(t, err, policy)
		again := c
		for range 2 { // once more changes nothing
			reconcile.HoldAgain(&again, &reconcile.Want{Policy: &spec.Policy{}, Floor: &docs.Platforms[0].Policy, Items: w.Items}, l.p.Capabilities(), live)
			var got []string
			for _, it := range again.Items {
				for _, h := range it.Held {
					got = append(got, it.Key+" "+string(h.Risk))
				}
				for _, s := range it.Scores {
					for _, h := range s.Held {
						got = append(got, it.Key+" "+string(h.Risk))
					}
				}
			}
			require.Equal(t, want, got, policy)
		}
		now, err := plan.Encode(plan.Plan{Contexts: []plan.Context{c}})
		require.NoError(t, err)
		require.Equal(t, string(was), string(now))
	}
}
