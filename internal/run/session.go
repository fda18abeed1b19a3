package run

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"filippo.io/age"

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
	FailFast bool                        // once a context goes wrong, begin no other (see Plan, Apply)
	Env      func(string) (string, bool) // the environment, for secrets
	Clock    reconcile.Clock
	Log      *slog.Logger
	RunsDir  string // where the records of applies are kept
	SealTo   []age.Recipient
	Note     func(string)     // told what the user should know; from any goroutine
	Tick     func()           // called for every finished row; may be nil
	Times    *reconcile.Times // where the time goes; may be nil
	Shown    int64            // how many bytes what one platform shows may take at a time; 0: many
}

// grace is how long an interrupted apply may finish what is in flight.
const grace = 10 * time.Second

// Session is a set of contexts with open connections.
type Session struct {
	opts   Options
	links  map[string]*link       // by Platform name
	locks  map[string]*sync.Mutex // by digest of the course, for the lock between processes
	people map[string]*people     // by Platform name, course and where its roster is
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
	people  *people            // of its course
	crowded bool               // there was no room for its roster beside what others show
	place   string             // Platform name and course: jobs on one course are applied one after the other
	at      string             // where the files have the context
	course  string             // the digest of the LMS and the course
	launch  string             // where only a launch tells the course: the mark of its secret
	// known, of an undo where only a launch tells the course: the ids of the
	// line items that the run saw and made.
	known map[string]bool
}

func newSession(o Options) *Session {
	return &Session{opts: o, links: map[string]*link{}, locks: map[string]*sync.Mutex{}, people: map[string]*people{}}
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
	l.jobs++
	if s.opts.Shown == 0 {
		l.memory.Raise(eachShown * int64(min(l.jobs, l.limits.contexts())))
	}
	if j.failure == nil {
		j.shown = l.memory.Account()
		j.p, j.failure = l.counted(c, j.shown, l.scopes)
	}
	j.place = p.Name() + "\x00" + l.place(c)
	roster := j.place + "\x00" + c.MembershipsURL.Value
	if s.people[roster] == nil {
		s.people[roster] = &people{account: l.memory.Account()}
	}
	j.people = s.people[roster]
	j.people.join()
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

// Plan observes and decides, or takes the saved plan. It writes nothing. With
// FailFast, the first context that cannot be read keeps those from being read that
// have not begun by then: their Failure says so.
func (s *Session) Plan(ctx context.Context) plan.Plan {
	if s.saved != nil {
		return s.savedPlan(ctx)
	}
	out := plan.Plan{Contexts: make([]plan.Context, len(s.jobs))}
	gate := s.reading()
	var crowded []int // there was no room for what they show beside the others
	var mu sync.Mutex
	one := func(i int, j *job, alone bool) {
		c := s.planOf(ctx, j, gate.closed())
		c.Course, c.Launch = j.course, j.launch
		if full := j.shown.Crowded(); (j.crowded || full) && c.Failure != nil && !alone {
			j.people.drop()
			mu.Lock()
			defer mu.Unlock()
			crowded = append(crowded, i)
			return
		}
		j.people.leave()
		gate.read(&c)
		out.Contexts[i] = c
	}
	s.eachByCourse(func(i int, j *job) { one(i, j, false) })
	slices.Sort(crowded)
	for _, i := range crowded {
		for _, k := range crowded {
			s.jobs[k].people.drop() // what others read of their courses meanwhile
		}
		one(i, &s.jobs[i], true)
	}
	s.findRivals(&out)
	s.tellUnused(out)
	return out
}

// planOf plans one context, unless --fail-fast stopped at another.
func (s *Session) planOf(ctx context.Context, j *job, stopped string) plan.Context {
	failed := plan.Context{Gradebook: j.want.Gradebook, Name: j.want.Context, Platform: j.want.Platform, Failure: j.failure}
	switch {
	case j.failure != nil:
		return failed
	case stopped != "":
		failed.Failure = notRead(stopped)
		return failed
	case s.opts.Write:
		if j.failure = j.link.authorize(ctx); j.failure != nil {
			failed.Failure = j.failure
			return failed
		}
	}
	reading := reconcile.Reading{Concurrency: j.link.limits.concurrency, Clock: j.link.clock, Times: s.opts.Times}
	if j.want.NeedsRoster() {
		var stop *plan.Context
		over := s.opts.Times.In(reconcile.ReadingRoster)
		reading.Roster, stop = j.whoIsWho(ctx)
		over()
		if stop != nil && (j.want.Today().NeedsRoster() || ctx.Err() != nil) {
			return *stop
		}
	}
	c := reconcile.Plan(ctx, j.p, &j.want, s.opts.Decide, reading)
	j.proveCourse(&c)
	j.shown.Keep(shownIn(&c))
	return c
}

// Apply records what a plan that this session made would touch, carries it
// out, and records how each write ended. The error is of the record, and then
// nothing was written.
//
// With FailFast nothing is written anywhere where the plan Stops, or where a saved one
// is stale anywhere; and the first context that is not applied in full keeps those from
// being written to that have not begun by then. Those under way are carried through.
func (s *Session) Apply(ctx context.Context, p plan.Plan) (plan.Report, error) {
	out := plan.Report{Digest: s.digest, Contexts: make([]plan.ContextReport, len(s.jobs))}
	stops := s.Stops(&p)
	stale := map[int]plan.ContextReport{}
	if stops == "" && s.saved != nil && s.opts.FailFast {
		stale, stops = s.lookAtAll(ctx, p)
	}
	var rec *recording
	if stops == "" {
		over := s.opts.Times.In(recordingBefore)
		var err error
		rec, err = s.record(p)
		over()
		if err != nil {
			return out, err
		}
	}
	gate := gate{on: s.opts.FailFast}
	if rec != nil {
		out.Run = rec.Dir()
	}
	s.eachCourse(func(i int, j *job) {
		if rec != nil {
			defer s.alone(ctx, j)()
		}
		if rep, is := stale[i]; is {
			out.Contexts[i] = rep
			return
		}
		o := s.applying(j, &p.Contexts[i])
		o.Stopped = stops
		if by := gate.closed(); stops == "" && by != "" {
			o.Stopped = notWritten(by)
		}
		o.Ended = func(e reconcile.Ended) {
			if e.Stage == reconcile.Written && s.opts.Tick != nil {
				s.opts.Tick()
			}
			rec.ended(&j.want, e)
		}
		out.Contexts[i] = reconcile.Apply(ctx, rec.watched(j), p.Contexts[i], o)
		gate.written(&out.Contexts[i], s.opts.SkipHeld)
		j.shown.Keep(shownIn(&p.Contexts[i]))
	})
	if err := rec.close(); err != nil {
		s.opts.Note("the record of this run is not complete: " + err.Error())
	}
	return out, nil
}

// applying is how a job's plan is carried out.
func (s *Session) applying(j *job, c *plan.Context) reconcile.ApplyOptions {
	o := reconcile.ApplyOptions{
		Concurrency: j.link.limits.concurrency, Settle: j.link.limits.settle, Grace: grace,
		Clock: j.link.clock, Times: s.opts.Times, SkipHeld: s.opts.SkipHeld,
	}
	if s.saved != nil {
		o.Saved, o.SameLaunch = &j.want, j.launch != "" && j.launch == c.Launch
	}
	return o
}

// alone waits until no other process that keeps its records in the same folder
// writes to the job's course: what it will have written by then, the looks before
// the writes will find. It gives what ends that.
func (s *Session) alone(ctx context.Context, j *job) (over func()) {
	mine := s.locks[j.course]
	mine.Lock() // the one between processes cannot tell who of this one has it
	name := j.name()
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

// name is how people are told of a job.
func (j *job) name() string { return j.want.Gradebook + "/" + j.want.Context }
