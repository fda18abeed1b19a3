package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

const (
	killedItems  = 4
	killedPeople = 6
)

// killedCourse is a gradebook of 4 line items and 24 scores.
func killedCourse(context, platform string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [%s]\nlineItems:\n", context)
	for i := range killedItems {
		fmt.Fprintf(&b, "  - resourceId: hw%d\n    label: Homework %d\n    scoreMaximum: 50\n    scores:\n", i, i)
		for u := range killedPeople {
			fmt.Fprintf(&b, "      - {userId: s-%d, scoreGiven: %d, comment: c}\n", u, 10*i+u)
		}
	}
	return b.String() + platform
}

// killApply starts an apply and kills it when told to. It is true where the
// apply was killed before its end.
func killApply(t *testing.T, when <-chan struct{}, args ...string) bool {
	t.Helper()
	cmd := exec.Command("gradesync", append([]string{"apply", "--auto-approve"}, args...)...)
	cmd.Dir = t.TempDir() // the records of runs go there
	require.NoError(t, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-when:
		_ = cmd.Process.Kill() // it may have ended in this moment
		<-done
	case <-done:
	}
	return cmd.ProcessState.ExitCode() == -1
}

func after(d time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

func applyFully(t *testing.T, args ...string) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command("gradesync", append([]string{"apply", "--auto-approve"}, args...)...)
	cmd.Dir = t.TempDir() // the records of runs go there
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Run(), "%s", &out)
	require.Regexp(t, "erified: |No changes", out.String())
}

func whole(t *testing.T, course *sandbox.Course) {
	t.Helper()
	require.Len(t, course.LineItems, killedItems, "no column lost, none twice")
	for i, li := range course.LineItems {
		require.Len(t, li.Results, killedPeople, "%s", li.Label)
		var number int
		_, err := fmt.Sscanf(li.ResourceID, "hw%d", &number)
		require.NoError(t, err)
		for u, r := range li.Results {
			require.Equal(t, float64(10*number+u), *r.Score, "item %d, person %d", i, u)
			require.Equal(t, "c", r.Comment)
		}
	}
}

// served is an LMS on loopback, with its Platform document and key in dir.
func served(t *testing.T, dir string, o sandbox.Options) (box *sandbox.Sandbox, url, platform string) {
	t.Helper()
	o.Now = time.Now
	box, err := sandbox.Open(o)
	require.NoError(t, err)
	srv := httptest.NewServer(box)
	t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
	tool := box.Tool()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tool.key"), tool.PrivateKeyPEM, 0o600))
	platform = filepath.Join(dir, "platform.yaml")
	require.NoError(t, writePlatform(platform, srv.URL, "", tool))
	return box, srv.URL, platform
}

// trap closes a channel at the n-th request, before it is answered.
type trap struct {
	left atomic.Int64
	c    chan struct{}
}

func (t *trap) spring(sandbox.Request) {
	if t.left.Add(-1) == 0 {
		close(t.c)
	}
}

// kills is how often a test kills: some 50 times, and with -short, which is for the
// race detector, as often as shows what two goroutines do to each other.
func kills() int {
	if testing.Short() {
		return 10
	}
	return 50
}

// apply is killed at 50 random points and run again: it converges, with
// nothing twice and nothing lost. The LMS lives on.
func TestKilledApplyConverges(t *testing.T) {
	var current atomic.Pointer[trap]
	dir := t.TempDir()
	box, url, platform := served(t, dir, sandbox.Options{PageSize: 3, Observe: func(r sandbox.Request) {
		if trap := current.Load(); trap != nil {
			trap.spring(r)
		}
	}})
	rng := rand.New(rand.NewPCG(1, 2))
	killed, partly, enough := 0, 0, kills()
	for n := 0; killed < enough; n++ {
		require.Less(t, n, 200, "only %d of %d were killed", killed, enough)
		course := fmt.Sprint("k", n)
		require.NoError(t, box.EnsureCourse(course))
		file := filepath.Join(dir, course+".yaml")
		context := fmt.Sprintf("{name: s, lineItemsURL: %q}", url+box.LineItemsPath(course))
		require.NoError(t, os.WriteFile(file, []byte(killedCourse(context, "")), 0o600))
		kill := &trap{c: make(chan struct{})}
		kill.left.Store(1 + rng.Int64N(3+killedItems*(1+killedPeople))) // token, listings, and every write
		current.Store(kill)
		if killApply(t, kill.c, "-f", file, "-f", platform) {
			killed++
		}
		current.Store(nil)
		if written := len(box.Snapshot().Courses[course].LineItems); written > 0 {
			partly++
		}
		applyFully(t, "-f", file, "-f", platform)
		whole(t, box.Snapshot().Courses[course])
	}
	require.Greater(t, partly, enough/2, "most kills come in the midst of writing")
}

// The same where the LMS is embedded and dies with the run: its file is whole
// at every moment.
func TestKilledSandboxConverges(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for killed, n := 0, 0; killed < 5; n++ {
		require.Less(t, n, 200, "apply is too fast to be killed: only %d of 5", killed)
		dir := t.TempDir()
		file := filepath.Join(dir, "bio.yaml")
		require.NoError(t, os.WriteFile(file, []byte(killedCourse("{name: s}",
			"---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: box}\nsandbox: {file: lms.json}\n")), 0o600))
		applyNothing := exec.Command("gradesync", "plan", "-f", file)
		require.NoError(t, applyNothing.Run(), "the key is made before, as that takes longest")
		if killApply(t, after(time.Duration(rng.Int64N(int64(150*time.Millisecond)))), "-f", file) {
			killed++
		}
		applyFully(t, "-f", file)
		box, err := sandbox.Open(sandbox.Options{File: filepath.Join(dir, "lms.json"), Now: time.Now})
		require.NoError(t, err)
		whole(t, box.Snapshot().Courses["s"])
		require.NoError(t, box.Close())
	}
}

// Ctrl-C in the midst of writing: nothing new is sent, what was sent is read
// back, every row is told, and running it again does the rest.
func TestInterruptedApply(t *testing.T) {
	var current atomic.Pointer[trap]
	dir := t.TempDir()
	box, url, platform := served(t, dir, sandbox.Options{Observe: func(r sandbox.Request) {
		if trap := current.Load(); trap != nil && r.Kind == "scores" {
			trap.spring(r)
			time.Sleep(5 * time.Millisecond)
		}
	}})
	require.NoError(t, box.EnsureCourse("1"))
	file := filepath.Join(dir, "bio.yaml")
	context := fmt.Sprintf("{name: s, lineItemsURL: %q}", url+box.LineItemsPath("1"))
	require.NoError(t, os.WriteFile(file, []byte(killedCourse(context, "")), 0o600))

	ctrlC := &trap{c: make(chan struct{})}
	ctrlC.left.Store(5)
	current.Store(ctrlC)
	var out bytes.Buffer
	cmd := exec.Command("gradesync", "apply", "--auto-approve", "-f", file, "-f", platform)
	cmd.Dir = dir
	cmd.Stdout = &out
	require.NoError(t, cmd.Start())
	<-ctrlC.c
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.Error(t, cmd.Wait())
	current.Store(nil)
	require.Equal(t, 130, cmd.ProcessState.ExitCode(), "%s", &out)
	confirmed, not := strings.Count(out.String(), "  confirmed  "), strings.Count(out.String(), "  not attempted  ")
	require.Equal(t, killedItems*(1+killedPeople), confirmed+not, "%s", &out)
	require.Positive(t, not)
	require.Contains(t, out.String(), "hint: run apply again to finish")
	scores := 0
	for _, li := range box.Snapshot().Courses["1"].LineItems {
		scores += len(li.Results)
	}
	require.Equal(t, confirmed, killedItems+scores, "what is there is what was said to be there")
	applyFully(t, "-f", file, "-f", platform)
	whole(t, box.Snapshot().Courses["1"])
}
