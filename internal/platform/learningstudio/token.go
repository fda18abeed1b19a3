package learningstudio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

const (
	tokenTries = 3
	tokenPause = 500 * time.Millisecond // before the second try; doubled before the third
	maxPause   = 10 * time.Second       // a Retry-After above this is left to the caller
	maxToken   = 1 << 20                // bytes of the answer
)

// ask makes a token request. It changes nothing, so one that failed in passing is
// made again.
func (o *OAuth2Password) ask(ctx context.Context, form url.Values) (token, error) {
	form.Set("client_id", o.ApplicationID)
	for try, pause := 1, tokenPause; ; try, pause = try+1, 2*pause {
		t, passing, err := o.request(agsclient.WithRepeat(ctx, try > 1), form)
		if err == nil {
			return t, nil
		}
		wait := max(pause, err.RetryAfter)
		if try == tokenTries || !passing || wait > maxPause || !sleep(ctx, wait) {
			return token{}, err
		}
	}
}

// final tells of an answer that will always be the same.
func final(err error) bool {
	e, ok := errors.AsType[*agsclient.TokenError](err)
	return ok && !e.Throttled && e.Status >= 400 && e.Status < 500
}

// request makes one token request. passing: another try may do.
func (o *OAuth2Password) request(ctx context.Context, form url.Values) (t token, passing bool, refusal *agsclient.TokenError) {
	began := o.Now()
	to := strings.TrimSuffix(o.URL, "/") + "/token"
	fail := func(passing bool, e agsclient.TokenError) (token, bool, *agsclient.TokenError) {
		e.URL = to
		return token{}, passing, &e
	}
	secrets := agsclient.Secrets{
		Credentials: []string{form.Get("password"), form.Get("refresh_token")}, Private: []string{form.Get("username"), o.Username},
	}
	broken := func(err error) (token, bool, *agsclient.TokenError) {
		shown, sent := secrets.Cause(ctx, err)
		late, ok := errors.AsType[net.Error](err)
		return fail(sent && ctx.Err() == nil && !(ok && late.Timeout()), agsclient.TokenError{Err: shown})
	}
	req, err := http.NewRequestWithContext(agsclient.WithOperation(ctx, "get token"), http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return fail(false, agsclient.TokenError{Err: errors.New("the request cannot be made")})
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := unfollowing(o.HTTP).Do(req)
	if err != nil {
		return broken(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxToken))
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		e := agsclient.TokenError{
			Status: resp.StatusCode, RetryAfter: agsclient.RetryAfter(resp.Header),
			Throttled:   agsclient.Throttled(resp.StatusCode, resp.Header, body),
			Description: reason(body, form.Encode(), secrets),
		}
		if bytes.Contains(body, []byte(wrongLogin)) {
			e.Code, e.Description = wrongLogin, ""
		}
		return fail(e.Throttled || e.Status >= 500, e)
	case err != nil:
		return broken(err)
	}
	t, err = readToken(body, began)
	if err != nil {
		return fail(half(body), agsclient.TokenError{Status: resp.StatusCode, Err: err})
	}
	return t, false, nil
}

// wrongLogin stands somewhere in the answer to a bad name, password or campus.
const wrongLogin = "incorrect_client_credentials"

// readToken reads the answer. A token's life counts from before it was asked
// for, and ends early: rather that than a 401.
func readToken(body []byte, began time.Time) (token, error) {
	var wire struct {
		Access  text   `json:"access_token"`
		Refresh text   `json:"refresh_token"`
		Seconds number `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return token{}, fmt.Errorf("the answer cannot be read: %w", unreadable(err))
	}
	access := string(wire.Access)
	if access == "" {
		return token{}, errors.New("the answer holds no access_token")
	}
	if strings.ContainsFunc(access, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return token{}, errors.New("the access_token holds characters that no header may hold")
	}
	life := time.Hour
	if s := wire.Seconds.value; s != nil {
		life = time.Duration(min(max(*s, 0), 365*24*3600) * float64(time.Second))
	}
	return token{access, string(wire.Refresh), began.Add(life - min(time.Minute, life/10))}, nil
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
