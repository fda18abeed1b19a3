package transport

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	minSkew     = 2 * time.Second  // below it a difference may as well be the measuring
	maxSkew     = 24 * time.Hour   // above it a date is no clock's
	slowAnswer  = 10 * time.Second // too long for its middle to mean anything
	skewSamples = 5
)

// ClockSkew is how far a platform's clock is from ours. It is safe for concurrent
// use by any number of stacks to the same platform.
type ClockSkew struct {
	local func() time.Time

	mu   sync.Mutex
	last []time.Duration // offsets, the newest last
}

// NewClockSkew measures against a clock of ours.
func NewClockSkew(local func() time.Time) *ClockSkew { return &ClockSkew{local: local} }

// Offset is what to add to our clock to get the platform's: the median of the
// last five answers. It is 0 if that is not more than two seconds, since a Date
// header is not more exact, and as long as nothing is known.
func (c *ClockSkew) Offset() time.Duration {
	c.mu.Lock()
	sorted := slices.Sorted(slices.Values(c.last))
	c.mu.Unlock()
	if len(sorted) == 0 {
		return 0
	}
	if offset := sorted[len(sorted)/2]; offset.Abs() > minSkew {
		return offset
	}
	return 0
}

// Now is the time on the platform's clock, as far as it is known.
func (c *ClockSkew) Now() time.Time { return c.local().Add(c.Offset()) }

// learn takes in the Date of an answer whose request began and ended by our clock.
func (c *ClockSkew) learn(h http.Header, began, ended time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	took := ended.Sub(began)
	// A cache gives back the Date it was given, and says so by the Age.
	if age := h.Get("Age"); err != nil || age != "" && age != "0" || took < 0 || took > slowAnswer {
		return
	}
	// The date was cut to its second, and made somewhere between the two.
	offset := date.Add(time.Second / 2).Sub(began.Add(took / 2))
	if offset.Abs() > maxSkew {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.last) == skewSamples {
		c.last = c.last[1:]
	}
	c.last = append(c.last, offset)
}

// Skew has c learn from the Date header of each answer. Answers that took more
// than ten seconds, that came out of a cache, or whose date is more than a day
// off teach nothing.
func Skew(next http.RoundTripper, c *ClockSkew) http.RoundTripper {
	return tripper(func(r *http.Request) (*http.Response, error) {
		began := c.local()
		resp, err := next.RoundTrip(r)
		if err == nil {
			c.learn(resp.Header, began, c.local())
		}
		return resp, err
	})
}
