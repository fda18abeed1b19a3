package learningstudio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// What each status means for what was tried.
func TestFaultOfStatus(t *testing.T) {
	for _, tc := range []struct {
		status           int
		read, put, score reconcile.FaultKind
	}{
		{302, reconcile.Refused, reconcile.Refused, reconcile.Refused},
		{400, reconcile.Refused, reconcile.Refused, reconcile.Stale},
		{401, reconcile.Denied, reconcile.Denied, reconcile.Denied},
		{403, reconcile.Denied, reconcile.Denied, reconcile.Denied},
		{404, reconcile.Gone, reconcile.Gone, reconcile.Refused},
		{406, reconcile.Refused, reconcile.Refused, reconcile.Refused},
		{410, reconcile.Gone, reconcile.Gone, reconcile.Gone},
		{422, reconcile.Refused, reconcile.Refused, reconcile.Refused},
		{429, reconcile.Throttled, reconcile.Throttled, reconcile.Throttled},
		{500, reconcile.Doubt, reconcile.Doubt, reconcile.Doubt},
		{503, reconcile.Doubt, reconcile.Doubt, reconcile.Doubt},
		{504, reconcile.Doubt, reconcile.Doubt, reconcile.Doubt},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch {
			case r.Method == "GET" && r.URL.Path == gradePath:
				w.WriteHeader(404)
				fmt.Fprint(w, noGrade[4:])
			case r.Method == "GET" && r.URL.Path == "/courses/"+course+"/gradebookItems/"+guid:
				fmt.Fprint(w, item95)
			default:
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(tc.status)
				fmt.Fprint(w, `{"error":{"message":"the gradebook is locked","errorId":"9"}}`)
			}
		}))
		p := (&school{t: t, url: srv.URL}).platform()
		_, read := p.LineItems(t.Context())
		put := p.ReplaceLineItem(t.Context(), plan.LineItem{ID: guid, ScoreMaximum: 1}, nil)
		score := p.PostScore(t.Context(), guid, given(1.0))
		srv.Close()
		for _, one := range []struct {
			err  error
			want reconcile.FaultKind
			read bool
		}{{read, tc.read, true}, {put, tc.put, false}, {score, tc.score, false}} {
			f := asFault(t, one.err)
			require.Equal(t, one.want, f.Kind, "%d: %v", tc.status, f)
			require.Equal(t, "the gradebook is locked", f.Said)
			require.NotContains(t, f.Error(), "locked", "the platform's words stand apart")
			require.Equal(t, 7*time.Second, f.RetryAfter)
			require.Equal(t, one.read && f.Kind == reconcile.Doubt && !agsclient.Busy(tc.status), f.Passing, "what the transport repeats is not repeated by who reads")
			if f.Kind == reconcile.Denied || f.Kind == reconcile.Gone {
				require.NotEmpty(t, f.Hint)
			}
			if tc.status == 401 {
				require.Contains(t, f.Hint, "clock")
				require.Contains(t, f.Hint, "secret")
			}
		}
	}
}

func TestFaultOfConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = (&school{t: t, url: "http://" + l.Addr().String()}).platform().LineItems(t.Context())
	f := asFault(t, err)
	require.Equal(t, reconcile.Unreachable, f.Kind)
	require.ErrorContains(t, f, "connection refused")
	require.Contains(t, f.Hint, "check the url")

	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = (&school{t: t, url: silent.URL}).platform().LineItems(ctx)
	f = asFault(t, err)
	require.Equal(t, reconcile.Doubt, f.Kind)
	require.False(t, f.Passing)
	require.ErrorIs(t, f, context.DeadlineExceeded)

	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<html>please log in, student 28456671")
	}))
	t.Cleanup(page.Close)
	_, err = (&school{t: t, url: page.URL}).platform().LineItems(t.Context())
	f = asFault(t, err)
	require.Equal(t, reconcile.Denied, f.Kind)
	require.ErrorContains(t, f, "web page")
	require.Empty(t, f.Said)
}

func TestFaultOfOthers(t *testing.T) {
	require.NoError(t, fault(nil, reading))
	f := asFault(t, fault(errors.New("of unknown origin"), writing))
	require.Equal(t, reconcile.Doubt, f.Kind)
	require.EqualError(t, f, "of unknown origin")
	require.Same(t, f, asFault(t, fault(fmt.Errorf("wrapped: %w", f), reading)))
}

// What is hidden of a request are the values of its header, and not the names,
// which a reason may be about.
func TestSecretsOf(t *testing.T) {
	r, err := http.NewRequest("GET", "https://api.example.edu/x", nil)
	require.NoError(t, err)
	r.Header.Set(authorization, `OAuth realm="https://api.example.edu/x",oauth_consumer_key="`+consumer+`",oauth_nonce="ABCDEFGHIJKL",oauth_signature="dL8ZacWaHIwFx0GPw5SC4A%3D%3D"`)
	require.Equal(t, []string{consumer, "ABCDEFGHIJKL", "dL8ZacWaHIwFx0GPw5SC4A%3D%3D", "dL8ZacWaHIwFx0GPw5SC4A=="}, secretsOf(r))
	r.Header.Set(authorization, "Access_Token access_token=abcdefgh|ijk==")
	require.Equal(t, []string{"abcdefgh|ijk=="}, secretsOf(r))
	require.Equal(t, "oauth_signature does not match.",
		reason([]byte(`{"error":{"message":"oauth_signature does not match."}}`), "", agsclient.Secrets{Credentials: secretsOf(r)}))
}
