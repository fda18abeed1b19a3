package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"

	"github.com/gradesync/gradesync/internal/revision"
	"github.com/gradesync/gradesync/internal/runlog"
)

// recordedFile tells which commits a run was to record as applied: a JSON array of
// step. It is there only where the run was to record some.
const recordedFile = "recorded.json"

// step is how the commit that is recorded as applied of a gradebook moves.
type step struct {
	Gradebook string `json:"gradebook"`
	At        string `json:"at"`             // the commit that is recorded once all is done
	Was       string `json:"was,omitempty"`  // the one before; "": none
	Note      []byte `json:"note,omitempty"` // what was kept beside that one
}

// commits are those that a session is to record as applied, or to set back.
type commits struct {
	steps  []step          // of this run
	undone []step          // of the run that it undoes
	partly map[string]bool // the gradebooks of which not all of that is undone
	sent   atomic.Bool     // something was written
}

// Records has the run's record tell which commits are to be recorded as applied,
// so that an undo can set them back.
func (s *Session) Records(a *Applied) {
	for _, g := range a.docs.Gradebooks {
		s.steps = append(s.steps, step{g.Name(), a.head.Hash, a.was[g.Name()].Hash, a.kept[g.Name()]})
	}
}

// stepsOf are the steps of a run's record.
func stepsOf(f *runlog.Folder, dir string) (steps []step, err error) {
	b, err := f.Read(recordedFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &RecordError{err.Error()}
	}
	if steps, err = readSteps(b); err != nil {
		return nil, &RecordError{fmt.Sprintf("%s: %v", path.Join(dir, recordedFile), err)}
	}
	return steps, nil
}

// readSteps is strict: what is read here comes to be said, and given to git.
func readSteps(b []byte) (steps []step, err error) {
	if err := json.Unmarshal(b, &steps); err != nil {
		return nil, err
	}
	for _, st := range steps {
		if !commit(st.At) || st.Was != "" && !commit(st.Was) {
			return nil, errors.New("it names what is no commit")
		}
	}
	return steps, nil
}

func commit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// Back sets back what is recorded as applied, once a run is undone: then what was
// put back is what the files said at the base, and no hand's. A run that was
// recorded since, and sections that are not undone, are in its way: their values
// would lose the base that protects them.
type Back struct {
	s     *Session
	repo  *revision.Repo // nil: there is none
	moves []step
	told  []string // of those that cannot move
}

// PrepareBack looks at what an undo will set back, which its own record tells
// then. files are as -f names them. Trouble with git is in the way of no undo: Set
// tells of it.
func (s *Session) PrepareBack(ctx context.Context, files []string) *Back {
	b := &Back{s: s}
	if len(s.undone) == 0 {
		return b
	}
	h, err := openHistory(ctx, inRepository(ctx, files))
	if err == nil {
		b.repo = h.repo
	}
	for _, st := range s.undone {
		why := err
		if why == nil {
			why = b.prepare(ctx, st)
		}
		if why != nil {
			b.cannot(st, why.Error())
		}
	}
	s.steps = b.moves
	return b
}

const fetching = "git fetch origin '+refs/gradesync/*:refs/gradesync/*'"

func (b *Back) prepare(ctx context.Context, st step) error {
	now, err := b.repo.Applied(ctx, st.Gradebook)
	if err != nil && !errors.Is(err, revision.ErrNotRecorded) {
		return err
	}
	ref, was, at := revision.Ref(st.Gradebook), revision.Revision{Hash: st.Was}, revision.Revision{Hash: st.At}
	switch {
	case st.Was == "":
		b.cannot(st, "nothing was recorded before that run")
	case now.Hash == st.Was:
		b.told = append(b.told, fmt.Sprintf("%s is at %s, as before that run. If it is not where you apply from, run `%s` and this again", ref, was.Short(), fetching))
	case now.Hash != st.At:
		b.cannot(st, fmt.Sprintf("%s is not at %s, which that run recorded. If it is old here, run `%s` and this again", ref, at.Short(), fetching))
	case b.s.partly[st.Gradebook]:
		b.cannot(st, "not all of its sections that the run wrote to are undone")
	default:
		if _, err := b.repo.Resolve(ctx, st.Was); err != nil {
			b.cannot(st, "the commit that was recorded before that run, "+was.Short()+", is not in this clone")
			return nil
		}
		kept, err := b.repo.Kept(ctx, st.Gradebook)
		if err != nil {
			return err
		}
		b.moves = append(b.moves, step{Gradebook: st.Gradebook, At: st.Was, Was: st.At, Note: kept})
	}
	return nil
}

// cannot tells what a later base makes of what is put back, and what to do.
func (b *Back) cannot(st step, why string) {
	b.told = append(b.told, fmt.Sprintf("what is put back of the Gradebook %q counts as set by hand for --base auto: %s. To let the files write over it later: apply --base auto --allow overwrite-override:KEY", st.Gradebook, why))
}

// Set moves what is recorded, if the undo has put back anything or (done) had
// nothing to do; told is what to tell people. Errors are of type BaseError.
func (b *Back) Set(ctx context.Context, done bool) (told []string, err error) {
	if !done && !b.s.sent.Load() {
		return nil, nil
	}
	told = b.told
	for _, m := range b.moves {
		note := b.s.noteOf(m.Gradebook)
		if len(note) > 0 {
			if err := b.repo.Keep(ctx, m.Gradebook, note); err != nil {
				return told, baseError(err)
			}
		}
		to := revision.Revision{Hash: m.At}
		if _, err := b.repo.Record(ctx, m.Gradebook, revision.Revision{Hash: m.Was}, to); err != nil {
			return told, baseError(err)
		}
		told = append(told, fmt.Sprintf("recorded: %s is back at %s, so that for --base auto nobody set by hand what was put back. Where CI applies: git push origin '+refs/gradesync/*:refs/gradesync/*'", revision.Ref(m.Gradebook), to.Short()))
	}
	return told, nil
}

// noteOf is what was kept beside the commit that a gradebook goes back to.
func (s *Session) noteOf(gradebook string) []byte {
	for _, st := range s.undone {
		if st.Gradebook == gradebook {
			return st.Note
		}
	}
	return nil
}

// Close ends the reading of the repository.
func (b *Back) Close() {
	if b.repo != nil {
		b.repo.Close()
	}
}
