package doctor

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// thirds has more decimals than most platforms keep.
const thirds = 33.333333

// scores tries out scores of one person: the one given, or nobody that the
// platform knows.
func (r *run) scores(ctx context.Context) error {
	g, err := r.score(ctx, thirds, "gradesync probe")
	switch {
	case r.Person == "" && (no(ctx, err) || kind(err) == reconcile.Denied || kind(err) == reconcile.Gone):
		is := "refused"
		if doubt(err) {
			is = "fails"
		}
		r.is("stranger", is, err.Error())
		return nil
	case no(ctx, err):
		r.is("score", "refused", err.Error())
		return nil
	case err != nil:
		return err
	case g.ScoreGiven == nil && r.Person == "":
		r.is("stranger", "dropped")
		return nil
	case g.ScoreGiven == nil:
		r.is("score", "dropped")
		return nil
	case r.Person == "":
		r.is("stranger", "taken")
	}
	r.is("score", "kept")
	r.is("decimals", decimals(r.points(g)))
	steps := []func(context.Context) error{func(ctx context.Context) error { return r.comments(ctx, g.Comment) }, r.above}
	if !r.Stamps {
		steps = append(steps, r.stale, r.equal, r.seconds)
	}
	for _, step := range append(steps, r.rescaling) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// points are a grade's on the scale of the column.
func (r *run) points(g plan.Grade) float64 {
	if g.ScoreMaximum <= 0 {
		return *g.ScoreGiven
	}
	return *g.ScoreGiven / g.ScoreMaximum * r.now.ScoreMaximum
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// decimals tells to how many decimals thirds was rounded: "6" means that all
// of them are there, "" that it became something else.
func decimals(got float64) string {
	for d := 6; d >= 0; d-- {
		p := math.Pow10(d)
		if math.Abs(math.Round(thirds*p)/p-got) < 1e-8 {
			return strconv.Itoa(d)
		}
	}
	return ""
}

// post sends a score as it is, once.
func (r *run) post(ctx context.Context, points float64, comment string, at time.Time) error {
	s := reconcile.Score{
		UserID: r.person, Timestamp: at, ActivityProgress: "Completed", GradingProgress: "FullyGraded",
		Grade: plan.Grade{ScoreGiven: &points, ScoreMaximum: r.now.ScoreMaximum, Comment: comment},
	}
	return r.again(ctx, 4, func() error { return r.Platform.PostScore(ctx, r.id, s) })
}

// score posts with a fresh timestamp, some times over where the platform's
// clock is ahead of what is known of it, and gives the grade that shows.
func (r *run) score(ctx context.Context, points float64, comment string) (plan.Grade, error) {
	for try := 1; ; try++ {
		at, err := r.fresh(ctx)
		if err != nil {
			return plan.Grade{}, err
		}
		err = r.post(ctx, points, comment, at)
		if err == nil {
			break
		}
		if try == 3 || kind(err) != reconcile.Stale {
			return plan.Grade{}, err
		}
		if err := r.Clock.Sleep(ctx, time.Second); err != nil {
			return plan.Grade{}, err
		}
	}
	return r.shown(ctx, func(g plan.Grade) bool { return g.ScoreGiven != nil && r.near(g, points) })
}

func (r *run) near(g plan.Grade, points float64) bool {
	return math.Abs(r.points(g)-points) < 0.01
}

// shown reads the person's grade until it is as it shall be, or until it is
// clear that it will not be.
func (r *run) shown(ctx context.Context, as func(plan.Grade) bool) (plan.Grade, error) {
	var g plan.Grade
	_, err := r.eventually(ctx, r.patience, func() (bool, error) {
		g = plan.Grade{}
		for res, err := range r.Platform.Results(ctx, r.id) {
			if err != nil {
				return false, err
			}
			if res.UserID == r.person {
				g = res.Grade
			}
		}
		return as(g), nil
	})
	return g, err
}

// comments tells whether a score without one takes the earlier away, and
// whether the next one takes its place.
func (r *run) comments(ctx context.Context, first string) error {
	switch {
	case first == "":
		r.is("comment", "hidden")
		return nil
	case first != "gradesync probe":
		r.is("comment", "changed")
		return nil
	}
	g, err := r.score(ctx, 50, "")
	if err != nil {
		return r.orUnknown(ctx, "comment", err)
	}
	absent := g.Comment
	g, err = r.score(ctx, 51, "second")
	if err != nil {
		return r.orUnknown(ctx, "comment", err)
	}
	switch {
	case strings.Contains(g.Comment, "second") && strings.Contains(g.Comment, first):
		r.is("comment", "both")
	case g.Comment != "second":
		r.is("comment", "first")
	case absent == "":
		r.is("comment", "replaced")
	default:
		r.is("comment", "stays")
	}
	return nil
}

// orUnknown takes the platform's no, or nothing, for an answer that does not
// tell.
func (r *run) orUnknown(ctx context.Context, of string, err error) error {
	switch {
	case err == nil:
		r.is(of, "unknown")
	case no(ctx, err):
		r.is(of, "unknown", err.Error())
	default:
		return err
	}
	return nil
}

func (r *run) above(ctx context.Context) error {
	top := r.now.ScoreMaximum
	g, err := r.score(ctx, 1.5*top, "")
	switch {
	case no(ctx, err):
		r.is("above", "refused", err.Error())
	case err != nil:
		return err
	case g.ScoreGiven != nil && r.near(g, 1.5*top):
		r.is("above", "kept")
	case g.ScoreGiven != nil && r.near(g, top):
		r.is("above", "cut")
	default:
		r.is("above", "dropped")
	}
	return nil
}
