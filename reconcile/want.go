package reconcile

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// Want is what the files say of one context: its line items in the files'
// order, with what this context overrides already in them.
type Want struct {
	Gradebook string
	Context   string
	Platform  string
	Place     string // which course it is
	Items     []spec.LineItem
	Users     *spec.Users // what becomes of people who are not there; nil: the defaults
	// Base is what the files said before, to tell changes of ours from those
	// made by hand; nil: not asked for. BaseName is the revision, for people.
	Base     []spec.LineItem
	BaseName string
	// Unrecorded: a base was asked for, and none is known of this context, so that
	// what is there may be anybody's: nothing is overwritten without words.
	Unrecorded bool
	Notes      []plan.Note // what is to be told of it, whatever is there
	// Later is what they said after it, in order: a run may have brought a part
	// of that into the LMS.
	Later []Revision
	// Lost are the keys of line items of which the base names people who are not
	// found now, so that nobody knows whose their grades are. Plan fills it in.
	Lost map[string]bool
	// Explain is what Options.Explain asks for: whom a name there means is looked
	// up with the others.
	Explain string
	Undo    bool         // the items are what was there before a run
	Policy  *spec.Policy // the Gradebook's
	Floor   *spec.Policy // the Platform's
	// Selected tells by key which line items are to be planned; nil means
	// all. The others still take part in matching, so that nothing of theirs
	// is taken for something else.
	Selected map[string]bool
	// Beside are the other Gradebooks that name line items of the same course.
	Beside []Beside
	// Found is, by index of Items, the id of the live line item that each is; "" of
	// one that is not there. Plan fills it in.
	Found []string
	// left are people whose rows Plan left out: the files name them all the same.
	left  map[string]bool
	asked map[string]*asked // whom Explain names, by line item key; nil where nobody was looked up
}

// NewWant makes the Want of a gradebook's context on its platform, with the
// scores of its line items wherever they stand. Rows may name people by email
// or sourcedId still: Plan looks them up.
func NewWant(g *spec.Gradebook, c *spec.Context, p *spec.Platform) Want {
	w := Want{
		Gradebook: g.Name(), Context: c.Name.Value, Platform: p.Name(), Place: Place(c), Policy: &g.Policy, Floor: &p.Policy,
		Users: &g.Users, Items: make([]spec.LineItem, len(g.LineItems)),
	}
	copy(w.Items, g.LineItems)
	for i := range w.Items {
		li := &w.Items[i]
		if o, ok := c.LineItems[li.Key.Value]; ok && o.ResourceLinkID.Named() {
			li.ResourceLinkID = o.ResourceLinkID
		}
		// Inline scores are there only where this is the one context. Rows are many:
		// they are copied only where they come from both.
		switch rows := c.Scores[li.Key.Value]; {
		case len(li.Scores) == 0:
			li.Scores = slices.Clip(rows)
		case len(rows) > 0:
			li.Scores = slices.Concat(li.Scores, rows)
		}
	}
	return w
}

// Place tells one course of a platform from another: the URL of its line
// items, or its id, or its name where that stands for the id. It is empty where
// only the secret of a launch tells the course.
func Place(c *spec.Context) string {
	switch {
	case c.ServiceKey != spec.Secret{} || c.Ltik != spec.Secret{}:
		return ""
	case c.LineItemsURL.IsSet():
		return c.LineItemsURL.Value
	case c.Course.IsSet():
		return c.Course.Value
	}
	return c.Name.Value
}

// NewUndo makes the Want that puts back what a run's record says was there
// before it, where there still is what the record says it made. It deletes
// nothing but what the run created.
func NewUndo(g *spec.Gradebook, c *spec.Context, p *spec.Platform, before, after []spec.LineItem) Want {
	w := NewWant(g, c, p)
	w.Policy = &spec.Policy{Max: g.Policy.Max, PassMark: g.Policy.PassMark, Allow: g.Policy.Allow}
	w.Undo = true
	w.Items, w.Base = slices.Clone(before), slices.Clone(after)
	for i := range w.Items {
		if i >= len(w.Base) || !w.Items[i].ID.IsSet() {
			continue
		}
		// What a document must say of a line item, and the run did not touch.
		b, a := &w.Items[i], &w.Base[i]
		if b.Label.Value == a.Label.Value {
			b.Label, a.Label = spec.Opt[string]{}, spec.Opt[string]{}
		}
		if b.ScoreMaximum.Value == a.ScoreMaximum.Value {
			b.ScoreMaximum, a.ScoreMaximum = spec.Opt[float64]{}, spec.Opt[float64]{}
		}
	}
	return w
}

// Today is the Want without what the files said before.
func (w *Want) Today() *Want {
	today := *w
	today.Base, today.Later, today.Explain = nil, nil, ""
	return &today
}

// explains tells whether a person's grade in a line item is to be explained.
func (w *Want) explains(key string) bool {
	user, ok := explained(w.Explain, key)
	return ok && user != ""
}

func (w *Want) selects(key string) bool { return w.Selected == nil || w.Selected[key] }

// where prints a position for people; "" for the zero position.
func where(p spec.Pos) string {
	if p == (spec.Pos{}) {
		return ""
	}
	return p.String()
}

// overlay is the line item as the file wants it: live, with every managed
// field in the place of the live one. What no file names stays.
func overlay(live plan.LineItem, w *spec.LineItem) plan.LineItem {
	out := live
	take(&out.Label, w.Label)
	take(&out.ScoreMaximum, w.ScoreMaximum)
	take(&out.ResourceID, w.ResourceID)
	take(&out.Tag, w.Tag)
	take(&out.ResourceLinkID, w.ResourceLinkID)
	take(&out.StartDateTime, w.StartDateTime)
	take(&out.EndDateTime, w.EndDateTime)
	switch w.GradesReleased.State {
	case spec.Set:
		v := w.GradesReleased.Value
		out.GradesReleased = &v
	case spec.Clear:
		out.GradesReleased = nil
	}
	for _, name := range oddForms {
		// What came in a form that is not the member's own stands among the
		// extensions, until a file names the member.
		if _, odd := out.Extensions[name]; odd && says(w, name) {
			out.Extensions = maps.Clone(out.Extensions)
			delete(out.Extensions, name)
		}
	}
	if len(w.Extensions) == 0 {
		return out
	}
	kept := out.Extensions
	out.Extensions = make(map[string]json.RawMessage, len(kept)+len(w.Extensions))
	for k, v := range kept {
		out.Extensions[k] = v
	}
	for k, v := range w.Extensions {
		if v.State == spec.Clear {
			delete(out.Extensions, k)
			continue
		}
		raw, err := json.Marshal(v.Value)
		if err != nil { // spec lets only JSON values through
			raw = []byte("null")
		}
		out.Extensions[k] = raw
	}
	return out
}

// take puts a managed value in the place of a live one. Clearing leaves the
// zero value, which is how plan.LineItem says "none".
func take[T string | float64 | time.Time](live *T, want spec.Opt[T]) {
	switch want.State {
	case spec.Set:
		*live = want.Value
	case spec.Clear:
		var none T
		*live = none
	}
}

// wantGrade is the grade that results shall show for a row, seen from what
// they show now, and how the row is to be sent. ok is false where the row
// asks for nothing that results could show.
func (c *Capabilities) wantGrade(w *spec.Score, itemMaximum float64, live *plan.Grade) (s plan.Score, ok bool) {
	s = plan.Score{
		UserID: w.UserID.Value, Person: called(w), Where: where(w.Pos), Action: plan.Post, Before: live,
		ActivityProgress: "Completed", GradingProgress: "FullyGraded",
		ScoringUserID: w.ScoringUserID.Value, KeepsComment: !w.Comment.Named() || c.Comments == CommentNone,
	}
	if w.Submission.StartedAt.IsSet() || w.Submission.SubmittedAt.IsSet() {
		s.Submission = &plan.Submission{StartedAt: w.Submission.StartedAt.Value, SubmittedAt: w.Submission.SubmittedAt.Value}
	}
	var now plan.Grade
	if live != nil {
		now = *live
	}
	switch {
	case w.ScoreGiven.IsSet():
		v := w.ScoreGiven.Value
		s.After.ScoreGiven, s.After.ScoreMaximum = &v, itemMaximum
		if w.ScoreMaximum.IsSet() {
			s.After.ScoreMaximum = w.ScoreMaximum.Value
		}
	case w.ScoreGiven.State == spec.Clear:
		s.Action = plan.Erase
		// AGS 2.0: how a tool says that there is no score (any more).
		s.ActivityProgress, s.GradingProgress = "Initialized", "NotReady"
	case w.Comment.Named() && c.Comments != CommentNone, c.Letters && (w.LetterGrade.Named() || w.ShareWithStudent.IsSet() && anyGrade(&now)):
		// A comment alone: the score that is there is sent again with it.
		s.KeepsScore = true
		s.After.ScoreGiven, s.After.ScoreMaximum = now.ScoreGiven, now.ScoreMaximum
		if now.ScoreGiven == nil {
			s.ActivityProgress, s.GradingProgress = "Completed", "PendingManual"
		}
	default:
		s.ActivityProgress, s.GradingProgress = orProgress(&s, w)
		return s, false
	}
	s.ActivityProgress, s.GradingProgress = orProgress(&s, w)
	if c.Letters {
		c.letters(&s, w, &now)
	}
	s.After.Comment = now.Comment
	if w.Comment.Named() && c.Comments != CommentNone {
		s.After.Comment = w.Comment.Value
		if c.ZeroIsNoComment && w.Comment.Value == "0" {
			s.After.Comment = ""
		}
	}
	left := s.After
	if s.Action == plan.Erase && s.KeepsComment && now.ScoreGiven != nil {
		left.Comment = "" // it goes with the score
	}
	if !anyGrade(&left) {
		s.After.ShareWithStudent, s.SetsShare = nil, false // there is nothing to share
	}
	return s, true
}

// orProgress is the row's own progress, where it names one.
func orProgress(s *plan.Score, w *spec.Score) (activity, grading string) {
	activity, grading = s.ActivityProgress, s.GradingProgress
	if w.ActivityProgress.IsSet() {
		activity = w.ActivityProgress.Value
	}
	if w.GradingProgress.IsSet() {
		grading = w.GradingProgress.Value
	}
	return activity, grading
}

// letters takes in what only some systems know of a grade. A letter that no file
// names stays, also where the points are taken away.
func (c *Capabilities) letters(s *plan.Score, w *spec.Score, now *plan.Grade) {
	s.SetsLetter, s.SetsShare = w.LetterGrade.Named(), w.ShareWithStudent.IsSet()
	s.After.LetterGrade, s.After.ShareWithStudent = now.LetterGrade, now.ShareWithStudent
	if s.SetsLetter {
		s.After.LetterGrade = w.LetterGrade.Value
	}
	if s.SetsShare {
		share := w.ShareWithStudent.Value
		s.After.ShareWithStudent = &share
	}
}

// anyGrade tells whether there is something that can be shared.
func anyGrade(g *plan.Grade) bool {
	return g.ScoreGiven != nil || unblank(g.Comment) != "" || unblank(g.LetterGrade) != ""
}
