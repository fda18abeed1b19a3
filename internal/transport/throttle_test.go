package transport

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
)

// stingy is a server that lets so many requests through, and refuses the others.
type stingy struct {
	latency time.Duration
	allow   func() bool
	refuse  func(http.ResponseWriter)
	header  func(http.Header) // on every answer

	mu                sync.Mutex
	accepted, refused int
}

func (s *stingy) serve(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	time.Sleep(s.latency)
	s.mu.Lock()
	defer s.mu.Unlock()
	ok := s.allow()
	if s.header != nil {
		s.header(w.Header())
	}
	if ok {
		s.accepted++
		return
	}
	s.refused++
	s.refuse(w)
}

// bucketOf allows 40 a second and so many at once.
func bucketOf(burst int) func() bool {
	var b *rate.Limiter
	return func() bool {
		if b == nil {
			b = rate.NewLimiter(40, burst) // in the bubble's time
		}
		return b.Allow()
	}
}

// windows allows 40 in each second of the clock.
func windows() func() bool {
	n, second := 0, int64(0)
	return func() bool {
		if now := time.Now().Unix(); now != second {
			n, second = 0, now
		}
		n++
		return n <= 40
	}
}

func tooMany(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusTooManyRequests)
}

func asCanvas(w http.ResponseWriter) {
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprintln(w, "403 Forbidden (Rate Limit Exceeded)")
}

// drive writes n times, each until it is accepted, so many at a time.
func drive(t *testing.T, rt http.RoundTripper, n, workers int, between time.Duration) time.Duration {
	began := time.Now()
	todo := make(chan int, n)
	for i := range n {
		todo <- i
	}
	close(todo)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range todo {
				for {
					resp, err := rt.RoundTrip(request(t, t.Context(), "POST", "http://lms/scores", strings.NewReader(fmt.Sprint(i))))
					if err != nil {
						t.Error(err)
						return
					}
					status := resp.StatusCode
					resp.Body.Close()
					if status == 200 {
						break
					}
					time.Sleep(between)
				}
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

// What a platform's limit costs: few refusals, and not much of the throughput it
// allows, whichever way it counts.
func TestThrottledWrites(t *testing.T) {
	remaining := func(of int, left func() float64) func(http.Header) {
		return func(h http.Header) { h.Set("X-Rate-Limit-Remaining", fmt.Sprint(max(0, min(float64(of), left())))) }
	}
	for _, tc := range []struct {
		name      string
		writes    int
		perSecond float64 // of the client
		server    func() *stingy
		most      int // refusals
		within    time.Duration
	}{
		{"a bucket", 410, 50, func() *stingy { return &stingy{allow: bucketOf(40), refuse: tooMany} }, 40, 20 * time.Second},
		{"a bucket, slow answers", 410, 50, func() *stingy { return &stingy{allow: bucketOf(40), refuse: tooMany, latency: 150 * time.Millisecond} }, 40, 20 * time.Second},
		{"a bucket without burst", 410, 50, func() *stingy { return &stingy{allow: bucketOf(1), refuse: tooMany} }, 60, 20 * time.Second},
		{"windows", 410, 50, func() *stingy { return &stingy{allow: windows(), refuse: tooMany} }, 40, 20 * time.Second},
		{"windows, an unlimited client", 410, 0, func() *stingy { return &stingy{allow: windows(), refuse: tooMany} }, 100, 20 * time.Second},
		{"as Canvas, a bucket", 155, 50, func() *stingy {
			b := rate.NewLimiter(40, 40)
			return &stingy{allow: b.Allow, refuse: asCanvas, header: remaining(40, b.Tokens)}
		}, 20, 8 * time.Second},
		{"as Canvas, slow answers", 155, 50, func() *stingy {
			b := rate.NewLimiter(40, 40)
			return &stingy{allow: b.Allow, refuse: asCanvas, latency: 100 * time.Millisecond, header: remaining(40, b.Tokens)}
		}, 20, 10 * time.Second},
		{"as Canvas, without the header", 155, 50, func() *stingy { return &stingy{allow: bucketOf(40), refuse: asCanvas} }, 40, 10 * time.Second},
		{"as Canvas, an unlimited client", 155, 0, func() *stingy {
			b := rate.NewLimiter(40, 40)
			return &stingy{allow: b.Allow, refuse: asCanvas, header: remaining(40, b.Tokens)}
		}, 40, 8 * time.Second},
		{"as Canvas, windows", 155, 50, func() *stingy { return &stingy{allow: windows(), refuse: asCanvas} }, 40, 10 * time.Second},
	} {
		for workers, between := range map[int]time.Duration{8: 0, 20: 300 * time.Millisecond, tc.writes: time.Second} {
			t.Run(fmt.Sprint(tc.name, ", ", workers, " workers"), func(t *testing.T) {
				var s *stingy
				inBubble(t, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r) }, func(t *testing.T, base http.RoundTripper) {
					s = tc.server()
					c := &Counters{}
					took := drive(t, Stack(base, Config{Concurrency: 8, RequestsPerSecond: tc.perSecond, Timeout: 30 * time.Second, Counters: c}), tc.writes, workers, between)
					t.Logf("%d writes in %s, %d refused, paused for %s", s.accepted, took, s.refused, c.Snapshot().Paused)
					require.Equal(t, tc.writes, s.accepted)
					require.LessOrEqual(t, s.refused, tc.most)
					require.LessOrEqual(t, took, tc.within)
					require.EqualValues(t, s.refused, c.Snapshot().Throttled)
				})
			})
		}
	}
}
