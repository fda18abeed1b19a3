package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

// firstPlan is of a course in which there is nothing yet.
const firstPlan = `  - {resourceId: hw1, label: hw1, scoreMaximum: 50, scores: [{userId: "101", scoreGiven: 10, comment: one}, {userId: "102", scoreGiven: 20.5}]}
  - {resourceId: hw2, label: hw2, scoreMaximum: 20}
  - {resourceId: hw3, label: hw3, scoreMaximum: 10, tag: new, scores: [{userId: "101", scoreGiven: 5}, {userId: "102", scoreGiven: 6, comment: two}]}
`

// firstGrades is the same of LearningStudio, where columns are made by hand.
const firstGrades = `  - {label: hw1, scoreMaximum: 50, scores: [{userId: "101", scoreGiven: 10, comment: one, letterGrade: B}, {userId: "102", scoreGiven: 20.5}]}
  - {label: hw2, scoreMaximum: 20, scores: [{userId: "101", scoreGiven: 5}, {userId: "102", scoreGiven: 6, comment: two}]}
`

// On every platform and by every protocol, an apply of the plan of an empty
// course that is killed after any of its writes is finished by the same file:
// what stands in the course then is known as this plan's own.
func TestSavedPlanOfAnEmptyCourseIsFinished(t *testing.T) {
	type where struct{ face, profile string }
	all := []where{{sandbox.FaceLearningStudio, ""}}
	for _, profile := range append([]string{""}, quirk.Profiles()...) {
		all = append(all, where{sandbox.FaceAGS, profile}, where{sandbox.FaceLTIAAS, profile})
	}
	for _, w := range all {
		t.Run(fmt.Sprintf("face %s profile %s", w.face, w.profile), func(t *testing.T) {
			t.Parallel()
			whole, writes := finished(t, w.face, w.profile, 0)
			require.Greater(t, writes, int64(3))
			if w == (where{sandbox.FaceLTIAAS, quirk.ILIAS}) {
				return // the next test tells of it
			}
			for kill := int64(1); kill < writes; kill += 1 + writes/4 {
				view, n := finished(t, w.face, w.profile, kill)
				if d := cmp.Diff(whole, view); d != "" {
					t.Errorf("killed after %d of %d writes (-without +with):\n%s", kill, writes, d)
				}
				require.Equal(t, writes, n, "killed after %d", kill)
			}
		})
	}
}

// Where an LMS of which nothing is known makes another column of the one that was
// sent, nobody can tell it from somebody else's: it is stale, both values are
// named, and a new plan finishes.
func TestSavedPlanWhereColumnsComeOutOtherwise(t *testing.T) {
	l := openEmpty(t, sandbox.FaceLTIAAS, quirk.ILIAS)
	l.plan()
	l.kill(2)
	was := l.count.Load()
	code, out := l.apply()
	require.Equal(t, 7, code, "%s", out)
	require.Contains(t, out, `label was to be "hw1" and is "Column 1"; scoreMaximum was to be "50" and is "100"`)
	require.Equal(t, was, l.count.Load())
	l.plan("--allow", "rescale")
	code, out = l.apply()
	require.Contains(t, []int{0, 5}, code, "%s", out)
}

// finished applies the saved plan of an empty course, killed after so many writes
// (0: never) and then to its end, and gives what the LMS holds and how often it
// was written to.
func finished(t *testing.T, face, profile string, kill int64) (view []string, writes int64) {
	t.Helper()
	l := openEmpty(t, face, profile)
	planned := l.plan()
	if kill > 0 {
		l.kill(kill)
	}
	code, out := l.apply()
	require.Contains(t, []int{0, 5}, code, "killed after %d\n%s\n%s", kill, planned, out)
	writes = l.count.Load()
	again, replanned := l.b.run(append([]string{"plan", "--detailed-exitcode"}, bothFiles...)...)
	if code == 0 {
		require.Zero(t, again, "%s\n%s", out, replanned)
	}
	return shown(l.box.Snapshot().Courses["1"]), writes
}

// emptyLMS is an LMS with a course in which there is nothing yet, and the files
// of its first plan.
type emptyLMS struct {
	t     *testing.T
	b     *bench
	box   *sandbox.Sandbox
	count atomic.Int64 // of writes
	trap  atomic.Pointer[trap]
}

func (l *emptyLMS) plan(more ...string) string {
	_, out := l.b.run(append(append([]string{"plan", "--out", "p.json"}, bothFiles...), more...)...)
	l.count.Store(0)
	return out
}

func (l *emptyLMS) apply() (int, string) {
	return l.b.run(append([]string{"apply", "p.json", "--auto-approve"}, bothFiles...)...)
}

// kill applies and kills it after so many writes.
func (l *emptyLMS) kill(after int64) {
	l.t.Helper()
	trap := &trap{c: make(chan struct{})}
	trap.left.Store(after)
	l.trap.Store(trap)
	defer l.trap.Store(nil)
	cmd := exec.Command("gradesync", append([]string{"apply", "p.json", "--auto-approve"}, bothFiles...)...)
	cmd.Dir = l.b.dir
	require.NoError(l.t, cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-trap.c:
		_ = cmd.Process.Kill()
		<-done
	case <-done:
	}
}

func openEmpty(t *testing.T, face, profile string) *emptyLMS {
	t.Helper()
	l := &emptyLMS{t: t, b: newBench(t)}
	box, err := sandbox.Open(sandbox.Options{Now: time.Now, Profile: profile, Face: face, Observe: func(q sandbox.Request) {
		if q.Method != "GET" && !strings.Contains(q.Kind, "token") && q.Status < 300 {
			l.count.Add(1)
			if trap := l.trap.Load(); trap != nil {
				trap.spring(q)
			}
		}
	}})
	require.NoError(t, err)
	l.box = box
	srv := httptest.NewServer(box)
	t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
	items := firstPlan
	fill := contents{courses: []string{"1"}, students: []sandbox.Member{{UserID: "101", Name: "Ana"}, {UserID: "102", Name: "Bo"}}}
	if face == sandbox.FaceLearningStudio {
		items = firstGrades
		fill.columns = []sandbox.LineItem{{Label: "hw1", ScoreMaximum: 50}, {Label: "hw2", ScoreMaximum: 20}}
	}
	require.NoError(t, fill.into(box))
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(l.b.dir, name), []byte(text), 0o600))
	}
	doc, context := campus(), `course: "1"`
	switch face {
	case sandbox.FaceLTIAAS:
		key, err := box.ServiceKey("1")
		require.NoError(t, err)
		write("api.key", box.APIKey().Value)
		write("service.key", key.Value)
		doc.LTIAAS = &spec.LTIAAS{URL: text(srv.URL), APIKey: spec.Secret{File: text("api.key")}}
		context = "serviceKey: {file: service.key}"
	case sandbox.FaceLearningStudio:
		tool := box.LearningStudio()
		write("consumer.secret", tool.Secret.Value)
		doc.LearningStudio = &spec.LearningStudio{
			URL: text(srv.URL), Auth: text("oauth1"), ApplicationID: text(tool.ApplicationID), ConsumerKey: text(tool.ConsumerKey),
			Secret: spec.Secret{File: text("consumer.secret")},
		}
	default:
		tool := box.Tool()
		write("tool.key", string(tool.PrivateKeyPEM))
		doc.AGS = connection(srv.URL, profile, tool)
		doc.AGS.Audience = text(srv.URL + tool.AudiencePath)
		context = fmt.Sprintf("lineItemsURL: %q", srv.URL+box.LineItemsPath("1"))
	}
	require.NoError(t, encode(filepath.Join(l.b.dir, "platform.yaml"), doc))
	write("bio.yaml", "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [{name: s, "+context+"}]\nlineItems:\n"+items)
	return l
}
