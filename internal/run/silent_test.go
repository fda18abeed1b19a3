package run

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
)

// One course of thirty never answers when its results are read: the others are
// planned, written to and read back as if it were not there. Nothing else is under way
// when it is given up, and the others begin to write at once.
func TestOneSilentCourse(t *testing.T) {
	for _, concurrency := range []int{1, 8, 16} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			t.Parallel()
			c := newLMS(t, "campus")
			var courses []string
			for n := range 30 {
				course := fmt.Sprint("c", n)
				courses = append(courses, course)
				c.holds(t, course, sandbox.LineItem{Label: "Homework 1", ResourceID: "hw1"}, 10)
				c.holds(t, course, sandbox.LineItem{Label: "Homework 2", ResourceID: "hw2"}, 10)
			}
			c.hooked(func(w http.ResponseWriter, r *http.Request) bool {
				if courseIn(r) != "c21" || !strings.HasSuffix(r.URL.Path, "/results") {
					return false
				}
				<-r.Context().Done()
				return true
			})
			books := strings.ReplaceAll(c.books(courses...), "Homework 2, scoreMaximum: 50}", "Homework 2, scoreMaximum: 50, scores: [{userId: s-1, scoreGiven: 20}]}")
			docs := load(t, books+strings.Replace(c.document(concurrency), "settle: 300ms", "settle: 300ms, timeout: 2s", 1))
			s := opened(t, docs, options(t, true, environment(c)))
			p := s.Plan(t.Context())
			r, err := s.Apply(t.Context(), p)
			require.NoError(t, err)
			for i := range r.Contexts {
				if r.Contexts[i].Plan.Gradebook == "c21" {
					require.Equal(t, plan.Failed, r.Contexts[i].Status())
					require.Contains(t, r.Contexts[i].Plan.Failure.Message, "no answer within 2s")
					continue
				}
				require.Equal(t, plan.Applied, r.Contexts[i].Status(), "%s: %v", r.Contexts[i].Plan.Gradebook, r.Contexts[i].Failure)
				require.Equal(t, 3, r.Contexts[i].Outcomes().Confirmed)
			}
			require.Zero(t, c.writes()["c21"])
			require.Len(t, c.writes(), 29)
		})
	}
}

// What the transport has sent again in vain is not sent again by who reads: a platform
// that cannot answer is asked for each listing as often as one of the two does.
func TestFailingListingIsNotAskedTwiceOver(t *testing.T) {
	const courses, tries = 6, 6
	c := newLMS(t, "campus")
	var all []string
	for n := range courses {
		all = append(all, fmt.Sprint("c", n))
	}
	listings := make(chan string, 1000)
	c.hooked(func(w http.ResponseWriter, r *http.Request) bool {
		if courseIn(r) == "" {
			return false
		}
		listings <- courseIn(r)
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	s := opened(t, load(t, c.books(all...)+c.document(8)), options(t, false, environment(c)))
	p := s.Plan(t.Context())
	for i := range p.Contexts {
		require.Equal(t, plan.Failed, p.Contexts[i].Status())
		require.Contains(t, p.Contexts[i].Failure.Message, "503 Service Unavailable")
	}
	require.Len(t, listings, courses*tries)
	for _, of := range s.Stats().Platforms[0].Requests {
		if of.For == "list line items" {
			require.EqualValues(t, courses*(tries-1), of.Repeated, "all but the first are told as sent again")
		}
	}
}
