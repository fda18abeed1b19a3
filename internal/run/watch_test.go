package run

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestWatch(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var answer func(http.ResponseWriter)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
	t.Cleanup(srv.Close)
	took := time.Second
	clock := func() time.Time { now = now.Add(took); return now } // each look at the clock takes its time
	w := newWatch(srv.Client().Transport, clock)
	get := func(path string) {
		t.Helper()
		resp, err := (&http.Client{Transport: w}).Get(srv.URL + path)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	date := func(at time.Time) string { return at.Format(http.TimeFormat) }

	answer = func(w http.ResponseWriter) { w.Header().Set("Date", date(now.Add(time.Hour))) }
	get("/a")
	s := w.sight()
	require.True(t, s.Clock)
	require.InDelta(t, time.Hour, s.Skew, float64(2*time.Second))

	took = time.Minute
	answer = func(w http.ResponseWriter) { w.Header().Set("Date", date(now.Add(-time.Hour))) }
	get("/a")
	require.InDelta(t, time.Hour, w.sight().Skew, float64(2*time.Second), "the quicker answer is believed")

	answer = func(w http.ResponseWriter) {
		w.Header().Set("X-Rate-Limit-Remaining", "12.5")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	get("/b?secret=1")
	s = w.sight()
	require.Equal(t, 1, s.Refused)
	require.Equal(t, 2, w.read(), "refused GETs are no pages")
	require.Empty(t, cmp.Diff(map[string]string{"X-Rate-Limit-Remaining": "12.5", "Retry-After": "7"}, s.Headers))
	require.Equal(t, []string{"/a", "/b"}, s.Paths)
	require.Len(t, s.Hosts, 1)
	require.Equal(t, "TLS 1.3", s.Hosts[0].Version)
	require.False(t, s.Hosts[0].Plain)
	require.Equal(t, srv.Certificate().NotAfter, s.Hosts[0].Expires)
}
