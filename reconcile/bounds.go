package reconcile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// holdable leaves out of a diff what the platform will not hold, and says so:
// it would be sent in every run, for nothing. live is nil for a create.
func (d *decider) holdable(li *spec.LineItem, live *plan.LineItem, fields []plan.Field) []plan.Field {
	if len(d.caps.Fields) == 0 || len(fields) == 0 {
		return fields
	}
	key := li.Key.Value
	var out []plan.Field
	var forgotten []string
	for _, f := range fields {
		keeping := d.caps.keeping(f.Name)
		switch {
		case keeping == NotKept:
			forgotten = append(forgotten, f.Name)
			continue
		case keeping == LostByPut && live != nil && f.After != nil:
			d.note(li.Pos, key, fmt.Sprintf("the platform takes %s away with every change of the column, so it cannot be put back", f.Name))
			continue
		case keeping == KeptFromCreate && live != nil && d.want.Undo:
			d.note(li.Pos, key, fmt.Sprintf("%s stays: this platform does not change it", f.Name))
			continue
		case keeping == KeptFromCreate && live != nil:
			d.find(li.Pos, key, fmt.Sprintf("%s is %s, and this platform does not change it to %s", f.Name, shownValue(f.Before), shownValue(f.After)),
				orText(d.caps.FixedColumns, "leave it out of the file, or write what is there"))
			continue
		}
		out = append(out, f)
	}
	if len(forgotten) > 0 {
		d.note(li.Pos, key, "this platform does not keep "+strings.Join(forgotten, ", ")+": not compared")
	}
	return out
}

// forecast tells what a PUT does beside what it says.
func (d *decider) forecast(li *spec.LineItem, live *plan.LineItem, fields []plan.Field) {
	said := slices.ContainsFunc(fields, func(f plan.Field) bool { return f.Name == "resourceLinkId" })
	if d.caps.keeping("resourceLinkId") != LostByPut || live.ResourceLinkID == "" || said {
		return
	}
	named := li.ID.IsSet() || li.ResourceID.IsSet() || unblank(live.ResourceID) != ""
	switch {
	case named:
		d.note(li.Pos, li.Key.Value, "the platform takes resourceLinkId away with this change")
	default:
		d.find(li.Pos, li.Key.Value, "the platform takes resourceLinkId away with this change, and nothing else would find the column again", "give it a resourceId in the same change")
	}
}

// bounds finds what the platform is known to answer with a refusal, a 5xx or
// a column that nobody can see.
func (d *decider) bounds(li *spec.LineItem, wanted *plan.LineItem, fields []plan.Field) {
	b := &d.caps.Bounds
	key := li.Key.Value
	for _, f := range fields {
		text, _ := f.After.(string)
		at := li.Pos
		switch f.Name {
		case "label":
			d.length(at, key, f.Name, text, b.Label)
		case "tag":
			d.length(at, key, f.Name, text, b.Tag)
		case "scoreMaximum":
			if b.MaximumBelow > 0 && wanted.ScoreMaximum >= b.MaximumBelow {
				d.find(at, key, fmt.Sprintf("scoreMaximum is %v, and this platform fails at %v and more", wanted.ScoreMaximum, b.MaximumBelow), "use a smaller scale; scores may have one of their own")
			}
			if b.WholeMaximum && wanted.ScoreMaximum != float64(int64(wanted.ScoreMaximum)) {
				d.find(at, key, fmt.Sprintf("scoreMaximum is %v, and this platform takes whole numbers only", wanted.ScoreMaximum), "use a whole number; scores may have a scale of their own")
			}
		case "resourceLinkId":
			if b.NumericIDs && text != "" && !numeric(text) {
				d.find(at, key, "resourceLinkId is no number"+plainNumber, "take it from the launch of this platform")
			}
		}
	}
	if wanted.ID == "" { // a create
		switch {
		case b.NeedsResourceID && wanted.ResourceID == "":
			d.find(li.Pos, key, "this platform takes no line item without a resourceId", "give it a resourceId")
		case d.caps.keeping("label") == NotKept && (wanted.ResourceID == "" || d.caps.keeping("resourceId") == NotKept):
			d.find(li.Pos, key, "this platform replaces labels by its own, so a line item without a resourceId would not be found again, and created in every run", "give it a resourceId")
		}
	}
	d.peopleAreNumbers(li)
	d.noPlace(li)
	if !d.caps.readsComments() && slices.ContainsFunc(li.Scores, func(s spec.Score) bool { return s.Comment.Named() }) {
		what := "this platform shows no comments: they go with scores that are sent, and are never a reason to send one"
		if d.caps.Comments == CommentNone {
			what = "this platform has no place for comments"
		}
		d.note(li.Pos, key, what+": not compared")
	}
}

// noPlace finds what rows name and the platform has no place for.
func (d *decider) noPlace(li *spec.LineItem) {
	letters, progress, partial := tally{}, tally{}, tally{}
	for k := range li.Scores {
		s := &li.Scores[k]
		letters.add(s.Pos, !d.caps.Letters && (s.LetterGrade.Named() || s.ShareWithStudent.Named()))
		unfinished := s.GradingProgress.IsSet() && s.GradingProgress.Value != "FullyGraded"
		partial.add(s.Pos, d.caps.NoProgress && unfinished && s.ScoreGiven.IsSet())
		progress.add(s.Pos, d.caps.NoProgress && (s.ActivityProgress.IsSet() || s.GradingProgress.IsSet() || s.ScoringUserID.IsSet() ||
			s.Submission.StartedAt.IsSet() || s.Submission.SubmittedAt.IsSet()))
	}
	key := li.Key.Value
	if letters.n > 0 {
		d.findRow(letters.first, key, "letterGrade and shareWithStudent are LearningStudio's, and this platform has no place for them"+letters.String(), "leave them out")
	}
	if partial.n > 0 {
		d.findRow(partial.first, key, "a score that is not FullyGraded would count as one here: this platform knows no progress"+partial.String(), "leave the score out until it is final")
	}
	if progress.n > 0 {
		d.noteRow(progress.first, key, "this platform has no place for progress, submission times and the scoring user"+progress.String())
	}
}

// tally counts rows and remembers the first; people are not named.
type tally struct {
	n     int
	first spec.Pos
}

func (r *tally) add(at spec.Pos, yes bool) {
	if !yes {
		return
	}
	if r.n == 0 {
		r.first = at
	}
	r.n++
}

func (r *tally) String() string {
	if r.n == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d rows, this is the first)", r.n)
}

func orText(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

// peopleAreNumbers finds the rows whose person the platform cannot take. They
// are counted and placed, not named: findings are shown to everyone.
func (d *decider) peopleAreNumbers(li *spec.LineItem) {
	if !d.caps.Bounds.NumericIDs {
		return
	}
	var strange tally
	for k := range li.Scores {
		strange.add(li.Scores[k].UserID.Pos, !numeric(li.Scores[k].UserID.Value))
	}
	if strange.n > 0 {
		d.findRow(strange.first, li.Key.Value, "userId is no number"+plainNumber+strange.String(),
			"take user ids from this platform's roster: gradesync roster")
	}
}

// plainNumber ends what is said of an id that is not numeric.
const plainNumber = " in its plain form, such as 28 (not 028 or +28), and this platform knows no other ids"

func (d *decider) length(at spec.Pos, key, field, text string, most int) {
	if n := utf8.RuneCountInString(text); most > 0 && n > most {
		d.find(at, key, fmt.Sprintf("%s has %d characters, and this platform fails at more than %d", field, n, most), "shorten it")
	}
}

func (d *decider) find(at spec.Pos, key, message, hint string) {
	d.out.Findings = append(d.out.Findings, plan.Finding{Where: where(at), Key: key, Message: message, Hint: hint})
}

// findRow finds what is of a person's row.
func (d *decider) findRow(at spec.Pos, key, message, hint string) {
	d.out.Findings = append(d.out.Findings, plan.Finding{Where: where(at), Key: key, Message: message, Hint: hint, OfRow: true})
}

// numeric tells whether a text is a whole number above 0 as a platform writes
// it. "028" is not: the platform takes it for 28, and we for another person.
func numeric(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

func shownValue(v any) string {
	if v == nil {
		return "not set"
	}
	return fmt.Sprintf("%q", fmt.Sprint(v))
}
