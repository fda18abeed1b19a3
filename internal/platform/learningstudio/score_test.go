package learningstudio

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/lab"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

const (
	getOne    = "GET /courses/31388494/gradebookItems/" + guid
	getIt     = "GET " + gradePath
	postIt    = "POST " + gradePath
	putIt     = "PUT " + gradePath
	dropIt    = "DELETE " + gradePath
	graded    = `200 {"grade":{"id":7,"points":"80.0","letterGrade":"B","comments":"well","shareWithStudent":false}}`
	shell     = `200 {"grade":{"id":7,"points":"","letterGrade":null,"comments":" "}}`
	onlyB     = `200 {"grade":{"id":7,"points":null,"letterGrade":"B","comments":"well"}}`
	only80    = `200 {"grade":{"id":7,"points":80}}`
	commented = `200 {"grade":{"id":7,"points":80,"comments":"well"}}`
	already   = `400 {"error":{"message":"A grade exists.","errorId":""}}`
)

// row plans and applies one row of a file over a school, where the bulk reading
// shows what there is (as a grade's answer, or noGrade), and gives the writes.
func (s *school) row(row, there string) (writes []string, p plan.Context, r plan.ContextReport) {
	s.t.Helper()
	bulk := `200 {"grades":[]}`
	if there != noGrade {
		var wire struct{ Grade map[string]any }
		require.NoError(s.t, json.Unmarshal([]byte(there[4:]), &wire))
		wire.Grade["gradedStudent"] = map[string]any{"id": json.Number(zach)}
		b, err := json.Marshal(map[string]any{"grades": []any{wire.Grade}})
		require.NoError(s.t, err)
		bulk = "200 " + string(b)
	}
	const items = "GET /courses/31388494/gradebookItems"
	s.told[items] = []string{"200 " + item95}
	s.told[getOne] = []string{"200 " + item95}
	s.told[getOne+"/grades"] = []string{bulk}
	docs, err := spec.Load(spec.Bytes("bio.yaml", []byte(`apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: sec-1, course: "31388494"}]
lineItems:
  - {label: LTI Tool, scoreMaximum: 100, scores: [{userId: "`+zach+`", `+row+`}]}
---
apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: campus}
learningstudio: {url: "http://127.0.0.1:1", auth: oauth1, applicationID: a, consumerKey: k, secret: {env: S}}
`)))
	require.NoError(s.t, err)
	g := docs.Gradebooks[0]
	w := reconcile.NewWant(g, &g.Contexts[0], docs.Platforms[0])
	clock := lab.Clock{}
	platform := s.quiet()
	p = reconcile.Plan(s.t.Context(), platform, &w, reconcile.Options{Allow: map[string]bool{"clear": true}}, reconcile.Reading{Concurrency: 1, Clock: clock})
	require.Empty(s.t, p.Findings)
	r = reconcile.Apply(s.t.Context(), platform, p, reconcile.ApplyOptions{Concurrency: 1, Clock: clock})
	for _, q := range s.requests() {
		if !strings.HasPrefix(q, "GET ") {
			writes = append(writes, q)
		}
	}
	return writes, p, r
}

// What is sent for a row, seen from what is there. Only what the row names
// changes; a PUT gives back the rest.
func TestRows(t *testing.T) {
	for _, tc := range []struct {
		name, there, row string
		want             string // "" is nothing
	}{
		{"a first score", noGrade, "scoreGiven: 90", postIt + ` {"grade":{"points":90}}`},
		{"a first score with letter and sharing", noGrade, "scoreGiven: 90, letterGrade: A-, shareWithStudent: false",
			postIt + ` {"grade":{"points":90,"letterGrade":"A-","shareWithStudent":false}}`},
		{"other points", graded, "scoreGiven: 90", putIt + ` {"grade":{"id":7,"points":90,"letterGrade":"B","comments":"well","shareWithStudent":false}}`},
		{"another comment", graded, "comment: better", putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"B","comments":"better","shareWithStudent":false}}`},
		{"the comment goes", graded, "comment: null", putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"B","comments":"","shareWithStudent":false}}`},
		{"another letter", graded, "letterGrade: B+", putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"B+","comments":"well","shareWithStudent":false}}`},
		{"the letter goes", graded, "letterGrade: null", putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"","comments":"well","shareWithStudent":false}}`},
		{"it is shared", graded, "shareWithStudent: true", putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"B","comments":"well","shareWithStudent":true}}`},
		{"all as it is", graded, "scoreGiven: 80", ""},
		{"all as it is, named", graded, "scoreGiven: 80, comment: well, letterGrade: B, shareWithStudent: false", ""},
		{"another scale, and yet as it is", graded, "scoreGiven: 8, scoreMaximum: 10", ""},
		{"a scale that never ends", noGrade, "scoreGiven: 1, scoreMaximum: 3", postIt + ` {"grade":{"points":33.3333333333}}`},
		{"zero is a score", noGrade, "scoreGiven: 0", postIt + ` {"grade":{"points":0}}`},
		{"above the maximum", noGrade, "scoreGiven: 110.5", postIt + ` {"grade":{"points":110.5}}`},
		{"a score where a teacher took one away", shell, "scoreGiven: 90", putIt + ` {"grade":{"id":7,"points":90}}`},

		{"a clear", only80, "scoreGiven: null", dropIt},
		{"a clear takes a comment that no file names with it", commented, "scoreGiven: null", dropIt},
		{"a clear of comment and score", commented, "scoreGiven: null, comment: null", dropIt},
		{"a clear leaves a letter that no file names", graded, "scoreGiven: null",
			putIt + ` {"grade":{"id":7,"points":null,"letterGrade":"B","comments":"well","shareWithStudent":false}}`},
		{"a clear of all", graded, "scoreGiven: null, comment: null, letterGrade: null", dropIt},
		{"a clear with a letter", graded, "scoreGiven: null, letterGrade: I",
			putIt + ` {"grade":{"id":7,"points":null,"letterGrade":"I","comments":"well","shareWithStudent":false}}`},
		{"a clear of nothing", noGrade, "scoreGiven: null", ""},
		{"a clear of what was taken away", shell, "scoreGiven: null", ""},
		{"points where only a letter is", onlyB, "scoreGiven: 41", putIt + ` {"grade":{"id":7,"points":41,"letterGrade":"B","comments":"well"}}`},
		{"sharing alone, where only a letter is", onlyB, "shareWithStudent: true",
			putIt + ` {"grade":{"id":7,"letterGrade":"B","comments":"well","shareWithStudent":true}}`},
		{"sharing alone, where nothing is", noGrade, "shareWithStudent: true", ""},
		{"sharing alone, where all was taken away", shell, "shareWithStudent: true", ""},
		{"a comment alone", noGrade, "comment: see me", postIt + ` {"grade":{"comments":"see me"}}`},
		{"a letter alone", noGrade, "letterGrade: A", postIt + ` {"grade":{"letterGrade":"A"}}`},
		{"a comment alone, where a letter is", onlyB, "comment: see me", putIt + ` {"grade":{"id":7,"letterGrade":"B","comments":"see me"}}`},
		{"its comment goes, and the letter stays", onlyB, "comment: null", putIt + ` {"grade":{"id":7,"letterGrade":"B","comments":""}}`},
		{"nothing is left, and yet it is no clear", onlyB, "comment: null, letterGrade: null", putIt + ` {"grade":{"id":7,"letterGrade":"","comments":""}}`},
		{"an id that is a string", `200 {"grade":{"id":"x-7","points":1}}`, "scoreGiven: 2", putIt + ` {"grade":{"id":"x-7","points":2}}`},
		{"an id that no float holds", `200 {"grade":{"id":9007199254740993,"points":1}}`, "scoreGiven: 2", putIt + ` {"grade":{"id":9007199254740993,"points":2}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSchool(t, map[string][]string{getIt: {tc.there}, postIt: {"201"}, putIt: {"204"}, dropIt: {"204"}})
			synctest.Test(t, func(t *testing.T) {
				writes, _, _ := s.in(t).row(tc.row, tc.there)
				var want []string
				if tc.want != "" {
					want = []string{tc.want}
				}
				require.Empty(t, cmp.Diff(want, writes))
			})
		})
	}
}

// A teacher writes between the plan and our write: nothing of theirs is lost,
// whatever the row names.
func TestTeachersGradeStays(t *testing.T) {
	const other = `200 {"grade":{"id":9,"points":49,"letterGrade":"A","comments":"new","shareWithStudent":true}}`
	for name, tc := range map[string]struct{ row, there, now string }{
		"a first grade":                       {"scoreGiven: 40", noGrade, other},
		"other points":                        {"scoreGiven: 40", graded, other},
		"points under a letter that is named": {"letterGrade: A", only80, `200 {"grade":{"id":7,"points":48}}`},
		"points under a comment":              {"comment: see me", noGrade, `200 {"grade":{"id":7,"points":80}}`},
		"a comment that is taken away":        {"comment: null", `200 {"grade":{"id":7,"comments":"x"}}`, other},
		"a comment beside points":             {"scoreGiven: 90", commented, `200 {"grade":{"id":7,"points":80,"comments":"new"}}`},
		"a letter beside points":              {"scoreGiven: 90", only80, `200 {"grade":{"id":7,"points":80,"letterGrade":"F"}}`},
		"a sharing beside points":             {"scoreGiven: 90", graded, strings.Replace(graded, "false", "true", 1)},
		"it is taken away":                    {"scoreGiven: 90", graded, shell},
		"it is gone":                          {"scoreGiven: 90", graded, noGrade},
		"a clear":                             {"scoreGiven: null", only80, `200 {"grade":{"id":7,"points":81}}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchool(t, map[string][]string{getIt: {tc.now}})
			synctest.Test(t, func(t *testing.T) {
				writes, p, r := s.in(t).row(tc.row, tc.there)
				require.Equal(t, 1, p.Totals().Changes(), "it was planned")
				require.Empty(t, writes)
				require.Equal(t, plan.NotAttempted, r.Rows[0].Outcome)
				require.Contains(t, r.Rows[0].Why, "changed by someone else")
			})
		})
	}
}

// Somebody is faster than our write, or an answer is lost.
func TestRaces(t *testing.T) {
	const put = putIt + ` {"grade":{"id":7,"points":90,"letterGrade":"B","comments":"well","shareWithStudent":false}}`
	const post = postIt + ` {"grade":{"points":90}}`
	const ours = `200 {"grade":{"id":7,"points":90}}`
	type answers = map[string][]string
	for _, tc := range []struct {
		name, there string
		told        answers
		want        []string
		ends        plan.Outcome
	}{
		{"posted in between", noGrade, answers{getIt: {noGrade, graded}, postIt: {already}}, []string{post}, plan.NotAttempted},
		{"taken away in between", graded, answers{getIt: {graded, noGrade}, putIt: {noGrade}}, []string{put}, plan.NotAttempted},
		{"another id in between", only80, answers{getIt: {`200 {"grade":{"id":6,"points":80}}`, only80}, putIt: {`400 {"error":{"message":"Wrong id."}}`, "204"}},
			[]string{putIt + ` {"grade":{"id":6,"points":90}}`, putIt + ` {"grade":{"id":7,"points":90}}`}, plan.Unconfirmed},
		{"written as wanted in between", noGrade, answers{getIt: {noGrade, ours}, postIt: {already}}, []string{post}, plan.Unconfirmed},
		{"a 400 that means it", noGrade, answers{getIt: {noGrade}, postIt: {already}}, []string{post, post}, plan.Refused},
		{"a lost post that arrived", noGrade, answers{getIt: {noGrade, ours}, postIt: {"lost"}}, []string{post}, plan.Unconfirmed},
		{"a lost post that did not", noGrade, answers{getIt: {noGrade}, postIt: {"lost", "201"}}, []string{post, post}, plan.Unconfirmed},
		{"a lost post, and somebody's grade", noGrade, answers{getIt: {noGrade, graded}, postIt: {"lost"}}, []string{post}, plan.Unconfirmed},
		{"a failed post", noGrade, answers{getIt: {noGrade}, postIt: {"502 <html>", "201"}}, []string{post, post}, plan.Unconfirmed},
		{"a throttled put", graded, answers{getIt: {graded}, putIt: {"429", "204"}}, []string{put, put}, plan.Unconfirmed},
		{"words that broke off, of a write", graded, answers{getIt: {graded}, putIt: {`404 {"error":{"mess`, "204"}}, []string{put, put}, plan.Unconfirmed},
		{"a failed reading writes nothing", graded, answers{getIt: {"500"}}, nil, plan.NotAttempted},
		{"a reading without a grade", graded, answers{getIt: {`200 {}`}}, nil, plan.NotAttempted},
		{"a grade without an id", graded, answers{getIt: {`200 {"grade":{"id":null,"points":80}}`}}, nil, plan.NotAttempted},
		{"another person's grade", graded, answers{getIt: {`200 {"grade":{"id":8,"points":80,"gradedStudent":{"id":1}}}`}}, nil, plan.NotAttempted},
		{"nobody of this name", noGrade, answers{getIt: {`404 {"error":{"message":"User not found."}}`}}, nil, plan.Refused},
		{"no words at all", noGrade, answers{getIt: {`404`}}, nil, plan.Refused},
		{"no permission", graded, answers{getIt: {graded}, putIt: {"403"}}, []string{put}, plan.Refused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSchool(t, tc.told)
			synctest.Test(t, func(t *testing.T) {
				writes, _, r := s.in(t).row("scoreGiven: 90", tc.there)
				require.Empty(t, cmp.Diff(tc.want, writes))
				require.Equal(t, tc.ends, r.Rows[0].Outcome, r.Rows[0].Why)
			})
		})
	}
}

// The answers to what comes before a write.
func TestLookBefore(t *testing.T) {
	for name, torn := range map[string]string{"grade": `200 {"grade":{"id":7,"poi`, "404": `404 {"error":{"message":"Grade not`} {
		t.Run("a torn "+name, func(t *testing.T) {
			s := newSchool(t, map[string][]string{getIt: {torn}})
			synctest.Test(t, func(t *testing.T) {
				p := s.quiet()
				p.scales.read(guid, 100)
				_, err := p.Grade(t.Context(), guid, zach)
				require.Equal(t, reconcile.Unreachable, asFault(t, err).Kind)
				require.Equal(t, []string{getIt, getIt, getIt, getIt}, s.requests())
			})
		})
	}
	t.Run("a 404 without a word is none, and one whose words broke off is no answer", func(t *testing.T) {
		for _, cut := range []bool{false, true} {
			s := newSchool(t, nil)
			synctest.Test(t, func(t *testing.T) {
				p := s.over(tripper(func(r *http.Request) (*http.Response, error) {
					body := io.NopCloser(io.Reader(strings.NewReader("")))
					if cut {
						body = io.NopCloser(tornReader{})
					}
					return &http.Response{StatusCode: 404, Header: http.Header{}, Body: body, Request: r}, nil
				}))
				p.scales.read(guid, 100)
				want := map[bool]reconcile.FaultKind{false: reconcile.Refused, true: reconcile.Unreachable}[cut]
				_, err := p.Grade(t.Context(), guid, zach)
				require.Equal(t, want, asFault(t, err).Kind)
			})
		}
	})
	t.Run("a clear of what is gone by now", func(t *testing.T) {
		s := newSchool(t, map[string][]string{dropIt: {noGrade}})
		require.NoError(t, s.platform().PostScore(t.Context(), guid, reconcile.Score{UserID: zach, Erase: true, Seen: &reconcile.Seen{ID: "7"}}))
		require.Equal(t, []string{dropIt}, s.requests())
	})
}

// A score is of the points that its column shows, not of those that were put and
// have not come to be.
func TestScoresWaitForTheirPoints(t *testing.T) {
	const of50 = `200 {"gradebookItem":{"id":"` + guid + `","title":"LTI Tool","pointsPossible":50}}`
	const putOne = "PUT /courses/31388494/gradebook/gradebookItems/" + guid
	for name, tc := range map[string]struct {
		shows []string
		ends  bool
	}{
		"late":  {[]string{"200 " + item95, "200 " + item95, of50}, true},
		"never": {[]string{"200 " + item95}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchool(t, map[string][]string{getOne: tc.shows, putOne: {"204"}, getIt: {noGrade}})
			synctest.Test(t, func(t *testing.T) {
				p := s.quiet()
				require.NoError(t, p.ReplaceLineItem(t.Context(), plan.LineItem{ID: guid, ScoreMaximum: 50}, nil))
				var wg sync.WaitGroup
				for range 3 {
					wg.Go(func() {
						_, err := p.Grade(t.Context(), guid, zach)
						if tc.ends {
							require.NoError(t, err)
							return
						}
						require.ErrorContains(t, err, "does not show the points possible that were put, 50, but 100")
						require.Equal(t, reconcile.Refused, asFault(t, err).Kind)
					})
				}
				wg.Wait()
				asked := 0
				for _, r := range s.requests() {
					if r == getOne {
						asked++
					}
				}
				require.LessOrEqual(t, asked, looks+1, "all wait for one look")
			})
		})
	}
}

// A column without points cannot hold a score, and that is said.
func TestNoPointsPossible(t *testing.T) {
	for _, points := range []string{"null", "0", `""`, "0.00"} {
		s := newSchool(t, map[string][]string{getOne: {`200 {"gradebookItem":{"id":"` + guid + `","title":"x","pointsPossible":` + points + `}}`}})
		f := asFault(t, s.platform().PostScore(t.Context(), guid, reconcile.Score{UserID: zach, Grade: plan.Grade{ScoreGiven: ptr(1.0), ScoreMaximum: 1}}))
		require.Equal(t, reconcile.Refused, f.Kind)
		require.ErrorContains(t, f, "no points possible")
		require.Contains(t, f.Hint, "scoreMaximum")
		require.Equal(t, []string{getOne}, s.requests())
	}
}

func TestScaled(t *testing.T) {
	for _, tc := range []struct {
		given, maximum, possible float64
		want                     string
	}{
		{95, 100, 100, "95"},
		{92.5, 100, 100, "92.5"},
		{0.1, 0.3, 0.3, "0.1"},
		{0.1, 1, 3, "0.3"}, // in floats 0.30000000000000004
		{1, 3, 10, "3.3333333333"},
		{2, 3, 10, "6.6666666667"},
		{1, 3, 3, "1"},
		{100, 100, 1e6, "1000000"},
		{0, 50, 10, "0"},
		{5, 0, 10, "5"}, // no scale: the column's own
		{1e-7, 1, 1, "0.0000001"},
	} {
		require.Equal(t, tc.want, string(scaled(tc.given, tc.maximum, tc.possible)), "%v", tc)
	}
}

// Errors name no person, and repeat nothing that was sent.
func TestErrorsArePrivate(t *testing.T) {
	const echo = `User 28456671 may not get 87.25 and \"a private remark\" under OAuth realm=x,oauth_consumer_key=\"` + consumer + `\"`
	s := newSchool(t, map[string][]string{postIt: {`422 {"error":{"message":"` + echo + `","errorId":"1"}}`}})
	p := s.platform()
	p.scales.read(guid, 100)
	f := asFault(t, p.PostScore(t.Context(), guid, reconcile.Score{UserID: zach, Grade: plan.Grade{ScoreGiven: ptr(87.25), ScoreMaximum: 100, Comment: "a private remark"}}))
	require.Equal(t, reconcile.Refused, f.Kind)
	require.Contains(t, f.Said, "may not get")
	require.ErrorContains(t, f, "post grade: POST "+s.url+"/users/…/courses/31388494/gradebookItems/"+guid+"/grade: 422")
	for _, private := range []string{zach, "87.25", "private", consumer} {
		require.NotContains(t, f.Said+f.Error()+f.Hint+fmt.Sprint(f.Err), private)
	}
	require.False(t, strings.Contains(f.Error(), "may not get"), "the platform's words stand apart")
}
