package agsclient

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
)

// Result is a grade as the platform shows it (AGS 2.0 section 3.3).
type Result struct {
	ID            string
	ScoreOf       string
	UserID        string
	ResultScore   *float64 // on the scale of ResultMaximum; nil if there is no grade
	ResultMaximum float64  // 1 where the platform does not say
	Comment       string
	ScoringUserID string
}

// ResultFilter narrows a listing of results; what is empty is not sent.
type ResultFilter struct {
	UserID string
	Limit  int
}

// Results reads the results of a line item, every page, and yields each one as it
// streams in. An error is the last thing yielded and makes the rest a part at best.
// While the loop's body runs the page's connection is held: do nothing slow there,
// and no request that may have to wait for it. It needs [ScopeResultReadOnly].
func (c *Client) Results(ctx context.Context, lineItemID string, f ResultFilter) iter.Seq2[Result, error] {
	l := listing{op: "read results", accept: typeResults, private: []string{f.UserID},
		what: "results", maxCount: c.opts.MaxResults, maxBytes: c.opts.MaxResultBytes,
		url: with(under(lineItemID, "results"), param{"user_id", f.UserID}, limitParam(f.Limit))}
	if err := c.CheckID(lineItemID); err != nil {
		return failed[Result](&Error{Op: l.op, URL: redactText(lineItemID), Err: err})
	}
	return stream(ctx, c, l, decodeResult)
}

func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// UnmarshalJSON is lenient as [LineItem.UnmarshalJSON] is. A grade that cannot be
// read is an error and not taken for none.
func (r *Result) UnmarshalJSON(raw []byte) (err error) {
	if err := valid(raw); err != nil {
		return err
	}
	*r, err = decodeResult(raw)
	return err
}

// decodeResult takes numbers in strings and ids that are numbers. A grade that
// cannot be read is an error and not taken for none. raw must be JSON.
func decodeResult(raw []byte) (Result, error) {
	r := Result{ResultMaximum: 1}
	var f fields
	err := eachMember(raw, func(name []byte, value json.RawMessage) {
		switch string(name) {
		case "id":
			r.ID = optional(value)
		case "scoreOf":
			r.ScoreOf = optional(value)
		case "userId":
			r.UserID = f.text("userId", value)
		case "resultScore":
			r.ResultScore = f.number("resultScore", value)
		case "resultMaximum":
			r.ResultMaximum = 1
			if top := f.number("resultMaximum", value); top != nil && *top != 0 {
				r.ResultMaximum = *top
			}
		case "comment":
			r.Comment = f.text("comment", value)
		case "scoringUserId":
			r.ScoringUserID = optional(value)
		}
	})
	switch {
	case err != nil:
		return Result{}, err
	case r.ResultMaximum < 0:
		return Result{}, fmt.Errorf("resultMaximum is %s", decimal(r.ResultMaximum))
	}
	return r, f.err
}

// fields reads members and keeps the first error.
type fields struct{ err error }

func (f *fields) text(name string, value json.RawMessage) string {
	s, ok := text(value)
	if !ok && f.err == nil {
		f.err = fmt.Errorf("%s is %s and not a string", name, kind(value))
	}
	return s
}

func (f *fields) number(name string, value json.RawMessage) *float64 {
	n, ok := number(value)
	if ok {
		return n
	}
	if f.err == nil {
		f.err = fmt.Errorf("%s is %s and not a number", name, kind(value))
	}
	return nil
}

// optional is "" for what is no string: not worth a whole listing.
func optional(value json.RawMessage) string {
	s, _ := text(value)
	return s
}
