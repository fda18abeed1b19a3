package runlog

import (
	"io"
	"io/fs"
	"sync"
)

// journal appends lines to a file and syncs it behind the writers' backs: while
// one sync runs, lines gather for the next.
type journal struct {
	file  syncer
	dirty chan struct{} // holds one word: lines came since the last sync began
	done  chan struct{} // closed with the last sync

	mu     sync.Mutex // held through a line, never through a sync
	torn   bool       // the file ends in a part of a line
	closed bool

	syncErr error // the first; to be read once done is closed
}

// syncer is what a journal needs of an *os.File.
type syncer interface {
	io.WriteCloser
	Sync() error
}

func newJournal(file syncer) *journal {
	j := &journal{file: file, dirty: make(chan struct{}, 1), done: make(chan struct{})}
	go j.sync()
	return j
}

func (j *journal) sync() {
	defer close(j.done)
	for range j.dirty {
		// A disk that failed once may say that all is well the next time, though
		// the lines are gone: the first error stands.
		if err := j.file.Sync(); err != nil && j.syncErr == nil {
			j.syncErr = err
		}
	}
}

// append writes a line, its newline included, in one call.
func (j *journal) append(line []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return fs.ErrClosed
	}
	if j.torn {
		// The disk was full in the middle of a line, and there is room again. The
		// part stays: it was reported as not recorded, and its reader will be told.
		line = append([]byte{'\n'}, line...)
	}
	n, err := j.file.Write(line)
	if n > 0 {
		j.torn = n < len(line)
		select {
		case j.dirty <- struct{}{}:
		default:
		}
	}
	return err
}

// close syncs what is left. It is called once.
func (j *journal) close() error {
	j.mu.Lock()
	j.closed = true
	close(j.dirty) // a word that is in it is still heard
	j.mu.Unlock()
	<-j.done
	err := j.file.Close()
	if j.syncErr != nil {
		return j.syncErr
	}
	return err
}
