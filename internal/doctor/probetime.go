package doctor

import (
	"context"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// fresh is a timestamp in a later whole second than any that the platform
// knows, and not in its future.
func (r *run) fresh(ctx context.Context) (time.Time, error) {
	next := r.last.Truncate(time.Second).Add(time.Second)
	if r.last.IsZero() {
		next = time.Time{}
	}
	if d := next.Sub(r.Clock.Now()); !next.IsZero() && d > 0 {
		if err := r.Clock.Sleep(ctx, d+50*time.Millisecond); err != nil {
			return time.Time{}, err
		}
	}
	r.last = r.Clock.Now()
	return r.last, nil
}

// late posts a score whose timestamp is not later, and tells what came of it.
func (r *run) late(ctx context.Context, of string, points float64, at time.Time) error {
	err := r.post(ctx, points, "", at)
	if err != nil && !no(ctx, err) {
		return err
	}
	g, readErr := r.shown(ctx, func(g plan.Grade) bool { return err != nil || g.ScoreGiven != nil && r.near(g, points) })
	switch {
	case readErr != nil:
		return readErr
	case g.ScoreGiven != nil && r.near(g, points):
		r.is(of, "accepted")
	case err != nil:
		r.is(of, "refused", err.Error())
	default:
		r.is(of, "ignored")
	}
	return nil
}

func (r *run) stale(ctx context.Context) error {
	if _, err := r.score(ctx, 20, ""); err != nil {
		return r.orUnknown(ctx, "stale", err)
	}
	return r.late(ctx, "stale", 21, r.last.Add(-time.Hour))
}

func (r *run) equal(ctx context.Context) error {
	if _, err := r.score(ctx, 22, ""); err != nil {
		return r.orUnknown(ctx, "equal", err)
	}
	return r.late(ctx, "equal", 23, r.last)
}

// seconds posts two scores in one whole second, the second one later.
func (r *run) seconds(ctx context.Context) error {
	at, err := r.fresh(ctx)
	if err != nil {
		return err
	}
	whole := at.Truncate(time.Second)
	if d := 300*time.Millisecond - at.Sub(whole); d > 0 { // so that neither is in the future
		if err := r.Clock.Sleep(ctx, d); err != nil {
			return err
		}
	}
	if err := r.post(ctx, 24, "", whole.Add(100*time.Millisecond)); err != nil {
		return r.orUnknown(ctx, "seconds", err)
	}
	return r.late(ctx, "seconds", 25, whole.Add(200*time.Millisecond))
}
