package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/gradesync/gradesync/internal/quirk"
)

// postScore processes a score (AGS 3.4): only one later than the last.
func (r rules) postScore(st *State, course string, number int, sc score) (*State, error) {
	return st.withLineItem(course, number, func(c *Course, item *LineItem) error {
		if r.has(quirk.NumericIDs) && !isNumber(sc.userID) {
			return badGateway()
		}
		if err := r.admit(st, c, sc.userID); err != nil {
			return err
		}
		cell := Result{UserID: sc.userID}
		old := item.Result(sc.userID)
		if r.has(quirk.Locked500) && (item.Locked || old != nil && old.Locked) {
			return &oddity{answer{status: http.StatusInternalServerError, mediaType: typeJSON, body: []string{}}}
		}
		if old != nil {
			if sc.stamped && !sc.timestamp.After(old.Timestamp) {
				sc.timestamp = old.Timestamp.Add(time.Microsecond)
			}
			if err := r.inOrder(old, sc.timestamp); err != nil {
				return err
			}
			if r.has(quirk.KeepsOverride) && old.Overridden && item.ResourceLinkID != "" {
				return ignored()
			}
			cell = *old
		}
		if r.has(quirk.CountsAttempts) && !sc.correction {
			if item.AllowedAttempts > 0 && cell.Attempts >= item.AllowedAttempts {
				return refuse(http.StatusUnprocessableEntity, "the maximum number of allowed attempts has been reached")
			}
			cell.Attempts++
		}
		if err := r.fill(&cell, sc, item.ScoreMaximum); err != nil {
			return err
		}
		item.Results = put(item.Results, &cell, (*Result).key)
		return nil
	})
}

// ignored is the answer to a score that looks like that to a stored one.
func ignored() error { return &oddity{answer{status: http.StatusOK}} }

// admit enrols a stranger in an open course, and refuses one in a closed course.
// A platform that has a word for strangers has no open courses.
func (r rules) admit(st *State, c *Course, user string) error {
	m := c.Member(user)
	status, closed := http.StatusForbidden, c.Closed
	for _, one := range []struct {
		quirk  quirk.Quirk
		status int
	}{
		{quirk.Strangers400, http.StatusBadRequest},
		{quirk.Strangers422, http.StatusUnprocessableEntity},
		{quirk.Strangers403, http.StatusForbidden},
		{quirk.Strangers404, http.StatusNotFound},
	} {
		if r.has(one.quirk) {
			closed = true
			if one.quirk != quirk.Strangers404 || !st.knows(user) {
				status = one.status
			}
		}
	}
	if closed && (m == nil || m.Status == "Deleted") {
		return refuse(status, "user not enrolled in this course")
	}
	if m == nil {
		c.Members = put(c.Members, new(Member{UserID: user}.withDefaults()), (*Member).key)
	}
	return nil
}

// knows tells whether a person is or was in any course.
func (st *State) knows(user string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(st.Courses)), func(c *Course) bool { return c.Member(user) != nil })
}

// inOrder refuses a score that is not later than the last one.
func (r rules) inOrder(old *Result, at time.Time) error {
	last := old.Timestamp
	if r.has(quirk.WholeSeconds) {
		if old.Changed.After(last) {
			last = old.Changed
		}
		last, at = last.Truncate(time.Second), at.Truncate(time.Second)
	}
	const reason = "timestamp is not later than that of the last score of this user"
	switch {
	case at.After(last), at.Equal(last) && r.has(quirk.EqualAccepted), r.has(quirk.StaleAccepted):
		return nil
	case r.has(quirk.StaleIgnored):
		return ignored()
	case r.has(quirk.Stale400):
		return badRequest(reason)
	}
	return refuse(http.StatusConflict, reason)
}

// fill replaces all but the submission's times, which stay when left out,
// except on a reset: no score and progress Initialized.
func (r rules) fill(cell *Result, sc score, maximum float64) (err error) {
	cell.Score, cell.Maximum, cell.Overridden = nil, 0, false
	counts := sc.gradingProgress == fullyGraded || sc.gradingProgress == pendingManual && r.has(quirk.PendingManualCounts)
	if sc.given != nil && counts {
		if r.has(quirk.MaximumAsPosted) {
			cell.Maximum, maximum = sc.maximum, sc.maximum
		}
		if cell.Score, err = r.points(sc, maximum); err != nil {
			return err
		}
	}
	r.comment(cell, sc)
	if cell.Score == nil && r.has(quirk.ClearedShowsUser) {
		cell.Comment = "" // it goes with the grade
	}
	cell.ScoringUserID = sc.scoringUserID
	cell.ActivityProgress, cell.GradingProgress = sc.activityProgress, sc.gradingProgress
	cell.Timestamp = sc.timestamp
	if sc.given == nil && sc.activityProgress == initialized {
		cell.StartedAt, cell.SubmittedAt = sc.startedAt, sc.submittedAt
		return nil
	}
	if !sc.startedAt.IsZero() {
		cell.StartedAt = sc.startedAt
	}
	if !sc.submittedAt.IsZero() {
		cell.SubmittedAt = sc.submittedAt
	}
	return nil
}

func (r rules) points(sc score, maximum float64) (*float64, error) {
	points, err := rescale(*sc.given, sc.maximum, maximum)
	if err == nil && r.has(quirk.FiveDecimals) {
		points, err = fiveDecimals(decimal(points))
	}
	if r.has(quirk.CutsScores) {
		points = min(points, maximum)
	}
	return &points, err
}

func (r rules) comment(cell *Result, sc score) {
	text := sc.comment
	if text == "0" && r.has(quirk.ZeroCommentClears) {
		text = ""
	}
	switch {
	case r.has(quirk.CommentsDropped):
	case !r.has(quirk.CommentsAppend):
		cell.Comment = text
	case sc.commented:
		cell.Comment = text
		if text != "" {
			cell.Comments = append(slices.Clone(cell.Comments), text)
		}
	}
}
