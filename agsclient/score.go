package agsclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Values of Score.ActivityProgress (AGS 2.0 section 3.4.7).
const (
	ActivityInitialized = "Initialized"
	ActivityStarted     = "Started"
	ActivityInProgress  = "InProgress"
	ActivitySubmitted   = "Submitted"
	ActivityCompleted   = "Completed"
)

// Values of Score.GradingProgress (AGS 2.0 section 3.4.8).
const (
	GradingNotReady      = "NotReady"
	GradingFailed        = "Failed"
	GradingPending       = "Pending"
	GradingPendingManual = "PendingManual"
	GradingFullyGraded   = "FullyGraded"
)

// Score is a grade to be written (AGS 2.0 section 3.4).
type Score struct {
	UserID           string
	ScoreGiven       *float64 // points, >= 0; nil clears the grade
	ScoreMaximum     float64  // the scale of ScoreGiven, > 0; sent with it only
	Comment          string   // plain text; "" is not sent, which clears an earlier one on most platforms
	ClearComment     bool     // where Comment is "", send it as null: some platforms keep one that is left out
	Timestamp        time.Time
	ActivityProgress string
	GradingProgress  string
	Submission       Submission
	ScoringUserID    string
	Extra            map[string]json.RawMessage // further members; the fields above go before them
}

// Submission says when the work was done; a zero time is not sent.
type Submission struct{ StartedAt, SubmittedAt time.Time }

// instant is a time as platforms want it: UTC, and always with the sub-second
// part, without which two scores of one second look simultaneous.
const instant = "2006-01-02T15:04:05.000000Z"

// check refuses what no platform may take. A progress that is misspelt would
// clear the grade on some.
func (s Score) check() error {
	switch {
	case s.UserID == "":
		return errors.New("the score has no user id")
	case s.Timestamp.IsZero():
		return errors.New("the score has no timestamp")
	case s.ScoreGiven != nil && !(*s.ScoreGiven >= 0):
		return errors.New("scoreGiven must not be less than 0")
	case s.ScoreGiven != nil && !(s.ScoreMaximum > 0):
		return errors.New("scoreMaximum must be greater than 0")
	}
	switch s.ActivityProgress {
	case ActivityInitialized, ActivityStarted, ActivityInProgress, ActivitySubmitted, ActivityCompleted:
	default:
		return fmt.Errorf("activityProgress %q is not one of Initialized, Started, InProgress, Submitted, Completed", s.ActivityProgress)
	}
	switch s.GradingProgress {
	case GradingNotReady, GradingFailed, GradingPending, GradingPendingManual, GradingFullyGraded:
	default:
		return fmt.Errorf("gradingProgress %q is not one of NotReady, Failed, Pending, PendingManual, FullyGraded", s.GradingProgress)
	}
	return nil
}

// MarshalJSON writes one line of JSON without the members that are empty.
func (s Score) MarshalJSON() ([]byte, error) {
	o := newObject()
	o.text("userId", s.UserID)
	if s.ScoreGiven != nil {
		o.number("scoreGiven", *s.ScoreGiven)
		o.number("scoreMaximum", s.ScoreMaximum)
	}
	o.text("comment", s.Comment)
	if s.ClearComment {
		o.raw("comment", json.RawMessage("null")) // unless it has been written
	}
	o.text("timestamp", s.Timestamp.UTC().Format(instant))
	o.text("activityProgress", s.ActivityProgress)
	o.text("gradingProgress", s.GradingProgress)
	sub := newObject()
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"startedAt", s.Submission.StartedAt}, {"submittedAt", s.Submission.SubmittedAt}} {
		if !t.at.IsZero() {
			sub.text(t.name, t.at.UTC().Format(instant))
		}
	}
	if inner, err := sub.bytes(); err == nil && len(sub.taken) > 0 {
		o.raw("submission", inner)
	}
	o.text("scoringUserId", s.ScoringUserID)
	o.extra(s.Extra)
	b, err := o.bytes()
	if err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	return b, nil
}

// PostScore writes a grade. A nil error says that the platform answered 2xx; the
// score may yet have been dropped, and only [Client.Results] can tell. 409, on
// some platforms 400, means that the timestamp is not later than what is there.
// With [Options] EmptyOnSuccess a 2xx that has content is an [Error] with that
// Status and [ErrContent], and one whose body broke off before any content is an
// Error too, which leaves open what was stored. It needs [ScopeScore].
func (c *Client) PostScore(ctx context.Context, lineItemID string, s Score) error {
	r := call{op: "post score", method: http.MethodPost, url: under(lineItemID, "scores"), content: typeScore}
	err := c.CheckID(lineItemID)
	if err == nil {
		err = s.check()
	}
	if err == nil {
		r.body, err = s.MarshalJSON()
	}
	if err != nil {
		return r.refused(err)
	}
	r.private = s.private()
	resp, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	if c.opts.EmptyOnSuccess {
		return empty(r, resp)
	}
	drain(resp.Body)
	return nil
}

// ErrContent is the cause of an [Error] where a score was answered 2xx with content,
// and [Options] EmptyOnSuccess says that a stored one is answered without.
var ErrContent = errors.New("answered with content where a stored score has none: it was refused")

// empty is nil if nothing but white space is in the body of a 2xx, and closes it.
func empty(r call, resp *http.Response) error {
	done := within(resp.Body, drainTime)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	endless := !done()
	drain(resp.Body)
	if endless && err != nil {
		err = &connError{"the answer does not end", err}
	}
	switch {
	case len(bytes.TrimSpace(body)) > 0:
		err = ErrContent
	case err == nil:
		return nil
	}
	e := r.failure(true, connCause(err))
	e.Status, e.Date = resp.StatusCode, dateOf(resp.Header)
	if err == ErrContent {
		e.Err = err
		e.Start = startOf(body)
		e.Reason = reasonOf(body, string(r.body), r.tokens, r.private)
	}
	return e
}

// private lists what an error must not repeat of a score: all that is said about
// a person, also in members this package does not know.
func (s Score) private() []string {
	p := []string{s.UserID, s.Comment, s.ScoringUserID}
	for _, raw := range s.Extra {
		p = append(p, texts(raw)...)
	}
	if s.ScoreGiven != nil {
		p = append(p, decimal(*s.ScoreGiven))
	}
	return p
}

// texts are all strings inside of a JSON value.
func texts(raw json.RawMessage) []string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	var found []string
	var look func(any)
	look = func(v any) {
		switch v := v.(type) {
		case string:
			found = append(found, v)
		case []any:
			for _, e := range v {
				look(e)
			}
		case map[string]any:
			for _, e := range v {
				look(e)
			}
		}
	}
	look(v)
	return found
}
