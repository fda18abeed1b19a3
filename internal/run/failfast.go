package run

import (
	"cmp"
	"context"
	"sync"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// gate is --fail-fast for one pass over the contexts: it closes when one goes
// wrong, and who has not come through by then does not begin. Which contexts have
// come through is a matter of time, so nothing but --fail-fast may depend on it.
// It is safe for concurrent use; one that is not on never closes.
type gate struct {
	on bool

	mu sync.Mutex
	by string
}

// close names the context that went wrong. The first one counts.
func (g *gate) close(by string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.on && g.by == "" {
		g.by = by
	}
}

// closed is the context that closed the gate; "" while it is open.
func (g *gate) closed() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.by
}

// reading is the gate before the contexts are read. What cannot be read, as is
// known ahead of any request, closes it: then nothing is asked of any platform.
func (s *Session) reading() *gate {
	g := &gate{on: s.opts.FailFast}
	for i := range s.jobs {
		if s.jobs[i].failure != nil || s.saved != nil && s.saved.Contexts[i].Failure != nil {
			g.close(s.jobs[i].name())
		}
	}
	return g
}

// read tells the gate what came of reading a context. An interrupt is no failure
// of the context's, and all others hear of it by themselves.
func (g *gate) read(c *plan.Context) {
	if f := c.Failure; f != nil && f.Kind != plan.FailedInterrupted {
		g.close(c.Gradebook + "/" + c.Name)
	}
}

// written tells the gate what came of writing a context.
func (g *gate) written(c *plan.ContextReport, skipHeld bool) {
	switch st := c.Status(); {
	case st == plan.Unchanged, st == plan.Applied, st == plan.HeldBack && skipHeld, st == plan.NotBegun, st == plan.Interrupted:
	default:
		g.close(c.Plan.Gradebook + "/" + c.Plan.Name)
	}
}

// notRead is why a context has no plan.
func notRead(by string) *plan.Failure {
	return &plan.Failure{
		Kind:    plan.FailedFast,
		Message: "not read: --fail-fast stopped at " + by + ", which could not be read",
		Hint:    "mend that one and run this again, or leave --fail-fast out",
	}
}

// notWritten is why nothing of a context is sent.
func notWritten(by string) string {
	return "--fail-fast stopped at " + by + ", which was not applied in full, before this context began; mend that one and run this again"
}

// Stops is why, with --fail-fast, nothing of a plan is written anywhere: the first
// context of it that cannot be carried out as it is. "" is nothing, as always
// without --fail-fast.
func (s *Session) Stops(p *plan.Plan) string {
	if !s.opts.FailFast {
		return ""
	}
	for i := range p.Contexts {
		if why := s.stopsAt(&p.Contexts[i], p.Contexts[i].Status()); why != "" {
			return why
		}
	}
	return ""
}

// stopsAt is why nothing is written anywhere where a context stands so.
func (s *Session) stopsAt(c *plan.Context, st plan.Status) string {
	why := ""
	switch st {
	case plan.Found:
		why = "which has findings"
	case plan.Unauthorized, plan.Failed, plan.Interrupted:
		why = "which could not be read"
	case plan.Outdated:
		why = "which is not as the plan saw it any more"
	case plan.HeldBack:
		if !s.opts.SkipHeld {
			why = "where something is held"
		}
	}
	if why == "" {
		return ""
	}
	return "--fail-fast writes nothing anywhere because of " + c.Gradebook + "/" + c.Name + ", " + why + "; mend that one and run this again"
}

// lookAtAll looks at all that a saved plan touches before anything of it is written:
// the reports of those contexts that cannot be carried out, by their index, and what
// the first of them stops.
func (s *Session) lookAtAll(ctx context.Context, p plan.Plan) (stale map[int]plan.ContextReport, stops string) {
	looks := make([]plan.ContextReport, len(s.jobs))
	s.eachCourse(func(i int, j *job) {
		o := s.applying(j, &p.Contexts[i])
		o.LookOnly = true
		looks[i] = reconcile.Apply(ctx, j.p, p.Contexts[i], o)
	})
	stale = map[int]plan.ContextReport{}
	for i := range looks {
		if why := s.stopsAt(&looks[i].Plan, looks[i].Status()); why != "" {
			stale[i], stops = looks[i], cmp.Or(stops, why)
		}
	}
	return stale, stops
}
