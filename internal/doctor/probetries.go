package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/gradesync/gradesync/reconcile"
)

// list reads a listing, some times over where that fails in passing.
func (r *run) list(ctx context.Context, read func(context.Context) (reconcile.Listing, error)) (l reconcile.Listing, err error) {
	_, err = r.eventually(ctx, 0, func() (bool, error) {
		l, err = read(ctx)
		return err == nil, err
	})
	return l, err
}

// eventually asks until the answer is yes, or the time is up. A read that
// fails in passing is tried again.
func (r *run) eventually(ctx context.Context, within time.Duration, ask func() (bool, error)) (bool, error) {
	end := r.Clock.Now().Add(within)
	for try := 1; ; try++ {
		yes, err := ask()
		passing := kind(err) == reconcile.Doubt || kind(err) == reconcile.Throttled
		switch late := !r.Clock.Now().Before(end); {
		case err != nil && (ctx.Err() != nil || !passing || late && try >= 5):
			return false, &unread{err}
		case err == nil && (yes || late):
			return yes, nil
		}
		if err := r.Clock.Sleep(ctx, max(250*time.Millisecond, wait(err))); err != nil {
			return false, err
		}
	}
}

// unread is an error of reading: no answer to what was written.
type unread struct{ err error }

func (e *unread) Error() string { return e.err.Error() }
func (e *unread) Unwrap() error { return e.err }

func isUnread(err error) bool {
	_, ok := errors.AsType[*unread](err)
	return ok
}

// again sends a write until the platform is no longer too busy for it, and
// where it is in doubt so many times in all: one that fails each time is one
// that the platform fails at.
func (r *run) again(ctx context.Context, doubts int, write func() error) error {
	for try := 1; ; try++ {
		err := write()
		if k := kind(err); k != reconcile.Throttled && (k != reconcile.Doubt || try >= doubts) || try == 6 {
			return err
		}
		if err := r.Clock.Sleep(ctx, max(time.Second, wait(err))); err != nil {
			return err
		}
	}
}

func fault(err error) *reconcile.Fault {
	f, _ := errors.AsType[*reconcile.Fault](err)
	return f
}

// kind is what an error of the platform means; "" for none.
func kind(err error) reconcile.FaultKind {
	switch f := fault(err); {
	case err == nil:
		return ""
	case f == nil:
		return reconcile.Doubt
	default:
		return f.Kind
	}
}

func doubt(err error) bool { return kind(err) == reconcile.Doubt }

func wait(err error) time.Duration {
	if f := fault(err); f != nil {
		return min(f.RetryAfter, 30*time.Second)
	}
	return 0
}

// no tells whether an error is the platform's answer to what was tried, rather
// than a trouble on the way.
func no(ctx context.Context, err error) bool {
	switch kind(err) {
	case reconcile.Refused, reconcile.Doubt, reconcile.Stale:
		return ctx.Err() == nil && !isUnread(err)
	}
	return false
}
