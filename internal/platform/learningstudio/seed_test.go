package learningstudio

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// The vendor's page about a launched content item, step by step, with its ids.
func TestRecommendedSequence(t *testing.T) {
	const (
		items = "GET /courses/31388494/gradebookItems"
		one   = items + "/" + guid
		find  = "GET /courses/31388494/items/100561235546/gradebookItem"
		get   = "GET " + gradePath
		post  = "POST " + gradePath
		put   = "PUT " + gradePath
	)
	const shown = `{
  "grade": {
    "id": 1051754261,
    "points": 100,
    "letterGrade": "A",
    "comments": "",
    "shareWithStudent": true,
    "updatedDate": "2015-07-21T16:27:47Z",
    "gradedStudent": {
      "id": 28456671,
      "links": [
        {
          "href": "",
          "rel": "self"
        }
      ]
    }
  }
}`
	const removed = `{"grade":{"id":1051754261,"points":null,"letterGrade":"","comments":"","shareWithStudent":true,"gradedStudent":{"id":28456671,"links":[]}}}`
	score := reconcile.Score{
		UserID: zach, KeepsLetter: true, KeepsShare: true, GradingProgress: "FullyGraded", Timestamp: time.Unix(stamp, 0),
		Grade: plan.Grade{ScoreGiven: ptr(95.0), ScoreMaximum: 100, Comment: "Example grade comment."},
	}

	// Step 2: the gradable item of the content item that was launched.
	s := newSchool(t, map[string][]string{find: {`200 {"gradebookItem":{"type":"courseItem","id":"` + guid + `","title":"LTI Tool","pointsPossible":100.00,"links":[]}}`}})
	li, err := s.platform().LineItemOfLink(t.Context(), "100561235546")
	require.NoError(t, err)
	require.Equal(t, plan.LineItem{ID: guid, Label: "LTI Tool", ScoreMaximum: 100, ResourceLinkID: "100561235546"}, li)
	require.Equal(t, []string{find}, s.requests())

	// Steps 3 and 4.
	for _, tc := range []struct {
		name, shown, write, body string
	}{
		{"case 1: no grade, so it is posted", noGrade, post, `{"grade":{"points":95,"comments":"Example grade comment."}}`},
		{
			"case 2: the grade was taken away, so it is put with its id", "200 " + removed, put,
			`{"grade":{"id":1051754261,"points":95,"comments":"Example grade comment.","shareWithStudent":true}}`,
		},
		{
			"case 3: there is a grade, so it is put with its id", "200 " + shown, put,
			`{"grade":{"id":1051754261,"points":95,"letterGrade":"A","comments":"Example grade comment.","shareWithStudent":true}}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSchool(t, map[string][]string{one: {"200 " + item95}, get: {tc.shown}, post: {"201"}, put: {"204"}})
			require.NoError(t, s.platform().PostScore(t.Context(), guid, score))
			require.Empty(t, cmp.Diff([]string{one, get, tc.write + " " + tc.body}, s.requests()))
		})
	}

	t.Run("case 3: it is so already, so nothing is sent", func(t *testing.T) {
		s := newSchool(t, map[string][]string{one: {"200 " + item95}, get: {"200 " + shown}})
		same := score
		same.Grade = plan.Grade{ScoreGiven: ptr(100.0), ScoreMaximum: 100}
		require.NoError(t, s.platform().PostScore(t.Context(), guid, same))
		require.Equal(t, []string{one, get}, s.requests())
	})
}
