package ltiaas

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

func good(body string) reply { return reply{status: 200, body: body} }

func itemsPage(next string, numbers ...int) reply {
	var all []string
	for _, n := range numbers {
		all = append(all, fmt.Sprintf(`{"id":"https://lms.example.com/%d","label":"x","scoreMaximum":1}`, n))
	}
	return good(fmt.Sprintf(`{"next":%s,"prev":null,"lineItems":[%s],"last":"https://lms.example.com/items?page=9"}`, next, strings.Join(all, ",")))
}

// The next page is asked for at LTIAAS, by the LMS's URL alone.
func TestPaging(t *testing.T) {
	s := serve(t, itemsPage(`"https://lms.example.com/items?page=2&x=a+b%20c"`, 1, 2), itemsPage(`"https://lms.example.com/items?page=3"`),
		itemsPage(`"https://lms.example.com/items?page=4"`), itemsPage(`""`, 3))
	list, err := s.platform(t, nil).LineItemsOf(t.Context(), "hw1")
	require.NoError(t, err)
	require.True(t, list.Proven)
	require.Len(t, list.Items, 3)
	require.Empty(t, cmp.Diff([]string{
		"/api/lineitems?resourceId=hw1", "/api/lineitems?url=https%3A%2F%2Flms.example.com%2Fitems%3Fpage%3D2%26x%3Da%2Bb%2520c",
		"/api/lineitems?url=https%3A%2F%2Flms.example.com%2Fitems%3Fpage%3D3", "/api/lineitems?url=https%3A%2F%2Flms.example.com%2Fitems%3Fpage%3D4",
	}, s.uris()))

	s = serve(t, good(`{"scores":[{"userId":"1"}],"next":"https://lms.example.com/r?p=2"}`), good(`{"scores":[{"userId":"2"}]}`))
	results, err := drained(t, s.platform(t, nil).Results(t.Context(), itemID))
	require.NoError(t, err)
	require.Len(t, results, 2)
	require.Equal(t, []string{itemPath + "/scores", itemPath + "/scores?url=https%3A%2F%2Flms.example.com%2Fr%3Fp%3D2"}, s.uris())

	s = serve(t, good(`{"members":[{"userId":"1"}],"next":"https://lms.example.com/m?p=2"}`), good(`{"members":[{"userId":"2"}]}`))
	people, err := drained(t, s.platform(t, nil).Members(t.Context()))
	require.NoError(t, err)
	require.Len(t, people, 2)
	require.Equal(t, []string{"/api/memberships", "/api/memberships?url=https%3A%2F%2Flms.example.com%2Fm%3Fp%3D2"}, s.uris())
}

// Who has seen enough asks for no more pages.
func TestStopsInTheMiddle(t *testing.T) {
	s := serve(t, good(`{"scores":[{"userId":"1"},{"userId":"2"}],"next":"https://lms.example.com/r?p=2"}`))
	for r, err := range s.platform(t, nil).Results(t.Context(), itemID) {
		require.NoError(t, err)
		require.Equal(t, "1", r.UserID)
		break
	}
	require.Len(t, s.requests(), 1)
}

// A last page as long as the limit that was asked for may have been cut there.
func TestUnproven(t *testing.T) {
	for limit, proven := range map[string]bool{"2": false, "3": true, "": true} {
		s := serve(t, itemsPage("null", 1, 2))
		query := url.Values{}
		if limit != "" {
			query.Set("limit", limit)
		}
		_, got, err := s.platform(t, nil).client.lineItems(t.Context(), query)
		require.NoError(t, err)
		require.Equal(t, proven, got, limit)
	}
	s := serve(t, itemsPage("null"))
	_, proven, err := s.platform(t, nil).client.lineItems(t.Context(), url.Values{"limit": {"2"}})
	require.NoError(t, err)
	require.True(t, proven, "nothing is not cut")
}

// Listings that lead nowhere, or cost too much, are errors; none of them is
// worth another try.
func TestBadListings(t *testing.T) {
	const next = `"https://lms.example.com/items?page=%d"`
	at := func(n int) string { return fmt.Sprintf(next, n) }
	for _, tc := range []struct {
		name     string
		replies  []reply
		change   func(*Options)
		want     string
		requests int
	}{
		{"a loop", []reply{itemsPage(at(2), 1), itemsPage(at(3), 2), itemsPage(at(2), 3)}, nil, "page 3: its next link leads back", 3},
		{"the same page for ever", []reply{itemsPage(at(2), 1), itemsPage(at(2), 1)}, nil, "page 2: the same as page 1", 2},
		{"the same elements under new links", []reply{itemsPage(at(2), 1), itemsPage(at(3), 2), itemsPage(at(4), 1)}, nil, "page 3: the same as page 1", 3},
		{"too many pages", []reply{itemsPage(at(2), 1), itemsPage(at(3), 2)}, func(o *Options) { o.MaxPages = 2 }, "page 2: the listing has more than 2 pages", 2},
		{"too many in one page", []reply{itemsPage(at(2), 1, 2, 3)}, func(o *Options) { o.MaxItems = 2 }, "page 1: element 3: the listing has too many line items", 1},
		{"too many in all", []reply{itemsPage(at(2), 1), itemsPage(at(3), 2, 3)}, func(o *Options) { o.MaxItems = 2 }, "page 2: element 2: the listing has too many line items", 2},
		{"one page too large", []reply{itemsPage(at(2), 1, 2, 3, 4)}, func(o *Options) { o.MaxBody = 200 }, "page 1: element 3: the answer is over 200 bytes", 1},
		{"all too large", []reply{itemsPage(at(2), 1), itemsPage(at(3), 2)}, func(o *Options) { o.MaxBody = 300 }, "page 2: the listing is over 300 bytes", 2},
		{"too deep", []reply{good(`{"lineItems":[` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `]}`)}, nil, "page 1: element 1: the JSON is nested deeper than 64 levels", 1},
		{"too many members", []reply{good(`{"lineItems":[{` + strings.Repeat(`"a":1,`, 10_001) + `"b":1}]}`)}, nil, "more than 10000 members", 1},
		{"too many members in all", []reply{good(crowded())}, nil, "the line items have too many members", 1},
		{"no id", []reply{good(`{"lineItems":[{"label":"x"}]}`)}, nil, "element 1: the line item's id is not a URL", 1},
		{"an id that is no URL", []reply{good(`{"lineItems":[{"id":7}]}`)}, nil, "element 1: the line item's id is not a URL", 1},
		{"two next links", []reply{good(`{"next":"https://lms.example.com/2","lineItems":[],"next":null}`)}, nil, "page 1: the page has two next links", 1},
		{"a long next link", []reply{itemsPage(`"https://lms.example.com/` + strings.Repeat("x", maxNext) + `"`)}, nil, "page 1: its next link has 8216 bytes", 1},
		{"an endless next link", []reply{itemsPage(`"https://lms.example.com/` + strings.Repeat("x", 30<<20) + `"`)}, nil, "page 1: it is over 1 MiB", 1},
		{"no object in it", []reply{good(`{"lineItems":["x"]}`)}, nil, "element 1: line item: expected a JSON object", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, tc.replies...)
			_, err := s.platform(t, tc.change).LineItems(t.Context())
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "page=", "no query value in an error")
			f := asFault(t, err)
			require.Equal(t, reconcile.Doubt, f.Kind)
			require.Equal(t, strings.Contains(tc.want, "leads back") || strings.Contains(tc.want, "the same as"), f.Passing)
			require.Len(t, s.requests(), tc.requests)
		})
	}
}

// The last next link that is still followed.
func TestLongestNextLink(t *testing.T) {
	link := "https://lms.example.com/" + strings.Repeat("x", maxNext-24)
	s := serve(t, itemsPage(`"`+link+`"`, 1), itemsPage("null", 2))
	list, err := s.platform(t, nil).LineItems(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Items, 2)
	require.Equal(t, "/api/lineitems?"+url.Values{"url": {link}}.Encode(), s.uris()[1])
}

// What all contexts show is counted, and a page that comes broken only once.
func TestAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const people = `{"members":[{"userId":"1"},{"userId":"2"}]`
		item, person := agsclient.LineItem{ID: "https://lms.example.com/1", Label: "x"}, agsclient.Member{UserID: "1", Status: "Active"}
		result := agsclient.Result{UserID: "1", Comment: "good"}
		budget := agsclient.NewBudget(int64(item.Cost()+2*person.Cost()+result.Cost()), "take fewer.")
		account := budget.Account()
		s := inBubble(good(people), good(people), good(people+`}`), itemsPage("null", 1), good(`{"scores":[{"userId":"1","comment":"good"}]}`))
		p := s.platform(t, func(o *Options) { o.Account = account })
		for range 2 { // read again, each takes the place of what it was before
			s.requests()
			got, err := drained(t, p.Members(t.Context()))
			require.NoError(t, err)
			require.Len(t, got, 2)
			_, err = p.LineItems(t.Context())
			require.NoError(t, err)
			_, err = drained(t, p.Results(t.Context(), itemID))
			require.NoError(t, err)
			account.Keep(0)
		}
		full := budget.Account().Tally("other")
		require.NoError(t, full.Add(2*person.Cost()))
		s.requests()
		s.replies = []reply{good(`{"members":[{"userId":"1"},{"userId":"2"},{"userId":"3"},{"userId":"4"},{"userId":"5"},{"userId":"6"}]}`)}
		_, err := drained(t, p.Members(t.Context()))
		require.ErrorContains(t, err, "the platform shows more than")
		require.False(t, asFault(t, err).Passing)
		require.Len(t, s.requests(), 1)
		full.Forget()
		require.NoError(t, full.Add(item.Cost()+2*person.Cost()+result.Cost()), "what failed takes nothing")
	})
}

// crowded is a page of line items that have just not too many members each.
func crowded() string {
	members := ""
	for n := range 9_800 {
		members += fmt.Sprintf(`"%d":1,`, n)
	}
	var b strings.Builder
	for n := range 52 {
		fmt.Fprintf(&b, `{%s"id":"https://lms.example.com/%d"},`, members, n)
	}
	return `{"lineItems":[` + strings.TrimSuffix(b.String(), ",") + `]}`
}

func TestTooManyResults(t *testing.T) {
	s := serve(t, good(`{"scores":[{"userId":"1"},{"userId":"2"},{"userId":"3"}]}`))
	got, err := drained(t, s.platform(t, func(o *Options) { o.MaxResults = 2 }).Results(t.Context(), itemID))
	require.ErrorContains(t, err, "too many results")
	require.Empty(t, got, "nothing of a page that is not whole")

	s = serve(t, good(`{"scores":[{"userId":"1"},{"userId":"2","resultScore":"much"}]}`))
	got, err = drained(t, s.platform(t, nil).Results(t.Context(), itemID))
	require.ErrorContains(t, err, "element 2: resultScore is a string and not a number")
	require.Empty(t, got)
	require.False(t, asFault(t, err).Passing, "it would come again")
	require.Len(t, s.requests(), 1)
}

// A page that comes broken is asked for again, and only so often.
func TestBrokenPages(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		want       string
		tries      int
	}{
		{"cut short", `{"lineItems":[{"id":"https://lms`, "the JSON ends too early", 4},
		{"empty", ``, "the answer is empty", 4},
		{"no JSON", `{"lineItems":[oops]}`, "invalid character 'o'", 4},
		{"something behind", `{"lineItems":[]}{}`, "something follows the JSON", 4},
		{"a list", `[]`, "expected a JSON object", 4},
		{"no list in it", `{"lineItems":{}}`, `expected an array as "lineItems"`, 4},
		{"two lists in it", `{"lineItems":[],"lineItems":[{"id":"https://lms.example.com/1"}]}`, `two members "lineItems"`, 4},
		{"another thing", `{"scores":[]}`, `no member "lineItems"`, 4},
		{"an odd next link", `{"lineItems":[],"next":7}`, "cannot unmarshal number", 4},
		{"a web page", "\n<!DOCTYPE html>", "HTML page", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := inBubble(good(tc.body), itemsPage("null", 1))
				list, err := s.platform(t, nil).LineItems(t.Context())
				require.NoError(t, err)
				require.Len(t, list.Items, 1)
				require.Len(t, s.requests(), 2)

				s = inBubble(good(tc.body))
				_, err = s.platform(t, nil).LineItems(t.Context())
				require.ErrorContains(t, err, tc.want)
				require.Len(t, s.requests(), tc.tries)
				f := asFault(t, err)
				require.Equal(t, reconcile.Doubt, f.Kind)
				require.True(t, f.Passing)
			})
		})
	}
}

// So is one whose connection breaks off.
func TestPageBreaksOff(t *testing.T) {
	short := good(`{"lineItems":[{"id":"https://lms.example.com/1"}`)
	short.header = http.Header{"Content-Length": {"500"}}
	s := serve(t, short, itemsPage("null", 1))
	list, err := s.platform(t, nil).LineItems(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
}

// A null array is an empty one, and a listing's end.
func TestNullArray(t *testing.T) {
	list, err := serve(t, good(`{"lineItems":null}`)).platform(t, nil).LineItems(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(reconcile.Listing{Proven: true, Items: []plan.LineItem{}}, list))
}

// A listing that takes too long is given up, though each page comes in time.
func TestListingTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(good(`{"lineItems":[`)) // broken: the pauses take time
		_, err := s.platform(t, func(o *Options) { o.MaxListingTime = time.Second }).LineItems(t.Context())
		require.ErrorContains(t, err, "page 1: the listing takes longer than 1s")
		require.False(t, asFault(t, err).Passing)
	})
}

// A GET may be sent on within the account, and nothing leads out of it.
func TestRedirects(t *testing.T) {
	elsewhere := serve(t, itemsPage("null", 1))
	to := func(url string, status int) reply {
		return reply{status: status, header: http.Header{"Location": {url}}}
	}
	s := serve(t, to("/moved/lineitems", 308), itemsPage("null", 1))
	_, err := s.platform(t, nil).LineItems(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]sent{asked("GET", "/api/lineitems"), asked("GET", "/moved/lineitems")}, s.requests()))

	for _, status := range []int{301, 302, 303, 307, 308} {
		s = serve(t, to(elsewhere.url+"/api/lineitems", status))
		p := s.platform(t, nil)
		_, read := p.LineItems(t.Context())
		s2 := serve(t, to("/moved", status))
		p2 := s2.platform(t, nil)
		for name, err := range map[string]error{
			"read elsewhere": read, "write elsewhere": p.ReplaceLineItem(t.Context(), plan.LineItem{ID: itemID, Label: "x", ScoreMaximum: 1}, nil),
			"write at home": p2.PostScore(t.Context(), itemID, reconcile.Score{UserID: "1"}), "delete": p2.DeleteLineItem(t.Context(), itemID),
		} {
			f := asFault(t, err)
			require.Equal(t, reconcile.Refused, f.Kind, "%s %d", name, status)
			require.ErrorContains(t, err, "redirect", name)
			require.NotEmpty(t, f.Hint)
		}
		require.Len(t, s2.requests(), 2, "each once")
	}
	require.Empty(t, elsewhere.requests())

	s = serve(t, to("/round", 302))
	_, err = s.platform(t, nil).LineItems(t.Context())
	require.Equal(t, reconcile.Refused, asFault(t, err).Kind)
	require.Len(t, s.requests(), 1+maxHops)
}

// The cause of an error stays reachable.
func TestCauseIsKept(t *testing.T) {
	_, err := serve(t, good("<html>")).platform(t, nil).LineItem(t.Context(), itemID)
	require.ErrorIs(t, err, agsclient.ErrHTML)
	require.Equal(t, hintURL, asFault(t, err).Hint)
}
