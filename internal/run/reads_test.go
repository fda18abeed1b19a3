package run

import (
	stdcmp "cmp"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// metered is an LMS on loopback, some courses with the same line items and the
// students 1, 2 and so on. What it was asked is counted.
type metered struct {
	face, profile string
	courses       int
	box           *sandbox.Sandbox
	url           string
	hook          func(http.ResponseWriter, *http.Request) bool // true: it has answered; nil: it never does

	mu     sync.Mutex
	asked  map[string]int // by method and kind, tokens by their scopes
	dialed int            // connections
}

// lmss are the kinds of platforms; of AGS the one of which nothing is known, and
// two that are.
var lmss = []struct{ face, profile string }{
	{sandbox.FaceAGS, ""}, {sandbox.FaceAGS, quirk.Canvas}, {sandbox.FaceAGS, quirk.Moodle}, {sandbox.FaceLTIAAS, ""}, {sandbox.FaceLearningStudio, ""},
}

// onEach runs a test on each kind of platform.
func onEach(t *testing.T, test func(*testing.T, *metered)) {
	for _, of := range lmss {
		t.Run(strings.TrimSpace(stdcmp.Or(of.face, "ags")+" "+of.profile), func(t *testing.T) {
			test(t, &metered{face: of.face, profile: of.profile, courses: 3})
		})
	}
}

// open starts the LMS: so many line items and students in each course, and no
// grades.
func (c *metered) open(t *testing.T, items, students int) {
	t.Helper()
	c.forget()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Millisecond) // so that requests meet
		if c.hook == nil || !c.hook(w, r) {
			c.box.ServeHTTP(w, r)
		}
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			c.mu.Lock()
			c.dialed++
			c.mu.Unlock()
		}
	}
	srv.Start()
	c.url = srv.URL
	var err error
	c.box, err = sandbox.Open(sandbox.Options{URL: srv.URL, Face: c.face, Profile: c.profile, Now: time.Now, RequestsPerSecond: 1e6, Observe: c.note})
	require.NoError(t, err)
	t.Cleanup(func() { srv.Close(); require.NoError(t, c.box.Close()) })
	for course := range c.courses {
		require.NoError(t, c.box.EnsureCourse(fmt.Sprint(course+1)))
	}
	require.NoError(t, c.box.Update(func(st *sandbox.State) error {
		for _, to := range st.Courses {
			to.Members = nil
			for s := range students {
				to.Members = append(to.Members, &sandbox.Member{
					UserID: fmt.Sprint(s + 1), Email: email(s + 1), Roles: []string{"Learner"}, Status: "Active",
				})
			}
			for i := range items {
				li := &sandbox.LineItem{Number: i + 1, Label: fmt.Sprint("Homework ", i+1), ScoreMaximum: 10}
				if c.face != sandbox.FaceLearningStudio {
					li.ResourceID = fmt.Sprint("hw", i+1)
				}
				to.LineItems = append(to.LineItems, li)
			}
			to.NextLineItem = items + 1
		}
		return nil
	}))
}

func email(student int) string { return fmt.Sprintf("s%d@example.edu", student) }

func (c *metered) note(r sandbox.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what := r.Method + " " + r.Kind
	if r.Kind == "token" {
		what = "token " + strings.Join(r.Scopes, " ")
	}
	c.asked[what]++
}

func (c *metered) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked, c.dialed = map[string]int{}, 0
}

// requests are what the LMS was asked for, how often, tokens apart; and no token
// was asked for twice.
func (c *metered) requests(t *testing.T) map[string]int {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	out, tokens := maps.Clone(c.asked), 0
	for what, n := range c.asked {
		if scopes, ok := strings.CutPrefix(what, "token "); ok {
			require.Equal(t, 1, n, "tokens for %s", scopes)
			delete(out, what)
			tokens++
		}
	}
	require.Equal(t, c.face == sandbox.FaceAGS, tokens > 0)
	return out
}

// book is a Gradebook on all courses, whose rows name people by email.
func (c *metered) book(name string, lineItems ...string) string {
	b := "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: " + name + "}\nusers: {by: email}\ncontexts:\n"
	for i := range c.courses {
		where := fmt.Sprintf("course: %q", fmt.Sprint(i+1))
		switch {
		case c.face == sandbox.FaceLTIAAS:
			where = fmt.Sprintf("serviceKey: {env: KEY%d}", i+1)
		case c.face == sandbox.FaceAGS && c.profile == "":
			where = fmt.Sprintf("lineItemsURL: %q, membershipsURL: %q", c.url+c.box.LineItemsPath(fmt.Sprint(i+1)), c.url+c.box.MembershipsPath(fmt.Sprint(i+1)))
		}
		b += fmt.Sprintf("  - {name: sec-%d, %s}\n", i+1, where)
	}
	return b + "lineItems:\n  - {" + strings.Join(lineItems, "}\n  - {") + "}\n---\n"
}

// homework is a line item as it is there.
func (c *metered) homework(i int) string {
	if c.face == sandbox.FaceLearningStudio {
		return fmt.Sprintf("key: hw%d, label: Homework %d, scoreMaximum: 10", i, i)
	}
	return fmt.Sprintf("resourceId: hw%d, label: Homework %d, scoreMaximum: 10", i, i)
}

// documents are the Gradebooks and the Platform, and the secrets it needs.
func (c *metered) documents(t *testing.T, books ...string) (*spec.Documents, map[string]string) {
	t.Helper()
	env := map[string]string{}
	var kind string
	switch c.face {
	case sandbox.FaceLTIAAS:
		kind = fmt.Sprintf("ltiaas: {url: %q, apiKey: {env: KEY}}", c.url)
		env["KEY"] = c.box.APIKey().Value
		for i := range c.courses {
			key, err := c.box.ServiceKey(fmt.Sprint(i + 1))
			require.NoError(t, err)
			env[fmt.Sprint("KEY", i+1)] = key.Value
		}
	case sandbox.FaceLearningStudio:
		of := c.box.LearningStudio()
		kind = fmt.Sprintf("learningstudio: {url: %q, applicationID: %s, auth: oauth1, consumerKey: %s, secret: {env: KEY}}", c.url, of.ApplicationID, of.ConsumerKey)
		env["KEY"] = of.Secret.Value
	default:
		tool := c.box.Tool()
		kind = fmt.Sprintf("ags: {tokenURL: %q, clientID: %q, keyID: %q, privateKey: {env: KEY}, deploymentID: %q", c.url+"/token", tool.ClientID, tool.KeyID, tool.DeploymentID)
		if c.profile != "" {
			kind += ", profile: " + c.profile
		}
		kind += "}"
		env["KEY"] = string(tool.PrivateKeyPEM)
	}
	return load(t, strings.Join(books, "")+platform("campus", kind+"\nlimits: {concurrency: 8, requestsPerSecond: 0, settle: 2s}")), env
}

// grade gives every student points for a line item in all contexts of a Gradebook.
func grade(docs *spec.Documents, book int, key string, students int, points float64) {
	contexts := docs.Gradebooks[book].Contexts
	for i := range contexts {
		if contexts[i].Scores == nil {
			contexts[i].Scores = map[string][]spec.Score{}
		}
		for s := range students {
			contexts[i].Scores[key] = append(contexts[i].Scores[key], sheetRow(email(s+1), s+2, points))
		}
	}
}

// everywhere is n for each of the courses.
func (c *metered) everywhere(requests map[string]int) map[string]int {
	out := map[string]int{}
	for what, n := range requests {
		out[what] = n * c.courses
	}
	return out
}

// rosters is how many listings make a roster.
func (c *metered) rosters() int {
	if c.face == sandbox.FaceLearningStudio {
		return 2 // everybody, and who of them are students
	}
	return 1
}

func planned(t *testing.T, s *Session, want plan.Status) plan.Plan {
	t.Helper()
	p := s.Plan(t.Context())
	for i := range p.Contexts {
		require.Equal(t, want, p.Contexts[i].Status(), "%+v %+v", p.Contexts[i].Failure, p.Contexts[i].Findings)
	}
	return p
}

func carriedOut(t *testing.T, s *Session, p plan.Plan) {
	t.Helper()
	r, err := s.Apply(t.Context(), p)
	require.NoError(t, err)
	for i := range r.Contexts {
		require.Equal(t, plan.Applied, r.Contexts[i].Status(), "%+v", r.Contexts[i].Rows)
	}
}

// Scores are posted on a look at what is there, and read back once: of each line
// item, and not of each row. Then nothing is left to do, and to see that takes
// one listing, the roster, and the results of just the line items with scores.
func TestNothingIsReadTwice(t *testing.T) {
	const students = 5
	onEach(t, func(t *testing.T, c *metered) {
		c.open(t, 4, students) // the file does not name the last one
		docs, env := c.documents(t, c.book("bio", c.homework(1), c.homework(2), c.homework(3)))
		grade(docs, 0, "hw1", students, 7)
		grade(docs, 0, "hw2", students, 8) // hw3 has no scores
		s := opened(t, docs, options(t, true, env))
		carriedOut(t, s, planned(t, s, plan.Pending))
		want := map[string]int{
			"GET lineitems": 1, "GET memberships": c.rosters(), "POST scores": 2 * students,
			"GET results": 2 * 3, // to plan, before the writes, and after them
		}
		if c.face == sandbox.FaceLearningStudio {
			want["GET results"] = 2*2 + 2*students // there each grade is read before it is written,
			want["GET lineitem"] = 2               // and says nothing of its scale when it is read back
		}
		require.Empty(t, cmp.Diff(c.everywhere(want), c.requests(t)))

		for range 3 { // however they meet
			c.forget()
			planned(t, opened(t, docs, options(t, false, env)), plan.Unchanged)
			require.Empty(t, cmp.Diff(c.everywhere(map[string]int{"GET lineitems": 1, "GET memberships": c.rosters(), "GET results": 2}), c.requests(t)))
		}
	})
}

// Of a line item without scores in the file the results are read where they are
// at risk: its maximum changes, or it is to go.
func TestWhatIsAtRiskIsRead(t *testing.T) {
	onEach(t, func(t *testing.T, c *metered) {
		c.open(t, 3, 2)
		at := 1
		items := []string{strings.Replace(c.homework(1), "10", "20", 1), c.homework(2)}
		if c.face != sandbox.FaceLearningStudio { // where nothing can be removed
			items = append(items, c.homework(3)+", absent: true")
			at = 2
		}
		docs, env := c.documents(t, c.book("bio", items...))
		opened(t, docs, options(t, false, env)).Plan(t.Context())
		require.Empty(t, cmp.Diff(c.everywhere(map[string]int{"GET lineitems": 1, "GET results": at}), c.requests(t)))
	})
}

// A line item that is made or changed is looked at before, and all are listed once
// after the writes. A column that the run has made has no grades to look at.
func TestLineItemsAreReadBackOnce(t *testing.T) {
	const students = 3
	onEach(t, func(t *testing.T, c *metered) {
		c.open(t, 2, students)
		items := []string{c.homework(1), strings.Replace(c.homework(2), "10", "20", 1)}
		want := map[string]int{
			"GET memberships": c.rosters(), "POST scores": students,
			"GET lineitem": 1, "PUT lineitem": 1, "GET lineitems": 2,
			"GET results": 3 + 1, // those at risk to plan, before, and after; of the posted scores after
		}
		if c.face != sandbox.FaceLearningStudio { // where nothing can be made
			items = append(items, c.homework(3))
			want["POST lineitems"], want["GET lineitems"] = 1, 3
		}
		docs, env := c.documents(t, c.book("bio", items...))
		if c.face == sandbox.FaceLearningStudio {
			grade(docs, 0, "hw1", students, 5)
			want["GET results"] = 3 + 2 + students
			want["GET lineitem"] = 4 // before the grades at risk are read again, and to know all that the PUT replaces
		} else {
			grade(docs, 0, "hw3", students, 5)
		}
		s := opened(t, docs, options(t, true, env))
		carriedOut(t, s, planned(t, s, plan.Pending))
		require.Empty(t, cmp.Diff(c.everywhere(want), c.requests(t)))
	})
}

// Hundreds of requests, reads and writes, go over about as many connections as
// requests may run at once: one more is dialed where a connection is not back yet
// when the next request wants it.
func TestConnectionsAreReused(t *testing.T) {
	const students, atOnce = 10, 8
	onEach(t, func(t *testing.T, c *metered) {
		c.open(t, 8, students)
		var items []string
		for i := range 8 {
			items = append(items, c.homework(i+1))
		}
		docs, env := c.documents(t, c.book("bio", items...))
		for i := range 8 {
			grade(docs, 0, fmt.Sprint("hw", i+1), students, 5)
		}
		s := opened(t, docs, options(t, true, env))
		carriedOut(t, s, planned(t, s, plan.Pending))
		total := 0
		for _, n := range c.requests(t) {
			total += n
		}
		require.Greater(t, total, 300)
		require.LessOrEqual(t, c.connections(), atOnce)
	})
}

func (c *metered) connections() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dialed
}

// Two Gradebooks on one course read its roster once.
func TestRosterOncePerCourse(t *testing.T) {
	onEach(t, func(t *testing.T, c *metered) {
		c.open(t, 2, 3)
		docs, env := c.documents(t, c.book("bio", c.homework(1)), c.book("chem", c.homework(2)))
		grade(docs, 0, "hw1", 3, 5)
		grade(docs, 1, "hw2", 3, 5)
		planned(t, opened(t, docs, options(t, false, env)), plan.Pending)
		require.Empty(t, cmp.Diff(c.everywhere(map[string]int{"GET lineitems": 2, "GET memberships": c.rosters(), "GET results": 2}), c.requests(t)))
	})
}
