package reconcile

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// Platform is one course section of an LMS, seen by this tool. Methods may
// be called at once from several goroutines. Their errors are Faults; any
// other error counts as Doubt.
type Platform interface {
	// Capabilities says what the platform does with what it is given.
	Capabilities() Capabilities
	// LineItems is every line item of the context, from every page.
	LineItems(ctx context.Context) (Listing, error)
	// LineItemsOf is the line items with a resourceId. It is asked where a
	// listing is not proven; a platform may answer with more than was asked.
	LineItemsOf(ctx context.Context, resourceID string) (Listing, error)
	// LineItem is one line item as it is now. A missing one is Gone.
	LineItem(ctx context.Context, id string) (plan.LineItem, error)
	// CreateLineItem makes one, whatever its ID says, and returns the new
	// id, or "" where the platform did not tell.
	CreateLineItem(ctx context.Context, item plan.LineItem) (id string, err error)
	// ReplaceLineItem makes the line item item.ID be item. The members named
	// in cleared are to lose their value.
	ReplaceLineItem(ctx context.Context, item plan.LineItem, cleared []string) error
	// DeleteLineItem removes one. A missing one is Gone.
	DeleteLineItem(ctx context.Context, id string) error
	// Results is every result of a line item, in the platform's order. It
	// ends at the first error.
	Results(ctx context.Context, id string) iter.Seq2[plan.Result, error]
	// PostScore sets or, without ScoreGiven, clears a person's score.
	PostScore(ctx context.Context, id string, score Score) error
	// Members is the roster, everyone of every page. It ends at the first
	// error.
	Members(ctx context.Context) iter.Seq2[plan.Member, error]
}

// LinkResolver is a Platform that finds a resource link's line item by asking
// for it, where listings do not say which is whose.
type LinkResolver interface {
	// LineItemOfLink is the line item of a resource link. A link that does not
	// exist, or that has none, is Gone.
	LineItemOfLink(ctx context.Context, resourceLinkID string) (plan.LineItem, error)
}

// GradeReader is a Platform whose grades are looked at one by one before they
// are written, as it has to be told which grade is meant. What is read is
// compared with what was planned, and nobody's newer grade is written over.
type GradeReader interface {
	// Grade is what one person has in a line item; nil is nothing.
	Grade(ctx context.Context, lineItemID, userID string) (*Seen, error)
}

// Seen is a grade that is there. Its Grade may be the zero one.
type Seen struct {
	plan.Grade
	ID string // the platform's, as it goes back to it
	// Shared is, of a grade that was taken away and left its id, whether the
	// student was to see it; nil: not known.
	Shared *bool
}

// Listing is the line items of a context.
type Listing struct {
	Items []plan.LineItem
	// Proven is false where the platform may have more that it did not show.
	Proven bool
	// Unsure is, where it is not proven, the resourceIds of which the
	// platform may still have a line item that it did not show. Platforms
	// leave it nil; list fills it in.
	Unsure map[string]bool
}

// Score is what is sent for one person (AGS 2.0, score service).
type Score struct {
	UserID string
	plan.Grade
	ActivityProgress, GradingProgress string
	Submission                        *plan.Submission
	ScoringUserID                     string
	// ClearComment: the comment that is there shall go; an empty Comment
	// alone says nothing of it.
	ClearComment bool
	// Erase: the score is taken away, and no letter or comment is to be left, so
	// the grade may go as a whole.
	Erase bool
	// Seen is, on a GradeReader, the grade that this one is put in the place of;
	// nil: there is none.
	Seen *Seen
	// Timestamp is later than that of every other Score of this person and
	// line item; a Score that is sent again keeps it.
	Timestamp time.Time
}

// FaultKind is what an error means for the one who wants to write.
type FaultKind string

// Kinds of faults. The comment says what is known of the write.
const (
	Doubt       FaultKind = "doubt"       // it may or may not have happened
	Refused     FaultKind = "refused"     // it did not happen, and will not
	Stale       FaultKind = "stale"       // it did not happen: the timestamp is not later than the last
	Throttled   FaultKind = "throttled"   // it did not happen: too many requests
	Unreachable FaultKind = "unreachable" // it did not happen: no connection
	Gone        FaultKind = "gone"        // the object does not exist
	Denied      FaultKind = "denied"      // it did not happen: credentials or permission
)

// Fault is an error of a Platform with what it means.
type Fault struct {
	Kind       FaultKind
	RetryAfter time.Duration // what the platform asked to wait; 0: nothing
	Failed     bool          // of Doubt: the platform said that it failed, and not that it is busy
	Passing    bool          // of a reading: another try may do
	Once       bool          // of Stale: perhaps a refusal; one more try tells
	Hint       string        // what to do about it, for people; may be empty
	Said       string        // the platform's own words, which Err leaves out
	Err        error
}

func (f *Fault) Error() string { return f.Err.Error() }
func (f *Fault) Unwrap() error { return f.Err }

// faultOf makes a Fault of any error.
func faultOf(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Kind: Doubt, Err: err}
}

// FailureOf is how an error that ends a context is told in a plan. doing is
// what was going on, for the case that the user stopped it.
func FailureOf(ctx context.Context, doing string, err error) *plan.Failure {
	if ctx.Err() != nil {
		return &plan.Failure{Kind: plan.FailedInterrupted, Message: "interrupted while " + doing}
	}
	f := faultOf(err)
	kind := plan.FailedOther
	if f.Kind == Denied {
		kind = plan.FailedAuth
	}
	return &plan.Failure{Kind: kind, Message: err.Error(), Said: f.Said, Hint: f.Hint}
}
