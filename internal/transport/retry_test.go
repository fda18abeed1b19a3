package transport

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// naps notes the pauses instead of sleeping.
type naps struct{ all []time.Duration }

func (n *naps) sleep(_ context.Context, d time.Duration) error {
	n.all = append(n.all, d)
	return nil
}

func retrying(next http.RoundTripper, retries int) (*retry, *naps, *Counters) {
	n, c := &naps{}, &Counters{}
	rt := Retry(Count(next, c), retries).(*retry)
	rt.sleep = n.sleep
	return rt, n, c
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.(*net.TCPConn).SetLinger(0) // a reset
		conn.Close()
	}
}

func TestRetryStatus(t *testing.T) {
	for _, tc := range []struct {
		method string
		status int
		tries  int32
	}{
		{"GET", 429, 6}, {"GET", 500, 6}, {"GET", 502, 6}, {"GET", 503, 6}, {"GET", 504, 6},
		{"GET", 400, 1}, {"GET", 401, 1}, {"GET", 403, 1}, {"GET", 404, 1}, {"GET", 409, 1}, {"GET", 501, 1}, {"GET", 200, 1}, {"GET", 302, 1},
		{"POST", 503, 1}, {"PUT", 503, 1}, {"DELETE", 503, 1}, {"PATCH", 503, 1},
	} {
		t.Run(fmt.Sprint(tc.method, tc.status), func(t *testing.T) {
			var n atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				n.Add(1)
				w.WriteHeader(tc.status)
				fmt.Fprint(w, "the last answer")
			})
			rt, naps, counters := retrying(base(t), 0)
			resp, err := rt.RoundTrip(request(t, t.Context(), tc.method, url, nil))
			require.NoError(t, err)
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			resp.Body.Close()
			require.Equal(t, tc.status, resp.StatusCode)
			require.Equal(t, "the last answer", string(text), "it can still be read")
			require.Equal(t, tc.tries, n.Load())
			require.Len(t, naps.all, int(tc.tries)-1)
			require.EqualValues(t, tc.tries-1, counters.Snapshot().Kinds[""].Repeated)
		})
	}
}

func TestRetryRecovers(t *testing.T) {
	var n atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 1:
			hangUp(w)
		case 2:
			w.WriteHeader(503)
		default:
			fmt.Fprint(w, "ok")
		}
	})
	rt, naps, _ := retrying(base(t), 2)
	resp, err := rt.RoundTrip(request(t, t.Context(), "GET", url, nil))
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)
	require.Len(t, naps.all, 2)
	for _, d := range naps.all {
		require.True(t, d > 0 && d <= time.Second, d)
	}

	// A write is sent once, whatever becomes of it.
	n.Store(0)
	_, err = rt.RoundTrip(request(t, t.Context(), "POST", url, strings.NewReader("x")))
	require.Error(t, err)
	require.EqualValues(t, 1, n.Load())

	off := Stack(base(t), Config{Retries: -1})
	n.Store(1)
	resp, err = off.RoundTrip(request(t, t.Context(), "GET", url, nil))
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 503, resp.StatusCode)
}

func TestRetryAfter(t *testing.T) {
	for _, tc := range []struct {
		name, after, date string
		tries             int
		least             time.Duration
	}{
		{"seconds", "7", "", 2, 7 * time.Second},
		{"a date, on the server's clock", "Tue, 04 Mar 2025 04:06:27 GMT", "Tue, 04 Mar 2025 04:06:07 GMT", 2, 20 * time.Second},
		{"a date that is past", "Tue, 04 Mar 2025 04:06:07 GMT", "Tue, 04 Mar 2025 04:06:27 GMT", 2, 0},
		{"as much as we wait", "30", "", 2, 30 * time.Second},
		{"more than we wait", "31", "", 1, 0},
		{"nonsense", "soon", "", 2, 0},
		{"negative", "-5", "", 2, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tries := 0
			rt, naps, _ := retrying(tripper(func(r *http.Request) (*http.Response, error) {
				tries++
				h := http.Header{"Retry-After": {tc.after}, "Date": {tc.date}}
				return &http.Response{StatusCode: 429, Header: h, Body: http.NoBody}, nil
			}), 1)
			resp, err := rt.RoundTrip(request(t, t.Context(), "GET", "http://localhost", nil))
			require.NoError(t, err)
			require.Equal(t, 429, resp.StatusCode)
			require.Equal(t, tc.tries, tries)
			if tries == 2 {
				require.GreaterOrEqual(t, naps.all[0], tc.least)
				require.Less(t, naps.all[0], tc.least+time.Second)
			}
		})
	}
}

// Each pause is one that we take, and all of them together are not.
func TestRetryWaitsAMinuteInAll(t *testing.T) {
	tries := 0
	rt, naps, _ := retrying(tripper(func(r *http.Request) (*http.Response, error) {
		tries++
		return &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {"29"}}, Body: http.NoBody}, nil
	}), 3)
	resp, err := rt.RoundTrip(request(t, t.Context(), "GET", "http://localhost", nil))
	require.NoError(t, err)
	require.Equal(t, 429, resp.StatusCode)
	require.Equal(t, 3, tries)
	require.Equal(t, []time.Duration{29 * time.Second, 29 * time.Second}, naps.all)
}

// Canvas says 403 where others say 429.
func TestRetryThrottled403(t *testing.T) {
	for body, tries := range map[string]int32{"403 Forbidden (Rate Limit Exceeded)": 2, "not your course": 1, strings.Repeat(" ", 600) + "rate limit exceeded": 1} {
		var n atomic.Int32
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			w.WriteHeader(403)
			fmt.Fprint(w, body)
		})
		rt, _, _ := retrying(base(t), 1)
		resp, err := rt.RoundTrip(request(t, t.Context(), "GET", url, nil))
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, body, string(text))
		require.Equal(t, tries, n.Load(), body)
	}
}

func TestRetryErrors(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	unknown := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
	for _, tc := range []struct {
		name  string
		err   error
		tries int
	}{
		{"reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, 6},
		{"end of file", io.EOF, 6},
		{"cut off", fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), 6},
		{"timeout", &TimeoutError{After: time.Second}, 2},
		{"refused", refused, 1},
		{"unknown host", unknown, 1},
		{"taken for dead", &DeadError{Host: "lms", Last: "no answer within 30s"}, 1},
		{"anything else", fmt.Errorf("x509: whatever"), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tries := 0
			rt, _, _ := retrying(tripper(func(r *http.Request) (*http.Response, error) { tries++; return nil, tc.err }), 0)
			_, err := rt.RoundTrip(request(t, t.Context(), "GET", "http://localhost", nil))
			require.ErrorIs(t, err, tc.err)
			require.Equal(t, tc.tries, tries)
		})
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.Close()
	rt, naps, _ := retrying(base(t), 0)
	_, err = rt.RoundTrip(request(t, t.Context(), "GET", "http://"+l.Addr().String(), nil))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.Empty(t, naps.all)
}

func TestRetryStopsWithItsContext(t *testing.T) {
	tries := 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	always := tripper(func(r *http.Request) (*http.Response, error) { tries++; return nil, io.EOF })
	rt := Retry(always, 0)
	time.AfterFunc(20*time.Millisecond, cancel)
	began := time.Now()
	_, err := rt.RoundTrip(request(t, ctx, "GET", "http://localhost", nil))
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(began), 10*time.Second)
	require.Equal(t, 1, tries)
	_, err = rt.RoundTrip(request(t, ctx, "GET", "http://localhost", nil))
	require.ErrorIs(t, err, io.EOF, "no retry once the context has ended")
	require.Equal(t, 2, tries)
}

// The whole stack, with one slot: neither retries nor their pauses may hold it.
func TestStack(t *testing.T) {
	var n atomic.Int32
	hold := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 1:
			<-hold
		case 2:
			w.WriteHeader(503)
		default:
			fmt.Fprint(w, "ok")
		}
	})
	defer close(hold)
	c := &Counters{}
	rt := Stack(base(t), Config{Concurrency: 1, RequestsPerSecond: 100, Timeout: 300 * time.Millisecond, Counters: c})
	resp, err := rt.RoundTrip(request(t, t.Context(), "GET", url, nil))
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, "ok", string(text))
	require.EqualValues(t, 3, c.Snapshot().Kinds[""].Requests)
	require.EqualValues(t, 2, c.Snapshot().Kinds[""].Repeated)
}

// A quarter of all requests fail, and every page of a long listing comes.
func TestRetryInAStorm(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	rt, _, _ := retrying(tripper(func(*http.Request) (*http.Response, error) {
		switch dice.IntN(8) {
		case 0:
			return reply(503, ""), nil
		case 1:
			return nil, io.EOF
		}
		return reply(200, ""), nil
	}), 0)
	for page := range 500 {
		resp, err := rt.RoundTrip(request(t, t.Context(), "GET", "http://localhost", nil))
		require.NoError(t, err, page)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, 200, resp.StatusCode, page)
	}
}
