package ags

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

var testKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func credentials(t *testing.T, tokenURL string) *agsclient.ClientCredentials {
	t.Helper()
	key, err := testKey()
	require.NoError(t, err)
	return &agsclient.ClientCredentials{TokenURL: tokenURL, ClientID: "tool", Key: key, Now: time.Now}
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var goodToken = answer(200, `{"access_token":"abc","token_type":"Bearer","expires_in":3600}`)

// closed is an address where nothing listens.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return "http://" + l.Addr().String()
}

// over is a Platform whose tokens come from one place and whose line items
// from another.
func over(t *testing.T, hc *http.Client, tokens, items string, hosts ...string) *Platform {
	t.Helper()
	c, err := agsclient.New(hc, credentials(t, tokens+"/token"), agsclient.Endpoint{LineItemsURL: items + "/items", Hosts: hosts},
		agsclient.Options{Scopes: Scopes(true)})
	require.NoError(t, err)
	return New(c, Generic())
}

// do tries one thing of each kind with the line item id.
func do(ctx context.Context, p *Platform, what Doing, id string) error {
	switch what {
	case Reading:
		_, err := p.LineItem(ctx, id)
		return err
	case Writing:
		return p.ReplaceLineItem(ctx, plan.LineItem{ID: id, Label: "x", ScoreMaximum: 1}, nil)
	default:
		return p.PostScore(ctx, id, reconcile.Score{
			UserID: "u", ActivityProgress: "Completed", GradingProgress: "FullyGraded", Timestamp: time.Now(),
		})
	}
}

func asFault(t *testing.T, err error) *reconcile.Fault {
	t.Helper()
	var f *reconcile.Fault
	require.ErrorAs(t, err, &f)
	require.NotEmpty(t, f.Error())
	return f
}

var doings = map[Doing]string{Reading: "reading", Writing: "writing", Scoring: "scoring"}

// What each status means for what was tried. "" is no error.
func TestFaultOfStatus(t *testing.T) {
	const item = `{"id":"","label":"x","scoreMaximum":1}`
	for _, tc := range []struct {
		status           int
		body             string
		read, put, score reconcile.FaultKind
	}{
		{200, item, "", "", ""},
		{200, ``, reconcile.Doubt, "", ""},
		{200, `{"label":`, reconcile.Doubt, "", ""},
		{200, `[]`, reconcile.Doubt, "", ""},
		{204, ``, reconcile.Doubt, "", ""},
		{202, item, "", "", ""},
		{302, ``, reconcile.Refused, reconcile.Refused, reconcile.Refused},
		{400, `{"message":"locked"}`, reconcile.Refused, reconcile.Refused, reconcile.Stale},
		{401, ``, reconcile.Denied, reconcile.Denied, reconcile.Denied},
		{402, ``, reconcile.Refused, reconcile.Refused, reconcile.Refused},
		{403, ``, reconcile.Denied, reconcile.Denied, reconcile.Refused},
		{404, ``, reconcile.Gone, reconcile.Gone, reconcile.Refused},
		{405, ``, reconcile.Refused, reconcile.Refused, reconcile.Refused},
		{409, ``, reconcile.Refused, reconcile.Refused, reconcile.Stale},
		{410, ``, reconcile.Gone, reconcile.Gone, reconcile.Gone},
		{412, ``, reconcile.Refused, reconcile.Refused, reconcile.Refused},
		{415, ``, reconcile.Refused, reconcile.Refused, reconcile.Refused},
		{422, `{"reason":"locked"}`, reconcile.Refused, reconcile.Refused, reconcile.Refused},
		{429, ``, reconcile.Throttled, reconcile.Throttled, reconcile.Throttled},
		{500, ``, reconcile.Doubt, reconcile.Doubt, reconcile.Doubt},
		{501, ``, reconcile.Doubt, reconcile.Doubt, reconcile.Doubt},
		{502, `<html>`, reconcile.Doubt, reconcile.Doubt, reconcile.Doubt},
		{503, ``, reconcile.Doubt, reconcile.Doubt, reconcile.Doubt},
		{504, ``, reconcile.Doubt, reconcile.Doubt, reconcile.Doubt},
	} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				goodToken(w, r)
				return
			}
			w.Header().Set("Retry-After", "7")
			answer(tc.status, tc.body)(w, r)
		})
		p := over(t, nil, url, url)
		for what, want := range map[Doing]reconcile.FaultKind{Reading: tc.read, Writing: tc.put, Scoring: tc.score} {
			t.Run(fmt.Sprintf("%d %s %s", tc.status, tc.body, doings[what]), func(t *testing.T) {
				err := do(t.Context(), p, what, url+"/items/1")
				if want == "" {
					require.NoError(t, err)
					return
				}
				f := asFault(t, err)
				require.Equal(t, want, f.Kind)
				require.Equal(t, tc.status == 400 && what == Scoring, f.Once, "only a 400 may be a refusal after all")
				var answered *agsclient.Error
				require.ErrorAs(t, err, &answered)
				require.Equal(t, tc.status, answered.Status)
				require.NotContains(t, f.Error(), "locked", "the platform's words stand apart")
				require.Equal(t, strings.Contains(tc.body, "locked"), f.Said == "locked", "%q", f.Said)
				if tc.status >= 300 {
					require.Equal(t, 7*time.Second, f.RetryAfter)
				}
				if f.Kind == reconcile.Denied || f.Kind == reconcile.Gone {
					require.NotEmpty(t, f.Hint)
				}
			})
		}
	}
}

// The faults of every method, not just of those that stand for the three kinds.
func TestEveryMethodFaults(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			goodToken(w, r)
			return
		}
		answer(409, `{}`)(w, r)
	})
	p := over(t, nil, url, url)
	_, listed := p.LineItems(t.Context())
	_, created := p.CreateLineItem(t.Context(), plan.LineItem{Label: "x", ScoreMaximum: 1})
	var results error
	for _, err := range p.Results(t.Context(), url+"/items/1") {
		require.NoError(t, results, "it ends at the first error")
		results = err
	}
	for name, err := range map[string]error{
		"list": listed, "create": created, "results": results, "delete": p.DeleteLineItem(t.Context(), url+"/items/1"),
	} {
		require.Equal(t, reconcile.Refused, asFault(t, err).Kind, name)
	}
}

// A web page where a service was expected names what to look at.
func TestFaultOfHTML(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			goodToken(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Log in</title>")
	})
	p := over(t, nil, url, url)
	for _, what := range []Doing{Reading, Writing} {
		f := asFault(t, do(t.Context(), p, what, url+"/items/1"))
		require.Equal(t, reconcile.Doubt, f.Kind)
		require.ErrorIs(t, f, agsclient.ErrHTML)
		require.Contains(t, f.Hint, "lineItemsURL")
	}
	_, err := p.LineItems(t.Context())
	require.Contains(t, asFault(t, err).Hint, "lineItemsURL")
}

// What is known of a write depends on how far it came.
func TestFaultOfConnection(t *testing.T) {
	tokens := serve(t, goodToken)
	hung := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	broken := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	truncated := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 20")
			_ = conn.Close()
		}
	})
	quick := &http.Client{Timeout: 100 * time.Millisecond}
	for _, tc := range []struct {
		name      string
		hc        *http.Client
		items, to string
		want      reconcile.FaultKind
	}{
		{"nothing listens", nil, closed(t), "/items/1", reconcile.Unreachable},
		{"no such host", nil, "https://lms.invalid", "/items/1", reconcile.Unreachable},
		{"no answer in time", quick, hung, "/items/1", reconcile.Doubt},
		{"dropped", nil, broken, "/items/1", reconcile.Doubt},
		{"broken off in the status line", nil, truncated, "/items/1", reconcile.Doubt},
	} {
		p := over(t, tc.hc, tokens, tc.items)
		for what, name := range doings {
			t.Run(tc.name+" "+name, func(t *testing.T) {
				f := asFault(t, do(t.Context(), p, what, tc.items+tc.to))
				require.Equal(t, tc.want, f.Kind, "%v", f)
				require.Contains(t, f.Hint, "the network")
			})
		}
	}
}

// Nothing goes to another place, and the fault says which, and what to write.
func TestFaultOfOrigin(t *testing.T) {
	tokens := serve(t, goodToken)
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came to another origin") })
	items := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/items" {
			answer(200, `[{"id":"`+elsewhere+`/items/1","label":"x","scoreMaximum":1}]`)(w, r)
			return
		}
		http.Redirect(w, r, elsewhere, http.StatusFound)
	})
	p := over(t, nil, tokens, items)
	wrong := map[string]error{}
	for what, name := range doings {
		wrong[name] = do(t.Context(), p, what, elsewhere+"/items/1")
	}
	wrong["redirected"] = do(t.Context(), p, Reading, items+"/items/1")
	_, wrong["listed"] = p.LineItems(t.Context())
	for name, err := range wrong {
		f := asFault(t, err)
		require.Equal(t, reconcile.Refused, f.Kind, name)
		require.Contains(t, f.Hint, strings.TrimPrefix(elsewhere, "http://"), name)
		require.Contains(t, f.Hint, "`hosts`", name)
	}
}

// A redirect of a write is not followed, wherever it leads.
func TestWritesAreNotRedirected(t *testing.T) {
	var hits sync.Map
	var url string
	url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			goodToken(w, r)
			return
		}
		hits.Store(r.URL.Path, true)
		http.Redirect(w, r, url+"/moved", http.StatusTemporaryRedirect)
	})
	p := over(t, nil, url, url)
	for _, what := range []Doing{Writing, Scoring} {
		require.Equal(t, reconcile.Refused, asFault(t, do(t.Context(), p, what, url+"/items/1")).Kind)
	}
	_, moved := hits.Load("/moved")
	require.False(t, moved)
}

// What the token endpoint says, for whatever was to be done.
func TestFaultOfToken(t *testing.T) {
	refusal := func(status int, code string) http.HandlerFunc {
		return answer(status, fmt.Sprintf(`{"error":%q,"error_description":"locked"}`, code))
	}
	later := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60") // longer than the client waits by itself
			answer(status, "")(w, r)
		}
	}
	for _, tc := range []struct {
		name   string
		tokens http.HandlerFunc
		want   reconcile.FaultKind
		after  time.Duration
		hint   string
		said   string
	}{
		{"the client is not known", refusal(400, "invalid_client"), reconcile.Denied, 0, "clientID, keyID, privateKey and audience", "locked"},
		{"the same as a 401", refusal(401, "invalid_client"), reconcile.Denied, 0, "clientID, keyID, privateKey and audience", "locked"},
		{"the scope is not granted", refusal(400, "invalid_scope"), reconcile.Denied, 0, "Assignment and Grade Services", "locked"},
		{"another code", refusal(400, "unauthorized_client"), reconcile.Denied, 0, "the Platform's credentials", "locked"},
		{"no code", answer(403, "no"), reconcile.Denied, 0, "the Platform's credentials", ""},
		{"nothing there", answer(404, ""), reconcile.Unreachable, 0, "check tokenURL", ""},
		{"not for POST", answer(405, ""), reconcile.Unreachable, 0, "check tokenURL", ""},
		{"redirected", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, reconcile.Unreachable, 0, "check tokenURL", ""},
		{"a web page", answer(200, "<html>Log in</html>"), reconcile.Unreachable, 0, "check tokenURL", ""},
		{"no token in it", answer(200, `{}`), reconcile.Unreachable, 0, "check tokenURL", ""},
		{"too many", later(429), reconcile.Throttled, time.Minute, "", ""},
		{"down", later(503), reconcile.Unreachable, time.Minute, "", ""},
		{"broken", answer(501, ""), reconcile.Unreachable, 0, "", ""},
	} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/token" {
				t.Errorf("%s %s without a token", r.Method, r.URL.Path)
			}
			tc.tokens(w, r)
		})
		p := over(t, nil, url, url)
		for what, name := range doings {
			t.Run(tc.name+" "+name, func(t *testing.T) {
				f := asFault(t, do(t.Context(), p, what, url+"/items/1"))
				require.Equal(t, tc.want, f.Kind, "%v", f)
				require.Equal(t, tc.after, f.RetryAfter)
				require.NotContains(t, f.Error(), "locked", "the platform's words stand apart")
				require.Equal(t, tc.said, f.Said)
				require.Contains(t, f.Hint, tc.hint)
			})
		}
		t.Run(tc.name+" alone", func(t *testing.T) {
			_, err := credentials(t, url+"/token").Token(t.Context(), Scopes(false))
			require.Equal(t, tc.want, asFault(t, Fault(err)).Kind)
		})
	}
	items := serve(t, answer(500, ""))
	f := asFault(t, do(t.Context(), over(t, nil, closed(t), items), Scoring, items+"/items/1"))
	require.Equal(t, reconcile.Unreachable, f.Kind)
	require.Contains(t, f.Hint, "check tokenURL, the network")
}

func TestFaultOfOthers(t *testing.T) {
	require.NoError(t, Fault(nil))
	f := asFault(t, Fault(errors.New("of unknown origin")))
	require.Equal(t, reconcile.Doubt, f.Kind)
	require.EqualError(t, f, "of unknown origin")
}
