package learningstudio

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

const (
	getOne  = "GET /courses/31388494/gradebookItems/" + guid
	getIt   = "GET " + gradePath
	postIt  = "POST " + gradePath
	putIt   = "PUT " + gradePath
	dropIt  = "DELETE " + gradePath
	graded  = `200 {"grade":{"id":7,"points":"80.0","letterGrade":"B","comments":"well","shareWithStudent":false}}`
	shell   = `200 {"grade":{"id":7,"points":"","letterGrade":null,"comments":" "}}`
	onlyB   = `200 {"grade":{"id":7,"points":null,"letterGrade":"B","comments":"well"}}`
	already = `400 {"error":{"message":"A grade exists.","errorId":""}}`
)

// keeping is a score that names points and comment only, as most do.
func keeping(given *float64, comment string) reconcile.Score {
	return reconcile.Score{
		UserID: zach, KeepsLetter: true, KeepsShare: true, ActivityProgress: "Completed", GradingProgress: "FullyGraded",
		Grade: plan.Grade{ScoreGiven: given, ScoreMaximum: 100, Comment: comment},
	}
}

func changed(s reconcile.Score, change func(*reconcile.Score)) reconcile.Score {
	change(&s)
	return s
}

// What is sent, seen from what is there.
func TestPostScore(t *testing.T) {
	clear := changed(keeping(nil, ""), func(s *reconcile.Score) { s.ActivityProgress, s.GradingProgress = "Initialized", "NotReady" })
	comment := changed(keeping(nil, "see me"), func(s *reconcile.Score) { s.GradingProgress = "PendingManual" })
	for _, tc := range []struct {
		name, there string
		score       reconcile.Score
		want        string // "" is nothing
	}{
		{"a first score", noGrade, keeping(ptr(90.0), ""), postIt + ` {"grade":{"points":90}}`},
		{"a first score with letter and sharing", noGrade, changed(keeping(ptr(90.0), ""), func(s *reconcile.Score) {
			s.KeepsLetter, s.KeepsShare, s.LetterGrade, s.ShareWithStudent = false, false, "A-", ptr(false)
		}), postIt + ` {"grade":{"points":90,"letterGrade":"A-","shareWithStudent":false}}`},
		{"other points", graded, keeping(ptr(90.0), "well"), putIt + ` {"grade":{"id":7,"points":90,"letterGrade":"B","comments":"well","shareWithStudent":false}}`},
		{"another comment", graded, keeping(ptr(80.0), "better"), putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"B","comments":"better","shareWithStudent":false}}`},
		{"no comment to say stays", graded, keeping(ptr(90.0), ""), putIt + ` {"grade":{"id":7,"points":90,"letterGrade":"B","comments":"well","shareWithStudent":false}}`},
		{"the comment goes", graded, changed(keeping(ptr(80.0), ""), func(s *reconcile.Score) { s.ClearComment = true }),
			putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"B","comments":"","shareWithStudent":false}}`},
		{"another letter", graded, changed(keeping(ptr(80.0), "well"), func(s *reconcile.Score) { s.KeepsLetter, s.LetterGrade = false, "B+" }),
			putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"B+","comments":"well","shareWithStudent":false}}`},
		{"the letter goes", graded, changed(keeping(ptr(80.0), "well"), func(s *reconcile.Score) { s.KeepsLetter = false }),
			putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"","comments":"well","shareWithStudent":false}}`},
		{"it is shared", graded, changed(keeping(ptr(80.0), "well"), func(s *reconcile.Score) { s.KeepsShare, s.ShareWithStudent = false, ptr(true) }),
			putIt + ` {"grade":{"id":7,"points":80,"letterGrade":"B","comments":"well","shareWithStudent":true}}`},
		{"all as it is", graded, keeping(ptr(80.0), "well"), ""},
		{"all as it is, named", graded, changed(keeping(ptr(80.0), "well"), func(s *reconcile.Score) {
			s.KeepsLetter, s.KeepsShare, s.LetterGrade, s.ShareWithStudent = false, false, "B", ptr(false)
		}), ""},
		{"another scale, and yet as it is", graded, changed(keeping(ptr(8.0), "well"), func(s *reconcile.Score) { s.ScoreMaximum = 10 }), ""},
		{"a scale that never ends", noGrade, changed(keeping(ptr(1.0), ""), func(s *reconcile.Score) { s.ScoreMaximum = 3 }), postIt + ` {"grade":{"points":33.3333333333}}`},
		{"zero is a score", noGrade, keeping(ptr(0.0), ""), postIt + ` {"grade":{"points":0}}`},
		{"above the maximum", noGrade, keeping(ptr(110.5), ""), postIt + ` {"grade":{"points":110.5}}`},

		{"a clear", graded, clear, dropIt},
		{"a clear that keeps the comment it saw", graded, changed(clear, func(s *reconcile.Score) { s.Comment = "well" }), dropIt},
		{"a clear of nothing", noGrade, clear, ""},
		{"a clear of what was taken away", shell, clear, ""},
		{"a clear whose grade went with the comment it saw", noGrade, changed(clear, func(s *reconcile.Score) { s.Comment = "well" }), ""},
		{"a clear of the comment too", graded, changed(clear, func(s *reconcile.Score) { s.ClearComment = true }), dropIt},
		{"a clear with a progress of its own", graded, changed(clear, func(s *reconcile.Score) { s.Comment, s.GradingProgress = "well", "Pending" }), dropIt},
		{"a clear of a letter", onlyB, changed(clear, func(s *reconcile.Score) { s.Comment = "well" }), dropIt},
		{"sharing alone, where only a letter is", onlyB, changed(comment, func(s *reconcile.Score) { s.Comment, s.KeepsShare, s.ShareWithStudent = "well", false, ptr(true) }),
			putIt + ` {"grade":{"id":7,"letterGrade":"B","comments":"well","shareWithStudent":true}}`},
		{"again, where only a letter is", onlyB, changed(comment, func(s *reconcile.Score) { s.Comment = "well" }), ""},
		{"a clear with a letter", graded, changed(clear, func(s *reconcile.Score) { s.KeepsLetter, s.LetterGrade = false, "I" }),
			putIt + ` {"grade":{"id":7,"points":null,"letterGrade":"I","comments":"well","shareWithStudent":false}}`},
		{"a comment alone", noGrade, comment, postIt + ` {"grade":{"comments":"see me"}}`},
		{"a comment alone, where a letter is", onlyB, comment, putIt + ` {"grade":{"id":7,"letterGrade":"B","comments":"see me"}}`},
		{"its comment goes, and the letter stays", onlyB, changed(comment, func(s *reconcile.Score) { s.Comment, s.ClearComment = "", true }),
			putIt + ` {"grade":{"id":7,"letterGrade":"B","comments":""}}`},
		{"a comment alone on a shell", shell, comment, putIt + ` {"grade":{"id":7,"comments":"see me"}}`},
		{"an id that is a string", `200 {"grade":{"id":"x-7","points":1}}`, keeping(ptr(2.0), ""), putIt + ` {"grade":{"id":"x-7","points":2}}`},
		{"an id that no float holds", `200 {"grade":{"id":9007199254740993,"points":1}}`, keeping(ptr(2.0), ""), putIt + ` {"grade":{"id":9007199254740993,"points":2}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSchool(t, map[string][]string{getOne: {"200 " + item95}, getIt: {tc.there}, postIt: {"201"}, putIt: {"204"}, dropIt: {"204"}})
			require.NoError(t, s.platform().PostScore(t.Context(), guid, tc.score))
			want := []string{getIt}
			if tc.score.ScoreGiven != nil {
				want = []string{getOne, getIt}
			}
			if tc.want != "" {
				want = append(want, tc.want)
			}
			require.Empty(t, cmp.Diff(want, s.requests()))
		})
	}
}

// Somebody is faster, or an answer is lost.
func TestPostScoreRaces(t *testing.T) {
	const put = putIt + ` {"grade":{"id":7,"points":90,"letterGrade":"B","comments":"well","shareWithStudent":false}}`
	const post = postIt + ` {"grade":{"points":90}}`
	for _, tc := range []struct {
		name string
		told map[string][]string
		want []string
		kind reconcile.FaultKind // "" is none
	}{
		{"posted in between", map[string][]string{getIt: {noGrade, graded}, postIt: {already}, putIt: {"204"}}, []string{getIt, post, getIt, put}, ""},
		{"taken away in between", map[string][]string{getIt: {graded, noGrade}, putIt: {noGrade}, postIt: {"201"}}, []string{getIt, put, getIt, post}, ""},
		{"another id in between", map[string][]string{getIt: {`200 {"grade":{"id":6,"points":1}}`, graded}, putIt: {`400 {"error":{"message":"Wrong id."}}`, "204"}},
			[]string{getIt, putIt + ` {"grade":{"id":6,"points":90}}`, getIt, put}, ""},
		{"written as wanted in between", map[string][]string{getIt: {noGrade, `200 {"grade":{"id":7,"points":90}}`}, postIt: {already}}, []string{getIt, post, getIt}, ""},
		{"a 400 that means it", map[string][]string{getIt: {noGrade}, postIt: {already}}, []string{getIt, post, getIt, post}, reconcile.Refused},
		{"a lost post", map[string][]string{getIt: {noGrade}, postIt: {"lost"}}, []string{getIt, post}, reconcile.Doubt},
		{"a failed post", map[string][]string{getIt: {noGrade}, postIt: {"502 <html>"}}, []string{getIt, post}, reconcile.Doubt},
		{"a throttled put", map[string][]string{getIt: {graded}, putIt: {"429"}}, []string{getIt, put}, reconcile.Throttled},
		{"a lost reading writes nothing", map[string][]string{getIt: {"lost"}}, nil, reconcile.Unreachable},
		{"a failed reading writes nothing", map[string][]string{getIt: {"500"}}, []string{getIt}, reconcile.Unreachable},
		{"a reading without a grade", map[string][]string{getIt: {`200 {}`}}, []string{getIt}, reconcile.Unreachable},
		{"a grade without an id", map[string][]string{getIt: {`200 {"grade":{"id":null,"points":1}}`}}, []string{getIt}, reconcile.Unreachable},
		{"nobody of this name", map[string][]string{getIt: {`404 {"error":{"message":"User not found."}}`}}, []string{getIt}, reconcile.Refused},
		{"no words at all", map[string][]string{getIt: {`404`}}, []string{getIt}, reconcile.Refused},
		{"words that broke off, of a write", map[string][]string{getIt: {graded}, putIt: {`404 {"error":{"mess`}}, []string{getIt, put}, reconcile.Doubt},
		{"no permission", map[string][]string{getIt: {graded}, putIt: {"403"}}, []string{getIt, put}, reconcile.Denied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSchool(t, tc.told)
			p := s.platform()
			p.scales.read(guid, 100)
			err := p.PostScore(t.Context(), guid, keeping(ptr(90.0), ""))
			got := s.requests()
			if tc.want != nil { // net/http itself repeats a GET on a connection that was used before
				require.Empty(t, cmp.Diff(tc.want, got))
			}
			if tc.kind == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tc.kind, asFault(t, err).Kind)
		})
	}

	t.Run("the try after a lost post finds the grade", func(t *testing.T) {
		s := newSchool(t, map[string][]string{getIt: {noGrade, `200 {"grade":{"id":7,"points":90}}`, `200 {"grade":{"id":7,"points":80}}`}, postIt: {"lost"}, putIt: {"204"}})
		p := s.platform()
		p.scales.read(guid, 100)
		require.Equal(t, reconcile.Doubt, asFault(t, p.PostScore(t.Context(), guid, keeping(ptr(90.0), ""))).Kind)
		require.NoError(t, p.PostScore(t.Context(), guid, keeping(ptr(90.0), "")))
		require.Equal(t, []string{getIt, post, getIt}, s.requests())
		require.NoError(t, p.PostScore(t.Context(), guid, keeping(ptr(90.0), "")))
		require.Equal(t, []string{getIt, putIt + ` {"grade":{"id":7,"points":90}}`}, s.requests(), "a second one is never posted")
	})
	for name, torn := range map[string]string{"grade": `200 {"grade":{"id":7,"poi`, "404": `404 {"error":{"message":"Grade not`} {
		t.Run("a torn "+name+" writes nothing", func(t *testing.T) {
			s := newSchool(t, map[string][]string{getIt: {torn}})
			synctest.Test(t, func(t *testing.T) {
				p := s.quiet()
				p.scales.read(guid, 100)
				require.Equal(t, reconcile.Unreachable, asFault(t, p.PostScore(t.Context(), guid, keeping(ptr(90.0), ""))).Kind)
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
				require.Equal(t, want, asFault(t, p.PostScore(t.Context(), guid, keeping(ptr(90.0), ""))).Kind)
			})
		}
	})
	t.Run("a clear of what is gone by now", func(t *testing.T) {
		s := newSchool(t, map[string][]string{getIt: {graded}, dropIt: {noGrade}})
		require.NoError(t, s.platform().PostScore(t.Context(), guid, keeping(nil, "")))
		require.Equal(t, []string{getIt, dropIt}, s.requests())
	})
}

// A column without points cannot hold a score, and that is said.
func TestNoPointsPossible(t *testing.T) {
	for _, points := range []string{"null", "0", `""`, "0.00"} {
		s := newSchool(t, map[string][]string{getOne: {`200 {"gradebookItem":{"id":"` + guid + `","title":"x","pointsPossible":` + points + `}}`}})
		f := asFault(t, s.platform().PostScore(t.Context(), guid, keeping(ptr(1.0), "")))
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
	s := newSchool(t, map[string][]string{getIt: {noGrade}, postIt: {`422 {"error":{"message":"` + echo + `","errorId":"1"}}`}})
	p := s.platform()
	p.scales.read(guid, 100)
	f := asFault(t, p.PostScore(t.Context(), guid, keeping(ptr(87.25), "a private remark")))
	require.Equal(t, reconcile.Refused, f.Kind)
	require.Contains(t, f.Said, "may not get")
	require.ErrorContains(t, f, "post grade: POST "+s.url+"/users/…/courses/31388494/gradebookItems/"+guid+"/grade: 422")
	for _, private := range []string{zach, "87.25", "private", consumer} {
		require.NotContains(t, f.Said+f.Error()+f.Hint+fmt.Sprint(f.Err), private)
	}
	require.False(t, strings.Contains(f.Error(), "may not get"), "the platform's words stand apart")
}
