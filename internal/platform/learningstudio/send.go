package learningstudio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
)

const (
	maxBody    = 32 << 20             // bytes of a listing
	maxOne     = agsclient.MaxElement // bytes of any other answer
	maxDepth   = 64                   // of its JSON
	maxMembers = 10_000               // of one object
	maxItems   = 100_000              // columns, or people, of a course
	maxGrades  = 250_000              // of a column
	maxRefusal = 64 << 10             // bytes of a refusal, and of what is not wanted
)

// once sends a call one time. torn: there is an answer, and it broke off.
func (c *client) once(ctx context.Context, r call, sent []byte) (a *answer, torn bool, err error) {
	var body io.Reader
	if sent != nil {
		body = bytes.NewReader(sent)
	}
	about := agsclient.WithCourse(agsclient.WithOperation(ctx, r.op), c.course)
	req, err := http.NewRequestWithContext(about, r.method, c.url(r, false), body)
	if err != nil {
		return nil, false, c.failure(r, false, errors.New("the request cannot be made"))
	}
	req.Header.Set("Accept", "application/json")
	if sent != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, false, c.broken(ctx, r, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return c.refusal(ctx, r, resp, sent)
	}
	if r.method != http.MethodGet {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxRefusal)) // for the connection's sake
		return &answer{}, false, nil
	}
	content := r.secrets().Body(ctx, resp.Body)
	if r.into != nil {
		torn, err = r.into.readFrom(content)
		if err != nil {
			return nil, torn, c.unread(r, resp.StatusCode, err)
		}
		return &answer{}, false, nil
	}
	got, err := io.ReadAll(agsclient.Bounded(content, maxOne, maxDepth, maxMembers))
	switch {
	case err != nil:
		return nil, !agsclient.TooMuch(err), c.unread(r, resp.StatusCode, err)
	case half(got):
		return nil, true, c.unread(r, resp.StatusCode, errTorn)
	}
	return &answer{body: got}, false, nil
}

var errTorn = errors.New("the answer broke off: it is no whole JSON")

// half tells of the beginning of a JSON object.
func half(body []byte) bool {
	body = bytes.TrimSpace(body)
	return bytes.HasPrefix(body, []byte("{")) && !json.Valid(body)
}

// broken is the error of a request without an answer.
func (c *client) broken(ctx context.Context, r call, err error) error {
	var token *agsclient.TokenError
	var credential *CredentialError
	if errors.As(err, &token) {
		return c.failure(r, false, token)
	}
	if errors.As(err, &credential) {
		return c.failure(r, false, credential)
	}
	shown, sent := r.secrets().Cause(ctx, err)
	return c.failure(r, sent, shown)
}

// unread is the error of a 2xx that cannot be read.
func (c *client) unread(r call, status int, err error) error {
	e := c.failure(r, true, err)
	e.Status = status
	return e
}
