package ltiaas

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/gradesync/gradesync/agsclient"
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
		out.Items[i] = fromWire(all[i])
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
	return fromWire(item), nil
}

// CreateLineItem posts one.
func (p *Platform) CreateLineItem(ctx context.Context, item plan.LineItem) (string, error) {
	echo, err := p.client.createLineItem(ctx, toWire(item, nil))
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
	return p.fault(p.client.putLineItem(ctx, toWire(item, cleared)), changing)
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
			g := plan.Grade{ScoreGiven: r.ResultScore, ScoreMaximum: r.ResultMaximum, Comment: r.Comment}
			if !yield(plan.Result{UserID: r.UserID, Grade: g}, nil) {
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
			if !yield(plan.Member(m), nil) {
				return
			}
		}
	}
}

// dates are the members of a line item that are times.
func dates(wire *agsclient.LineItem, item *plan.LineItem) []date {
	return []date{
		{"startDateTime", &wire.StartDateTime, &item.StartDateTime},
		{"endDateTime", &wire.EndDateTime, &item.EndDateTime},
	}
}

type date struct {
	name string
	text *string
	time *time.Time
}

// fromWire keeps as an extension what is not a time, so that a write gives it
// back as it came.
func fromWire(li agsclient.LineItem) plan.LineItem {
	out := plan.LineItem{
		ID: li.ID, Label: li.Label, ScoreMaximum: li.ScoreMaximum, ResourceID: li.ResourceID, Tag: li.Tag,
		ResourceLinkID: li.ResourceLinkID, GradesReleased: li.GradesReleased, Extensions: maps.Clone(li.Extra),
	}
	for _, d := range dates(&li, &out) {
		if t, err := instant(*d.text); err == nil {
			*d.time = t
		} else if raw, err := json.Marshal(*d.text); err == nil && *d.text != "" {
			if out.Extensions == nil {
				out.Extensions = map[string]json.RawMessage{}
			}
			out.Extensions[d.name] = raw
		}
	}
	return out
}

// instant reads ISO 8601 as platforms write it, with a zone.
func instant(text string) (t time.Time, err error) {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
	} {
		if t, err = time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}

func toWire(li plan.LineItem, cleared []string) agsclient.LineItem {
	out := agsclient.LineItem{
		ID: li.ID, Label: li.Label, ScoreMaximum: li.ScoreMaximum, ResourceID: li.ResourceID, Tag: li.Tag,
		ResourceLinkID: li.ResourceLinkID, GradesReleased: li.GradesReleased, Extra: li.Extensions, Null: cleared,
	}
	for _, d := range dates(&out, &li) {
		if !d.time.IsZero() {
			*d.text = d.time.Format(time.RFC3339Nano)
		}
	}
	return out
}
