package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// slowDisk takes its time for a write, and counts those at once.
type slowDisk struct {
	*badDisk
	takes      time.Duration
	busy, most atomic.Int32
}

func (d *slowDisk) files() files {
	f := d.badDisk.files()
	under := f.rename
	f.rename = func(from, to string) error {
		d.most.Store(max(d.most.Load(), d.busy.Add(1)))
		defer d.busy.Add(-1)
		time.Sleep(d.takes)
		return under(from, to)
	}
	return f
}

// storeOf is a store with a file of about so many bytes, on a slow disk.
func storeOf(t *testing.T, bytes int, takes time.Duration) (*store, *slowDisk, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.json")
	slow := &slowDisk{badDisk: newBadDisk(), takes: takes}
	s := newStore(&State{Version: stateVersion, Client: Client{ID: "tool", DeploymentID: "1"}, Courses: map[string]*Course{}}, &disk{path: file, files: slow.files()})
	require.NoError(t, s.commit(func(st *State) (*State, error) {
		next := st.clone()
		next.Courses["filler"] = &Course{Title: strings.Repeat("x", bytes), NextLineItem: 1}
		return next, nil
	}))
	return s, slow, file
}

func addCourse(s *store, id string) error {
	return s.commit(func(st *State) (*State, error) { return rules{}.addCourse(st, id), nil })
}

// saved tells whether the file has a course.
func saved(t *testing.T, file, id string) bool {
	return strings.Contains(read(t, file), fmt.Sprintf("%q", id))
}

func TestLargeFileIsWrittenBehind(t *testing.T) {
	for name, takes := range map[string]time.Duration{"in no time": 0, "in 300 ms": 300 * time.Millisecond, "in 3 s": 3 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, slow, file := storeOf(t, largeFile, takes)
				const n = 200
				begun := time.Now()
				for i := range n {
					require.NoError(t, addCourse(s, fmt.Sprint("c", i)))
					require.Len(t, s.state.Load().Courses, 2+i, "answered is shown")
					time.Sleep(20 * time.Millisecond) // of the bubble's clock, which only this moves
				}
				require.Equal(t, n*20*time.Millisecond, time.Since(begun), "no answer waits for a write")
				require.NoError(t, s.saver.close())
				require.LessOrEqual(t, slow.writes.Load(), int32(6), "of 200 changes in 4 s")
				require.EqualValues(t, 1, slow.most.Load(), "writes at once")
				for i := range n {
					require.True(t, saved(t, file, fmt.Sprint("c", i)))
				}
				synctest.Wait()
				require.Empty(t, leftovers(t, file))
			})
		})
	}
}

// What a kill can lose is the last second.
func TestLagOfALargeFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, slow, file := storeOf(t, largeFile, 0)
		wait := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		require.NoError(t, addCourse(s, "first"))
		wait(lag / 2)
		require.NoError(t, addCourse(s, "second"))
		require.False(t, saved(t, file, "first"))
		wait(lag/2 + time.Millisecond)
		require.True(t, saved(t, file, "first"))
		require.True(t, saved(t, file, "second"), "it went along")
		writes := slow.writes.Load()
		wait(10 * lag)
		require.Equal(t, writes, slow.writes.Load(), "nothing is written that is there")
		require.NoError(t, s.saver.close())
		require.Equal(t, writes, slow.writes.Load())

		require.NoError(t, addCourse(s, "late"))
		require.True(t, saved(t, file, "late"), "nobody is there to write it behind")
	})
}

// A change that comes while the file is written is in the next write.
func TestChangeDuringAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, file := storeOf(t, largeFile, lag/2)
		require.NoError(t, addCourse(s, "first"))
		time.Sleep(lag + lag/4)
		require.NoError(t, addCourse(s, "second"))
		time.Sleep(lag / 2)
		require.True(t, saved(t, file, "first"))
		require.False(t, saved(t, file, "second"))
		time.Sleep(lag + lag/4)
		require.True(t, saved(t, file, "second"))
	})
}

func TestFailedWriteBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, slow, file := storeOf(t, largeFile, 0)
		onDisk := read(t, file)
		slow.fail.Store("write")
		require.NoError(t, addCourse(s, "owed"), "nobody knows yet")
		time.Sleep(lag)
		synctest.Wait()
		require.Equal(t, onDisk, read(t, file))

		require.ErrorIs(t, addCourse(s, "refused"), syscall.ENOSPC, "the next change is told")
		require.ErrorIs(t, addCourse(s, "owed"), syscall.ENOSPC, "even if there is nothing to do: what it wants is not saved")
		require.ErrorIs(t, s.alone(func(st *State) (*State, error) { return st.clone(), nil }), syscall.ENOSPC)
		require.NotNil(t, s.state.Load().Courses["owed"], "what was answered is still there")
		require.Nil(t, s.state.Load().Courses["refused"])
		require.Equal(t, onDisk, read(t, file))

		slow.fail.Store("")
		require.NoError(t, addCourse(s, "next"))
		require.True(t, saved(t, file, "owed"), "once it can be written, before the answer")
		require.True(t, saved(t, file, "next"))
		require.False(t, saved(t, file, "refused"))

		require.NoError(t, addCourse(s, "last"))
		require.False(t, saved(t, file, "last"), "behind, as before")
		require.NoError(t, s.saver.close())
		require.True(t, saved(t, file, "last"))
	})
}

func TestCloseTellsWhatIsNotSaved(t *testing.T) {
	for name, wait := range map[string]time.Duration{"a write that failed": lag, "one that had not begun": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, slow, file := storeOf(t, largeFile, 0)
				slow.fail.Store("sync")
				require.NoError(t, addCourse(s, "owed"))
				time.Sleep(wait)
				synctest.Wait()
				require.ErrorIs(t, s.saver.close(), syscall.ENOSPC)
				require.ErrorIs(t, s.saver.close(), syscall.ENOSPC, "as long as it is so")
				slow.fail.Store("")
				require.NoError(t, s.saver.close())
				require.True(t, saved(t, file, "owed"))
			})
		})
	}
}

// Close waits for the write that is under way, and writes what came after it.
func TestCloseDuringAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, slow, file := storeOf(t, largeFile, lag)
		require.NoError(t, addCourse(s, "first"))
		time.Sleep(lag + lag/2)
		require.NoError(t, addCourse(s, "second"))
		require.NoError(t, s.saver.close())
		require.True(t, saved(t, file, "second"))
		require.EqualValues(t, 1, slow.most.Load())
	})
}

// Another process's file is left alone by a write behind, too.
func TestAnotherProcessChangedALargeFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, file := storeOf(t, largeFile, 0)
		require.NoError(t, addCourse(s, "owed"))
		require.NoError(t, os.WriteFile(file, []byte("theirs"), 0o600))
		time.Sleep(lag)
		synctest.Wait()
		require.ErrorIs(t, addCourse(s, "next"), errChanged)
		require.ErrorIs(t, s.saver.close(), errChanged)
		require.Equal(t, "theirs", read(t, file))
	})
}

// However slow its disk, a small file has what was answered.
func TestSmallFileIsWrittenFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, slow, file := storeOf(t, largeFile/2, 300*time.Millisecond)
		for i := range 20 {
			require.NoError(t, addCourse(s, fmt.Sprint("c", i)))
			require.True(t, saved(t, file, fmt.Sprint("c", i)))
		}
		require.EqualValues(t, 21, slow.writes.Load())
		slow.fail.Store("write")
		require.ErrorIs(t, addCourse(s, "refused"), syscall.ENOSPC)
		require.NoError(t, s.saver.close(), "whom it concerned has been told")
	})
}

// Through the front door: a start finds a large file to be one, and Close and
// the next start have all.
func TestLargeStateOverAStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.json")
	now := newClock().Now
	s, err := Open(Options{File: file, Now: now})
	require.NoError(t, err)
	require.NoError(t, s.EnsureCourse("c1"))
	require.NoError(t, s.Update(func(st *State) error {
		st.Courses["c1"].Title = strings.Repeat("x", largeFile)
		return nil
	}))
	require.NoError(t, s.Close())

	disk := newBadDisk()
	s, err = open(Options{File: file, Now: now}, disk.files())
	require.NoError(t, err)
	disk.fail.Store("write")
	require.NoError(t, s.EnsureCourse("c2"))
	require.ErrorIs(t, s.Close(), syscall.ENOSPC)
	disk.fail.Store("")
	require.NoError(t, s.Close())
	again, err := Open(Options{File: file, Now: now})
	require.NoError(t, err)
	require.Contains(t, again.Snapshot().Courses, "c2")
}
