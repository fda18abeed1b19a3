package agsclient

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	tokenTries  = 3
	tokenPause  = 500 * time.Millisecond // before the second try; doubled before the third
	maxPause    = 10 * time.Second       // a Retry-After above this is left to the caller
	maxTokenLen = 1 << 20                // bytes of the answer
	maxToken    = 16 << 10               // bytes of a token: no server takes a longer header
	maxLife     = 365 * 24 * time.Hour
	clockLeeway = 30 * time.Second // by which a proof is backdated
)

// fetch asks for a token. Nothing is done by such a request, so a connection that
// broke and a server that is busy are tried again, each time with a new assertion:
// its jti may be used but once. One that hangs is so once: every reader waits for it.
//
// A refusal may be about the clock. If the platform's is told otherwise than it was
// when the proof was made, it is asked once more, with the time as it is known now.
func (c *ClientCredentials) fetch(ctx context.Context, scopes []string) (Token, error) {
	corrected := false
	for try, pause := 1, tokenPause; ; try, pause = try+1, 2*pause {
		ahead := c.ahead()
		t, life, err := c.request(WithRepeat(ctx, try > 1), scopes)
		if err == nil {
			c.keep(scopes, t, life)
			return t, nil
		}
		refused := err.Status == http.StatusBadRequest || err.Status == http.StatusUnauthorized
		if refused && !corrected && (c.ahead()-ahead).Abs() > clockLeeway {
			corrected = true
			continue
		}
		err.URL, err.Scopes = redactText(c.TokenURL), scopes
		wait := max(pause, err.RetryAfter)
		if try >= tokenTries || !passing(err, try) || wait > maxPause || !sleep(ctx, wait) {
			return Token{}, err
		}
	}
}

// ahead is how far the platform's clock is before ours, as far as is known.
func (c *ClientCredentials) ahead() time.Duration {
	if c.PlatformNow == nil {
		return 0
	}
	return c.PlatformNow().Sub(c.Now())
}

// passing tells whether an error may be gone in a moment. A timeout may be once.
func passing(e *TokenError, try int) bool {
	switch e.Status {
	case http.StatusOK: // and it could not be read
		return true
	case http.StatusForbidden:
		return e.Throttled
	case 0:
		_, broken := errors.AsType[*connError](e.Err)
		return broken && !unsent(e.Err) && (try == 1 || !timedOut(e.Err))
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// request makes one token request (RFC 6749 section 4.4, RFC 7523 section 2.2).
func (c *ClientCredentials) request(ctx context.Context, scopes []string) (Token, time.Duration, *TokenError) {
	began := c.Now()
	assertion, err := c.assertion(began.Add(c.ahead()))
	if err != nil {
		return Token{}, 0, &TokenError{Err: err}
	}
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
		"scope":                 {strings.Join(scopes, " ")},
	}
	req, err := http.NewRequestWithContext(WithOperation(ctx, "get token"), http.MethodPost, c.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return Token{}, 0, &TokenError{Err: errors.New("the request cannot be made")}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := send(unfollowing(c.HTTP), req)
	if err != nil {
		return Token{}, 0, &TokenError{Err: err, RetryAfter: asked(err)}
	}
	defer drain(resp.Body)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenLen))
	if err != nil {
		return Token{}, 0, &TokenError{Err: connCause(err)}
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return Token{}, 0, tokenRefusal(resp, body, assertion)
	}
	t, life, err := readToken(body, scopes)
	if err != nil {
		return Token{}, 0, &TokenError{Status: resp.StatusCode, Err: err}
	}
	// Counted from before the request: rather too early than too late.
	t.Expires = began.Add(life)
	return t, life, nil
}

func tokenRefusal(resp *http.Response, body []byte, assertion string) *TokenError {
	e := &TokenError{Status: resp.StatusCode, RetryAfter: RetryAfter(resp.Header), Throttled: Throttled(resp.StatusCode, resp.Header, body)}
	if len(body) > maxErrorBody {
		body = body[:maxErrorBody]
	}
	m, err := members(body)
	switch {
	case redirects(resp.StatusCode):
		e.Err = errors.New("answered with a redirect, which is not followed: is the token URL right?")
	case strings.HasPrefix(strings.TrimSpace(string(body)), "<"):
		e.Err = errTokenHTML
	case err == nil:
		code, _ := text(m["error"])
		e.Code = clean(withoutTokens(code, []string{assertion}), assertion)
		delete(m, "error")
		rest, _ := json.Marshal(m)
		e.Description = reasonOf(rest, "", []string{assertion}, nil)
	}
	return e
}

var errTokenHTML = errors.New("answered with an HTML page: is this the token URL of an LMS?")

// readToken reads the answer, whatever its Content-Type says: some say text/html.
func readToken(body []byte, asked []string) (Token, time.Duration, error) {
	body = []byte(strings.TrimPrefix(strings.TrimSpace(string(body)), "\ufeff"))
	if strings.HasPrefix(string(body), "<") {
		return Token{}, 0, errTokenHTML
	}
	m, err := members(body)
	if err != nil {
		return Token{}, 0, fmt.Errorf("the answer cannot be read: %w", err)
	}
	var t Token
	if t.Value, _ = text(m["access_token"]); t.Value == "" {
		return Token{}, 0, errors.New("the answer holds no access_token")
	}
	if len(t.Value) > maxToken {
		return Token{}, 0, fmt.Errorf("the access_token is over %d KiB", maxToken>>10)
	}
	if strings.ContainsFunc(t.Value, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return Token{}, 0, errors.New("the access_token holds characters that no header may hold")
	}
	var list []string
	if json.Unmarshal(m["scope"], &list) != nil {
		s, _ := text(m["scope"])
		list = strings.Fields(s)
	}
	if t.Scopes = list; len(list) == 0 {
		t.Scopes = slices.Clone(asked)
	}
	life := time.Hour
	if s, ok := number(m["expires_in"]); ok && s != nil {
		life = maxLife
		if *s < maxLife.Seconds() {
			life = max(0, time.Duration(*s*float64(time.Second)))
		}
	}
	return t, life, nil
}

// claims are those of Security Framework 1.0 section 4.1.1.
type claims struct {
	Issuer     string `json:"iss"`
	Subject    string `json:"sub"`
	Audience   string `json:"aud"`
	Issued     int64  `json:"iat"`
	Expires    int64  `json:"exp"`
	ID         string `json:"jti"`
	Deployment string `json:"https://purl.imsglobal.org/spec/lti/claim/deployment_id,omitempty"`
}

// assertion signs the client's proof at a time of the platform's clock. It is backdated by half a minute, since
// there are platforms that allow their clock no leeway at all.
func (c *ClientCredentials) assertion(now time.Time) (string, error) {
	issued := now.Add(-clockLeeway)
	payload, err := json.Marshal(claims{
		Issuer: c.ClientID, Subject: c.ClientID, Audience: cmp.Or(c.Audience, c.TokenURL),
		Issued: issued.Unix(), Expires: issued.Add(5 * time.Minute).Unix(),
		ID: rand.Text(), Deployment: c.DeploymentID,
	})
	if err != nil {
		return "", err
	}
	key := jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: c.Key, KeyID: c.KeyID}}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("signing with the private key: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing with the private key: %w", err)
	}
	return signed.CompactSerialize()
}
