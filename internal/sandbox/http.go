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

	"github.com/gradesync/gradesync/internal/quirk"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

const (
	typeJSON = "application/json"
	typeHTML = "text/html; charset=utf-8"
)

// call is a request on its way through.
type call struct {
	request *http.Request
	path    path
	route   *route            // of a face; nil where it has none
	names   map[string]string // what the path of a route names
	base    string            // scheme and host that ids begin with
	query   url.Values
	body    []byte
	scopes  []string // for Observe
	now     time.Time
	charged bool // to the throttle, until it is done
	stamped bool // a score is stamped by the service that sends it, as late as needed
}

// answer is what goes back. body is marshalled as JSON, except for a raw one;
// nil is none. pages are the URLs of a listing's other pages by relation, for
// the face that shows them in the body.
type answer struct {
	status    int
	mediaType string
	body      any
	header    http.Header
	pages     map[string]string
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

// message is an answer in the form that is sent, and what goes wrong with it.
// status is what the client will see, 0 where it gets no answer.
type message struct {
	status    int
	mediaType string
	header    http.Header
	body      []byte
	fault     FaultKind // "" for none
}

// raw is the body of an answer that is sent as it is and not as JSON.
type raw string

// ServeHTTP answers a request of the tool.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	c := &call{request: r, base: s.base(r), now: s.options.Now()}
	s.face.route(s, c)
	s.store.history.begin()
	wait := s.throttle.enter(c, s.has(quirk.Throttles403))
	defer s.throttle.leave(c)
	m := s.respond(c, wait)
	if s.has(quirk.Throttles403) {
		s.throttle.announce(c, m.header)
	}
	m.header.Set("Date", c.now.UTC().Format(http.TimeFormat))
	if s.options.Observe != nil {
		s.options.Observe(Request{Method: r.Method, Path: r.URL.Path, Kind: c.path.kind, Status: m.status, Scopes: slices.Clone(c.scopes), Fault: m.fault})
	}
	s.send(w, r, m)
}

// respond decides what goes back: a refusal to a request that has to wait, the
// answer of a fault, or what came of the request, spoilt or not.
func (s *Sandbox) respond(c *call, wait int) *message {
	if wait > 0 {
		return s.message(s.tooMany(wait), nil)
	}
	f := s.faults.draw(c.request.Method, c.path.kind)
	if a, yes := s.instead(c, f); yes {
		m := s.message(a, nil)
		m.fault = f.Kind
		return m
	}
	if f.Kind == FaultStale {
		s = s.past(f.Behind)
	}
	m := s.message(s.face.answer(s, c))
	m.fault = f.Kind
	m.spoil(s, c)
	return m
}

// message puts an answer, or the error in its place, into bytes.
func (s *Sandbox) message(a answer, err error) *message {
	if err != nil {
		a = s.face.refusal(err)
	}
	body, err := encodeBody(a.body)
	if err != nil {
		a = s.face.refusal(err)
		body, _ = encodeBody(a.body)
	}
	header := http.Header{}
	maps.Copy(header, a.header)
	return &message{status: a.status, mediaType: a.mediaType, header: header, body: body}
}

func (m *message) writeHeader(w http.ResponseWriter) {
	maps.Copy(w.Header(), m.header)
	if m.body != nil {
		w.Header().Set("Content-Type", m.mediaType)
		w.Header().Set("Content-Length", strconv.Itoa(len(m.body)))
	}
	w.WriteHeader(m.status)
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

// echoed repeats the request in the words of an error, as some platforms do.
func (s *Sandbox) echoed(c *call, err error) error {
	if p := (*problem)(nil); errors.As(err, &p) && s.has(quirk.ErrorsEcho) {
		p.reason = fmt.Sprintf("%s: %s %s %s", p.reason, c.request.Method, c.request.URL, c.body)
	}
	return err
}

// consider asks from the outside in: is there such a resource, such a method,
// may the bearer, do the media types fit, and only then what the resource says.
func (s *Sandbox) consider(c *call) (answer, error) {
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
	if s.has(quirk.ExactTypes) && !e.exactTypes(r.Header) {
		return answer{}, badRequest("Accept or Content-Type is not the one that there is")
	}
	if e.consumes != "" && !isType(r.Header.Get("Content-Type"), e.consumes) {
		return answer{}, refuse(http.StatusUnsupportedMediaType, "Content-Type must be "+e.consumes)
	}
	if e.produces != "" && !accepts(r.Header.Values("Accept"), e.produces) {
		return answer{}, refuse(http.StatusNotAcceptable, "Accept must allow "+e.produces)
	}
	var err error
	// A URL with &amp; for & has names that none asks for, as amp;page.
	if c.query, err = url.ParseQuery(r.URL.RawQuery); err != nil && !s.has(quirk.LinkAmp) {
		return answer{}, badRequest("the query cannot be read")
	}
	if err := c.readBody(); err != nil {
		return answer{}, err
	}
	return e.serve(c)
}

func (c *call) readBody() (err error) {
	if c.body, err = io.ReadAll(c.request.Body); err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is over %d bytes", maxBody))
		}
		return badRequest("the body could not be read to its end")
	}
	return nil
}

func (e endpoint) exactTypes(h http.Header) bool {
	return (e.consumes == "" || h.Get("Content-Type") == e.consumes) && (e.produces == "" || h.Get("Accept") == e.produces)
}

func encodeBody(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case raw:
		return []byte(v), nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("the answer cannot be written as JSON: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
