package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gradesync/gradesync/internal/quirk"
)

// Canvas counts in units. A request is charged ahead, and what was too much is
// given back at its end, so that requests at the same time cost more.
const (
	budgetUnits = 600.0
	aheadUnits  = 50.0
)

// throttle is a leaky bucket of requests: it holds a second's worth, and one at
// the least. Refused requests are not in it.
type throttle struct {
	rate float64 // requests a second that leak out; 0 refuses none and fills nothing

	mu    sync.Mutex
	level float64 // in requests
	since time.Time
	open  int // requests that were let in and are not done
}

// room is the size of the bucket, in requests.
func (t *throttle) room() float64 { return max(1, t.rate) }

// enter lets a request in, or says for how many whole seconds there is no room.
// Token requests are always let in. ahead: those under way take room too.
func (t *throttle) enter(c *call, ahead bool) (wait int) {
	if c.path.kind == kindToken {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leak(c.now)
	if t.rate > 0 {
		over := t.level + 1 - t.room()
		if ahead {
			over += float64(t.open) * aheadUnits / budgetUnits * t.room()
		}
		if over > 0 {
			return max(1, int(math.Ceil(over/t.rate)))
		}
		t.level++
	}
	t.open++
	c.charged = true
	return 0
}

func (t *throttle) leak(now time.Time) {
	if gone := now.Sub(t.since); gone > 0 {
		t.level = max(0, t.level-gone.Seconds()*t.rate)
		t.since = now
	}
}

// leave ends a request that was let in.
func (t *throttle) leave(c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.charged {
		t.open--
	}
}

// announce says, as Canvas does, what the request costs and what is left once
// it is done.
func (t *throttle) announce(c *call, h http.Header) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leak(c.now)
	others, cost := t.open, 0.0
	if c.charged {
		others--
		cost = budgetUnits / t.room()
		if t.rate == 0 {
			cost = 1
		}
	}
	left := budgetUnits*(1-t.level/t.room()) - float64(others)*aheadUnits
	h.Set("X-Request-Cost", strconv.FormatFloat(cost, 'f', -1, 64))
	h.Set("X-Rate-Limit-Remaining", strconv.FormatFloat(max(0, left), 'f', 6, 64))
}

// tooMany is the refusal of a request that there is no room for.
func (s *Sandbox) tooMany(wait int) answer {
	if s.has(quirk.Throttles403) {
		return answer{status: http.StatusForbidden, mediaType: "text/plain; charset=utf-8", body: raw("403 Forbidden (Rate Limit Exceeded)\n"), header: http.Header{}}
	}
	a := s.face.refusal(refuse(http.StatusTooManyRequests, "too many requests"))
	a.header.Set("Retry-After", strconv.Itoa(wait))
	return a
}

func checkRate(rate float64) error {
	if !(rate >= 0) || math.IsInf(rate, 0) {
		return fmt.Errorf("sandbox: %v requests a second: a number of 0 or more, 0 for no limit", rate)
	}
	return nil
}
