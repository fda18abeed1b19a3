package ags

import (
	"context"
	"fmt"
	"html"
	"iter"
	"sync"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/platform/wire"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// Platform is one context over AGS.
type Platform struct {
	client  *agsclient.Client
	profile *Profile

	mu    sync.Mutex
	known map[string]bool // ids of line items that listings showed
}

// New makes a Platform of a context's client.
func New(c *agsclient.Client, p *Profile) *Platform {
	return &Platform{client: c, profile: p}
}

// Capabilities is the profile's.
func (p *Platform) Capabilities() reconcile.Capabilities { return p.profile.Capabilities }

// LineItems is every line item. One whose id the token may not be sent to
// makes the whole listing an error, before anything is decided on it. One that
// may be cut at the size of the pages that the profile asks for is read again in
// the platform's own, see inPages.
func (p *Platform) LineItems(ctx context.Context) (reconcile.Listing, error) {
	size := p.profile.Pages.LineItems
	list, pages, err := p.list(ctx, agsclient.LineItemFilter{Limit: size})
	switch {
	case err != nil || size == 0 || list.Proven:
		return list, err
	case pages == 1:
		list, _, err = p.list(ctx, agsclient.LineItemFilter{})
		return list, err
	}
	list.Proven = true // the pages before the last one were linked
	return list, nil
}

func (p *Platform) list(ctx context.Context, f agsclient.LineItemFilter) (all reconcile.Listing, pages int, err error) {
	list, err := p.client.LineItems(ctx, f)
	if err != nil {
		return reconcile.Listing{}, 0, p.profile.fault(err, Reading)
	}
	all = reconcile.Listing{Proven: list.Proven, Items: make([]plan.LineItem, len(list.Items))}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = make(map[string]bool, len(list.Items))
	}
	for i := range list.Items {
		p.known[list.Items[i].ID] = true
		all.Items[i] = wire.From(list.Items[i])
	}
	return all, list.Pages, nil
}

// LineItemsOf asks the container for the line items with a resourceId.
func (p *Platform) LineItemsOf(ctx context.Context, resourceID string) (reconcile.Listing, error) {
	list, _, err := p.list(ctx, agsclient.LineItemFilter{ResourceID: resourceID})
	return list, err
}

// LineItem is one line item as it is now.
func (p *Platform) LineItem(ctx context.Context, id string) (plan.LineItem, error) {
	li, err := p.client.LineItem(ctx, id)
	if err != nil {
		return plan.LineItem{}, p.profile.fault(err, Reading)
	}
	li.ID = id // whatever the platform calls it in this answer
	return wire.From(li), nil
}

// CreateLineItem posts to the container.
func (p *Platform) CreateLineItem(ctx context.Context, item plan.LineItem) (string, error) {
	item.ID = ""
	li, err := p.client.CreateLineItem(ctx, wire.To(item, nil))
	if err != nil {
		return "", p.profile.fault(err, Writing)
	}
	if p.client.CheckID(li.ID) != nil {
		return "", nil // not an id to be used; the listing will tell
	}
	return li.ID, nil
}

// ReplaceLineItem puts.
func (p *Platform) ReplaceLineItem(ctx context.Context, item plan.LineItem, cleared []string) error {
	_, err := p.client.PutLineItem(ctx, wire.To(item, cleared))
	return p.profile.fault(err, Writing)
}

// DeleteLineItem deletes.
func (p *Platform) DeleteLineItem(ctx context.Context, id string) error {
	return p.profile.fault(p.client.DeleteLineItem(ctx, id), Deleting)
}

// Results is every result.
func (p *Platform) Results(ctx context.Context, id string) iter.Seq2[plan.Result, error] {
	return func(yield func(plan.Result, error) bool) {
		for r, err := range inPages(p.profile.Pages.Results, func(limit int) iter.Seq2[agsclient.Result, error] {
			return p.client.Results(ctx, id, agsclient.ResultFilter{Limit: limit})
		}) {
			if err != nil {
				yield(plan.Result{}, p.profile.fault(err, Reading))
				return
			}
			if p.another(id, r.ScoreOf) {
				yield(plan.Result{}, &reconcile.Fault{Kind: reconcile.Doubt, Passing: true, Err: fmt.Errorf("the results of %s are said to be of another line item", id)})
				return
			}
			g := plan.Grade{ScoreGiven: r.ResultScore, ScoreMaximum: r.ResultMaximum, Comment: r.Comment}
			if !yield(plan.Result{UserID: r.UserID, Grade: g}, nil) {
				return
			}
		}
	}
}

// another tells whether a result says that it belongs to a line item other
// than the one that was asked for. An id that no listing showed says nothing:
// platforms write scoreOf in many ways.
func (p *Platform) another(id, scoreOf string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return scoreOf != "" && scoreOf != id && p.known[scoreOf]
}

// PostScore posts one score.
func (p *Platform) PostScore(ctx context.Context, id string, s reconcile.Score) error {
	out := agsclient.Score{
		UserID: s.UserID, ScoreGiven: s.ScoreGiven, ScoreMaximum: s.ScoreMaximum, Comment: s.Comment,
		Timestamp: s.Timestamp, ActivityProgress: s.ActivityProgress, GradingProgress: s.GradingProgress,
		ScoringUserID: s.ScoringUserID, ClearComment: s.ClearComment, Extra: p.profile.ScoreExtra,
	}
	if s.Submission != nil {
		out.Submission = agsclient.Submission{StartedAt: s.Submission.StartedAt, SubmittedAt: s.Submission.SubmittedAt}
	}
	return p.profile.fault(p.client.PostScore(ctx, id, out), Scoring)
}

// Members is the roster.
func (p *Platform) Members(ctx context.Context) iter.Seq2[plan.Member, error] {
	return func(yield func(plan.Member, error) bool) {
		for m, err := range inPages(p.profile.Pages.Members, func(limit int) iter.Seq2[agsclient.Member, error] {
			return p.client.Memberships(ctx, agsclient.MembershipFilter{Limit: limit})
		}) {
			if err != nil {
				yield(plan.Member{}, p.profile.fault(err, Reading))
				return
			}
			if p.profile.Has(quirk.EscapesNames) {
				m.Name = html.UnescapeString(m.Name)
			}
			who := plan.Member{UserID: m.UserID, Name: m.Name, Email: m.Email, SourcedID: m.SourcedID, Roles: m.Roles, Status: m.Status}
			if !yield(who, nil) {
				return
			}
		}
	}
}
