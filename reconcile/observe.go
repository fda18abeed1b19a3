package reconcile

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/gradesync/gradesync/plan"
)

// Plan observes a context and decides. It only reads. What keeps it from
// reading ends up as the plan's Failure; there is no other error.
func Plan(ctx context.Context, p Platform, w *Want, opts Options, concurrency int) plan.Context {
	fail := func(doing string, err error) plan.Context {
		return plan.Context{
			Gradebook: w.Gradebook, Name: w.Context, Platform: w.Platform,
			Failure: FailureOf(ctx, doing, err),
		}
	}
	var ids []string
	for i := range w.Items {
		if id := w.Items[i].ResourceID; id.IsSet() && !w.Items[i].Tombstone() {
			ids = append(ids, id.Value)
		}
	}
	listing, err := list(ctx, p, ids)
	if err != nil {
		return fail("reading the line items", err)
	}
	m := match(w, listing.Items)
	must, may := needResults(w, listing.Items, m)
	results, err := readResults(ctx, p, must, concurrency)
	if err != nil {
		return fail("reading the results", err)
	}
	eachResults(ctx, p, may, concurrency, func(id string, grades map[string]plan.Grade, err error) {
		if err == nil {
			results[id] = grades
		}
	})
	if ctx.Err() != nil {
		return fail("reading the results", ctx.Err())
	}
	return decide(w, &Observed{Listing: listing, Results: results}, m, p.Capabilities(), opts)
}

// readResults reads the results of several line items at once. The first
// error ends it.
func readResults(ctx context.Context, p Platform, ids []string, concurrency int) (map[string]map[string]plan.Grade, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := make(map[string]map[string]plan.Grade, len(ids))
	eachResults(ctx, p, ids, concurrency, func(id string, grades map[string]plan.Grade, err error) {
		out[id] = grades
		if err != nil {
			cancel(err) // the first cause stays
		}
	})
	return out, context.Cause(ctx)
}

// eachResults reads the results of several line items at once and hands
// them over one by one.
func eachResults(ctx context.Context, p Platform, ids []string, concurrency int, take func(id string, grades map[string]plan.Grade, err error)) {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(max(1, concurrency))
	for _, id := range ids {
		g.Go(func() error {
			grades, err := resultsOf(ctx, p, id)
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
func resultsOf(ctx context.Context, p Platform, id string) (map[string]plan.Grade, error) {
	grades := map[string]plan.Grade{}
	for r, err := range p.Results(ctx, id) {
		if err != nil {
			return nil, err
		}
		if before, twice := grades[r.UserID]; twice && !holdsGrade(before, r.Grade) {
			return nil, &Fault{Kind: Refused, Err: fmt.Errorf("the results of %s show one person twice with different grades", id)}
		}
		grades[r.UserID] = r.Grade
	}
	return grades, nil
}
