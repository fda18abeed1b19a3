package ltiaas

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

// Options say which launch of which account, and what its answers may cost. Of
// a bound 0 means the default, which stands behind it.
type Options struct {
	URL    string // of the account, as in https://your.ltiaas.com
	APIKey string
	// Of the two just one is given. Each stands for one launch, and so for the
	// context: a ltik for 24 hours, a service key without an end.
	Ltik, ServiceKey string

	MaxPages int // of one listing; 1000
	// MaxBody is bytes of all pages of a listing together, decompressed; 32 MiB.
	MaxBody        int64
	MaxItems       int           // line items, or members of the roster, in one listing; 100,000
	MaxResults     int           // of one line item; 250,000
	MaxListingTime time.Duration // of all pages of one listing; 10 minutes
	// Account counts what the listings take in memory; nil: nobody does.
	Account *agsclient.Account
}

// String hides the credentials.
func (o Options) String() string { return "LTIAAS at " + o.URL }

// GoString hides them too.
func (o Options) GoString() string { return o.String() }

// Not options: no gradebook comes near them.
const (
	maxDepth   = 64                   // nesting of an answer's JSON
	maxMembers = 10_000               // of one JSON object
	maxOne     = agsclient.MaxElement // bytes of an answer that is no listing
	maxNext    = 8 << 10              // bytes of a next link
	maxExtra   = 50 * maxMembers
)

func (o Options) withDefaults() (Options, error) {
	if min(int64(o.MaxPages), o.MaxBody, int64(o.MaxItems), int64(o.MaxResults), int64(o.MaxListingTime)) < 0 {
		return o, errors.New("ltiaas: a bound is negative")
	}
	for _, b := range []struct {
		value  *int
		normal int
	}{{&o.MaxPages, 1000}, {&o.MaxItems, 100_000}, {&o.MaxResults, 250_000}} {
		if *b.value == 0 {
			*b.value = b.normal
		}
	}
	if o.MaxBody == 0 {
		o.MaxBody = 32 << 20
	}
	if o.MaxListingTime == 0 {
		o.MaxListingTime = 10 * time.Minute
	}
	return o, nil
}

// access is what opens the gradebook. It is always behind a pointer, which
// formatted output does not follow.
type access struct {
	header string // the Authorization header
	ltik   bool   // and not a service key
	keys   []string
}

func (o Options) access() (*access, error) {
	scheme, name, key := "SERVICE-AUTH-V1", "serviceKey", o.ServiceKey
	if o.Ltik != "" {
		scheme, name, key = "LTIK-AUTH-V2", "ltik", o.Ltik
	}
	switch {
	case o.Ltik != "" && o.ServiceKey != "":
		return nil, errors.New("ltiaas: there is a ltik and a serviceKey: leave out one of them")
	case key == "":
		return nil, errors.New("ltiaas: there is neither a serviceKey nor a ltik: each context needs one of its launch")
	case strings.Contains(o.APIKey, ":"):
		return nil, errors.New("ltiaas: the apiKey holds a colon, which would end it: check that it is the API key alone")
	}
	for what, secret := range map[string]string{"apiKey": o.APIKey, name: key} {
		switch {
		case secret == "":
			return nil, fmt.Errorf("ltiaas: the %s is empty", what)
		case strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }):
			return nil, fmt.Errorf("ltiaas: the %s holds white space or other characters that no key has: check how it was copied", what)
		}
	}
	return &access{header: scheme + " " + o.APIKey + ":" + key, ltik: o.Ltik != "", keys: []string{key, o.APIKey}}, nil
}

// base is the account's address without the slash at its end.
func (o Options) base() (string, error) {
	u, err := agsclient.ServiceURL(o.URL)
	if err != nil {
		return "", fmt.Errorf("ltiaas: url: %w", err)
	}
	if u.RawQuery != "" || u.ForceQuery {
		return "", errors.New("ltiaas: url: leave out the query: it is the account's address, as in https://your.ltiaas.com")
	}
	return strings.TrimRight(u.String(), "/"), nil
}
