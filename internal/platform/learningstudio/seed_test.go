package learningstudio

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// The vendor's page about a launched content item, step by step, with its ids.
func TestRecommendedSequence(t *testing.T) {
	const (
		find = "GET /courses/31388494/items/100561235546/gradebookItem"
		get  = "GET " + gradePath
		post = "POST " + gradePath
		put  = "PUT " + gradePath
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
			s := newSchool(t, map[string][]string{get: {tc.shown}, post: {"201"}, put: {"204"}})
			synctest.Test(t, func(t *testing.T) {
				writes, _, _ := s.in(t).row("scoreGiven: 95, comment: Example grade comment.", tc.shown)
				require.Empty(t, cmp.Diff([]string{tc.write + " " + tc.body}, writes))
			})
		})
	}

	t.Run("case 3: it is so already, so nothing is sent", func(t *testing.T) {
		s := newSchool(t, map[string][]string{})
		synctest.Test(t, func(t *testing.T) {
			writes, _, _ := s.in(t).row("scoreGiven: 100, comment: null", "200 "+shown)
			require.Empty(t, writes)
		})
	})
}
