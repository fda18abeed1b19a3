package sandbox

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	studioAssertionType = "urn:ecollege:names:moauth:1.0:assertion"
	// studioBadLogin is the word that a login is refused with, by status 400.
	studioBadLogin = "incorrect_client_credentials"
)

type studioToken struct {
	Access  string `json:"access_token"`
	Expires int    `json:"expires_in"`
	Refresh string `json:"refresh_token"`
}

// serveToken logs the user in: by password, by an assertion that the tool has
// signed, or by a refresh token.
func (t *studio) serveToken(s *Sandbox, c *call) (answer, error) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil || !isType(c.request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return answer{}, badRequest("the body is not a form of type application/x-www-form-urlencoded")
	}
	good := false
	switch form.Get("grant_type") {
	case "password":
		good = form.Get("client_id") == t.ApplicationID && form.Get("username") == t.ClientString+`\`+t.Username && form.Get("password") == t.Password.Value
	case "refresh_token":
		scopes, ok := s.tokens.scopes(form.Get("refresh_token"))
		good = ok && form.Get("client_id") == t.ApplicationID && slices.Contains(scopes, grantRefresh)
	case "assertion":
		good = form.Get("assertion_type") == studioAssertionType && t.asserted(form.Get("assertion"), c.now)
	default:
		return answer{}, badRequest("grant_type must be password, refresh_token or assertion")
	}
	if !good {
		return answer{}, badRequest(studioBadLogin)
	}
	return tokenAnswer(http.StatusOK, studioToken{
		Access:  s.tokens.issueFor(s.tokens.life, []string{grantAccess}),
		Expires: int(s.tokens.life / time.Second),
		Refresh: s.tokens.issueFor(studioRefreshLife, []string{grantRefresh}),
	}), nil
}

// asserted tells whether an assertion is the tool's:
// name|consumer key|application id|client string|username|time|CMAC in hex.
func (t *studio) asserted(assertion string, now time.Time) bool {
	parts := strings.Split(assertion, "|")
	if len(parts) != 7 || isBlank(parts[0]) || !slices.Equal(parts[1:5], []string{t.ConsumerKey, t.ApplicationID, t.ClientString, t.Username}) {
		return false
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", parts[5])
	if err != nil || at.Before(now.Add(-studioWindow)) || at.After(now.Add(studioWindow)) {
		return false
	}
	sum, err := cmac([]byte(t.Secret.Value), []byte(strings.Join(parts[:6], "|")))
	return err == nil && hex.EncodeToString(sum) == parts[6]
}
