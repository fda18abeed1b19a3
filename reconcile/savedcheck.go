package reconcile

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/gradesync/gradesync/plan"
)

// contradiction is what of a plan out of a file cannot be, as one part of it says
// another thing than the next: what is shown and judged would not be what is
// written. "" is none. Nobody is named.
func contradiction(c *plan.Context, caps Capabilities) string {
	eq := caps.equality()
	for i := range c.Items {
		it := &c.Items[i]
		if it.Action == plan.Keep && len(it.Scores) == 0 {
			continue
		}
		if what := oddItem(it, &caps); what != "" {
			return fmt.Sprintf("of the line item %q %s", it.Key, what)
		}
		for k := range it.Scores {
			if what := oddScore(&it.Scores[k], eq); what != "" {
				return fmt.Sprintf("of the line item %q, score %d, %s", it.Key, k+1, what)
			}
		}
	}
	return ""
}

func oddItem(it *plan.Item, caps *Capabilities) string {
	if it.Action == plan.Create {
		if it.Label != it.Wanted.Label {
			return "the title is another than the one that would be written"
		}
		return oddCreate(it, caps)
	}
	shall := withFields(*it.Observed, it.Fields, after)
	if it.Label != shall.Label {
		return "the title is another than the one that would be written"
	}
	for _, f := range it.Fields {
		switch {
		case it.Action != plan.Update:
			return "fields would be written without a change"
		case !sameValue(f.Name, f.Before, fieldValue(it.Observed, f.Name)):
			return fmt.Sprintf("%q was not what the line item shows", f.Name)
		case f.Name == "id", (fieldValue(&shall, f.Name) == nil) != (f.After == nil):
			return fmt.Sprintf("%q cannot become that", f.Name)
		}
	}
	return ""
}

// oddCreate compares what is shown of a new line item with what is written: all
// but what the platform does not keep.
func oddCreate(it *plan.Item, caps *Capabilities) string {
	whole := itemFields(plan.LineItem{}, *it.Wanted)
	for _, f := range it.Fields {
		at := slices.IndexFunc(whole, func(w plan.Field) bool { return w.Name == f.Name })
		if at < 0 || f.Before != nil || !sameValue(f.Name, whole[at].After, f.After) {
			return fmt.Sprintf("%q is another than what would be written", f.Name)
		}
	}
	for _, w := range whole {
		if caps.keeping(w.Name) != NotKept && !slices.ContainsFunc(it.Fields, func(f plan.Field) bool { return f.Name == w.Name }) {
			return fmt.Sprintf("%q would be written, and is not shown", w.Name)
		}
	}
	return ""
}

// oddScore compares how a score is said to change with how it would, by the one
// comparator. What is sent again as it is has no change of its own.
func oddScore(s *plan.Score, eq equality) string {
	had := s.Before != nil && s.Before.ScoreGiven != nil
	if s.Action == plan.Post && s.After.ScoreGiven == nil && had && !s.KeepsScore {
		return "the points would be taken away by what sets them"
	}
	said := map[string]plan.Field{}
	for _, f := range s.Fields {
		if _, twice := said[f.Name]; twice {
			return fmt.Sprintf("%q changes twice", f.Name)
		}
		if f.Rides && (f.Name != "comment" || f.After != textOrNil(s.After.Comment)) {
			return fmt.Sprintf("%q is another than what would be written", f.Name)
		}
		said[f.Name] = f
	}
	for _, f := range eq.gradeFields(s.Before, s.After) {
		is, there := said[f.Name]
		letter := f.Name == "letterGrade" && !s.SetsLetter || f.Name == "shareWithStudent" && !s.SetsShare
		switch {
		case !there && s.Resend && letter: // a row that says nothing of it
		case !there:
			return fmt.Sprintf("%q would change, and it is not said", f.Name)
		case !reflect.DeepEqual(is.Before, f.Before) || !reflect.DeepEqual(is.After, f.After):
			return fmt.Sprintf("%q is another than what would be written", f.Name)
		}
		delete(said, f.Name)
	}
	for name, f := range said {
		if !f.Rides {
			return fmt.Sprintf("%q is said to change, and would not", name)
		}
	}
	return ""
}
