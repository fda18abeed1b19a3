package reconcile

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/gradesync/gradesync/plan"
)

// Reading says how a platform is read.
type Reading struct {
	Concurrency int // line items whose results are read at once, at least 1
	Clock       Clock
	Times       *Times // may be nil
	// Roster is everyone of the context, each once, where the Want needs one
	// (see ReadRoster).
	Roster []plan.Member
}

// Plan observes a context and decides. It only reads. What keeps it from
// reading ends up as the plan's Failure; there is no other error.
func Plan(ctx context.Context, p Platform, w *Want, opts Options, r Reading) plan.Context {
	fail := func(doing string, err error) plan.Context {
		return plan.Context{
			Gradebook: w.Gradebook, Name: w.Context, Platform: w.Platform,
			Failure: FailureOf(ctx, doing, err),
		}
	}
	given := w
	w, people := resolve(w, r.Roster)
	if left := people.leftIDs(); len(left) > 0 {
		own := *w
		own.left, w = left, &own
	}
	var ids []string
	for i := range w.Items {
		if id := w.Items[i].ResourceID; id.IsSet() && !w.Items[i].Tombstone() {
			ids = append(ids, id.Value)
		}
	}
	over := r.Times.In(ReadingItems)
	defer func() { over() }()
	listing, err := list(ctx, p, r.Clock, ids)
	if err != nil {
		return fail("reading the line items", err)
	}
	if resolver, ok := p.(LinkResolver); ok {
		if err := resolveLinks(ctx, resolver, r.Clock, w, &listing); err != nil {
			return fail("reading the line items", err)
		}
	}
	over()
	m := match(w, listing.Items)
	given.Found = m.found(listing.Items)
	over = r.Times.In(ReadingResults)
	must, may := needResults(w, listing.Items, m)
	results, err := readResults(ctx, p, must, r)
	if err != nil {
		return fail("reading the results", err)
	}
	eachResults(ctx, p, may, r, func(id string, grades map[string]plan.Grade, err error) {
		if err == nil {
			results[id] = grades
		}
	})
	if ctx.Err() != nil {
		return fail("reading the results", ctx.Err())
	}
	over()
	over = r.Times.In(Deciding)
	out := decide(w, &Observed{Listing: listing, Results: results}, m, p.Capabilities(), opts)
	out.Findings = append(people.findings(), out.Findings...)
	out.Notes = append(people.notes(), out.Notes...)
	out.LeftOut = people.leftOut()
	return out
}

// readResults reads the results of several line items at once. The first
// error ends it.
func readResults(ctx context.Context, p Platform, ids []string, r Reading) (map[string]map[string]plan.Grade, error) {
	out := make(map[string]map[string]plan.Grade, len(ids))
	place := make(map[string]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	worst := len(ids) // the first in the order of ids, whichever failed first
	var failed error
	var mu sync.Mutex
	wanted := func(id string) bool {
		mu.Lock()
		defer mu.Unlock()
		return place[id] < worst
	}
	eachResultsIf(ctx, p, ids, r, wanted, func(id string, grades map[string]plan.Grade, err error) {
		mu.Lock()
		defer mu.Unlock()
		out[id] = grades
		if err != nil && place[id] < worst {
			worst, failed = place[id], err
		}
	})
	return out, failed
}

// eachResults reads the results of several line items at once and hands
// them over one by one.
func eachResults(ctx context.Context, p Platform, ids []string, r Reading, take func(id string, grades map[string]plan.Grade, err error)) {
	eachResultsIf(ctx, p, ids, r, func(string) bool { return true }, take)
}

// eachResultsIf leaves out what is no longer wanted when its turn comes.
func eachResultsIf(ctx context.Context, p Platform, ids []string, r Reading, wanted func(id string) bool, take func(id string, grades map[string]plan.Grade, err error)) {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(max(1, r.Concurrency))
	for _, id := range ids {
		g.Go(func() error {
			if !wanted(id) {
				return nil
			}
			grades, err := resultsOf(ctx, p, r.Clock, id)
			mu.Lock()
			defer mu.Unlock()
			take(id, grades, err)
			return nil
		})
	}
	_ = g.Wait() // take has the errors
}

// resultsOf reads one line item's results by person. A person who is listed
// twice with different grades cannot be reconciled.
func resultsOf(ctx context.Context, p Platform, clock Clock, id string) (map[string]plan.Grade, error) {
	return Again(ctx, clock, func(ctx context.Context) (map[string]plan.Grade, error) { return resultsOnce(ctx, p, id) })
}

func resultsOnce(ctx context.Context, p Platform, id string) (map[string]plan.Grade, error) {
	grades := map[string]plan.Grade{}
	for r, err := range p.Results(ctx, id) {
		if err != nil {
			return nil, err
		}
		if before, twice := grades[r.UserID]; twice && !(equality{}).grade(before, r.Grade) {
			return nil, &Fault{Kind: Refused, Err: fmt.Errorf("the results of %s show one person twice with different grades", id)}
		}
		grades[r.UserID] = r.Grade
	}
	return grades, nil
}
