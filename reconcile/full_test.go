package reconcile_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// slow is a platform that keeps scores and answers everything after 20 ms.
type slow struct {
	reconcile.Platform
	listing reconcile.Listing
	reading time.Duration // how long results take; 0: as all else

	mu     sync.Mutex
	grades map[string]map[string]plan.Grade
	reads  map[string]int
	under  int       // readings under way
	last   time.Time // of the last score
}

const oneAnswer = 20 * time.Millisecond

func (s *slow) LineItems(context.Context) (reconcile.Listing, error) {
	time.Sleep(oneAnswer)
	return s.listing, nil
}

func (s *slow) Results(_ context.Context, id string) iter.Seq2[plan.Result, error] {
	return func(yield func(plan.Result, error) bool) {
		s.mu.Lock()
		s.under++
		s.mu.Unlock()
		time.Sleep(max(oneAnswer, s.reading))
		s.mu.Lock()
		s.under--
		s.reads[id]++
		now := maps.Clone(s.grades[id])
		s.mu.Unlock()
		for _, user := range slices.Sorted(maps.Keys(now)) {
			if !yield(plan.Result{UserID: user, Grade: now[user]}, nil) {
				return
			}
		}
	}
}

func (s *slow) PostScore(_ context.Context, id string, score reconcile.Score) error {
	time.Sleep(oneAnswer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.grades[id] == nil {
		s.grades[id] = map[string]plan.Grade{}
	}
	s.grades[id][score.UserID] = score.Grade
	s.last = time.Now()
	return nil
}

func (s *slow) Capabilities() reconcile.Capabilities { return reconcile.Generic() }

func newSlow(items int) *slow {
	p := &slow{grades: map[string]map[string]plan.Grade{}, reads: map[string]int{}}
	p.listing.Proven = true
	for i := range items {
		p.listing.Items = append(p.listing.Items, plan.LineItem{
			ID: fmt.Sprintf("https://a/%03d", i), Label: fmt.Sprintf("Homework %d", i), ScoreMaximum: 50, ResourceID: fmt.Sprintf("hw%d", i),
		})
	}
	return p
}

// However the scores are spread over line items, as many as may are on their way
// from the first to the last one: the look at a line item before it is written to
// costs nothing but its own request.
func TestPostingStaysFull(t *testing.T) {
	for _, tc := range []struct{ items, people, atOnce int }{{1, 160, 8}, {10, 16, 8}, {40, 4, 8}, {160, 1, 8}, {20, 8, 1}} {
		t.Run(fmt.Sprint(tc), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newSlow(tc.items)
				c := reconcile.Plan(t.Context(), p, want(t, course(tc.items, tc.people, 0)), reconcile.Options{}, reconcile.Reading{Concurrency: tc.atOnce, Clock: clock{}})
				require.Nil(t, c.Failure)
				o := options()
				o.Concurrency = tc.atOnce
				clear(p.reads)
				began := time.Now()
				rep := reconcile.Apply(t.Context(), p, c, o)
				for _, row := range rep.Rows {
					require.Equal(t, plan.Confirmed, row.Outcome)
				}
				rounds := (tc.items*tc.people + tc.atOnce - 1) / tc.atOnce
				require.Equal(t, time.Duration(1+rounds)*oneAnswer, p.last.Sub(began), "one answer for the first look, and then one a score and place")
				for id, n := range p.reads {
					require.Equal(t, 2, n, "%s is looked at once before the writes and once after them", id)
				}
				require.Len(t, p.reads, tc.items)
			})
		})
	}
}

// A look is good for some seconds from when it came, however long it took: where that
// is long, not every score waits for one of its own, and no teacher's grade of more
// than that ago is written over.
func TestLooksAreGoodForAWhile(t *testing.T) {
	for _, tc := range []struct {
		reading time.Duration
		people  int
		looks   int
	}{
		{0, 600, 3}, // 12 s of posting
		{8 * time.Second, 600, 3},
		{40 * time.Second, 600, 3},
	} {
		t.Run(fmt.Sprint(tc), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newSlow(1)
				c := reconcile.Plan(t.Context(), p, want(t, course(1, tc.people, 0)), reconcile.Options{}, reconcile.Reading{Concurrency: 1, Clock: clock{}})
				require.Nil(t, c.Failure)
				o := options()
				o.Concurrency = 1
				p.reading = tc.reading
				clear(p.reads)
				rep := reconcile.Apply(t.Context(), p, c, o)
				require.Equal(t, plan.Confirmed, rep.Rows[tc.people-1].Outcome)
				require.Equal(t, tc.looks+1, p.reads["https://a/000"], "and one to read back")
			})
		})
	}
}

// What a teacher enters while scores are sent slowly stays, from a few seconds later on.
func TestTeacherIsSeenInSlowRuns(t *testing.T) {
	for _, reading := range []time.Duration{0, 9 * time.Second, 30 * time.Second} {
		t.Run(fmt.Sprint(reading), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const people = 600
				p := newSlow(1)
				c := reconcile.Plan(t.Context(), p, want(t, course(1, people, 0)), reconcile.Options{}, reconcile.Reading{Concurrency: 1, Clock: clock{}})
				require.Nil(t, c.Failure)
				o := options()
				o.Concurrency = 1
				p.reading = reading
				last := c.Items[0].Scores[people-1].UserID
				theirs := 1.25
				time.AfterFunc(max(reading, oneAnswer)+time.Second, func() { // right after the first look
					p.mu.Lock()
					defer p.mu.Unlock()
					if p.grades["https://a/000"] == nil {
						p.grades["https://a/000"] = map[string]plan.Grade{}
					}
					p.grades["https://a/000"][last] = plan.Grade{ScoreGiven: &theirs, ScoreMaximum: 50}
				})
				rep := reconcile.Apply(t.Context(), p, c, o)
				require.Equal(t, plan.CauseStale, rep.Rows[len(rep.Rows)-1].Cause)
				require.Equal(t, 1.25, *p.grades["https://a/000"][last].ScoreGiven)
			})
		})
	}
}

// Whoever stops it, Apply leaves no request behind.
func TestNoLookOutlivesApply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newSlow(40)
		c := reconcile.Plan(t.Context(), p, want(t, course(40, 2, 0)), reconcile.Options{}, reconcile.Reading{Concurrency: 4, Clock: clock{}})
		require.Nil(t, c.Failure)
		p.reading = 10 * time.Second
		clear(p.reads)
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		o := options()
		o.Concurrency = 4
		rep := reconcile.Apply(ctx, p, c, o)
		require.Equal(t, plan.FailedInterrupted, rep.Failure.Kind)
		p.mu.Lock()
		defer p.mu.Unlock()
		require.Zero(t, p.under)
		require.Less(t, len(p.reads), 10, "after the stop no other look is begun")
	})
}
