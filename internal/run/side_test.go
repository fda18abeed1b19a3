package run

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
)

// named are n courses of an LMS.
func (c *lms) named(t *testing.T, prefix string, n int) (all []string) {
	t.Helper()
	for i := range n {
		all = append(all, fmt.Sprint(prefix, i))
		require.NoError(t, c.box.EnsureCourse(all[i]))
	}
	return all
}

// A platform that answers nothing, or that says that requests come too fast, until
// all of another's contexts are done holds up none of them, in reading and in
// writing: were places shared, the many that wait would take them all.
func TestSlowPlatformHoldsUpNobodyElse(t *testing.T) {
	for name, refused := range map[string]int64{"hangs": 0, "throttles": 1} { // how many requests are told to come later
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // only where it fails
			defer cancel()
			slow, quick := newLMS(t, "slow"), newLMS(t, "quick")
			docs := load(t, slow.books(slow.named(t, "a", 80)...)+quick.books(quick.named(t, "b", 6)...)+slow.document(2)+quick.document(2))
			s := opened(t, docs, options(t, true, environment(slow, quick)))

			until := func(left int64, kind func(*http.Request) bool) {
				over, n := make(chan struct{}), new(atomic.Int64)
				n.Store(left)
				quick.hooked(func(w http.ResponseWriter, r *http.Request) bool {
					quick.box.ServeHTTP(w, r)
					if kind(r) && n.Add(-1) == 0 {
						close(over)
					}
					return true
				})
				came := new(atomic.Int64)
				slow.hooked(func(w http.ResponseWriter, _ *http.Request) bool {
					if came.Add(1) <= refused {
						w.Header().Set("Retry-After", "1")
						w.WriteHeader(http.StatusTooManyRequests)
						return true
					}
					select {
					case <-over:
					case <-ctx.Done():
					}
					return false
				})
			}
			until(6, func(r *http.Request) bool { return r.Method == http.MethodGet })
			p := s.Plan(ctx)
			for i := range p.Contexts {
				require.Equal(t, plan.Pending, p.Contexts[i].Status(), "%s: %v", p.Contexts[i].Gradebook, p.Contexts[i].Failure)
			}
			until(6*4, func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path != sandbox.TokenPath })
			r, err := s.Apply(ctx, p)
			require.NoError(t, err)
			for i := range r.Contexts {
				require.Equal(t, plan.Applied, r.Contexts[i].Status(), r.Contexts[i].Plan.Gradebook)
			}
		})
	}
}

// However many contexts there are, a platform is never asked more at once than it
// allows; and it is asked that much: no request of the first few is answered until
// there are so many.
func TestPlatformsHaveTheirOwnBudgets(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // only where it fails
	defer cancel()
	text, all := "", []*lms{}
	for _, x := range []struct {
		name                  string
		concurrency, contexts int
	}{{"one", 1, 20}, {"three", 3, 70}, {"forty", 40, 90}} {
		c := newLMS(t, x.name)
		all = append(all, c)
		text += c.books(c.named(t, x.name, x.contexts)...) + c.document(x.concurrency)
		var together sync.WaitGroup
		together.Add(x.concurrency)
		first := new(atomic.Int64)
		c.hooked(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet && first.Add(1) <= int64(x.concurrency) {
				together.Done()
				met := make(chan struct{})
				go func() { together.Wait(); close(met) }()
				select {
				case <-met:
				case <-ctx.Done():
				}
			}
			return false
		})
	}
	s := opened(t, load(t, text), options(t, true, environment(all...)))
	p := s.Plan(ctx)
	r, err := s.Apply(ctx, p)
	require.NoError(t, err)
	i := 0
	for k, contexts := range []int{20, 70, 90} {
		for range contexts {
			require.Equal(t, plan.Applied, r.Contexts[i].Status(), r.Contexts[i].Plan.Gradebook)
			i++
		}
		require.Equal(t, []int{1, 3, 40}[k], all[k].most, all[k].name)
	}
}

func TestContextsAtOnce(t *testing.T) {
	for concurrency, want := range map[int]int{0: 4, 1: 4, 2: 4, 3: 6, 8: 16, 32: 64, 40: 64, 1000: 64} {
		require.Equal(t, want, limits{concurrency: concurrency}.contexts(), concurrency)
	}
}
