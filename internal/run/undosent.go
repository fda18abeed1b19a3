package run

import (
	"encoding/json"

	"github.com/gradesync/gradesync/internal/runlog"
	"github.com/gradesync/gradesync/spec"
)

// recordedRow names a row of a run. userID is "" for a line item's own.
type recordedRow struct{ gradebook, context, key, userID string }

// unsentRows tells of the rows whose end a run recorded whether nothing was sent
// for them: what is there is not its doing, and perhaps another run's.
func unsentRows(f *runlog.Folder) map[recordedRow]bool {
	out := map[recordedRow]bool{}
	for raw, err := range f.Outcomes() {
		if err != nil {
			continue
		}
		var l line
		if json.Unmarshal(raw, &l) == nil && l.Row.Outcome != "" {
			out[recordedRow{l.Gradebook, l.Context, l.Row.Key, l.Row.UserID}] = !l.Row.Sent()
		}
	}
	return out
}

// withoutUnsent takes out of what a run recorded of one context what it did not
// write after all. It is false where nothing is left.
func withoutUnsent(before, after *spec.Gradebook, unsent map[recordedRow]bool) bool {
	at := recordedRow{gradebook: before.Name(), context: before.Contexts[0].Name.Value}
	var b, a []spec.LineItem
	for i := range before.LineItems {
		was, is := before.LineItems[i], after.LineItems[i]
		at.key, at.userID = was.Key.Value, ""
		own, written := unsent[at] // of a column that only has scores nothing was recorded
		rows := len(is.Scores) + len(was.Scores)
		// A grade that was so already may be so by the column's new maximum, and the
		// old one changes it again.
		rescaled := !own && !was.Tombstone() && !is.Tombstone() && was.ScoreMaximum.Value != is.ScoreMaximum.Value
		untouched := func(s spec.Score) bool {
			at.userID = s.UserID.Value
			return !rescaled && unsent[at]
		}
		was.Scores, is.Scores = drop(was.Scores, untouched), drop(is.Scores, untouched)
		switch {
		case own && is.Tombstone():
			continue
		case own && was.Tombstone(): // the column was made by another run, and its scores by this one
			was, is = madeBefore(is)
		case own:
			scores := is.Scores
			is = was
			is.Scores = scores
			was.Scores, is.Scores = both(was.Scores, is.Scores)
		}
		if len(is.Scores)+len(was.Scores) == 0 && (own || !written && rows > 0) {
			continue
		}
		b, a = append(b, was), append(a, is)
	}
	before.LineItems, after.LineItems = b, a
	return len(b) > 0
}

// madeBefore is a column that stays, and whose scores go.
func madeBefore(is spec.LineItem) (was, now spec.LineItem) {
	was = is
	was.Scores = nil
	for _, s := range is.Scores {
		was.Scores = append(was.Scores, spec.Score{
			UserID: s.UserID, ScoreGiven: spec.Opt[float64]{State: spec.Clear}, Comment: spec.Opt[string]{State: spec.Clear},
		})
	}
	return was, is
}

// both leaves only the rows that changed: of a column whose maximum stayed, the
// others are nobody's matter.
func both(was, is []spec.Score) (b, a []spec.Score) {
	rows := map[string]spec.Score{}
	for _, s := range was {
		rows[s.UserID.Value] = s
	}
	for _, s := range is {
		w, there := rows[s.UserID.Value]
		if there && says(w.ScoreGiven, s.ScoreGiven) && says(w.ScoreMaximum, s.ScoreMaximum) && says(w.Comment, s.Comment) &&
			says(w.LetterGrade, s.LetterGrade) && says(w.ShareWithStudent, s.ShareWithStudent) {
			continue
		}
		if there {
			b = append(b, w)
		}
		a = append(a, s)
	}
	return b, a
}

func says[T comparable](a, b spec.Opt[T]) bool { return a.State == b.State && a.Value == b.Value }

func drop(rows []spec.Score, which func(spec.Score) bool) (out []spec.Score) {
	for _, s := range rows {
		if !which(s) {
			out = append(out, s)
		}
	}
	return out
}
