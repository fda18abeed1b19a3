package agsclient

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// One budget for all that a platform shows, whoever reads it.
func TestBudget(t *testing.T) {
	const each = resultCost + 2
	page := `[{"userId":"u1"},{"userId":"u2"},{"userId":"u3"}]`
	b := NewBudget(7*each, "read less.")
	first, second := b.Account(), b.Account()
	server := func(a *Account) func(string) error {
		c, srv := lms(t, Options{Account: a}, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/bad") {
				answer(200, `[{"userId":"u1"},{"userId":"u2"},{"resultScore":"x"}]`)(w, r)
				return
			}
			answer(200, page)(w, r)
		})
		return func(path string) (last error) {
			for _, last = range c.Results(t.Context(), srv.URL+path, ResultFilter{}) {
			}
			return last
		}
	}
	one, two := server(first), server(second)
	require.NoError(t, one("/1"))
	require.NoError(t, one("/1"), "read again, it takes the place of the first reading")
	require.ErrorContains(t, one("/bad"), "resultScore")
	require.EqualValues(t, 3*each, b.used, "what failed takes nothing")
	require.NoError(t, two("/1"))
	err := two("/2")
	require.ErrorContains(t, err, "the platform shows more than 1022 bytes in all: read less.")
	require.True(t, TooMuch(err))
	require.EqualValues(t, 6*each, b.used)

	require.True(t, second.Crowded(), "the first has a part of it")
	require.False(t, second.Crowded(), "that was told")
	first.Keep(each)
	require.EqualValues(t, 4*each, b.used)
	require.NoError(t, two("/2"))
	require.EqualValues(t, 7*each, b.used)
	second.Keep(0)
	first.Keep(0)
	require.Zero(t, b.used)
	require.Zero(t, first.used)
	require.NoError(t, one("/1"))
	require.NoError(t, one("/2"))
	require.ErrorContains(t, one("/3"), "read less")
	require.False(t, first.Crowded(), "alone, it would be too much as well")
}

func TestBudgetOfLineItemsAndPeople(t *testing.T) {
	h := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/people" {
			answer(200, `{"members":[{"user_id":"1","roles":["a","b"]},{"user_id":"2"}]}`)(w, r)
			return
		}
		answer(200, `[{"id":"https://a/1","own":1},{"id":"https://a/2"}]`)(w, r)
	}
	read := func(max int64) (listed, people error) {
		c, _ := lms(t, Options{Account: NewBudget(max, "less").Account()}, h)
		_, listed = c.LineItems(t.Context(), LineItemFilter{})
		for _, people = range c.Memberships(t.Context(), MembershipFilter{}) {
		}
		return listed, people
	}
	listed, people := read(1 << 20)
	require.NoError(t, listed)
	require.NoError(t, people)
	listed, people = read(2 * memberCost)
	require.ErrorContains(t, listed, "the platform shows more than 640 bytes in all: less")
	require.ErrorContains(t, people, "the platform shows more than 640 bytes in all: less")
}

// Every page that comes broken three times before it comes well: not for ever.
func TestListingOfBrokenPages(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c, _ := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		var page int
		fmt.Sscan(r.URL.Query().Get("page"), &page)
		w.Header().Set("Link", fmt.Sprintf("<?page=%d>; rel=next", page+1))
		if n%3 != 0 {
			answer(200, `[`)(w, r)
			return
		}
		answer(200, fmt.Sprintf(`[{"id":"https://a/%d"}]`, page))(w, r)
	})
	_, err := c.LineItems(t.Context(), LineItemFilter{})
	require.ErrorContains(t, err, "page 6: the JSON ends too early: unexpected EOF, and the listing came broken too often before")
	require.True(t, TooMuch(err), "nor is all of it to be read again")
	require.EqualValues(t, 16, asked.Load())
}

// What came broken counts: it was read.
func TestBrokenPagesCount(t *testing.T) {
	t.Parallel()
	asked := 0
	c, _ := lms(t, Options{MaxListing: 2500}, func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked < 3 {
			answer(200, `[`+strings.Repeat(" ", 1000))(w, r)
			return
		}
		answer(200, `[`+strings.Repeat(" ", 1000)+`]`)(w, r)
	})
	_, err := c.LineItems(t.Context(), LineItemFilter{})
	require.ErrorContains(t, err, "the listing is over 2500 bytes")
}
