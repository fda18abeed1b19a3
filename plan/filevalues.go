package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// words refuses actions and risks that there are not, also where nothing is done:
// they are shown as they are.
func (c *Context) words() error {
	if f := c.Failure; f != nil && !slices.Contains([]FailureKind{FailedAuth, FailedOther, FailedInterrupted, FailedFast}, f.Kind) {
		return fmt.Errorf("a failure of no kind: %q", f.Kind)
	}
	for i := range c.Items {
		it := &c.Items[i]
		if !slices.Contains([]Action{Keep, Create, Update, Delete}, it.Action) {
			return fmt.Errorf("the line item %q does not say what is to become of what", it.Key)
		}
		if err := risks(it.Key, it.Held, it.Released); err != nil {
			return err
		}
		for k := range it.Scores {
			s := &it.Scores[k]
			if s.Action != Post && s.Action != Erase {
				return fmt.Errorf("score %d of the line item %q does not say what is to become of whose", k+1, it.Key)
			}
			if err := risks(it.Key, s.Held, s.Released); err != nil {
				return err
			}
		}
	}
	return nil
}

func risks(key string, held []Hold, released []Release) error {
	var all []Risk
	for _, h := range held {
		all = append(all, h.Risk)
	}
	for _, r := range released {
		all = append(all, r.Risk)
	}
	for _, r := range all {
		if !slices.Contains(Risks(), r) {
			return fmt.Errorf("the line item %q names a risk that there is not: %q", key, r)
		}
	}
	return nil
}

// values refuses a line item that no document may ask for, and figures that are
// not those of its results.
func (it *Item) values() error {
	if w := it.Wanted; w != nil && (strings.TrimSpace(w.Label) == "" || w.ScoreMaximum <= 0) {
		return fmt.Errorf("the line item %q has no title or no maximum", it.Key)
	}
	n := 0
	for _, g := range it.Results {
		if g.ScoreGiven != nil && g.ScoreMaximum <= 0 {
			return fmt.Errorf("the line item %q has points of no maximum", it.Key)
		}
		if g.ScoreGiven != nil || strings.TrimSpace(g.Comment) != "" {
			n++
		}
	}
	if it.Graded != nil && it.Results == nil {
		return fmt.Errorf("the line item %q says how many grades it has, and not which", it.Key)
	}
	if it.Graded != nil && *it.Graded != n {
		return fmt.Errorf("the line item %q has %d grades and says %d", it.Key, n, *it.Graded)
	}
	return nil
}

// values refuses a score that no document may ask for. What was there may be sent
// again, whatever it is. JSON knows no infinite numbers.
func (s *Score) values() error {
	given := s.After.ScoreGiven
	again := given != nil && s.Before != nil && s.Before.ScoreGiven != nil && *given == *s.Before.ScoreGiven
	switch {
	case given != nil && s.After.ScoreMaximum <= 0, s.Before != nil && s.Before.ScoreGiven != nil && s.Before.ScoreMaximum <= 0:
		return errors.New("has points of no maximum")
	case given != nil && *given < 0 && !again:
		return errors.New("sets points below 0")
	case !oneOf(s.ActivityProgress, "Initialized", "Started", "InProgress", "Submitted", "Completed"),
		!oneOf(s.GradingProgress, "FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"):
		return errors.New("is of a progress that there is not")
	}
	return nil
}

// oneOf tells whether a word is one of AGS 2.0's, or left out.
func oneOf(word string, words ...string) bool { return word == "" || slices.Contains(words, word) }
