package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
)

// store holds the state and lands changes. Readers take the state as it is: it
// equals what is on disk, or with a large file what will be. Writers queue;
// whoever gets the turn applies and saves all that is queued, so that many share
// one write of the file.
type store struct {
	state atomic.Pointer[State]
	saver *saver // nil: in memory

	history *history // nil: nobody looks back

	turn  chan struct{} // holds one token while changes are being landed
	mu    sync.Mutex    // guards queue
	queue []*pending
}

// pending is a change that waits. A change gets a state that it must not touch
// and returns the next one, or the same if there is nothing to do.
type pending struct {
	change func(*State) (*State, error)
	done   chan struct{}
	err    error // to be read once done is closed
}

func newStore(st *State, d *disk) *store {
	s := &store{saver: newSaver(d), turn: make(chan struct{}, 1)}
	s.state.Store(st)
	return s
}

// commit returns when the change has landed, was refused or could not be saved.
// What has landed is on disk, or with a large file in memory and owed to it.
func (s *store) commit(change func(*State) (*State, error)) error {
	p := &pending{change: change, done: make(chan struct{})}
	s.mu.Lock()
	s.queue = append(s.queue, p)
	s.mu.Unlock()
	select {
	case <-p.done:
	case s.turn <- struct{}{}:
		s.mu.Lock()
		batch := s.queue
		s.queue = nil
		s.mu.Unlock()
		s.land(batch)
		<-s.turn
	}
	return p.err
}

// alone lands one change by itself on the caller's goroutine: it is a
// stranger's, and may panic.
func (s *store) alone(change func(*State) (*State, error)) error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	p := &pending{change: change, done: make(chan struct{})}
	s.land([]*pending{p})
	return p.err
}

func (s *store) land(batch []*pending) {
	now := s.state.Load()
	next := now
	for _, p := range batch {
		if changed, err := p.change(next); err != nil {
			p.err = err
		} else {
			next = changed
		}
	}
	if next != now || s.saver.overdue() {
		if err := s.saver.keep(next); err != nil {
			// The refusals go too: they were judged by a state that never was.
			for _, p := range batch {
				p.err = err
			}
		} else {
			s.state.Store(next)
			s.history.note(next)
		}
	}
	for _, p := range batch {
		close(p.done)
	}
}

// save has a state on disk when it returns.
func (s *store) save(st *State) error {
	if s.saver == nil {
		return nil
	}
	return s.saver.write(st)
}

func encodeState(st *State) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(st); err != nil {
		return nil, fmt.Errorf("the state cannot be written as JSON: %w", err)
	}
	return b.Bytes(), nil
}
