package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gradesync/gradesync/internal/quirk"
)

const (
	// leeway is how far the clocks may be apart.
	leeway = 60 * time.Second

	grantType     = "client_credentials"
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

// tokenError is the body of a refusal (RFC 6749, 5.2).
type tokenError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func noToken(code, description string) (answer, error) {
	return tokenAnswer(http.StatusBadRequest, tokenError{code, description}), nil
}

func tokenAnswer(status int, body any) answer {
	return answer{status: status, mediaType: typeJSON, body: body, header: http.Header{"Cache-Control": {"no-store"}}}
}

func (s *Sandbox) serveToken(c *call) (answer, error) {
	a, err := s.grantToken(c)
	if s.has(quirk.TokenAsHTML) {
		a.mediaType = typeHTML
	}
	return a, err
}

// grantToken grants all the scopes asked for, or none (Security Framework 4.1).
func (s *Sandbox) grantToken(c *call) (answer, error) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil || !isType(c.request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return noToken("invalid_request", "the body is not a form of type application/x-www-form-urlencoded")
	}
	scopes := strings.Fields(form.Get("scope"))
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	c.scopes = scopes
	for _, name := range []string{"grant_type", "client_assertion_type", "client_assertion", "scope"} {
		if len(form[name]) > 1 {
			return noToken("invalid_request", name+" is there more than once")
		}
		if form.Get(name) == "" && name != "scope" {
			return noToken("invalid_request", name+" is required")
		}
	}
	if form.Get("grant_type") != grantType {
		return noToken("unsupported_grant_type", "grant_type must be "+grantType)
	}
	if form.Get("client_assertion_type") != assertionType {
		return noToken("invalid_request", "client_assertion_type must be "+assertionType)
	}
	if err := s.checkAssertion(c, form.Get("client_assertion")); err != nil {
		return noToken("invalid_client", err.Error())
	}
	known := []string{scopeLineItem, scopeResultRead, scopeScore, scopeMemberRead}
	if !s.has(quirk.NoReadOnlyScope) {
		known = slices.Insert(known, 1, scopeLineItemRead)
	}
	isUnknown := func(scope string) bool { return !slices.Contains(known, scope) }
	if s.has(quirk.DropsScopes) {
		scopes = slices.DeleteFunc(slices.Clone(scopes), isUnknown)
	}
	if len(scopes) == 0 || slices.ContainsFunc(scopes, isUnknown) {
		return noToken("invalid_scope", "scope must name one or more of "+strings.Join(known, " "))
	}
	body := struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
		Scope       string `json:"scope"`
	}{s.tokens.issue(scopes), "Bearer", int(s.tokens.life / time.Second), strings.Join(scopes, " ")}
	return tokenAnswer(http.StatusOK, body), nil
}

// checkAssertion tells what is wrong with a client's assertion, and takes its
// jti if nothing is.
func (s *Sandbox) checkAssertion(c *call, assertion string) error {
	client := s.store.state.Load().Client
	var key jose.JSONWebKey
	if err := json.Unmarshal(client.PublicKey, &key); err != nil {
		return errors.New("the platform has no key of this client")
	}
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return errors.New("client_assertion is not a JWT signed with RS256")
	}
	if token.Headers[0].KeyID != key.KeyID {
		return errors.New("kid is not that of the registered key")
	}
	var claims jwt.Claims
	var own struct {
		Deployment *string `json:"https://purl.imsglobal.org/spec/lti/claim/deployment_id"`
	}
	if err := token.Claims(key, &claims, &own); err != nil {
		return errors.New("the signature does not match the registered key, or the claims are malformed")
	}
	now, leeway := c.now, leeway
	if s.has(quirk.StrictClock) {
		leeway = 0
	}
	audience := c.base + s.tool.AudiencePath
	switch {
	case claims.Issuer != client.ID || claims.Subject != client.ID:
		return errors.New("iss and sub must be the client id")
	case !claims.Audience.Contains(audience):
		return errors.New("aud must be " + audience)
	case claims.IssuedAt == nil || claims.Expiry == nil || claims.ID == "":
		return errors.New("iat, exp and jti are required")
	case now.After(claims.Expiry.Time().Add(leeway)):
		return errors.New("the assertion has expired")
	case claims.IssuedAt.Time().After(now.Add(leeway)):
		return errors.New("iat is in the future")
	case claims.NotBefore != nil && claims.NotBefore.Time().After(now.Add(leeway)):
		return errors.New("nbf is in the future")
	case claims.Expiry.Time().Before(claims.IssuedAt.Time()):
		return errors.New("exp is before iat")
	case own.Deployment == nil && s.has(quirk.WantsDeployment):
		return errors.New("the deployment id is required")
	case own.Deployment != nil && *own.Deployment != client.DeploymentID:
		return errors.New("the deployment id is not one of this client")
	case !s.tokens.use(claims.ID, claims.Expiry.Time().Add(leeway)):
		return errors.New("jti was used before")
	}
	return nil
}
