package sandbox

import (
	"slices"
	"sync"
	"time"
)

// maxMoments bounds how many states are remembered.
const maxMoments = 4096

// history remembers what the store held, for reads that come late. States
// share what did not change, so that many cost little.
type history struct {
	now     func() time.Time
	longest time.Duration // nobody looks back further

	mu    sync.Mutex
	begun bool
	past  []moment // the oldest first
}

type moment struct {
	since time.Time
	state *State
}

// newHistory returns nil, which remembers nothing, where no fault looks back.
func newHistory(faults []Fault, now func() time.Time, st *State) *history {
	h := &history{now: now, past: []moment{{state: st}}}
	for _, f := range faults {
		if f.Kind == FaultStale {
			h.longest = max(h.longest, f.Behind)
		}
	}
	if h.longest == 0 {
		return nil
	}
	return h
}

// begin starts the history, with the first request: what was set up before has
// always been there.
func (h *history) begin() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begun = true
}

// note remembers a state that has just become the store's.
func (h *history) note(st *State) {
	if h == nil {
		return
	}
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.begun {
		h.past = []moment{{state: st}}
		return
	}
	h.past = append(h.past, moment{now, st})
	gone := max(0, len(h.past)-maxMoments)
	for gone < len(h.past)-1 && !h.past[gone+1].since.After(now.Add(-h.longest)) {
		gone++ // the next was there already for whoever looks back furthest
	}
	h.past = slices.Delete(h.past, 0, gone)
}

// behind is the state of some time ago, or the oldest that is remembered.
func (h *history) behind(ago time.Duration) *State {
	then := h.now().Add(-ago)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range slices.Backward(h.past) {
		if !m.since.After(then) {
			return m.state
		}
	}
	return h.past[0].state
}

// past is the sandbox as it was, to be read only.
func (s *Sandbox) past(ago time.Duration) *Sandbox {
	then := *s
	then.store = newStore(s.store.history.behind(ago), nil)
	then.resources = then.routes()
	return &then
}
