package run

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"filippo.io/age"
	"golang.org/x/sync/errgroup"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/runlog"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// Options say what to run, and with what.
type Options struct {
	Contexts []string // globs of context names; none: all
	Targets  []string // globs of gradebook/key or key; none: all
	Base     *Base    // what the files said before; nil: not asked for
	Write    bool     // ask for the scopes that writing needs
	Decide   reconcile.Options
	SkipHeld bool
	Env      func(string) (string, bool) // the environment, for secrets
	Clock    reconcile.Clock
	Log      *slog.Logger
	RunsDir  string // where the records of applies are kept
	SealTo   []age.Recipient
	Note     func(string)     // told what the user should know; from any goroutine
	Tick     func()           // called for every finished row; may be nil
	Times    *reconcile.Times // where the time goes; may be nil
}

// side is how many contexts are worked on at once; what the platforms are
// asked at once is bounded by their own limits.
const side = 16

// grace is how long an interrupted apply may finish what is in flight.
const grace = 10 * time.Second

// Session is a set of contexts with open connections.
type Session struct {
	opts   Options
	links  map[string]*link       // by Platform name
	places map[string]*sync.Mutex // by Platform name and course
	locks  map[string]*sync.Mutex // by digest of the course, for the lock between processes
	jobs   []job
	saved  *plan.Plan // what is to be applied as it is; nil: Plan makes one
	digest string     // of its file, all contexts and as it was made
	commits
}

// job is one context of one Gradebook.
type job struct {
	want    reconcile.Want
	context *spec.Context
	link    *link
	p       reconcile.Platform
	shown   *agsclient.Account // what p has shown that is still in use
	failure *plan.Failure      // why there is no p
	lost    *plan.Failure      // why there is no roster to read; nil: there is one
	// one is shared by all jobs on the same course: they are applied one
	// after the other, so that each sees what the one before has made.
	one    *sync.Mutex
	at     string // where the files have the context
	course string // the digest of the LMS and the course
	launch string // where only a launch tells the course: the mark of its secret
	// known, of an undo where only a launch tells the course: the ids of the
	// line items that the run saw and made.
	known map[string]bool
}

func newSession(o Options) *Session {
	return &Session{opts: o, links: map[string]*link{}, places: map[string]*sync.Mutex{}, locks: map[string]*sync.Mutex{}}
}

// Open selects contexts and connects to their platforms. A platform that
// cannot be opened (a key that is not there) fails its own contexts' plans
// and no others; an error is only a selection that selects nothing
// (SelectionError).
func Open(docs *spec.Documents, o Options) (*Session, error) {
	picked, err := choose(docs, o.Contexts, o.Targets)
	if err != nil {
		return nil, err
	}
	s := newSession(o)
	for _, c := range picked {
		p := docs.PlatformOf(c.gradebook)
		w := reconcile.NewWant(c.gradebook, c.context, p)
		w.Selected, w.Explain = c.keys, o.Decide.Explain
		o.Base.into(&w, c.gradebook, c.context)
		s.add(c.context, p, w)
	}
	s.findBeside(docs)
	return s, nil
}

// add connects a context to its platform.
func (s *Session) add(c *spec.Context, p *spec.Platform, w reconcile.Want) {
	l := s.links[p.Name()]
	if l == nil {
		l = open(p, s.opts)
		s.links[p.Name()] = l
	}
	j := job{want: w, context: c, link: l, failure: l.failure, lost: lost(c, p), at: c.Pos.String(), course: courseDigest(c, p)}
	if j.failure == nil {
		j.shown = l.memory.Account()
		j.p, j.failure = l.counted(c, j.shown, l.scopes)
	}
	place := p.Name() + "\x00" + l.place(c)
	if s.places[place] == nil {
		s.places[place] = &sync.Mutex{}
	}
	j.one = s.places[place]
	if s.locks[j.course] == nil {
		s.locks[j.course] = &sync.Mutex{}
	}
	j.launch = l.launchMark(c)
	s.jobs = append(s.jobs, j)
}

// Close ends all connections.
func (s *Session) Close() error {
	var first error
	for _, l := range s.links {
		if err := l.close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Plan observes and decides, or takes the saved plan. It writes nothing.
func (s *Session) Plan(ctx context.Context) plan.Plan {
	if s.saved != nil {
		return s.savedPlan(ctx)
	}
	out := plan.Plan{Contexts: make([]plan.Context, len(s.jobs))}
	s.each(func(i int, j *job) {
		defer func() { out.Contexts[i].Course, out.Contexts[i].Launch = j.course, j.launch }()
		if j.failure == nil && s.opts.Write {
			j.failure = j.link.authorize(ctx)
		}
		if j.failure != nil {
			out.Contexts[i] = plan.Context{Gradebook: j.want.Gradebook, Name: j.want.Context, Platform: j.want.Platform, Failure: j.failure}
			return
		}
		reading := reconcile.Reading{Concurrency: j.link.limits.concurrency, Clock: j.link.clock, Times: s.opts.Times}
		if j.want.NeedsRoster() {
			var stop *plan.Context
			over := s.opts.Times.In(reconcile.ReadingRoster)
			reading.Roster, stop = j.whoIsWho(ctx)
			over()
			if stop != nil && (j.want.Today().NeedsRoster() || ctx.Err() != nil) {
				out.Contexts[i] = *stop
				return
			}
		}
		out.Contexts[i] = reconcile.Plan(ctx, j.p, &j.want, s.opts.Decide, reading)
		j.proveCourse(&out.Contexts[i])
		j.shown.Keep(shownIn(&out.Contexts[i]))
	})
	s.findRivals(&out)
	s.tellUnused(out)
	return out
}

// Apply records what a plan that this session made would touch, carries it
// out, and records how each write ended. The error is of the record, and then
// nothing was written.
func (s *Session) Apply(ctx context.Context, p plan.Plan) (plan.Report, error) {
	out := plan.Report{Digest: s.digest, Contexts: make([]plan.ContextReport, len(s.jobs))}
	over := s.opts.Times.In(recordingBefore)
	rec, err := s.record(p)
	over()
	if err != nil {
		return out, err
	}
	if rec != nil {
		out.Run = rec.Dir()
	}
	s.each(func(i int, j *job) {
		j.one.Lock()
		defer j.one.Unlock()
		if rec != nil {
			defer s.alone(ctx, j)()
		}
		var saved *reconcile.Want
		if s.saved != nil {
			saved = &j.want
		}
		out.Contexts[i] = reconcile.Apply(ctx, rec.watched(j), p.Contexts[i], reconcile.ApplyOptions{
			Concurrency: j.link.limits.concurrency, Settle: j.link.limits.settle, Grace: grace,
			Clock: j.link.clock, Times: s.opts.Times, SkipHeld: s.opts.SkipHeld, Saved: saved, SameLaunch: s.saved != nil && j.launch != "" && j.launch == p.Contexts[i].Launch,
			Ended: func(e reconcile.Ended) {
				if e.Stage == reconcile.Written && s.opts.Tick != nil {
					s.opts.Tick()
				}
				rec.ended(&j.want, e)
			},
		})
		j.shown.Keep(shownIn(&p.Contexts[i]))
	})
	if err := rec.close(); err != nil {
		s.opts.Note("the record of this run is not complete: " + err.Error())
	}
	return out, nil
}

// alone waits until no other process that keeps its records in the same folder
// writes to the job's course: what it will have written by then, the looks before
// the writes will find. It gives what ends that.
func (s *Session) alone(ctx context.Context, j *job) (over func()) {
	mine := s.locks[j.course]
	mine.Lock() // the one between processes cannot tell who of this one has it
	name := j.want.Gradebook + "/" + j.want.Context
	release, err := runlog.Lock(ctx, s.opts.RunsDir, j.course, func() {
		s.opts.Note("another gradesync is writing to the course of " + name + ": waiting until it is done")
	})
	switch {
	case err == nil:
		return func() { release(); mine.Unlock() }
	case ctx.Err() == nil:
		s.opts.Note("nothing keeps another gradesync from writing to the course of " + name + " at the same time: there are no locks in " + s.opts.RunsDir + ": " + err.Error())
	}
	return mine.Unlock
}

// shownIn is how many bytes of what the platform has shown a plan keeps, about.
func shownIn(c *plan.Context) (n int64) {
	const id, item, grade = 32, 2 << 10, 144
	for _, seen := range c.Seen {
		n += id + int64(len(seen))
	}
	for i := range c.Items {
		it := &c.Items[i]
		if it.Observed != nil {
			n += item
			for name, raw := range it.Observed.Extensions {
				n += int64(len(name) + len(raw))
			}
		}
		for user, g := range it.Results {
			n += grade + int64(len(user)+len(g.Comment))
		}
		for k := range it.Scores {
			if before := it.Scores[k].Before; before != nil && it.Results == nil {
				n += grade + int64(len(before.Comment))
			}
		}
	}
	return n
}

func (s *Session) each(do func(int, *job)) {
	var g errgroup.Group
	g.SetLimit(side)
	for i := range s.jobs {
		g.Go(func() error {
			do(i, &s.jobs[i])
			return nil
		})
	}
	_ = g.Wait() // do has no error to return: it is in the plan
}
