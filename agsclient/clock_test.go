package agsclient

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// distant is a clock that learns how far the platform's is from ours.
type distant struct {
	mu    sync.Mutex
	now   func() time.Time
	ahead time.Duration
}

func (d *distant) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now().Add(d.ahead)
}

// RoundTrip learns from each answer's Date.
func (d *distant) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		d.mu.Lock()
		d.ahead = dateOf(resp.Header).Sub(d.now())
		d.mu.Unlock()
	}
	return resp, err
}

// strictClock is a token endpoint whose clock is so far ahead of ours, and which
// takes no proof from the future, nor one that has ended.
func strictClock(t *testing.T, now func() time.Time, ahead time.Duration, requests *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		jws, err := jose.ParseSignedCompact(r.FormValue("client_assertion"), []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			t.Error(err)
			return
		}
		var c claims
		if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &c); err != nil {
			t.Error(err)
			return
		}
		here := now().Add(ahead)
		w.Header().Set("Date", here.UTC().Format(http.TimeFormat))
		if c.Issued > here.Unix() || c.Expires <= here.Unix() {
			answer(400, `{"error":"invalid_client","error_description":"JWT is not valid at this time"}`)(w, r)
			return
		}
		fmt.Fprint(w, `{"access_token":"x","expires_in":3600}`)
	}
}

func TestProofOnThePlatformsClock(t *testing.T) {
	for _, tc := range []struct {
		ahead    time.Duration
		requests int32
	}{
		{0, 1}, {-25 * time.Second, 1}, {4 * time.Minute, 1},
		{-3 * time.Minute, 2}, {-31 * time.Second, 2}, {10 * time.Minute, 2}, {-10 * time.Hour, 2},
	} {
		t.Run(tc.ahead.String(), func(t *testing.T) {
			var n atomic.Int32
			clk := newTick()
			srv := httptest.NewServer(strictClock(t, clk.now, tc.ahead, &n))
			defer srv.Close()
			platform := &distant{now: clk.now}
			c := &ClientCredentials{HTTP: &http.Client{Transport: platform}, TokenURL: srv.URL + "/token", ClientID: "c", Key: testKey(), Now: clk.now, PlatformNow: platform.Now}
			tok, err := c.Token(t.Context(), []string{"a"})
			require.NoError(t, err)
			require.Equal(t, tc.requests, n.Load())
			require.Equal(t, clk.now().Add(time.Hour), tok.Expires, "on our own clock")

			c.Discard(tok)
			_, err = c.Token(t.Context(), []string{"a"})
			require.NoError(t, err)
			require.Equal(t, tc.requests+1, n.Load(), "what was learned is kept")
		})
	}
}

// A refusal that is not about the clock is final, and so is one by a clock that runs
// away, or that nobody measures.
func TestProofIsMendedOnce(t *testing.T) {
	var n atomic.Int32
	clk := newTick()
	refuse := func(status int, runs time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			ahead := time.Duration(n.Add(1)) * runs
			w.Header().Set("Date", clk.now().Add(ahead).UTC().Format(http.TimeFormat))
			answer(status, `{"error":"invalid_client"}`)(w, r)
		}
	}
	for _, tc := range []struct {
		name     string
		h        http.HandlerFunc
		measured bool
		requests int32
	}{
		{"in time", refuse(400, 0), true, 1},
		{"almost in time", refuse(400, 29*time.Second), true, 1},
		{"running away", refuse(401, time.Hour), true, 2},
		{"another refusal", refuse(403, time.Hour), true, 1},
		{"not measured", refuse(400, time.Hour), false, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n.Store(0)
			srv := httptest.NewServer(tc.h)
			defer srv.Close()
			platform := &distant{now: clk.now}
			c := &ClientCredentials{HTTP: &http.Client{Transport: platform}, TokenURL: srv.URL + "/token", ClientID: "c", Key: testKey(), Now: clk.now}
			if tc.measured {
				c.PlatformNow = platform.Now
			}
			_, err := c.Token(t.Context(), []string{"a"})
			require.ErrorContains(t, err, "invalid_client")
			require.Equal(t, tc.requests, n.Load())
		})
	}
}

// tokenCount is a platform that hands out tokens, and counts them and what else
// comes.
func tokenCount(t *testing.T, life int, h http.HandlerFunc) (c *Client, clk *tick, item string, tokens, requests *atomic.Int32) {
	tokens, requests = new(atomic.Int32), new(atomic.Int32)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			fmt.Fprintf(w, `{"access_token":"t%d","expires_in":%d}`, tokens.Add(1), life)
			return
		}
		requests.Add(1)
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	clk = newTick()
	source := &ClientCredentials{TokenURL: srv.URL + "/token", ClientID: "c", Key: testKey(), Now: clk.now}
	c, err := New(nil, source, Endpoint{LineItemsURL: srv.URL + "/items"}, Options{Scopes: []string{ScopeLineItem}})
	require.NoError(t, err)
	return c, clk, srv.URL + "/items/1", tokens, requests
}

func TestShortTokensServeManyRequests(t *testing.T) {
	c, clk, item, tokens, requests := tokenCount(t, 59, answer(204, ""))
	for range 59 {
		require.NoError(t, c.DeleteLineItem(t.Context(), item))
		clk.advance(time.Second)
	}
	require.EqualValues(t, 59, requests.Load())
	require.EqualValues(t, 2, tokens.Load(), "renewed a tenth of its life before the end")
}

// Some platforms answer 401 to what they will not do, with any token.
func TestUnauthorizedForever(t *testing.T) {
	c, _, item, tokens, requests := tokenCount(t, 3600, answer(401, ""))
	err := c.DeleteLineItem(t.Context(), item)
	require.Equal(t, 401, asError(t, err).Status)
	require.EqualValues(t, 2, requests.Load())
	require.EqualValues(t, 2, tokens.Load())
}

// A token that is revoked while many use it is replaced once.
func TestRevokedOnce(t *testing.T) {
	c, _, item, tokens, requests := tokenCount(t, 3600, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer t1" {
			time.Sleep(20 * time.Millisecond) // so that all hold it
			w.WriteHeader(401)
		}
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := c.DeleteLineItem(t.Context(), item); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 2, tokens.Load())
	require.LessOrEqual(t, requests.Load(), int32(16))
}
