package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/platform/learningstudio"
	"github.com/gradesync/gradesync/internal/platform/ltiaas"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/internal/transport"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// link is an open connection to one platform, shared by its contexts.
type link struct {
	name    string
	limits  limits
	http    *http.Client
	tokens  agsclient.TokenSource
	clock   linkClock
	counts  transport.Counters // of all requests, those that were sent again too
	hosts   []string
	profile *ags.Profile
	root    string // the LMS's, for a context's course
	deploy  string // the deployment's id
	scopes  []string
	env     func(string) (string, bool) // for the secrets of contexts
	ltiaas  *ltiaas.Options             // where the platform is LTIAAS: without a context's credential
	studio  string                      // where it is LearningStudio: its URL
	plain   *http.Client                // of LearningStudio: what tokens are asked for with
	login   *learningstudio.OAuth2Password
	box     *sandbox.Sandbox  // where the platform is the embedded one
	memory  *agsclient.Budget // for what it shows, in all contexts
	jobs    int               // contexts

	// launches are the credentials of LTIAAS's contexts that were read. A pipe
	// gives them once.
	launches map[*spec.Context]launchSecret

	failure *plan.Failure // why it could not be opened

	authorized sync.Once
	denied     *plan.Failure // why there is no token to write with
}

type limits struct {
	concurrency, maxPages int
	settle                time.Duration
}

// How many bytes all that a platform shows may take at a time: half a million
// grades, or a hundred thousand people; and where many contexts are worked on at
// once, a hundred thousand grades each.
const (
	mostShown = 64 << 20
	eachShown = 16 << 20
)

// linkClock tells the platform's time, as far as its answers give it away:
// scores are ordered by it.
type linkClock struct {
	reconcile.Clock
	skew *transport.ClockSkew
}

func (c linkClock) Now() time.Time { return c.skew.Now() }

// open connects to a platform. It sends nothing.
func open(p *spec.Platform, o Options) *link {
	l := &link{
		name: p.Name(), scopes: ags.Scopes(o.Write), profile: ags.Generic(), env: o.Env,
		memory: agsclient.NewBudget(cmp.Or(o.Shown, mostShown), "take fewer contexts or line items at a time (--context, --target)"),
		limits: limits{concurrency: p.Limits.Concurrency.Value, maxPages: p.Limits.MaxPages.Value, settle: p.Limits.Settle.Value},
	}
	cfg := transport.Config{
		Concurrency: l.limits.concurrency, RequestsPerSecond: p.Limits.RequestsPerSecond.Value,
		Timeout: p.Limits.Timeout.Value, Log: o.Log, Now: o.Clock.Now,
	}
	l.clock = linkClock{Clock: o.Clock, skew: transport.NewClockSkew(o.Clock.Now)}
	l.counts.Now, l.counts.Repeats = o.Clock.Now, reconcile.Repeats
	cfg.Skew, cfg.Counters = l.clock.skew, &l.counts
	var err error
	switch {
	case p.Sandbox != nil:
		err = l.openSandbox(p.Sandbox, cfg, o)
	case p.LTIAAS != nil:
		err = l.openLTIAAS(p.LTIAAS, cfg, o)
	case p.LearningStudio != nil:
		err = l.openLearningStudio(p.LearningStudio, cfg, o)
	default:
		err = l.openAGS(p.AGS, cfg, o)
	}
	if err != nil {
		l.failure = failed(err)
	}
	return l
}

// failed is how an error ahead of any request is told.
func failed(err error) *plan.Failure {
	var secret *SecretError
	if errors.As(err, &secret) {
		return &plan.Failure{Kind: plan.FailedAuth, Message: err.Error(), Hint: secret.Hint}
	}
	return &plan.Failure{Kind: plan.FailedOther, Message: err.Error()}
}

func (l *link) openAGS(a *spec.AGS, cfg transport.Config, o Options) error {
	pem, err := readSecret(a.PrivateKey, o.Env)
	if err != nil {
		return err
	}
	key, err := agsclient.ParsePrivateKey(pem)
	if err != nil {
		return &SecretError{Pos: a.PrivateKey.Pos, Message: err.Error(), Hint: "give the private key in PEM whose public half is registered in the LMS"}
	}
	for _, h := range a.Hosts {
		l.hosts = append(l.hosts, h.Value)
	}
	l.profile = ags.ProfileOf(a.Profile.Value)
	l.root, l.deploy = root(a), a.DeploymentID.Value
	l.http = &http.Client{Transport: transport.Stack(transport.Base(cfg.Concurrency), cfg)}
	l.tokens = l.leastPower(&agsclient.ClientCredentials{
		HTTP: l.http, TokenURL: a.TokenURL.Value, ClientID: a.ClientID.Value, KeyID: a.KeyID.Value,
		Audience: a.Audience.Value, DeploymentID: a.DeploymentID.Value, Key: key, Now: o.Clock.Now, PlatformNow: l.clock.Now,
	}, o)
	return nil
}

// root is where the LMS's own paths begin.
func root(a *spec.AGS) string {
	if a.URL.IsSet() {
		return a.URL.Value
	}
	u, err := url.Parse(a.TokenURL.Value)
	if err != nil {
		return "" // spec has checked it
	}
	return u.Scheme + "://" + u.Host
}

// openSandbox serves the embedded LMS within this process. It is reached
// over HTTP by the same client as any other.
func (l *link) openSandbox(s *spec.Sandbox, cfg transport.Config, o Options) error {
	file := s.File.Value
	if file != "" && !filepath.IsAbs(file) {
		file = filepath.Join(folder(s.File.Pos), file)
	}
	var err error
	l.box, err = sandbox.Open(sandbox.Options{File: file, URL: sandbox.InProcessURL, Now: o.Clock.Now, Profile: s.Profile.Value})
	if err != nil {
		return fmt.Errorf("opening the sandbox: %w", err)
	}
	l.profile = ags.ProfileOf(s.Profile.Value)
	tool := l.box.Tool()
	key, err := agsclient.ParsePrivateKey(tool.PrivateKeyPEM)
	if err != nil {
		return fmt.Errorf("opening the sandbox: %w", err)
	}
	l.http = &http.Client{Transport: transport.Stack(l.box.Transport(), cfg)}
	l.tokens = l.leastPower(&agsclient.ClientCredentials{
		HTTP: l.http, TokenURL: sandbox.InProcessURL + sandbox.TokenPath, ClientID: tool.ClientID, KeyID: tool.KeyID,
		Audience: sandbox.InProcessURL + tool.AudiencePath, DeploymentID: tool.DeploymentID, Key: key, Now: o.Clock.Now, PlatformNow: l.clock.Now,
	}, o)
	return nil
}

func (l *link) leastPower(src agsclient.TokenSource, o Options) agsclient.TokenSource {
	return &ags.LeastPower{Source: src, Note: func(s string) { o.Note(l.name + ": " + s) }}
}

// context is the platform as one context sees it.
func (l *link) context(c *spec.Context) (reconcile.Platform, *plan.Failure) {
	return l.counted(c, l.memory.Account(), l.scopes)
}

// counted is context, where what is read is counted in an account of the
// caller's, with tokens of these scopes.
func (l *link) counted(c *spec.Context, account *agsclient.Account, scopes []string) (reconcile.Platform, *plan.Failure) {
	switch {
	case l.ltiaas != nil:
		return l.ltiaasContext(c, account)
	case l.studio != "":
		return l.studioContext(c, account)
	}
	if l.box != nil {
		if err := l.box.EnsureCourse(reconcile.Place(c)); err != nil {
			return nil, &plan.Failure{Kind: plan.FailedOther, Message: "opening the sandbox: " + err.Error()}
		}
	}
	client, err := agsclient.New(l.http, l.tokens, l.endpoint(c), agsclient.Options{
		Scopes: scopes, MaxPages: l.limits.maxPages, EmptyOnSuccess: l.profile.EmptyOnSuccess,
		Account: account,
	})
	if err != nil {
		return nil, &plan.Failure{Kind: plan.FailedOther, Message: err.Error()}
	}
	return ags.New(client, l.profile), nil
}

// endpoint is where a context's services are.
func (l *link) endpoint(c *spec.Context) agsclient.Endpoint {
	ep := agsclient.Endpoint{LineItemsURL: c.LineItemsURL.Value, MembershipsURL: c.MembershipsURL.Value, Hosts: l.hosts}
	switch {
	case l.box != nil:
		ep.LineItemsURL = sandbox.InProcessURL + l.box.LineItemsPath(reconcile.Place(c))
		ep.MembershipsURL = sandbox.InProcessURL + l.box.MembershipsPath(reconcile.Place(c))
	case c.Course.IsSet():
		lineItems, memberships := l.profile.CourseURLs(l.root, c.Course.Value, l.deploy)
		ep.LineItemsURL = lineItems
		if ep.MembershipsURL == "" {
			ep.MembershipsURL = memberships
		}
	}
	return ep
}

// place tells one course of the platform from another, in whichever of its ways
// the files name it.
func (l *link) place(c *spec.Context) string {
	switch {
	case l.failure != nil:
	case l.ltiaas != nil:
		return l.launchPlace(c)
	case l.tokens != nil && l.box == nil:
		return l.endpoint(c).LineItemsURL // a course by its id and by its URL is one
	}
	return reconcile.Place(c)
}

// authorize gets a token for writing before anything is planned on it, and
// makes sure that it grants what will be needed: once for all contexts.
func (l *link) authorize(ctx context.Context) *plan.Failure {
	l.authorized.Do(func() {
		if l.tokens == nil { // each request brings its own proof
			return
		}
		tok, err := l.tokens.Token(ctx, l.scopes)
		if err != nil {
			l.denied = reconcile.FailureOf(ctx, "getting a token", ags.Fault(err))
			return
		}
		if missing := ags.Missing(tok, l.scopes); len(missing) > 0 {
			l.denied = &plan.Failure{
				Kind:    plan.FailedAuth,
				Message: "the platform's token does not grant " + strings.Join(missing, ", "),
				Hint:    "let the tool do this in its registration in the LMS",
			}
		}
	})
	return l.denied
}

func (l *link) close() error {
	if l.http != nil {
		l.http.CloseIdleConnections()
	}
	if l.box != nil {
		return l.box.Close()
	}
	return nil
}
