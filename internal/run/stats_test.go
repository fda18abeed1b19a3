package run

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
)

// A request that is sent again is told as such, whoever sends it: what repeats
// readings, what renews a token, who reads (an answer that says nothing), and who
// writes. Looks that the work itself needs are none.
func TestEveryRepeatIsTold(t *testing.T) {
	c := newLMS(t, "campus")
	c.holds(t, "c1", sandbox.LineItem{Label: "Homework One", ResourceID: "hw1"}, 10)
	c.holds(t, "c1", sandbox.LineItem{Label: "Another"})
	c.holds(t, "c1", sandbox.LineItem{Label: "Homework 0", ResourceID: "hw0"})
	var mu sync.Mutex
	came := map[string]int{}
	// What goes wrong, by the request and how often it came.
	wrong := map[string]func(http.ResponseWriter){
		"GET lineitems 1": func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"GET results 1":   func(w http.ResponseWriter) { io.WriteString(w, `[{"userId": `) },
		"GET lineitems 3": func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) },
		"GET results 2": func(w http.ResponseWriter) {
			fmt.Fprintf(w, `[{"id": "r", "userId": "s-1", "scoreOf": %q, "resultScore": 1}]`, c.url+c.box.LineItemsPath("c1")+"/2")
		},
		"POST lineitems 1": func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"PUT 1 1":          func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"DELETE 3 1":       func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"POST scores 1":    func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"POST scores 2":    func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) },
	}
	c.hooked(func(w http.ResponseWriter, r *http.Request) bool {
		if courseIn(r) == "" {
			return false
		}
		what := r.Method + " " + r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		mu.Lock()
		came[what]++
		fault := wrong[fmt.Sprint(what, " ", came[what])]
		mu.Unlock()
		if fault != nil {
			fault(w)
		}
		return fault != nil
	})
	s := opened(t, load(t, strings.Replace(c.books("c1"), "lineItems:\n", "lineItems:\n  - {resourceId: hw0, label: Homework 0, absent: true}\n", 1)+c.document(1)), options(t, true, environment(c)))
	p := s.Plan(t.Context())
	r, err := s.Apply(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, plan.Applied, r.Contexts[0].Status(), "%+v", r.Contexts[0].Rows)
	again := map[string]int64{}
	for _, of := range s.Stats().Platforms[0].Requests {
		if of.Repeated > 0 {
			again[of.For] = of.Repeated
		}
	}
	require.Equal(t, map[string]int64{"list line items": 2, "read results": 2, "create line item": 1, "change line item": 1, "delete line item": 1, "post score": 2}, again)
}

// A listing whose second page turns out to be the first once more is read anew: its
// first two pages were asked for before, and the third was not.
func TestPagesThatWereNotAskedForAreNoRepeats(t *testing.T) {
	c := newLMS(t, "campus")
	for i := range 12 {
		c.holds(t, "c1", sandbox.LineItem{Label: fmt.Sprint("Other ", i)})
	}
	var mu sync.Mutex
	came := 0
	c.hooked(func(w http.ResponseWriter, r *http.Request) bool {
		if courseIn(r) == "" {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		came++
		query := r.URL.Query()
		if came == 2 {
			query.Del("page") // the first page again
		}
		query.Set("limit", "5")
		r.URL.RawQuery = query.Encode()
		return false
	})
	s := opened(t, load(t, strings.Replace(c.books("c1"), ", scores: [{userId: s-1, scoreGiven: 40}, {userId: s-2, scoreGiven: 30}]", "", 1)+c.document(1)), options(t, false, environment(c)))
	planned(t, s, plan.Pending)
	for _, of := range s.Stats().Platforms[0].Requests {
		if of.For == "list line items" {
			require.EqualValues(t, came, of.Requests)
			require.EqualValues(t, 2, of.Repeated)
			require.EqualValues(t, 5, came)
		}
	}
}

// Whatever a platform is asked in vain for a plan, less what is told as sent again it
// has been asked as often as one that answers at once.
func TestRepeatsAreAllThatIsMore(t *testing.T) {
	onEach(t, func(t *testing.T, c *metered) {
		var mu sync.Mutex
		came, begins := map[string]int{}, ""
		if c.face == sandbox.FaceLearningStudio {
			begins = "[" // its listings are objects
		}
		c.hook = func(w http.ResponseWriter, r *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			switch came[r.URL.String()]++; {
			case r.Method != http.MethodGet:
			case came[r.URL.String()] == 1:
				w.Header().Set("Content-Length", "100") // it breaks off
				io.WriteString(w, strings.TrimPrefix(`[{"id": `, begins))
				return true
			case came[r.URL.String()] == 2:
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
			return false
		}
		c.open(t, 3, 5)
		docs, env := c.documents(t, c.book("bio", c.homework(1), c.homework(2), c.homework(3)))
		grade(docs, 0, "hw1", 5, 7)
		figures := func() (once, again map[string]int64) {
			s := opened(t, docs, options(t, false, env))
			planned(t, s, plan.Pending)
			once, again = map[string]int64{}, map[string]int64{}
			for _, of := range s.Stats().Platforms[0].Requests {
				once[of.For] = of.Requests - of.Repeated
				if of.Repeated > 0 {
					again[of.For] = of.Repeated
				}
			}
			return once, again
		}
		once, again := figures()
		calm, none := figures()
		require.Empty(t, none)
		require.Empty(t, cmp.Diff(calm, once))
		delete(calm, "get token")
		require.Equal(t, slices.Sorted(maps.Keys(calm)), slices.Sorted(maps.Keys(again)), "all that is read")
	})
}
