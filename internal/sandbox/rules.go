package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The rules make a new State from an old one. What they are handed to edit is a
// shallow copy: its fields may be set, what they point to must be replaced.

func (st *State) withNewCourse(id string) *State {
	if st.Courses[id] != nil {
		return st
	}
	return st.with(id, &Course{
		ResourceLinks: []string{"rl-1", "rl-2", "rl-3", "rl-4", "rl-5"},
		NextLineItem:  1,
		LineItems:     []*LineItem{},
		Members:       []*Member{},
	})
}

func (st *State) with(id string, c *Course) *State {
	next := *st
	next.Courses = maps.Clone(st.Courses)
	next.Courses[id] = c
	return &next
}

func (st *State) withCourse(id string, edit func(*Course) error) (*State, error) {
	old, err := st.course(id)
	if err != nil {
		return nil, err
	}
	c := *old
	if err := edit(&c); err != nil {
		return nil, err
	}
	return st.with(id, &c), nil
}

func (st *State) withLineItem(course string, number int, edit func(*Course, *LineItem) error) (*State, error) {
	return st.withCourse(course, func(c *Course) error {
		old, err := c.lineItem(number)
		if err != nil {
			return err
		}
		item := *old
		if err := edit(c, &item); err != nil {
			return err
		}
		c.LineItems = put(c.LineItems, &item, (*LineItem).key)
		return nil
	})
}

func (st *State) course(id string) (*Course, error) {
	if c := st.Courses[id]; c != nil {
		return c, nil
	}
	return nil, refuse(http.StatusNotFound, "there is no such course")
}

func (c *Course) lineItem(number int) (*LineItem, error) {
	if i := c.LineItem(number); i != nil {
		return i, nil
	}
	return nil, refuse(http.StatusNotFound, "there is no such line item")
}

// put returns a copy of an ordered list with one in it, in place of the one of
// the same key.
func put[T any](list []*T, one *T, key func(*T) string) []*T {
	at, there := slices.BinarySearchFunc(list, key(one), func(o *T, k string) int { return strings.Compare(key(o), k) })
	next := slices.Clone(list)
	if there {
		next[at] = one
		return next
	}
	return slices.Insert(next, at, one)
}

// addLineItem creates a column and numbers it. One resourceId may be there many
// times: nothing is deduplicated (AGS 3.2.6).
func (st *State) addLineItem(course string, item LineItem) (*State, *LineItem, error) {
	next, err := st.withCourse(course, func(c *Course) error {
		if item.ResourceLinkID != "" && !slices.Contains(c.ResourceLinks, item.ResourceLinkID) {
			return refuse(http.StatusNotFound, "resourceLinkId: the course has no such resource link")
		}
		item.Number = c.NextLineItem
		item.Results = []*Result{}
		c.NextLineItem++
		c.LineItems = put(c.LineItems, &item, (*LineItem).key)
		return nil
	})
	return next, &item, err
}

// replaceLineItem sets every field as given: what was left out is unset. The
// results stay, rescaled to a new maximum.
func (st *State) replaceLineItem(course string, number int, item LineItem) (*State, *LineItem, error) {
	next, err := st.withLineItem(course, number, func(_ *Course, old *LineItem) error {
		if item.ResourceLinkID != "" && item.ResourceLinkID != old.ResourceLinkID {
			return refuse(http.StatusBadRequest, "resourceLinkId cannot be changed")
		}
		item.Number = old.Number
		item.Results = old.Results
		if item.ScoreMaximum != old.ScoreMaximum {
			results, err := rescaleAll(old.Results, old.ScoreMaximum, item.ScoreMaximum)
			if err != nil {
				return err
			}
			item.Results = results
		}
		*old = item
		return nil
	})
	return next, &item, err
}

func rescaleAll(results []*Result, from, to float64) ([]*Result, error) {
	next := make([]*Result, len(results))
	for at, r := range results {
		n := *r
		if r.Score != nil {
			score, err := rescale(*r.Score, from, to)
			if err != nil {
				return nil, err
			}
			n.Score = &score
		}
		next[at] = &n
	}
	return next, nil
}

func (st *State) deleteLineItem(course string, number int) (*State, error) {
	return st.withCourse(course, func(c *Course) error {
		if _, err := c.lineItem(number); err != nil {
			return err
		}
		c.LineItems = slices.DeleteFunc(slices.Clone(c.LineItems), func(i *LineItem) bool { return i.Number == number })
		return nil
	})
}

// postScore processes a score (AGS 3.4): only one later than the last.
func (st *State) postScore(course string, number int, sc score) (*State, error) {
	return st.withLineItem(course, number, func(c *Course, item *LineItem) error {
		if err := c.admit(sc.userID); err != nil {
			return err
		}
		r := Result{UserID: sc.userID}
		if old := item.Result(sc.userID); old != nil {
			if !sc.timestamp.After(old.Timestamp) {
				return refuse(http.StatusConflict, "timestamp is not later than that of the last score of this user")
			}
			r = *old
		}
		if err := r.take(sc, item.ScoreMaximum); err != nil {
			return err
		}
		item.Results = put(item.Results, &r, (*Result).key)
		return nil
	})
}

// admit enrols a stranger in an open course, and refuses one in a closed course.
func (c *Course) admit(user string) error {
	m := c.Member(user)
	if c.Closed && (m == nil || m.Status == "Deleted") {
		return refuse(http.StatusForbidden, "user not enrolled in this course")
	}
	if m == nil {
		c.Members = put(c.Members, new(Member{UserID: user}.withDefaults()), (*Member).key)
	}
	return nil
}

// take replaces all but the submission's times, which stay when left out,
// except on a reset: no score and progress Initialized.
func (r *Result) take(sc score, maximum float64) error {
	r.Score = nil
	if sc.given != nil && sc.gradingProgress == fullyGraded {
		scaled, err := rescale(*sc.given, sc.maximum, maximum)
		if err != nil {
			return err
		}
		r.Score = &scaled
	}
	r.Comment, r.ScoringUserID = sc.comment, sc.scoringUserID
	r.ActivityProgress, r.GradingProgress = sc.activityProgress, sc.gradingProgress
	r.Timestamp = sc.timestamp
	if sc.given == nil && sc.activityProgress == initialized {
		r.StartedAt, r.SubmittedAt = sc.startedAt, sc.submittedAt
		return nil
	}
	if !sc.startedAt.IsZero() {
		r.StartedAt = sc.startedAt
	}
	if !sc.submittedAt.IsZero() {
		r.SubmittedAt = sc.submittedAt
	}
	return nil
}
