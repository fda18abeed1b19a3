package learningstudio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/reconcile"
)

// PostScore looks at the grade that is there, and posts, puts or deletes; a grade
// that is already so is left alone. If somebody was faster, so that what was seen
// is no longer there, it looks once more.
func (p *Platform) PostScore(ctx context.Context, id string, s reconcile.Score) error {
	possible, err := p.pointsOf(ctx, id, &s)
	if err != nil {
		return unwritten(err, scoring)
	}
	for again := true; ; again = false {
		there, err := p.grade(ctx, id, s.UserID)
		if err != nil {
			return unwritten(err, scoring)
		}
		r, needed := p.change(id, &s, there, possible)
		if !needed {
			return nil
		}
		a, err := p.client.do(ctx, r)
		switch {
		case err != nil:
			return fault(err, scoring)
		case a.ok(), a.noGrade() && r.method == http.MethodDelete:
			return nil
		case again && (a.refusal.Status == http.StatusBadRequest || a.noGrade()):
			continue // there is a grade where none was, or the other way round
		}
		return fault(a.refusal, scoring)
	}
}

// pointsOf is what a column's points are of, for a score that has some; 0 where
// it does not matter.
func (p *Platform) pointsOf(ctx context.Context, id string, s *reconcile.Score) (float64, error) {
	if s.ScoreGiven == nil {
		return 0, nil
	}
	possible, known := p.scales.known(id)
	if !known {
		i, err := p.item(ctx, id)
		if err != nil {
			return 0, err
		}
		possible = i.Points.or(0)
	}
	if possible <= 0 {
		return 0, &reconcile.Fault{
			Kind: reconcile.Refused, Err: errors.New("the column has no points possible in LearningStudio, so it cannot hold a score"),
			Hint: "give the line item a scoreMaximum in the file, or points in LearningStudio",
		}
	}
	return possible, nil
}

// change is the request that makes the grade that is there (nil: none) the one
// that shall be. It is not needed where they are the same.
func (p *Platform) change(id string, s *reconcile.Score, there *grade, possible float64) (r call, needed bool) {
	want := wantedOf(s, there, possible)
	switch {
	case clears(s, there, &want):
		if there == nil || there.removed() {
			return call{}, false
		}
		return p.cell("delete grade", http.MethodDelete, id, s.UserID), true
	case there != nil && want.same(there):
		return call{}, false
	case there == nil:
		r = p.cell("post grade", http.MethodPost, id, s.UserID)
	default:
		r = p.cell("put grade", http.MethodPut, id, s.UserID)
	}
	r.body = want.body(there)
	r.private = append(r.private, want.comments, want.letter, string(want.points))
	return r, true
}

// clears tells of a score that takes the grade away, and with it the letter and
// the sharing: one after which nothing would be left, or that AGS's canonical
// progress marks so, or that comes without the points that are there and says
// nothing new.
func clears(s *reconcile.Score, there *grade, want *wanted) bool {
	marked := s.ActivityProgress == "Initialized" && s.GradingProgress == "NotReady"
	switch {
	case s.ScoreGiven != nil:
		return false
	case blank(want.letter) && blank(want.comments):
		return true
	case !s.KeepsLetter, !s.KeepsShare:
		return false
	case there == nil:
		return marked // the comment that was seen went with the grade
	case !blank(want.comments) && want.comments != string(there.Comments):
		return false
	}
	return marked || there.Points.value != nil
}

// wanted is what a grade shall hold.
type wanted struct {
	points           json.RawMessage // nil: none
	letter, comments string
	share            *bool
}

// wantedOf puts what nobody asked to change in its place as it is there.
func wantedOf(s *reconcile.Score, there *grade, possible float64) wanted {
	var now grade
	if there != nil {
		now = *there
	}
	w := wanted{letter: s.LetterGrade, comments: s.Comment, share: s.ShareWithStudent}
	if s.ScoreGiven != nil {
		w.points = scaled(*s.ScoreGiven, s.ScoreMaximum, possible)
	}
	if s.KeepsLetter {
		w.letter = string(now.Letter)
	}
	if s.KeepsShare || w.share == nil {
		w.share = now.Share
	}
	if blank(s.Comment) && !s.ClearComment {
		w.comments = string(now.Comments)
	}
	return w
}

func (w *wanted) same(there *grade) bool {
	sameText := func(a, b string) bool { return a == b || blank(a) && blank(b) }
	sameShare := w.share == nil || there.Share != nil && *w.share == *there.Share
	return samePoints(w.points, there.Points) && sameText(w.letter, string(there.Letter)) && sameText(w.comments, string(there.Comments)) && sameShare
}

func samePoints(want json.RawMessage, is number) bool {
	if want == nil || is.value == nil {
		return want == nil && is.value == nil
	}
	f, err := strconv.ParseFloat(string(want), 64)
	return err == nil && f == *is.value
}

// body is the grade to send. A put replaces all of it. What shall go is sent as
// blank, so that a platform that merges understands it too.
func (w *wanted) body(there *grade) gradeBody {
	var b gradeBody
	var now grade
	if there != nil {
		now = *there
		b.Grade.ID = there.ID
	}
	b.Grade.Share = w.share
	switch {
	case w.points != nil:
		b.Grade.Points = w.points
	case now.Points.value != nil:
		b.Grade.Points = json.RawMessage("null")
	}
	if !blank(w.letter) || !blank(string(now.Letter)) {
		b.Grade.Letter = &w.letter
	}
	if !blank(w.comments) || !blank(string(now.Comments)) {
		b.Grade.Comments = &w.comments
	}
	return b
}

// unwritten is the fault of what comes before a write: whatever became of it,
// nothing was written.
func unwritten(err error, what doing) error {
	err = fault(err, what)
	var f *reconcile.Fault
	if errors.As(err, &f) && f.Kind == reconcile.Doubt {
		f.Kind = reconcile.Unreachable
		if agsclient.TooMuch(err) {
			f.Kind = reconcile.Refused
		}
	}
	return err
}
