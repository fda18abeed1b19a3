package run

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/platform/learningstudio"
	"github.com/gradesync/gradesync/internal/platform/ltiaas"
	"github.com/gradesync/gradesync/internal/transport"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// What follows is of the platforms that do not speak AGS themselves. They have
// no scopes, and so no token that can only read.

func (l *link) openLTIAAS(s *spec.LTIAAS, cfg transport.Config, o Options) error {
	key, err := readSecret(s.APIKey, o.Env)
	if err != nil {
		return err
	}
	l.http = &http.Client{Transport: transport.Stack(transport.Base(cfg.Concurrency), cfg)}
	l.ltiaas = &ltiaas.Options{URL: s.URL.Value, APIKey: string(key), MaxPages: l.limits.maxPages}
	return nil
}

// ltiaasContext is one context of LTIAAS, by the credential of its launch.
func (l *link) ltiaasContext(c *spec.Context, account *agsclient.Account) (reconcile.Platform, *plan.Failure) {
	o := *l.ltiaas
	launch, err := l.launch(c)
	if err != nil {
		return nil, failed(err)
	}
	o.Ltik, o.ServiceKey = launch.ltik, launch.serviceKey
	o.Account = account
	p, err := ltiaas.New(l.http, o)
	if err != nil {
		return nil, failed(err)
	}
	return p, nil
}

// launchSecret is the credential of a context's launch: one of the two.
type launchSecret struct{ ltik, serviceKey string }

func (l *link) launch(c *spec.Context) (launchSecret, error) {
	if known, ok := l.launches[c]; ok {
		return known, nil
	}
	var out launchSecret
	secret, into := c.ServiceKey, &out.serviceKey
	if c.Ltik != (spec.Secret{}) {
		secret, into = c.Ltik, &out.ltik
	}
	value, err := readSecret(secret, l.env)
	if err != nil {
		return launchSecret{}, err
	}
	*into = string(value)
	if l.launches == nil {
		l.launches = map[*spec.Context]launchSecret{}
	}
	l.launches[c] = out
	return out, nil
}

// launchPlace is a name of the course that a launch is of, which holds none of
// the launch's secret. Two launches of one course have two.
func (l *link) launchPlace(c *spec.Context) string {
	launch, err := l.launch(c)
	if err != nil {
		return "" // the context fails
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(launch.ltik+"\x00"+launch.serviceKey)))
}

// launchMark is the same for the same secret of a launch, and tells nothing of
// it to whoever does not have the API key; "" where there is no launch.
func (l *link) launchMark(c *spec.Context) string {
	if l.failure != nil || l.ltiaas == nil {
		return ""
	}
	launch, err := l.launch(c)
	if err != nil {
		return "" // the context fails
	}
	mac := hmac.New(sha256.New, []byte(l.ltiaas.APIKey))
	fmt.Fprintf(mac, "gradesync launch %q %q", launch.ltik, launch.serviceKey)
	return fmt.Sprintf("%x", mac.Sum(nil)[:16])
}

func (l *link) openLearningStudio(s *spec.LearningStudio, cfg transport.Config, o Options) error {
	// Every attempt is signed anew, for a nonce is good for one: so signing
	// stands between the retries and the rest. What it learns of the platform's
	// clock is below it.
	cfg.Retries = -1
	rest := transport.Stack(transport.Base(cfg.Concurrency), cfg)
	l.plain = &http.Client{Transport: rest}
	signer, err := signerOf(s, l, o)
	if err != nil {
		return err
	}
	l.http = &http.Client{Transport: transport.Retry(learningstudio.Signed(rest, signer), 0)}
	l.studio = s.URL.Value
	return nil
}

func signerOf(s *spec.LearningStudio, l *link, o Options) (learningstudio.Signer, error) {
	if s.Auth.Value == "oauth1" {
		secret, err := readSecret(s.Secret, o.Env)
		if err != nil {
			return nil, err
		}
		return learningstudio.OAuth1{
			ApplicationID: s.ApplicationID.Value, ConsumerKey: s.ConsumerKey.Value, Secret: string(secret), Now: l.clock.Now,
		}, nil
	}
	password, err := readSecret(s.Password, o.Env)
	if err != nil {
		return nil, err
	}
	l.login = &learningstudio.OAuth2Password{
		HTTP: l.plain, URL: s.URL.Value, ApplicationID: s.ApplicationID.Value, ClientString: s.ClientString.Value,
		Username: s.Username.Value, Password: string(password), Now: o.Clock.Now,
	}
	return l.login, nil
}

// logIn gets the token of a user, if only to see whether there is one.
func (l *link) logIn(ctx context.Context) *plan.Failure {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.studio, nil)
	if err != nil {
		return failed(err) // spec has checked the URL
	}
	if _, err = l.login.Authorize(r, nil); err == nil {
		return nil
	}
	var nothing *learningstudio.CredentialError
	if errors.As(err, &nothing) {
		err = &reconcile.Fault{Kind: reconcile.Denied, Err: err}
	}
	f := reconcile.FailureOf(ctx, "getting a token", ags.Fault(err))
	if f.Kind == plan.FailedAuth {
		f.Hint = "check applicationID, clientString, username and password: LearningStudio may lock an account after several wrong ones"
	}
	return f
}

func (l *link) studioContext(c *spec.Context, account *agsclient.Account) (reconcile.Platform, *plan.Failure) {
	p, err := learningstudio.New(l.http, learningstudio.Options{URL: l.studio, Course: c.Course.Value, Account: account})
	if err != nil {
		return nil, failed(err)
	}
	return p, nil
}
