package agsclient

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	maxHops    = 5               // redirects of a GET that are followed
	drainTime  = time.Second     // for what is left of an answer that is not wanted
	reasonTime = 5 * time.Second // for the body that says why a request was refused
)

// call is one request before it has a token.
type call struct {
	op, method, url string
	accept, content string
	body            []byte
	private         []string // what a reason must not repeat
	tokens          []string // what no part of an error may repeat
	found           bool     // the URL is one that the platform gave
}

// failure is the Error of a call without an answer.
func (r call) failure(sent bool, err error) *Error {
	return &Error{Op: r.op, Method: r.method, URL: veil(redactText(r.url), r.tokens), Sent: sent, Err: hide(err, r.tokens)}
}

// refused is the Error of a call whose arguments are wrong.
func (r call) refused(err error) *Error { return r.failure(false, argument(err)) }

// do sends a call and gives its answer if it is a 2xx; everything else is an
// *Error. A 401 means that the request was not carried out, so any call, a write
// too, is sent a second time with a fresh token, and only a second time: some
// platforms answer 401 to what they will not do.
func (c *Client) do(ctx context.Context, r call) (*http.Response, error) {
	u, err := c.trust.check(r.url)
	if err != nil {
		if !r.found {
			err = argument(err)
		}
		return nil, r.failure(false, err)
	}
	ctx = WithOperation(ctx, r.op)
	sending := ctx
	for again := true; ; again = false {
		tok, err := c.tokens.Token(ctx, c.opts.Scopes)
		if err != nil {
			if _, ok := errors.AsType[*TokenError](err); !ok {
				if _, ok := errors.AsType[*url.Error](err); ok {
					err = connCause(err)
				}
				err = &TokenError{Scopes: c.opts.Scopes, Err: err}
			}
			return nil, r.failure(false, err)
		}
		r.tokens = append(slices.Clip(r.tokens), tok.Value)
		resp, err := c.follow(sending, r, u, tok)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusUnauthorized && again {
			drain(resp.Body)
			c.tokens.Discard(tok)
			sending = WithRepeat(ctx, true)
			continue
		}
		if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
			return resp, nil
		}
		return nil, refusal(r, resp)
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
	req, err := http.NewRequestWithContext(WithCourse(ctx, c.course()), r.method, u.String(), body)
	if err != nil {
		return nil, r.refused(&connError{"the request cannot be made", err})
	}
	req.Header.Set("Authorization", "Bearer "+tok.Value)
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	if r.content != "" {
		req.Header.Set("Content-Type", r.content)
	}
	resp, err := send(c.http, req)
	if err != nil {
		e := r.failure(!unsent(err), err)
		e.RetryAfter = asked(err)
		return nil, e
	}
	return resp, nil
}

// course tells the client's context from others. No request of its own tells it:
// ids and next links may be any URLs.
func (c *Client) course() string { return cmp.Or(c.ep.LineItemsURL, c.ep.MembershipsURL) }

// send makes one request. Its errors, and those of the answer's body, are fit to
// be shown.
func send(hc *http.Client, req *http.Request) (*http.Response, error) {
	ctx, stop := context.WithCancel(req.Context())
	resp, err := hc.Do(req.WithContext(ctx))
	if err != nil {
		stop()
		return nil, stopped(req.Context(), bare(err))
	}
	resp.Body = &answerBody{ReadCloser: resp.Body, ctx: req.Context(), stop: stop}
	return resp, nil
}

// stopped is connCause, except that a context which ended for a reason of the
// caller's own is told as such.
func stopped(ctx context.Context, err error) error {
	why := context.Cause(ctx)
	if why != nil && errors.Is(err, why) && !errors.Is(why, context.DeadlineExceeded) {
		return &connError{"cancelled", err}
	}
	return connCause(err)
}

// connCause makes an error of a round tripper or of a body fit to be shown.
func connCause(err error) error {
	if _, done := err.(*connError); done || err == nil {
		return err
	}
	return &connError{Describe(err), err}
}

// answerBody is an answer's body that can be stopped while it is being read.
type answerBody struct {
	io.ReadCloser
	ctx  context.Context // the caller's
	stop context.CancelFunc
}

func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF { // those two are told by readers
		err = stopped(b.ctx, err)
	}
	return n, err
}

func (b *answerBody) Close() error {
	err := b.ReadCloser.Close()
	b.stop()
	return err
}

// within stops a body that has not been read by then. The function is to be
// called when it has.
func within(body io.ReadCloser, d time.Duration) func() bool {
	if b, ok := body.(*answerBody); ok {
		return time.AfterFunc(d, b.stop).Stop
	}
	return func() bool { return true }
}

func redirects(code int) bool {
	switch code {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// refusal makes the Error of an answer that is no 2xx, and closes it.
func refusal(r call, resp *http.Response) *Error {
	done := within(resp.Body, reasonTime)
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what came is what there is to show
	done()
	drain(resp.Body)
	e := r.failure(true, nil)
	e.Status = resp.StatusCode
	e.Date, e.RetryAfter = dateOf(resp.Header), RetryAfter(resp.Header)
	e.Throttled = Throttled(resp.StatusCode, resp.Header, body)
	e.Start = startOf(body)
	e.Reason = reasonOf(body, string(r.body), r.tokens, r.private)
	switch start := bytes.TrimSpace(body); {
	case redirects(resp.StatusCode):
		e.Err = errors.New("answered with a redirect, which is not followed")
		if to, err := resp.Location(); err == nil {
			// Its path may hold anything of what was sent.
			e.Err = hide(fmt.Errorf("answered with a redirect to %s, which is not followed", originOf(to)), r.tokens)
		}
	case bytes.HasPrefix(start, []byte("<")):
		e.Err = ErrHTML
	}
	return e
}

func startOf(body []byte) string { return string(body[:min(len(body), 16)]) }

// drain closes a body so that its connection can be used again, unless too much
// is left of it, or it takes its time: whatever it says, the answer is known.
func drain(body io.ReadCloser) {
	done := within(body, drainTime)
	io.Copy(io.Discard, io.LimitReader(body, maxErrorBody)) // only for the connection's sake
	done()
	body.Close() // nothing was written
}

// one sends a call and reads an answer that is one line item. Whether the answer
// could be read is told apart from whether the call succeeded.
func (c *Client) one(ctx context.Context, r call) (item LineItem, resp *http.Response, unread error, err error) {
	resp, err = c.do(ctx, r)
	if err != nil {
		return LineItem{}, nil, nil, err
	}
	defer drain(resp.Body)
	whole := &sizeReader{what: "the line item", left: c.opts.MaxElement, max: c.opts.MaxElement}
	br, unread := jsonBody(c.bounded(resp.Body, whole), resp.Header)
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
