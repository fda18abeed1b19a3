package learningstudio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// Options say which course.
type Options struct {
	URL    string // the API's address, https, or http on a loopback host
	Course string // its id: an LTI launch's context_id
	// Account counts what the listings take in memory; nil: nobody does.
	Account *agsclient.Account
}

// Platform is one course.
type Platform struct {
	client *client
	course string
	scales scales
}

var (
	_ reconcile.Platform     = (*Platform)(nil)
	_ reconcile.LinkResolver = (*Platform)(nil)
	_ reconcile.GradeReader  = (*Platform)(nil)
)

// New makes a Platform of a course. hc signs what is sent, by [Signed]. It is
// copied, so that no redirect is followed.
func New(hc *http.Client, o Options) (*Platform, error) {
	c, err := newClient(hc, o)
	if err != nil {
		return nil, err
	}
	if blank(o.Course) {
		return nil, errors.New("learningstudio: no course id")
	}
	return &Platform{client: c, course: o.Course}, nil
}

// in is a path of the course.
func (p *Platform) in(path ...string) []string {
	return append([]string{"courses", p.course}, path...)
}

// LineItems is every gradebook item; the API gives them in one page.
func (p *Platform) LineItems(ctx context.Context) (reconcile.Listing, error) {
	items, err := list(ctx, p.client, call{op: "list gradebook items", path: p.in("gradebookItems")}, listing[plan.LineItem]{
		member: "gradebookItems", most: maxItems, decode: decodeItem,
	})
	if err != nil {
		return reconcile.Listing{}, fault(err, reading)
	}
	for _, li := range items {
		p.scales.list(li.ID, li.ScoreMaximum)
	}
	return reconcile.Listing{Proven: true, Items: items}, nil
}

func decodeItem(raw json.RawMessage) (plan.LineItem, int, error) {
	var i item
	if err := decode(raw, &i); err != nil {
		return plan.LineItem{}, 0, err
	}
	if i.ID == "" {
		return plan.LineItem{}, 0, errors.New("a gradebook item has no id")
	}
	li := i.lineItem()
	return li, agsclient.LineItem{ID: li.ID, Label: li.Label, ResourceLinkID: li.ResourceLinkID}.Cost(), nil
}

// LineItemsOf is all of them: gradebook items have no resourceId.
func (p *Platform) LineItemsOf(ctx context.Context, _ string) (reconcile.Listing, error) {
	return p.LineItems(ctx)
}

// LineItem is one gradebook item as it is now.
func (p *Platform) LineItem(ctx context.Context, id string) (plan.LineItem, error) {
	i, err := p.item(ctx, id)
	if err != nil {
		return plan.LineItem{}, fault(err, reading)
	}
	return i.lineItem(), nil
}

// LineItemOfLink is the gradebook item of a content item, whose id is the
// resource_link_id of a launch.
func (p *Platform) LineItemOfLink(ctx context.Context, resourceLinkID string) (plan.LineItem, error) {
	i, err := p.readItem(ctx, call{op: "find gradebook item", path: p.in("items", resourceLinkID, "gradebookItem")})
	if err == nil && i.ID == "" {
		err = errors.New("the gradebook item has no id")
	}
	if err != nil {
		return plan.LineItem{}, fault(err, reading)
	}
	if other := i.elsewhere(p.course); other != "" {
		return plan.LineItem{}, &reconcile.Fault{
			Kind: reconcile.Refused, Hint: "check the context's course and the resourceLinkId in the file",
			Err: fmt.Errorf("asked for the gradebook item of the content item %s, LearningStudio gave one of the course %q", resourceLinkID, other),
		}
	}
	li := i.lineItem()
	if li.ResourceLinkID == "" { // its links say nothing of it
		li.ResourceLinkID = resourceLinkID
	}
	return li, nil
}

// Results is every grade of a gradebook item, from one bulk reading.
func (p *Platform) Results(ctx context.Context, id string) iter.Seq2[plan.Result, error] {
	return func(yield func(plan.Result, error) bool) {
		results, err := p.results(ctx, id)
		for _, r := range results {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(plan.Result{}, fault(err, reading))
		}
	}
}

// Members is the roster, with the students' addresses.
func (p *Platform) Members(ctx context.Context) iter.Seq2[plan.Member, error] {
	return func(yield func(plan.Member, error) bool) {
		members, err := p.members(ctx)
		for _, m := range members {
			if !yield(m, nil) {
				return
			}
		}
		if err != nil {
			yield(plan.Member{}, fault(err, reading))
		}
	}
}

// CreateLineItem is refused.
func (p *Platform) CreateLineItem(context.Context, plan.LineItem) (string, error) {
	return "", fixed("made")
}

// DeleteLineItem is refused.
func (p *Platform) DeleteLineItem(context.Context, string) error { return fixed("deleted") }

func fixed(what string) error {
	return &reconcile.Fault{
		Kind: reconcile.Refused, Hint: "it is done " + fixedColumns,
		Err: fmt.Errorf("no column of LearningStudio can be %s through its API", what),
	}
}
