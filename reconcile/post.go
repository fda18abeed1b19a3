package reconcile

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// post sends one person's score, after a look at what is there.
func (a *applier) post(t *task) error {
	seen, goOn, err := a.look(t)
	if err != nil || !goOn {
		return err
	}
	if t.stamp.IsZero() || t.stale {
		t.stamp = later(t.stamp, a.o.Clock.Now())
	}
	s := Score{
		UserID: t.score.UserID, Grade: t.grade, Seen: seen,
		ActivityProgress: t.score.ActivityProgress, GradingProgress: t.score.GradingProgress,
		Submission: t.score.Submission, ScoringUserID: t.score.ScoringUserID,
		Timestamp: t.stamp,
	}
	s.Comment, s.ClearComment = a.saying(t)
	s.Erase = t.score.Action == plan.Erase && unblank(t.grade.LetterGrade) == "" && (t.score.KeepsComment || unblank(t.grade.Comment) == "")
	return a.p.PostScore(a.writing(t), t.id, s)
}

// look compares what is there with what the plan saw. goOn is false where the
// task has come to its end without a write.
func (a *applier) look(t *task) (seen *Seen, goOn bool, err error) {
	first := t.stamp.IsZero()
	if reader, ok := a.p.(GradeReader); ok {
		if seen, err = reader.Grade(a.ctx, t.id, t.score.UserID); err != nil {
			return nil, false, notSent(err, "the grade could not be read again before the write")
		}
		var live *plan.Grade
		if seen != nil {
			live = &seen.Grade
		}
		if first {
			return seen, !a.recheckScore(t, live), nil
		}
		a.settleSeen(t, seen)
		return seen, !t.sent && !t.settled, nil
	}
	if !first {
		return nil, true, nil
	}
	results, err := a.check(t)
	if err != nil {
		a.fail(faultOf(err))
		t.notAttempted(plan.CauseFailed, "its results could not be read again before the write: "+err.Error())
		return nil, false, nil
	}
	var live *plan.Grade
	if g, ok := results[t.score.UserID]; ok {
		live = &g
	}
	return nil, !a.recheckScore(t, live), nil
}

// settleSeen is for a score that was sent before and is to be sent again: what
// is there now tells whether it arrived, or somebody else's did.
func (a *applier) settleSeen(t *task, seen *Seen) {
	var now plan.Grade
	if seen != nil {
		now = seen.Grade
	}
	switch {
	case a.holds(t, now):
		t.sent = true
	case a.asObserved(now, t.score.Before, t.home):
		t.sent = false
	case t.doubt: // ours, altered, or somebody's: the proof will tell
		t.sent = true
	default:
		t.changed("the grade was changed by someone else")
	}
}

// saying is the comment to send so that the one that is there becomes the one
// that shall be there.
func (a *applier) saying(t *task) (comment string, clear bool) {
	is, shall := unblank(t.now.Comment), unblank(t.grade.Comment)
	switch {
	case a.caps.Comments == CommentNone:
		return "", false
	case a.caps.Comments == CommentAppend && is == shall:
		return "", false // the student would read it twice
	case shall == "":
		return "", is != "" || a.eq.blind && !t.score.KeepsComment
	}
	return t.grade.Comment, false
}

// untilNextSecond is a wait into the next whole second.
func untilNextSecond(now time.Time) time.Duration {
	return now.Truncate(time.Second).Add(time.Second + 50*time.Millisecond).Sub(now)
}

// later is now, or a moment after what was sent before.
func later(last, now time.Time) time.Time {
	now = now.UTC().Truncate(time.Microsecond)
	if now.After(last) {
		return now
	}
	return last.Add(time.Microsecond)
}

// recheckScore compares what is there now (nil: nothing) with what the plan saw,
// and fixes what is to be sent. It is true where nothing needs to be sent.
func (a *applier) recheckScore(t *task, live *plan.Grade) bool {
	var now plan.Grade
	if live != nil {
		now = *live
	}
	t.grade, t.now = t.score.After, now
	if live != nil {
		if t.score.KeepsComment {
			t.grade.Comment = now.Comment
		}
		if t.score.KeepsScore {
			t.grade.ScoreGiven, t.grade.ScoreMaximum = now.ScoreGiven, now.ScoreMaximum
		}
	}
	if !t.score.Resend && a.holds(t, now) {
		if !t.sent && !t.doubt {
			t.note = soAlready
		}
		t.sent = true
		return true
	}
	if !a.asObserved(now, t.score.Before, t.home) {
		t.changed("the grade was changed by someone else")
		return true
	}
	return false
}

// soAlready is said of a row that needed no write.
const soAlready = plan.SoAlready

// holds tells whether a grade shows what was planned. With a score that is
// taken away, a comment that no file names may go.
func (a *applier) holds(t *task, live plan.Grade) bool {
	shall := a.shall(t, live)
	if t.score.Action == plan.Erase && t.score.KeepsComment && unblank(live.Comment) == "" {
		shall.Comment = live.Comment
	}
	return a.eq.grade(live, shall) && !a.outdated(t, live)
}

// shall is the grade that a result is held against. A letter and a sharing that
// no file names and that nobody had set may come out as the platform likes.
func (a *applier) shall(t *task, live plan.Grade) plan.Grade {
	shall := t.grade
	if !t.score.SetsLetter && unblank(shall.LetterGrade) == "" {
		shall.LetterGrade = live.LetterGrade
	}
	if !t.score.SetsShare && shall.ShareWithStudent == nil {
		shall.ShareWithStudent = live.ShareWithStudent
	}
	return shall
}

// outdated tells of a grade that is still on the scale that its column had
// before this run changed it: the same share of another maximum proves nothing.
func (a *applier) outdated(t *task, live plan.Grade) bool {
	if t.home == nil || !changesMaximum(t.home.item) || a.caps.MaximumAsPosted || live.ScoreGiven == nil {
		return false
	}
	was := t.home.item.Observed.ScoreMaximum
	return live.ScoreMaximum == was && t.grade.ScoreMaximum != was && *live.ScoreGiven != 0
}

// asObserved tells whether a grade is still what the plan saw. Where this
// run has just changed the maximum, the platform may have scaled it, or made
// a 0 of no grade.
func (a *applier) asObserved(now plan.Grade, before *plan.Grade, home *task) bool {
	var was plan.Grade
	if before != nil {
		was = *before
	}
	if a.eq.grade(now, was) {
		return true
	}
	if home == nil || !changesMaximum(home.item) || !a.eq.blind && unblank(now.Comment) != unblank(was.Comment) ||
		now.LetterGrade != was.LetterGrade || !sameFlag(now.ShareWithStudent, was.ShareWithStudent) {
		return false
	}
	if was.ScoreGiven == nil {
		return now.ScoreGiven == nil || *now.ScoreGiven == 0
	}
	return now.ScoreGiven != nil && (a.eq.number(*now.ScoreGiven, *was.ScoreGiven, was.ScoreMaximum) || a.eq.points(now, was) ||
		math.Abs(*now.ScoreGiven*was.ScoreMaximum-*was.ScoreGiven*now.ScoreMaximum) <= 0.01*was.ScoreMaximum)
}

// lookAtScores finds out which scores without a clear answer arrived. Where
// sending again what has arrived would be seen by the student, it looks for as
// long as the platform may take to show it.
func (a *applier) lookAtScores(tasks []*task) {
	end := a.o.Clock.Now().Add(a.o.Settle)
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		a.lookOnce(tasks)
		tasks = slices.DeleteFunc(slices.Clone(tasks), func(t *task) bool { return t.settled || t.fault == nil || !t.doubt || !a.doubles(t) })
		left := end.Sub(a.o.Clock.Now())
		if len(tasks) == 0 || left <= 0 || a.o.Clock.Sleep(a.stop, min(wait, left)) != nil {
			break
		}
	}
	for _, t := range tasks {
		if t.unread { // nobody knows, so it may not be sent again
			t.settle(plan.Unconfirmed, t.fault.Error()+"; and the results could not be read to find out, and sent twice its comment would be read twice")
		}
	}
}

// doubles tells whether a score that is sent twice leaves a second comment.
func (a *applier) doubles(t *task) bool {
	comment, _ := a.saying(t)
	return a.caps.Comments == CommentAppend && comment != ""
}

// lookOnce looks which scores arrived, and whether somebody else wrote in the
// meantime.
func (a *applier) lookOnce(tasks []*task) {
	byItem := map[string][]*task{}
	var ids []string
	for _, t := range tasks {
		if !t.doubt && t.fault.Kind != Stale {
			continue
		}
		if byItem[t.id] == nil {
			ids = append(ids, t.id)
		}
		byItem[t.id] = append(byItem[t.id], t)
	}
	eachResults(a.ctx, a.p, ids, a.reading(), func(id string, grades map[string]plan.Grade, err error) {
		for _, t := range byItem[id] {
			now := grades[t.score.UserID]
			if t.unread = err != nil; err == nil {
				t.now = now
			}
			switch {
			case err != nil && t.fault.Kind == Stale:
				// Who wrote last is not known, so nothing is written over it.
				t.fault = &Fault{Kind: Refused, Said: t.fault.Said, Err: fmt.Errorf("%w; and the results could not be read to find out why: %w", t.fault.Err, err)}
			case err != nil: // the same score again does no harm
			case a.holds(t, now):
				t.fault, t.sent = nil, true
			case a.asObserved(now, t.score.Before, t.home): // it is sent again
			case t.doubt: // ours, altered, or somebody's: the proof will tell
				t.fault = nil
			default:
				t.changed("the grade was changed by someone else")
			}
		}
	})
}
