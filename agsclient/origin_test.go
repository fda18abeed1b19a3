package agsclient

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestNewRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		ep   Endpoint
		opts Options
		want string
	}{
		"plain http":      {Endpoint{LineItemsURL: "http://lms.example.edu/items"}, Options{}, "must be https"},
		"relative":        {Endpoint{LineItemsURL: "/items"}, Options{}, "not an absolute URL"},
		"userinfo":        {Endpoint{MembershipsURL: "https://me:hunter2@lms.example.edu/"}, Options{}, "user name or password"},
		"another scheme":  {Endpoint{LineItemsURL: "ftp://lms.example.edu/"}, Options{}, "not an https URL"},
		"nothing":         {Endpoint{}, Options{}, "no line items URL"},
		"host and scheme": {Endpoint{Hosts: []string{"https://x.example"}}, Options{}, "host or host:port"},
		"host and path":   {Endpoint{Hosts: []string{"x.example/y"}}, Options{}, "host or host:port"},
		"wildcard":        {Endpoint{Hosts: []string{"*.example"}}, Options{}, "host or host:port"},
		"empty host":      {Endpoint{Hosts: []string{""}}, Options{}, "host or host:port"},
		"host and user":   {Endpoint{Hosts: []string{"a@b"}}, Options{}, "host or host:port"},
		"negative":        {Endpoint{Hosts: []string{"x"}}, Options{MaxPages: -1}, "negative"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(nil, &tokens{}, tc.ep, tc.opts)
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
	_, err := New(nil, nil, Endpoint{LineItemsURL: "https://a"}, Options{})
	require.ErrorContains(t, err, "no token source")
}

func TestCheckID(t *testing.T) {
	c, err := New(nil, &tokens{}, Endpoint{
		LineItemsURL:   "https://lms.example.edu/items?type_id=1",
		MembershipsURL: "https://people.example.edu:8443/x",
		Hosts:          []string{"other.example.edu", "ports.example.edu:444", "localhost:8080", "[::1]"},
	}, Options{})
	require.NoError(t, err)
	for _, id := range []string{
		"https://lms.example.edu/items/1/lineitem?type_id=1", "https://LMS.example.edu:443/x", "https://people.example.edu:8443/",
		"https://other.example.edu/1", "https://ports.example.edu:444/1", "http://localhost:8080/1", "https://localhost:8080/1",
		"http://[::1]/1", "https://[::1]/1",
	} {
		require.NoError(t, c.CheckID(id), id)
	}
	for _, id := range []string{
		"http://lms.example.edu/1", "https://lms.example.edu:444/1", "https://lms.example.edu.evil.example/1", "https://people.example.edu/1",
		"https://other.example.edu:8443/1", "https://ports.example.edu/1", "http://localhost/1", "http://127.0.0.1:8080/1", "https://evil.example/?lms.example.edu",
	} {
		var oe *OriginError
		require.ErrorAs(t, c.CheckID(id), &oe, id)
	}
	for id, want := range map[string]string{
		"": "no URL", "17": "not an absolute URL", "/items/1": "not an absolute URL", "//lms.example.edu/1": "not an absolute URL",
		"https://lms.example.edu@evil.example/": "user name", "https:///x": "not an absolute URL", "https://:443/x": "names no host",
		"https://lms.example.edu\\@evil.example/": "not a URL", "https://lms.example.edu/%zz": "not a URL",
	} {
		require.ErrorContains(t, c.CheckID(id), want, id)
		require.True(t, Invalid(c.CheckID(id)), id)
	}
}

// What stands where a port should may be a password.
func TestBrokenURLsAreNotRepeated(t *testing.T) {
	for _, raw := range []string{"https://me:hunter2/x@lms.example.edu/", "https://lms.example.edu:hunter2", "hunter2\x00://"} {
		_, err := New(nil, &tokens{}, Endpoint{LineItemsURL: raw}, Options{})
		require.EqualError(t, err, "agsclient: line items URL: not a URL")
	}
}

func TestOriginErrorNamesTheHost(t *testing.T) {
	c, err := New(nil, &tokens{}, Endpoint{LineItemsURL: "https://lms.example.edu/items", Hosts: []string{"b.example"}}, Options{})
	require.NoError(t, err)
	var oe *OriginError
	require.ErrorAs(t, c.CheckID("https://other.example.edu:8443/1?key=hunter2"), &oe)
	want := &OriginError{URL: "https://other.example.edu:8443/1?key=…", Host: "other.example.edu:8443", Allowed: []string{"https://b.example", "https://lms.example.edu"}}
	require.Empty(t, cmp.Diff(want, oe))
	require.ErrorContains(t, oe, "add other.example.edu:8443 to `hosts`")
	require.ErrorContains(t, c.CheckID("http://lms.example.edu/1"), "over plain http")
}

func TestLoopback(t *testing.T) {
	for _, h := range []string{"localhost", "LOCALHOST", "lms.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"} {
		require.True(t, loopback(h), h)
	}
	for _, h := range []string{"localhost.example.edu", "notlocalhost", "127.0.0.1.example.edu", "10.0.0.1", "0.0.0.0", "127.1", ""} {
		require.False(t, loopback(h), h)
	}
}

// In a listing most ids are looked at beside the one before, which must not let
// anything through that alone would be refused.
func TestIDsOfAListing(t *testing.T) {
	ok := trust{}
	for _, s := range []string{"https://lms.example.edu", "https://[::1]:8443"} {
		u, err := url.Parse(s)
		require.NoError(t, err)
		ok[originOf(u)] = true
	}
	ids := []string{
		"https://lms.example.edu/1/lineitems/1", "https://lms.example.edu/1/lineitems/2", "https://lms.example.edu/1", "https://lms.example.edu/2",
		"https://lms.example.edu", "https://lms.example.edu/", "https://evil", "https://evil/1", "https:///1", "https:///evil", "https://lms.example.edu:8443/1",
		"https://lms.example.edu/1?type_id=/5", "https://lms.example.edu/1?type_id=/6", "https://lms.example.edu/1#/5", "https://lms.example.edu/1#/6",
		"https://lms.example.edu/1/%zz", "https://lms.example.edu/1/a b", "https://lms.example.edu/1/\n", "https://lms.example.edu@evil/1", "https://lms.example.edu@evil/2",
		"https://[::1]:8443/1", "https://[::1]:8443/2", "https://[::1]/1", "http://lms.example.edu/1", "1", "", "/1", "/2", "//lms.example.edu/1",
		"https://lms.example.edu/" + strings.Repeat("1", maxURL), "https://lms.example.edu/2",
	}
	for _, before := range ids {
		for _, id := range ids {
			g := gathered{trust: ok}
			_ = g.check(before)
			_, err := ok.check(id)
			require.Equal(t, err == nil, g.check(id) == nil, "%s after %s", id, before)
		}
	}
}

// Wherever a URL comes from, nothing is sent to another origin, not even a
// request without the token.
func TestTokenStaysHome(t *testing.T) {
	var leaked atomic.Int32
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
	defer evil.Close()
	c, _ := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/items":
			w.Header().Set("Link", "<"+evil.URL+">; rel=next")
			answer(200, `[{"id":"https://a/1"}]`)(w, r)
		default:
			http.Redirect(w, r, evil.URL, http.StatusTemporaryRedirect)
		}
	})
	ctx := t.Context()
	score := Score{UserID: "u", Timestamp: testTime, ActivityProgress: ActivityCompleted, GradingProgress: GradingFullyGraded}
	item := LineItem{ID: evil.URL + "/1", Label: "x", ScoreMaximum: 1}
	_, listed := c.LineItems(ctx, LineItemFilter{})
	_, read := c.LineItem(ctx, item.ID)
	_, put := c.PutLineItem(ctx, item)
	var results, members error
	for _, err := range c.Results(ctx, item.ID, ResultFilter{}) {
		results = err
	}
	for _, err := range c.Memberships(ctx, MembershipFilter{}) { // redirected
		members = err
	}
	for name, err := range map[string]error{
		"next": listed, "read": read, "put": put, "results": results, "redirect": members,
		"delete": c.DeleteLineItem(ctx, item.ID), "score": c.PostScore(ctx, item.ID, score),
	} {
		var oe *OriginError
		require.ErrorAs(t, err, &oe, name)
		require.Equal(t, name != "redirect", NotSent(err), name)
		require.False(t, Invalid(err), name)
	}
	require.Zero(t, leaked.Load())
	require.False(t, NotSent(errors.New("of unknown origin")))
}
