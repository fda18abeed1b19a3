package run

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// sheets are documents of line items hw1 to hw3 on the school, to be given
// rows as sheets give them.
func (s *school) sheets(t *testing.T, users, context string) (*spec.Documents, map[string]string) {
	t.Helper()
	text := "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\nusers: " + users + "\ncontexts:\n  - " + strings.ReplaceAll(context, "LMS", s.url) + "\nlineItems:\n"
	for i := range 3 {
		text += fmt.Sprintf("  - {resourceId: hw%d, label: Homework %d, scoreMaximum: 100}\n", i+1, i+1)
	}
	text += "---\n" + platform("campus", fmt.Sprintf("ags: {tokenURL: %q, clientID: %q, keyID: %q, privateKey: {env: KEY}, deploymentID: %q}\nlimits: {requestsPerSecond: 0}",
		s.url+"/token", s.box.Tool().ClientID, s.box.Tool().KeyID, s.box.Tool().DeploymentID))
	return load(t, text), map[string]string{"KEY": string(s.box.Tool().PrivateKeyPEM)}
}

func give(docs *spec.Documents, key string, rows ...spec.Score) {
	c := &docs.Gradebooks[0].Contexts[0]
	if c.Scores == nil {
		c.Scores = map[string][]spec.Score{}
	}
	c.Scores[key] = append(c.Scores[key], rows...)
}

func sheetRow(said string, line int, points float64) spec.Score {
	pos := spec.At("grades.csv", line, 3)
	s := spec.Score{Pos: pos, ScoreGiven: spec.Opt[float64]{Value: points, State: spec.Set, Pos: pos}}
	word := spec.Opt[string]{Value: said, State: spec.Set, Pos: pos}
	if s.UserID = word; strings.Contains(said, "@") {
		s.UserID, s.Email = spec.Opt[string]{}, word
	}
	return s
}

// count is how many requests of a kind the school got.
func (s *school) count(what string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, asked := range s.asked {
		if strings.HasPrefix(asked, what) {
			n++
		}
	}
	return n
}

func (s *school) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = nil
}

// written tells whether anything but tokens was asked for with another method than GET.
func (s *school) written() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.asked, func(asked string) bool {
		return !strings.HasPrefix(asked, "GET ") && !strings.HasPrefix(asked, "POST token")
	})
}

// grades are what the LMS holds, as "resourceId user points".
func (s *school) grades() map[string]bool {
	out := map[string]bool{}
	for _, li := range s.box.Snapshot().Courses["1"].LineItems {
		for _, r := range li.Results {
			if r.Score != nil {
				out[fmt.Sprint(li.ResourceID, " ", r.UserID, " ", *r.Score)] = true
			}
		}
	}
	return out
}

// A sheet of a whole course arrives by email; the roster is read once a plan;
// planning again finds nothing to do; and the record knows people by user id.
func TestSheetOfEmailsArrives(t *testing.T) {
	lms := newSchool(t, nil)
	const people = 250
	want := map[string]bool{}
	docs, env := lms.sheets(t, "{by: email}", located)
	for i := range people {
		require.NoError(t, lms.box.AddMember("1", sandbox.Member{UserID: fmt.Sprint("s-", i), Email: fmt.Sprintf("Student.%d@Example.edu", i)}))
		for k := range 3 {
			if (3*i+k)%15 == 7 {
				continue // a blank cell
			}
			key, points := fmt.Sprint("hw", k+1), float64((i+7*k)%101)
			give(docs, key, sheetRow(fmt.Sprintf("STUDENT.%d@example.EDU", i), i+2, points))
			want[fmt.Sprint(key, " s-", i, " ", points)] = true
		}
	}
	require.Len(t, want, 700)
	s := opened(t, docs, options(t, true, env))
	p := s.Plan(t.Context())
	require.Equal(t, plan.Pending, p.Contexts[0].Status())
	require.Equal(t, (people+5+1)/2, lms.count("GET memberships"), "one listing, in pages of 2")
	score := p.Contexts[0].Items[0].Scores[0]
	require.Equal(t, "s-0 STUDENT.0@example.EDU grades.csv:2:3", strings.Join([]string{score.UserID, score.Person, score.Where}, " "))
	report, err := s.Apply(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, plan.Applied, report.Contexts[0].Status())
	require.Empty(t, cmp.Diff(want, lms.grades()))
	require.Equal(t, "STUDENT.0@example.EDU", report.Contexts[0].Rows[1].Person)
	require.Equal(t, (people+5+1)/2, lms.count("GET memberships"), "applying needs no roster")

	lms.forget()
	s = opened(t, docs, options(t, true, env))
	p = s.Plan(t.Context())
	require.Equal(t, plan.Unchanged, p.Contexts[0].Status())
	require.Empty(t, p.Contexts[0].Items)
	require.Equal(t, plan.Count{LineItems: 3, Scores: 700}, p.Contexts[0].Unchanged)
	require.Equal(t, (people+5+1)/2, lms.count("GET memberships"))
	require.False(t, lms.written())

	docs.Gradebooks[0].Contexts[0].Scores["hw1"][0].ScoreGiven.Value = 99
	s = opened(t, docs, options(t, true, env))
	report, err = s.Apply(t.Context(), s.Plan(t.Context()))
	require.NoError(t, err)
	require.True(t, lms.grades()["hw1 s-0 99"])
	for _, name := range []string{beforeFile, afterFile} {
		text, err := os.ReadFile(filepath.Join(report.Run, name))
		require.NoError(t, err)
		require.Contains(t, string(text), "userId: s-0")
		require.NotContains(t, string(text), "@")
	}
	lms.forget()
	back, err := Undo(docs, report.Run, nil, options(t, true, env))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, back.Close()) })
	report, err = back.Apply(t.Context(), back.Plan(t.Context()))
	require.NoError(t, err)
	require.Equal(t, plan.Applied, report.Contexts[0].Status())
	require.Empty(t, cmp.Diff(want, lms.grades()))
	require.Zero(t, lms.count("GET memberships"), "a record knows user ids")
}

// Two people whom the roster does not know stop the context, both by name.
func TestUnknownPeopleStop(t *testing.T) {
	lms := newSchool(t, nil)
	docs, env := lms.sheets(t, "{by: email}", located)
	give(docs, "hw1", sheetRow("CY2@example.edu", 2, 1), sheetRow("u-2", 3, 2), sheetRow("who@example.org", 4, 3), sheetRow("ann@EXAMPLE.edu", 5, 4), sheetRow("bo@example.edu", 6, 5))
	o := options(t, true, env)
	s := opened(t, docs, o)
	p := s.Plan(t.Context())
	require.Equal(t, plan.Found, p.Contexts[0].Status())
	const why = "not in the roster, which shows no email of 2 of its 5 people"
	require.Empty(t, cmp.Diff([]plan.Finding{{
		Where: "grades.csv:2:3", Message: "2 people are not in the roster",
		Hint: "correct the files, or say who they are in users.map; users.unknown: skip leaves their rows out, if they are people who left",
		People: []plan.Named{
			{Said: "CY2@example.edu", Where: "grades.csv:2:3", Why: why, Near: "cy@example.edu"},
			{Said: "who@example.org", Where: "grades.csv:4:3", Why: why},
		},
	}}, p.Contexts[0].Findings))
	require.Empty(t, cmp.Diff([]plan.Note{{
		Message: "2 people are no longer active in the course (users.inactive: skip): 2 rows are left out, and what is live stays",
		People: []plan.Named{
			{Said: "ann@EXAMPLE.edu", Where: "grades.csv:5:3", Why: "Inactive in the roster", UserIDs: []string{"u-3"}},
			{Said: "bo@example.edu", Where: "grades.csv:6:3", Why: "Deleted in the roster", UserIDs: []string{"u-4"}},
		},
	}}, p.Contexts[0].Notes))
	report, err := s.Apply(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, plan.Found, report.Contexts[0].Status())
	require.False(t, lms.written())
	require.Empty(t, lms.grades())

	b, err := plan.Encode(p)
	require.NoError(t, err)
	again, err := plan.Decode(b)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(p.Contexts[0].Findings, again.Contexts[0].Findings))
}

// Students who left are passed over, their grades stay, and the night is quiet.
func TestDroppedStudentsStopNothing(t *testing.T) {
	lms := newSchool(t, nil)
	docs, env := lms.sheets(t, "{by: email}", located)
	require.NoError(t, lms.box.AddMember("1", sandbox.Member{UserID: "u-9", Email: "di@example.edu"}))
	give(docs, "hw1", sheetRow("ann@example.edu", 2, 1), sheetRow("di@example.edu", 3, 2))
	for _, status := range []plan.Status{plan.Applied, plan.Unchanged} {
		s := opened(t, docs, options(t, true, env))
		report, err := s.Apply(t.Context(), s.Plan(t.Context()))
		require.NoError(t, err)
		require.Equal(t, status, report.Contexts[0].Status())
		require.Equal(t, map[string]bool{"hw1 u-9 2": true}, lms.grades())
	}
}

// The roster is read only where a row that was selected needs it, and then
// with a token for nothing else.
func TestRosterIsReadWhereNeeded(t *testing.T) {
	const scope = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
	for _, tc := range []struct {
		name, users string
		targets     []string
		rows        map[string]string
		reads       bool
	}{
		{"user ids", "{}", nil, map[string]string{"hw1": "u-1", "hw2": "u-2"}, false},
		{"no rows", "{by: email}", nil, nil, false},
		{"an email", "{by: email}", nil, map[string]string{"hw1": "u-2", "hw2": "cy@example.edu"}, true},
		{"an email elsewhere", "{by: email}", []string{"hw1"}, map[string]string{"hw1": "u-2", "hw2": "cy@example.edu"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lms := newSchool(t, nil)
			docs, env := lms.sheets(t, tc.users, located)
			for key, said := range tc.rows {
				give(docs, key, sheetRow(said, 2, 1))
			}
			if tc.reads {
				require.NoError(t, lms.box.Update(func(st *sandbox.State) error { // Cy teaches elsewhere
					st.Courses["1"].Member("u-1").Roles = []string{"Learner"}
					return nil
				}))
			}
			o := options(t, false, env)
			o.Targets = tc.targets
			p := opened(t, docs, o).Plan(t.Context())
			require.Equal(t, plan.Pending, p.Contexts[0].Status(), "%+v", p.Contexts[0])
			require.Equal(t, map[bool]int{true: 3}[tc.reads], lms.count("GET memberships "+scope))
			require.Equal(t, map[bool]int{true: 1}[tc.reads], lms.count("POST token "+scope))
			require.Equal(t, lms.count("GET memberships "+scope), lms.count("GET memberships"))
		})
	}
	lms := newSchool(t, nil)
	docs, env := lms.sheets(t, "{by: email}", `{name: one, lineItemsURL: "LMS/courses/1/lineitems"}`)
	docs.Gradebooks[0].Users.People = []spec.Person{{UserID: "u-2", Email: "bo@mail.example.org"}}
	give(docs, "hw1", sheetRow("BO@mail.example.org", 2, 1))
	p := opened(t, docs, options(t, false, env)).Plan(t.Context())
	require.Equal(t, "u-2", p.Contexts[0].Items[0].Scores[0].UserID, "the map is enough")
	require.Zero(t, lms.count("GET memberships"))
}

// A roster that cannot be read stops the contexts that need it, in words.
func TestPlanWithoutARoster(t *testing.T) {
	say := func(path string, status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != path {
				return false
			}
			w.WriteHeader(status)
			return true
		}
	}
	const way = "; or name people by userId, or say in users.map who they are"
	for _, tc := range []struct {
		name, context string
		answer        func(http.ResponseWriter, *http.Request) bool
		status        plan.Status
		message, hint string
	}{
		{"no URL", `{name: one, lineItemsURL: "LMS/courses/1/lineitems"}`, nil, plan.Found,
			"test.yaml:6:5: there are rows that name people by email or sourcedId, and the context does not say where its roster is", rosterURLHint + way},
		{"refused", located, say("/courses/1/memberships", 403), plan.Unauthorized, "403", way},
		{"not found", located, say("/courses/1/memberships", 404), plan.Failed, "404", "membershipsURL"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lms := newSchool(t, tc.answer)
			docs, env := lms.sheets(t, "{by: email}", tc.context)
			give(docs, "hw1", sheetRow("cy@example.edu", 2, 1))
			s := opened(t, docs, options(t, true, env))
			p := s.Plan(t.Context())
			c := p.Contexts[0]
			require.Equal(t, tc.status, c.Status())
			message, hint := "", ""
			for _, f := range c.Findings {
				message, hint = f.Where+": "+f.Message, f.Hint
			}
			if c.Failure != nil {
				message, hint = c.Failure.Message, c.Failure.Hint
			}
			require.Contains(t, message, tc.message)
			require.Contains(t, hint, tc.hint)
			require.True(t, strings.HasSuffix(hint, strings.TrimPrefix(way, "; ")), hint)
			_, err := s.Apply(t.Context(), p)
			require.NoError(t, err)
			require.False(t, lms.written())
		})
	}
}
