package learningstudio

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
)

// Who judges by course is told which one a request is about.
func TestRequestsTellTheirCourse(t *testing.T) {
	var courses []any
	hc := &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		courses = append(courses, agsclient.Course(r.Context()))
		return nil, errors.New("no network")
	})}
	for _, course := range []string{"1", "2"} {
		p, err := New(hc, Options{URL: "http://localhost", Course: course})
		require.NoError(t, err)
		_, err = p.LineItems(t.Context())
		require.Error(t, err)
	}
	require.Equal(t, []any{"1", "2"}, courses)
}
