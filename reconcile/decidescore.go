package reconcile

import (
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// score decides one row; ok is false where there is nothing to send.
func (d *decider) score(li *spec.LineItem, id string, row *spec.Score, maximum float64, now *plan.Grade, restate bool) (plan.Score, bool) {
	s, asks := d.caps.wantGrade(row, maximum, now)
	key := li.Key.Value
	if row.ScoreGiven.IsSet() && row.ScoreGiven.Value > s.After.ScoreMaximum+epsilon(s.After.ScoreMaximum) {
		what := "a score above its maximum: legal, and some platforms cut it"
		if d.caps.Clamps {
			what = "a score above its maximum: this platform cuts it to the maximum"
		}
		d.noteRow(row.ScoreGiven.Pos, key, what)
	}
	if !asks {
		return s, d.resend(&s, key, now) || d.news(&s, id, row, now)
	}
	s.Fields = d.eq.gradeFields(now, s.After)
	if d.caps.ZeroIsNoComment && row.Comment.Value == "0" {
		d.noteRow(row.Comment.Pos, key, `this platform takes the comment "0" for none: not compared`)
	}
	if d.caps.Comments == CommentAppend && row.Comment.Named() && s.After.Comment == "" && now != nil && unblank(now.Comment) != "" {
		d.noteRow(row.Comment.Pos, key, "this platform takes the comment out of the results; the student still reads it")
	}
	sends := len(s.Fields) > 0
	if d.caps.Comments == CommentUnreadable && row.Comment.Named() {
		s.Fields = append(s.Fields, plan.Field{Name: "comment", After: textOrNil(s.After.Comment), Rides: true})
	}
	if sends {
		return s, true
	}
	if restate && row.ScoreGiven.Named() { // a clear too: some platforms make a 0 of no score
		s.Restate, s.Why = true, "the maximum changes, so the score is stated again"
		return s, true
	}
	return s, d.resend(&s, key, now) || d.news(&s, id, row, now)
}

// settled is a cheap test: the row asks for just what is there (the zero Grade
// where nothing is), and there is nothing to tell about it.
func (d *decider) settled(row *spec.Score, maximum float64, now plan.Grade) bool {
	if row.ScoreMaximum.IsSet() {
		maximum = row.ScoreMaximum.Value
	}
	switch row.ScoreGiven.State {
	case spec.Set:
		if now.ScoreGiven == nil || row.ScoreGiven.Value > maximum || now.ScoreMaximum != maximum ||
			!d.eq.number(*now.ScoreGiven, row.ScoreGiven.Value, maximum) {
			return false
		}
	case spec.Clear:
		if now.ScoreGiven != nil {
			return false
		}
	}
	if row.LetterGrade.Named() || row.ShareWithStudent.Named() {
		return false
	}
	if row.Comment.Named() && d.caps.readsComments() {
		return now.Comment == row.Comment.Value && !(d.caps.ZeroIsNoComment && row.Comment.Value == "0")
	}
	return row.ScoreGiven.Named()
}

// resend turns a row that needs nothing into one that is sent again, where
// the user asked for it. A row without a score and comment of its own sends
// what is there.
func (d *decider) resend(s *plan.Score, key string, now *plan.Grade) bool {
	if !d.opts.Resend[key] {
		return false
	}
	sendAgain(s, now, "sent again as asked")
	return true
}

func sendAgain(s *plan.Score, now *plan.Grade, why string) {
	if now != nil && s.After.ScoreGiven == nil && s.Action == plan.Post {
		s.After.ScoreGiven, s.After.ScoreMaximum = now.ScoreGiven, now.ScoreMaximum
		s.After.Comment = now.Comment
	}
	s.Resend, s.Why = true, why
}

func (d *decider) countUnmanaged(results map[string]plan.Grade, li *spec.LineItem) {
	n := 0
	for _, g := range results {
		if g.ScoreGiven != nil {
			n++
		}
	}
	for i := range li.Scores {
		if g, ok := results[li.Scores[i].UserID.Value]; ok && g.ScoreGiven != nil {
			n--
		}
	}
	d.out.Unmanaged.Scores += n
}
