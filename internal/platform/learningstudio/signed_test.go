package learningstudio

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/transport"
	"github.com/gradesync/gradesync/reconcile"
)

// desk answers with statuses, the last one for good, and keeps what it was shown.
type desk struct {
	url            string
	headers, sents []string
}

func newDesk(t *testing.T, statuses ...int) *desk {
	t.Helper()
	d := &desk{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading: %v", err)
		}
		d.headers, d.sents = append(d.headers, r.Header.Get(authorization)), append(d.sents, string(body))
		w.WriteHeader(statuses[min(len(d.headers), len(statuses))-1])
		_, _ = io.WriteString(w, `{"gradebookItems":[]}`)
	}))
	t.Cleanup(srv.Close)
	d.url = srv.URL
	return d
}

func nonces(t *testing.T, headers []string) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for _, h := range headers {
		_, rest, found := strings.Cut(h, `oauth_nonce="`)
		require.True(t, found, h)
		n, _, _ := strings.Cut(rest, `"`)
		seen[n] = true
	}
	return seen
}

// A 401 is asked again once, signed anew, with the same body and the time as it is
// known by then.
func TestSignedAgain(t *testing.T) {
	now := int64(stamp)
	signer := fixedOAuth1()
	signer.Nonce, signer.Now = nil, func() time.Time { now += 600; return time.Unix(now, 0) }
	for _, tc := range []struct {
		statuses []int
		want     int
	}{{[]int{401, 204}, 204}, {[]int{401}, 401}} {
		d := newDesk(t, tc.statuses...)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/x", strings.NewReader(`{"a":1}`))
		require.NoError(t, err)
		resp, err := (&http.Client{Transport: Signed(http.DefaultTransport, signer)}).Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, tc.want, resp.StatusCode)
		require.Len(t, nonces(t, d.headers), 2)
		require.Contains(t, d.headers[1], "oauth_timestamp")
		require.NotEqual(t, d.headers[0][strings.Index(d.headers[0], "oauth_timestamp"):][:28], d.headers[1][strings.Index(d.headers[1], "oauth_timestamp"):][:28])
		require.Equal(t, []string{`{"a":1}`, `{"a":1}`}, d.sents)
		require.Empty(t, r.Header.Get(authorization), "the caller's request stays as it is")
	}
}

// Below what repeats readings, each try has a nonce of its own.
func TestSignedBelowRetry(t *testing.T) {
	d := newDesk(t, 500, 503, 200)
	signer := fixedOAuth1()
	signer.Nonce = nil
	p, err := New(&http.Client{Transport: transport.Retry(Signed(http.DefaultTransport, signer), 0)}, Options{URL: d.url, Course: course})
	require.NoError(t, err)
	_, err = p.LineItems(t.Context())
	require.NoError(t, err)
	require.Len(t, nonces(t, d.headers), 3)
}

// A reading whose answer is lost on a connection that was used before is not
// sent again with the same nonce, which would be refused for good.
func TestSignedOnceForEachConnection(t *testing.T) {
	type conn struct{}
	var mu sync.Mutex
	seen, lost := map[string]bool{}, 0
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Body != http.NoBody || r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
			t.Errorf("a reading has a body: %d %v", r.ContentLength, r.TransferEncoding)
		}
		used := r.Context().Value(conn{}).(*int)
		*used++
		nonce := r.Header.Get(authorization)
		if seen[nonce] {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		seen[nonce] = true
		if *used == 2 {
			lost++
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, `{"gradebookItems":[]}`)
	}))
	srv.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context { return context.WithValue(ctx, conn{}, new(int)) }
	srv.Start()
	t.Cleanup(srv.Close)
	signer := fixedOAuth1()
	signer.Nonce = nil
	p, err := New(&http.Client{Transport: transport.Retry(Signed(&http.Transport{}, signer), 0)}, Options{URL: srv.URL, Course: course})
	require.NoError(t, err)
	for range 3 {
		_, err = p.LineItems(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, 2, lost)
}

// What cannot be signed is not sent, and says what is wrong with the credentials.
func TestUnsigned(t *testing.T) {
	d := newDesk(t, 200)
	signer := fixedOAuth1()
	signer.Secret = "sesame"
	p, err := New(&http.Client{Transport: Signed(http.DefaultTransport, signer)}, Options{URL: d.url, Course: course})
	require.NoError(t, err)
	_, err = p.LineItems(t.Context())
	f := asFault(t, err)
	require.Equal(t, reconcile.Denied, f.Kind)
	require.NotEmpty(t, f.Hint)
	require.ErrorContains(t, f, "the secret has 6 characters")
	require.NotContains(t, f.Error(), "sesame")
	require.Empty(t, d.headers)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, d.url, io.MultiReader(bytes.NewReader([]byte("a")), tornReader{}))
	require.NoError(t, err)
	_, err = Signed(http.DefaultTransport, fixedOAuth1()).RoundTrip(r)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

type tornReader struct{}

func (tornReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
