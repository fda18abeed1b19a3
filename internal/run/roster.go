package run

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

const (
	rosterURLHint   = "add membershipsURL to the context: the LTI launch gives it as context_memberships_url, in the claim of the names and roles service"
	rosterScopeHint = "let the tool use the names and roles service (NRPS) in its registration in the LMS"
	otherwise       = "; or name people by userId, or say in users.map who they are"
)

// OpenRoster selects contexts and connects to their platforms as Open does,
// with no more power than reading rosters needs. A context that does not say
// where its roster is fails by itself.
func OpenRoster(docs *spec.Documents, o Options) (*Session, error) {
	picked, err := choose(docs, o.Contexts, nil)
	if err != nil {
		return nil, err
	}
	s := newSession(o)
	for _, c := range picked {
		p := docs.PlatformOf(c.gradebook)
		if s.links[p.Name()] == nil {
			l := open(p, o)
			l.scopes = ags.RosterScopes()
			s.links[p.Name()] = l
		}
		s.add(c.context, p, reconcile.Want{Gradebook: c.gradebook.Name(), Context: c.context.Name.Value, Platform: p.Name()})
		if j := &s.jobs[len(s.jobs)-1]; j.failure == nil {
			j.failure = j.lost
		}
	}
	return s, nil
}

// hasRoster: a course is enough where URLs are made of it.
func hasRoster(c *spec.Context, p *spec.Platform) bool {
	return p.AGS == nil || c.MembershipsURL.IsSet() || c.Course.IsSet()
}

// lost is the failure of a context that does not say where its roster is.
func lost(c *spec.Context, p *spec.Platform) *plan.Failure {
	if hasRoster(c, p) {
		return nil
	}
	return &plan.Failure{
		Kind:    plan.FailedOther,
		Message: fmt.Sprintf("%s: the context does not say where its roster is", c.Pos), Hint: rosterURLHint,
	}
}

// Roster reads who is who in the contexts of a session that OpenRoster made.
func (s *Session) Roster(ctx context.Context) plan.Roster {
	out := plan.Roster{Contexts: make([]plan.RosterContext, len(s.jobs))}
	s.each(func(i int, j *job) {
		c := plan.RosterContext{Gradebook: j.want.Gradebook, Name: j.want.Context, Platform: j.want.Platform, Failure: j.failure}
		if c.Failure == nil {
			c.Failure = j.mayReadRoster(ctx)
		}
		if c.Failure == nil {
			c.Members, c.Failure = j.members(ctx)
		}
		c.Counts = plan.CountMembers(c.Members)
		out.Contexts[i] = c
	})
	return out
}

// whoIsWho is the roster for planning, read with a token that can do nothing
// else. stop is the context's end where there is none: rows that name people as
// only the roster knows them could be anybody's.
func (j *job) whoIsWho(ctx context.Context) (members []plan.Member, stop *plan.Context) {
	c := plan.Context{Gradebook: j.want.Gradebook, Name: j.want.Context, Platform: j.want.Platform}
	if j.lost != nil { // it is the files that must change
		c.Findings = []plan.Finding{{
			Where: j.context.Pos.String(), Hint: rosterURLHint + otherwise,
			Message: "there are rows that name people by email or sourcedId, and the context does not say where its roster is",
		}}
		return nil, &c
	}
	members, failure, full := j.people.of(func(account *agsclient.Account) ([]plan.Member, *plan.Failure) { return j.readPeople(ctx, account) })
	if j.crowded = full; failure == nil {
		return members, nil
	}
	if failure.Kind != plan.FailedInterrupted {
		failure.Hint = strings.TrimPrefix(failure.Hint+otherwise, "; ")
	}
	c.Failure = failure
	return nil, &c
}

func (j *job) readPeople(ctx context.Context, account *agsclient.Account) ([]plan.Member, *plan.Failure) {
	reader := *j
	var failure *plan.Failure
	if reader.p, failure = j.link.counted(j.context, account, ags.RosterScopes()); failure == nil {
		failure = j.mayReadRoster(ctx)
	}
	if failure != nil {
		return nil, failure
	}
	return reader.members(ctx)
}

// people is the roster of a course, which is read once for all Gradebooks that are
// planned on it, and counted and kept until the last of them is done.
type people struct {
	mu      sync.Mutex
	readers int // that are not done
	account *agsclient.Account
	known   bool
	members []plan.Member
}

// of is the roster. A failure is its reader's alone, for it may pass; full tells that
// there was no room for it beside others.
func (p *people) of(read func(*agsclient.Account) ([]plan.Member, *plan.Failure)) (members []plan.Member, failure *plan.Failure, full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known {
		return p.members, nil, false
	}
	members, failure = read(p.account)
	if failure == nil && p.readers > 1 {
		p.known, p.members = true, members
	}
	return members, failure, p.account.Crowded() && failure != nil
}

// join says that one more will want the roster, and leave that one of them is done.
func (p *people) join() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readers++
}

func (p *people) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readers--; p.readers <= 0 {
		p.forget()
	}
}

// drop makes room: who wants the roster next reads it again.
func (p *people) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget()
}

func (p *people) forget() {
	p.known, p.members = false, nil
	p.account.Keep(0)
}

// mayReadRoster looks at what the token grants: some platforms leave out what
// the tool may not have and say nothing, and the refusal that follows does not
// tell why.
func (j *job) mayReadRoster(ctx context.Context) *plan.Failure {
	if j.link.tokens == nil {
		return nil
	}
	tok, err := j.link.tokens.Token(ctx, ags.RosterScopes())
	if err != nil {
		f := reconcile.FailureOf(ctx, "getting a token", ags.Fault(err))
		if ags.NoRosterScope(err) {
			f.Hint = rosterScopeHint
		}
		return f
	}
	if missing := ags.Missing(tok, ags.RosterScopes()); len(missing) > 0 {
		return &plan.Failure{
			Kind: plan.FailedAuth, Message: "the platform's token does not grant " + strings.Join(missing, ", "), Hint: rosterScopeHint,
		}
	}
	return nil
}

func (j *job) members(ctx context.Context) ([]plan.Member, *plan.Failure) {
	members, err := reconcile.ReadRoster(ctx, j.p, j.link.clock)
	if err != nil {
		f := reconcile.FailureOf(ctx, "reading the roster", err)
		f.Hint = strings.ReplaceAll(f.Hint, "lineItemsURL", "membershipsURL") // what helps is told of line items
		return nil, f
	}
	return members, nil
}
