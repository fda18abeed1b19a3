package run

import (
	"net/http"

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
	l.http = &http.Client{Transport: transport.Stack(transport.Base(), cfg)}
	l.ltiaas = &ltiaas.Options{URL: s.URL.Value, APIKey: string(key), MaxPages: l.limits.maxPages}
	return nil
}

// ltiaasContext is one context of LTIAAS, by the credential of its launch.
func (l *link) ltiaasContext(c *spec.Context) (reconcile.Platform, *plan.Failure) {
	o := *l.ltiaas
	secret, into := c.ServiceKey, &o.ServiceKey
	if c.Ltik.Env.IsSet() || c.Ltik.File.IsSet() {
		secret, into = c.Ltik, &o.Ltik
	}
	value, err := readSecret(secret, l.env)
	if err != nil {
		return nil, failed(err)
	}
	*into = string(value)
	p, err := ltiaas.New(l.http, o)
	if err != nil {
		return nil, failed(err)
	}
	return p, nil
}

func (l *link) openLearningStudio(s *spec.LearningStudio, cfg transport.Config, o Options) error {
	// Every attempt is signed anew, for a nonce is good for one: so signing
	// stands between the retries and the rest. What it learns of the platform's
	// clock is below it.
	cfg.Retries = -1
	rest := transport.Stack(transport.Base(), cfg)
	signer, err := signerOf(s, l, o, &http.Client{Transport: rest})
	if err != nil {
		return err
	}
	l.http = &http.Client{Transport: transport.Retry(learningstudio.Signed(rest, signer), 0, nil)}
	l.studio = s.URL.Value
	return nil
}

func signerOf(s *spec.LearningStudio, l *link, o Options, plain *http.Client) (learningstudio.Signer, error) {
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
	return &learningstudio.OAuth2Password{
		HTTP: plain, URL: s.URL.Value, ApplicationID: s.ApplicationID.Value, ClientString: s.ClientString.Value,
		Username: s.Username.Value, Password: string(password), Now: o.Clock.Now,
	}, nil
}

func (l *link) studioContext(c *spec.Context) (reconcile.Platform, *plan.Failure) {
	p, err := learningstudio.New(l.http, learningstudio.Options{URL: l.studio, Course: c.Course.Value})
	if err != nil {
		return nil, failed(err)
	}
	return p, nil
}
