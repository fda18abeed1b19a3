package learningstudio

import "sync"

// scales remembers what each column's points are of, so that not every score has
// to ask. The zero value knows nothing.
//
// What this run has put counts until a reading shows it: right after the write a
// reading may still come from before, and a score on the old scale would be wrong.
type scales struct {
	mu     sync.Mutex
	points map[string]float64 // by id
	put    map[string]bool    // by id: put by us, and not read since
}

// read takes in what a reading shows, and gives what is to be believed.
func (s *scales) read(id string, points float64) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.points == nil {
		s.points, s.put = map[string]float64{}, map[string]bool{}
	}
	if s.put[id] && s.points[id] != points {
		return s.points[id]
	}
	s.points[id], s.put[id] = points, false
	return points
}

// wrote takes in what was put, and answered well.
func (s *scales) wrote(id string, points float64) {
	s.read(id, points)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.points[id], s.put[id] = points, true
}

func (s *scales) known(id string) (float64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	points, ok := s.points[id]
	return points, ok
}
