package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gradesync/gradesync/internal/quirk"
)

// tokens are the access tokens that live and the assertions that were used.
// They are kept in memory only: after a restart the tool asks again.
type tokens struct {
	now  func() time.Time
	life time.Duration

	mu     sync.Mutex
	issued map[string]grant
	used   map[string]time.Time // jti -> when its assertion has expired anyway
}

type grant struct {
	scopes  []string
	expires time.Time
}

func newTokens(now func() time.Time, life time.Duration) *tokens {
	return &tokens{now: now, life: life, issued: map[string]grant{}, used: map[string]time.Time{}}
}

func (t *tokens) issue(scopes []string) string { return t.issueFor(t.life, scopes) }

func (t *tokens) issueFor(life time.Duration, scopes []string) string {
	now := t.now()
	token := "sandbox-token-" + randomHex(32) // so that one that leaks is recognised
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.issued, func(_ string, g grant) bool { return !now.Before(g.expires) })
	t.issued[token] = grant{scopes: scopes, expires: now.Add(life)}
	return token
}

func (t *tokens) scopes(token string) (scopes []string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, ok := t.issued[token]
	return g.scopes, ok && t.now().Before(g.expires)
}

// use marks an assertion as used until it expires, and tells whether it was new.
func (t *tokens) use(jti string, expires time.Time) bool {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.used, func(_ string, e time.Time) bool { return now.After(e) })
	if _, again := t.used[jti]; again {
		return false
	}
	t.used[jti] = expires
	return true
}

// authorize asks for a bearer token with one of the scopes (RFC 6750).
func (s *Sandbox) authorize(c *call, oneOf []string) error {
	if len(oneOf) == 0 {
		return nil
	}
	scheme, token, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return &problem{status: http.StatusUnauthorized, reason: "a bearer token is required", challenge: `Bearer realm="sandbox"`}
	}
	scopes, ok := s.tokens.scopes(strings.TrimSpace(token))
	if !ok {
		return &problem{status: http.StatusUnauthorized, reason: "the token is unknown or expired", challenge: `Bearer realm="sandbox", error="invalid_token"`}
	}
	c.scopes = scopes
	if !slices.ContainsFunc(oneOf, func(scope string) bool { return slices.Contains(scopes, scope) }) {
		wanted := strings.Join(oneOf, " ")
		if s.has(quirk.Never403) {
			return refuse(http.StatusUnauthorized, "the token has none of the scopes "+wanted)
		}
		return &problem{
			status:    http.StatusForbidden,
			reason:    "the token has none of the scopes " + wanted,
			challenge: `Bearer realm="sandbox", error="insufficient_scope", scope="` + wanted + `"`,
		}
	}
	return nil
}
