package agsclient

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
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

// Options are a client's limits. The zero value means the defaults, which stand
// behind each. They are so that a hostile server costs little memory, and so far
// from what gradebooks hold that a gradebook that exceeds them is none.
type Options struct {
	Scopes   []string // asked for in one token
	MaxPages int      // of one listing; 1000
	MaxBody  int64    // bytes of one answer, decompressed; 32 MiB
	MaxDepth int      // nesting of one answer's JSON; 64
	// MaxMembers is for one JSON object; 10,000. All line items of a listing may
	// together hold 50 times as many in their Extra.
	MaxMembers int
	MaxElement int64 // bytes of one line item, result or member of the roster; 1 MiB
	MaxListing int64 // bytes of all pages of line items, or of a roster; 32 MiB
	MaxItems   int   // line items, or members of the roster, in one listing; 100,000
	// MaxResultBytes is for all pages of one line item's results; 32 MiB.
	MaxResultBytes int64
	MaxResults     int // of one line item; 250,000
	// Account bounds what all listings take together that are in use; nil: nothing
	// does, and who keeps what several listings yield has to.
	Account *Account
	// MaxListingTime is for all pages of one listing, and what the consumer does
	// meanwhile; 10 minutes. A page that comes slowly but comes counts for nothing
	// else, and a listing may have MaxPages of them.
	MaxListingTime time.Duration
	// EmptyOnSuccess says that the platform answers a stored score without content,
	// and one that it refused with some, both 2xx.
	EmptyOnSuccess bool
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() (Options, error) {
	negative := false
	count := func(v *int, normal int) {
		negative = negative || *v < 0
		if *v == 0 {
			*v = normal
		}
	}
	bytes := func(v *int64, normal int64) {
		negative = negative || *v < 0
		if *v == 0 {
			*v = normal
		}
	}
	count(&o.MaxPages, 1000)
	bytes(&o.MaxBody, 32<<20)
	count(&o.MaxDepth, 64)
	count(&o.MaxMembers, 10_000)
	bytes(&o.MaxElement, 1<<20)
	bytes(&o.MaxListing, 32<<20)
	count(&o.MaxItems, 100_000)
	bytes(&o.MaxResultBytes, 32<<20)
	count(&o.MaxResults, 250_000)
	if o.MaxListingTime == 0 {
		o.MaxListingTime = 10 * time.Minute
	}
	negative = negative || o.MaxListingTime < 0
	if negative {
		return o, errors.New("a limit is negative")
	}
	o.Scopes = slices.Clone(o.Scopes)
	return o, nil
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
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("agsclient: %w", err)
	}
	t, err := newTrust(ep)
	if err != nil {
		return nil, fmt.Errorf("agsclient: %w", err)
	}
	return &Client{http: unfollowing(hc), tokens: tokens, ep: ep, trust: t, opts: opts}, nil
}

// CheckID tells, without sending anything, whether a line item id can be used: it
// must be an absolute URL at one of the client's origins. The error for another
// origin is an [OriginError]; any other one is [Invalid].
func (c *Client) CheckID(id string) error {
	_, err := c.trust.check(id)
	return argument(err)
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
