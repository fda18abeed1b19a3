package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// remote is a bench whose LMS is a server that the test can look into.
type remote struct {
	*bench
	box  *sandbox.Sandbox
	url  string
	when atomic.Pointer[func(sandbox.Request)]
}

func newRemote(t *testing.T) *remote {
	t.Helper()
	r := &remote{bench: newBench(t)}
	r.box, r.url, _ = served(t, r.dir, sandbox.Options{Observe: func(q sandbox.Request) {
		if f := r.when.Load(); f != nil {
			(*f)(q)
		}
	}})
	for _, course := range []string{"1", "2"} {
		require.NoError(t, r.box.EnsureCourse(course))
	}
	return r
}

// files writes a gradebook for courses of the server.
func (r *remote) files(lineItems string, courses ...string) {
	r.t.Helper()
	var contexts []string
	for _, c := range courses {
		contexts = append(contexts, fmt.Sprintf("{name: sec-%s, lineItemsURL: %q}", c, r.url+"/courses/"+c+"/lineitems"))
	}
	text := "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [" + strings.Join(contexts, ", ") + "]\nlineItems:\n" + lineItems
	require.NoError(r.t, os.WriteFile(filepath.Join(r.dir, "bio.yaml"), []byte(text), 0o600))
}

const graded = "  - {resourceId: hw, label: %s, scoreMaximum: 100, scores: [{userId: u, scoreGiven: %s}]}\n"

// rescaled is held where there are grades, and a create elsewhere.
const rescaled = "  - {resourceId: hw, label: HW, scoreMaximum: 200}\n"

func hw(label, score string) string { return fmt.Sprintf(graded, label, score) }

// The exit codes of plan and apply, in text and in JSON: the form of the
// result never changes them.
func TestExitMatrix(t *testing.T) {
	for name, c := range map[string]struct {
		set              func(r *remote)
		plan, pend, done int // plan, plan --detailed-exitcode, apply
	}{
		"nothing": {func(r *remote) { r.files(hw("HW", "50"), "1") }, 0, 0, 0},
		"changes": {func(r *remote) { r.files(hw("HW", "60"), "1") }, 0, 2, 0},
		"held":    {func(r *remote) { r.files(hw("HW", "null"), "1") }, 0, 6, 6},
		"part": {func(r *remote) {
			r.files(hw("HW", "60")+"  - {resourceId: new, label: New, scoreMaximum: 5, scores: [{userId: stranger, scoreGiven: 1}]}\n", "1")
			require.NoError(r.t, r.box.Update(func(s *sandbox.State) error { s.Courses["1"].Closed = true; return nil }))
		}, 0, 2, 5},
		"findings": {func(r *remote) {
			r.files(hw("HW", "60"), "1")
			require.NoError(r.t, r.box.Update(func(s *sandbox.State) error {
				c := s.Courses["1"]
				c.LineItems = append(c.LineItems, &sandbox.LineItem{Number: 90, Label: "Twin", ScoreMaximum: 1, ResourceID: "hw"})
				c.NextLineItem = 91
				return nil
			}))
		}, 3, 3, 3},
		"invalid": {func(r *remote) { r.files(hw("HW", "-1"), "1") }, 3, 3, 3},
		"auth": {func(r *remote) {
			r.files(hw("HW", "60"), "1")
			require.NoError(r.t, os.Remove(filepath.Join(r.dir, "tool.key")))
		}, 4, 4, 4},
		"failed": {func(r *remote) { r.files(hw("HW", "60"), "404") }, 1, 1, 1},
		"stale": {func(r *remote) {
			r.files(hw("Renamed", "50"), "1")
			var by atomic.Int32
			f := func(q sandbox.Request) { // somebody's hand, between the plan and the write
				if q.Kind == "results" {
					n := by.Add(1)
					_ = r.box.Update(func(s *sandbox.State) error {
						s.Courses["1"].LineItems[0].Label = fmt.Sprint("By hand ", n)
						return nil
					})
				}
			}
			r.when.Store(&f)
		}, 0, 2, 7},
		"several: the worst":        {func(r *remote) { r.files(rescaled, "1", "2", "404") }, 1, 1, 1},
		"several: held and pending": {func(r *remote) { r.files(rescaled, "1", "2") }, 0, 6, 6},
	} {
		for _, form := range []string{"text", "json"} {
			t.Run(name+" "+form, func(t *testing.T) {
				t.Parallel()
				r := newRemote(t)
				r.files(hw("HW", "50"), "1")
				both := []string{"-f", "bio.yaml", "-f", "platform.yaml", "-o", form}
				r.must(0, append([]string{"apply", "--auto-approve"}, both...)...)
				c.set(r)
				r.must(c.plan, append([]string{"plan"}, both...)...)
				r.must(c.pend, append([]string{"plan", "--detailed-exitcode"}, both...)...)
				out := r.must(c.done, append([]string{"apply", "--auto-approve"}, both...)...)
				if form == "json" && c.done != 3 && c.done != 4 {
					require.True(t, json.Valid([]byte(out)), "%s", out)
				}
			})
		}
	}
}

// Ctrl-C while the LMS is read, in both forms.
func TestExitInterrupted(t *testing.T) {
	for _, form := range []string{"text", "json"} {
		r := newRemote(t)
		r.files(hw("HW", "50"), "1")
		started := make(chan struct{}, 8)
		release := make(chan struct{})
		f := func(q sandbox.Request) {
			if q.Kind == "lineitems" {
				started <- struct{}{}
				<-release
			}
		}
		r.when.Store(&f)
		cmd := r.command("plan", "-f", "bio.yaml", "-f", "platform.yaml", "-o", form)
		require.NoError(t, cmd.Start())
		<-started
		require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
		require.Error(t, cmd.Wait())
		require.Equal(t, 130, cmd.ProcessState.ExitCode())
		close(release)
	}
}
