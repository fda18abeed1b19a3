package reconcile

import (
	"sync"
	"time"
)

// Phase is a part of the work of a plan or an apply.
type Phase string

// Phases, in the order of a run.
const (
	ReadingRoster  Phase = "read roster"
	ReadingItems   Phase = "read line items"
	ReadingResults Phase = "read results"
	Deciding       Phase = "decide"
	LookingAgain   Phase = "look again" // at all that a saved plan touches
	WritingItems   Phase = "write line items"
	PostingScores  Phase = "post scores"
	ReadingBack    Phase = "read back"
)

// Times measures for how long at least one context was in a phase: contexts are
// worked on side by side, so the phases of a run may be longer than the run. It is
// safe for concurrent use; a nil one measures nothing.
type Times struct {
	clock Clock
	began time.Time

	mu    sync.Mutex
	spans map[Phase]*span
}

type span struct {
	inside int
	since  time.Time
	total  time.Duration
}

// NewTimes measures by this clock.
func NewTimes(clock Clock) *Times {
	return &Times{clock: clock, began: clock.Now(), spans: map[Phase]*span{}}
}

// In tells that a phase begins; what it gives is called when it is over.
func (t *Times) In(p Phase) (over func()) {
	if t == nil {
		return func() {}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.spans[p]
	if s == nil {
		s = &span{}
		t.spans[p] = s
	}
	if s.inside++; s.inside == 1 {
		s.since = t.clock.Now()
	}
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if s.inside--; s.inside == 0 {
			s.total += t.clock.Now().Sub(s.since)
		}
	})
}

// Whole is how long ago the Times were made.
func (t *Times) Whole() time.Duration {
	if t == nil {
		return 0
	}
	return t.clock.Now().Sub(t.began)
}

// Total is how long a phase took; ok is false where there was none. A phase that
// is not over counts until now.
func (t *Times) Total(p Phase) (total time.Duration, ok bool) {
	if t == nil {
		return 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.spans[p]
	if s == nil {
		return 0, false
	}
	total = s.total
	if s.inside > 0 {
		total += t.clock.Now().Sub(s.since)
	}
	return total, true
}
