package learningstudio

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/gradesync/gradesync/agsclient"
)

// OAuth2Password is the Signer that acts as a user: a token for a name and a
// password (RFC 6749 section 4.3). It is kept until shortly before it ends, then
// refreshed where the platform gave the means, and any number of callers make one
// request. A login that was refused is not tried again: it would lock the account.
//
// Set the fields before the first use and do not copy it afterwards.
type OAuth2Password struct {
	HTTP          *http.Client // nil: a plain one; it must not be Signed; redirects are not followed
	URL           string       // the API's address
	ApplicationID string
	ClientString  string // the campus
	Username      string
	Password      string
	Now           func() time.Time

	mu      sync.Mutex
	kept    token
	refused error
	flights singleflight.Group
}

var _ Signer = (*OAuth2Password)(nil)

// token is what the platform gave, and until when it is used.
type token struct {
	access, refresh string
	until           time.Time
}

// String keeps the password out of logs and errors.
func (o *OAuth2Password) String() string {
	return "OAuth 2 of " + o.Username + " (password and tokens not shown)"
}

// GoString keeps the password out of %#v too.
func (o *OAuth2Password) GoString() string { return o.String() }

// scheme stands before the token in the header.
const scheme = "Access_Token access_token="

// Authorize shows the token, and asks for one first where there is none.
func (o *OAuth2Password) Authorize(r *http.Request, _ []byte) (string, error) {
	ctx := r.Context()
	if t, ok := o.known(); ok {
		return scheme + t.access, nil
	}
	// The flight outlives the caller who began it, so that nobody fails of a
	// stranger's cancellation.
	flight := o.flights.DoChan("", func() (any, error) {
		if t, ok := o.known(); ok {
			return t, nil
		}
		return o.fetch(context.WithoutCancel(ctx))
	})
	select {
	case <-ctx.Done():
		return "", &agsclient.TokenError{URL: o.URL, Err: context.Cause(ctx)}
	case got := <-flight:
		if got.Err != nil {
			return "", got.Err
		}
		return scheme + got.Val.(token).access, nil
	}
}

// Discard forgets the token of a header, and the means to refresh it: the
// platform has ended what they stand for.
func (o *OAuth2Password) Discard(header string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if header == scheme+o.kept.access {
		o.kept = token{}
	}
}

func (o *OAuth2Password) known() (token, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.kept, o.kept.access != "" && o.Now().Before(o.kept.until)
}

// fetch gets a token, by the refresh token if there is one.
func (o *OAuth2Password) fetch(ctx context.Context) (token, error) {
	if err := o.check(); err != nil {
		return token{}, &CredentialError{err}
	}
	o.mu.Lock()
	refresh, refused := o.kept.refresh, o.refused
	o.mu.Unlock()
	if refused != nil {
		return token{}, refused
	}
	if refresh != "" {
		t, err := o.ask(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
		if err == nil {
			return o.keep(t), nil
		}
		if !final(err) {
			return token{}, err
		}
	}
	t, err := o.ask(ctx, url.Values{
		"grant_type": {"password"}, "username": {o.ClientString + `\` + o.Username}, "password": {o.Password},
	})
	if err == nil {
		return o.keep(t), nil
	}
	if final(err) {
		o.mu.Lock()
		o.refused = err
		o.mu.Unlock()
	}
	return token{}, err
}

func (o *OAuth2Password) keep(t token) token {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = t
	return t
}

func (o *OAuth2Password) check() error {
	for _, v := range []param{{"applicationID", o.ApplicationID}, {"clientString", o.ClientString}, {"username", o.Username}, {"password", o.Password}} {
		if v.value == "" {
			return fmt.Errorf("%s is empty", v.key)
		}
	}
	_, err := agsclient.ServiceURL(o.URL)
	return err
}
