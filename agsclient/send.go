package agsclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// maxHops is how many redirects of a GET are followed.
const maxHops = 5

// call is one request before it has a token.
type call struct {
	op, method, url string
	accept, content string
	body            []byte
	private         []string // what an error text must not repeat
}

// failure is the Error of a call without an answer.
func (r call) failure(sent bool, err error) *Error {
	return &Error{Op: r.op, Method: r.method, URL: redactText(r.url), Sent: sent, Err: err}
}

// do sends a call and gives its answer if it is a 2xx; everything else is an
// *Error. A 401 means that the request was not carried out, so any call, a write
// too, is sent a second time with a fresh token, and only a second time: some
// platforms answer 401 to what they will not do.
func (c *Client) do(ctx context.Context, r call) (*http.Response, error) {
	u, err := c.trust.check(r.url)
	if err != nil {
		return nil, r.failure(false, err)
	}
	var used []string // tokens, to be kept out of errors
	for again := true; ; again = false {
		tok, err := c.tokens.Token(ctx, c.opts.Scopes)
		if err != nil {
			if _, ok := errors.AsType[*TokenError](err); !ok {
				err = &TokenError{Scopes: c.opts.Scopes, Err: err}
			}
			return nil, r.failure(false, err)
		}
		used = append(used, tok.Value)
		resp, err := c.follow(ctx, r, u, tok)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusUnauthorized && again {
			drain(resp.Body)
			c.tokens.Discard(tok)
			continue
		}
		if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
			return resp, nil
		}
		return nil, refusal(r, resp, used)
	}
}

// follow sends a call and goes after redirects if it is a GET, each one checked
// before the token goes there.
func (c *Client) follow(ctx context.Context, r call, u *url.URL, tok Token) (*http.Response, error) {
	for hop := 0; ; hop++ {
		resp, err := c.roundTrip(ctx, r, u, tok)
		if err != nil {
			return nil, err
		}
		if r.method != http.MethodGet || !redirects(resp.StatusCode) || resp.Header.Get("Location") == "" {
			return resp, nil
		}
		drain(resp.Body)
		to, err := resp.Request.URL.Parse(resp.Header.Get("Location"))
		if err == nil {
			to, err = c.trust.check(to.String())
		} else {
			err = errors.New("the address is not a URL")
		}
		if err == nil && hop == maxHops {
			err = fmt.Errorf("more than %d redirects", maxHops)
		}
		if err != nil {
			e := r.failure(true, fmt.Errorf("redirected: %w", err))
			e.Status = resp.StatusCode
			return nil, e
		}
		u = to
	}
}

func (c *Client) roundTrip(ctx context.Context, r call, u *url.URL, tok Token) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), body)
	if err != nil {
		return nil, r.failure(false, bare(err))
	}
	req.Header.Set("Authorization", "Bearer "+tok.Value)
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	if r.content != "" {
		req.Header.Set("Content-Type", r.content)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		err = bare(err)
		return nil, r.failure(!unsent(err), err)
	}
	return resp, nil
}

func redirects(code int) bool {
	switch code {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// refusal makes the Error of an answer that is no 2xx, and closes it.
func refusal(r call, resp *http.Response, tokens []string) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what came is what there is to show
	drain(resp.Body)
	e := &Error{Op: r.op, Method: r.method, URL: redactText(r.url), Status: resp.StatusCode, Sent: true}
	e.Date, e.RetryAfter = clock(resp.Header)
	e.Reason = reasonOf(body, string(r.body), append(tokens, r.private...)...)
	switch start := bytes.TrimSpace(body); {
	case redirects(resp.StatusCode):
		e.Err = errors.New("answered with a redirect, which is not followed")
		if to, err := resp.Location(); err == nil {
			e.Err = fmt.Errorf("answered with a redirect to %s, which is not followed", redact(to))
		}
	case bytes.HasPrefix(start, []byte("<")):
		e.Err = ErrHTML
	}
	return e
}

// drain closes a body so that its connection can be used again, unless too much
// is left of it.
func drain(body io.ReadCloser) {
	io.Copy(io.Discard, io.LimitReader(body, maxErrorBody)) // only for the connection's sake
	body.Close()                                            // nothing was written
}

// one sends a call and reads an answer that is one line item. Whether the answer
// could be read is told apart from whether the call succeeded.
func (c *Client) one(ctx context.Context, r call) (item LineItem, resp *http.Response, unread error, err error) {
	resp, err = c.do(ctx, r)
	if err != nil {
		return LineItem{}, nil, nil, err
	}
	defer drain(resp.Body)
	br, unread := jsonBody(c.bounded(resp.Body), resp.Header)
	if unread != nil {
		return LineItem{}, resp, unread, nil
	}
	raw, unread := io.ReadAll(br)
	if unread == nil {
		unread = item.UnmarshalJSON(raw)
	}
	if unread != nil {
		return LineItem{}, resp, early(unread), nil
	}
	return item, resp, nil, nil
}
