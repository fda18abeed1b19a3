package doctor

import (
	"fmt"
	"strings"
	"time"

	"github.com/gradesync/gradesync/plan"
)

const (
	// skewLimit is how far clocks may be apart before it is worth a word: the
	// token request is backdated by as much.
	skewLimit = 30 * time.Second
	// renewal is how long before its end a certificate is worth a word.
	renewal = 30 * 24 * time.Hour
)

// uses says of each scope what it is for.
var uses = map[string]string{
	"lineitem.readonly":          "plan, export and doctor read line items with it",
	"result.readonly":            "plan, apply, export and doctor read grades with it",
	"contextmembership.readonly": "roster, and people named by email, need it",
	"lineitem":                   "apply and undo write line items with it",
	"score":                      "apply and undo write scores with it",
}

// OfPlatform makes the checks of a platform. now is our time.
func OfPlatform(p *Platform, now time.Time) Group {
	g := Group{Platform: p.Name}
	g.Checks = append(g.Checks, key(p))
	if p.Key != nil && p.Proof != "" {
		return g
	}
	if p.Key != nil {
		g.Checks = append(g.Checks, skipped("token", "token", "there is no key to ask with", ""))
		return g
	}
	g.Checks = append(g.Checks, clock(&p.Seen))
	if p.Proof == "" || p.Login {
		g.Checks = append(g.Checks, token(p))
	}
	for i := range p.Scopes {
		g.Checks = append(g.Checks, scope(p.Scopes, &p.Scopes[i]))
	}
	g.Checks = append(g.Checks, secured(p, now), throttling(&p.Seen))
	if p.Proof == "" {
		g.Checks = append(g.Checks, profile(p))
	}
	return g
}

func key(p *Platform) Check {
	const id, title = "key", "private key"
	switch {
	case p.Key != nil && p.Key.Kind != plan.FailedAuth:
		return broken("platform", "platform", p.Key, "see the Platform document")
	case p.Key != nil && p.Proof != "":
		return broken("credentials", "credentials", p.Key, "see the Platform document")
	case p.Key != nil:
		return broken(id, title, p.Key, "see the Platform document")
	case p.Embedded:
		return passed(id, title, "the embedded LMS's own")
	case p.Proof != "":
		return passed("credentials", "credentials", p.Proof)
	case p.KeyFile == "":
		return passed(id, title, "RSA, long enough, from the environment")
	case p.KeyMode.IsRegular() && p.KeyMode.Perm()&0o077 != 0:
		return warned(id, title, fmt.Sprintf("others on this machine may read or change %s (its mode is %04o)", p.KeyFile, p.KeyMode.Perm()),
			"chmod 600 "+p.KeyFile+"; if others had a look, make a new key and register it in the LMS")
	}
	return passed(id, title, "RSA, long enough, from a file that nobody else may read")
}

func clock(s *Seen) Check {
	const id, title = "clock", "clock"
	switch off := s.Skew.Abs().Round(time.Second); {
	case !s.Clock:
		return skipped(id, title, "no answer told the platform's time", "")
	case s.Skew.Abs() > skewLimit:
		way := "behind"
		if s.Skew < 0 {
			way = "ahead of"
		}
		return warned(id, title, fmt.Sprintf("this machine's clock is %s %s the platform's", off, way),
			"set this machine's clock (NTP); if it is right, tell whoever runs the LMS: tokens are refused and scores are taken for stale where clocks differ")
	}
	return passed(id, title, "the platform's and ours agree")
}

// late tells whether the clocks are a likely cause of a refused token.
func (s *Seen) late() bool { return s.Clock && s.Skew.Abs() > skewLimit }

func token(p *Platform) Check {
	const id, title = "token", "token"
	if p.Token == nil && p.Login {
		return passed(id, title, "got one with the user's name and password")
	}
	if p.Token == nil {
		return passed(id, title, fmt.Sprintf("got one to read with, good for %s", p.TokenLife.Round(time.Second)))
	}
	c := broken(id, title, p.Token, "check the Platform's credentials against the tool's registration in the LMS")
	if c.Credentials && p.Seen.late() {
		c.Remedy = "set the clock first (see above), then " + c.Remedy
	}
	return c
}

func scope(all []Scope, s *Scope) Check {
	id, title := "scope-"+s.Name, "scope "+s.Name
	use := uses[s.Name]
	const remedy = "let the tool do this in its registration in the LMS"
	switch {
	case s.NotAsked && !s.Granted:
		return skipped(id, title, "not asked for, since nothing is written; "+use, "doctor --probe asks for it")
	case s.NotAsked:
		return passed(id, title, "granted, though only reads are sent here; "+use)
	case s.Granted:
		return passed(id, title, "granted; "+use)
	case s.Unknown != nil && s.Unknown.Kind != plan.FailedAuth:
		return broken(id, title, s.Unknown, "try again")
	case s.Name == "lineitem.readonly" && granted(all, "lineitem"):
		return passed(id, title, "not granted, but the full scope is: reads are made with that")
	case s.Name == "contextmembership.readonly":
		return warned(id, title, "not granted; "+use, "let the tool use Names and Role Provisioning Services in its registration in the LMS")
	}
	return Check{ID: id, Title: title, Status: Failed, Detail: "not granted; " + use, Remedy: remedy, Credentials: true}
}

func granted(all []Scope, name string) bool {
	for _, s := range all {
		if s.Name == name {
			return s.Granted
		}
	}
	return false
}

// secured is about TLS, of every host that was asked.
func secured(p *Platform, now time.Time) Check {
	const id, title = "tls", "TLS"
	if p.Embedded {
		return skipped(id, title, "the embedded LMS is reached within this process", "")
	}
	var details []string
	c := Check{ID: id, Title: title, Status: OK}
	for _, h := range p.Seen.Hosts {
		left := h.Expires.Sub(now)
		switch {
		case h.Problem != "":
			c.Status = Failed
			c.Remedy = "have the LMS's certificate renewed; if it is signed by an authority of your own, name that in SSL_CERT_FILE"
			details = append(details, h.Name+": "+h.Problem)
		case h.Plain:
			details = append(details, h.Name+": plain HTTP on this machine")
		case left < renewal:
			if c.Status == OK {
				c.Status, c.Remedy = Warned, "tell whoever runs the LMS to renew its certificate"
			}
			details = append(details, fmt.Sprintf("%s: %s, and its certificate ends on %s", h.Name, h.Version, h.Expires.UTC().Format(time.DateOnly)))
		default:
			details = append(details, fmt.Sprintf("%s: %s, certificate until %s", h.Name, h.Version, h.Expires.UTC().Format(time.DateOnly)))
		}
	}
	if len(details) == 0 {
		return skipped(id, title, "no connection was made", "")
	}
	c.Detail = strings.Join(details, "; ")
	return c
}

// told are the headers that tell of throttling.
var told = []string{"X-Rate-Limit-Remaining", "X-Request-Cost", "Retry-After"}

func throttling(s *Seen) Check {
	const id, title = "throttling", "throttling"
	var parts []string
	for _, name := range told {
		if v := s.Headers[name]; v != "" {
			parts = append(parts, name+" "+v)
		}
	}
	list := strings.Join(parts, ", ")
	switch {
	case s.Refused > 0:
		detail := fmt.Sprintf("answers that said too many requests: %d", s.Refused)
		if list != "" {
			detail += " (" + list + ")"
		}
		return warned(id, title, detail, "set the Platform's limits lower (requestsPerSecond, concurrency), or run at another time")
	case list != "":
		return passed(id, title, "the platform tells: "+list)
	case !s.Clock && len(s.Hosts) == 0:
		return skipped(id, title, "nothing answered", "")
	}
	return passed(id, title, "no sign of it")
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
