package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

// campusFleet is a folder of Gradebooks of a course each, on two platforms of one
// LMS: fine1 and fine2, and one for each thing that goes wrong with one.
type campusFleet struct {
	*bench
	box    *sandbox.Sandbox
	writes atomic.Int64
}

func newCampusFleet(t *testing.T) *campusFleet {
	t.Helper()
	f := &campusFleet{bench: newBench(t)}
	var err error
	f.box, err = sandbox.Open(sandbox.Options{Now: time.Now})
	require.NoError(t, err)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writes := r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/courses/")
		if writes {
			f.writes.Add(1)
		}
		switch {
		case strings.HasPrefix(r.URL.Path, "/locked/"):
			w.WriteHeader(http.StatusUnauthorized)
		case writes && strings.HasPrefix(r.URL.Path, "/courses/failing/"):
			w.WriteHeader(http.StatusBadRequest)
		default:
			f.box.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() { srv.Close(); require.NoError(t, f.box.Close()) })
	tool := f.box.Tool()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(f.dir, "all", name), []byte(text), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(f.dir, "all"), 0o700))
	write("tool.key", string(tool.PrivateKeyPEM))
	for name, token := range map[string]string{"campus": srv.URL + sandbox.TokenPath, "locked": srv.URL + "/locked/token"} {
		doc := campus()
		doc.Metadata.Name = text(name)
		doc.AGS = connection(srv.URL, "", tool)
		doc.AGS.TokenURL = text(token)
		doc.Limits.RequestsPerSecond = spec.Opt[float64]{State: spec.Set} // none
		require.NoError(t, encode(filepath.Join(f.dir, "all", name+".yaml"), doc))
	}
	for _, course := range []string{"fine1", "fine2", "found", "shut", "gone", "stale", "failing", "held"} {
		platform := "campus"
		switch course {
		case "shut":
			platform = "locked"
		case "gone":
		default:
			require.NoError(t, f.box.EnsureCourse(course))
		}
		write("book-"+course+".yaml", fmt.Sprintf(`apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: %s}
platform: %s
contexts: [{name: %[1]s, lineItemsURL: %[3]q}]
lineItems: [{resourceId: hw1, label: Homework 1, scoreMaximum: 50, scores: [{userId: s-1, scoreGiven: 40}]}]
`, course, platform, srv.URL+f.box.LineItemsPath(course)))
	}
	f.has("found", "hw1", 0)
	f.has("found", "hw1", 0)
	f.has("held", "another", 0)
	f.has("stale", "hw1", 10)
	return f
}

// has puts the column Homework 1 into a course, with a grade unless that is 0.
func (f *campusFleet) has(course, resourceID string, grade float64) {
	f.t.Helper()
	require.NoError(f.t, f.box.Update(func(st *sandbox.State) error {
		c := st.Courses[course]
		item := &sandbox.LineItem{Number: c.NextLineItem, Label: "Homework 1", ResourceID: resourceID, ScoreMaximum: 50}
		if grade != 0 {
			item.Results = []*sandbox.Result{{UserID: "s-1", Score: &grade}}
		}
		c.NextLineItem++
		c.LineItems = append(c.LineItems, item)
		return nil
	}))
}

// regrade is somebody who grades by hand in the course stale.
func (f *campusFleet) regrade() {
	f.t.Helper()
	require.NoError(f.t, f.box.Update(func(st *sandbox.State) error {
		points := 20.0
		st.Courses["stale"].LineItems[0].Results[0].Score = &points
		return nil
	}))
}

// some is a command line for some of the contexts.
func some(command string, contexts ...string) []string {
	args := append(strings.Fields(command), "-f", "all")
	for _, c := range contexts {
		args = append(args, "--context", c)
	}
	return args
}

// Of all that goes wrong in a fleet the worst makes the exit code, in the order of
// the table, and the rest is written all the same.
func TestFleetExitCodes(t *testing.T) {
	f := newCampusFleet(t)
	f.must(3, some("plan --out p.json")...)
	f.regrade()
	left := []string{"found", "shut", "gone", "stale", "failing", "held"}
	for _, code := range []int{3, 4, 1, 7, 5, 6, 0} {
		out := f.must(code, some("apply p.json --auto-approve", append(left, "fine?")...)...)
		for _, fine := range []string{"fine1", "fine2"} {
			require.Regexp(t, `(?m)^Result of `+fine+`/`+fine+` on campus\n  confirmed .*\n  confirmed .*\n\n`, out)
		}
		left = left[min(1, len(left)):]
	}
}

// With --fail-fast the code is that of what really went wrong, however many
// contexts were not begun for it, and nothing is written.
func TestFailFastExitCodes(t *testing.T) {
	f := newCampusFleet(t)
	for _, tc := range []struct {
		code     int
		command  string
		contexts []string
		says     string
	}{
		{3, "apply", []string{"fine?", "found"}, "not attempted  hw1  s-1  post score: --fail-fast writes nothing anywhere because of found/found, which has findings; mend that one and run this again"},
		{6, "apply", []string{"fine?", "held"}, "not attempted  hw1  s-1  post score: --fail-fast writes nothing anywhere because of held/held, where something is held; mend that one and run this again"},
		{4, "apply", []string{"fine?", "shut"}, "401"},
		{1, "apply", []string{"fine?", "gone"}, "404"},
		{1, "apply", []string{"fine?", "gone", "held"}, "404"},
		{4, "apply", []string{"fine?", "gone", "shut"}, "401"},
		{3, "apply", []string{"fine?", "held", "found"}, "which has findings"},
		{1, "plan", []string{"fine?", "gone"}, "404"},
		{4, "plan", []string{"fine?", "shut", "held"}, "401"},
		{3, "plan", []string{"fine?", "found"}, "to create"},
		{0, "plan", []string{"fine?", "held"}, "to create"},
		{6, "plan --detailed-exitcode", []string{"fine?", "held"}, "to create"},
		{4, "plan --detailed-exitcode", []string{"fine?", "shut", "held"}, "401"},
		{2, "plan --detailed-exitcode", []string{"fine?"}, "to create"},
	} {
		out := f.must(tc.code, some(tc.command+" --fail-fast", tc.contexts...)...) // nobody is asked: there is nothing to write
		require.Contains(t, out, tc.says, "%s %s", tc.command, tc.contexts)
		require.Zero(t, f.writes.Load(), "%s %s", tc.command, tc.contexts)
	}

	// What is known before anybody is asked stops everything.
	require.NoError(t, os.WriteFile(filepath.Join(f.dir, "keyless.yaml"), []byte(`apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: keyless}
ags: {tokenURL: "https://lms.example.edu/token", clientID: c, keyID: k, privateKey: {file: missing.key}}
---
apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: keyless}
platform: keyless
contexts: [{name: keyless, lineItemsURL: "https://lms.example.edu/1/lineitems"}]
lineItems: []
`), 0o600))
	for _, command := range []string{"plan --fail-fast", "apply --fail-fast"} {
		out := f.must(4, append(some(command, "fine1", "keyless"), "-f", "keyless.yaml")...)
		require.Contains(t, out, "fine1/fine1 on campus\n\n  ! not read: --fail-fast stopped at keyless/keyless, which could not be read\n    hint: mend that one and run this again, or leave --fail-fast out\n")
	}

	f.must(0, some("plan --out p.json", "fine?", "stale", "failing")...)
	f.regrade()
	f.must(7, some("apply p.json --auto-approve --fail-fast", "stale")...)
	require.Zero(t, f.writes.Load())
	f.must(5, some("apply p.json --auto-approve --fail-fast", "failing")...)
	f.must(0, some("apply --auto-approve --fail-fast", "fine?")...)
	f.must(0, "undo", f.lastRun(), "-f", "all", "--auto-approve", "--fail-fast", "--allow", "delete-graded", "--allow", "deletesPercent", "--allow", "clear")
	require.Empty(t, f.box.Snapshot().Courses["fine1"].LineItems)
}

// Patterns choose among all the Gradebooks of a folder; one that chooses nothing is
// a slip, and nothing is done.
func TestFleetPatterns(t *testing.T) {
	f := newCampusFleet(t)
	out := f.must(0, some("plan --target fine*/hw?")...)
	require.Contains(t, out, "fine1/fine1 on campus")
	require.Contains(t, out, "fine2/fine2 on campus")
	require.NotContains(t, out, "gone")
	require.Contains(t, f.must(64, some("apply --auto-approve", "fine?", "sec-*")...), `--context "sec-*" selects none of the contexts: failing, fine1, fine2, found, gone, held, shut, stale`)
	require.Contains(t, f.must(64, some("apply --auto-approve --target nothing*/hw?")...), `--target "nothing*/hw?" selects none of the line items: failing/hw1, fine1/hw1`)
	require.Contains(t, f.must(64, some("apply --auto-approve --target fine1/*", "stale")...), "--context and --target together select nothing")
	require.Zero(t, f.writes.Load())
}
