package agsclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

var testScore = Score{UserID: "s-0042", ScoreGiven: ptr(42.5), ScoreMaximum: 50, Comment: "Nice work on \"osmosis\", Zoë", Timestamp: testTime,
	ActivityProgress: ActivityCompleted, GradingProgress: GradingFullyGraded}

func TestUnauthorizedOnce(t *testing.T) {
	var auths []string
	refuse := 1
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		auths = append(auths, r.Header.Get("Authorization")+" "+fmt.Sprint(len(b) > 0))
		if len(auths) <= refuse {
			answer(401, `{"reason":"no tok-1, no tok-2"}`)(w, r)
		}
	})
	require.NoError(t, c.PostScore(t.Context(), srv.URL+"/1", testScore))
	require.Equal(t, []string{"Bearer tok-1 true", "Bearer tok-2 true"}, auths, "the write is sent again, with its body")

	auths, refuse = nil, 9
	e := asError(t, c.DeleteLineItem(t.Context(), srv.URL+"/1"))
	require.Equal(t, 401, e.Status)
	require.Len(t, auths, 2, "no loop")
	require.Equal(t, "no tok-1, no …", e.Reason)
	require.True(t, e.Sent)
}

func TestNoToken(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("sent without a token") }))
	defer srv.Close()
	why := errors.New("nobody home")
	c, err := New(nil, &tokens{err: why}, Endpoint{LineItemsURL: srv.URL}, Options{Scopes: []string{ScopeScore}})
	require.NoError(t, err)
	err = c.DeleteLineItem(t.Context(), srv.URL+"/1?k=hunter2")
	var te *TokenError
	require.ErrorAs(t, err, &te)
	require.ErrorIs(t, err, why)
	require.Equal(t, []string{ScopeScore}, te.Scopes)
	require.True(t, NotSent(err))
	require.EqualError(t, err, "delete line item: DELETE "+srv.URL+"/1?k=…: no access token: nobody home")
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "Bearer tok-1", r.Header.Get("Authorization"), "the token goes along to an allowed origin")
		w.Header().Set("Link", `<more>; rel=next`)
		if r.URL.Path == "/deep/more" {
			w.Header().Del("Link")
		}
		fmt.Fprintf(w, `[{"id":"http://%s%s"}]`, r.Host, r.URL.Path)
	}))
	defer other.Close()
	hops := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/away":
			http.Redirect(w, r, other.URL+"/deep/list", http.StatusFound)
		case r.URL.Path == "/nowhere":
			w.WriteHeader(http.StatusFound)
		default:
			hops++
			http.Redirect(w, r, fmt.Sprintf("/%d?k=hunter2", hops), http.StatusSeeOther)
		}
	}))
	defer srv.Close()
	client := func(path string) *Client {
		c, err := New(nil, &tokens{}, Endpoint{LineItemsURL: srv.URL + path, Hosts: []string{strings.TrimPrefix(other.URL, "http://")}}, Options{})
		require.NoError(t, err)
		return c
	}
	list, err := client("/away").LineItems(t.Context(), LineItemFilter{})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]LineItem{{ID: other.URL + "/deep/list"}, {ID: other.URL + "/deep/more"}}, list.Items), "next is relative to where the page came from")

	_, err = client("/loop").LineItems(t.Context(), LineItemFilter{})
	require.ErrorContains(t, err, "more than 5 redirects")
	require.Equal(t, 6, hops)
	_, err = client("/nowhere").LineItems(t.Context(), LineItemFilter{})
	require.ErrorContains(t, err, "302 Found")

	hops = 0
	for _, err := range []error{
		client("/x").DeleteLineItem(t.Context(), srv.URL+"/1"),
		client("/x").PostScore(t.Context(), srv.URL+"/1", testScore),
	} {
		require.Equal(t, 303, asError(t, err).Status)
		require.ErrorContains(t, err, "which is not followed")
		require.NotContains(t, err.Error(), "hunter2")
	}
	require.Equal(t, 2, hops, "writes are not followed")
}

func TestErrorDetails(t *testing.T) {
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", "Tue, 04 Mar 2025 04:06:07 GMT")
		w.Header().Set("Retry-After", "Tue, 04 Mar 2025 04:06:37 GMT")
		answer(409, `{"message":"too\nlate","errors":[{"message":"stale"},{"message":"too\nlate"},7]}`)(w, r)
	})
	got := asError(t, c.PostScore(t.Context(), srv.URL+"/1?type_id=3&token=hunter2", testScore))
	require.Empty(t, cmp.Diff(Error{Op: "post score", Method: "POST", URL: srv.URL + "/1/scores?type_id=…&token=…", Status: 409, Reason: "too late; stale", Start: `{"message":"too\`,
		RetryAfter: 30 * time.Second, Date: time.Date(2025, 3, 4, 4, 6, 7, 0, time.UTC), Sent: true}, *got))
	require.EqualError(t, got, "post score: POST "+srv.URL+"/1/scores?type_id=…&token=…: 409 Conflict: too late; stale")
}

// A platform that echoes the request must not make us print it, in no spelling.
func TestReasonHidesWhatWasSent(t *testing.T) {
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		pretty, _ := json.MarshalIndent(json.RawMessage(b), "", " ")
		w.WriteHeader(400)
		json.NewEncoder(w).Encode(map[string]any{
			"error":             "Incorrect score: " + string(b),
			"error_description": "Again " + string(pretty),
			"message":           `no user s-0042 (s-00421 is), "Nice work on \"osmosis\", Zo\u00eb" cut to Nice work on "osm`,
			"reason":            r.Header.Get("Authorization") + " eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl password=hunter2",
			"request":           "s-0042",
		})
	})
	e := asError(t, c.PostScore(t.Context(), srv.URL+"/1", testScore))
	for _, secret := range []string{"s-0042 ", `"s-0042"`, "Nice work", "osmosis", "tok-1", "eyJ", "hunter2", "42.5"} {
		require.NotContains(t, e.Reason, secret)
	}
	require.Contains(t, e.Reason, "Incorrect score: …")
	require.LessOrEqual(t, len([]rune(e.Reason)), maxReason)

	require.Equal(t, "no user … (s-00421 is), … cut to …", clean(`no user s-0042 (s-00421 is), Nice work on \"osmosis\", Zo\u00eb cut to Nice work on "osm`, testScore.private()...))
	require.Equal(t, "… …", clean("Bearer abc eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"))
	require.Equal(t, "a b c", clean(" a\tb\r\n\x1bc\x00"))
	require.Len(t, []rune(clean(strings.Repeat("é", 5000))), maxReason)
	extra := testScore
	extra.Extra = map[string]json.RawMessage{"https://x": json.RawMessage(`{"note":["see the dean"],"n":1}`)}
	require.Equal(t, "told to …", clean("told to see the dean", extra.private()...))
	for _, body := range []string{``, `[]`, `{"error":`, `{"error":{"a":1}}`, `{"request":"x"}`, `<html>`} {
		require.Empty(t, reasonOf([]byte(body), "", nil, nil), body)
	}
}

func TestHTMLErrorPage(t *testing.T) {
	c, srv := lms(t, Options{}, answer(404, "<!DOCTYPE html><title>Not found</title>"))
	_, err := c.LineItem(t.Context(), srv.URL+"/1")
	require.ErrorIs(t, err, ErrHTML)
	require.Equal(t, 404, asError(t, err).Status)
	require.Empty(t, asError(t, err).Reason)
}

// Callers must be able to tell a write that never left from one whose answer was lost.
func TestSentOrNot(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.Close()
	c, err := New(nil, &tokens{}, Endpoint{LineItemsURL: "http://" + l.Addr().String()}, Options{})
	require.NoError(t, err)
	err = c.DeleteLineItem(t.Context(), "http://"+l.Addr().String()+"/1?k=hunter2")
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	require.True(t, NotSent(err))
	require.False(t, Invalid(err))
	require.EqualError(t, err, "delete line item: DELETE http://"+l.Addr().String()+"/1?k=…: cannot connect to "+l.Addr().String()+": connection refused")

	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	c, err = New(&http.Client{}, &tokens{}, Endpoint{LineItemsURL: tls.URL}, Options{})
	require.NoError(t, err)
	err = c.DeleteLineItem(t.Context(), tls.URL+"/1")
	require.True(t, NotSent(err), "the certificate is not trusted")
	require.ErrorContains(t, err, "/1: the server's certificate is signed by an unknown authority")

	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
	})
	err = c.PostScore(t.Context(), srv.URL+"/1", testScore)
	require.ErrorIs(t, err, io.EOF)
	require.False(t, NotSent(err), "the answer was lost, the score perhaps not")
	require.Zero(t, asError(t, err).Status)

	hold := make(chan struct{})
	c, srv = lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) { <-hold })
	defer close(hold)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	err = c.DeleteLineItem(ctx, srv.URL+"/1")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, NotSent(err))
}

// Every answer is read far enough for its connection to serve the next request.
func TestConnectionsAreReused(t *testing.T) {
	status := 0
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		status++
		answer([]int{200, 409, 200, 401}[status%4], `{"id":"x","pad":"`+strings.Repeat("x", 20000)+`"}`)(w, r)
	})
	fresh := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if !i.Reused {
			fresh++
		}
	}})
	for range 3 {
		c.PostScore(ctx, srv.URL+"/1", testScore) // whichever way it ends
		c.LineItem(ctx, srv.URL+"/1")
		c.DeleteLineItem(ctx, srv.URL+"/1")
	}
	require.Equal(t, 1, fresh)
}

func FuzzReason(f *testing.F) {
	f.Add([]byte(`{"error":"no such user s-0042","errors":[{"message":"Nice work on it"}]}`), "s-0042", "Nice work on it")
	f.Add([]byte(`{"message":"\ud83d\ude00 Zo\u00eb"}`), "Zoë", "😀")
	f.Fuzz(func(t *testing.T, body []byte, a, b string) {
		got := reasonOf(body, "", []string{a, b}, nil)
		require.LessOrEqual(t, len([]rune(got)), maxReason)
		require.NotContains(t, got, "\n")
		if len(a) >= piece && !strings.Contains(a, "…") {
			require.NotContains(t, got, a)
		}
	})
}
