package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

// faced is a sandbox with another face than AGS, behind a real HTTP server.
type faced struct {
	*Sandbox
	t      *testing.T
	clock  *clock
	url    string
	client *http.Client
	sign   func(*http.Request, []byte) // puts the credentials into a request
}

// newFaced opens a sandbox with the course 7, in which 101 and 102 are students
// and 100 is their instructor.
func newFaced(t *testing.T, o Options) *faced {
	t.Helper()
	f := &faced{t: t, clock: newClock(), client: patient(&http.Transport{})}
	if o.Now == nil {
		o.Now = f.clock.Now
	}
	box, err := Open(o)
	require.NoError(t, err)
	f.Sandbox = box
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	require.NoError(t, box.EnsureCourse("7"))
	for _, m := range []Member{
		{UserID: "100", Name: "Prof Essor", Roles: []string{"Instructor"}},
		{UserID: "101", Name: "Ana María Ruiz", Email: "ana@example.edu", SourcedID: "s-1"},
		{UserID: "102", GivenName: "Bo", FamilyName: "Li"},
	} {
		require.NoError(t, box.AddMember("7", m))
	}
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// send sends a request with credentials; a header given overrides, "" leaves
// one out.
func (f *faced) send(method, target, body string, header ...string) reply {
	f.t.Helper()
	r, err := f.try(method, target, body, header...)
	require.NoError(f.t, err)
	return r
}

func (f *faced) try(method, target, body string, header ...string) (reply, error) {
	req, err := http.NewRequest(method, f.url+target, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", typeJSON)
	}
	f.sign(req, []byte(body))
	for at := 0; at < len(header); at += 2 {
		if req.Header.Del(header[at]); header[at+1] != "" {
			req.Header.Set(header[at], header[at+1])
		}
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{f.t, resp.StatusCode, resp.Header, bytes.TrimSpace(data)}, err
}

// column makes one by hand and returns its number.
func (f *faced) column(label string, maximum float64, link string) (number int) {
	f.t.Helper()
	require.NoError(f.t, f.Update(func(st *State) error {
		c := st.Courses["7"]
		number = c.NextLineItem
		c.NextLineItem++
		c.LineItems = append(c.LineItems, &LineItem{Number: number, Label: label, ScoreMaximum: maximum, ResourceLinkID: link})
		return nil
	}))
	return number
}

func (f *faced) cell(number int, user string) *Result {
	f.t.Helper()
	return f.Snapshot().Courses["7"].LineItem(number).Result(user)
}

func TestFacesThatCannotBe(t *testing.T) {
	for want, o := range map[string]Options{
		`the face "canvas" is not known; the known ones are ltiaas, learningstudio`: {Face: "canvas"},
		"platform of its own": {Face: FaceLearningStudio, Profile: quirk.Canvas},
		"no quirks":           {Face: FaceLearningStudio, Quirks: []quirk.Quirk{quirk.HidesEmail}},
	} {
		o.Now = newClock().Now
		_, err := Open(o)
		require.ErrorContains(t, err, want)
	}
	box, err := Open(Options{Face: FaceLearningStudio, Now: newClock().Now})
	require.NoError(t, err)
	require.ErrorContains(t, box.EnsureCourse("bio"), `course id "bio"`)
	require.NoError(t, box.EnsureCourse("7"))
	require.ErrorContains(t, box.AddMember("7", Member{UserID: "007"}), `user id "007"`)
	_, err = box.ServiceKey("7")
	require.ErrorContains(t, err, "ltiaas")
	require.Empty(t, box.APIKey())

	plain, err := Open(Options{Now: newClock().Now})
	require.NoError(t, err)
	require.Empty(t, plain.LearningStudio())
}

// Credentials lie beside the state, for their owner alone, and stay the same.
func TestCredentialsAreKept(t *testing.T) {
	dir := t.TempDir()
	open := func(face string) *Sandbox {
		box, err := Open(Options{Face: face, File: filepath.Join(dir, "lms.json"), Now: newClock().Now})
		require.NoError(t, err)
		require.NoError(t, box.EnsureCourse("7"))
		return box
	}
	all := func() (list []Credential) {
		service := open(FaceLTIAAS)
		require.NoError(t, service.EnsureCourse("a/b"))
		for _, course := range []string{"7", "a/b"} {
			key, err := service.ServiceKey(course)
			require.NoError(t, err)
			list = append(list, key)
		}
		studio := open(FaceLearningStudio).LearningStudio()
		return append(list, service.APIKey(), studio.Secret, studio.Password)
	}
	first := all()
	seen := map[string]bool{}
	for at, name := range []string{"lms.servicekey-7", "lms.servicekey-a%2Fb", "lms.apikey", "lms.secret", "lms.password"} {
		require.Equal(t, filepath.Join(dir, name), first[at].File)
		data, err := os.ReadFile(first[at].File)
		require.NoError(t, err)
		require.Equal(t, first[at].Value+"\n", string(data))
		info, err := os.Stat(first[at].File)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", first[at], first[at], first[at]), first[at].Value)
		require.False(t, seen[first[at].Value], "each has its own")
		seen[first[at].Value] = true
	}
	require.Equal(t, first, all())
	require.Len(t, first[3].Value, 32)

	// What is there counts, and what cannot be is named.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lms.password"), []byte("correct-horse\r\n"), 0o600))
	require.Equal(t, "correct-horse", open(FaceLearningStudio).LearningStudio().Password.Value)
	for name, content := range map[string]string{"lms.secret": "short", "lms.password": "two words"} {
		old, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
		_, err = Open(Options{Face: FaceLearningStudio, File: filepath.Join(dir, "lms.json"), Now: newClock().Now})
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, "move it away")
		require.NotContains(t, err.Error(), content)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), old, 0o600))
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "lms.apikey")))
	_, err := open(FaceLTIAAS).ServiceKey("7")
	require.ErrorContains(t, err, "lms.servicekey-7")
	_, err = Open(Options{Face: FaceLTIAAS, File: filepath.Join(dir, "x.apikey"), Now: newClock().Now})
	require.ErrorContains(t, err, "cannot end in .apikey")
}

// What a face stores outlives the process, and shows on the others.
func TestOneStoreBehindAllFaces(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.json")
	f := newStudio(t, Options{File: file})
	item := f.column("Essay", 10, "")
	require.Equal(t, 201, f.send("POST", f.grade(item, "101"), `{"grade":{"points":9,"letterGrade":"A","comments":"c","shareWithStudent":true}}`).status)
	put := "/courses/7/gradebook/gradebookItems/" + GUID("7", item)
	require.Equal(t, 204, f.send("PUT", put, `{"gradebookItem":{"isExtraCredit":true,"isIncludedInGrade":false}}`).status)
	require.NoError(t, f.Close())

	l := newLMS(t, Options{File: file})
	require.Equal(t, map[string]any{
		"id": l.url + "/courses/7/lineitems/1/results/101", "scoreOf": l.url + "/courses/7/lineitems/1", "userId": "101",
		"resultScore": 9.0, "resultMaximum": 10.0, "comment": "c",
	}, l.result(l.url+"/courses/7/lineitems/1", "101"))
	got := l.Snapshot().Courses["7"].LineItem(1).Result("101")
	require.Equal(t, "A", got.LetterGrade)
	require.True(t, got.ShareWithStudent)
	require.Equal(t, 200, l.send("PUT", l.url+"/courses/7/lineitems/1", `{"label":"M","scoreMaximum":10}`).status)
	kept := l.Snapshot().Courses["7"].LineItem(1)
	require.Equal(t, []any{"M", true, true}, []any{kept.Label, kept.ExtraCredit, kept.NotIncluded}, "AGS knows nothing of it")
}

// Faults find the requests of every face by the same words.
func TestFaultsOfFaces(t *testing.T) {
	for _, tc := range []struct{ face, fault, method, target, body string }{
		{FaceLTIAAS, "GET lineitems", "GET", "/api/lineitems", ""},
		{FaceLTIAAS, "POST lineitems", "POST", "/api/lineitems", `{"label":"N","scoreMaximum":1}`},
		{FaceLTIAAS, "GET lineitem", "GET", "/api/lineitems/{id}", ""},
		{FaceLTIAAS, "PUT lineitem", "PUT", "/api/lineitems/{id}", `{"label":"N","scoreMaximum":1}`},
		{FaceLTIAAS, "POST scores", "POST", "/api/lineitems/{id}/scores", `{"userId":"101","activityProgress":"Completed","gradingProgress":"FullyGraded"}`},
		{FaceLTIAAS, "GET results", "GET", "/api/lineitems/{id}/scores", ""},
		{FaceLTIAAS, "GET memberships", "GET", "/api/memberships", ""},
		{FaceLTIAAS, "DELETE lineitem", "DELETE", "/api/lineitems/{id}", ""},
		{FaceLearningStudio, "GET lineitems", "GET", "/courses/7/gradebookItems", ""},
		{FaceLearningStudio, "GET lineitem", "GET", "/courses/7/items/100000000001/gradebookItem", ""},
		{FaceLearningStudio, "PUT lineitem", "PUT", "/courses/7/gradebook/gradebookItems/{id}", `{"gradebookItem":{"pointsPossible":20}}`},
		{FaceLearningStudio, "POST scores", "POST", "/users/101/courses/7/gradebookItems/{id}/grade", `{"grade":{"points":1}}`},
		{FaceLearningStudio, "GET results", "GET", "/courses/7/gradebookItems/{id}/grades", ""},
		{FaceLearningStudio, "PUT scores", "PUT", "/users/102/courses/7/gradebookItems/{id}/grade", ""},
		{FaceLearningStudio, "DELETE scores", "DELETE", "/users/102/courses/7/gradebookItems/{id}/grade", ""},
		{FaceLearningStudio, "GET memberships", "GET", "/courses/7/students", ""},
	} {
		for _, kind := range []string{"503:retry-after=3", "429", "drop-before", "drop-after", "json", "html", "revoke", "redirect"} {
			t.Run(tc.face+" "+tc.fault+" "+kind, func(t *testing.T) {
				t.Parallel()
				var log seen
				open := newService
				if tc.face == FaceLearningStudio {
					open = newStudio
				}
				f := open(t, Options{Faults: fault(t, tc.fault+":"+kind+":times=1"), Observe: log.observe})
				number := f.column("L", 10, "")
				require.NoError(t, f.Update(func(st *State) error {
					i := st.Courses["7"].LineItem(number)
					i.Results = append(i.Results, &Result{UserID: "102", Score: new(1.0)})
					return nil
				}))
				target, body := strings.ReplaceAll(tc.target, "{id}", f.id(number)), tc.body
				if tc.fault == "PUT scores" {
					body = fmt.Sprintf(`{"grade":{"id":%d,"points":2}}`, gradeID("7", number, "102"))
				}
				before := f.Snapshot()
				r, err := f.try(tc.method, target, body)
				told := log.last()
				happens := strings.HasPrefix(kind, "drop-after") || kind == "json"
				if tc.method != "GET" {
					require.Equal(t, happens, fmt.Sprint(asJSON(t, before)) != fmt.Sprint(asJSON(t, f.Snapshot())))
				}
				switch kind {
				case "drop-before", "drop-after":
					require.Error(t, err)
					require.Equal(t, 0, told.Status)
				case "json":
					require.NoError(t, err)
					require.Less(t, r.status, 300)
					if len(r.body) == 0 { // nothing to spoil
						return
					}
				default:
					require.NoError(t, err)
					require.Equal(t, map[string]int{"503:retry-after=3": 503, "429": 429, "html": 200, "revoke": 401, "redirect": 307}[kind], r.status, r.text())
				}
				if strings.HasPrefix(kind, "503") {
					require.Equal(t, "3", r.header.Get("Retry-After"))
					r.said(tc.face, 503, "asked for")
				}
				kinds := strings.Fields(tc.fault)
				require.Equal(t, kinds[1], told.Kind)
				require.NotEmpty(t, told.Fault)

				// The platform goes on, and the credentials are good again.
				r, err = f.try(tc.method, target, body)
				require.NoError(t, err)
				require.NotContains(t, []int{401, 429, 503, 307}, r.status)
				require.Empty(t, log.last().Fault)
			})
		}
	}
}

func asJSON(t *testing.T, st State) string {
	data, err := encodeState(&st)
	require.NoError(t, err)
	return string(data)
}

// said expects a refusal in the words of a face.
func (r reply) said(face string, status int, words string) {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.text())
	require.Equal(r.t, typeJSON, r.header.Get("Content-Type"))
	if face == FaceLTIAAS {
		require.EqualValues(r.t, status, r.object()["status"])
		require.Equal(r.t, http.StatusText(status), r.object()["error"])
		require.Contains(r.t, r.object()["details"].(map[string]any)["description"], words)
		return
	}
	said := r.object()["error"].(map[string]any)
	require.Contains(r.t, said["message"], words)
	require.Regexp(r.t, `^[0-9a-f-]{36}$`, said["errorId"])
}

func TestRatesOfFaces(t *testing.T) {
	// That of the LMS behind a service, with Canvas's ways, is not the service's.
	f := newService(t, Options{RequestsPerSecond: 2, Profile: quirk.Canvas})
	for range 2 {
		require.Equal(t, 200, f.send("GET", "/api/lineitems", "").status)
	}
	r := f.send("GET", "/api/lineitems", "")
	r.said(FaceLTIAAS, 429, "too many")
	require.Equal(t, "1", r.header.Get("Retry-After"))
	require.Empty(t, r.header.Get("X-Request-Cost"))
	f.clock.advance(time.Second)
	require.Equal(t, 200, f.send("GET", "/api/lineitems", "").status)

	// LearningStudio has a rate without being asked.
	s := newStudio(t, Options{})
	for range studioRate {
		require.Equal(t, 200, s.send("GET", "/systemDateTime", "").status)
	}
	s.send("GET", "/systemDateTime", "").said(FaceLearningStudio, 429, "too many")
}

// A late read shows what was there, on the faces too.
func TestStaleReadsOfFaces(t *testing.T) {
	for face, open := range map[string]func(*testing.T, Options) *faced{FaceLTIAAS: newService, FaceLearningStudio: newStudio} {
		target, wrap := "/api/lineitems", "lineItems"
		if face == FaceLearningStudio {
			target, wrap = "/courses/7/gradebookItems", "gradebookItems"
		}
		f := open(t, Options{Faults: fault(t, "GET lineitems:stale:behind=5s")})
		require.Empty(t, f.send("GET", target, "").object()[wrap])
		f.clock.advance(time.Second)
		f.column("L", 1, "")
		require.Empty(t, f.send("GET", target, "").object()[wrap])
		f.clock.advance(6 * time.Second)
		require.Len(t, f.send("GET", target, "").object()[wrap], 1)
	}
}
