package transport

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClockSkew(t *testing.T) {
	start := time.Date(2025, 3, 4, 5, 6, 7, 250_000_000, time.UTC)
	type answer struct {
		ahead, took time.Duration // of the platform's clock; of the request
		header      http.Header
	}
	for _, tc := range []struct {
		name    string
		answers []answer
		want    time.Duration
		within  time.Duration
	}{
		{"nothing known", nil, 0, 0},
		{"the same clock", []answer{{0, 0, nil}}, 0, 0},
		{"as good as the same", []answer{{1400 * time.Millisecond, 0, nil}}, 0, 0},
		{"ahead", []answer{{3 * time.Minute, 0, nil}}, 3 * time.Minute, time.Second / 2},
		{"behind", []answer{{-3 * time.Minute, 0, nil}}, -3 * time.Minute, time.Second / 2},
		{"the middle of the request", []answer{{time.Minute, 8 * time.Second, nil}}, time.Minute, time.Second / 2},
		{"an outlier", []answer{{time.Minute, 0, nil}, {time.Hour, 0, nil}, {time.Minute, 0, nil}}, time.Minute, time.Second / 2},
		{"a clock that was set", []answer{{time.Hour, 0, nil}, {time.Hour, 0, nil}, {time.Hour, 0, nil}, {-time.Hour, 0, nil}, {-time.Hour, 0, nil}, {-time.Hour, 0, nil}}, -time.Hour, time.Second / 2},
		{"too slow", []answer{{time.Minute, 11 * time.Second, nil}}, 0, 0},
		{"out of a cache", []answer{{-time.Minute, 0, http.Header{"Age": {"60"}}}}, 0, 0},
		{"fresh, it says", []answer{{time.Minute, 0, http.Header{"Age": {"0"}}}}, time.Minute, time.Second / 2},
		{"no clock", []answer{{25 * time.Hour, 0, nil}, {-25 * time.Hour, 0, nil}}, 0, 0},
		{"no date", []answer{{time.Minute, 0, http.Header{"Date": {"yesterday"}}}}, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now := start
			skew := NewClockSkew(func() time.Time { return now })
			var a answer
			rt := Stack(tripper(func(*http.Request) (*http.Response, error) {
				h := a.header.Clone()
				if h == nil {
					h = http.Header{}
				}
				now = now.Add(a.took / 2)
				if h.Get("Date") == "" {
					h.Set("Date", now.Add(a.ahead).Format(http.TimeFormat))
				}
				now = now.Add(a.took - a.took/2)
				return &http.Response{StatusCode: 200, Header: h, Body: http.NoBody}, nil
			}), Config{Skew: skew})
			for _, a = range tc.answers {
				resp, err := rt.RoundTrip(request(t, t.Context(), "GET", "http://localhost", nil))
				require.NoError(t, err)
				resp.Body.Close()
			}
			require.InDelta(t, tc.want.Seconds(), skew.Now().Sub(now).Seconds(), tc.within.Seconds()+1e-9)
			require.Equal(t, skew.Offset(), skew.Now().Sub(now))
		})
	}
}

func TestSkewKeepsErrors(t *testing.T) {
	boom := errors.New("boom")
	skew := NewClockSkew(time.Now)
	_, err := Skew(tripper(func(*http.Request) (*http.Response, error) { return nil, boom }), skew).RoundTrip(request(t, t.Context(), "GET", "http://localhost", nil))
	require.ErrorIs(t, err, boom)
	require.Zero(t, skew.Offset())
}

func TestSkewIsSafe(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
	})
	skew := NewClockSkew(time.Now)
	rt := Stack(base(t), Config{Skew: skew, Concurrency: 4})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			resp, err := rt.RoundTrip(request(t, t.Context(), "GET", url, nil))
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			skew.Now()
		})
	}
	wg.Wait()
	require.InDelta(t, time.Hour.Seconds(), skew.Offset().Seconds(), 5)
}
