package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// What a probe's line item is called. Its label begins with ScratchLabel for as
// long as it lives, so that the one of a killed probe is found by both.
const (
	ScratchLabel  = "gradesync probe (safe to delete)"
	ScratchPrefix = "gradesync-probe-"
	scratchTag    = "gradesync-probe"
	extension     = "https://gradesync.dev/probe"
	// Nobody is who scores are tried with where no person is given.
	Nobody = "gradesync-probe"
	// scratchMaximum is none that a platform would choose by itself.
	scratchMaximum = 80
)

// Prober finds out what a platform does with what it is given. It writes to a
// line item of its own making only.
type Prober struct {
	Platform reconcile.Platform
	Clock    reconcile.Clock // the platform's time, as far as it is known
	Settle   time.Duration   // how long a write may take to show
	Grace    time.Duration   // how long removing may take after an interruption
	Person   string          // whose scores are tried; "": nobody's
	Stamps   bool            // the platform sets the times of scores itself
	Mark     string          // makes the line item's resourceId this probe's own
}

// Fact is what was found out: of what, and one word of it. More is a figure or
// an error that goes with it.
type Fact struct{ Of, Is, More string }

// Found is all that a probe found out.
type Found struct {
	Facts   []Fact
	Failure *plan.Failure // why it ended early
	Fixed   string        // where columns are made, where no tool can make one: nothing was tried
}

// run is a probe on its way.
type run struct {
	Prober
	found    Found
	id       string            // of the line item, from a listing; "" before it is known
	before   map[string]string // labels of what was there, by spelled id
	over     string            // id of what was there before and now bears our marks
	instead  string            // id of what was there before, as the answer to the create
	unsure   bool              // it may have been made, known or not
	made     plan.LineItem     // as it was sent to be created
	now      plan.LineItem     // as it was read last
	patience time.Duration     // how long to wait for a write to show
	last     time.Time         // the latest timestamp that the platform may know
	person   string
}

// Run probes. Whatever happens, also when ctx ends, the line item is removed
// in the end and looked for once more.
func (p Prober) Run(ctx context.Context) Found {
	r := &run{Prober: p, patience: min(p.Settle, 2*time.Second), person: cmp.Or(p.Person, Nobody)}
	if err := r.steps(ctx); err != nil {
		r.found.Failure = reconcile.FailureOf(ctx, "probing", err)
	}
	return r.found
}

func (r *run) is(of, is string, more ...string) {
	r.found.Facts = append(r.found.Facts, Fact{of, is, strings.Join(more, "")})
}

func (r *run) steps(ctx context.Context) error {
	if err := r.sweep(ctx); err != nil {
		return err
	}
	r.made = plan.LineItem{
		Label: ScratchLabel, ScoreMaximum: scratchMaximum, ResourceID: ScratchPrefix + r.Mark, Tag: scratchTag,
		StartDateTime: r.day(1), EndDateTime: r.day(8), GradesReleased: new(bool),
		Extensions: map[string]json.RawMessage{extension: json.RawMessage(`"one"`)},
	}
	defer r.remove(ctx) // whatever comes of the create
	if err := r.create(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{r.members, r.filter, r.clearing, r.labels, r.fraction, r.scores} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// day is a date to write: a whole second, which every platform can keep.
func (r *run) day(n int) time.Time {
	return r.Clock.Now().UTC().Truncate(time.Second).AddDate(0, 0, n)
}

// sweep takes down what is there, and removes what probes left that were
// killed. What is like one and not quite is told and left alone: a person may
// have made something of it. A listing that may hide something ends the probe:
// its own line item could not be told from what was hidden.
func (r *run) sweep(ctx context.Context) error {
	list, err := r.list(ctx, r.Platform.LineItems)
	if err != nil {
		return err
	}
	if !list.Proven {
		return &reconcile.Fault{
			Kind: reconcile.Refused, Hint: "take a `limit` out of lineItemsURL, then probe again",
			Err: errors.New("the listing may not show every line item, so that a scratch one could not be told from yours: none was made"),
		}
	}
	r.before = make(map[string]string, len(list.Items))
	for i := range list.Items {
		r.before[spelled(list.Items[i].ID)] = list.Items[i].Label
	}
	for i := range list.Items {
		li := &list.Items[i]
		if ours, called := strings.HasPrefix(li.ResourceID, ScratchPrefix), called(li); !ours || !called {
			if ours || called {
				r.is("leftover", "doubtful", li.ID)
			}
			continue
		}
		graded, err := r.graded(ctx, li.ID)
		if err == nil && !graded {
			err = r.discard(ctx, li.ID, func(now *plan.LineItem) bool { return now.ResourceID == li.ResourceID && called(now) })
		}
		switch {
		case graded:
			r.is("leftover", "graded", li.ID)
		case err == nil:
			delete(r.before, spelled(li.ID)) // some platforms give an id again
			r.is("leftover", "removed", li.ResourceID)
		case errors.Is(err, errNotOurs):
			r.is("leftover", "doubtful", li.ID)
		default:
			r.is("leftover", "stays", li.ID, ": ", err.Error())
		}
	}
	return nil
}

// graded tells whether a line item has a grade of anybody but whom scores are
// tried with. Then it may be a column that an LMS wrote a probe's over.
func (r *run) graded(ctx context.Context, id string) (bool, error) {
	graded := false
	_, err := r.eventually(ctx, 0, func() (bool, error) {
		for res, err := range r.Platform.Results(ctx, id) {
			if err != nil {
				return false, err
			}
			if res.ScoreGiven != nil && res.UserID != r.person && res.UserID != Nobody {
				graded = true
				break
			}
		}
		return true, nil
	})
	return graded, err
}

// called tells whether a line item has a probe's label.
func called(li *plan.LineItem) bool { return strings.HasPrefix(li.Label, ScratchLabel) }
