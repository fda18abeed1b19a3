package run

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/doctor"
	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/platform/ltiaas"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// removal is how long a probe may take to remove its line item after an
// interruption.
const removal = 30 * time.Second

// Examination is a set of platforms, with contexts, that are looked at.
type Examination struct {
	opts     Options
	patients []*patient
}

// patient is one platform.
type patient struct {
	doc      *spec.Platform
	link     *link
	watch    *watch // nil where the link could not be opened
	contexts []choice
	probed   *choice // the first whose line items could be read
	fixed    string  // where columns are made, where no tool can make one
}

// OpenDoctor selects contexts and connects to their platforms; where no
// context is asked for by name, to the platforms of no context too. An error
// is only a selection that selects nothing (SelectionError).
func OpenDoctor(docs *spec.Documents, o Options) (*Examination, error) {
	picked, err := choose(docs, o.Contexts, nil)
	if err != nil {
		return nil, err
	}
	x := &Examination{opts: o}
	for _, p := range docs.Platforms {
		of := slices.DeleteFunc(slices.Clone(picked), func(c choice) bool { return docs.PlatformOf(c.gradebook) != p })
		if len(of) == 0 && len(o.Contexts) > 0 {
			continue
		}
		pt := &patient{doc: p, link: open(p, o), contexts: of}
		if hc := pt.link.http; hc != nil {
			pt.watch = newWatch(hc.Transport, o.Clock.Now)
			hc.Transport = pt.watch
		}
		if pc := pt.link.plain; pc != nil {
			pc.Transport = pt.watch.also(pc.Transport)
		}
		x.patients = append(x.patients, pt)
	}
	return x, nil
}

// Close ends all connections.
func (x *Examination) Close() error {
	var first error
	for _, p := range x.patients {
		if err := p.link.close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Check looks at everything that reading can tell. It sends GETs and token
// requests only.
func (x *Examination) Check(ctx context.Context) doctor.Report {
	var r doctor.Report
	for _, p := range x.patients {
		r.Groups = append(r.Groups, p.examine(ctx, x.opts)...)
	}
	r.Interrupted = ctx.Err() != nil
	return r
}

// examine makes the groups of a platform and of its contexts.
func (p *patient) examine(ctx context.Context, o Options) []doctor.Group {
	obs := doctor.Platform{Name: p.doc.Name(), Profile: p.profile(), Embedded: p.doc.Sandbox != nil, Key: p.link.failure}
	var courses []doctor.Group
	if obs.Proof = proofOf(p.doc); obs.Key == nil && obs.Proof == "" {
		obs.KeyFile, obs.KeyMode = keyFile(p.doc)
		tok, err := p.link.tokens.Token(ctx, ags.Scopes(false))
		if err != nil {
			obs.Token = reconcile.FailureOf(ctx, "getting a token", ags.Fault(err))
		}
		obs.TokenLife = tok.Expires.Sub(o.Clock.Now())
		if err == nil || badScope(err) {
			obs.Scopes = p.scopes(ctx, o.Write, tok)
		}
	}
	if obs.Key == nil && p.link.login != nil {
		obs.Login, obs.Token = true, p.link.logIn(ctx)
	}
	for i := range p.contexts {
		c := &p.contexts[i]
		book, name := c.gradebook.Name(), c.context.Name.Value
		if ctx.Err() != nil {
			break
		}
		if obs.Key != nil || obs.Token != nil {
			courses = append(courses, doctor.WithoutToken(book, name, obs.Name))
			continue
		}
		seen := p.course(ctx, c)
		if p.probed == nil && seen.Failure == nil && seen.LineItems.Failure == nil {
			p.probed = c
		}
		courses = append(courses, doctor.OfCourse(&seen))
	}
	if p.watch != nil {
		obs.Seen = p.watch.sight()
		// The watch does not see what was answered to a read that was sent again.
		obs.Seen.Refused = max(obs.Seen.Refused, int(p.link.counts.Snapshot().Throttled))
	}
	return append([]doctor.Group{doctor.OfPlatform(&obs, o.Clock.Now())}, courses...)
}

func (p *patient) profile() string {
	switch {
	case p.doc.Sandbox != nil:
		return p.doc.Sandbox.Profile.Value
	case p.doc.AGS != nil:
		return p.doc.AGS.Profile.Value
	}
	return ""
}

// proofOf says how requests to a platform without tokens of ours are proved.
func proofOf(p *spec.Platform) string {
	switch {
	case p.LTIAAS != nil:
		return "the API key is there; each context has its launch's service key or ltik"
	case p.LearningStudio != nil && p.LearningStudio.Auth.Value == "oauth1":
		return "the secret is there"
	case p.LearningStudio != nil:
		return "the password is there"
	}
	return ""
}

// launch asks LTIAAS what the launch of a context gives.
func launch(ctx context.Context, p reconcile.Platform) *doctor.Launch {
	service, ok := p.(*ltiaas.Platform)
	if !ok {
		return nil
	}
	token, err := service.Check(ctx)
	switch {
	case errors.Is(err, ltiaas.ErrNoIDToken):
		return &doctor.Launch{Silent: true}
	case err != nil:
		return &doctor.Launch{Failure: reconcile.FailureOf(ctx, "reading the id token", err)}
	}
	out := &doctor.Launch{
		LineItems: token.AssignmentAndGrades.Available, NamesRoles: token.NamesAndRoles.Available,
		Course: token.Course, ServiceKey: token.ServiceKey,
	}
	if token.AssignmentAndGrades.Scopes != nil {
		out.Scopes = []string{}
	}
	for _, s := range token.AssignmentAndGrades.Scopes {
		out.Scopes = append(out.Scopes, lastPart(s))
	}
	return out
}

// keyFile is the file of a key, with its mode where that means something.
func keyFile(p *spec.Platform) (name string, mode os.FileMode) {
	if p.AGS == nil || !p.AGS.PrivateKey.File.IsSet() {
		return "", 0
	}
	name = p.AGS.PrivateKey.File.Value
	if !filepath.IsAbs(name) {
		name = filepath.Join(folder(p.AGS.PrivateKey.File.Pos), name)
	}
	if info, err := os.Stat(name); err == nil && runtime.GOOS != "windows" {
		mode = info.Mode()
	}
	return name, mode
}

// badScope tells of a token that was refused for what it was to be good for,
// and not for who asked.
func badScope(err error) bool {
	refused, ok := errors.AsType[*agsclient.TokenError](err)
	return ok && refused.Code == "invalid_scope"
}

// scopes asks which scopes are granted: those that read, and those that write
// where something is to be written. tok is the token to read with; some
// platforms have none that can only read.
func (p *patient) scopes(ctx context.Context, write bool, tok agsclient.Token) (all []doctor.Scope) {
	for _, asked := range [][]string{ags.Scopes(false), ags.RosterScopes()} {
		all = append(all, p.granted(ctx, asked)...)
	}
	writing := []string{agsclient.ScopeLineItem, agsclient.ScopeScore}
	if write {
		return append(all, p.granted(ctx, writing)...)
	}
	for _, s := range writing {
		all = append(all, doctor.Scope{Name: lastPart(s), NotAsked: true, Granted: slices.Contains(tok.Scopes, s)})
	}
	return all
}

func lastPart(scope string) string { return scope[strings.LastIndex(scope, "/")+1:] }

func (p *patient) granted(ctx context.Context, asked []string) (all []doctor.Scope) {
	tok, err := p.link.tokens.Token(ctx, asked)
	if badScope(err) && len(asked) > 1 {
		for _, s := range asked { // one of them spoils them all
			all = append(all, p.granted(ctx, []string{s})...)
		}
		return all
	}
	for _, s := range asked {
		one := doctor.Scope{Name: lastPart(s), Granted: err == nil && slices.Contains(tok.Scopes, s)}
		if err != nil {
			one.Unknown = reconcile.FailureOf(ctx, "getting a token", ags.Fault(err))
		}
		all = append(all, one)
	}
	return all
}

// as is the platform as one context sees it with a token for these scopes.
func (p *patient) as(scopes []string, c *spec.Context) (reconcile.Platform, *plan.Failure) {
	p.link.scopes = scopes
	return p.link.context(c)
}

// course reads a context. What the platform says about people is left out.
func (p *patient) course(ctx context.Context, c *choice) doctor.Course {
	out := doctor.Course{Gradebook: c.gradebook.Name(), Name: c.context.Name.Value, Platform: p.doc.Name()}
	platform, failure := p.as(ags.Scopes(false), c.context)
	if failure != nil {
		out.Failure = failure
		return out
	}
	out.Launch, p.fixed = launch(ctx, platform), platform.Capabilities().FixedColumns
	before := p.watch.read()
	list, err := platform.LineItems(ctx)
	if err != nil {
		out.LineItems.Failure = reconcile.FailureOf(ctx, "reading line items", err)
	} else {
		out.LineItems = doctor.LineItems{Count: len(list.Items), Pages: p.watch.read() - before, Proven: list.Proven}
	}
	if len(list.Items) > 0 {
		out.Results = readResults(ctx, platform, list.Items[0].ID)
	}
	if hasRoster(c.context, p.doc) {
		out.Roster = p.roster(ctx, c.context)
	}
	return out
}

func readResults(ctx context.Context, p reconcile.Platform, id string) doctor.Results {
	out := doctor.Results{Asked: true}
	for r, err := range p.Results(ctx, id) {
		if err != nil {
			out.Failure = aboutPeople(reconcile.FailureOf(ctx, "reading results", err))
			break
		}
		out.Count++
		if r.ScoreGiven != nil {
			out.Graded++
		}
	}
	return out
}

func (p *patient) roster(ctx context.Context, c *spec.Context) doctor.Roster {
	out := doctor.Roster{Asked: true, Implied: !c.MembershipsURL.IsSet()}
	platform, failure := p.as(ags.RosterScopes(), c)
	if failure != nil {
		out.Failure = failure
		return out
	}
	for m, err := range platform.Members(ctx) {
		if err != nil {
			out.Failure = aboutPeople(reconcile.FailureOf(ctx, "reading the roster", err))
			if badScope(err) {
				out.Failure.Hint = rosterScopeHint
			}
			break
		}
		out.Count++
		if m.Email == "" {
			out.NoEmail++
		}
		if m.Status != "Active" {
			out.NotActive++
		}
	}
	return out
}

// aboutPeople leaves out the platform's own words where they may name somebody.
func aboutPeople(f *plan.Failure) *plan.Failure {
	quiet := *f
	quiet.Said = ""
	return &quiet
}

// Probes are the places where Probe will write, one a platform: the first
// context that Check could read.
func (x *Examination) Probes() (places []string) {
	for _, p := range x.patients {
		if p.probed != nil && p.fixed == "" {
			places = append(places, p.probed.gradebook.Name()+"/"+p.probed.context.Name.Value+" on "+p.doc.Name())
		}
	}
	return places
}

// Probe finds out what each platform does with what it is given; see
// doctor.Prober. person is whose scores are tried, or "".
func (x *Examination) Probe(ctx context.Context, person string) []doctor.Group {
	var groups []doctor.Group
	var profiles []doctor.Profile
	for _, p := range ags.Profiles() {
		profiles = append(profiles, doctor.Profile{Name: p.Name, Capabilities: p.Capabilities})
	}
	for _, p := range x.patients {
		if p.probed == nil {
			continue
		}
		like := profiles
		if p.doc.AGS == nil && p.doc.Sandbox == nil {
			like = nil
		}
		found := doctor.Found{Fixed: p.fixed}
		if p.fixed == "" {
			found = p.probe(ctx, person)
		}
		groups = append(groups, doctor.OfProbe(&found, p.probed.gradebook.Name(), p.probed.context.Name.Value, p.doc.Name(), p.profile(), like))
	}
	return groups
}

func (p *patient) probe(ctx context.Context, person string) doctor.Found {
	platform, failure := p.as(ags.Scopes(true), p.probed.context)
	if failure == nil {
		failure = p.link.authorize(ctx)
	}
	if failure != nil {
		return doctor.Found{Failure: failure}
	}
	return doctor.Prober{
		Platform: platform, Clock: p.link.clock, Settle: p.link.limits.settle, Grace: removal,
		Person: person, Stamps: p.doc.LTIAAS != nil, Mark: strings.ToLower(rand.Text()[:10]),
	}.Run(ctx)
}
