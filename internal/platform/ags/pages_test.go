package ags

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
)

// registrar is an LMS with as many line items, people, and results of the first
// line item. What it was asked for is kept, by the limit of the request.
// Requests come one after the other.
type registrar struct {
	box   *sandbox.Sandbox
	url   string
	asked map[string][]int
}

func newRegistrar(t testing.TB, n int, o sandbox.Options) *registrar {
	t.Helper()
	s := &registrar{asked: map[string][]int{}}
	o.Now = time.Now
	var err error
	s.box, err = sandbox.Open(o)
	require.NoError(t, err)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			limit, _ := strconv.Atoi(r.URL.Query().Get("limit")) // "" is none
			listing := path.Base(r.URL.Path)
			s.asked[listing] = append(s.asked[listing], limit)
		}
		s.box.ServeHTTP(w, r)
	}))
	s.url = srv.URL
	t.Cleanup(func() { srv.Close(); require.NoError(t, s.box.Close()) })
	require.NoError(t, s.box.EnsureCourse("1"))
	require.NoError(t, s.box.Update(func(st *sandbox.State) error {
		c := st.Courses["1"]
		c.Members = nil
		for i := range n {
			user := fmt.Sprintf("u%04d", i)
			c.Members = append(c.Members, &sandbox.Member{UserID: user, Roles: []string{"Learner"}, Status: "Active"})
			c.LineItems = append(c.LineItems, &sandbox.LineItem{Number: i + 1, Label: user, ScoreMaximum: 10})
			c.LineItems[0].Results = append(c.LineItems[0].Results, &sandbox.Result{UserID: user, Score: new(1.0), Timestamp: time.Now()})
		}
		c.NextLineItem = n + 1
		return nil
	}))
	return s
}

func (s *registrar) platform(t testing.TB, p *Profile, query string) *Platform {
	t.Helper()
	tool := s.box.Tool()
	key, err := agsclient.ParsePrivateKey(tool.PrivateKeyPEM)
	require.NoError(t, err)
	c, err := agsclient.New(nil, &agsclient.ClientCredentials{
		TokenURL: s.url + sandbox.TokenPath, ClientID: tool.ClientID, KeyID: tool.KeyID, Audience: s.url + tool.AudiencePath, DeploymentID: tool.DeploymentID, Key: key, Now: time.Now,
	}, agsclient.Endpoint{LineItemsURL: s.url + s.box.LineItemsPath("1") + query, MembershipsURL: s.url + s.box.MembershipsPath("1")},
		agsclient.Options{Scopes: append(Scopes(true), RosterScopes()...)})
	require.NoError(t, err)
	return New(c, p)
}

// whole reads everything, which has to be n of each, and tells what it was asked
// for: of each listing the limits of its requests, 0 for none.
func (s *registrar) whole(t testing.TB, p *Platform, n int) (asked map[string][]int, proven bool) {
	t.Helper()
	list, err := p.LineItems(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Items, n)
	seen := map[string]bool{}
	for m, err := range p.Members(t.Context()) {
		require.NoError(t, err)
		require.False(t, seen[m.UserID])
		seen[m.UserID] = true
	}
	require.Len(t, seen, n, "members")
	if first := slices.IndexFunc(list.Items, func(i plan.LineItem) bool { return i.Label == "u0000" }); first >= 0 {
		for r, err := range p.Results(t.Context(), list.Items[first].ID) {
			require.NoError(t, err)
			require.True(t, seen[r.UserID])
			delete(seen, r.UserID)
		}
	}
	require.Empty(t, seen, "people without their grade")
	return s.asked, list.Proven
}

// small is Canvas as it is known, asked for pages of 5.
func small() *Profile {
	p := ProfileOf(quirk.Canvas)
	p.Pages = PageSizes{LineItems: 5, Results: 5, Members: 5, How: Source}
	return p
}

// Whatever a listing's length, and whether the platform does as its profile says
// or cuts at limit in silence: all of it comes, and is known to be all.
func TestLargePages(t *testing.T) {
	for _, tc := range []struct {
		name   string
		quirks []quirk.Quirk
		n      int
		asked  []int // the limits of the requests for line items
	}{
		{"nothing", nil, 0, []int{5}},
		{"less than a page", nil, 4, []int{5}},
		{"one page", nil, 5, []int{5, 0}},
		{"a little more", nil, 6, []int{5, 5}},
		{"two pages", nil, 10, []int{5, 5}},
		{"three pages", nil, 12, []int{5, 5, 5}},
		{"cut: less than a page", []quirk.Quirk{quirk.LimitTruncates}, 4, []int{5}},
		{"cut: one page", []quirk.Quirk{quirk.LimitTruncates}, 5, []int{5, 0}},
		{"cut: a little more", []quirk.Quirk{quirk.LimitTruncates}, 6, []int{5, 0}},
		{"cut: much more", []quirk.Quirk{quirk.LimitTruncates}, 12, []int{5, 0, 0}},
		{"limit is not heeded", []quirk.Quirk{quirk.IgnoresFilters}, 12, []int{5, 5}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newRegistrar(t, tc.n, sandbox.Options{Profile: quirk.Canvas, Quirks: tc.quirks})
			asked, proven := s.whole(t, s.platform(t, small(), ""), tc.n)
			require.True(t, proven)
			require.Equal(t, tc.asked, asked["line_items"])
		})
	}
}

// Where nothing is known, or limit does harm, none is sent.
func TestNoLimit(t *testing.T) {
	for _, p := range append(Profiles(), *Generic()) {
		s := newRegistrar(t, 12, sandbox.Options{Profile: p.Name})
		asked, proven := s.whole(t, s.platform(t, &p, ""), 12)
		require.True(t, proven, p.Name)
		for listing, limits := range asked {
			require.Equal(t, p.Name == quirk.Canvas, slices.Max(limits) > 0, "%s: %s", p.Name, listing)
		}
	}
}

// A container whose own URL says limit is taken at its word: a page of just that
// length proves nothing, and one that was linked before it does.
func TestLimitOfTheContainer(t *testing.T) {
	for _, tc := range []struct {
		name    string
		quirks  []quirk.Quirk
		profile *Profile
		items   int // that come of 6
		proven  bool
	}{
		{"cut", []quirk.Quirk{quirk.LimitTruncates}, Generic(), 3, false},
		{"cut, though known to link", []quirk.Quirk{quirk.LimitTruncates}, small(), 3, false},
		{"linked", nil, Generic(), 6, false},
		{"linked, and known to link", nil, small(), 6, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newRegistrar(t, 6, sandbox.Options{Quirks: tc.quirks})
			list, err := s.platform(t, tc.profile, "?limit=3").LineItems(t.Context())
			require.NoError(t, err)
			require.Len(t, list.Items, tc.items)
			require.Equal(t, tc.proven, list.Proven)
		})
	}
}

// A thousand of each, on Canvas: ten at a time it was 100 requests for line items,
// 100 for results and 20 for people.
func TestRequestsForAThousand(t *testing.T) {
	s := newRegistrar(t, 1000, sandbox.Options{Profile: quirk.Canvas})
	before := ProfileOf(quirk.Canvas)
	before.Pages = PageSizes{}
	count := func(p *Profile) map[string]int {
		s.asked = map[string][]int{}
		asked, proven := s.whole(t, s.platform(t, p, ""), 1000)
		require.True(t, proven)
		out := map[string]int{}
		for listing, limits := range asked {
			out[listing] = len(limits)
		}
		return out
	}
	require.Empty(t, cmp.Diff(map[string]int{"line_items": 100, "results": 100, "names_and_roles": 20}, count(before)))
	require.Empty(t, cmp.Diff(map[string]int{"line_items": 10, "results": 10, "names_and_roles": 20}, count(ProfileOf(quirk.Canvas))))
}

// listing is the numbers below n, and then an error or none.
func listing(n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

// Nothing of a page that may be cut is handed on before it is known to be whole,
// an error comes last, and who has enough gets no more.
func TestInPages(t *testing.T) {
	broken := errors.New("broken")
	for _, tc := range []struct {
		name        string
		first       int // elements of the listing with limit 3
		err         error
		second      int // of the one without
		secondErr   error
		want, reads int
		wantErr     error
	}{
		{name: "less than a page", first: 2, second: 9, want: 2, reads: 1},
		{name: "just a page, and there is more", first: 3, second: 7, want: 7, reads: 2},
		{name: "just a page, and by now there is less", first: 3, second: 1, want: 1, reads: 2},
		{name: "more", first: 8, second: 9, want: 8, reads: 1},
		{name: "broken in the first page", first: 2, err: broken, want: 0, reads: 1, wantErr: broken},
		{name: "broken after the first page", first: 3, err: broken, want: 0, reads: 1, wantErr: broken},
		{name: "broken later", first: 5, err: broken, want: 5, reads: 1, wantErr: broken},
		{name: "broken when read again", first: 3, second: 4, secondErr: broken, want: 4, reads: 2, wantErr: broken},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for enough := range tc.want + 2 {
				var got []int
				var last error
				reads := 0
				for v, err := range inPages(3, func(limit int) iter.Seq2[int, error] {
					if reads++; limit == 3 {
						return listing(tc.first, tc.err)
					}
					require.Zero(t, limit)
					return listing(tc.second, tc.secondErr)
				}) {
					require.NoError(t, last, "nothing follows an error")
					if last = err; err != nil {
						continue
					}
					if got = append(got, v); len(got) == enough {
						break
					}
				}
				want := tc.want
				if enough > 0 {
					want = min(want, enough)
				}
				require.Len(t, got, want)
				require.IsIncreasing(t, append([]int{-2, -1}, got...))
				require.Equal(t, tc.reads, reads)
				if enough == 0 || enough > tc.want {
					require.ErrorIs(t, last, tc.wantErr)
				}
			}
		})
	}
}
