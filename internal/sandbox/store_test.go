package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// badDisk fails at a step of writing while fail names it.
type badDisk struct {
	fail   atomic.Value // string: create, write, sync, close, rename or ""
	writes atomic.Int32
	hold   chan struct{} // if set, a rename waits for one
}

func newBadDisk() *badDisk {
	d := &badDisk{}
	d.fail.Store("")
	return d
}

func (d *badDisk) at(step string) error {
	if d.fail.Load() == step {
		return syscall.ENOSPC
	}
	return nil
}

func (d *badDisk) files() files {
	under := osFiles()
	return files{
		create: func(dir, pattern string) (tempFile, error) {
			if err := d.at("create"); err != nil {
				return nil, err
			}
			f, err := under.create(dir, pattern)
			return &badFile{f, d}, err
		},
		rename: func(from, to string) error {
			if d.hold != nil {
				<-d.hold
			}
			if err := d.at("rename"); err != nil {
				return err
			}
			d.writes.Add(1)
			return under.rename(from, to)
		},
	}
}

type badFile struct {
	tempFile
	d *badDisk
}

func (f *badFile) Write(p []byte) (int, error) {
	if err := f.d.at("write"); err != nil {
		n, _ := f.tempFile.Write(p[:len(p)/2])
		return n, err
	}
	return f.tempFile.Write(p)
}

func (f *badFile) Sync() error { return errors.Join(f.d.at("sync"), f.tempFile.Sync()) }

func (f *badFile) Close() error { return errors.Join(f.tempFile.Close(), f.d.at("close")) }

func TestFullDisk(t *testing.T) {
	for _, step := range []string{"create", "write", "sync", "close", "rename"} {
		t.Run(step, func(t *testing.T) {
			disk, file := newBadDisk(), filepath.Join(t.TempDir(), "s.json")
			l := serve(t, Options{File: file}, disk.files())
			item := l.create(`{"label":"L","scoreMaximum":10}`)
			require.Equal(t, 204, l.post(item, "u1", `{"scoreGiven":1,"scoreMaximum":10}`).status)
			before, onDisk := l.Snapshot(), read(t, file)

			disk.fail.Store(step)
			second := l.score("u1", `{"scoreGiven":2,"scoreMaximum":10}`)
			l.send("POST", item+"/scores", second).refused(507, "no space left")
			l.send("POST", items, `{"label":"M","scoreMaximum":10}`).refused(507, "could not be saved")
			l.send("PUT", item, `{"label":"M","scoreMaximum":20}`).refused(507, "could not be saved")
			l.send("DELETE", item, "").refused(507, "could not be saved")
			require.ErrorIs(t, l.EnsureCourse("c2"), syscall.ENOSPC)
			require.ErrorIs(t, l.AddMember("c1", Member{UserID: "x"}), syscall.ENOSPC)
			require.ErrorIs(t, l.Update(func(st *State) error { st.Courses["c1"].Title = "T"; return nil }), syscall.ENOSPC)
			l.send("DELETE", items+"/9", "").refused(404, "line item")

			require.Empty(t, cmp.Diff(before, l.Snapshot()))
			require.Equal(t, onDisk, read(t, file))
			require.Equal(t, 1.0, l.result(item, "u1")["resultScore"])
			require.Empty(t, leftovers(t, file))

			disk.fail.Store("")
			require.Equal(t, 204, l.send("POST", item+"/scores", second).status, "the same timestamp: the first try left no trace")
			require.Equal(t, l.url+items+"/2", l.create(`{"label":"M","scoreMaximum":10}`), "no number was used up")
			requireSaved(t, l)
		})
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(data)
}

// leftovers are the files beside the state and its key.
func leftovers(t *testing.T, file string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), strings.TrimSuffix(filepath.Base(file), ".json")) {
			names = append(names, e.Name())
		}
	}
	return names
}

// requireSaved expects another start to find what this one holds.
func requireSaved(t *testing.T, l *lms) {
	t.Helper()
	again, err := Open(l.options)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(l.Snapshot(), again.Snapshot()))
	require.Empty(t, cmp.Diff(l.Tool(), again.Tool()))
}

func TestFolderGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	require.NoError(t, os.Mkdir(dir, 0o700))
	l := newLMS(t, Options{File: filepath.Join(dir, "s.json")})
	require.NoError(t, os.Rename(dir, dir+"2"))
	l.send("POST", items, `{"label":"L","scoreMaximum":1}`).refused(507, "no such file")
	require.Empty(t, l.Snapshot().Courses["c1"].LineItems)
	require.NoError(t, os.Rename(dir+"2", dir))
	l.create(`{"label":"L","scoreMaximum":1}`)
	requireSaved(t, l)
}

func TestAnotherProcessChangedTheFile(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, file string){
		"rewritten by a sandbox": func(t *testing.T, file string) {
			other, err := Open(Options{File: file, Now: newClock().Now})
			require.NoError(t, err)
			require.NoError(t, other.EnsureCourse("theirs"))
		},
		"edited in place": func(t *testing.T, file string) {
			require.NoError(t, os.WriteFile(file, []byte(strings.Replace(read(t, file), "c1", "c9", 1)), 0o600))
			require.NoError(t, os.Chtimes(file, time.Time{}, time.Now().Add(time.Second)))
		},
		"removed": func(t *testing.T, file string) { require.NoError(t, os.Remove(file)) },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "s.json")
			l := newLMS(t, Options{File: file})
			change(t, file)
			theirs, _ := os.ReadFile(file)
			before := l.Snapshot()
			l.send("POST", items, `{"label":"L","scoreMaximum":1}`).refused(500, "another process")
			l.send("POST", items, `{"label":"L","scoreMaximum":1}`).refused(500, "another process")
			require.Empty(t, cmp.Diff(before, l.Snapshot()))
			now, _ := os.ReadFile(file)
			require.Equal(t, string(theirs), string(now), "the file was left alone")
			require.Empty(t, leftovers(t, file))
		})
	}
}

func TestWaitingRequestsShareAWrite(t *testing.T) {
	disk := newBadDisk()
	l := serve(t, Options{File: filepath.Join(t.TempDir(), "s.json")}, disk.files())
	item := l.create(`{"label":"L","scoreMaximum":10}`)
	disk.hold = make(chan struct{})
	start := disk.writes.Load()

	const n = 40
	var wg sync.WaitGroup
	var answered atomic.Int32
	for user := range n {
		body := l.score(fmt.Sprint("u", user), `{"scoreGiven":1,"scoreMaximum":1}`)
		wg.Go(func() {
			if r, err := l.do(http.DefaultClient, "POST", item+"/scores", body); err == nil && r.status == 204 {
				answered.Add(1)
			}
		})
	}
	// The first write waits at its rename; the others queue behind it.
	require.Eventually(t, func() bool {
		l.store.mu.Lock()
		defer l.store.mu.Unlock()
		return len(l.store.queue) > n/2
	}, 10*time.Second, time.Millisecond)
	require.Zero(t, answered.Load(), "nothing is answered before it is written")
	require.Empty(t, l.Snapshot().Courses["c1"].LineItem(1).Results, "nor shown")
	close(disk.hold)
	wg.Wait()
	require.EqualValues(t, n, answered.Load())
	require.Less(t, disk.writes.Load()-start, int32(n/2))
	require.Len(t, l.Snapshot().Courses["c1"].LineItem(1).Results, n)
	requireSaved(t, l)
}

// One refused change in a batch does not touch the others; one failed write
// takes them all.
func TestBatch(t *testing.T) {
	disk := newBadDisk()
	l := serve(t, Options{File: filepath.Join(t.TempDir(), "s.json")}, disk.files())
	before := l.store.state.Load()
	batch := func() []*pending {
		var all []*pending
		for _, change := range []func(*State) (*State, error){
			func(st *State) (*State, error) { return rules{}.addCourse(st, "c2"), nil },
			func(st *State) (*State, error) { return rules{}.deleteLineItem(st, "c2", 1) },
			func(st *State) (*State, error) { return rules{}.addCourse(st, "c3"), nil },
		} {
			all = append(all, &pending{change: change, done: make(chan struct{})})
		}
		return all
	}
	disk.fail.Store("write")
	failed := batch()
	l.store.land(failed)
	for _, p := range failed {
		require.ErrorIs(t, p.err, syscall.ENOSPC, "also of the refusal: there is no c2 that it could be about")
	}
	require.Same(t, before, l.store.state.Load())

	disk.fail.Store("")
	landed := batch()
	l.store.land(landed)
	require.NoError(t, landed[0].err)
	require.ErrorContains(t, landed[1].err, "no such line item")
	require.NoError(t, landed[2].err)
	require.Len(t, l.Snapshot().Courses, 3)
	require.Len(t, before.Courses, 1, "a state is never changed once made")
}

func TestNoChangeWritesNothing(t *testing.T) {
	disk := newBadDisk()
	l := serve(t, Options{File: filepath.Join(t.TempDir(), "s.json")}, disk.files())
	start := disk.writes.Load()
	require.NoError(t, l.EnsureCourse("c1"))
	l.send("POST", items, `{}`).refused(400, "label")
	l.send("DELETE", items+"/1", "").refused(404, "line item")
	require.Equal(t, 200, l.send("GET", items, "").status)
	require.Equal(t, start, disk.writes.Load())
}

// Readers, writers and an instructor at once: every acknowledged write is there.
func TestParallelRequests(t *testing.T) {
	for name, file := range map[string]string{"in memory": "", "in a file": filepath.Join(t.TempDir(), "s.json")} {
		t.Run(name, func(t *testing.T) {
			l := newLMS(t, Options{File: file, PageSize: 7})
			item := l.create(`{"label":"shared","scoreMaximum":10}`)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
			defer client.CloseIdleConnections()
			const workers, each = 8, 10
			errs := make(chan error, workers*each*5)
			expect := func(want int, method, path, body string) {
				if r, err := l.do(client, method, path, body); err != nil || r.status != want {
					errs <- fmt.Errorf("%s %s: %d %s %v", method, path, r.status, r.body, err)
				}
			}
			bodies := make([][]string, workers)
			for w := range workers {
				for n := range each {
					bodies[w] = append(bodies[w], l.score(fmt.Sprintf("u%d-%d", w, n), `{"scoreGiven":1,"scoreMaximum":1}`))
				}
			}
			var wg sync.WaitGroup
			for w := range workers {
				wg.Go(func() {
					for n := range each {
						expect(201, "POST", items, fmt.Sprintf(`{"label":"%d","scoreMaximum":1}`, n))
						expect(204, "POST", item+"/scores", bodies[w][n])
						expect(200, "GET", item+"/results", "")
						expect(200, "GET", l.MembershipsPath("c1"), "")
						if err := l.Update(func(st *State) error { st.Courses["c1"].Title += "x"; return nil }); err != nil {
							errs <- err
						}
					}
				})
			}
			wg.Wait()
			close(errs)
			for err := range errs {
				require.NoError(t, err)
			}
			c := l.Snapshot().Courses["c1"]
			require.Len(t, c.LineItems, 1+workers*each)
			require.Len(t, c.LineItem(1).Results, workers*each)
			require.Len(t, c.Members, workers*each)
			require.Len(t, c.Title, workers*each)
			if file != "" {
				requireSaved(t, l)
			}
		})
	}
}

// Of many at once with one timestamp, one is processed.
func TestParallelScoresOfOnePerson(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":10}`)
	body := l.score("u1", `{"scoreGiven":1,"scoreMaximum":1}`)
	var taken, stale atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			switch r, err := l.do(http.DefaultClient, "POST", item+"/scores", body); {
			case err != nil:
			case r.status == 204:
				taken.Add(1)
			case r.status == 409:
				stale.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, taken.Load())
	require.EqualValues(t, 15, stale.Load())
}
