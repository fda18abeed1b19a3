package ltiaas

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/reconcile"
)

// All courses of an account share their paths: who judges by course is told by the
// client, the same for reading and for writing, and nothing of a launch's secret.
func TestRequestsTellTheirCourse(t *testing.T) {
	var courses []any
	hc := &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		courses = append(courses, agsclient.Course(r.Context()))
		return nil, errors.New("no network")
	})}
	for range 2 {
		p, err := New(hc, Options{URL: "http://localhost", APIKey: apiKey, Ltik: ltik})
		require.NoError(t, err)
		_, err = p.LineItem(t.Context(), itemID)
		require.Error(t, err)
		require.Error(t, p.PostScore(t.Context(), itemID, reconcile.Score{UserID: "u"}))
	}
	require.Len(t, courses, 4)
	require.NotNil(t, courses[0])
	require.Same(t, courses[0], courses[1])
	require.Same(t, courses[2], courses[3])
	require.NotSame(t, courses[0], courses[2])
}
