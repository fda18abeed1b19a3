package doctor

import (
	"context"
	"math"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// rescaling changes the maximum under a grade, and under one that was cleared.
func (r *run) rescaling(ctx context.Context) error {
	before, err := r.score(ctx, 40, "")
	if err != nil || before.ScoreGiven == nil {
		return r.orUnknown(ctx, "rescale", err)
	}
	was := r.now.ScoreMaximum
	half := was / 2
	if err := r.maximum(ctx, half); err != nil {
		return r.orUnknown(ctx, "rescale", err)
	}
	if r.now.ScoreMaximum != half {
		r.is("rescale", "unknown", "the maximum stays as it is")
		return nil
	}
	// Each of them is told by points and scale: half of it all, the same points, or untouched.
	scaled := func(g plan.Grade) bool { return g.ScoreGiven != nil && math.Abs(r.points(g)-20) < 0.01 }
	g, err := r.shown(ctx, scaled)
	switch {
	case err != nil:
		return err
	case g.ScoreGiven == nil:
		r.is("rescale", "dropped")
	case scaled(g) && g.ScoreMaximum == was && before.ScoreMaximum == was:
		r.is("rescale", "as-posted")
	case scaled(g):
		r.is("rescale", "scales")
	case math.Abs(r.points(g)-40) < 0.01:
		r.is("rescale", "points")
	default:
		r.is("rescale", "other")
	}
	return r.zero(ctx, was)
}

func (r *run) maximum(ctx context.Context, top float64) error {
	item := r.now
	item.ScoreMaximum = top
	return r.put(ctx, item, nil, func(li *plan.LineItem) bool { return li.ScoreMaximum == top })
}

// zero clears the grade, and changes the maximum once more.
func (r *run) zero(ctx context.Context, top float64) error {
	var err error
	for try := 1; try <= 3; try++ {
		at, waited := r.fresh(ctx)
		if waited != nil {
			return waited
		}
		clear := reconcile.Score{UserID: r.person, Timestamp: at, ActivityProgress: "Initialized", GradingProgress: "NotReady"}
		err = r.again(ctx, 4, func() error { return r.Platform.PostScore(ctx, r.id, clear) })
		if kind(err) != reconcile.Stale {
			break
		}
	}
	if err != nil {
		return r.orUnknown(ctx, "clear", err)
	}
	g, err := r.shown(ctx, func(g plan.Grade) bool { return g.ScoreGiven == nil })
	if err != nil {
		return err
	}
	if g.ScoreGiven != nil {
		r.is("clear", "stays")
		return nil
	}
	r.is("clear", "goes")
	if err := r.maximum(ctx, top); err != nil || r.now.ScoreMaximum != top {
		return r.orUnknown(ctx, "zero", err)
	}
	g, err = r.shown(ctx, func(g plan.Grade) bool { return g.ScoreGiven != nil })
	switch {
	case err != nil:
		return err
	case g.ScoreGiven == nil:
		r.is("zero", "none")
	default:
		r.is("zero", "becomes", decimal(*g.ScoreGiven))
	}
	return nil
}
