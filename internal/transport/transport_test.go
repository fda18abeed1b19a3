package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func base(t *testing.T) *http.Transport {
	b := Base(8)
	t.Cleanup(b.CloseIdleConnections)
	return b
}

func request(t *testing.T, ctx context.Context, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	require.NoError(t, err)
	return r
}

// watched is a request body that knows whether it has been closed.
type watched struct {
	io.Reader
	closed atomic.Bool
}

func (w *watched) Close() error { w.closed.Store(true); return nil }

func TestBase(t *testing.T) {
	b := Base(8)
	require.EqualValues(t, tls.VersionTLS12, b.TLSClientConfig.MinVersion)
	require.Equal(t, 64, b.MaxIdleConnsPerHost)
	require.Equal(t, 8, b.MaxConnsPerHost)
	require.NotNil(t, b.Proxy)

	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	b = base(t)
	b.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	resp, err := b.RoundTrip(request(t, t.Context(), "GET", srv.URL, nil))
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "HTTP/2.0", string(text))
}

func TestTimeout(t *testing.T) {
	hold := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			fmt.Fprint(w, "half")
			w.(http.Flusher).Flush()
		}
		if r.URL.Path != "/quick" {
			<-hold
		}
	})
	defer close(hold)
	const after = 40 * time.Millisecond
	rt := Timeout(base(t), after)
	check := func(err error) {
		t.Helper()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "no answer within 40ms")
		var ne net.Error
		require.True(t, errors.As(err, &ne) && ne.Timeout())
	}
	_, err := rt.RoundTrip(request(t, t.Context(), "GET", url, nil))
	check(err)
	resp, err := rt.RoundTrip(request(t, t.Context(), "GET", url+"/body", nil))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	check(err)
	resp.Body.Close()

	_, err = (&http.Client{Transport: rt}).Get(url)
	check(err)

	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	time.AfterFunc(5*time.Millisecond, func() { cancel(gone) })
	_, err = rt.RoundTrip(request(t, ctx, "GET", url, nil))
	var late *TimeoutError
	require.False(t, errors.As(err, &late), "the caller's own end is not a timeout: %v", err)

	resp, err = rt.RoundTrip(request(t, t.Context(), "GET", url+"/quick", nil))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}

func TestTimeoutEndsWithTheBody(t *testing.T) {
	var ctx context.Context
	rt := Timeout(tripper(func(r *http.Request) (*http.Response, error) {
		ctx = r.Context()
		return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
	}), time.Hour)
	resp, err := rt.RoundTrip(request(t, t.Context(), "GET", "http://localhost", nil))
	require.NoError(t, err)
	require.NoError(t, ctx.Err())
	resp.Body.Close()
	require.ErrorIs(t, ctx.Err(), context.Canceled)
}

func TestCountAndLog(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, "hello")
	})
	var lines bytes.Buffer
	clock := time.Unix(0, 0)
	tick := func() time.Time { clock = clock.Add(time.Second); return clock }
	counters := &Counters{Now: tick}
	log := slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	rt := Stack(base(t), Config{Counters: counters, Log: log, Retries: -1, Now: tick})
	for _, r := range []*http.Request{
		request(t, t.Context(), "GET", strings.Replace(url, "http://", "http://me:hunter2@", 1)+"/a%2Fb?token=hunter2", nil),
		request(t, agsclient.WithOperation(t.Context(), "post score"), "POST", url+"/x", strings.NewReader("hunter2!")),
	} {
		r.Header.Set("Authorization", "Bearer hunter2")
		resp, err := rt.RoundTrip(r)
		require.NoError(t, err)
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
	}
	snap := counters.Snapshot()
	require.Empty(t, cmp.Diff(Stats{
		Kinds:  map[string]Kind{"": {Requests: 1, BytesIn: 5, Took: 3 * time.Second}, "post score": {Requests: 1, BytesIn: 5, BytesOut: 8, Took: 3 * time.Second}},
		Waited: 2 * time.Second,
	}, snap))
	snap.Kinds[""] = Kind{Requests: 99}
	require.EqualValues(t, 1, counters.Snapshot().Kinds[""].Requests, "a snapshot is a copy")
	require.Equal(t, fmt.Sprintf("level=DEBUG msg=http method=GET url=%[1]s/a%%2Fb?… status=200 took=1s\nlevel=DEBUG msg=http method=POST url=%[1]s/x status=200 took=1s\n", url),
		strings.ReplaceAll(lines.String(), `"`, ""))

	lines.Reset()
	_, err := Log(tripper(func(*http.Request) (*http.Response, error) { return nil, io.EOF }), log, nil).RoundTrip(request(t, t.Context(), "GET", "http://localhost/", nil))
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, "level=DEBUG msg=http method=GET url=http://localhost/ error=\"the connection was closed without an answer\"\n", lines.String())
}

func TestCountersAreSafe(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") })
	c := &Counters{}
	rt := Stack(base(t), Config{Counters: c, Concurrency: 4})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			resp, err := rt.RoundTrip(request(t, t.Context(), "GET", url, nil))
			if err != nil {
				t.Error(err)
				return
			}
			discard(resp.Body, func() {})
			c.Snapshot()
		})
	}
	wg.Wait()
	require.Empty(t, cmp.Diff(Stats{Kinds: map[string]Kind{"": {Requests: 50, BytesIn: 100}}}, c.Snapshot()))
}
