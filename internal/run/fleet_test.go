package run

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/plan/render"
	"github.com/gradesync/gradesync/spec"
)

// lms is a sandbox on loopback. What hook answers, the sandbox never sees.
type lms struct {
	name string
	box  *sandbox.Sandbox
	url  string

	mu     sync.Mutex
	hook   func(http.ResponseWriter, *http.Request) (answered bool)
	asked  int
	wrote  map[string]int // by course: what is neither GET nor for a token
	inside int            // requests, now
	most   int            // and at any time
}

func newLMS(t *testing.T, name string) *lms {
	t.Helper()
	box, err := sandbox.Open(sandbox.Options{Now: time.Now})
	require.NoError(t, err)
	c := &lms{name: name, box: box, wrote: map[string]int{}}
	srv := httptest.NewServer(c)
	c.url = srv.URL
	t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
	return c
}

func (c *lms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.asked++
	c.inside++
	c.most = max(c.most, c.inside)
	if r.Method != http.MethodGet && r.URL.Path != sandbox.TokenPath {
		c.wrote[courseIn(r)]++
	}
	hook := c.hook
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inside--
	}()
	if hook == nil || !hook(w, r) {
		c.box.ServeHTTP(w, r)
	}
}

// courseIn is the course that a request is about.
func courseIn(r *http.Request) string {
	rest, found := strings.CutPrefix(r.URL.Path, "/courses/")
	if !found {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}

func (c *lms) hooked(hook func(http.ResponseWriter, *http.Request) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hook = hook
}

func (c *lms) writes() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrote
}

func (c *lms) requests() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// document is the lms's Platform.
func (c *lms) document(concurrency int) string {
	tool := c.box.Tool()
	return platform(c.name, fmt.Sprintf("ags: {tokenURL: %q, clientID: %q, keyID: %q, privateKey: {env: %s}, deploymentID: %q}\nlimits: {concurrency: %d, requestsPerSecond: 0, settle: 300ms}",
		c.url+sandbox.TokenPath, tool.ClientID, tool.KeyID, strings.ToUpper(c.name), tool.DeploymentID, concurrency))
}

// books are a Gradebook for each course, with the context s: two line items, and
// scores of two people in the first.
func (c *lms) books(courses ...string) string {
	var b strings.Builder
	for _, course := range courses {
		fmt.Fprintf(&b, "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: %s}\nplatform: %s\ncontexts: [{name: s, lineItemsURL: %q}]\n", course, c.name, c.url+c.box.LineItemsPath(course))
		b.WriteString("lineItems:\n  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50, scores: [{userId: s-1, scoreGiven: 40}, {userId: s-2, scoreGiven: 30}]}\n")
		b.WriteString("  - {resourceId: hw2, label: Homework 2, scoreMaximum: 50}\n---\n")
	}
	return b.String()
}

// holds puts a column into a course of the LMS, with a score of s-1 if there are
// points.
func (c *lms) holds(t *testing.T, course string, item sandbox.LineItem, points ...float64) {
	t.Helper()
	require.NoError(t, c.box.EnsureCourse(course))
	require.NoError(t, c.box.Update(func(st *sandbox.State) error {
		at := st.Courses[course]
		item.Number, item.ScoreMaximum = at.NextLineItem, 50
		at.NextLineItem++
		for _, p := range points {
			item.Results = append(item.Results, &sandbox.Result{UserID: "s-1", Score: &p})
		}
		at.LineItems = append(at.LineItems, &item)
		return nil
	}))
}

// environment holds the keys of the LMSs.
func environment(all ...*lms) map[string]string {
	env := map[string]string{}
	for _, c := range all {
		env[strings.ToUpper(c.name)] = string(c.box.Tool().PrivateKeyPEM)
	}
	return env
}

// refusing answers all that is written to a course with a status.
func refusing(course string, status int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet || courseIn(r) != course {
			return false
		}
		w.WriteHeader(status)
		return true
	}
}

// fleet is twelve contexts on three platforms: six in which all is well, and one
// for everything that can go wrong with one.
type fleet struct {
	north, south, locked *lms
}

var (
	well   = []string{"n1", "n2", "n3", "s1", "s2", "s3"}
	inTurn = []string{"n1", "gone", "n2", "found", "stale", "n3", "shut", "s1", "held", "s2", "failing", "s3"}
)

func newFleet(t *testing.T) *fleet {
	f := &fleet{newLMS(t, "north"), newLMS(t, "south"), newLMS(t, "locked")}
	for i, course := range well {
		c := f.north
		if i >= 3 {
			c = f.south
		}
		require.NoError(t, c.box.EnsureCourse(course))
	}
	f.north.holds(t, "found", sandbox.LineItem{Label: "Homework 1", ResourceID: "hw1"})
	f.north.holds(t, "found", sandbox.LineItem{Label: "Homework 1", ResourceID: "hw1"})
	f.north.holds(t, "stale", sandbox.LineItem{Label: "Homework 1", ResourceID: "hw1"}, 10)
	f.south.holds(t, "held", sandbox.LineItem{Label: "Homework 2", ResourceID: "another"})
	require.NoError(t, f.south.box.EnsureCourse("failing"))
	f.south.hooked(refusing("failing", http.StatusInternalServerError))
	f.locked.hooked(func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	return f
}

func (f *fleet) documents(t *testing.T, only ...string) (*spec.Documents, map[string]string) {
	t.Helper()
	var files []spec.Source // of one file each, so that places are the same whoever is there
	for _, course := range inTurn {
		if !slices.Contains(only, course) {
			continue
		}
		c := f.south
		switch {
		case course == "shut":
			c = f.locked
		case slices.Contains([]string{"n1", "n2", "n3", "gone", "found", "stale"}, course):
			c = f.north
		}
		files = append(files, spec.Bytes(course+".yaml", []byte(c.books(course))))
	}
	files = append(files, spec.Bytes("platforms.yaml", []byte(f.north.document(8)+f.south.document(8)+f.locked.document(8))))
	docs, err := spec.Load(files...)
	require.NoError(t, err)
	return docs, environment(f.north, f.south, f.locked)
}

// applied plans courses and applies that, from a file if saved; in between somebody
// grades in the course stale.
func (f *fleet) applied(t *testing.T, saved bool, only ...string) (plan.Report, *Session) {
	t.Helper()
	docs, env := f.documents(t, only...)
	s := opened(t, docs, options(t, !saved, env))
	p := s.Plan(t.Context())
	if saved {
		s = reopened(t, docs, p, options(t, true, env))
		p = s.Plan(t.Context())
	}
	if slices.Contains(only, "stale") {
		require.NoError(t, f.north.box.Update(func(st *sandbox.State) error {
			other := 20.0
			st.Courses["stale"].LineItems[0].Results[0].Score = &other
			return nil
		}))
	}
	r, err := s.Apply(t.Context(), p)
	require.NoError(t, err)
	return r, s
}

// reopened saves a plan and opens it.
func reopened(t *testing.T, docs *spec.Documents, p plan.Plan, o Options) *Session {
	t.Helper()
	encoded, err := plan.Encode(p)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "plan.json")
	require.NoError(t, SavePlan(file, encoded, nil))
	s, err := OpenSaved(docs, file, nil, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// ends are the contexts' statuses, in the report's order.
func ends(r plan.Report) (out []string) {
	for i := range r.Contexts {
		out = append(out, r.Contexts[i].Plan.Gradebook+": "+string(r.Contexts[i].Status()))
	}
	return out
}

// told is what all forms of a report say of the contexts in which all is well.
func (f *fleet) told(t *testing.T, r plan.Report) string {
	t.Helper()
	only := plan.Report{Digest: "sha256:ports"} // of the addresses, too
	for _, c := range r.Contexts {
		if slices.Contains(well, c.Plan.Gradebook) {
			c.Plan.Course = "" // of another port each time
			only.Contexts = append(only.Contexts, c)
		}
	}
	var b strings.Builder
	require.NoError(t, render.ReportText(&b, only, render.Options{}))
	require.NoError(t, render.ReportJSON(&b, only, render.Options{}))
	require.NoError(t, render.ReportMarkdown(&b, only, render.Options{}))
	return strings.NewReplacer(f.north.url, "http://north", f.south.url, "http://south").Replace(b.String())
}

// What goes wrong in one context touches no other: they are planned, written and
// told of, byte for byte, as if they were alone. So it is with a saved plan.
func TestFailuresStayInTheirContexts(t *testing.T) {
	for name, stale := range map[string]string{"files": "part", "saved": "stale"} { // just now, what nobody has touched is written
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone, among := newFleet(t), newFleet(t)
			quiet, _ := alone.applied(t, name == "saved", well...)
			loud, s := among.applied(t, name == "saved", inTurn...)
			require.Empty(t, cmp.Diff([]string{
				"n1: applied", "gone: failed", "n2: applied", "found: findings", "stale: " + stale, "n3: applied", "shut: auth",
				"s1: applied", "held: held", "s2: applied", "failing: part", "s3: applied",
			}, ends(loud)))
			require.Len(t, quiet.Contexts, len(well))
			require.Empty(t, cmp.Diff(alone.told(t, quiet), among.told(t, loud)))
			for _, c := range []*lms{among.north, among.south} {
				for course, n := range c.writes() {
					mayWrite := course == "failing" || course == "stale" && name == "files" || slices.Contains(well, course)
					require.True(t, mayWrite, "%d writes to %s", n, course)
				}
			}
			if name == "saved" {
				return
			}
			for _, c := range s.Plan(t.Context()).Contexts {
				if slices.Contains(well, c.Gradebook) {
					require.Equal(t, plan.Unchanged, c.Status(), c.Gradebook)
				}
			}
		})
	}
}
