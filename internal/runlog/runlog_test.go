package runlog

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// moment is in a zone of its own: ids are in UTC.
var moment = time.Date(2026, 11, 22, 0, 15, 0, 999, time.FixedZone("", 3600))

type outcome struct {
	Writer, N int
	Pad       string
}

func pad(n int) string { return strings.Repeat("é\n<", n%40) }

// runsDir is .gradesync/runs in a new folder.
func runsDir(t testing.TB) string { return filepath.Join(t.TempDir(), ".gradesync", "runs") }

func create(t testing.TB, dir string, to ...age.Recipient) *Run {
	t.Helper()
	r, err := Create(Options{Dir: dir, Now: moment, Recipients: to})
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// all is what a log holds: its good lines and its errors.
func all(f *Folder) (lines []string, errs []error) {
	for line, err := range f.Outcomes() {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		lines = append(lines, string(line))
	}
	return lines, errs
}

func requireMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Lstat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, want, info.Mode().Perm(), path)
	}
}

func requireText(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func TestRecord(t *testing.T) {
	dir := runsDir(t)
	r := create(t, dir)
	require.Equal(t, dir, filepath.Dir(r.Dir()))
	require.Regexp(t, `^20261121T231500Z-[a-z2-7]{6}$`, filepath.Base(r.Dir()))

	require.NoError(t, r.Write("before.yaml", []byte("a: 1\n")))
	require.NoError(t, r.Write("plan.json", nil))
	requireText(t, filepath.Join(r.Dir(), "before.yaml"), "a: 1\n")
	require.NoError(t, r.Outcome(map[string]any{"what": "score\nof <s-1>"}))
	const line = `{"what":"score\nof \u003cs-1\u003e"}`
	requireText(t, filepath.Join(r.Dir(), "outcome.jsonl"), line+"\n") // before Close

	// It can be read while it is under way.
	f, err := Open(r.Dir())
	require.NoError(t, err)
	got, err := f.Read("before.yaml")
	require.NoError(t, err)
	require.Equal(t, "a: 1\n", string(got))
	got, err = f.Read("plan.json")
	require.NoError(t, err)
	require.Empty(t, got)
	lines, errs := all(f)
	require.Empty(t, errs)
	require.Equal(t, []string{line}, lines)

	require.NoError(t, r.Close())
	require.NoError(t, r.Close())
	require.ErrorIs(t, r.Write("after.yaml", nil), fs.ErrClosed)
	require.ErrorIs(t, r.Outcome(1), fs.ErrClosed)
	entries, err := os.ReadDir(r.Dir())
	require.NoError(t, err)
	require.Len(t, entries, 3, "nothing else is left")
}

func TestNothingIsReplaced(t *testing.T) {
	r := create(t, runsDir(t))
	require.NoError(t, r.Write("before.yaml", []byte("first")))
	err := r.Write("before.yaml", []byte("second"))
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorContains(t, err, filepath.Join(r.Dir(), "before.yaml"))
	requireText(t, filepath.Join(r.Dir(), "before.yaml"), "first")
}

func TestNames(t *testing.T) {
	r := create(t, runsDir(t))
	f, err := Open(r.Dir())
	require.NoError(t, err)
	for _, name := range []string{
		"", ".", "..", "a/b", "/a", "../a", `a\b`, "a:b", "a\x00", "a\n", "é", ".hidden", "a.", strings.Repeat("a", 101),
		"outcome.jsonl", "OUTCOME.jsonl", "outcome.jsonl.age", "before.yaml.age", "x.tmp",
	} {
		require.Error(t, r.Write(name, nil), "%q", name)
		_, err := f.Read(name)
		require.Error(t, err, "%q", name)
	}
	require.NoError(t, r.Write("Sec_1-before.yaml", nil))
	_, err = f.Read("missing.yaml")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, filepath.Join(r.Dir(), "missing.yaml"))
}

func TestTwoRunsOfOneSecond(t *testing.T) {
	dir := runsDir(t)
	seen := sync.Map{}
	var runs sync.WaitGroup
	for range 20 {
		runs.Go(func() {
			r, err := Create(Options{Dir: dir, Now: moment})
			if err != nil {
				t.Error(err)
				return
			}
			if _, twice := seen.LoadOrStore(r.Dir(), true); twice {
				t.Error("a folder is shared")
			}
			if err := errors.Join(r.Outcome(1), r.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 20)
}

func TestOptions(t *testing.T) {
	dir := runsDir(t)
	for _, o := range []Options{
		{Now: moment},
		{Dir: dir},
		{Dir: dir, Now: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Dir: dir, Now: moment, Recipients: []age.Recipient{nil}},
	} {
		_, err := Create(o)
		require.Error(t, err)
	}
	require.NoDirExists(t, filepath.Dir(dir))
}

func TestOutcomeThatIsNone(t *testing.T) {
	r := create(t, runsDir(t))
	require.Error(t, r.Outcome(math.NaN()))
	require.ErrorContains(t, r.Outcome(strings.Repeat("a", maxLine)), "more than a line may hold")
	require.NoError(t, r.Outcome(json.RawMessage("{\n\"a\":\n1}")))
	requireText(t, filepath.Join(r.Dir(), "outcome.jsonl"), "{\"a\":1}\n")

	require.ErrorContains(t, r.Write("before.yaml", make([]byte, maxFile+1)), "more than a record may hold")
}

func TestManyWriters(t *testing.T) {
	r := create(t, runsDir(t))
	const writers, each = 8, 500
	var group sync.WaitGroup
	for g := range writers {
		group.Go(func() {
			for i := range each {
				if err := r.Outcome(outcome{g, i, pad(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	require.NoError(t, r.Write("after.yaml", []byte("in between")))
	group.Wait()
	require.NoError(t, r.Close())

	f, err := Open(r.Dir())
	require.NoError(t, err)
	lines, errs := all(f)
	require.Empty(t, errs)
	require.Len(t, lines, writers*each)
	var next [writers]int
	for _, line := range lines {
		var o outcome
		require.NoError(t, json.Unmarshal([]byte(line), &o))
		require.Equal(t, outcome{o.Writer, next[o.Writer], pad(o.N)}, o, "each writer's in its order")
		next[o.Writer]++
	}
}

// A close among writers: each outcome is taken or refused, never half.
func TestCloseAmongWriters(t *testing.T) {
	r := create(t, runsDir(t))
	var group sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for range 8 {
		group.Go(func() {
			for r.Outcome("x") == nil {
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
	}
	time.Sleep(5 * time.Millisecond)
	require.NoError(t, r.Close())
	group.Wait()
	f, err := Open(r.Dir())
	require.NoError(t, err)
	lines, errs := all(f)
	require.Empty(t, errs)
	require.Len(t, lines, taken)
}

func BenchmarkOutcome(b *testing.B) {
	id, err := age.GenerateX25519Identity()
	require.NoError(b, err)
	v := outcome{1, 2, strings.Repeat("x", 200)}
	for name, to := range map[string][]age.Recipient{"plain": nil, "sealed": {id.Recipient()}} {
		b.Run(name, func(b *testing.B) {
			r := create(b, runsDir(b), to...)
			for b.Loop() {
				if err := r.Outcome(v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/parallel", func(b *testing.B) {
			r := create(b, runsDir(b), to...)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := r.Outcome(v); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
