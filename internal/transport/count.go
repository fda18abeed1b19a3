package transport

import (
	"maps"
	"net/http"
	"sync"
	"time"
)

// Stats are a run's figures at one moment.
type Stats struct {
	Requests map[string]int64 // attempts by method
	BytesIn  int64            // of bodies as they were read, decompressed
	BytesOut int64            // of bodies, as their length was declared
	Retries  int64

	Throttled int64         // answers which said that requests come too fast
	Paused    time.Duration // for which nobody was sent because of them, about
}

// Counters adds up what goes by. The zero value is ready, and it is safe for
// concurrent use by any number of stacks.
type Counters struct {
	mu    sync.Mutex
	stats Stats
}

// Snapshot gives the figures so far.
func (c *Counters) Snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Requests = maps.Clone(s.Requests)
	return s
}

func (c *Counters) retried() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Retries++
}

func (c *Counters) throttled(pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Throttled++
	c.stats.Paused += pause
}

func (c *Counters) sent(method string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.Requests == nil {
		c.stats.Requests = map[string]int64{}
	}
	c.stats.Requests[method]++
	c.stats.BytesOut += max(0, n)
}

func (c *Counters) received(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.BytesIn += int64(n)
}

// Count counts each attempt.
func Count(next http.RoundTripper, c *Counters) http.RoundTripper {
	return tripper(func(r *http.Request) (*http.Response, error) {
		method := r.Method
		if method == "" {
			method = http.MethodGet
		}
		c.sent(method, r.ContentLength)
		resp, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		resp.Body = &body{ReadCloser: resp.Body, read: func(n int, err error) error {
			c.received(n)
			return err
		}}
		return resp, nil
	})
}
