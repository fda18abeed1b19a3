package ltiaas

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// score is what is posted for one person. It has no timestamp: the service sets
// it.
type score struct {
	UserID string `json:"userId"`
	// ScoreGiven is null where there shall be no score: left out means the same,
	// but not to everyone.
	ScoreGiven       *float64 `json:"scoreGiven"`
	ScoreMaximum     float64  `json:"scoreMaximum,omitempty"` // the scale of ScoreGiven
	ActivityProgress string   `json:"activityProgress"`
	GradingProgress  string   `json:"gradingProgress"`
	// Comment is a string; null clears the one that is there.
	Comment json.RawMessage `json:"comment,omitempty"`
	// The last two are AGS's. The service's reference does not name them: they are
	// sent where a file does, for the LMS behind it.
	Submission    *plan.Submission `json:"submission,omitempty"`
	ScoringUserID string           `json:"scoringUserId,omitempty"`
}

func scoreOf(s reconcile.Score) (out score, err error) {
	out = score{
		UserID: s.UserID, ScoreGiven: s.ScoreGiven, ActivityProgress: s.ActivityProgress, GradingProgress: s.GradingProgress,
		Submission: s.Submission, ScoringUserID: s.ScoringUserID,
	}
	if s.ScoreGiven != nil {
		out.ScoreMaximum = s.ScoreMaximum
	}
	switch {
	case s.Comment != "":
		out.Comment, err = json.Marshal(s.Comment)
	case s.ClearComment:
		out.Comment = json.RawMessage("null")
	}
	return out, err
}

// postScore writes a grade. That it was answered well proves nothing; only the
// results can tell.
func (c *client) postScore(ctx context.Context, id string, s reconcile.Score) (err error) {
	r := call{op: "post score", method: http.MethodPost, private: private(s)}
	if r.place, err = itemPlace(id, "/scores"); err != nil {
		return c.failure(r, false, err)
	}
	out, err := scoreOf(s)
	if err == nil {
		r.body, err = json.Marshal(out)
	}
	if err != nil {
		return c.failure(r, false, &argumentError{err})
	}
	return c.send(ctx, r)
}

// private is all that is said about a person.
func private(s reconcile.Score) []string {
	p := []string{s.UserID, s.Comment, s.ScoringUserID}
	if s.ScoreGiven != nil {
		p = append(p, strconv.FormatFloat(*s.ScoreGiven, 'f', -1, 64))
	}
	if s.Submission != nil {
		for _, t := range []time.Time{s.Submission.StartedAt, s.Submission.SubmittedAt} {
			if !t.IsZero() {
				p = append(p, t.Format(time.RFC3339Nano))
			}
		}
	}
	return p
}

// results reads the results of a line item, narrowed by userId and limit, as the
// query says. An error is the last thing yielded.
func (c *client) results(ctx context.Context, id string, query url.Values) iter.Seq2[plan.Result, error] {
	return func(yield func(plan.Result, error) bool) {
		l := listing{
			op: "read results", query: query, member: "scores", what: "results", private: query["userId"],
			maxCount: c.bounds.MaxResults, maxBytes: c.bounds.MaxBody,
		}
		var err error
		if l.place, err = itemPlace(id, "/scores"); err != nil {
			yield(plan.Result{}, c.failure(call{op: l.op, method: http.MethodGet}, false, err))
			return
		}
		each(ctx, c, l, decodeResult, yield)
	}
}

func decodeResult(raw json.RawMessage) (plan.Result, int, error) {
	var r agsclient.Result
	err := r.UnmarshalJSON(raw)
	g := plan.Grade{ScoreGiven: r.ResultScore, ScoreMaximum: r.ResultMaximum, Comment: r.Comment}
	return plan.Result{UserID: r.UserID, Grade: g}, r.Cost(), err
}

// each yields every element of a listing.
func each[T any](ctx context.Context, c *client, l listing, decode decoder[T], yield func(T, error) bool) {
	for page, err := range pages(ctx, c, l, decode) {
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, v := range page {
			if !yield(v, nil) {
				return
			}
		}
	}
}
