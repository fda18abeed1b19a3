package reconcile_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// waiting is a platform that answers every score, and every listing that it is not
// given, with one fault.
type waiting struct {
	reconcile.Platform
	fault   reconcile.Fault
	listing *reconcile.Listing // nil: the fault
	asked   atomic.Int64
}

func (w *waiting) failed() error {
	w.asked.Add(1)
	f := w.fault
	f.Err = errors.New("429 Too Many Requests")
	return &f
}

func (w *waiting) LineItems(context.Context) (reconcile.Listing, error) {
	if w.listing == nil {
		return reconcile.Listing{}, w.failed()
	}
	return *w.listing, nil
}

func (w *waiting) Results(context.Context, string) iter.Seq2[plan.Result, error] {
	return func(func(plan.Result, error) bool) {}
}

func (w *waiting) PostScore(context.Context, string, reconcile.Score) error {
	return w.failed()
}

func (w *waiting) Capabilities() reconcile.Capabilities { return reconcile.Generic() }

// How often a reading is tried, and for how long: what was asked to be waited for
// has been waited for already.
func TestReadingWaits(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fault reconcile.Fault
		asked int
		took  time.Duration
		want  string
		hint  string
	}{
		{"broken", reconcile.Fault{Kind: reconcile.Doubt, Passing: true}, 3, 750 * time.Millisecond, "429 Too Many Requests", ""},
		{"too fast", reconcile.Fault{Kind: reconcile.Throttled, Passing: true}, 2, 250 * time.Millisecond, "429 Too Many Requests", ""},
		{"busy", reconcile.Fault{Kind: reconcile.Doubt, Passing: true, RetryAfter: 10 * time.Second}, 2, 10 * time.Second, "429 Too Many Requests", ""},
		{"not short", reconcile.Fault{Kind: reconcile.Throttled, Passing: true, RetryAfter: 29 * time.Second}, 1, 0, "429 Too Many Requests", ""},
		{"too long", reconcile.Fault{Kind: reconcile.Throttled, Passing: true, RetryAfter: 999999 * time.Second}, 1, 0,
			"429 Too Many Requests: the platform asks to wait 277h46m39s", "run it again after that time"},
		{"kept back", reconcile.Fault{Kind: reconcile.Unreachable, RetryAfter: time.Minute, Hint: "check the URL"}, 1, 0,
			"429 Too Many Requests: the platform asks to wait 1m0s", "run it again after that time"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &waiting{fault: tc.fault}
				began := time.Now()
				c := reconcile.Plan(t.Context(), p, want(t, course(1, 1, 0)), reconcile.Options{}, reconcile.Reading{Concurrency: 1, Clock: clock{}})
				require.Equal(t, tc.took, time.Since(began))
				require.Equal(t, tc.asked, int(p.asked.Load()))
				require.NotNil(t, c.Failure)
				require.Equal(t, tc.want, c.Failure.Message)
				require.Equal(t, tc.hint, c.Failure.Hint)
			})
		})
	}
}

// Writes wait as long as it goes on, and not for ever where it does not.
func TestWritingWaits(t *testing.T) {
	for _, tc := range []struct {
		name        string
		after       time.Duration
		least, most time.Duration
		outcome     plan.Outcome
		why         string
	}{
		{"never", 999999 * time.Second, 0, 0, plan.NotAttempted, "429 Too Many Requests: the platform asks to wait 277h46m39s"},
		{"nothing goes", 29 * time.Second, 116 * time.Second, 116 * time.Second, plan.NotAttempted, "429 Too Many Requests"},
		{"slowly", 0, time.Second, 20 * time.Second, plan.NotAttempted, "429 Too Many Requests"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &waiting{
					fault:   reconcile.Fault{Kind: reconcile.Throttled, RetryAfter: tc.after},
					listing: &reconcile.Listing{Proven: true, Items: []plan.LineItem{{ID: "https://a/1", Label: "Homework 0", ScoreMaximum: 50, ResourceID: "hw0"}}},
				}
				c := reconcile.Plan(t.Context(), p, want(t, course(1, 3, 0)), reconcile.Options{}, reconcile.Reading{Concurrency: 1, Clock: clock{}})
				require.Nil(t, c.Failure)
				began := time.Now()
				rep := reconcile.Apply(t.Context(), p, c, options())
				took := time.Since(began)
				require.GreaterOrEqual(t, took, tc.least)
				require.LessOrEqual(t, took, tc.most)
				require.Len(t, rep.Rows, 3)
				for _, row := range rep.Rows {
					require.Equal(t, tc.outcome, row.Outcome)
					require.Equal(t, tc.why, row.Why)
				}
				require.NotNil(t, rep.Failure)
			})
		})
	}
}
