package runlog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
)

// Names in a run's folder that are ours.
const (
	outcomeName  = "outcome.jsonl"
	sealedSuffix = ".age"
)

// elsewhere ends the errors about a place that cannot take the record.
const elsewhere = "make it writable, or choose another folder with --runs-dir"

// Options say where a run is recorded, and for whom.
type Options struct {
	// Dir is the folder of all runs, such as .gradesync/runs. It is made, with
	// those above it, as 0700 where it is missing.
	Dir string

	// Now is the run's moment, of which its id is made.
	Now time.Time

	// Recipients, if there are any, are those who can open the record: everything
	// but the .gitignore is sealed for them.
	Recipients []age.Recipient
}

// Run is the record of a run that is under way. It is safe for concurrent use.
type Run struct {
	dir        string
	recipients []age.Recipient
	outcomes   *journal

	mu     sync.Mutex // held through a Write and through Close
	root   *os.Root   // the folder itself, wherever its path leads later
	closed bool
	err    error // of Close
}

// Create makes the folder of a new run and makes sure that it can be written
// to. It puts a .gitignore that holds "*" first: in .gradesync where Dir is
// .gradesync/runs, else in Dir. One that is there is left as it is, and is an
// error if it would let the runs into git.
//
// No two runs share a folder, be they of one moment. Errors name the path and
// what to do; the .gitignore stays.
func Create(o Options) (*Run, error) {
	if o.Dir == "" {
		return nil, errors.New("no folder to record runs in: name one with --runs-dir")
	}
	// A year of other than four digits would not sort.
	if y := o.Now.UTC().Year(); y < 1970 || y > 9999 {
		return nil, fmt.Errorf("a run cannot be recorded as of the year %d", y)
	}
	recipients := slices.Clone(o.Recipients)
	if len(recipients) > 0 {
		// What cannot be sealed for is to be known now, not after the first grade.
		if _, err := seal(recipients, nil); err != nil {
			return nil, err
		}
	}
	home := ignoredFolder(o.Dir)
	if err := makeFolder(home); err != nil {
		return nil, err
	}
	if err := ignore(home, o.Dir); err != nil {
		return nil, err
	}
	if err := makeFolder(o.Dir); err != nil {
		return nil, err
	}
	dir, err := makeRunFolder(o.Dir, o.Now)
	if err != nil {
		return nil, placeError(o.Dir, err)
	}
	r := &Run{dir: dir, recipients: recipients}
	if err := r.start(); err != nil {
		return nil, placeError(dir, err)
	}
	return r, nil
}

// start opens the folder and puts an empty log of outcomes into it, which is
// what marks it as a run's.
func (r *Run) start() (err error) {
	r.root, err = os.OpenRoot(r.dir)
	if err != nil {
		return err
	}
	name := outcomeName
	if r.sealed() {
		name += sealedSuffix
	}
	file, err := r.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err == nil {
		err = errors.Join(file.Chmod(0o600), syncFolder(r.root))
		if err == nil {
			r.outcomes = newJournal(file)
			return nil
		}
		_ = file.Close()
	}
	_ = r.root.Close()
	return err
}

// Dir is the run's own folder: Options.Dir and the run's id.
func (r *Run) Dir() string { return r.dir }

func (r *Run) sealed() bool { return len(r.recipients) > 0 }

// Close waits until the outcomes are on the disk. It reports the first error
// that any of the syncs behind Outcome met. After it, the record takes nothing
// more; closing again gives the same answer.
func (r *Run) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return r.err
	}
	r.closed = true
	if err := r.outcomes.close(); err != nil {
		r.err = fmt.Errorf("%s: the outcomes may not all be on the disk: %w", r.dir, err)
	}
	_ = r.root.Close()
	return r.err
}

// makeRunFolder makes the folder of one run: the moment, by which it sorts, and
// a random part.
func makeRunFolder(parent string, now time.Time) (string, error) {
	moment := now.UTC().Format("20060102T150405Z")
	for {
		dir := filepath.Join(parent, moment+"-"+strings.ToLower(rand.Text()[:6]))
		err := os.Mkdir(dir, 0o700)
		if errors.Is(err, fs.ErrExist) {
			continue // another run's, one chance in a thousand million
		}
		if err == nil {
			err = settle(dir)
		}
		return dir, err
	}
}
