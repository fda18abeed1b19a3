package agsclient

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
		next := paged(link, `[{"id":"https://a/1"},{"id":"https://a/2"}]`, `[]`, "\xef\xbb\xbf [{\"id\":\"https://a/3\"}]\n")
		c, _ := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			require.Equal(t, "application/vnd.ims.lis.v2.lineitemcontainer+json", r.Header.Get("Accept"))
			uris = append(uris, r.RequestURI)
			next(w, r)
		})
		list, err := c.LineItems(t.Context(), LineItemFilter{ResourceLinkID: "l", ResourceID: "a b", Tag: "t", Limit: 2})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(LineItemList{Items: []LineItem{{ID: "https://a/1"}, {ID: "https://a/2"}, {ID: "https://a/3"}}, Pages: 3, Proven: true}, list))
		require.Equal(t, "/items?type_id=3&resource_link_id=l&resource_id=a+b&tag=t&limit=2", uris[0])
		require.NotContains(t, uris[1], "tag=t")
	}
}

func TestProven(t *testing.T) {
	const two = `[{"id":"https://a/1"},{"id":"https://a/2"}]`
	for _, tc := range []struct {
		limit  int
		body   string
		proven bool
	}{
		{0, two, true}, {2, two, false}, {3, two, true}, {1, two, true},
		{2, `[{"id":"https://a/1"},{"id":"https://a/1"}]`, false}, {1, `[]`, true}, {0, `null`, true},
	} {
		c, _ := lms(t, Options{}, answer(200, tc.body))
		list, err := c.LineItems(t.Context(), LineItemFilter{Limit: tc.limit})
		require.NoError(t, err)
		require.Equal(t, tc.proven, list.Proven, "%+v", tc)
	}
	require.True(t, limitedTo("https://a/?limit=7", 7), "the container's own limit counts too")
}

func TestListingErrors(t *testing.T) {
	const one, two, three = `[{"id":"https://a/1"}]`, `[{"id":"https://a/2"}]`, `[{"id":"https://a/3"}`
	deep := strings.Repeat("[", 70) + strings.Repeat("]", 70)
	for _, tc := range []struct {
		name string
		opts Options
		h    http.HandlerFunc
		want string
	}{
		{"loop", Options{}, paged(`<?page=2>; rel=next`, one, `[]`, `[]`), "page 2: its next link leads back"},
		{"to itself", Options{}, paged(`<>; rel=next`, `[]`, `[]`), "page 1: its next link leads back"},
		{"repeated page", Options{}, paged(`<?page=PAGE>; rel=next`, one, two, one), "page 3: the same as page 1"},
		{"too many pages", Options{MaxPages: 2}, paged(`<?page=PAGE>; rel=next`, one, two, `[]`), "more than 2 pages"},
		{"next is no URL", Options{}, paged(`<https://a b/%zz>; rel=next`, `[]`, `[]`), "not a URL"},
		{"truncated in an element", Options{}, answer(200, three+`,{"id":"b`), "page 1: element 2: the JSON ends too early"},
		{"truncated behind one", Options{}, answer(200, three), "after element 1: the JSON ends too early"},
		{"truncated behind a comma", Options{}, answer(200, three+`,`), "element 2: the JSON ends too early"},
		{"malformed", Options{}, paged(`<?page=PAGE>; rel=next`, one, three+`,{"a" 2}]`), "page 2: element 2: invalid character"},
		{"not an object", Options{}, answer(200, three+`,7]`), "element 2: line item: expected a JSON object, found a number"},
		{"an object", Options{}, answer(200, `{"message":"x"}`), "expected a JSON array, found an object"},
		{"trailing", Options{}, answer(200, `[] []`), "something follows the JSON"},
		{"empty", Options{}, answer(200, ` `), "empty where JSON was expected"},
		{"web page", Options{}, answer(200, "\n<html>"), "is this the line item URL of an LMS?"},
		{"plain text called HTML", Options{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "Log in")
		}, "HTML page"},
		{"too deep", Options{}, answer(200, `[{"a":`+deep+`}]`), "deeper than 64 levels"},
		{"too large", Options{MaxBody: 20}, answer(200, one), "the answer is over 20 bytes"},
		{"too large together", Options{MaxListing: 40}, paged(`<?page=PAGE>; rel=next`, one, two), "page 2: element 1: the listing is over 40 bytes"},
		{"too many", Options{MaxItems: 1}, paged(`<?page=PAGE>; rel=next`, one, `[]`, two), "page 3: element 1: the listing has more than 1 line items"},
		{"a huge item", Options{MaxElement: 19}, answer(200, one), "page 1: element 1: it is over 19 bytes"},
		{"many members", Options{MaxMembers: 3}, answer(200, `[{"id":"https://a/1","x":[{"a":1,"b":"::","c":3,"d":4}]}]`), "a JSON object has more than 3 members"},
		{"many members in all", Options{MaxMembers: 2}, answer(200, "["+manyExtras(101)+"]"), "element 101: the line items have more than 100 members of the platform's own"},
		{"no id", Options{}, paged(`<?page=PAGE>; rel=next`, one, three+`,{"label":"Quiz \u202e1","scoreMaximum":5}]`), `page 2: element 2: the line item "Quiz \u202e1" has no id`},
		{"an id that is none", Options{}, answer(200, `[{"id":17,"label":"Quiz"}]`), `element 1: the id of the line item "Quiz" cannot be used: "17" is not an absolute URL`},
		{"an id elsewhere", Options{}, answer(200, `[{"id":"https://evil.example/1","label":"Quiz"}]`), `the id of the line item "Quiz" cannot be used: refusing to send the access token to evil.example`},
		{"an endless id", Options{}, answer(200, `[{"id":"https://evil.example/`+strings.Repeat("a", 9000)+`"}]`), "a URL of 9021 bytes is too long"},
		{"one id, two items", Options{}, paged(`<?page=PAGE>; rel=next`, one, `[{"id":"https://a/1","label":"Quiz"}]`), `page 2: element 1: the line item "Quiz" has the same id as "" before it (https://a/1) and is not the same: nothing can be decided on it`},
		{"cut connection", Options{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, three)
		}, "the JSON ends too early"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel() // a page that came broken is asked for again
			c, _ := lms(t, tc.opts, tc.h)
			list, err := c.LineItems(t.Context(), LineItemFilter{})
			require.ErrorContains(t, err, tc.want)
			require.Empty(t, list.Items, "no part of a listing is handed out")
			e := asError(t, err)
			require.Equal(t, "list line items", e.Op)
			require.Equal(t, 200, e.Status)
			require.True(t, strings.HasPrefix(err.Error(), "list line items: GET http://127.0.0.1:"), "%v", err)
			require.False(t, Invalid(err), "it is the platform's fault")
		})
	}
}

// manyExtras are n line items with a member each that is not of AGS.
func manyExtras(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"id":"https://a/%d","own":%d}`, i, i)
	}
	return strings.Join(items, ",")
}

// Pages that come, each in its time, for ever.
func TestListingTime(t *testing.T) {
	t.Parallel()
	var page atomic.Int32
	c, srv := lms(t, Options{MaxListingTime: 300 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		w.Header().Set("Link", fmt.Sprintf("<?page=%d>; rel=next", page.Add(1)))
		if r.URL.Path == "/people" {
			answer(200, `{"members":[]}`)(w, r)
			return
		}
		answer(200, `[]`)(w, r)
	})
	began := time.Now()
	_, listed := c.LineItems(t.Context(), LineItemFilter{})
	var results, roster error
	for _, results = range c.Results(t.Context(), srv.URL+"/1", ResultFilter{}) {
	}
	for _, roster = range c.Memberships(t.Context(), MembershipFilter{}) {
	}
	for _, err := range []error{listed, results, roster} {
		require.ErrorContains(t, err, ": the listing takes longer than 300ms")
		require.True(t, TooMuch(err))
		require.False(t, NotSent(err))
	}
	require.Less(t, time.Since(began), 10*time.Second)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.LineItems(ctx, LineItemFilter{})
	require.ErrorIs(t, err, context.DeadlineExceeded, "the caller's own time")
	require.False(t, TooMuch(err))
}

// A platform may order each page anew, and ignore what it was asked for.
func TestHonestListings(t *testing.T) {
	for name, pages := range map[string][]string{
		"another order each time": {`[{"id":"https://a/2"},{"id":"https://a/1"}]`, `[{"id":"https://a/1"},{"id":"https://a/3"}]`},
		"the same but for space":  {`[{"id":"https://a/1"},{"id":"https://a/2"},{"id":"https://a/3"}]`, ` [{"id":"https://a/1"},{"id":"https://a/2"},{"id":"https://a/3"}]`},
		"empty pages":             {`[]`, `[]`, `[{"id":"https://a/1"},{"id":"https://a/2"},{"id":"https://a/3"}]`, `[]`},
		"more than was asked for": {`[{"id":"https://a/1"},{"id":"https://a/2","resourceId":"other"},{"id":"https://a/3"}]`},
	} {
		c, _ := lms(t, Options{}, paged(`<?page=PAGE>; rel=next`, pages...))
		list, err := c.LineItems(t.Context(), LineItemFilter{ResourceID: "x", Limit: 1})
		require.NoError(t, err, name)
		require.Len(t, list.Items, 3, name)
		require.True(t, list.Proven, name)
	}
}

func TestNextLinkThatIsNone(t *testing.T) {
	c, _ := lms(t, Options{}, paged(`<ftp://lms.example.edu/x>; rel=next`, `[]`, `[]`))
	_, err := c.LineItems(t.Context(), LineItemFilter{})
	require.ErrorContains(t, err, `list line items: GET ftp://lms.example.edu/x: "ftp://lms.example.edu/x" is not an https URL`)
	require.False(t, Invalid(err), "the platform gave it, not the caller")
}

// Pages by offset overlap when a line item is added meanwhile.
func TestRepeatsAreDropped(t *testing.T) {
	c, _ := lms(t, Options{}, paged(`<?page=PAGE>; rel=next`,
		`[{"id":"https://a/1","label":"x","scoreMaximum":5.0},{"id":"https://a/2","own":[1]}]`,
		`[{"own":[ 1 ],"id":"https://a/2"},{"id":"https://a/3"},{"label":"x","tag":null,"scoreMaximum":5,"id":"https://a/1"}]`))
	list, err := c.LineItems(t.Context(), LineItemFilter{})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]LineItem{
		{ID: "https://a/1", Label: "x", ScoreMaximum: 5},
		{ID: "https://a/2", Extra: map[string]json.RawMessage{"own": json.RawMessage(`[1]`)}},
		{ID: "https://a/3"},
	}, list.Items))
}

func TestResultAndRosterBounds(t *testing.T) {
	for _, tc := range []struct {
		opts Options
		body string
		want string
	}{
		{Options{MaxResults: 2}, `[{},{},{}]`, "read results: GET SELF/1/results?page=…: page 2: element 2: the listing has more than 2 results"},
		{Options{MaxResultBytes: 15}, `[{"userId":1}]`, "page 2: the listing is over 15 bytes"},
		{Options{MaxListing: 1, MaxItems: 1}, `[{},{},{}]`, ""}, // are of line items and of the roster
	} {
		c, srv := lms(t, tc.opts, paged(`<?page=PAGE>; rel=next`, tc.body[:len(tc.body)-1]+"]", tc.body+" "))
		if tc.opts.MaxResults > 0 {
			c, srv = lms(t, tc.opts, paged(`<?page=PAGE>; rel=next`, `[{}]`, tc.body))
		}
		var last error
		for _, err := range c.Results(t.Context(), srv.URL+"/1", ResultFilter{}) {
			last = err
		}
		if tc.want == "" {
			require.NoError(t, last)
		} else {
			require.ErrorContains(t, last, strings.ReplaceAll(tc.want, "SELF", srv.URL))
		}
	}
	for want, opts := range map[string]Options{"more than 1 members": {MaxItems: 1}, "the listing is over 20 bytes": {MaxListing: 20}, `it is over 10 bytes`: {MaxElement: 10}} {
		c, _ := lms(t, opts, answer(200, `{"id":"x","members":[{"user_id":1},{"user_id":2}]}`))
		var last error
		for _, err := range c.Memberships(t.Context(), MembershipFilter{}) {
			last = err
		}
		require.ErrorContains(t, last, want)
		require.ErrorContains(t, last, "read roster: GET ")
	}
}

func TestLimitsAreInclusive(t *testing.T) {
	c, _ := lms(t, Options{MaxBody: 38, MaxPages: 2, MaxDepth: 3, MaxMembers: 2, MaxItems: 2, MaxElement: 36, MaxListing: 76},
		paged(`<?page=PAGE>; rel=next`, `[{"id":"https://a/1","x":"012345678"}]`, `[{"id":"https://a/2","x":["]]{{:::"]}]`))
	list, err := c.LineItems(t.Context(), LineItemFilter{})
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	require.Equal(t, "32 MiB", size(32<<20))
}

func TestListingMayBeLabelledHTML(t *testing.T) {
	c, _ := lms(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `[{"id":"https://a/1"}]`)
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
		require.True(t, Invalid(err))
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
		`{"id":"x"}`:                   `no member "members"`,
		`[{"user_id":"a"}]`:            "expected a JSON object, found an array",
		`{"members":{}}`:               `expected an array as "members", found an object`,
		`{"members":[{"user_id":{}}]}`: "element 1: user_id is an object",
		`{"members":[{"roles":[` + strings.Repeat(`"a",`, 50) + `"a"]}]}`: "element 1: a member has more than 50 roles",
		`{"members":[],}`:                 "invalid character",
		`{"members" []}`:                  "invalid character '[' after a member's name",
		`{7:[]}`:                          "a member's name is not a string",
		`{"x":tru,"members":[]}`:          "invalid character",
		`{}`:                              `no member "members"`,
		`{"members":[]}}`:                 "something follows the JSON",
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
	require.True(t, Invalid(err))
	_, err = c.CreateLineItem(t.Context(), LineItem{Label: "x", ScoreMaximum: 1})
	require.ErrorContains(t, err, "no line items URL")
	require.True(t, Invalid(err))
	for _, err := range c.Memberships(t.Context(), MembershipFilter{}) {
		require.ErrorContains(t, err, "no memberships URL")
		require.True(t, Invalid(err))
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
			br, err := jsonBody(c.bounded(bytes.NewReader(page), nil), http.Header{})
			if err != nil {
				continue
			}
			seen := 0
			n, err := elements(br, 1<<20, member, func(raw json.RawMessage) error {
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

// A page that comes broken is asked for again, and what it held is handed on
// once; a page too large to be kept back is not.
func TestBrokenPagesAreReadAgain(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(`{"userId":"u","resultScore":1},`, maxHeldElements+1)
	for name, tc := range map[string]struct {
		broken string
		times  int32
		want   int
		fails  bool
	}{
		"cut off":             {`[{"userId":"a"},{"us`, 2, 2, false},
		"malformed":           {`[{"userId":"a"},{"userId" "b"}]`, 3, 2, false},
		"a web page once":     {"<html>", 1, 2, false},
		"a web page for ever": {"<html>", 9, 0, true},
		"cut off for ever":    {`[{"userId":"a"},{"us`, 9, 0, true},
		"too large":           {"[" + many + `{"us`, 1, maxHeldElements + 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
				if asked.Add(1) <= tc.times {
					fmt.Fprint(w, tc.broken)
					return
				}
				fmt.Fprint(w, `[{"userId":"a"},{"userId":"b"}]`)
			})
			n := 0
			var failed error
			for _, err := range c.Results(t.Context(), srv.URL+"/1", ResultFilter{}) {
				if failed = err; err == nil {
					n++
				}
			}
			require.Equal(t, tc.fails, failed != nil, "%v", failed)
			require.Equal(t, tc.want, n)
		})
	}
}
