package run

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

const role = "http://purl.imsglobal.org/vocab/lis/v2/membership"

// school is an LMS with pages of 2 on loopback. What it was asked is kept.
type school struct {
	box   *sandbox.Sandbox
	url   string
	mu    sync.Mutex
	asked []string // "METHOD kind scopes"
}

// newSchool lets answer go first; what it does not answer the sandbox does.
func newSchool(t *testing.T, answer func(http.ResponseWriter, *http.Request) bool) *school {
	t.Helper()
	s := &school{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer == nil || !answer(w, r) {
			s.box.ServeHTTP(w, r)
		}
	}))
	s.url = srv.URL
	var err error
	s.box, err = sandbox.Open(sandbox.Options{URL: srv.URL, PageSize: 2, Now: time.Now, Observe: func(r sandbox.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, fmt.Sprintf("%s %s %s", r.Method, r.Kind, strings.Join(r.Scopes, " ")))
	}})
	require.NoError(t, err)
	t.Cleanup(func() { srv.Close(); require.NoError(t, s.box.Close()) })
	require.NoError(t, s.box.EnsureCourse("1"))
	for _, m := range []sandbox.Member{
		{UserID: "u-1", Name: "Cy", Email: "cy@example.edu", SourcedID: "S1", Roles: []string{role + "/Instructor#TeachingAssistant", role + "#Instructor"}},
		{UserID: "u-2", Name: "Bo"},
		{UserID: "u-3", Name: "Ann", Email: "ann@example.edu", Status: plan.Inactive},
		{UserID: "u-4", Name: "Bo", Email: "bo@example.edu", Status: plan.Deleted},
		{UserID: "u-5"},
	} {
		require.NoError(t, s.box.AddMember("1", m))
	}
	return s
}

// documents are a Gradebook with the contexts, as YAML, on the school.
func (s *school) documents(t *testing.T, contexts ...string) (*spec.Documents, map[string]string) {
	t.Helper()
	text := "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\nlineItems: []\ncontexts:\n"
	for _, c := range contexts {
		text += "  - " + strings.ReplaceAll(c, "LMS", s.url) + "\n"
	}
	text += "---\n" + platform("campus", fmt.Sprintf("ags: {tokenURL: %q, clientID: %q, keyID: %q, privateKey: {env: KEY}, deploymentID: %q}",
		s.url+"/token", s.box.Tool().ClientID, s.box.Tool().KeyID, s.box.Tool().DeploymentID))
	return load(t, text), map[string]string{"KEY": string(s.box.Tool().PrivateKeyPEM)}
}

const located = `{name: one, lineItemsURL: "LMS/courses/1/lineitems", membershipsURL: "LMS/courses/1/memberships"}`

func openRoster(t *testing.T, docs *spec.Documents, o Options) *Session {
	t.Helper()
	s, err := OpenRoster(docs, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// Every page is read, with the one scope that it takes and nothing but GETs.
func TestRoster(t *testing.T) {
	lms := newSchool(t, nil)
	docs, env := lms.documents(t, located)
	s := openRoster(t, docs, options(t, false, env))
	members := []plan.Member{
		{UserID: "u-5", Roles: []string{"Learner"}, Status: "Active"},
		{UserID: "u-3", Name: "Ann", Email: "ann@example.edu", Roles: []string{"Learner"}, Status: "Inactive"},
		{UserID: "u-2", Name: "Bo", Roles: []string{"Learner"}, Status: "Active"},
		{UserID: "u-4", Name: "Bo", Email: "bo@example.edu", Roles: []string{"Learner"}, Status: "Deleted"},
		{UserID: "u-1", Name: "Cy", Email: "cy@example.edu", SourcedID: "S1", Roles: []string{"Instructor", "Instructor/TeachingAssistant"}, Status: "Active"},
	}
	want := plan.Roster{Contexts: []plan.RosterContext{{
		Gradebook: "bio", Name: "one", Platform: "campus", Members: members,
		Counts: plan.MemberCount{People: 5, Inactive: 1, Deleted: 1, WithoutEmail: 2},
	}}}
	require.Empty(t, cmp.Diff(want, s.Roster(t.Context())))
	const scope = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
	require.Empty(t, cmp.Diff([]string{
		"POST token " + scope, "GET memberships " + scope, "GET memberships " + scope, "GET memberships " + scope,
	}, lms.asked))
}

// A course is enough where the profile says where its roster is.
func TestRosterOfACourse(t *testing.T) {
	lms := newSchool(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/api/lti/courses/1/names_and_roles" {
			return false
		}
		w.Header().Set("Content-Type", "application/vnd.ims.lti-nrps.v2.membershipcontainer+json")
		fmt.Fprint(w, `{"id":"x","context":{"id":"1"},"members":[{"user_id":"u-9","roles":["Learner"]}]}`)
		return true
	})
	tool := lms.box.Tool()
	docs := load(t, "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\nlineItems: []\ncontexts: [{name: one, course: \"1\"}]\n---\n"+
		platform("campus", fmt.Sprintf("ags: {tokenURL: %q, clientID: %q, keyID: %q, privateKey: {env: KEY}, deploymentID: %q, profile: canvas}",
			lms.url+"/token", tool.ClientID, tool.KeyID, tool.DeploymentID)))
	r := openRoster(t, docs, options(t, false, map[string]string{"KEY": string(tool.PrivateKeyPEM)})).Roster(t.Context())
	require.Nil(t, r.Contexts[0].Failure)
	require.Empty(t, cmp.Diff([]plan.Member{{UserID: "u-9", Roles: []string{"Learner"}, Status: "Active"}}, r.Contexts[0].Members))
}

// The built-in LMS knows its rosters without a URL.
func TestRosterOfTheEmbeddedLMS(t *testing.T) {
	s := openRoster(t, load(t, gradebook("bio", "box", []string{"a"}, []string{"hw1"})+platform("box", "sandbox: {}")), options(t, false, nil))
	require.NoError(t, s.links["box"].box.AddMember("a", sandbox.Member{UserID: "u-1", Name: "Ann"}))
	r := s.Roster(t.Context())
	require.Nil(t, r.Contexts[0].Failure)
	require.Len(t, r.Contexts[0].Members, 1)
}

// What goes wrong is told with what to do, and fails its own context only.
func TestRosterFailures(t *testing.T) {
	const token = `{"access_token":"t","token_type":"Bearer","expires_in":3600,"scope":"https://purl.imsglobal.org/spec/lti-ags/scope/score"}`
	say := func(path string, status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != path {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return true
		}
	}
	for _, tc := range []struct {
		name, context string
		answer        func(http.ResponseWriter, *http.Request) bool
		kind          plan.FailureKind
		message, hint string
	}{
		{
			"no URL", `{name: one, lineItemsURL: "LMS/courses/1/lineitems"}`, nil,
			plan.FailedOther, "test.yaml:6:5: the context does not say where its roster is", "add membershipsURL",
		},
		{"no such course", strings.ReplaceAll(located, "/1/", "/9/"), nil, plan.FailedOther, "404", "check membershipsURL"},
		{"scope refused", located, say("/token", 400, `{"error":"invalid_scope"}`), plan.FailedAuth, "invalid_scope", "NRPS"},
		{"scope left out", located, say("/token", 200, token), plan.FailedAuth, "does not grant contextmembership.readonly", "NRPS"},
		{"client refused", located, say("/token", 400, `{"error":"invalid_client"}`), plan.FailedAuth, "invalid_client", "clientID"},
		{"roster refused", located, say("/courses/1/memberships", 403, `{}`), plan.FailedAuth, "403", "in the LMS"},
		{"a loop", located, func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/courses/1/memberships" {
				return false
			}
			w.Header().Set("Content-Type", "application/vnd.ims.lti-nrps.v2.membershipcontainer+json")
			w.Header().Set("Link", `<http://`+r.Host+r.URL.Path+`>; rel="next"`)
			fmt.Fprint(w, `{"id":"x","context":{"id":"1"},"members":[]}`)
			return true
		}, plan.FailedOther, "read roster", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lms := newSchool(t, tc.answer)
			docs, env := lms.documents(t, tc.context)
			r := openRoster(t, docs, options(t, false, env)).Roster(t.Context())
			c := r.Contexts[0]
			require.NotNil(t, c.Failure)
			require.Equal(t, tc.kind, c.Failure.Kind)
			require.Contains(t, c.Failure.Message+" "+c.Failure.Said, tc.message)
			require.Contains(t, c.Failure.Hint, tc.hint)
			require.Empty(t, c.Members)
		})
	}
	lms := newSchool(t, nil)
	docs, env := lms.documents(t, `{name: lost, lineItemsURL: "LMS/courses/2/lineitems"}`, located)
	r := openRoster(t, docs, options(t, false, env)).Roster(t.Context())
	require.NotNil(t, r.Contexts[0].Failure)
	require.Nil(t, r.Contexts[1].Failure)
	require.Len(t, r.Contexts[1].Members, 5)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r = openRoster(t, docs, options(t, false, env)).Roster(ctx)
	require.Equal(t, plan.FailedInterrupted, r.Contexts[1].Failure.Kind)

	_, err := OpenRoster(docs, Options{Contexts: []string{"nowhere"}})
	require.ErrorContains(t, err, `--context "nowhere" selects none`)
}
