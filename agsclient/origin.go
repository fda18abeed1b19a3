package agsclient

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// OriginError says that a URL lies outside of the origins that may get the bearer
// token. Nothing has been sent.
type OriginError struct {
	URL     string   // without userinfo and query values
	Host    string   // host or host:port, as it would stand in Endpoint.Hosts
	Allowed []string // the origins that are trusted, sorted
}

func (e *OriginError) Error() string {
	where := "this context's own origins are " + strings.Join(e.Allowed, ", ")
	if strings.HasPrefix(e.URL, "http:") {
		return fmt.Sprintf("refusing to send the access token to %s over plain http (%s)", e.Host, where)
	}
	return fmt.Sprintf("refusing to send the access token to %s: %s; if it is the same LMS, add %s to `hosts`", e.Host, where, e.Host)
}

// origin is who may get a token: scheme, host and port together.
type origin struct{ scheme, host, port string }

func originOf(u *url.URL) origin {
	o := origin{strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()}
	if o.port == "" {
		o.port = defaultPort(o.scheme)
	}
	return o
}

// authority is the origin without its scheme, and without a port that is the default.
func (o origin) authority() string {
	if o.port != defaultPort(o.scheme) {
		return net.JoinHostPort(o.host, o.port)
	}
	if strings.Contains(o.host, ":") {
		return "[" + o.host + "]"
	}
	return o.host
}

func (o origin) String() string { return o.scheme + "://" + o.authority() }

func defaultPort(scheme string) string {
	if scheme == "http" {
		return "80"
	}
	return "443"
}

// loopback tells whether a host is this machine by its name alone; nothing is resolved.
func loopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// parseURL takes an absolute http or https URL with a host and without userinfo.
func parseURL(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, errors.New("there is no URL")
	}
	if len(raw) > maxURL {
		return nil, fmt.Errorf("a URL of %d bytes is too long", len(raw))
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, notURL(err)
	}
	switch {
	case u.Scheme == "" || u.Host == "":
		return nil, fmt.Errorf("%q is not an absolute URL", redact(u))
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%q is not an https URL", redact(u))
	case u.Hostname() == "":
		return nil, fmt.Errorf("%q names no host", redact(u))
	case u.User != nil:
		return nil, fmt.Errorf("%q holds a user name or password: leave it out", redact(u))
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// maxURL is longer than what servers take, and short enough to be shown.
const maxURL = 8 << 10

// notURL says why a text is no URL and repeats none of it but a few characters:
// what is taken for a port may be a password.
func notURL(err error) error {
	if escape, ok := errors.AsType[url.EscapeError](err); ok {
		return fmt.Errorf("not a URL: %w", escape)
	}
	if host, ok := errors.AsType[url.InvalidHostError](err); ok {
		return fmt.Errorf("not a URL: %w", host)
	}
	return errors.New("not a URL")
}

// ServiceURL takes an absolute https URL, or an http one of a loopback host, with
// a host and without userinfo: what a credential may be sent to.
func ServiceURL(raw string) (*url.URL, error) { return secureURL(raw) }

// secureURL is parseURL for what a person wrote into a configuration.
func secureURL(raw string) (*url.URL, error) {
	u, err := parseURL(raw)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("%q must be https (plain http is for loopback hosts only)", redact(u))
	}
	return u, nil
}

// trust is the set of origins that may get the token.
type trust map[origin]bool

func newTrust(ep Endpoint) (trust, error) {
	t := trust{}
	for _, one := range []struct{ name, url string }{{"line items URL", ep.LineItemsURL}, {"memberships URL", ep.MembershipsURL}} {
		if one.url == "" {
			continue
		}
		u, err := secureURL(one.url)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.name, err)
		}
		t[originOf(u)] = true
	}
	for _, h := range ep.Hosts {
		if err := t.addHost(h); err != nil {
			return nil, err
		}
	}
	if len(t) == 0 {
		return nil, errors.New("no line items URL, no memberships URL and no hosts")
	}
	return t, nil
}

func (t trust) addHost(h string) error {
	u, err := url.Parse("//" + h)
	if err != nil || u.Host != h || u.Hostname() == "" || strings.ContainsAny(h, "*/@ ") || strings.HasSuffix(h, ":") {
		return fmt.Errorf("hosts: %q must be host or host:port, without scheme, path and wildcards", h)
	}
	schemes := []string{"https"}
	if loopback(u.Hostname()) {
		schemes = append(schemes, "http")
	}
	for _, s := range schemes {
		u.Scheme = s
		t[originOf(u)] = true
	}
	return nil
}

// check parses a URL that came from the platform and refuses other origins.
func (t trust) check(raw string) (*url.URL, error) {
	u, err := parseURL(raw)
	if err != nil {
		return nil, err
	}
	o := originOf(u)
	if t[o] {
		return u, nil
	}
	e := &OriginError{URL: redact(u), Host: o.authority()}
	for a := range t {
		e.Allowed = append(e.Allowed, a.String())
	}
	slices.Sort(e.Allowed)
	return nil, e
}
