package agsclient

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Endpoint names the services of one context, as the platform gave them in the
// launch (claims endpoint.lineitems and context_memberships_url). One of the two
// URLs may be empty; what needs it is then an error.
type Endpoint struct {
	LineItemsURL   string
	MembershipsURL string
	// Hosts are further places that may get the bearer token, each "host" or
	// "host:port", without a scheme. They are trusted over https, on port 443
	// where none is named; a loopback host is trusted over plain http too (port 80
	// where none is named).
	Hosts []string
}

// Options are a client's limits. The zero value means the defaults.
type Options struct {
	Scopes   []string // asked for in one token
	MaxPages int      // of one listing; 1000
	MaxBody  int64    // bytes of one answer, decompressed; 32 MiB
	MaxDepth int      // nesting of one answer's JSON; 64
}

// Client reads and writes one context's gradebook. It is safe for concurrent use.
type Client struct {
	http   *http.Client
	tokens TokenSource
	ep     Endpoint
	trust  trust
	opts   Options
}

// New makes a client. hc is copied, so that its redirect policy can be replaced
// by this package's own; its transport, timeout and cookies stay in use. A nil
// hc is a plain [http.Client]. URLs must be https, or http on a loopback host.
func New(hc *http.Client, tokens TokenSource, ep Endpoint, opts Options) (*Client, error) {
	if tokens == nil {
		return nil, errors.New("agsclient: no token source")
	}
	if opts.MaxPages < 0 || opts.MaxBody < 0 || opts.MaxDepth < 0 {
		return nil, errors.New("agsclient: a limit is negative")
	}
	if opts.MaxPages == 0 {
		opts.MaxPages = 1000
	}
	if opts.MaxBody == 0 {
		opts.MaxBody = 32 << 20
	}
	if opts.MaxDepth == 0 {
		opts.MaxDepth = 64
	}
	opts.Scopes = slices.Clone(opts.Scopes)
	t, err := newTrust(ep)
	if err != nil {
		return nil, fmt.Errorf("agsclient: %w", err)
	}
	return &Client{http: unfollowing(hc), tokens: tokens, ep: ep, trust: t, opts: opts}, nil
}

// CheckID tells, without sending anything, whether a line item id can be used: it
// must be an absolute URL at one of the client's origins. The error for another
// origin is an [OriginError].
func (c *Client) CheckID(id string) error {
	_, err := c.trust.check(id)
	return err
}

// unfollowing copies hc and makes it hand redirects back instead of following
// them: each hop is to be checked by us first.
func unfollowing(hc *http.Client) *http.Client {
	var own http.Client
	if hc != nil {
		own = *hc
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}
