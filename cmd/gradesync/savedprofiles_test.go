package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
)

const savedBefore = `  - {resourceId: hw1, label: hw1, scoreMaximum: 50, scores: [{userId: "101", scoreGiven: 10, comment: one}, {userId: "102", scoreGiven: 20}]}
  - {resourceId: hw2, label: hw2, scoreMaximum: 20}
  - {resourceId: hw3, label: hw3, scoreMaximum: 10}
  - {resourceId: hw5, label: hw5, scoreMaximum: 10, scores: [{userId: "101", scoreGiven: 3}]}
`

const savedAfter = `  - {resourceId: hw1, label: hw1, scoreMaximum: 100, scores: [{userId: "101", scoreGiven: 33.333, comment: two}, {userId: "102", scoreGiven: 41}]}
  - {resourceId: hw2, label: Essay, scoreMaximum: 20, tag: essay}
  - {resourceId: hw3, label: hw3, absent: true}
  - {resourceId: hw4, label: hw4, scoreMaximum: 10, tag: new, startDateTime: 2026-09-01T08:00:00Z, gradesReleased: true, scores: [{userId: "101", scoreGiven: 5, comment: three}]}
  - {resourceId: hw5, label: hw5, scoreMaximum: 10, scores: [{userId: "101", scoreGiven: null}, {userId: "102", scoreGiven: 12}]}
`

// On every platform that is known, an apply of a saved plan that is killed after
// any of its writes is finished by the same file: what was written is known
// again, whatever the platform makes of it, and nothing is sent twice.
func TestSavedPlanIsFinishedOnEveryPlatform(t *testing.T) {
	for _, profile := range append([]string{""}, quirk.Profiles()...) {
		t.Run("profile "+profile, func(t *testing.T) {
			t.Parallel()
			whole, writes := resumed(t, profile, 0)
			require.Positive(t, writes)
			for _, kill := range []int64{1, writes / 2, writes - 1} {
				view, n := resumed(t, profile, kill)
				if d := cmp.Diff(whole, view); d != "" {
					t.Errorf("killed after %d of %d writes (-without +with):\n%s", kill, writes, d)
				}
				require.Equal(t, writes, n, "killed after %d", kill)
			}
		})
	}
}

// resumed applies a saved plan, killed after so many writes (0: never) and then
// to its end, and gives what the LMS holds and how often it was written to.
func resumed(t *testing.T, profile string, kill int64) (view []string, writes int64) {
	t.Helper()
	var count atomic.Int64
	var current atomic.Pointer[trap]
	box, err := sandbox.Open(sandbox.Options{Now: time.Now, Profile: profile, Observe: func(q sandbox.Request) {
		if q.Method != "GET" && q.Kind != "token" && q.Status < 300 {
			count.Add(1)
			if trap := current.Load(); trap != nil {
				trap.spring(q)
			}
		}
	}})
	require.NoError(t, err)
	srv := httptest.NewServer(box)
	defer func() { srv.Close(); require.NoError(t, box.Close()) }()
	b := newBench(t)
	require.NoError(t, box.EnsureCourse("1"))
	for _, user := range []string{"101", "102"} {
		require.NoError(t, box.AddMember("1", sandbox.Member{UserID: user, Roles: []string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"}}))
	}
	tool := box.Tool()
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "tool.key"), tool.PrivateKeyPEM, 0o600))
	doc := campus()
	doc.AGS = connection(srv.URL, profile, tool)
	doc.AGS.Audience = text(srv.URL + tool.AudiencePath)
	require.NoError(t, encode(filepath.Join(b.dir, "platform.yaml"), doc))
	book := func(items string) {
		text := fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [{name: s, lineItemsURL: %q}]\nlineItems:\n%s", srv.URL+box.LineItemsPath("1"), items)
		require.NoError(t, os.WriteFile(filepath.Join(b.dir, "bio.yaml"), []byte(text), 0o600))
	}
	book(savedBefore)
	b.run(append([]string{"apply", "--auto-approve"}, bothFiles...)...)
	book(savedAfter)
	if profile == quirk.Moodle { // there a change of the column takes its link away
		require.NoError(t, box.Update(func(s *sandbox.State) error { s.Courses["1"].LineItems[1].ResourceLinkID = "7"; return nil }))
	}
	_, planned := b.run(append([]string{"plan", "--out", "p.json", "--allow", "rescale", "--allow", "clear", "--allow", "delete-graded", "--allow", "delete-unread"}, bothFiles...)...)
	count.Store(0)
	args := append([]string{"apply", "p.json", "--auto-approve"}, bothFiles...)
	if kill > 0 {
		trap := &trap{c: make(chan struct{})}
		trap.left.Store(kill)
		current.Store(trap)
		cmd := exec.Command("gradesync", args...)
		cmd.Dir = b.dir
		require.NoError(t, cmd.Start())
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-trap.c:
			_ = cmd.Process.Kill()
			<-done
		case <-done:
		}
		current.Store(nil)
	}
	code, out := b.run(args...)
	require.Contains(t, []int{0, 5}, code, "%s\n%s", planned, out)
	if kill == 0 {
		n := count.Load()
		again, out := b.run(args...)
		require.Equal(t, code, again, "%s", out)
		require.Equal(t, n, count.Load(), "a second time nothing is sent:\n%s", out)
	}
	return shown(box.Snapshot().Courses["1"]), count.Load()
}
