package reconcile

import (
	"math"
	"sync"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// check is the results of one line item, read once right before its first
// score is sent.
type check struct {
	once sync.Once
	now  map[string]plan.Grade
	err  error
}

func (a *applier) check(t *task) (map[string]plan.Grade, error) {
	if t.fresh {
		return nil, nil
	}
	a.mu.Lock()
	c := a.checks[t.id]
	if c == nil {
		c = &check{}
		a.checks[t.id] = c
	}
	a.mu.Unlock()
	c.once.Do(func() { c.now, c.err = resultsOf(a.ctx, a.p, t.id) })
	return c.now, c.err
}

// post sends one person's score.
func (a *applier) post(t *task) error {
	results, err := a.check(t)
	if err != nil {
		t.settle(plan.NotAttempted, "its results could not be read again before the write: "+err.Error())
		return nil
	}
	if t.stamp.IsZero() && !t.sent {
		if done := a.recheckScore(t, results); done {
			return nil
		}
	}
	if t.stamp.IsZero() || t.stale {
		t.stamp = a.o.Clock.Now().UTC().Truncate(time.Microsecond)
	}
	return a.p.PostScore(a.ctx, t.id, Score{
		UserID: t.score.UserID, Grade: t.grade,
		ActivityProgress: t.score.ActivityProgress, GradingProgress: t.score.GradingProgress,
		Submission: t.score.Submission, ScoringUserID: t.score.ScoringUserID,
		Timestamp: t.stamp,
	})
}

// recheckScore compares what is there now with what the plan saw, and fixes
// what is to be sent. It is true where nothing needs to be sent.
func (a *applier) recheckScore(t *task, results map[string]plan.Grade) bool {
	var live *plan.Grade
	if g, ok := results[t.score.UserID]; ok {
		live = &g
	}
	t.grade = t.score.After
	if t.score.KeepsComment && live != nil {
		t.grade.Comment = live.Comment
	}
	var now plan.Grade
	if live != nil {
		now = *live
	}
	restated := t.home != nil && changesMaximum(t.home.item)
	if (len(t.score.Fields) > 0 || restated) && holdsGrade(now, t.grade) {
		t.sent = true // it is as planned already; a row to be sent again is sent all the same
		return true
	}
	if !asObserved(now, t.score.Before, t.home) {
		t.settle(plan.NotAttempted, "the grade was changed by someone else since the plan was made; plan again")
		return true
	}
	return false
}

// asObserved tells whether a grade is still what the plan saw. Where this
// run has just changed the maximum, the platform may have scaled it, or made
// a 0 of no grade.
func asObserved(now plan.Grade, before *plan.Grade, home *task) bool {
	var was plan.Grade
	if before != nil {
		was = *before
	}
	if holdsGrade(now, was) {
		return true
	}
	if home == nil || !changesMaximum(home.item) || unblank(now.Comment) != unblank(was.Comment) {
		return false
	}
	if was.ScoreGiven == nil {
		return now.ScoreGiven == nil || *now.ScoreGiven == 0
	}
	return now.ScoreGiven != nil && (holdsNumber(*now.ScoreGiven, *was.ScoreGiven) || holdsPoints(now, was) ||
		math.Abs(*now.ScoreGiven*was.ScoreMaximum-*was.ScoreGiven*now.ScoreMaximum) <= 0.01*was.ScoreMaximum)
}

// lookAtScores finds out which scores without a clear answer arrived.
func (a *applier) lookAtScores(tasks []*task) {
	seen := map[string]map[string]plan.Grade{}
	for _, t := range tasks {
		if t.fault.Kind != Doubt && t.fault.Kind != Stale {
			continue
		}
		if _, read := seen[t.id]; !read {
			results, err := resultsOf(a.ctx, a.p, t.id)
			if err != nil {
				results = nil // sending the same score again does no harm
			}
			seen[t.id] = results
		}
		if g, ok := seen[t.id][t.score.UserID]; ok && holdsGrade(g, t.grade) {
			t.fault, t.sent = nil, true
		}
	}
}
