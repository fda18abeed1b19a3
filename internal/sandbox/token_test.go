package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestTokenIsGranted(t *testing.T) {
	l := newLMS(t, Options{TokenLife: 90 * time.Second})
	r := l.ask(l.form(scopeScore, scopeLineItem, scopeScore))
	require.Equal(t, 200, r.status, r.text())
	require.Equal(t, typeJSON, r.header.Get("Content-Type"))
	require.Equal(t, "no-store", r.header.Get("Cache-Control"))
	got := r.object()
	require.NotEmpty(t, got["access_token"])
	delete(got, "access_token")
	require.Empty(t, cmp.Diff(map[string]any{"token_type": "Bearer", "expires_in": 90.0, "scope": scopeLineItem + " " + scopeScore}, got))
}

func TestAssertionClaims(t *testing.T) {
	l := newLMS(t, Options{})
	const deployment = "https://purl.imsglobal.org/spec/lti/claim/deployment_id"
	now := l.clock.Now().Unix()
	used := l.claims()
	require.Equal(t, 200, l.ask(l.with(used)).status)
	for name, tc := range map[string]struct {
		claim string
		value any // nil: left out
		want  string
	}{
		"audience in a list":       {"aud", []string{"https://elsewhere.example", l.url + TokenPath}, ""},
		"audience elsewhere":       {"aud", "https://elsewhere.example/token", "aud must be"},
		"audience of the root":     {"aud", l.url, "aud must be"},
		"no audience":              {"aud", nil, "aud must be"},
		"another issuer":           {"iss", "someone", "iss and sub"},
		"another subject":          {"sub", "someone", "iss and sub"},
		"no subject":               {"sub", nil, "iss and sub"},
		"no jti":                   {"jti", nil, "required"},
		"jti used before":          {"jti", used["jti"], "jti was used"},
		"no exp":                   {"exp", nil, "required"},
		"no iat":                   {"iat", nil, "required"},
		"iat at the leeway":        {"iat", now + 60, ""},
		"iat beyond the leeway":    {"iat", now + 61, "iat is in the future"},
		"nbf beyond the leeway":    {"nbf", now + 61, "nbf is in the future"},
		"exp before iat":           {"exp", now - 1, "exp is before iat"},
		"malformed exp":            {"exp", "soon", "malformed"},
		"no deployment":            {deployment, nil, ""},
		"another deployment":       {deployment, "2", "deployment"},
		"a deployment of no words": {deployment, "", "deployment"},
	} {
		t.Run(name, func(t *testing.T) {
			claims := l.claims()
			if claims[tc.claim] = tc.value; tc.value == nil {
				delete(claims, tc.claim)
			}
			noneOrInvalidClient(t, l.ask(l.with(claims)), tc.want)
		})
	}
	t.Run("expired within the leeway", func(t *testing.T) {
		claims := l.claims()
		l.clock.advance(360 * time.Second)
		noneOrInvalidClient(t, l.ask(l.with(claims)), "")
	})
	t.Run("expired beyond the leeway", func(t *testing.T) {
		claims := l.claims()
		l.clock.advance(361 * time.Second)
		noneOrInvalidClient(t, l.ask(l.with(claims)), "expired")
	})
}

func noneOrInvalidClient(t *testing.T, r reply, want string) {
	t.Helper()
	if want == "" {
		require.Equal(t, 200, r.status, r.text())
		return
	}
	require.Equal(t, 400, r.status, r.text())
	require.Equal(t, "invalid_client", r.object()["error"])
	require.Contains(t, r.object()["error_description"], want)
}

func (l *lms) with(claims map[string]any) url.Values {
	form := l.form(scopeScore)
	form.Set("client_assertion", l.sign(claims, l.key(), jose.RS256, l.Tool().KeyID))
	return form
}

func TestAssertionSignature(t *testing.T) {
	l := newLMS(t, Options{})
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	kid := l.Tool().KeyID
	good := l.sign(l.claims(), l.key(), jose.RS256, kid)
	parts := strings.Split(good, ".")
	for name, tc := range map[string]struct{ assertion, want string }{
		"another key":           {l.sign(l.claims(), stranger, jose.RS256, kid), "signature"},
		"another kid":           {l.sign(l.claims(), l.key(), jose.RS256, "other"), "kid"},
		"no kid":                {l.sign(l.claims(), l.key(), jose.RS256, ""), "kid"},
		"another algorithm":     {l.sign(l.claims(), l.key(), jose.PS256, kid), "RS256"},
		"keyed with a secret":   {l.sign(l.claims(), []byte(strings.Repeat("k", 32)), jose.HS256, kid), "RS256"},
		"no signature":          {parts[0] + "." + parts[1] + ".", "signature"},
		"claims of another":     {parts[0] + "." + strings.Split(l.sign(l.claims(), l.key(), jose.RS256, kid), ".")[1] + "." + parts[2], "signature"},
		"algorithm none":        {"eyJhbGciOiJub25lIn0." + parts[1] + ".", "RS256"},
		"not a token":           {"hello", "RS256"},
		"the good one, at last": {good, ""},
	} {
		t.Run(name, func(t *testing.T) {
			form := l.form(scopeScore)
			form.Set("client_assertion", tc.assertion)
			noneOrInvalidClient(t, l.ask(form), tc.want)
		})
	}
	t.Run("a key no longer registered", func(t *testing.T) {
		jwk, _, err := publicJWK(stranger)
		require.NoError(t, err)
		require.NoError(t, l.Update(func(st *State) error {
			st.Client.PublicKey = json.RawMessage(jwk)
			return nil
		}))
		noneOrInvalidClient(t, l.ask(l.form(scopeScore)), "kid")
	})
}

func TestTokenRequestForm(t *testing.T) {
	l := newLMS(t, Options{})
	for name, tc := range map[string]struct{ field, value, want string }{
		"no grant type":         {"grant_type", "", "invalid_request"},
		"another grant type":    {"grant_type", "password", "unsupported_grant_type"},
		"no assertion type":     {"client_assertion_type", "", "invalid_request"},
		"another assertion":     {"client_assertion_type", "urn:saml", "invalid_request"},
		"no assertion":          {"client_assertion", "", "invalid_request"},
		"no scope":              {"scope", "", "invalid_scope"},
		"an unknown scope":      {"scope", scopeScore + " https://example.edu/all", "invalid_scope"},
		"an unknown field only": {"resource", "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			form := l.form(scopeScore)
			form.Set(tc.field, tc.value)
			r := l.ask(form)
			if tc.want == "" {
				require.Equal(t, 200, r.status)
				return
			}
			require.Equal(t, 400, r.status)
			require.Equal(t, tc.want, r.object()["error"])
			require.NotEmpty(t, r.object()["error_description"])
		})
	}
	t.Run("a field twice", func(t *testing.T) {
		form := l.form(scopeScore)
		form.Add("scope", scopeLineItem)
		require.Equal(t, "invalid_request", l.ask(form).object()["error"])
	})
	t.Run("not a form", func(t *testing.T) {
		r := l.send("POST", TokenPath, `{"grant_type":"client_credentials"}`, "Content-Type", "application/json")
		require.Equal(t, 400, r.status)
		require.Equal(t, "invalid_request", r.object()["error"])
	})
	t.Run("GET", func(t *testing.T) {
		r := l.send("GET", TokenPath, "")
		r.refused(405, "POST")
		require.Equal(t, "POST", r.header.Get("Allow"))
	})
}

func TestBearer(t *testing.T) {
	l := newLMS(t, Options{TokenLife: time.Minute})
	for name, header := range map[string]string{"none": "", "unknown": "Bearer nobody", "basic": "Basic " + l.bearer, "empty": "Bearer "} {
		t.Run(name, func(t *testing.T) {
			r := l.send("GET", items, "", "Authorization", header)
			r.refused(401, "token")
			require.Contains(t, r.header.Get("WWW-Authenticate"), "Bearer")
		})
	}
	require.Equal(t, 200, l.send("GET", items, "", "Authorization", "bearer "+l.bearer).status)
	l.clock.advance(time.Minute - 1)
	require.Equal(t, 200, l.send("GET", items, "").status)
	l.clock.advance(1)
	r := l.send("GET", items, "")
	r.refused(401, "expired")
	require.Contains(t, r.header.Get("WWW-Authenticate"), "invalid_token")
}

// Every endpoint with every scope alone.
func TestScopes(t *testing.T) {
	l := newLMS(t, Options{})
	item := strings.TrimPrefix(l.create(`{"label":"L","scoreMaximum":1}`), l.url)
	all := []string{scopeLineItem, scopeLineItemRead, scopeResultRead, scopeScore, scopeMemberRead}
	bearers := map[string]string{}
	for _, scope := range all {
		bearers[scope] = l.token(scope)
	}
	for _, tc := range []struct {
		method, path, body string
		scopes             []string
	}{
		{"GET", items, "", []string{scopeLineItem, scopeLineItemRead}},
		{"POST", items, `{}`, []string{scopeLineItem}},
		{"GET", item, "", []string{scopeLineItem, scopeLineItemRead}},
		{"PUT", item, `{}`, []string{scopeLineItem}},
		{"POST", item + "/scores", `{}`, []string{scopeScore}},
		{"GET", item + "/results", "", []string{scopeResultRead}},
		{"GET", l.MembershipsPath("c1"), "", []string{scopeMemberRead}},
		{"DELETE", item, "", []string{scopeLineItem}},
	} {
		t.Run(tc.method+" "+l.layout.parse(&url.URL{Path: tc.path}).kind, func(t *testing.T) {
			// Refusals first: a DELETE works only once.
			for _, may := range []bool{false, true} {
				for _, scope := range all {
					if covers := slices.Contains(tc.scopes, scope); covers != may {
						continue
					}
					r := l.send(tc.method, tc.path, tc.body, "Authorization", "Bearer "+bearers[scope])
					if may {
						require.NotContains(t, []int{401, 403}, r.status, scope)
						continue
					}
					r.refused(403, "scope")
					require.Contains(t, r.header.Get("WWW-Authenticate"), "insufficient_scope")
				}
			}
		})
	}
	require.Nil(t, l.Snapshot().Courses["c1"].LineItem(1), "the DELETE with the right scope worked")
}

func TestObserve(t *testing.T) {
	var seen []Request
	l := newLMS(t, Options{Observe: func(r Request) { seen = append(seen, r) }})
	seen = nil
	l.token(scopeScore)
	item := l.create(`{"label":"L","scoreMaximum":1}`)
	path := strings.TrimPrefix(item, l.url)
	readonly := l.token(scopeLineItemRead)
	l.send("DELETE", path, "", "Authorization", "Bearer "+readonly)
	l.send("GET", "/elsewhere", "")
	l.send("GET", path, "", "Authorization", "")
	l.post(item, "u1", `{}`)
	l.send("GET", path+"/results?user_id=u1", "")
	l.send("GET", l.MembershipsPath("c1"), "")
	every := []string{scopeLineItem, scopeLineItemRead, scopeResultRead, scopeScore, scopeMemberRead}
	slices.Sort(every)
	require.Empty(t, cmp.Diff([]Request{
		{"POST", "/token", "token", 200, []string{scopeScore}, ""},
		{"POST", items, "lineitems", 201, every, ""},
		{"POST", "/token", "token", 200, []string{scopeLineItemRead}, ""},
		{"DELETE", path, "lineitem", 403, []string{scopeLineItemRead}, ""},
		{"GET", "/elsewhere", "other", 404, nil, ""},
		{"GET", path, "lineitem", 401, nil, ""},
		{"POST", path + "/scores", "scores", 204, every, ""},
		{"GET", path + "/results", "results", 200, every, ""},
		{"GET", "/courses/c1/memberships", "memberships", 200, every, ""},
	}, seen))
}
