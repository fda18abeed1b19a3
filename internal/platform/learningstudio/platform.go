package learningstudio

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// Options say which course.
type Options struct {
	URL    string // the API's address, https, or http on a loopback host
	Course string // its id: an LTI launch's context_id
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
)

// New makes a Platform of a course. hc signs what is sent, by [Signed]. It is
// copied, so that no redirect is followed.
func New(hc *http.Client, o Options) (*Platform, error) {
	c, err := newClient(hc, o.URL)
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
	var wire struct {
		Items list[item] `json:"gradebookItems"`
	}
	r := call{op: "list gradebook items", path: p.in("gradebookItems")}
	err := p.client.get(ctx, r, &wire)
	if err == nil && !wire.Items.given {
		err = p.client.unread(r, http.StatusOK, errors.New("the answer holds no gradebookItems"))
	}
	if err != nil {
		return reconcile.Listing{}, fault(err, reading)
	}
	out := reconcile.Listing{Proven: true, Items: make([]plan.LineItem, 0, len(wire.Items.all))}
	for _, i := range wire.Items.all {
		if i.ID == "" {
			return reconcile.Listing{}, fault(p.client.unread(r, http.StatusOK, errors.New("a gradebook item has no id")), reading)
		}
		p.scales.read(string(i.ID), i.Points.or(0))
		out.Items = append(out.Items, i.lineItem())
	}
	return out, nil
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
	li := i.lineItem()
	li.ResourceLinkID = resourceLinkID // its links may say nothing of it
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
