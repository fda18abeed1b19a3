package ltiaas

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gradesync/gradesync/agsclient"
)

// client makes requests of one context.
type client struct {
	http   *http.Client
	base   string
	access *access
	bounds Options // without credentials
}

const (
	maxErrorBody = 64 << 10
	maxID        = 8 << 10 // bytes of a line item's id
	maxHops      = 5       // redirects of a GET that are followed
)

func newClient(hc *http.Client, o Options) (*client, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	access, err := o.access()
	if err != nil {
		return nil, err
	}
	base, err := o.base()
	if err != nil {
		return nil, err
	}
	o.APIKey, o.Ltik, o.ServiceKey = "", "", ""
	var own http.Client
	if hc != nil {
		own = *hc
	}
	own.CheckRedirect = atHome
	return &client{http: &own, base: base, access: access, bounds: o}, nil
}

// atHome lets GETs be redirected within the account's origin: whoever is sent
// on gets the credentials, and a write that is sent on may be done twice.
func atHome(next *http.Request, before []*http.Request) error {
	first := before[0]
	if first.Method != http.MethodGet || len(before) > maxHops || next.URL.Scheme != first.URL.Scheme || !strings.EqualFold(next.URL.Host, first.URL.Host) {
		return http.ErrUseLastResponse
	}
	return nil
}

// call is one request.
type call struct {
	op, method string
	place      // what is asked
	query      url.Values
	body       []byte
	private    []string // what a reason must not repeat
}

// place is a path below the account's address, as it goes over the wire, and as
// it may be shown.
type place struct{ path, shown string }

func at(path string) place { return place{path, path} }

// itemPlace is where a line item is: its id is one segment of the path, with
// everything escaped that means something in a URL. What is shown leaves out the
// id's query.
func itemPlace(id, below string) (place, error) {
	u, err := url.Parse(id)
	switch {
	case len(id) > maxID:
		return place{}, &argumentError{fmt.Errorf("the line item's id has %d bytes, which no server takes", len(id))}
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil:
		return place{}, &argumentError{errors.New("the line item's id is not a URL, as those of LTIAAS are")}
	}
	shown, _, _ := strings.Cut(id, "?")
	return place{"/api/lineitems/" + segment(id) + below, "/api/lineitems/" + segment(shown) + below}, nil
}

// secrets are what must not be shown of a call.
func (c *client) secrets(r call) agsclient.Secrets {
	return agsclient.Secrets{Credentials: c.access.keys, Private: r.private}
}

// segment escapes as JavaScript's encodeURIComponent does, and a few characters
// more.
func segment(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// argumentError marks what no other try could mend.
type argumentError struct{ error }

// failure is the error of a call. Its URL may hold what the service made us ask.
func (c *client) failure(r call, sent bool, err error) *agsclient.Error {
	return &agsclient.Error{Op: r.op, Method: r.method, URL: c.base + c.secrets(r).Hide(r.shown), Sent: sent, Err: err}
}

// do sends a call and gives its answer if it is a 2xx.
func (c *client) do(ctx context.Context, r call) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	to := c.base + r.path
	if len(r.query) > 0 {
		to += "?" + r.query.Encode()
	}
	about := agsclient.WithCourse(agsclient.WithOperation(ctx, r.op), c.access) // of one launch: no URL tells the course
	req, err := http.NewRequestWithContext(about, r.method, to, body)
	if err != nil {
		return nil, c.failure(r, false, &argumentError{errors.New("the request cannot be made")})
	}
	req.Header.Set("Authorization", c.access.header)
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		why, sent := c.secrets(r).Cause(ctx, err)
		return nil, c.failure(r, sent, why)
	}
	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		return resp, nil
	}
	return nil, c.refusal(r, resp)
}

// refusal makes the error of an answer that is no 2xx, and closes it.
func (c *client) refusal(r call, resp *http.Response) *agsclient.Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what came is what there is to show
	resp.Body.Close()                                              // nothing was written
	d := detailsOf(body)
	e := c.failure(r, true, nil)
	e.Status, e.RetryAfter = resp.StatusCode, agsclient.RetryAfter(resp.Header)
	e.Throttled = agsclient.Throttled(resp.StatusCode, resp.Header, body) || agsclient.Throttled(resp.StatusCode, resp.Header, d.BodyReceived)
	e.Reason = d.reason(body, string(r.body), c.secrets(r))
	switch {
	case resp.StatusCode < 400:
		e.Err = errRedirect
	case d.fromLMS():
		e.Err = errFromLMS
	case isHTML(body):
		e.Err = agsclient.ErrHTML
	}
	return e
}

var (
	errRedirect = errors.New("answered with a redirect, which is not followed: it leads elsewhere, or is of a write")
	errFromLMS  = errors.New("it is the LMS behind LTIAAS that says so")
)

// one sends a call and reads an answer that is one JSON value. An error whose
// Status is a 2xx says that the call succeeded and its answer could not be read.
func (c *client) one(ctx context.Context, r call, into any) error {
	resp, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	defer finish(resp.Body)
	raw, err := io.ReadAll(agsclient.Bounded(c.secrets(r).Body(ctx, resp.Body), min(c.bounds.MaxBody, maxOne), maxDepth, maxMembers))
	if err == nil {
		err = decode(raw, into)
	}
	if err != nil {
		e := c.failure(r, true, err)
		e.Status = resp.StatusCode
		return e
	}
	return nil
}

func decode(raw []byte, into any) error {
	switch {
	case isHTML(raw):
		return agsclient.ErrHTML
	case len(bytes.TrimSpace(raw)) == 0:
		return errors.New("the answer is empty where JSON was expected")
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	return nil
}

func isHTML(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// finish closes a body so that its connection can be used again, unless too much
// is left of it.
func finish(body io.ReadCloser) {
	io.Copy(io.Discard, io.LimitReader(body, maxErrorBody)) // only for the connection's sake
	body.Close()                                            // nothing was written
}
