package sandbox

import (
	"sync"
	"time"
)

const (
	// largeFile is the size of a state file, in bytes, from which on it is
	// written behind: each write takes as long as the file is large, and with one
	// for every few changes the work would grow with their square. It is a size
	// and not a time, so that what a kill can lose hangs on the state alone and
	// not on how busy the machine is.
	largeFile = 256 << 10
	// lag is how long a change waits for the write of a large file.
	lag = time.Second
)

// saver brings states into the file. A small file is written before a change is
// answered. A large one follows what was answered, lag behind, so that a killed
// process loses the last second. Once that fails, writes come before answers
// again until one succeeds: the next change is refused with the error, or has
// everything on disk.
type saver struct {
	disk    *disk
	writing chan struct{} // holds one token while the file is written: never twice at once

	mu     sync.Mutex // guards what follows
	owed   *State     // the newest that was answered for and is not on disk; nil: none
	timer  *time.Timer
	size   int64 // of the file, in bytes
	failed bool  // the last write did
	closed bool
}

// newSaver returns nil, which keeps nothing, where there is no file.
func newSaver(d *disk) *saver {
	if d == nil {
		return nil
	}
	s := &saver{disk: d, writing: make(chan struct{}, 1)}
	if d.last != nil {
		s.size = d.last.Size()
	}
	return s
}

// keep returns once the state is on disk or, where the file is large, owed to
// it. One that could not be written is not owed: its changes are refused.
func (s *saver) keep(st *State) error {
	if s == nil || s.owe(st) {
		return nil
	}
	return s.write(st)
}

func (s *saver) owe(st *State) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size < largeFile || s.failed || s.closed {
		return false
	}
	if s.owed == nil {
		s.timer = time.AfterFunc(lag, func() { _ = s.write(nil) }) // the next change, or close, tells
	}
	s.owed = st
	return true
}

// overdue tells of a state that is owed since a write failed.
func (s *saver) overdue() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed && s.owed != nil
}

// write writes a state, which takes the place of the one that is owed; nil is
// the one that is owed.
func (s *saver) write(st *State) error {
	s.writing <- struct{}{}
	defer func() { <-s.writing }()
	s.mu.Lock()
	owed := s.owed
	s.owed = nil
	s.mu.Unlock()
	if st == nil {
		st = owed
	}
	if st == nil {
		return nil
	}
	data, err := encodeState(st)
	if err == nil {
		err = s.disk.save(data)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = err != nil
	if err == nil {
		s.size = int64(len(data))
	} else if s.owed == nil { // no newer one has come to be owed
		s.owed = owed
	}
	return err
}

// close writes what is owed. Changes that come later are written at once.
func (s *saver) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	return s.write(nil)
}
