package agsclient

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var testTime = time.Date(2025, 3, 4, 5, 6, 7, 8_000_000, time.FixedZone("", 3600))

func TestScoreEncode(t *testing.T) {
	base := Score{UserID: "s-1", Timestamp: testTime, ActivityProgress: ActivityCompleted, GradingProgress: GradingFullyGraded}
	const head, tail = `{"userId":"s-1",`, `"timestamp":"2025-03-04T04:06:07.008000Z","activityProgress":"Completed","gradingProgress":"FullyGraded"`
	for _, tc := range []struct {
		name string
		with func(*Score)
		want string
	}{
		{"a grade", func(s *Score) { s.ScoreGiven, s.ScoreMaximum = ptr(92.50), 100 }, head + `"scoreGiven":92.5,"scoreMaximum":100,` + tail + `}`},
		{"nought is a grade", func(s *Score) { s.ScoreGiven, s.ScoreMaximum = ptr(0.0), 100 }, head + `"scoreGiven":0,"scoreMaximum":100,` + tail + `}`},
		{"no grade, no maximum", func(s *Score) { s.ScoreMaximum = 100 }, head + tail + `}`},
		{"comment on one line", func(s *Score) { s.Comment = "a\nb" }, head + `"comment":"a\nb",` + tail + `}`},
		{"clear the comment", func(s *Score) { s.ClearComment = true }, head + `"comment":null,` + tail + `}`},
		{"a comment is not cleared", func(s *Score) { s.Comment, s.ClearComment = "a", true }, head + `"comment":"a",` + tail + `}`},
		{"submission", func(s *Score) { s.Submission.SubmittedAt = testTime }, head + tail + `,"submission":{"submittedAt":"2025-03-04T04:06:07.008000Z"}}`},
		{"extra", func(s *Score) {
			s.ScoringUserID = "t"
			s.Extra = map[string]json.RawMessage{"comment": json.RawMessage("null"), "userId": json.RawMessage(`"other"`), "https://x": json.RawMessage(`{ "a" : 1 }`)}
		}, head + tail + `,"scoringUserId":"t","comment":null,"https://x":{"a":1}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := base
			tc.with(&s)
			b, err := s.MarshalJSON()
			require.NoError(t, err)
			require.Equal(t, tc.want, string(b))
		})
	}
}

func TestPostScore(t *testing.T) {
	var uri, content, accept, body string
	requests := 0
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		requests++
		b, _ := io.ReadAll(r.Body)
		uri, content, accept, body = r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("Accept"), string(b)
		answer(200, `[]`)(w, r)
	})
	good := Score{UserID: "s-1", ScoreGiven: ptr(120.0), ScoreMaximum: 100, Timestamp: testTime, ActivityProgress: ActivityCompleted, GradingProgress: GradingFullyGraded}
	id := srv.URL + "/items/1/lineitem?type_id=3"
	require.NoError(t, c.PostScore(t.Context(), id, good))
	require.Equal(t, "/items/1/lineitem/scores?type_id=3", uri)
	require.Equal(t, "application/vnd.ims.lis.v1.score+json", content)
	require.Empty(t, accept)
	require.True(t, json.Valid([]byte(body)))

	for name, spoil := range map[string]func(*Score){
		"no user id":       func(s *Score) { s.UserID = "" },
		"no timestamp":     func(s *Score) { s.Timestamp = time.Time{} },
		"scoreGiven":       func(s *Score) { s.ScoreGiven = ptr(-1.0) },
		"less than 0":      func(s *Score) { s.ScoreGiven = ptr(math.NaN()) },
		"scoreGiven is":    func(s *Score) { s.ScoreGiven = ptr(math.Inf(1)) },
		"scoreMaximum":     func(s *Score) { s.ScoreMaximum = 0 },
		"activityProgress": func(s *Score) { s.ActivityProgress = "" },
		"gradingProgress":  func(s *Score) { s.GradingProgress = "fullyGraded" },
		`member "x"`:       func(s *Score) { s.Extra = map[string]json.RawMessage{"x": nil} },
	} {
		s := good
		spoil(&s)
		err := c.PostScore(t.Context(), id, s)
		require.ErrorContains(t, err, name)
		require.True(t, NotSent(err), name)
		require.True(t, Invalid(err), name)
	}
	require.ErrorContains(t, c.PostScore(t.Context(), "17", good), "not an absolute URL")
	require.ErrorContains(t, c.PostScore(t.Context(), "", good), "no URL")
	require.Equal(t, 1, requests)
}

// Some platforms answer a score that they refuse with 200, and then with content.
func TestEmptyOnSuccess(t *testing.T) {
	for _, tc := range []struct {
		name string
		h    http.HandlerFunc
		want string // "" is stored
		said string
	}{
		{"nothing", answer(200, ""), "", ""},
		{"white space", answer(200, " \r\n"), "", ""},
		{"204", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }, "", ""},
		{"an empty list", answer(200, "[]"), ": answered with content where a stored score has none: it was refused", ""},
		{"a reason", answer(201, `{"message":"the user s-0042 is locked"}`), "none: it was refused", "the user … is locked"},
		{"a web page", answer(202, "<html>"), "none: it was refused", ""},
		{"a long text", answer(200, strings.Repeat("x", 100_000)), "none: it was refused", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, srv := lms(t, Options{EmptyOnSuccess: true}, tc.h)
			err := c.PostScore(t.Context(), srv.URL+"/1", testScore)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
			require.ErrorIs(t, err, ErrContent)
			e := asError(t, err)
			require.True(t, e.Sent)
			require.Less(t, e.Status, 300)
			require.Equal(t, tc.said, e.Reason)
			require.False(t, e.Date.IsZero())
		})
	}

	// What breaks off before any content leaves it open.
	for name, tc := range map[string]struct {
		h    http.HandlerFunc
		want string
	}{
		"cut": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "2")
			w.WriteHeader(200)
		}, ": the answer broke off"},
		"drip": {drip, ": the answer does not end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, srv := lms(t, Options{EmptyOnSuccess: true}, tc.h)
			err := c.PostScore(t.Context(), srv.URL+"/1", testScore)
			require.ErrorContains(t, err, tc.want)
			require.NotErrorIs(t, err, ErrContent)
			require.False(t, NotSent(err))
			require.Equal(t, 200, asError(t, err).Status)
		})
	}
}
