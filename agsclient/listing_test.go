package agsclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// paged serves pages at /items?page=n (and so on), n from 1, each linking to the next.
func paged(link string, pages ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := 1
		fmt.Sscan(r.URL.Query().Get("page"), &n)
		if n < len(pages) {
			w.Header().Set("Link", strings.ReplaceAll(link, "PAGE", fmt.Sprint(n+1)))
		}
		answer(200, pages[n-1])(w, r)
	}
}

func TestLineItemsEveryPage(t *testing.T) {
	for _, link := range []string{`</items?page=PAGE&amp;x=1>; rel=“next”`, `<?page=PAGE>; rel=next`} {
		var uris []string
		next := paged(link, `[{"id":"a"},{"id":"b"}]`, `[]`, "\xef\xbb\xbf [{\"id\":3}]\n")
		c, _ := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			require.Equal(t, "application/vnd.ims.lis.v2.lineitemcontainer+json", r.Header.Get("Accept"))
			uris = append(uris, r.RequestURI)
			next(w, r)
		})
		list, err := c.LineItems(t.Context(), LineItemFilter{ResourceLinkID: "l", ResourceID: "a b", Tag: "t", Limit: 2})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(LineItemList{Items: []LineItem{{ID: "a"}, {ID: "b"}, {ID: "3"}}, Pages: 3, Proven: true}, list))
		require.Equal(t, "/items?type_id=3&resource_link_id=l&resource_id=a+b&tag=t&limit=2", uris[0])
		require.NotContains(t, uris[1], "tag=t")
	}
}

func TestProven(t *testing.T) {
	for _, tc := range []struct {
		limit  int
		body   string
		proven bool
	}{
		{0, `[{},{"a":1}]`, true}, {2, `[{},{"a":1}]`, false}, {3, `[{},{}]`, true}, {1, `[{},{}]`, true}, {1, `[]`, true}, {0, `null`, true},
	} {
		c, _ := lms(t, Options{}, answer(200, tc.body))
		list, err := c.LineItems(t.Context(), LineItemFilter{Limit: tc.limit})
		require.NoError(t, err)
		require.Equal(t, tc.proven, list.Proven, "%+v", tc)
	}
	require.True(t, limitedTo("https://a/?limit=7", 7), "the container's own limit counts too")
}

func TestListingErrors(t *testing.T) {
	deep := strings.Repeat("[", 70) + strings.Repeat("]", 70)
	for _, tc := range []struct {
		name string
		opts Options
		h    http.HandlerFunc
		want string
	}{
		{"loop", Options{}, paged(`<?page=2>; rel=next`, `[{"a":1}]`, `[]`, `[]`), "page 2: its next link leads back"},
		{"to itself", Options{}, paged(`<>; rel=next`, `[]`, `[]`), "page 1: its next link leads back"},
		{"repeated page", Options{}, paged(`<?page=PAGE>; rel=next`, `[{"a":1}]`, `[{"b":1}]`, `[{"a":1}]`), "page 3: the same as page 1"},
		{"too many pages", Options{MaxPages: 2}, paged(`<?page=PAGE>; rel=next`, `[{"a":1}]`, `[{"b":1}]`, `[]`), "more than 2 pages"},
		{"next is no URL", Options{}, paged(`<https://a b/%zz>; rel=next`, `[]`, `[]`), "not a URL"},
		{"truncated in an element", Options{}, answer(200, `[{"id":"a"},{"id":"b`), "page 1: element 2: the JSON ends too early"},
		{"truncated behind one", Options{}, answer(200, `[{"id":"a"}`), "after element 1: the JSON ends too early"},
		{"truncated behind a comma", Options{}, answer(200, `[{"id":"a"},`), "element 2: the JSON ends too early"},
		{"malformed", Options{}, paged(`<?page=PAGE>; rel=next`, `[{"a":1}]`, `[{"a":2},{"a" 2}]`), "page 2: element 2: invalid character"},
		{"not an object", Options{}, answer(200, `[{"id":"a"},7]`), "element 2: line item: expected a JSON object, found a number"},
		{"an object", Options{}, answer(200, `{"message":"x"}`), "expected a JSON array, found an object"},
		{"trailing", Options{}, answer(200, `[] []`), "something follows the JSON"},
		{"empty", Options{}, answer(200, ` `), "empty where JSON was expected"},
		{"web page", Options{}, answer(200, "\n<html>"), "is this the line item URL of an LMS?"},
		{"plain text called HTML", Options{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "Log in")
		}, "HTML page"},
		{"too deep", Options{}, answer(200, `[{"a":`+deep+`}]`), "deeper than 64 levels"},
		{"too large", Options{MaxBody: 20}, answer(200, `[{"a":"0123456789"}]x`), "over 20 bytes"},
		{"cut connection", Options{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `[{"id":"a"}`)
		}, "the JSON ends too early"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := lms(t, tc.opts, tc.h)
			list, err := c.LineItems(t.Context(), LineItemFilter{})
			require.ErrorContains(t, err, tc.want)
			require.Empty(t, list.Items, "no part of a listing is handed out")
			e := asError(t, err)
			require.Equal(t, "list line items", e.Op)
			require.Equal(t, 200, e.Status)
		})
	}
}

func TestLimitsAreInclusive(t *testing.T) {
	c, _ := lms(t, Options{MaxBody: 20, MaxPages: 2, MaxDepth: 3}, paged(`<?page=PAGE>; rel=next`, `[{"a":"0123456789"}]`, `[{"a":["]]]]{{{{"]}]`))
	list, err := c.LineItems(t.Context(), LineItemFilter{})
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	require.Equal(t, "32 MiB", size(32<<20))
}

func TestListingMayBeLabelledHTML(t *testing.T) {
	c, _ := lms(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `[{"id":"a"}]`)
	})
	list, err := c.LineItems(t.Context(), LineItemFilter{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
}

func TestResults(t *testing.T) {
	var first string
	serve := paged(`<?page=PAGE>; rel="next"`,
		`[{"id":"r1","scoreOf":"i","userId":7,"resultScore":"0.83","resultMaximum":null,"comment":null,"scoringUserId":false},{"userId":"b"}]`,
		`[{"userId":"c","resultScore":0,"resultMaximum":50,"comment":"ok"},{"userId":"d","resultScore":"","resultMaximum":0}]`)
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "application/vnd.ims.lis.v2.resultcontainer+json", r.Header.Get("Accept"))
		if first == "" {
			first = r.RequestURI
		}
		serve(w, r)
	})
	var got []Result
	for r, err := range c.Results(t.Context(), srv.URL+"/items/1/?type_id=3", ResultFilter{UserID: "a&b", Limit: 2}) {
		require.NoError(t, err)
		got = append(got, r)
	}
	require.Equal(t, "/items/1/results?type_id=3&user_id=a%26b&limit=2", first)
	require.Empty(t, cmp.Diff([]Result{
		{ID: "r1", ScoreOf: "i", UserID: "7", ResultScore: ptr(0.83), ResultMaximum: 1},
		{UserID: "b", ResultMaximum: 1},
		{UserID: "c", ResultScore: ptr(0.0), ResultMaximum: 50, Comment: "ok"},
		{UserID: "d", ResultMaximum: 1},
	}, got))
}

func TestResultsThatCannotBeRead(t *testing.T) {
	for body, want := range map[string]string{
		`[{"userId":"a"},{"userId":"b","resultScore":"A+"}]`:         "element 2: resultScore is a string and not a number",
		`[{"userId":"a","resultScore":{}}]`:                          "resultScore is an object",
		`[{"userId":"a","resultScore":"inf"}]`:                       "resultScore",
		`[{"userId":"a","resultScore":1e999}]`:                       "resultScore",
		`[{"userId":"a","resultScore":true}]`:                        "resultScore is a boolean",
		`[{"userId":"a","resultScore":1,"resultMaximum":-2}]`:        "resultMaximum is -2",
		`[{"userId":["a"]}]`:                                         "userId is an array",
		`[{"userId":"a","resultScore":1,"comment":{"text":"lost"}}]`: "comment is an object",
		`[null]`: "expected a JSON object, found null",
	} {
		c, srv := lms(t, Options{}, answer(200, body))
		var last error
		n := 0
		for _, err := range c.Results(t.Context(), srv.URL+"/1", ResultFilter{}) {
			require.NoError(t, last, "an error is the last thing yielded")
			last = err
			n++
		}
		require.ErrorContains(t, last, want)
		require.Equal(t, strings.Count(body, "userId") > 1, n == 2)
	}
}

func TestIterationStops(t *testing.T) {
	requests := 0
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		requests++
		paged(`<?page=PAGE>; rel=next`, `[{"userId":"a"},{"userId":"b"}]`, `[]`)(w, r)
	})
	results := c.Results(t.Context(), srv.URL+"/1", ResultFilter{})
	for range 2 { // an iterator can be used again
		for r, err := range results {
			require.NoError(t, err)
			require.Equal(t, "a", r.UserID)
			break
		}
	}
	require.Equal(t, 2, requests)
	for _, err := range c.Results(t.Context(), "17", ResultFilter{}) {
		require.ErrorContains(t, err, "not an absolute URL")
	}
}

func TestMemberships(t *testing.T) {
	var uri string
	c, _ := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "application/vnd.ims.lti-nrps.v2.membershipcontainer+json", r.Header.Get("Accept"))
		if uri == "" {
			uri = r.RequestURI
		}
		paged(`<?page=PAGE>; rel=next`,
			`{"id":"x","context":{"members":[1]},"members":[{"user_id":"a","roles":["Learner","TA"],"name":"A B","given_name":"A","family_name":"B","email":"a@x","lis_person_sourcedid":"00"},{"user_id":5,"status":"Inactive","roles":"Learner","email":false}]}`,
			`{"members":null,"id":"y"}`, `{"members":[]}`)(w, r)
	})
	var got []Member
	for m, err := range c.Memberships(t.Context(), MembershipFilter{Role: "Learner", Limit: 9, ResourceLinkID: "l"}) {
		require.NoError(t, err)
		got = append(got, m)
	}
	require.Equal(t, "/people?role=Learner&limit=9&rlid=l", uri)
	require.Empty(t, cmp.Diff([]Member{
		{UserID: "a", Roles: []string{"Learner", "TA"}, Status: "Active", Name: "A B", GivenName: "A", FamilyName: "B", Email: "a@x", SourcedID: "00"},
		{UserID: "5", Roles: []string{"Learner"}, Status: "Inactive"},
	}, got))

	for body, want := range map[string]string{
		`{"id":"x"}`:                      `no member "members"`,
		`[{"user_id":"a"}]`:               "expected a JSON object, found an array",
		`{"members":{}}`:                  `expected an array as "members", found an object`,
		`{"members":[{"user_id":{}}]}`:    "element 1: user_id is an object",
		`{"members":[{"user_id":"a"}]`:    "the JSON ends too early",
		`{"members":[{"user_id":"a"}],"a`: "the JSON ends too early",
	} {
		c, _ := lms(t, Options{}, answer(200, body))
		var last error
		for _, err := range c.Memberships(t.Context(), MembershipFilter{}) {
			last = err
		}
		require.ErrorContains(t, last, want, body)
	}
}

func TestMissingURLs(t *testing.T) {
	c, err := New(nil, &tokens{}, Endpoint{Hosts: []string{"lms.example.edu"}}, Options{})
	require.NoError(t, err)
	_, err = c.LineItems(t.Context(), LineItemFilter{})
	require.ErrorContains(t, err, "no line items URL")
	_, err = c.CreateLineItem(t.Context(), LineItem{Label: "x", ScoreMaximum: 1})
	require.ErrorContains(t, err, "no line items URL")
	for _, err := range c.Memberships(t.Context(), MembershipFilter{}) {
		require.ErrorContains(t, err, "no memberships URL")
	}
}

func FuzzResults(f *testing.F) {
	for _, s := range []string{`[{"userId":"a","resultScore":1}]`, `{"members":[{"userId":3}]}`, `[[[]]]`, `[{"a":"\"]"}] x`, "\xef\xbb\xbfnull"} {
		f.Add([]byte(s))
	}
	c, err := New(nil, &tokens{}, Endpoint{LineItemsURL: "https://a"}, Options{MaxDepth: 8, MaxBody: 1 << 12})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, page []byte) {
		for _, member := range []string{"", "members"} {
			br, err := jsonBody(c.bounded(bytes.NewReader(page)), http.Header{})
			if err != nil {
				continue
			}
			seen := 0
			n, err := elements(br, member, func(raw json.RawMessage) error {
				seen++
				r, err := decodeResult(raw)
				if err == nil {
					require.GreaterOrEqual(t, r.ResultMaximum, 0.0)
				}
				return err
			})
			require.LessOrEqual(t, n, seen)
			if err != nil {
				continue
			}
			// What is accepted is what encoding/json takes for the whole of it.
			whole := bytes.TrimPrefix(page, []byte("\xef\xbb\xbf"))
			require.True(t, json.Valid(whole), "%q", page)
			require.Equal(t, n, seen)
		}
	})
}
