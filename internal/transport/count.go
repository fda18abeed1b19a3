package transport

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

// Stats are a run's figures at one moment.
type Stats struct {
	Kinds map[string]Kind // by what the requests were for, see [agsclient.Operation]

	Waited    time.Duration // of all requests together, for a free slot or for their turn
	Throttled int64         // answers which said that requests come too fast
	Paused    time.Duration // for which nobody was sent because of them, about
}

// Kind are the figures of the requests that were for one thing.
type Kind struct {
	Requests int64         // attempts
	Repeated int64         // of these, because one before them failed
	BytesOut int64         // of bodies, as their length was declared
	BytesIn  int64         // of bodies as they were read, decompressed
	Took     time.Duration // of all attempts together, until the header of the answer
}

// Counters adds up what goes by. The zero value is ready, and it is safe for
// concurrent use by any number of stacks.
type Counters struct {
	Now func() time.Time // the clock that durations are taken from; nil: none are
	// Repeats tells whether a request was sent before where [agsclient.Repeat] tells
	// nothing; nil: it was not. It is asked once for each attempt.
	Repeats func(ctx context.Context, url string) bool

	mu    sync.Mutex
	stats Stats
}

// Snapshot gives the figures so far.
func (c *Counters) Snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Kinds = maps.Clone(s.Kinds)
	return s
}

func (c *Counters) throttled(pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Throttled++
	c.stats.Paused += pause
}

func (c *Counters) waited(d time.Duration) {
	if c == nil || d <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Waited += d
}

// add adds to the figures of what r is for.
func (c *Counters) add(r *http.Request, k Kind) {
	op := agsclient.Operation(r.Context())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.Kinds == nil {
		c.stats.Kinds = map[string]Kind{}
	}
	sum := c.stats.Kinds[op]
	sum.Requests += k.Requests
	sum.Repeated += k.Repeated
	sum.BytesOut += k.BytesOut
	sum.BytesIn += k.BytesIn
	sum.Took += k.Took
	c.stats.Kinds[op] = sum
}

// timer tells how long ago it was made; 0 without a clock.
func (c *Counters) timer() func() time.Duration {
	if c == nil || c.Now == nil {
		return func() time.Duration { return 0 }
	}
	began := c.Now()
	return func() time.Duration { return c.Now().Sub(began) }
}

// Count counts each attempt.
func Count(next http.RoundTripper, c *Counters) http.RoundTripper {
	return tripper(func(r *http.Request) (*http.Response, error) {
		k := Kind{Requests: 1, BytesOut: max(0, r.ContentLength)}
		again, told := agsclient.Repeat(r.Context())
		if !told && c.Repeats != nil {
			again = c.Repeats(r.Context(), r.URL.String())
		}
		if again {
			k.Repeated = 1
		}
		took := c.timer()
		resp, err := next.RoundTrip(r)
		k.Took = took()
		c.add(r, k)
		if err != nil {
			return nil, err
		}
		var in atomic.Int64 // the one who closes need not be the one who reads
		resp.Body = &body{
			ReadCloser: resp.Body,
			read:       func(n int, err error) error { in.Add(int64(n)); return err },
			closed:     func() { c.add(r, Kind{BytesIn: in.Load()}) },
		}
		return resp, nil
	})
}
