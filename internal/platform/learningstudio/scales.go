package learningstudio

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gradesync/gradesync/reconcile"
)

// scales remembers what each column's points are of, so that not every score has
// to ask. The zero value knows nothing. What this run has put, and seen, counts
// from then on: a later reading may come from before.
type scales struct {
	mu     sync.Mutex
	points map[string]float64 // by id, as last read
	listed map[string]bool    // by id: points are of a listing that no grades were read on yet
	put    map[string]*wait   // by id: put by us, and to be seen before any score goes
}

// wait is one look at a column, for all who need its points.
type wait struct {
	points float64
	begun  bool
	done   chan struct{} // closed once err stands
	err    error
}

// read takes in what a reading shows.
func (s *scales) read(id string, points float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.points == nil {
		s.points, s.listed, s.put = map[string]float64{}, map[string]bool{}, map[string]*wait{}
	}
	s.points[id] = points
	delete(s.listed, id)
}

// list takes in what a listing shows.
func (s *scales) list(id string, points float64) {
	s.read(id, points)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed[id] = true
}

// take gives the points of a listing to the first who reads grades on it: to read
// the column beside them would tell the same. Whoever comes later has to look, and
// everyone at a column that this run has put: the listing may be behind.
func (s *scales) take(id string) (float64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.listed[id] || s.put[id] != nil {
		return 0, false
	}
	delete(s.listed, id)
	return s.points[id], true
}

// wrote takes in what was put, and answered well.
func (s *scales) wrote(id string, points float64) {
	s.read(id, points)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put[id] = &wait{points: points, done: make(chan struct{})}
}

func (s *scales) known(id string) (float64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.put[id]; w != nil {
		return w.points, true
	}
	points, ok := s.points[id]
	return points, ok
}

// claim is what there is to wait for, and whether the caller is to do it.
func (s *scales) claim(id string) (w *wait, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w = s.put[id]; w != nil && !w.begun {
		w.begun, mine = true, true
	}
	return w, mine
}

// looks is how often a column is read until it shows the points that were put:
// 0.1 s after the write, and each time after twice as long, 12 s in all.
const looks = 7

// shows waits until a column shows the points that this run has put. A score is
// of them, and on other points it would be wrong.
func (p *Platform) shows(ctx context.Context, id string) error {
	w, mine := p.scales.claim(id)
	if w == nil {
		return nil
	}
	if !mine {
		select {
		case <-w.done:
			return w.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer close(w.done)
	for look := range looks {
		i, err := p.item(ctx, id)
		if err == nil && i.Points.or(0) == w.points {
			w.err = nil
			return nil
		}
		w.err = err
		if err == nil {
			w.err = &reconcile.Fault{
				Kind: reconcile.Refused, Hint: "see what became of the column, and apply again",
				Err: fmt.Errorf("its column does not show the points possible that were put, %v, but %v", w.points, i.Points.or(0)),
			}
		}
		timer := time.NewTimer(100 * time.Millisecond << look)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			w.err = ctx.Err()
			return w.err
		}
	}
	return w.err
}
