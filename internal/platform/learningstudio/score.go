package learningstudio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/reconcile"
)

// Grade is what one person has, to be written by its id. What an instructor took
// away has an id and is no grade.
func (p *Platform) Grade(ctx context.Context, id, user string) (*reconcile.Seen, error) {
	if err := p.shows(ctx, id); err != nil {
		return nil, unwritten(err, scoring)
	}
	possible, err := p.pointsOf(ctx, id)
	if err != nil {
		return nil, unwritten(err, scoring)
	}
	g, err := p.grade(ctx, id, user)
	if err != nil || g == nil {
		return nil, unwritten(err, scoring)
	}
	return &reconcile.Seen{ID: string(g.ID), Grade: g.shown(possible), Shared: g.Share}, nil
}

// PostScore posts, puts or deletes: a first grade is posted, one that is there
// put by its id, and one that shall go deleted. A grade that turns out to be
// another than the one that was seen is not written over.
func (p *Platform) PostScore(ctx context.Context, id string, s reconcile.Score) error {
	w := wanted{letter: s.LetterGrade, comments: s.Comment, share: s.ShareWithStudent}
	if s.Seen != nil && blank(s.Comment) && !s.ClearComment {
		w.comments = s.Seen.Comment
	}
	if s.Seen != nil && w.share == nil {
		w.share = s.Seen.Shared
	}
	if s.ScoreGiven != nil {
		possible, err := p.pointsOf(ctx, id)
		if err != nil {
			return unwritten(err, scoring)
		}
		if possible <= 0 {
			return &reconcile.Fault{
				Kind: reconcile.Refused, Err: errors.New("the column has no points possible in LearningStudio, so it cannot hold a score"),
				Hint: "give the line item a scoreMaximum in the file, or points in LearningStudio",
			}
		}
		w.points = scaled(*s.ScoreGiven, s.ScoreMaximum, possible)
	}
	var r call
	switch {
	case s.Erase && s.Seen == nil:
		return nil
	case s.Erase:
		r = p.cell("delete grade", http.MethodDelete, id, s.UserID)
	case s.Seen == nil:
		r = p.cell("post grade", http.MethodPost, id, s.UserID)
		r.body = w.body(&reconcile.Seen{})
	default:
		r = p.cell("put grade", http.MethodPut, id, s.UserID)
		r.body = w.body(s.Seen)
	}
	r.private = append(r.private, w.comments, w.letter, string(w.points))
	a, err := p.client.do(ctx, r)
	switch {
	case err != nil:
		return fault(err, scoring)
	case a.ok(), a.noGrade() && r.method == http.MethodDelete:
		return nil
	case a.refusal.Status == http.StatusBadRequest || a.noGrade():
		// There is a grade where none was, or another, or none any more: a look
		// tells. Where all is as it was seen, the second refusal is meant.
		var f *reconcile.Fault
		if err := fault(a.refusal, scoring); !errors.As(err, &f) {
			return err
		}
		f.Kind, f.Once = reconcile.Stale, true
		return f
	}
	return fault(a.refusal, scoring)
}

// pointsOf is what a column's points are of; 0 where it has none.
func (p *Platform) pointsOf(ctx context.Context, id string) (float64, error) {
	if possible, known := p.scales.known(id); known {
		return possible, nil
	}
	i, err := p.item(ctx, id)
	return i.Points.or(0), err
}

// wanted is what a grade shall hold.
type wanted struct {
	points           json.RawMessage // nil: none
	letter, comments string
	share            *bool
}

// body is the grade to send. A put replaces all of it. What shall go is sent as
// blank, so that a platform that merges understands it too.
func (w *wanted) body(now *reconcile.Seen) gradeBody {
	var b gradeBody
	b.Grade.ID = json.RawMessage(now.ID)
	b.Grade.Share = w.share
	switch {
	case w.points != nil:
		b.Grade.Points = w.points
	case now.ScoreGiven != nil:
		b.Grade.Points = json.RawMessage("null")
	}
	if !blank(w.letter) || !blank(now.LetterGrade) {
		b.Grade.Letter = &w.letter
	}
	if !blank(w.comments) || !blank(now.Comment) {
		b.Grade.Comments = &w.comments
	}
	return b
}

// unwritten is the fault of what comes before a write: whatever became of it,
// nothing was written.
func unwritten(err error, what doing) error {
	if err == nil {
		return nil
	}
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
