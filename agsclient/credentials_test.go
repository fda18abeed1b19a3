package agsclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// tick is a clock that a test moves.
type tick struct{ ns atomic.Int64 }

func newTick() *tick {
	c := &tick{}
	c.ns.Store(testTime.UnixNano())
	return c
}
func (c *tick) now() time.Time          { return time.Unix(0, c.ns.Load()) }
func (c *tick) advance(d time.Duration) { c.ns.Add(int64(d)) }

func credentials(t *testing.T, h http.HandlerFunc) (*ClientCredentials, *tick) {
	t.Helper()
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	clk := newTick()
	return &ClientCredentials{HTTP: srv.Client(), TokenURL: srv.URL + "/token", ClientID: "client-9", KeyID: "key-1", Key: testKey(), Now: clk.now}, clk
}

func TestTokenRequest(t *testing.T) {
	var form url.Values
	var header http.Header
	var jtis []any
	var claims map[string]any
	c, clk := credentials(t, func(w http.ResponseWriter, r *http.Request) {
		require.NoError(t, r.ParseForm())
		form, header = r.PostForm, r.Header
		jws, err := jose.ParseSignedCompact(form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.RS256})
		require.NoError(t, err)
		require.Equal(t, "key-1", jws.Signatures[0].Header.KeyID)
		payload, err := jws.Verify(&testKey().PublicKey)
		require.NoError(t, err)
		claims = nil
		require.NoError(t, json.Unmarshal(payload, &claims))
		jtis = append(jtis, claims["jti"])
		delete(claims, "jti")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "\n{\"access_token\":\"t%d\",\"token_type\":\"Bearer\",\"expires_in\":\"100\",\"scope\":\"%s\"}", len(jtis), ScopeScore)
	})
	tok, err := c.Token(t.Context(), []string{ScopeScore, ScopeLineItem, ScopeScore})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(Token{Value: "t1", Scopes: []string{ScopeScore}, Expires: clk.now().Add(100 * time.Second)}, tok))
	require.Equal(t, "application/json", header.Get("Accept"))
	require.Equal(t, "application/x-www-form-urlencoded", header.Get("Content-Type"))
	form.Del("client_assertion")
	require.Empty(t, cmp.Diff(url.Values{
		"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"scope": {ScopeLineItem + " " + ScopeScore},
	}, form))
	iat := float64(clk.now().Add(-30 * time.Second).Unix())
	require.Empty(t, cmp.Diff(map[string]any{"iss": "client-9", "sub": "client-9", "aud": c.TokenURL, "iat": iat, "exp": iat + 300}, claims))

	c.Audience, c.DeploymentID = "https://aud.example", "dep-1"
	c.Discard(tok)
	_, err = c.Token(t.Context(), []string{ScopeScore})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]any{"iss": "client-9", "sub": "client-9", "aud": "https://aud.example", "iat": iat, "exp": iat + 300,
		"https://purl.imsglobal.org/spec/lti/claim/deployment_id": "dep-1"}, claims))
	require.NotEqual(t, jtis[0], jtis[1])
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", tok, tok, tok, tok), "t1")
}

func TestTokenIsKept(t *testing.T) {
	var n atomic.Int32
	c, clk := credentials(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"access_token":"t%d","expires_in":1000}`, n.Add(1))
	})
	get := func(scopes ...string) string {
		t.Helper()
		tok, err := c.Token(t.Context(), scopes)
		require.NoError(t, err)
		require.ElementsMatch(t, scopes, tok.Scopes, "as asked, since the platform does not say")
		return tok.Value
	}
	require.Equal(t, "t1", get("a", "b"))
	require.Equal(t, "t1", get("b", "a"))
	require.Equal(t, "t2", get("a"), "another set of scopes")
	clk.advance(939 * time.Second)
	require.Equal(t, "t1", get("a", "b"))
	clk.advance(time.Second)
	require.Equal(t, "t3", get("a", "b"), "a minute before it expires")
	c.Discard(Token{Value: "t1"})
	require.Equal(t, "t3", get("a", "b"), "t1 has been replaced already")
	c.Discard(Token{Value: "t3"})
	require.Equal(t, "t4", get("a", "b"))
}

func TestTokenLife(t *testing.T) {
	for in, want := range map[string]time.Duration{
		``: time.Hour, `,"expires_in":null`: time.Hour, `,"expires_in":"59"`: 59 * time.Second, `,"expires_in":59.5`: 59500 * time.Millisecond,
		`,"expires_in":"soon"`: time.Hour, `,"expires_in":-5`: 0, `,"expires_in":1e300`: maxLife,
	} {
		_, life, err := readToken([]byte(`{"access_token":"x"`+in+`}`), []string{"a"})
		require.NoError(t, err)
		require.Equal(t, want, life, in)
	}
	c := &ClientCredentials{Now: newTick().now}
	c.keep([]string{"a"}, Token{Value: "x", Expires: c.Now().Add(time.Second)}, 10*time.Second)
	_, ok := c.known("a")
	require.False(t, ok, "a tenth of a short life is kept back")
}

func TestOneFlight(t *testing.T) {
	var n atomic.Int32
	c, _ := credentials(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		time.Sleep(50 * time.Millisecond)
		fmt.Fprint(w, `{"access_token":"x"}`)
	})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			tok, err := c.Token(t.Context(), []string{"a"})
			if err != nil || tok.Value != "x" {
				t.Errorf("got %v, %v", tok, err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, n.Load())
}

// Who waits on a request that another caller started must not fail when that
// caller gives up.
func TestStrangersCancellation(t *testing.T) {
	var n atomic.Int32
	arrived, hold := make(chan struct{}), make(chan struct{})
	c, _ := credentials(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			close(arrived)
			<-hold
		}
		fmt.Fprint(w, `{"access_token":"x"}`)
	})
	defer close(hold)
	leader, cancel := context.WithCancel(t.Context())
	led := make(chan error, 1)
	go func() {
		_, err := c.Token(leader, []string{"a"})
		led <- err
	}()
	<-arrived
	followed := make(chan error, 1)
	go func() {
		_, err := c.Token(t.Context(), []string{"a"})
		followed <- err
	}()
	time.Sleep(20 * time.Millisecond) // so that the second one waits on the first
	cancel()
	require.ErrorIs(t, <-led, context.Canceled)
	require.NoError(t, <-followed)
}

func TestTokenErrors(t *testing.T) {
	var assertion string
	for _, tc := range []struct {
		name string
		h    http.HandlerFunc
		want TokenError
		text string
	}{
		{"RFC 6749", answer(400, `{"error":"invalid_scope","error_description":"no such scope"}`), TokenError{Status: 400, Code: "invalid_scope", Description: "no such scope"}, "400 Bad Request: invalid_scope: no such scope"},
		{"a reason only", answer(401, `{"status":401,"reason":"Unauthorized","request":{"secret":1}}`), TokenError{Status: 401, Description: "Unauthorized"}, ""},
		{"echo", func(w http.ResponseWriter, r *http.Request) {
			assertion = r.FormValue("client_assertion")
			w.WriteHeader(400)
			json.NewEncoder(w).Encode(map[string]string{"error": "invalid_client", "message": "bad JWT " + assertion + " and its half " + assertion[:200]})
		}, TokenError{Status: 400, Code: "invalid_client", Description: "bad JWT … and its half …"}, ""},
		{"HTML", answer(404, "<!DOCTYPE html>"), TokenError{Status: 404, Err: errTokenHTML}, "is this the token URL of an LMS?"},
		{"HTML and 200", answer(200, " <html>"), TokenError{Status: 200, Err: errTokenHTML}, "is this the token URL of an LMS?"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/token2", http.StatusTemporaryRedirect)
		}, TokenError{Status: 307}, "redirect, which is not followed"},
		{"no token", answer(200, `{"token_type":"Bearer"}`), TokenError{Status: 200}, "holds no access_token"},
		{"a token that splits headers", answer(200, `{"access_token":"hunter2\r\nX: y"}`), TokenError{Status: 200}, "no header may hold"},
		{"no JSON", answer(200, `access_token=hunter2`), TokenError{Status: 200}, "cannot be read"},
		{"long wait", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(503)
		}, TokenError{Status: 503, RetryAfter: 2 * time.Minute, Throttled: true}, "503 Service Unavailable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var n atomic.Int32
			c, _ := credentials(t, func(w http.ResponseWriter, r *http.Request) { n.Add(1); tc.h(w, r) })
			_, err := c.Token(t.Context(), []string{"b", "a"})
			var got *TokenError
			require.ErrorAs(t, err, &got)
			require.ErrorContains(t, err, tc.text)
			require.NotContains(t, err.Error(), "hunter2")
			tc.want.URL, tc.want.Scopes = c.TokenURL, []string{"a", "b"}
			if tc.want.Err == nil {
				tc.want.Err = got.Err // its text is what counts
			}
			require.Equal(t, tc.want, *got)
			tries := 1
			if got.Status == http.StatusOK {
				tries = 3 // what came broken may come whole
			}
			require.EqualValues(t, tries, n.Load())
		})
	}
}

func TestTokenIsTriedAgain(t *testing.T) {
	var n atomic.Int32
	var mu sync.Mutex
	seen := map[string]bool{}
	c, _ := credentials(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[r.FormValue("client_assertion")] = true
		mu.Unlock()
		switch n.Add(1) {
		case 1:
			w.WriteHeader(503)
		case 2:
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		default:
			fmt.Fprint(w, `{"access_token":"x"}`)
		}
	})
	_, err := c.Token(t.Context(), []string{"a"})
	require.NoError(t, err)
	require.Len(t, seen, 3, "every try has an assertion of its own")

	n.Store(0)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c.Discard(Token{Value: "x"})
	_, err = c.Token(ctx, []string{"a"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestTokenWithoutRequest(t *testing.T) {
	good := func() *ClientCredentials {
		return &ClientCredentials{TokenURL: "https://lms.example.edu/token?k=hunter2", ClientID: "c", Key: testKey(), Now: newTick().now}
	}
	for want, spoil := range map[string]func(*ClientCredentials){
		"no client id":        func(c *ClientCredentials) { c.ClientID = "" },
		"no private key":      func(c *ClientCredentials) { c.Key = nil },
		"no clock":            func(c *ClientCredentials) { c.Now = nil },
		"must be https":       func(c *ClientCredentials) { c.TokenURL = "http://lms.example.edu/token?k=hunter2" },
		"not an absolute URL": func(c *ClientCredentials) { c.TokenURL = "lms.example.edu/token" },
	} {
		c := good()
		spoil(c)
		_, err := c.Token(t.Context(), []string{"a"})
		var te *TokenError
		require.ErrorAs(t, err, &te)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err := good().Token(t.Context(), nil)
	require.ErrorContains(t, err, "no scopes")

	// Nobody listens: no second try, and the cause is there to be asked.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := good()
	c.TokenURL = "http://" + l.Addr().String()
	l.Close()
	began := time.Now()
	_, err = c.Token(t.Context(), []string{"a"})
	var op *net.OpError
	require.True(t, errors.As(err, &op) && op.Op == "dial", "%v", err)
	require.Less(t, time.Since(began), tokenPause)
	require.False(t, strings.Contains(err.Error(), "Post "), "%v", err)
}

func FuzzReadToken(f *testing.F) {
	f.Add([]byte(`{"access_token":"x","expires_in":"10","scope":"a b"}`))
	f.Add([]byte(`{"access_token":1,"scope":["a"],"expires_in":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		tok, life, err := readToken(body, []string{"a"})
		if err == nil {
			require.NotEmpty(t, tok.Value)
			require.True(t, life >= 0 && life <= maxLife)
		}
	})
}

// Each error is searched for the token, so a token must have an end.
func TestTokenTooLong(t *testing.T) {
	read := func(n int) error {
		_, _, err := readToken([]byte(`{"access_token":"`+strings.Repeat("x", n)+`"}`), nil)
		return err
	}
	require.NoError(t, read(16<<10))
	require.ErrorContains(t, read(16<<10+1), "the access_token is over 16 KiB")
}
