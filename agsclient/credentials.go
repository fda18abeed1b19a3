package agsclient

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// ClientCredentials is the [TokenSource] of the 1EdTech Security Framework 1.0,
// section 4.1: a client_credentials grant with a signed JWT as the client's proof.
// Tokens are kept in memory per set of scopes until shortly before they expire
// (a minute, or a tenth of their life if that is less), and any number of callers
// make one request.
//
// Set the fields before the first use and do not copy it afterwards.
type ClientCredentials struct {
	HTTP         *http.Client // nil: a plain one; it is copied, redirects are never followed
	TokenURL     string       // https, or http on a loopback host
	ClientID     string       // iss and sub
	KeyID        string       // kid; may be empty
	Key          *rsa.PrivateKey
	Audience     string // aud; the TokenURL if empty
	DeploymentID string // sent as a claim if not empty
	Now          func() time.Time
	// PlatformNow is the platform's clock as far as it is known; nil: Now. The proof's
	// iat and exp are made by it, and if a refusal teaches it better it is asked again.
	PlatformNow func() time.Time

	mu      sync.Mutex
	kept    map[string]kept // by scopes, sorted and joined
	flights singleflight.Group
}

var _ TokenSource = (*ClientCredentials)(nil)

// kept is a token and the time until which it is handed out.
type kept struct {
	token Token
	until time.Time
}

// Token gives a token for the scopes. Errors are of type [TokenError].
func (c *ClientCredentials) Token(ctx context.Context, scopes []string) (Token, error) {
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	fail := func(err error) error { return &TokenError{URL: redactText(c.TokenURL), Scopes: scopes, Err: err} }
	if err := c.check(scopes); err != nil {
		return Token{}, fail(err)
	}
	key := strings.Join(scopes, " ")
	for {
		if t, ok := c.known(key); ok {
			return t, nil
		}
		// The flight runs on its first caller's context. If that one leaves, the
		// others start over, so that nobody fails of a stranger's cancellation.
		flight := c.flights.DoChan(key, func() (any, error) {
			if t, ok := c.known(key); ok {
				return t, nil
			}
			t, err := c.fetch(ctx, scopes)
			if err != nil && ctx.Err() != nil {
				return nil, abandoned{err}
			}
			return t, err
		})
		select {
		case <-ctx.Done():
			return Token{}, fail(context.Cause(ctx))
		case got := <-flight:
			if got.Err == nil {
				t := got.Val.(Token)
				t.Scopes = slices.Clone(t.Scopes)
				return t, nil
			}
			if _, left := errors.AsType[abandoned](got.Err); left {
				if ctx.Err() == nil {
					continue
				}
				return Token{}, fail(context.Cause(ctx))
			}
			return Token{}, got.Err
		}
	}
}

// abandoned marks the failure of a flight whose first caller has left.
type abandoned struct{ error }

// Discard forgets t, under whichever scopes it is kept.
func (c *ClientCredentials) Discard(t Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, k := range c.kept {
		if k.token.Value == t.Value {
			delete(c.kept, key)
		}
	}
}

func (c *ClientCredentials) known(key string) (Token, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	if !ok || !c.Now().Before(k.until) {
		return Token{}, false
	}
	k.token.Scopes = slices.Clone(k.token.Scopes)
	return k.token, true
}

// keep stores a token that lives from now on.
func (c *ClientCredentials) keep(scopes []string, t Token, life time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[string]kept{}
	}
	c.kept[strings.Join(scopes, " ")] = kept{t, t.Expires.Add(-min(time.Minute, life/10))}
}

func (c *ClientCredentials) check(scopes []string) error {
	switch {
	case c.ClientID == "":
		return errors.New("no client id")
	case c.Key == nil:
		return errors.New("no private key")
	case c.Now == nil:
		return errors.New("no clock")
	case len(scopes) == 0:
		return errors.New("no scopes to ask for")
	}
	_, err := secureURL(c.TokenURL)
	return err
}
