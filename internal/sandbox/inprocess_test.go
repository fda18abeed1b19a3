package sandbox

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTransport(t *testing.T) {
	l := newLMS(t, Options{})
	// The same tool, over the transport: ids and audience follow its base URL.
	l.url = InProcessURL
	client := &http.Client{Transport: l.Transport()}
	send := func(method, path, body string, header ...string) reply {
		r, err := l.do(client, method, path, body, header...)
		require.NoError(t, err)
		return r
	}
	r := send("POST", TokenPath, l.form(scopeLineItem).Encode(), "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, 200, r.status, r.text())
	bearer := "Bearer " + r.object()["access_token"].(string)
	r = send("POST", items, `{"label":"L","scoreMaximum":1,"big":"`+strings.Repeat("x", 500_000)+`"}`, "Authorization", bearer)
	require.Equal(t, 201, r.status)
	require.Equal(t, InProcessURL+items+"/1", r.header.Get("Location"))
	require.Equal(t, "Sun, 01 Mar 2026 12:00:00 GMT", r.header.Get("Date"), "the platform's own clock")
	send("POST", items, `{"label":"`+strings.Repeat("x", 2*maxBody)+`"}`).refused(413, "bytes")

	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 5 {
				if r, err := l.do(client, "GET", items, "", "Authorization", bearer); err != nil || r.status != 200 || len(r.body) < 500_000 {
					t.Error(r.status, len(r.body), err)
				}
			}
		})
	}
	wg.Wait()
	require.Same(t, l.Transport(), l.Transport())
}

func TestCloseEndsTheGoroutines(t *testing.T) {
	s, err := Open(Options{Now: newClock().Now})
	require.NoError(t, err)
	client := &http.Client{Transport: s.Transport()}
	for range 3 {
		resp, err := client.Get(InProcessURL + "/")
		require.NoError(t, err)
		require.Equal(t, 404, resp.StatusCode)
		require.NoError(t, resp.Body.Close())
	}
	require.NotZero(t, piped())
	require.NoError(t, s.Close())
	require.Eventually(t, func() bool { return piped() == 0 }, 5*time.Second, time.Millisecond)
	require.NoError(t, s.Close())
	_, err = client.Get(InProcessURL + "/")
	require.ErrorIs(t, err, net.ErrClosed)

	unused, err := Open(Options{Now: newClock().Now})
	require.NoError(t, err)
	require.NoError(t, unused.Close())
	_, err = (&http.Client{Transport: unused.Transport()}).Get(InProcessURL)
	require.ErrorIs(t, err, net.ErrClosed, "closed before the first use")
}

// piped counts the calls that wait on an in-memory connection or listener, in
// all goroutines.
func piped() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("net.(*pipe).")) + bytes.Count(stacks, []byte("(*pipeListener)."))
}

func TestDialGivesUp(t *testing.T) {
	l := newInProcess(http.NotFoundHandler()).listener
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.dial(ctx, "tcp", "localhost:80")
	require.ErrorIs(t, err, context.Canceled)
}
