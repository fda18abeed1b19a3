package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

func listingTrials() map[quirk.Quirk]trial {
	return map[quirk.Quirk]trial{
		quirk.IgnoresFilters:   {try: tryIgnoresFilters},
		quirk.PagesOnlyOnLimit: {try: tryPagesOnlyOnLimit, size: 2},
		quirk.PagesOfTen:       {try: tryPagesOfTen},
		quirk.LimitTruncates:   {try: tryLimitTruncates},
		quirk.LinkCurly:        {try: tryLink("<NEXT>; rel=\u201cnext\u201d")},
		quirk.LinkUnquoted:     {try: tryLink("<NEXT>; rel=next")},
		quirk.LinkRelative:     {try: tryLink(`</NEXT>; rel="next"`)},
		quirk.LinkSeveralRels:  {try: tryLink(`<FIRST>; rel="first start", <NEXT>; title="next, please"; rel="prefetch next"`)},
		quirk.LinkAmp:          {try: tryLinkAmp},
		quirk.ResultsLimit404:  {try: tryResultsLimit404},
		quirk.UnsortedResults:  {try: tryUnsortedResults},
	}
}

// columns makes some line items, all of tag t, with the labels 1 to n.
func (l *lms) columns(n int) {
	l.t.Helper()
	for at := range n {
		l.create(fmt.Sprintf(`{"label":"%d","scoreMaximum":10,"tag":"t","resourceId":"r%d"}`, at+1, at+1))
	}
}

func tryIgnoresFilters(l *lms, on bool) {
	l.columns(3)
	for _, query := range []string{"tag=x", "resource_id=r2", "resource_link_id=rl-1", "limit=1", "tag=t&limit=2", "limit=x"} {
		r := l.send("GET", items+"?"+query, "")
		if on {
			require.Equal(l.t, []string{"1", "2", "3"}, labels(r), query)
			require.Empty(l.t, r.header.Get("Link"))
		} else if r.status == 200 {
			require.Less(l.t, len(r.list()), 3, query)
		}
	}
}

func tryPagesOnlyOnLimit(l *lms, on bool) {
	l.columns(5)
	pages := [][]string{{"1", "2"}, {"3", "4"}, {"5"}}
	require.Empty(l.t, cmp.Diff(pages, l.pages(items+"?limit=2", labels)))
	require.Equal(l.t, on, strings.Contains(l.send("GET", items+"?limit=2", "").header.Get("Link"), "from=2"))
	if on {
		pages = [][]string{{"1", "2", "3", "4", "5"}}
		for _, bad := range []string{"-1", "x", "99999999999999999999"} {
			l.send("GET", items+"?limit=2&from="+bad, "").refused(400, "from")
		}
		require.Empty(l.t, labels(l.send("GET", items+"?limit=2&from=9", "")))
	}
	require.Empty(l.t, cmp.Diff(pages, l.pages(items, labels)))
}

func tryPagesOfTen(l *lms, on bool) {
	l.columns(12)
	for at := range 12 {
		l.post(items+"/1", fmt.Sprintf("u%d", at), `{"scoreGiven":1,"scoreMaximum":10}`)
	}
	for _, path := range []string{items, items + "/1/results"} {
		first := l.send("GET", path, "")
		require.Equal(l.t, on, len(first.list()) == 10, path)
		require.Equal(l.t, on, first.header.Get("Link") != "")
		require.Len(l.t, l.send("GET", path+"?limit=11", "").list(), 11, "more only where it is asked for")
		require.Len(l.t, l.send("GET", path+"?limit=4", "").list(), 4)
	}
}

func tryLimitTruncates(l *lms, on bool) {
	l.columns(3)
	r := l.send("GET", items+"?limit=2", "")
	require.Equal(l.t, []string{"1", "2"}, labels(r))
	require.Equal(l.t, on, r.header.Get("Link") == "")
	require.Len(l.t, labels(l.send("GET", items, "")), 3)
}

// tryLink expects a header with the first and the next page in their places, and
// that the next page is there.
func tryLink(form string) func(*lms, bool) {
	return func(l *lms, on bool) {
		l.columns(3)
		first := l.url + items
		next := first + "?limit=2&tag=t&page=MDAwMDAwMDAwMDAwMDAwMDAwMg"
		want := "<" + next + `>; rel="next"`
		if on {
			want = strings.NewReplacer("/NEXT", strings.TrimPrefix(next, l.url), "NEXT", next, "FIRST", first).Replace(form)
		}
		require.Equal(l.t, want, l.send("GET", items+"?tag=t&limit=2", "").header.Get("Link"))
		require.Equal(l.t, []string{"3"}, labels(l.send("GET", next, "")))
	}
}

func tryLinkAmp(l *lms, on bool) {
	l.columns(3)
	next, _, _ := strings.Cut(strings.TrimPrefix(l.send("GET", items+"?limit=2", "").header.Get("Link"), "<"), ">")
	require.Equal(l.t, on, strings.Contains(next, "&amp;"))
	again := []string{"3"}
	if on {
		again = []string{"1", "2"}
	}
	require.Equal(l.t, again, labels(l.send("GET", next, "")))
	require.Equal(l.t, []string{"3"}, labels(l.send("GET", strings.ReplaceAll(next, "&amp;", "&"), "")))
	if !on {
		l.send("GET", items+"?limit=2&amp;page=x", "").refused(400, "query")
	}
}

func tryResultsLimit404(l *lms, on bool) {
	item := l.create(smallItem)
	l.send("GET", item+"/results?limit=5", "").either(on, 200, 200)
	l.post(item, "u1", `{"scoreGiven":1,"scoreMaximum":10}`)
	r := l.send("GET", item+"/results?limit=5", "")
	r.either(on, 404, 200)
	require.Equal(l.t, on, strings.HasPrefix(r.header.Get("Content-Type"), "text/html"))
	l.send("GET", item+"/results", "").either(on, 200, 200)
}

func tryUnsortedResults(l *lms, on bool) {
	l.columns(9)
	for at := range 9 {
		l.post(items+"/1", fmt.Sprintf("u%d", at), `{"scoreGiven":1,"scoreMaximum":10}`)
	}
	for path, key := range map[string]string{items: "label", items + "/1/results": "userId"} {
		orders := map[string]bool{}
		for range 10 {
			var order, sorted []string
			for _, one := range l.send("GET", path, "").list() {
				order = append(order, one[key].(string))
			}
			orders[strings.Join(order, " ")] = true
			sorted = slices.Sorted(slices.Values(order))
			require.Len(l.t, slices.Compact(sorted), 9, "all are there")
		}
		require.Equal(l.t, on, len(orders) > 1, path)
	}
}

// Every page of a platform with the habits of Moodle, by someone who knows them.
func TestPagesOfMoodle(t *testing.T) {
	l := newLMS(t, Options{Profile: quirk.Moodle, Without: []quirk.Quirk{quirk.UnsortedResults}})
	for at := range 5 {
		l.create(fmt.Sprintf(`{"label":"%d","scoreMaximum":10}`, at+1))
	}
	r := l.send("GET", l.LineItemsPath("c1")+"&limit=2", "")
	require.Equal(t, "<"+l.url+"/mod/lti/services.php/c1/lineitems?type_id=1&amp;limit=2&amp;from=2>; rel=\u201cnext\u201d", r.header.Get("Link"))
	next, _, _ := strings.Cut(r.header.Get("Link")[1:], ">")
	require.Len(t, l.send("GET", next, "").list(), 5, "as it stands it is the whole list")
	require.Equal(t, []string{"3", "4"}, labels(l.send("GET", strings.ReplaceAll(next, "&amp;", "&"), "")))
}

// The seed decides the orders.
func TestOrdersOfASeed(t *testing.T) {
	var orders [][]string
	for _, seed := range []uint64{1, 1, 2} {
		l := newLMS(t, Options{Seed: seed, Quirks: []quirk.Quirk{quirk.UnsortedResults}})
		l.columns(20)
		orders = append(orders, labels(l.send("GET", items, "")))
	}
	require.Equal(t, orders[0], orders[1])
	require.NotEqual(t, orders[0], orders[2])
}

func TestForeign(t *testing.T) {
	for base, want := range map[string]string{
		"http://localhost":            "http://items.localhost",
		"http://items.localhost":      "http://items.localhost",
		"http://127.0.0.1:81":         "http://localhost:81",
		"http://localhost:81":         "http://127.0.0.1:81",
		"https://lms.example.edu/x":   "https://items.lms.example.edu/x",
		"https://lms.example.edu:444": "https://items.lms.example.edu:444",
	} {
		require.Equal(t, want, foreign(base))
		_, err := url.Parse(want)
		require.NoError(t, err)
	}
	fixed, err := Open(Options{Now: newClock().Now, URL: "http://lms.example.edu", Quirks: []quirk.Quirk{quirk.ForeignIDs}})
	require.NoError(t, err)
	for _, kind := range []string{kindLineItems, kindLineItem} {
		c := &call{base: fixed.base(nil), path: path{kind: kind, course: "c1"}}
		require.Equal(t, "http://items.lms.example.edu"+items+"/1", fixed.itemURL(c, 1))
	}
}
