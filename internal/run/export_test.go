package run

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
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

// hostileTexts are titles, tags and comments that something may take for more
// than text.
var hostileTexts = []string{
	"=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\u202eevil", "a\u200bb", "null", "yes", "010", "1e3", "~", "- a", "a: b", "a #b", "#a",
	"'a", `"a"`, `a"b`, "{a}", "[a]", "&a", "*a", "!a", "%a", "|", "`a`", " a", "a ", "a  b", "a,b", "a;b", "a\tb", "a\nb", "42", "userId", "email",
	"USERID", "Total", "::error::x", "##[x]", "<script>", "日本語", "🎉", "e\u0301", "a;=b", "a\n-b", "a\u2028b", "\u00a0=x",
	"\x1b[31mred", "a\r\nb", strings.Repeat("x", 250), strings.Repeat("y", 300), "sep=;",
}

// unsayable is how many columns a document cannot name, for their titles.
const unsayable = 7

// courseOf fills a course with all that an export could stumble over. kind is
// the profile or face that shows it.
func courseOf(c *sandbox.Course, kind string, variant int) {
	numbers := kind == quirk.Moodle || kind == sandbox.FaceLearningStudio
	person := func(i int) string {
		odd := []string{"=1+1", "-7", "@bob", "007", "a b", "x,y", "é", "1e5", "Average:", "points possible", "+49;=x"}
		if !numbers && i < len(odd) {
			return odd[i]
		}
		return fmt.Sprint(100 + i)
	}
	const people = 16
	c.Members = nil
	for i := range people {
		m := &sandbox.Member{UserID: person(i), Name: "P", Email: fmt.Sprintf("P%d@example.edu", i), SourcedID: fmt.Sprintf("S-%d", i), Status: "Active"}
		switch i {
		case 3:
			m.Email = ""
		case 4:
			m.Email = "p5@EXAMPLE.edu" // twins
		case 6:
			m.Status = "Inactive"
		case 7:
			m.Email, m.SourcedID = "=x@example.edu", "=S"
		case 8:
			m.Roles = []string{"Instructor"}
		}
		c.Members = append(c.Members, m)
	}
	links := c.ResourceLinks
	score := func(f float64) *float64 { return &f }
	n := max(c.NextLineItem, 1)
	add := func(li sandbox.LineItem) *sandbox.LineItem {
		li.Number = n
		n++
		c.LineItems = append(c.LineItems, &li)
		c.NextLineItem = n
		return &li
	}
	grade := func(li *sandbox.LineItem, i int, r sandbox.Result) {
		r.UserID = person(i)
		li.Results = append(li.Results, &r)
	}
	hw1 := add(sandbox.LineItem{Label: "Homework 1", ScoreMaximum: 50, ResourceID: "hw1", Tag: "homework", GradesReleased: new(true),
		StartDateTime: "2026-09-01T08:00:00+02:00", EndDateTime: "2026-09-08T08:00:00.123Z",
		Extra: map[string]json.RawMessage{
			"https://example.com/x":   json.RawMessage(`{"a":[1,null,"\u202e=x",1.5e300],"b":{}}`),
			"https://example.com/big": json.RawMessage(`12345678901234567890`),
			"own":                     json.RawMessage(`"kept"`),
		}})
	for i := range people {
		grade(hw1, i, sandbox.Result{Score: score(float64(i) * 3.3333333333333335)}) // above the maximum in the end
	}
	hw2 := add(sandbox.LineItem{Label: "Homework 2", ScoreMaximum: 12.5, ResourceID: "hw2", ResourceLinkID: links[0]})
	for i, text := range hostileTexts {
		if i < people {
			grade(hw2, i, sandbox.Result{Score: score(1), Comment: text, Comments: []string{text}})
		}
	}
	hw3 := add(sandbox.LineItem{Label: "Homework 3", ScoreMaximum: 100, ResourceID: "hw3"})
	for i := range people {
		at := len(hostileTexts) - 1 - i
		r := sandbox.Result{Comment: hostileTexts[at], Comments: []string{hostileTexts[at]}}
		if i%2 == 0 {
			r.Score = score(0)
		}
		grade(hw3, i, r)
	}
	scale := add(sandbox.LineItem{Label: "Scale", ScoreMaximum: 33, ResourceID: "scale"})
	for i := range people {
		grade(scale, i, sandbox.Result{Score: score(7.7), Maximum: 10, LetterGrade: "A+", ShareWithStudent: i%2 == 0})
	}
	// Numbers that a file cannot hold, or not with all of their digits.
	for i, maximum := range []float64{0.1 + 0.2, 100. / 3, 123456789012345678, 1e300, 1e-300} {
		li := add(sandbox.LineItem{Label: fmt.Sprint("Number ", i), ScoreMaximum: maximum, ResourceID: fmt.Sprint("number ", i)})
		for k, points := range []float64{0, math.Copysign(0, -1), 0.1 + 0.2, 200. / 3, 123456789012345678, 1e300, 5e-324, math.MaxFloat64} {
			grade(li, k, sandbox.Result{Score: score(points)})
		}
	}
	// Duplicates.
	for _, li := range []sandbox.LineItem{
		{Label: "Quiz", ResourceID: "quiz", Tag: "a"}, {Label: "Quiz", ResourceID: "quiz", Tag: "b"},
		{Label: "Twin", ResourceID: "twin"}, {Label: "Twin", ResourceID: "twin"}, {Label: "Twin", ResourceID: "twin", Tag: "t"},
		{Label: "Bare"}, {Label: "Bare"}, {Label: "unsayable\x1b", ResourceID: "gone", Tag: "homework"}, {Label: "hw1"}, {Label: "HOMEWORK 1"}, {Label: "hw1 (2)"},
		{Label: "Linked", ResourceLinkID: links[1]}, {Label: "Linked too", ResourceLinkID: links[1]},
	} {
		if variant == 2 && li.Label == "Bare" {
			continue
		}
		li.ScoreMaximum = 10
		grade(add(li), 12, sandbox.Result{Score: score(5.25)})
	}
	titles := hostileTexts
	if kind == sandbox.FaceLearningStudio { // which is asked for each person and column
		titles = titles[:8]
	}
	for _, text := range titles {
		li := add(sandbox.LineItem{Label: text, ScoreMaximum: 10})
		grade(li, 13, sandbox.Result{Score: score(1.25)})
		li = add(sandbox.LineItem{Label: "of " + text, ScoreMaximum: 10, ResourceID: text, Tag: text})
		grade(li, 14, sandbox.Result{Score: score(2)})
	}
}

// campus is a platform with three courses, all of them filled.
type campus struct {
	box      *sandbox.Sandbox
	platform string
	contexts []string // as documents have them
	env      map[string]string
	mu       sync.Mutex
	writes   []string
}

func newCampus(t *testing.T, face, profile string) *campus {
	t.Helper()
	s := &campus{env: map[string]string{}}
	now := time.Now()
	box, err := sandbox.Open(sandbox.Options{Now: func() time.Time { return now }, RequestsPerSecond: 1e6, PageSize: 40, Face: face, Profile: profile, Observe: func(r sandbox.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Method != "GET" && r.Kind != "token" {
			s.writes = append(s.writes, r.Method+" "+r.Path)
		}
		for _, scope := range r.Scopes {
			if !strings.Contains(scope, "readonly") {
				s.writes = append(s.writes, scope)
			}
		}
	}})
	require.NoError(t, err)
	srv := httptest.NewServer(box)
	t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
	s.box = box
	tool := box.Tool()
	s.env["KEY"] = string(tool.PrivateKeyPEM)
	kind := face
	if kind == "" {
		kind = profile
	}
	for i, course := range []string{"7", "8", "9"} {
		require.NoError(t, box.EnsureCourse(course))
		require.NoError(t, box.Update(func(st *sandbox.State) error {
			courseOf(st.Courses[course], kind, i)
			return nil
		}))
		name := "sec-" + course
		switch face {
		case sandbox.FaceLTIAAS:
			key, err := box.ServiceKey(course)
			require.NoError(t, err)
			s.env["KEY"+course] = key.Value
			s.contexts = append(s.contexts, fmt.Sprintf("{name: %s, serviceKey: {env: KEY%s}}", name, course))
		case sandbox.FaceLearningStudio:
			s.contexts = append(s.contexts, fmt.Sprintf("{name: %s, course: %q}", name, course))
		default:
			s.contexts = append(s.contexts, fmt.Sprintf("{name: %s, lineItemsURL: %q, membershipsURL: %q}", name, srv.URL+box.LineItemsPath(course), srv.URL+box.MembershipsPath(course)))
		}
	}
	how := ""
	switch face {
	case sandbox.FaceLTIAAS:
		s.env["API"] = box.APIKey().Value
		how = fmt.Sprintf("ltiaas: {url: %q, apiKey: {env: API}}", srv.URL)
	case sandbox.FaceLearningStudio:
		of := box.LearningStudio()
		s.env["SECRET"] = of.Secret.Value
		how = fmt.Sprintf("learningstudio: {url: %q, applicationID: %s, auth: oauth1, consumerKey: %s, secret: {env: SECRET}}", srv.URL, of.ApplicationID, of.ConsumerKey)
	default:
		how = fmt.Sprintf("ags: {tokenURL: %q, audience: %q, clientID: %s, keyID: %s, deploymentID: %q, privateKey: {env: KEY}",
			srv.URL+sandbox.TokenPath, srv.URL+tool.AudiencePath, tool.ClientID, tool.KeyID, tool.DeploymentID)
		if profile != "" {
			how += ", profile: " + profile
		}
		how += "}"
	}
	s.platform = platform("campus", how+"\nlimits: {requestsPerSecond: 0}")
	return s
}

// export exports the contexts and writes the files beside the platform's.
func (s *campus) export(t *testing.T, by string, scores bool, contexts ...string) (dir string, files map[string]string) {
	t.Helper()
	book := fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\nplatform: campus\nusers: {by: %s}\ndefaults: {tag: other}\npolicy: {prune: {tag: homework}}\ncontexts: [%s]\nlineItems: [{label: ignored, scoreMaximum: 1}]\n",
		by, strings.Join(contexts, ", "))
	docs := load(t, s.platform+book)
	dir = t.TempDir()
	session := opened(t, docs, options(t, false, s.env))
	all := session.Export(t.Context(), docs, ExportOptions{Scores: scores, Folder: dir})
	require.Len(t, all, 1)
	for _, c := range all[0].Contexts {
		require.Nil(t, c.Failure)
	}
	require.NoError(t, all[0].Err)
	files = map[string]string{}
	for _, f := range all[0].Files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600))
		files[f.Name] = string(f.Data)
		require.Equal(t, strings.HasSuffix(f.Name, ".csv"), f.Personal)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "platform.yaml"), []byte(s.platform), 0o600))
	return dir, files
}

func (s *campus) plan(t *testing.T, dir string) plan.Plan {
	t.Helper()
	docs, err := spec.Load(spec.Source{FS: os.DirFS(dir), Path: ".", Name: dir})
	require.NoError(t, err)
	require.Empty(t, docs.Notes)
	return opened(t, docs, options(t, false, s.env)).Plan(t.Context())
}

// What was exported plans to no change, on whatever platform.
func TestExportPlansToNoChange(t *testing.T) {
	type kind struct{ face, profile string }
	kinds := []kind{{"", ""}, {sandbox.FaceLTIAAS, ""}, {sandbox.FaceLearningStudio, ""}}
	for _, p := range quirk.Profiles() {
		kinds = append(kinds, kind{"", p})
	}
	for _, k := range kinds {
		t.Run(k.face+k.profile, func(t *testing.T) {
			t.Parallel()
			s := newCampus(t, k.face, k.profile)
			before := s.box.Snapshot()
			for _, tc := range []struct {
				scores   bool
				by       string
				contexts []string
			}{
				{false, "userId", s.contexts[:1]}, {false, "email", s.contexts},
				{true, "userId", s.contexts}, {true, "email", s.contexts[2:]}, {true, "sourcedId", s.contexts[:1]},
			} {
				dir, files := s.export(t, tc.by, tc.scores, tc.contexts...)
				p := s.plan(t, dir)
				require.Len(t, p.Contexts, len(tc.contexts))
				rows := 0
				for i := range p.Contexts {
					c := &p.Contexts[i]
					require.Empty(t, c.Findings)
					require.Nil(t, c.Failure)
					require.Equal(t, plan.Unchanged, c.Status(), "%+v", c.Items)
					require.Empty(t, c.Items)
					require.LessOrEqual(t, c.Unmanaged.LineItems, unsayable, "columns that are not exported")
					rows += c.Unchanged.Scores
				}
				if tc.scores {
					require.Greater(t, rows, 60*len(tc.contexts))
				} else {
					require.Zero(t, rows)
				}
				if len(tc.contexts) == 1 {
					_, again := s.export(t, tc.by, tc.scores, tc.contexts...)
					require.Empty(t, cmp.Diff(files, again))
				}
			}
			require.Empty(t, cmp.Diff(before, s.box.Snapshot()))
			require.Empty(t, s.writes)
		})
	}
}

// Contexts with the same columns share a document.
func TestExportOfSections(t *testing.T) {
	s := newCampus(t, "", "")
	require.NoError(t, s.box.Update(func(st *sandbox.State) error {
		for id, c := range st.Courses {
			c.LineItems = []*sandbox.LineItem{
				{Number: 1, Label: "Homework 1", ScoreMaximum: 10, ResourceID: "hw1", ResourceLinkID: c.ResourceLinks[0]},
				{Number: 2, Label: "Homework 2", ScoreMaximum: 10, ResourceID: "hw2", ResourceLinkID: c.ResourceLinks[1]},
			}
			if id == "8" {
				c.LineItems[0].ResourceLinkID = c.ResourceLinks[2]
			}
			if id == "9" {
				c.LineItems[1].ScoreMaximum = 20
			}
		}
		return nil
	}))
	dir, files := s.export(t, "userId", false, s.contexts[:2]...)
	require.Len(t, files, 1)
	require.Contains(t, files["bio.yaml"], "{resourceLinkId: rl-3}")
	require.Equal(t, 1, strings.Count(files["bio.yaml"], "resourceLinkId: rl-2"))
	require.Equal(t, []string{"bio/sec-7 on campus: unchanged", "bio/sec-8 on campus: unchanged"}, standing(s.plan(t, dir)))

	dir, files = s.export(t, "userId", false, s.contexts...)
	names := []string{}
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	require.Equal(t, []string{"bio-sec-7.yaml", "bio-sec-9.yaml"}, names)
	require.Contains(t, files["bio-sec-9.yaml"], "do not have the same columns")
	require.Equal(t, []string{"bio-sec-7/sec-7 on campus: unchanged", "bio-sec-7/sec-8 on campus: unchanged", "bio-sec-9/sec-9 on campus: unchanged"}, standing(s.plan(t, dir)))
}

// A Gradebook of which a context cannot be read is not exported in part.
func TestExportOfWhatCannotBeRead(t *testing.T) {
	s := newCampus(t, "", "")
	gone := `{name: gone, lineItemsURL: "http://127.0.0.1:1/lineitems"}`
	docs := load(t, s.platform+agsBook("other", "campus", "http://127.0.0.1:1", "x")+
		fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\ncontexts: [%s, %s]\nlineItems: []\n", s.contexts[0], gone))
	all := opened(t, docs, options(t, false, s.env)).Export(t.Context(), docs, ExportOptions{})
	require.Len(t, all, 2)
	for _, e := range all {
		require.Empty(t, e.Files)
		require.NoError(t, e.Err)
	}
	require.NotNil(t, all[0].Contexts[0].Failure)
	require.Nil(t, all[1].Contexts[0].Failure)
	require.NotNil(t, all[1].Contexts[1].Failure)
}

// Who stops it is told so, and a relative secret is named from where the files
// will lie.
func TestExportElsewhere(t *testing.T) {
	s := newCampus(t, "", "")
	docs := load(t, s.platform+agsBook("bio", "campus", "http://127.0.0.1:1", "x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	all := opened(t, docs, options(t, false, s.env)).Export(ctx, docs, ExportOptions{})
	require.Equal(t, plan.FailedInterrupted, all[0].Contexts[0].Failure.Kind)

	secret := func(file string) spec.Secret {
		return spec.Secret{Pos: spec.Pos{File: spec.InFile("course/contexts.yaml"), Line: 1}, File: spec.Opt[string]{Value: file, State: spec.Set, Pos: spec.Pos{File: spec.InFile("course/contexts.yaml"), Line: 1}}}
	}
	for _, tc := range [][3]string{
		{"keys/a", "course", "keys/a"}, {"keys/a", "out/sub", "../../course/keys/a"}, {"../keys/a", "out", "../keys/a"}, {"/keys/a", "out", "/keys/a"}, {"keys/a", "", "keys/a"},
	} {
		c := spec.Context{ServiceKey: secret(tc[0])}
		require.Equal(t, tc[2], placed(&c, tc[1]).ServiceKey.File.Value, tc)
		require.Equal(t, tc[0], c.ServiceKey.File.Value, "the document itself stays")
	}
}

// A listing that may not be whole is looked at as planning does: a twin that it
// did not show would make the export a finding.
func TestExportOfAnUnprovenListing(t *testing.T) {
	s := newCampus(t, "", quirk.OpenEdX)
	require.NoError(t, s.box.Update(func(st *sandbox.State) error {
		c := st.Courses["7"]
		c.LineItems = append(c.LineItems, &sandbox.LineItem{Number: c.NextLineItem, Label: "Beyond the page", ScoreMaximum: 10, ResourceID: "hw1"})
		c.NextLineItem++
		return nil
	}))
	context := strings.Replace(s.contexts[0], "lineitems", "lineitems?limit=20", 1)
	dir, files := s.export(t, "userId", true, context)
	require.Contains(t, files["bio.yaml"], "the platform may have more columns than it listed")
	require.Contains(t, files["bio.yaml"], `the column "Beyond the page" (resourceId "hw1") is not here: planning it says: no line item of this context has the id`)
	require.Contains(t, files["bio.yaml"], `the column "Homework 1" (resourceId "hw1") has its id here`)
	p := s.plan(t, dir)
	require.Empty(t, p.Contexts[0].Findings)
	require.Equal(t, plan.Unchanged, p.Contexts[0].Status())
}
