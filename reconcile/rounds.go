package reconcile

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gradesync/gradesync/plan"
)

const (
	maxRounds = 8 // how often a write is sent
	// deadRounds is for a platform that cannot be reached at all.
	deadRounds = 3
	// patience is for pauses after which nothing more has gone well than before.
	patience = 2 * time.Minute
)

// rounds sends every task, and again those that certainly or possibly did
// not happen, after look has found out which of the doubtful did (it sets
// their fault to nil). What still has a fault at the end keeps it.
func (a *applier) rounds(tasks []*task, atOnce int, send func(*task) error, look func([]*task)) {
	pending := tasks
	idle := time.Duration(0) // paused since something went well
	dead := 0                // rounds since the platform could be reached
	for round := 0; ; {
		a.parallel(pending, atOnce, send)
		left := retryable(pending)
		if len(left) == len(pending) || !allAre(left, Throttled) {
			round++ // a platform that lets some through at a time gets all the time it wants
		}
		if len(left) < len(pending) {
			idle = 0
		}
		if dead++; len(left) < len(pending) || !allAre(left, Unreachable) {
			dead = 0
		}
		pending = left
		if len(pending) == 0 || round == maxRounds || dead == deadRounds || a.stop.Err() != nil {
			break
		}
		wait := pause(round, pending)
		if idle += wait; wait > longestWait || idle > patience {
			break
		}
		if a.o.Clock.Sleep(a.stop, wait) != nil {
			break
		}
		if look != nil {
			look(pending)
			pending = retryable(pending)
		}
	}
	for _, t := range tasks {
		a.conclude(t)
	}
}

func allAre(tasks []*task, kind FaultKind) bool {
	return !slices.ContainsFunc(tasks, func(t *task) bool { return t.fault.Kind != kind })
}

func retryable(tasks []*task) []*task {
	var out []*task
	for _, t := range tasks {
		if t.settled || t.fault == nil {
			continue
		}
		switch t.fault.Kind {
		case Doubt, Stale, Throttled, Unreachable:
			out = append(out, t)
		}
	}
	return out
}

// pause is how long to wait before the next round: longer each time, and as
// long as the platform asks.
func pause(round int, tasks []*task) time.Duration {
	d := 250 * time.Millisecond << min(max(round-1, 0), 3)
	for _, t := range tasks {
		d = max(d, t.fault.RetryAfter)
		if t.fault.Kind == Stale {
			d = max(d, 1100*time.Millisecond) // some platforms count whole seconds
		}
	}
	return d
}

// conclude settles a task whose last try failed, as far as that is known
// without reading back.
func (a *applier) conclude(t *task) {
	if t.settled || t.fault == nil || t.sent {
		return // what may have been written, only the proof can judge
	}
	if t.fault.RetryAfter > longestWait {
		t.fault = tooLong(t.fault)
	}
	a.fail(t.fault)
	switch t.fault.Kind {
	case Throttled, Unreachable:
		t.notAttempted(plan.CauseFailed, t.fault.Error())
	default:
		why := t.fault.Error()
		if t.fault.Hint != "" && t.score != nil {
			why += " (" + t.fault.Hint + ")"
		}
		t.settle(plan.Refused, why)
	}
	t.row.Said = t.fault.Said
}

// fail remembers why nothing could be sent, for the case that nothing is.
func (a *applier) fail(f *Fault) {
	kind := plan.FailedOther
	switch f.Kind {
	case Denied:
		kind = plan.FailedAuth
	case Refused, Gone, Stale:
		return // a matter of the row alone
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failure == nil || kind == plan.FailedAuth {
		a.failure = &plan.Failure{Kind: kind, Message: f.Error(), Said: f.Said, Hint: f.Hint}
	}
}

// untouched tells whether no row was ever sent.
func (a *applier) untouched() bool {
	return !slices.ContainsFunc(a.tasks, func(t *task) bool { return t.sent })
}

// parallel sends tasks, several at once; after a stop the rest is settled
// as not attempted.
func (a *applier) parallel(tasks []*task, atOnce int, send func(*task) error) {
	next := make(chan *task)
	var wg sync.WaitGroup
	for range min(max(1, atOnce), len(tasks)) {
		wg.Go(func() {
			for t := range next {
				a.try(t, send)
			}
		})
	}
	ahead := 2 * atOnce
	for _, t := range tasks[:min(ahead, len(tasks))] {
		a.lookAhead(t)
	}
	for i, t := range tasks {
		if soon := i + ahead; soon < len(tasks) {
			a.lookAhead(tasks[soon])
		}
		if !t.settled {
			next <- t
		}
	}
	close(next)
	wg.Wait()
	a.looks.Wait()
}

// writing is the context of a task's write.
func (a *applier) writing(t *task) context.Context {
	if t.writes++; t.writes > 1 {
		return repeating(a.ctx)
	}
	return a.ctx
}

func (a *applier) try(t *task, send func(*task) error) {
	if a.stop.Err() != nil {
		if !t.sent {
			t.notAttempted(plan.CauseInterrupted, "interrupted")
		}
		return
	}
	last := t.fault
	if last != nil && !t.doubt && (last.Kind == Throttled || last.Kind == Unreachable) {
		t.stamp = time.Time{} // it was not sent, and time has passed: look again first
	}
	t.stale = last != nil && last.Kind == Stale
	t.fault = nil
	if err := send(t); err != nil {
		t.fault = faultOf(err)
		if t.fault.Kind == Stale && t.fault.Once && t.stale && last.Once {
			refused := *t.fault
			refused.Kind = Refused
			t.fault = &refused
		}
	}
	switch {
	case t.settled: // nothing was sent
	case t.fault == nil:
		t.sent = true
	case t.fault.Kind == Doubt:
		t.sent, t.doubt = true, true
	}
	if a.o.Ended != nil {
		e := Ended{Stage: Written, Row: *t.row}
		if t.fault != nil {
			e.Stage, e.Error = Tried, t.fault.Error()
		}
		a.o.Ended(e)
	}
}
