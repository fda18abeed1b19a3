package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

var (
	errStays   = errors.New("the platform said that it is gone, and still shows it")
	errNotOurs = errors.New("it does not bear the probe's resourceId and label any more")
)

// remove takes the line item away and says what came of it. Neither an
// interruption nor an error before it keeps it from doing so. It touches
// nothing that was there before.
func (r *run) remove(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Grace)
	defer cancel()
	if r.id == "" && !r.unsure {
		return
	}
	if r.id == "" { // the create may have happened nevertheless
		_, err := r.eventually(ctx, r.patience, func() (bool, error) { return r.find(ctx) })
		switch {
		case r.over != "":
			r.is("delete", "overwritten", r.over)
			return
		case r.id == "" && err == nil && r.instead != "":
			r.is("delete", "another", r.instead)
			return
		case r.id == "":
			r.is("delete", "unknown", r.made.ResourceID, because(err))
			return
		}
	}
	err := r.discard(ctx, r.id, r.marked)
	switch {
	case err == nil:
		r.is("delete", "deletes")
	case errors.Is(err, errStays):
		r.is("delete", "keeps", r.id)
	case errors.Is(err, errNotOurs):
		r.is("delete", "changed", r.id)
	case isUnread(err):
		r.is("delete", "unknown", r.id, because(err))
	default:
		r.is("delete", "refused", r.id, ": ", err.Error())
	}
}

// marked tells whether the line item still is the probe's: by its resourceId,
// where that is kept, and by its label, or by what the platform made of that.
func (r *run) marked(li *plan.LineItem) bool {
	switch li.ResourceID {
	case r.made.ResourceID:
		return called(li) || li.Label == r.now.Label
	case "":
		return called(li) && !r.keeps("resourceId")
	}
	return false
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return " (" + err.Error() + ")"
}

// discard deletes a line item that, read just before, still is what it was
// taken for, and makes sure that it does not show any more.
func (r *run) discard(ctx context.Context, id string, is func(*plan.LineItem) bool) error {
	there := false
	same, err := r.eventually(ctx, r.patience, func() (bool, error) {
		li, err := r.Platform.LineItem(ctx, id)
		there = err == nil
		if kind(err) == reconcile.Gone {
			return false, nil
		}
		return there && is(&li), err
	})
	switch {
	case err != nil:
		return err
	case there && !same:
		return errNotOurs
	case there:
		if err := r.delete(ctx, id); err != nil {
			return err
		}
	}
	return r.gone(ctx, id)
}

func (r *run) delete(ctx context.Context, id string) error {
	for try := 1; ; try++ {
		err := r.Platform.DeleteLineItem(ctx, id)
		k := kind(err)
		if err == nil || k == reconcile.Gone {
			return nil
		}
		if try == 4 || k == reconcile.Refused || k == reconcile.Denied {
			return err
		}
		if err := r.Clock.Sleep(ctx, max(time.Second, wait(err))); err != nil {
			return err
		}
	}
}

// gone waits until no listing shows a line item any more.
func (r *run) gone(ctx context.Context, id string) error {
	away, err := r.eventually(ctx, r.Settle, func() (bool, error) {
		list, err := r.Platform.LineItems(ctx)
		if err != nil {
			return false, err
		}
		for i := range list.Items {
			if list.Items[i].ID == id {
				return false, nil
			}
		}
		return true, nil
	})
	if err == nil && !away {
		return errStays
	}
	return err
}
