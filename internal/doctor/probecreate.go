package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// create makes the line item and finds it in the listing: the id that the
// platform answers with may be any column's. One of which it is not known
// whether it was made is looked for, and only then sent again.
func (r *run) create(ctx context.Context) error {
	for try := 1; ; try++ {
		told := ""
		sent := r.again(ctx, 1, func() (err error) {
			told, err = r.Platform.CreateLineItem(ctx, r.made)
			return err
		})
		if sent != nil && !doubt(sent) && ctx.Err() == nil {
			return fmt.Errorf("the scratch line item was not made: %w", sent)
		}
		r.unsure = true
		if told != "" && r.wasThere(told) {
			r.instead = told
			return notMade("the platform answered with another line item than the one that was to be made, which was there before: " + told)
		}
		began := r.Clock.Now()
		shown, err := r.eventually(ctx, r.Settle, func() (bool, error) { return r.find(ctx) })
		switch {
		case err != nil:
			return err
		case r.over != "":
			return notMade("the platform wrote the scratch line item over one that was there before: " + r.over)
		case shown:
			r.delay(r.Clock.Now().Sub(began))
			return nil
		case sent == nil:
			return errors.New("the scratch line item was made, and the listing shows no new line item with its resourceId, or with its label and no resourceId")
		case try == 3:
			return fmt.Errorf("the scratch line item was not made: %w", sent)
		}
	}
}

// notMade ends a probe on a platform that answers a create with what was there.
func notMade(why string) error {
	return &reconcile.Fault{Kind: reconcile.Refused, Hint: "do not probe here again: this LMS gives a tool no column of its own", Err: errors.New(why)}
}

// find looks for the line item in a listing, then reads it. It also ends where
// one that was there before bears our marks now, which is told in over.
func (r *run) find(ctx context.Context) (bool, error) {
	list, err := r.Platform.LineItems(ctx)
	if err != nil {
		return false, err
	}
	if r.over = r.overwritten(list.Items); r.over != "" {
		return true, nil
	}
	id := r.pick(list.Items)
	if id == "" {
		return false, nil
	}
	li, err := r.Platform.LineItem(ctx, id)
	if kind(err) == reconcile.Gone || err == nil && !r.named(&li) {
		return false, nil
	}
	if err == nil {
		r.id, r.now = id, li
	}
	return err == nil, err
}

// pick is the id of what is new and bears our marks: our resourceId, which
// nobody else has, or the label where no resourceId is kept. By the label alone
// it must be the only one: another probe's has the same.
func (r *run) pick(items []plan.LineItem) string {
	var labelled []string
	for i := range items {
		li := &items[i]
		switch {
		case r.wasThere(li.ID) || !r.named(li):
		case li.ResourceID != "":
			return li.ID
		default:
			labelled = append(labelled, li.ID)
		}
	}
	if len(labelled) == 1 {
		return labelled[0]
	}
	return ""
}

// named tells whether a line item has what the create gave it.
func (r *run) named(li *plan.LineItem) bool {
	return li.ResourceID == r.made.ResourceID || li.ResourceID == "" && li.Label == r.made.Label
}

// overwritten is the id of what was there before and bears our marks since.
func (r *run) overwritten(items []plan.LineItem) string {
	for i := range items {
		li := &items[i]
		was, there := r.before[spelled(li.ID)]
		if there && r.named(li) && (li.ResourceID != "" || !strings.HasPrefix(was, ScratchLabel)) {
			return li.ID
		}
	}
	return ""
}

func (r *run) wasThere(id string) bool {
	_, there := r.before[spelled(id)]
	return there
}

// spelled is one spelling for all the ways in which a platform may write the
// URL of one line item: without scheme, default port, dots, double and trailing
// slashes, the order of its query and the case of its letters. Two line items
// that it takes for one only end a probe.
func spelled(id string) string {
	u, err := url.Parse(id)
	if err != nil {
		return strings.ToLower(id)
	}
	host := strings.TrimSuffix(strings.TrimSuffix(u.Host, ":80"), ":443")
	return strings.ToLower(host + path.Clean("/"+u.Path) + "?" + u.Query().Encode())
}

func (r *run) delay(d time.Duration) {
	if d < time.Second {
		r.is("delay", "none")
		return
	}
	r.is("delay", "some", d.Round(time.Second/10).String())
	r.patience = min(r.Settle, max(r.patience, 2*d))
}
