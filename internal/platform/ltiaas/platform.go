package ltiaas

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"github.com/gradesync/gradesync/internal/platform/wire"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// Platform is one launch context of LTIAAS.
type Platform struct{ client *client }

// New makes a Platform. hc is copied, so that its redirect policy can be
// replaced; its transport, timeout and cookies stay in use. A nil hc is a plain
// http.Client. The URL must be https, or http on a loopback host.
func New(hc *http.Client, o Options) (*Platform, error) {
	c, err := newClient(hc, o)
	if err != nil {
		return nil, err
	}
	return &Platform{c}, nil
}

// Capabilities are what the specification promises: of the LMS that stands behind
// the service nothing is known.
func (p *Platform) Capabilities() reconcile.Capabilities { return reconcile.Generic() }

// LineItems is every line item.
func (p *Platform) LineItems(ctx context.Context) (reconcile.Listing, error) {
	return p.list(ctx, nil)
}

// LineItemsOf is the line items with a resourceId.
func (p *Platform) LineItemsOf(ctx context.Context, resourceID string) (reconcile.Listing, error) {
	return p.list(ctx, url.Values{"resourceId": {resourceID}})
}

func (p *Platform) list(ctx context.Context, query url.Values) (reconcile.Listing, error) {
	all, proven, err := p.client.lineItems(ctx, query)
	if err != nil {
		return reconcile.Listing{}, p.fault(err, reading)
	}
	out := reconcile.Listing{Proven: proven, Items: make([]plan.LineItem, len(all))}
	for i := range all {
		out.Items[i] = wire.From(all[i])
	}
	return out, nil
}

// LineItem is one line item as it is now.
func (p *Platform) LineItem(ctx context.Context, id string) (plan.LineItem, error) {
	item, err := p.client.lineItem(ctx, id)
	if err != nil {
		return plan.LineItem{}, p.fault(err, reading)
	}
	item.ID = id // whatever the LMS calls it in this answer
	return wire.From(item), nil
}

// CreateLineItem posts one.
func (p *Platform) CreateLineItem(ctx context.Context, item plan.LineItem) (string, error) {
	echo, err := p.client.createLineItem(ctx, wire.To(item, nil))
	if err != nil {
		return "", p.fault(err, creating)
	}
	if _, err := itemPlace(echo.ID, ""); err != nil {
		return "", nil // not an id to be used; the listing will tell
	}
	return echo.ID, nil
}

// ReplaceLineItem puts.
func (p *Platform) ReplaceLineItem(ctx context.Context, item plan.LineItem, cleared []string) error {
	return p.fault(p.client.putLineItem(ctx, wire.To(item, cleared)), changing)
}

// DeleteLineItem deletes.
func (p *Platform) DeleteLineItem(ctx context.Context, id string) error {
	return p.fault(p.client.deleteLineItem(ctx, id), changing)
}

// Results is every result.
func (p *Platform) Results(ctx context.Context, id string) iter.Seq2[plan.Result, error] {
	return func(yield func(plan.Result, error) bool) {
		for r, err := range p.client.results(ctx, id, nil) {
			if err != nil {
				yield(plan.Result{}, p.fault(err, reading))
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// PostScore posts one score. Its Timestamp is not sent: the service sets one.
func (p *Platform) PostScore(ctx context.Context, id string, s reconcile.Score) error {
	return p.fault(p.client.postScore(ctx, id, s), scoring)
}

// Members is the roster.
func (p *Platform) Members(ctx context.Context) iter.Seq2[plan.Member, error] {
	return func(yield func(plan.Member, error) bool) {
		for m, err := range p.client.memberships(ctx) {
			if err != nil {
				yield(plan.Member{}, p.fault(err, reading))
				return
			}
			if !yield(m, nil) {
				return
			}
		}
	}
}
