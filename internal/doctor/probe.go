package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	Mark     string          // makes the line item's resourceId this probe's own
}

// Fact is what was found out: of what, and one word of it. More is a figure or
// an error that goes with it.
type Fact struct{ Of, Is, More string }

// Found is all that a probe found out.
type Found struct {
	Facts   []Fact
	Failure *plan.Failure // why it ended early
}

// run is a probe on its way.
type run struct {
	Prober
	found    Found
	id       string          // of the line item; "" before it is known
	before   map[string]bool // ids of what was there
	unsure   bool            // it may have been made, known or not
	made     plan.LineItem   // as it was sent to be created
	now      plan.LineItem   // as it was read last
	patience time.Duration   // how long to wait for a write to show
	last     time.Time       // the latest timestamp that the platform may know
	person   string
}

// Run probes. Whatever happens, also when ctx ends, the line item is removed
// in the end and looked for once more.
func (p Prober) Run(ctx context.Context) Found {
	r := &run{Prober: p, patience: min(p.Settle, 2*time.Second)}
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

// sweep removes what probes left that were killed. What is like one and not
// quite is told and left alone: a person may have made something of it.
func (r *run) sweep(ctx context.Context) error {
	list, err := r.list(ctx, r.Platform.LineItems)
	if err != nil {
		return err
	}
	r.before = make(map[string]bool, len(list.Items))
	for i := range list.Items {
		li := &list.Items[i]
		r.before[li.ID] = true
		ours, called := strings.HasPrefix(li.ResourceID, ScratchPrefix), strings.HasPrefix(li.Label, ScratchLabel)
		switch {
		case ours && called:
			if err := r.gone(ctx, li.ID); err != nil {
				r.is("leftover", "stays", li.ID, ": ", err.Error())
				continue
			}
			r.is("leftover", "removed", li.ResourceID)
		case ours || called:
			r.is("leftover", "doubtful", li.ID)
		}
	}
	return nil
}

// create makes the line item and finds it. One of which it is not known
// whether it was made is looked for, and only then sent again.
func (r *run) create(ctx context.Context) error {
	for try := 1; ; try++ {
		sent := r.again(ctx, 1, func() (err error) {
			r.id, err = r.Platform.CreateLineItem(ctx, r.made)
			return err
		})
		if sent != nil && !doubt(sent) && ctx.Err() == nil {
			return fmt.Errorf("the scratch line item was not made: %w", sent)
		}
		r.unsure = true
		began := r.Clock.Now()
		shown, err := r.eventually(ctx, r.Settle, func() (bool, error) { return r.find(ctx) })
		switch {
		case err != nil:
			return err
		case shown && !r.ours():
			r.id = "" // whatever it is, it is not ours to change or to remove
			return errors.New("the platform answered with another line item than the one that was to be made")
		case shown:
			r.delay(r.Clock.Now().Sub(began))
			return nil
		case sent == nil:
			return errors.New("the scratch line item was made, and does not show")
		case try == 3:
			return fmt.Errorf("the scratch line item was not made: %w", sent)
		}
	}
}

// find looks for the line item, by its id where that is known.
func (r *run) find(ctx context.Context) (bool, error) {
	if r.id == "" {
		list, err := r.Platform.LineItems(ctx)
		if err != nil {
			return false, err
		}
		if r.id = find(list.Items, r.made.ResourceID); r.id == "" {
			return false, nil
		}
	}
	li, err := r.Platform.LineItem(ctx, r.id)
	if kind(err) == reconcile.Gone {
		return false, nil
	}
	r.now = li
	return err == nil, err
}

// ours tells whether the line item is the one that was made. What was there
// before is not, whatever the platform says.
func (r *run) ours() bool {
	named := r.now.ResourceID == r.made.ResourceID || r.now.ResourceID == "" || r.now.Label == r.made.Label
	return named && !r.before[r.id]
}

func (r *run) delay(d time.Duration) {
	if d < time.Second {
		r.is("delay", "none")
		return
	}
	r.is("delay", "some", d.Round(time.Second/10).String())
	r.patience = min(r.Settle, max(r.patience, 2*d))
}

func find(items []plan.LineItem, resourceID string) string {
	for i := range items {
		if items[i].ResourceID == resourceID {
			return items[i].ID
		}
	}
	return ""
}
