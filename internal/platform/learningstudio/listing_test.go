package learningstudio

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/lab"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// One person is one, however the id is written, and two numbers are never one.
func TestIDs(t *testing.T) {
	for raw, want := range map[string]string{
		`28456671`: "28456671", `28456671.0`: "28456671", `"28456671"`: "28456671", `2.8456671e7`: "28456671", `1e3`: "1000", `1E+3`: "1000",
		`1000e-3`: "1", `-0`: "0", `12345678901234567890123`: "12345678901234567890123", `12345678901234567890123.000`: "12345678901234567890123",
		`9007199254740993`: "9007199254740993", `"b24e-ABEE"`: "b24e-ABEE", `"1e3"`: "1e3", `null`: "", `""`: "",
	} {
		var got id
		require.NoError(t, json.Unmarshal([]byte(raw), &got), raw)
		require.Equal(t, want, string(got), raw)
	}
	for _, raw := range []string{`1.5`, `1e-3`, `1e65`, `1e999999999`, `1e-999999999`, `1e99999999999999999999`, `{}`, `[]`, `true`} {
		var got id
		require.Error(t, json.Unmarshal([]byte(raw), &got), raw)
	}
}

// The grades are of those whom the roster shows.
func TestIDsAgree(t *testing.T) {
	s := newSchool(t, map[string][]string{
		getOne: {"200 " + item95}, listThem: {`200 {"grades":[{"id":1,"points":5,"gradedStudent":{"id":28456671.0}}]}`},
		"GET /courses/31388494/roster":   {`200 {"roster":[{"id":2.8456671e7,"roleType":"STUD"}]}`},
		"GET /courses/31388494/students": {`200 {"students":[{"id":"28456671","emailAddress":"zach@example.edu"}]}`},
	})
	grades, err := all(t, s.platform().Results(t.Context(), guid))
	require.NoError(t, err)
	people, err := all(t, s.platform().Members(t.Context()))
	require.NoError(t, err)
	require.Equal(t, zach, grades[0].UserID)
	require.Equal(t, zach, people[0].UserID)
	require.Equal(t, "zach@example.edu", people[0].Email)
}

// hostile answers the grades of any column with a gzipped body.
func hostile(t *testing.T, head, each, end string, n int, account *agsclient.Account) *Platform {
	t.Helper()
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(zip, head)
	_, _ = io.WriteString(zip, strings.Repeat(each+",", n-1)+each+end)
	require.NoError(t, zip.Close())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !strings.HasSuffix(r.URL.Path, "/grades") {
			_, _ = io.WriteString(w, item95)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(zipped.Bytes())
	}))
	t.Cleanup(srv.Close)
	p, err := New(nil, Options{URL: srv.URL, Course: course, Account: account})
	require.NoError(t, err)
	return p
}

// What is too much is refused as it comes, and not read again.
func TestTooMuch(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	const grade = `{"points":1,"gradedStudent":{"id":5}}`
	for name, tc := range map[string]struct {
		each   string
		n      int
		budget int64
		want   string
	}{
		"nobody's grades":    {`{}`, 10_000_000, 1 << 30, "element 1: a grade is nobody's"},
		"too many":           {grade, maxGrades + 1, 1 << 30, "there are more than 250000 grades"},
		"over the budget":    {grade, 200_000, 1 << 20, "the platform shows more than 1 MiB in all: read less"},
		"too long":           {`{"points":1,"comments":"` + strings.Repeat("x", 1000) + `","gradedStudent":{"id":5}}`, 40_000, 1 << 30, "the answer is over 32 MiB"},
		"one that has links": {`{"points":1,"gradedStudent":{"links":[` + strings.Repeat(`{},`, 350_000) + `{}]}}`, 20, 1 << 30, "it is over 1 MiB"},
	} {
		budget := agsclient.NewBudget(tc.budget, "read less")
		p := hostile(t, `{"grades":[`, tc.each, `]}`, tc.n, budget.Account())
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := all(t, p.Results(t.Context(), guid))
		runtime.ReadMemStats(&after)
		require.ErrorContains(t, err, tc.want, name)
		require.False(t, asFault(t, err).Passing, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(400<<20), name)
		require.NoError(t, budget.Account().Tally("x").Add(int(tc.budget)), "%s: what failed takes nothing", name)
	}
}

// An answer of one thing may be small: no list of ten million hides in it.
func TestTooMuchOfOne(t *testing.T) {
	s := newSchool(t, map[string][]string{getOne: {`200 {"gradebookItems":[` + strings.Repeat("{},", 1<<20) + `{}]}`}})
	_, err := s.platform().LineItem(t.Context(), guid)
	require.ErrorContains(t, err, "the answer is over 1 MiB")
	require.False(t, asFault(t, err).Passing)
	require.Len(t, s.requests(), 1)
}

// What is read again, after it came torn too, is counted once.
func TestAccount(t *testing.T) {
	const whole = `200 {"grades":[{"points":1,"gradedStudent":{"id":5}},{"points":1,"gradedStudent":{"id":6}}]}`
	s := newSchool(t, map[string][]string{getOne: {"200 " + item95}, listThem: {whole[:len(whole)-2], whole}, listItems: {"200 " + item95}})
	budget := agsclient.NewBudget(int64(2*agsclient.Result{UserID: "5"}.Cost()), "read less")
	p := s.platform()
	p.client.account = budget.Account()
	for range 2 {
		got, err := all(t, p.Results(t.Context(), guid))
		require.NoError(t, err)
		require.Len(t, got, 2)
		p.client.account.Keep(0)
	}
	_, err := all(t, p.Results(t.Context(), guid))
	require.NoError(t, err)
	_, err = p.LineItems(t.Context())
	require.ErrorContains(t, err, "the platform shows more than", "line items count too")
	require.True(t, agsclient.TooMuch(budget.Account().Tally("x").Add(1)), "all of it is in use")
}

// A password is not said, in whichever spelling and however short.
func TestPasswordIsNotSaid(t *testing.T) {
	const secret = "Hunter2!xyz"
	for _, echo := range []string{
		secret, strings.ToUpper(secret), base64.StdEncoding.EncodeToString([]byte(secret)), fmt.Sprintf("%x", secret), strings.Join(strings.Split(secret, ""), " "),
	} {
		for status, body := range map[int]string{400: `{"error":{"message":"no: ` + echo + ` of zach"}}`, 403: `no: ` + echo + ` of zach`} {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			}))
			signer := &OAuth2Password{URL: srv.URL, ApplicationID: application, ClientString: "campus", Username: "zach", Password: secret, Now: time.Now}
			p, err := New(&http.Client{Transport: Signed(http.DefaultTransport, signer)}, Options{URL: srv.URL, Course: course})
			require.NoError(t, err)
			_, err = p.LineItems(t.Context())
			srv.Close()
			f := asFault(t, err)
			shown := f.Error() + f.Said
			require.NotContains(t, shown, echo)
			require.NotContains(t, shown, "zach")
			require.Contains(t, f.Said, "…")
		}
	}
}

// The column of a content item is the one that the course's own listing shows.
func TestLinksAreChecked(t *testing.T) {
	const find = "GET /courses/31388494/items/100561235546/gradebookItem"
	column := func(id, links string) string {
		return `{"id":"` + id + `","title":"Final","pointsPossible":50,"links":[` + links + `]}`
	}
	link := func(course, item string) string {
		return `{"href":"https://host/courses/` + course + `/items/` + item + `","rel":"related"}`
	}
	for name, tc := range map[string]struct{ listed, found, want string }{
		"a listing without links":     {column("a", ""), column("a", ""), ""},
		"a listing without links yet": {column("a", ""), column("a", link(course, "100561235546")), ""},
		"another course's column":     {column("a", ""), column("a", link("999", "100561235546")), `gave one of the course "999"`},
		"another link's column":       {column("a", ""), column("a", link(course, "100999")), `says that it is of "100999"`},
		"listed as another link's":    {column("a", link(course, "100999")), column("a", ""), `is listed as that of "100999"`},
		"not in the listing":          {column("a", ""), column("b", ""), "is not among the line items of this course"},
	} {
		s := newSchool(t, map[string][]string{
			listItems: {`200 {"gradebookItems":[` + tc.listed + `]}`}, find: {`200 {"gradebookItem":` + tc.found + `}`},
			"GET /courses/31388494/gradebookItems/a":        {`200 {"gradebookItem":` + tc.listed + `}`},
			"GET /courses/31388494/gradebookItems/a/grades": {`200 {"grades":[]}`},
		})
		docs, err := spec.Load(spec.Bytes("bio.yaml", []byte(`apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: sec-1, course: "31388494"}]
lineItems:
  - {label: Final, scoreMaximum: 50, resourceLinkId: "100561235546", scores: [{userId: "5", scoreGiven: 40}]}
---
apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: campus}
learningstudio: {url: "http://127.0.0.1:1", auth: oauth1, applicationID: a, consumerKey: k, secret: {env: S}}
`)))
		require.NoError(t, err)
		g := docs.Gradebooks[0]
		w := reconcile.NewWant(g, &g.Contexts[0], docs.Platforms[0])
		got := reconcile.Plan(t.Context(), s.platform(), &w, reconcile.Options{}, reconcile.Reading{Concurrency: 1, Clock: lab.Clock{}})
		if tc.want != "" {
			require.NotNil(t, got.Failure, name)
			require.Contains(t, got.Failure.Message, tc.want, name)
			continue
		}
		require.Nil(t, got.Failure, name)
		require.Empty(t, got.Findings, name)
		require.Equal(t, "a", got.Items[0].Observed.ID, name)
	}
}
