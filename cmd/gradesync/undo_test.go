package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// bench is a folder with a gradebook on an embedded LMS.
type bench struct {
	t   *testing.T
	dir string
}

func newBench(t *testing.T) *bench { return &bench{t, t.TempDir()} }

// files writes the gradebook's line items.
func (b *bench) files(lineItems string) {
	b.t.Helper()
	text := "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [{name: s}]\nlineItems:\n" + lineItems +
		"---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: box}\nsandbox: {file: lms.json}\nlimits: {requestsPerSecond: 0, settle: 200ms}\n"
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, "bio.yaml"), []byte(text), 0o600))
}

func (b *bench) command(args ...string) *exec.Cmd {
	cmd := exec.Command("gradesync", args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "CI=")
	return cmd
}

// run runs gradesync in the folder and returns its exit code and output.
func (b *bench) run(args ...string) (int, string) {
	b.t.Helper()
	cmd := b.command(args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // the code is what counts
	return cmd.ProcessState.ExitCode(), out.String()
}

func (b *bench) must(code int, args ...string) string {
	b.t.Helper()
	got, out := b.run(args...)
	require.Equal(b.t, code, got, "%s", out)
	return out
}

// allowed lets every risk go that a change of the tests has.
var allowed = []string{"--auto-approve", "--allow", "delete-graded", "--allow", "deletesPercent", "--allow", "clear", "--allow", "rescale", "--allow", "lowered"}

func (b *bench) apply(code int) string {
	return b.must(code, append([]string{"apply", "-f", "bio.yaml"}, allowed...)...)
}

// lastRun is the folder of the newest run that wrote something.
func (b *bench) lastRun() string {
	b.t.Helper()
	runs, err := filepath.Glob(filepath.Join(b.dir, ".gradesync", "runs", "*"))
	require.NoError(b.t, err)
	require.NotEmpty(b.t, runs)
	newest := slices.MaxFunc(runs, func(x, y string) int {
		a, err := os.Stat(x)
		require.NoError(b.t, err)
		c, err := os.Stat(y)
		require.NoError(b.t, err)
		return a.ModTime().Compare(c.ModTime())
	})
	rel, err := filepath.Rel(b.dir, newest)
	require.NoError(b.t, err)
	return rel
}

func (b *bench) undo(code int, run string) string {
	return b.must(code, append([]string{"undo", run, "-f", "bio.yaml"}, allowed...)...)
}

// with looks at the LMS, or changes it by hand.
func (b *bench) with(change func(*sandbox.Course)) {
	b.t.Helper()
	box, err := sandbox.Open(sandbox.Options{File: filepath.Join(b.dir, "lms.json"), Now: time.Now})
	require.NoError(b.t, err)
	require.NoError(b.t, box.Update(func(s *sandbox.State) error { change(s.Courses["s"]); return nil }))
	require.NoError(b.t, box.Close())
}

// view is what AGS shows of the LMS, ids and the order of columns apart.
func (b *bench) view() (lines []string) {
	b.with(func(c *sandbox.Course) { lines = shown(c) })
	return lines
}

// shown is the same of a course of the server.
func (r *remote) shown(course string) []string {
	return shown(r.box.Snapshot().Courses[course])
}

func shown(c *sandbox.Course) (lines []string) {
	for _, li := range c.LineItems {
		head := fmt.Sprintf("%s|%s|%v|%s|%s|%v|%s", li.ResourceID, li.Label, li.ScoreMaximum, li.Tag, li.EndDateTime, li.GradesReleased != nil && *li.GradesReleased, li.Extra)
		lines = append(lines, head)
		for _, r := range li.Results {
			if r.Score == nil && r.Comment == "" {
				continue // results show no such person
			}
			points := "none"
			if r.Score != nil {
				points = fmt.Sprint(*r.Score)
			}
			lines = append(lines, fmt.Sprintf("%s|%s|%s|%s", li.ResourceID+li.Label, r.UserID, points, r.Comment))
		}
	}
	slices.Sort(lines)
	return lines
}

const undoBefore = `  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    tag: t
    endDateTime: 2026-12-24T12:00:00Z
    gradesReleased: true
    extensions: {"https://x.example/a": {b: [1, 2]}}
    scores:
      - {userId: u1, scoreGiven: 42.5, comment: Nice}
      - {userId: u2, scoreGiven: 10}
      - {userId: u3, scoreGiven: 0, comment: Hm}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 20, scores: [{userId: u1, scoreGiven: 20}]}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 20}
`

// Apply and undo bring the gradebook back, for every kind of change.
func TestUndoEveryKind(t *testing.T) {
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(undoBefore) }
	for name, after := range map[string]string{
		"a label":              replace("label: Homework 1", "label: Cells"),
		"a maximum":            replace("scoreMaximum: 50", "scoreMaximum: 100"),
		"a maximum, unmanaged": replace("scoreMaximum: 20, scores: [{userId: u1, scoreGiven: 20}]", "scoreMaximum: 40"),
		"a tag":                replace("tag: t\n", "tag: null\n"),
		"a date":               replace("2026-12-24", "2026-12-25"),
		"released":             replace("gradesReleased: true", "gradesReleased: false"),
		"an extension":         replace("{b: [1, 2]}", "{b: 3}"),
		"an extension cleared": replace("{b: [1, 2]}", "null"),
		"a new name":           replace("resourceId: hw2", "resourceId: quiz2, was: [hw2]"),
		"a score":              replace("scoreGiven: 42.5", "scoreGiven: 43"),
		"a first score":        replace("userId: u2, scoreGiven: 10}", "userId: u2, scoreGiven: 10}\n      - {userId: u9, scoreGiven: 5, comment: New}"),
		"a comment":            replace("comment: Nice", "comment: Nicer"),
		"a comment cleared":    replace("comment: Nice", "comment: null"),
		"a score cleared":      replace("scoreGiven: 42.5, comment: Nice", "scoreGiven: null"),
		"a column made":        undoBefore + "  - {resourceId: hw4, label: Homework 4, scoreMaximum: 5, scores: [{userId: u1, scoreGiven: 5}]}\n",
		"a column deleted":     replace("label: Homework 3, scoreMaximum: 20", "label: Homework 3, absent: true"),
		"a graded one deleted": replace("label: Homework 2, scoreMaximum: 20, scores: [{userId: u1, scoreGiven: 20}]", "label: Homework 2, absent: true"),
		"everything":           "  - {resourceId: hw1, label: Homework 1, absent: true}\n  - {resourceId: x2, was: [hw2], label: X, scoreMaximum: 7, scores: [{userId: u1, scoreGiven: 1}, {userId: u7, scoreGiven: 7}]}\n  - {resourceId: n, label: N, scoreMaximum: 1}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.files(undoBefore)
			b.apply(0)
			was := b.view()
			b.files(after)
			b.run(append([]string{"apply", "-f", "bio.yaml"}, allowed...)...)
			require.NotEqual(t, was, b.view(), "the case changes something")
			b.run(append([]string{"undo", b.lastRun(), "-f", "bio.yaml"}, allowed...)...)
			if d := cmp.Diff(was, b.view()); d != "" {
				t.Errorf("after undo (-before +now):\n%s", d)
			}
		})
	}
}

// What somebody changed since the run is left alone, and named.
func TestUndoLeavesOthersAlone(t *testing.T) {
	b := newBench(t)
	b.files(undoBefore)
	b.apply(0)
	b.files(strings.NewReplacer("scoreGiven: 42.5", "scoreGiven: 43", "scoreGiven: 10", "scoreGiven: 11", "label: Homework 1", "label: Cells").Replace(undoBefore))
	b.apply(0)
	run := b.lastRun()
	b.with(func(c *sandbox.Course) {
		li := c.LineItems[0]
		li.Label = "By hand"
		v := 50.0
		li.Result("u1").Score = &v
	})
	out := b.undo(0, run)
	require.Contains(t, out, `kept label "By hand", changed since that run; before it there was "Homework 1", and it made "Cells"
`)
	require.Contains(t, out, "to overwrite 2 values set by hand here: --allow overwrite-override:hw1\n")
	require.Contains(t, out, "kept u1 scoreGiven 50, changed since that run; before it there was 42.5, and it made 43")
	b.with(func(c *sandbox.Course) {
		require.Equal(t, "By hand", c.LineItems[0].Label)
		require.Equal(t, 50.0, *c.LineItems[0].Result("u1").Score)
		require.Equal(t, 10.0, *c.LineItems[0].Result("u2").Score)
	})

	// Undone twice is nothing to do.
	require.Contains(t, b.undo(0, run), "Nothing was written.")
}

const (
	twoColumns = "  - {resourceId: hw1, label: Homework 1, scoreMaximum: 20, scores: [{userId: u1, scoreGiven: 20}]}\n" +
		"  - {resourceId: hw2, label: Homework 2, scoreMaximum: 20, scores: [{userId: u1, scoreGiven: 1}]}\n"
	oneColumn = "  - {resourceId: hw1, label: Homework 1, scoreMaximum: 20, scores: [{userId: u1, scoreGiven: 20}]}\n"
)

func (b *bench) hand(label, user string, points float64) {
	b.with(func(c *sandbox.Course) {
		for _, li := range c.LineItems {
			if li.Label == label {
				li.Result(user).Score = &points
			}
		}
	})
}

// A column that was deleted and is made again is somebody's later work.
func TestUndoDeleteOfAColumnMadeAgain(t *testing.T) {
	b := newBench(t)
	b.files(twoColumns)
	b.apply(0)
	b.files(strings.Replace(twoColumns, "label: Homework 2, scoreMaximum: 20, scores: [{userId: u1, scoreGiven: 1}]", "label: Homework 2, absent: true", 1))
	b.apply(0)
	deleted := b.lastRun()
	b.files(strings.Replace(twoColumns, "scoreGiven: 1}", "scoreGiven: 19}", 1))
	b.apply(0)
	was := b.view()
	out := b.undo(0, deleted)
	require.Contains(t, out, "kept u1 scoreGiven 19")
	require.Equal(t, was, b.view())
}

// A grade that no file names, changed by a maximum and then by hand, is kept;
// untouched, it is put back.
func TestUndoOfCollateral(t *testing.T) {
	for hand, want := range map[float64]string{0: "hw2Homework 2|u1|1|", 38: "hw2Homework 2|u1|19|"} {
		b := newBench(t)
		b.files(twoColumns)
		b.apply(0)
		b.files(oneColumn + "  - {resourceId: hw2, label: Homework 2, scoreMaximum: 40}\n")
		require.Contains(t, b.apply(5), "collateral")
		run := b.lastRun()
		if hand > 0 {
			b.hand("Homework 2", "u1", hand)
		}
		b.undo(map[bool]int{true: 5, false: 0}[hand > 0], run) // what is kept rides on the maximum that goes back
		require.Contains(t, b.view(), want)
	}
}

// A column that is gone keeps nothing else from being put back, and one that
// came back is found again.
func TestUndoTwoRunsInARow(t *testing.T) {
	b := newBench(t)
	b.files(twoColumns)
	b.apply(0)
	was := b.view()
	changed := strings.NewReplacer("scoreGiven: 20}", "scoreGiven: 15}", "label: Homework 2", "label: Quiz").Replace(twoColumns)
	b.files(changed)
	b.apply(0)
	first := b.lastRun()
	b.files(strings.Replace(changed, "label: Quiz, scoreMaximum: 20, scores: [{userId: u1, scoreGiven: 1}]", "label: Quiz, absent: true", 1))
	b.apply(0)
	second := b.lastRun()

	out := b.undo(0, first)
	require.Contains(t, out, "cannot be put back: its column is gone")
	require.Contains(t, b.view(), "hw1Homework 1|u1|20|")
	b.undo(0, second)
	b.undo(0, first)
	require.Equal(t, was, b.view())
}

// A column that a run made and somebody worked on since is not deleted, and
// feedback without a score counts as grades.
func TestUndoOfACreateWorkedOn(t *testing.T) {
	b := newBench(t)
	b.files(oneColumn)
	b.apply(0)
	b.files(twoColumns)
	b.apply(0)
	run := b.lastRun()
	b.with(func(c *sandbox.Course) { c.LineItems[1].Label = "Midterm" })
	require.Contains(t, b.undo(0, run), `kept the column "Midterm"`)
	b.with(func(c *sandbox.Course) { require.Len(t, c.LineItems, 2); c.LineItems[1].Label = "Homework 2" })

	b.with(func(c *sandbox.Course) {
		c.LineItems[1].Results = append(c.LineItems[1].Results, &sandbox.Result{UserID: "u9", Comment: "See me"})
	})
	require.Contains(t, b.undo(0, run), "kept the column")
	b.with(func(c *sandbox.Course) { require.Len(t, c.LineItems, 2) })
}

// The files now put the context at another course: nothing is undone there.
func TestUndoInAnotherCourse(t *testing.T) {
	b := newBench(t)
	b.files(oneColumn)
	b.apply(0)
	run := b.lastRun()
	file := filepath.Join(b.dir, "bio.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "{name: s}", "{name: s, course: \"103\"}", 1)), 0o600))
	require.Contains(t, b.undo(3, run), "the run wrote bio101/s to the course s, and the files now put it at 103")
}

// The Platform of that name is another LMS by now.
func TestUndoAtAnotherLMS(t *testing.T) {
	b := newBench(t)
	b.files(oneColumn)
	b.apply(0)
	run := b.lastRun()
	file := filepath.Join(b.dir, "bio.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.Rename(filepath.Join(b.dir, "lms.json"), filepath.Join(b.dir, "copy.json")))
	require.NoError(t, os.Rename(filepath.Join(b.dir, "lms.key"), filepath.Join(b.dir, "copy.key")))
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "lms.json", "copy.json", 1)), 0o600))
	require.Contains(t, b.undo(3, run), "the run wrote bio101/s at another LMS than platform \"box\" of the files is")
}

// apply is killed at 50 points between its first and its last write: its
// record is readable, and undo puts back what was there.
func TestUndoAfterKillAnywhere(t *testing.T) {
	r := newRemote(t)
	rng := rand.New(rand.NewPCG(5, 6))
	after := strings.NewReplacer("scoreGiven: 10", "scoreGiven: 11", "label: Homework", "label: Work", "comment: Nice", "comment: Nicer",
		"scoreMaximum: 20}", "scoreMaximum: 30}", "scoreGiven: 0, comment: Hm", "scoreGiven: null").Replace(undoBefore) +
		"  - {resourceId: hw4, label: New, scoreMaximum: 5, scores: [{userId: u1, scoreGiven: 5}, {userId: u2, scoreGiven: 4}]}\n"
	killed, enough := 0, kills()
	for n := range 200 {
		if killed == enough {
			break
		}
		course := fmt.Sprint("k", n)
		require.NoError(t, r.box.EnsureCourse(course))
		common := []string{"-f", "bio.yaml", "-f", "platform.yaml", "--runs-dir", "runs-" + course}
		r.files(undoBefore, course)
		r.must(0, append([]string{"apply", "--auto-approve"}, common...)...)
		was := r.shown(course)
		require.NoError(t, os.RemoveAll(filepath.Join(r.dir, "runs-"+course)))

		r.files(after, course)
		kill := &trap{c: make(chan struct{})}
		kill.left.Store(1 + rng.Int64N(9)) // of the writes
		spring := func(q sandbox.Request) {
			if q.Method != "GET" && q.Kind != "token" {
				kill.spring(q)
			}
		}
		r.when.Store(&spring)
		cmd := r.command(append(append([]string{"apply"}, allowed...), common...)...)
		require.NoError(t, cmd.Start())
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-kill.c:
			_ = cmd.Process.Kill()
			<-done
			killed++
		case <-done:
		}
		r.when.Store(nil)
		runs, err := filepath.Glob(filepath.Join(r.dir, "runs-"+course, "2*"))
		require.NoError(t, err)
		require.Len(t, runs, 1)
		r.must(0, append(append([]string{"undo", runs[0]}, allowed...), common...)...)
		if d := cmp.Diff(was, r.shown(course)); d != "" {
			t.Fatalf("killed at write %d, then undone (-before +now):\n%s", n, d)
		}
	}
	require.Equal(t, enough, killed)
}
