package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

const typeJSON = "application/json"

// problem is a refusal, with the status and reason that the client is shown.
// Reasons name fields and never repeat what was sent: it is about people.
type problem struct {
	status    int
	reason    string
	challenge string // WWW-Authenticate
	allow     string // Allow
}

func (p *problem) Error() string { return p.reason }

func refuse(status int, reason string) error { return &problem{status: status, reason: reason} }

// call is a request on its way through.
type call struct {
	request *http.Request
	path    path
	base    string // scheme and host that ids begin with
	query   url.Values
	body    []byte
	scopes  []string // for Observe
	now     time.Time
}

// answer is what goes back. body is marshalled as JSON, nil for none.
type answer struct {
	status    int
	mediaType string
	body      any
	header    http.Header
}

// endpoint is one method of a resource. scopes are those of which a bearer
// needs one; none means that the endpoint is open. consumes and produces are
// the exact media types, "" where any will do.
type endpoint struct {
	scopes   []string
	consumes string
	produces string
	serve    func(*call) (answer, error)
}

// resource is the endpoints by method.
type resource map[string]endpoint

// ServeHTTP answers a request of the tool.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	c := &call{request: r, path: parsePath(r.URL), base: s.base(r), now: s.options.Now()}
	a, err := s.answer(c)
	if err != nil {
		a = refusal(err)
	}
	body, err := encodeBody(a.body)
	if err != nil {
		a = refusal(err)
		body, _ = encodeBody(a.body)
	}
	if s.options.Observe != nil {
		s.options.Observe(Request{Method: r.Method, Path: r.URL.Path, Kind: c.path.kind, Status: a.status, Scopes: slices.Clone(c.scopes)})
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Date", c.now.UTC().Format(http.TimeFormat))
	if body != nil {
		w.Header().Set("Content-Type", a.mediaType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // a client that has gone away is not our affair
}

func (s *Sandbox) base(r *http.Request) string {
	if s.options.URL != "" {
		return s.options.URL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// answer asks from the outside in: is there such a resource, such a method, may
// the bearer, do the media types fit, and only then what the resource says.
func (s *Sandbox) answer(c *call) (answer, error) {
	r := c.request
	res, ok := s.resources[c.path.kind]
	if !ok {
		return answer{}, refuse(http.StatusNotFound, "there is nothing at this path")
	}
	e, ok := res[r.Method]
	if !ok {
		allow := strings.Join(slices.Sorted(maps.Keys(res)), ", ")
		return answer{}, &problem{status: http.StatusMethodNotAllowed, reason: "the method is not one of " + allow, allow: allow}
	}
	if err := s.authorize(c, e.scopes); err != nil {
		return answer{}, err
	}
	if e.consumes != "" && !isType(r.Header.Get("Content-Type"), e.consumes) {
		return answer{}, refuse(http.StatusUnsupportedMediaType, "Content-Type must be "+e.consumes)
	}
	if e.produces != "" && !accepts(r.Header.Values("Accept"), e.produces) {
		return answer{}, refuse(http.StatusNotAcceptable, "Accept must allow "+e.produces)
	}
	var err error
	if c.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return answer{}, badRequest("the query cannot be read")
	}
	if c.body, err = io.ReadAll(r.Body); err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return answer{}, refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is over %d bytes", maxBody))
		}
		return answer{}, badRequest("the body could not be read to its end")
	}
	return e.serve(c)
}

// refusal puts an error into words for the client, in the one place where
// errors become statuses.
func refusal(err error) answer {
	p := &problem{status: http.StatusInternalServerError, reason: err.Error()}
	if unsaved := (*saveError)(nil); errors.As(err, &unsaved) {
		p.status = http.StatusInsufficientStorage
	}
	errors.As(err, &p)
	header := http.Header{}
	if p.challenge != "" {
		header.Set("WWW-Authenticate", p.challenge)
	}
	if p.allow != "" {
		header.Set("Allow", p.allow)
	}
	body := struct {
		Status int    `json:"status"`
		Reason string `json:"reason"`
	}{p.status, p.reason}
	return answer{status: p.status, mediaType: typeJSON, body: body, header: header}
}

func encodeBody(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("the answer cannot be written as JSON: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
