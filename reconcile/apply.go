package reconcile

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// Clock is the time as Apply sees it.
type Clock interface {
	Now() time.Time
	// Sleep waits, or returns the context's error as soon as it ends.
	Sleep(ctx context.Context, d time.Duration) error
}

// ApplyOptions say how a plan is carried out.
type ApplyOptions struct {
	Concurrency int           // writes at once, at least 1
	Settle      time.Duration // how long a write may take to show when it is read back
	Grace       time.Duration // how long an interrupted Apply may finish what is in flight and read it back
	Clock       Clock
	Times       *Times // may be nil
	SkipHeld    bool   // carry out the rest of a context that holds something back
	// Stopped is why nothing of a context that could be carried out is begun: another
	// one went wrong. "": it is carried out.
	Stopped string
	// Saved is what today's files say where the plan may be of some time ago, or have
	// been applied in part, and comes out of a file; nil: it was made just now. Then
	// everything that it touches is looked at before the first write.
	Saved *Want
	// LookOnly ends a Saved plan after that look: rows that nothing speaks against have
	// no outcome then.
	LookOnly bool
	// SameLaunch: the secret that a Saved plan was made with is the one that is
	// used now, so the course is the plan's.
	SameLaunch bool
	// Ended is told of every write as it ends, from any goroutine, and of
	// every row once its outcome stands. It may be nil.
	Ended func(Ended)
}

// Ended is the end of a write, or of a row.
type Ended struct {
	Stage Stage    `json:"stage"`
	Row   plan.Row `json:"row"` // its Outcome is "" until it is proved
	Error string   `json:"error,omitempty"`
}

// Stage is how far a row has come.
type Stage string

// Stages.
const (
	Tried   Stage = "tried"   // a request failed or has no clear answer
	Written Stage = "written" // a request was answered well, or the row is settled without one
	Proved  Stage = "proved"  // the outcome stands
)

// Apply carries out one context of a plan and reads back what it did:
// creates, replacements, scores, and deletes last. Each object is looked at
// again right before it is written; one that is no longer as the plan saw it
// is left alone.
//
// When ctx ends, nothing new is sent; what is in flight may finish within
// Grace, and the report accounts for every row.
func Apply(ctx context.Context, p Platform, c plan.Context, o ApplyOptions) plan.ContextReport {
	rep := plan.ContextReport{Plan: c}
	if c.Failure != nil {
		return rep
	}
	work, cancel := outlive(ctx, o.Grace, o.Clock)
	defer cancel()
	a := &applier{
		stop: ctx, ctx: work, p: p, o: o, c: &rep.Plan, caps: p.Capabilities(),
		seen: map[string]bool{}, owner: map[string]*task{}, checks: map[string]*check{},
	}
	a.eq = a.caps.equality()
	a.lay(&rep)
	switch {
	case len(a.tasks) == 0:
		return rep
	case len(c.Findings) > 0:
		a.settleAll(plan.CauseFindings, "findings stop this context")
		return rep
	case c.Totals().Held > 0 && !o.SkipHeld:
		a.settleAll(plan.CauseHeld, "policy holds something back in this context")
		return rep
	}
	switch {
	case o.Stopped != "":
		a.settleAll(plan.CauseFailFast, o.Stopped)
	case o.Saved != nil && !a.recheck(), o.LookOnly:
	default:
		a.write()
		a.verify()
	}
	if a.failure != nil && a.failure.Kind == plan.FailedOther && !a.untouched() {
		rep.Notes = append(rep.Notes, plan.Note{Message: "not all of it could be sent: run apply again to do the rest"})
	}
	a.collateral(&rep)
	if o.Ended != nil {
		for i := range rep.Rows {
			o.Ended(Ended{Stage: Proved, Row: rep.Rows[i]})
		}
	}
	unfinished := func(r plan.Row) bool { return r.Cause == plan.CauseInterrupted || r.Outcome == plan.Unconfirmed }
	if ctx.Err() != nil && slices.ContainsFunc(rep.Rows, unfinished) {
		rep.Failure = &plan.Failure{Kind: plan.FailedInterrupted, Message: "interrupted: what had not been sent was not sent", Hint: "run apply again to finish"}
	} else if a.untouched() {
		rep.Failure = a.failure
	}
	return rep
}

// outlive is a context that ends a while after its parent does.
func outlive(ctx context.Context, grace time.Duration, clock Clock) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		_ = clock.Sleep(work, grace) // ends early when the work does
		cancel()
	})
	return work, func() { stop(); cancel() }
}

// applier is one Apply under way.
type applier struct {
	stop   context.Context // ends when the user wants to stop
	ctx    context.Context // ends later: for what is in flight
	p      Platform
	o      ApplyOptions
	c      *plan.Context
	caps   Capabilities
	eq     equality
	tasks  []*task
	seen   map[string]bool // ids that were live before this run created anything
	checks map[string]*check
	looks  sync.WaitGroup // checks under way

	mu      sync.Mutex
	owner   map[string]*task // by live id: the line item's task
	failure *plan.Failure    // what kept a write from being sent, the gravest
}

func (a *applier) reading() Reading {
	return Reading{Concurrency: a.o.Concurrency, Clock: a.o.Clock}
}

// task is one row of the report while it is worked on.
type task struct {
	row   *plan.Row
	item  *plan.Item
	score *plan.Score // nil: the line item itself
	home  *task       // of a score: its line item's task, if that is written too
	id    string      // the live line item; "" until it is known
	fresh bool        // made by this run, so nobody can have a grade in it yet

	settled bool           // the row's outcome stands
	sent    bool           // to be proved: a request may have changed something, or it was found as planned
	doubt   bool           // a request had no clear answer: whatever the next says, only reading back can tell
	stale   bool           // the last try's timestamp was not late enough
	fault   *Fault         // how the last try failed; nil: it did not
	stamp   time.Time      // of the score; kept over retries
	grade   plan.Grade     // of a score: what was sent, to be seen when read back
	now     plan.Grade     // of a score: what was there when it was last looked at
	note    string         // what to tell of a row that goes well
	interim string         // why the last reading back proved nothing
	unread  bool           // of a score: the last look at it failed
	whole   *plan.LineItem // of an update: all that was put
	failed  int            // of a create: how often the platform answered that it failed
	writes  int            // how often its write was sent
}

// settle gives a row its outcome.
func (t *task) settle(o plan.Outcome, why string) {
	t.settled, t.row.Outcome, t.row.Why = true, o, why
	if t.score != nil && t.sent {
		t.row.Grade = &t.grade
	}
}

// notAttempted settles a row for which nothing was sent.
func (t *task) notAttempted(cause plan.Cause, why string) {
	t.settle(plan.NotAttempted, why)
	t.row.Cause = cause
}

// changed settles a row whose object somebody changed since the plan.
func (t *task) changed(what string) {
	t.notAttempted(plan.CauseStale, what+" since the plan was made; plan again")
}

func (a *applier) settleAll(cause plan.Cause, why string) {
	for _, t := range a.tasks {
		t.notAttempted(cause, why)
	}
}

// lay makes the rows and tasks of the plan, in its order.
func (a *applier) lay(rep *plan.ContextReport) {
	items := rep.Plan.Items
	n := 0
	for i := range items {
		n += 1 + len(items[i].Scores)
	}
	rep.Rows = make([]plan.Row, 0, n) // never grows, so tasks can point into it
	add := func(it *plan.Item, s *plan.Score, home *task) *task {
		row := plan.Row{Action: it.Action, Key: it.Key, Label: it.Label, Where: it.Where}
		if s != nil {
			row.Action, row.UserID, row.Person, row.Where = s.Action, s.UserID, s.Person, s.Where
		}
		rep.Rows = append(rep.Rows, row)
		t := &task{row: &rep.Rows[len(rep.Rows)-1], item: it, score: s, home: home, id: it.ID}
		a.tasks = append(a.tasks, t)
		if s == nil && t.id != "" {
			a.owner[t.id] = t
		}
		return t
	}
	for i := range items {
		it := &items[i]
		if len(it.Held) > 0 {
			continue
		}
		var home *task
		if it.Action != plan.Keep {
			home = add(it, nil, nil)
		}
		for k := range it.Scores {
			if len(it.Scores[k].Held) == 0 {
				add(it, &it.Scores[k], home)
			}
		}
	}
}

// pick is the tasks of one kind, in the plan's order.
func (a *applier) pick(action plan.Action) []*task {
	var out []*task
	for _, t := range a.tasks {
		if t.score == nil && t.item.Action == action {
			out = append(out, t)
		}
	}
	return out
}

// write goes through the phases.
func (a *applier) write() {
	over := a.o.Times.In(WritingItems)
	creates := a.pick(plan.Create)
	missing := slices.DeleteFunc(slices.Clone(creates), func(t *task) bool { return t.id != "" })
	if a.recheckCreates(missing) {
		// One after the other: platforms show columns in the order in which
		// they came, and that shall be the files'.
		a.rounds(creates, 1, a.create, a.findCreated)
		a.findUnnamed(creates)
	}
	updates := slices.DeleteFunc(a.pick(plan.Update), func(t *task) bool { return t.sent })
	a.rounds(updates, a.o.Concurrency, a.update, nil)
	if a.caps.WholeSeconds && slices.ContainsFunc(updates, func(t *task) bool { return t.sent && changesMaximum(t.item) }) {
		// The platform has just stamped their grades: a score of the same
		// second would be too early.
		_ = a.o.Clock.Sleep(a.stop, untilNextSecond(a.o.Clock.Now()))
	}
	var scores []*task
	for _, t := range a.tasks {
		if t.score == nil {
			continue
		}
		if why := blocked(t.home); why != "" {
			t.notAttempted(plan.CauseBlocked, why)
			continue
		}
		if t.home != nil {
			t.id, t.fresh = t.home.id, t.home.fresh
		}
		scores = append(scores, t)
	}
	over()
	over = a.o.Times.In(PostingScores)
	a.rounds(scores, a.o.Concurrency, a.post, a.lookAtScores)
	over()
	defer a.o.Times.In(WritingItems)()
	deletes := slices.DeleteFunc(a.pick(plan.Delete), func(t *task) bool { return t.sent })
	a.rounds(deletes, a.o.Concurrency, a.delete, nil)
}

// blocked says why a line item's scores must wait, or "".
func blocked(home *task) string {
	if home == nil {
		return ""
	}
	uncertain := home.settled || home.fault != nil || !home.sent
	switch {
	case home.item.Action == plan.Create && home.id == "":
		if home.doubt {
			return "it is not known whether its line item was created"
		}
		return "its line item was not created"
	case home.item.Action == plan.Create && uncertain:
		return "its line item was not created"
	case changesMaximum(home.item) && uncertain:
		return "it is not sure that its line item's scoreMaximum was changed"
	}
	return "" // a title that could not be changed is no reason to keep grades back
}

func changesMaximum(it *plan.Item) bool {
	return it.Action == plan.Update && slices.ContainsFunc(it.Fields, func(f plan.Field) bool { return f.Name == "scoreMaximum" })
}
