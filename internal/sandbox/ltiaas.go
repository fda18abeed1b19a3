package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/internal/quirk"
)

// ltiaas is the face of LTIAAS: a service that speaks plain JSON to the tool
// and AGS to the LMS behind it. It does the same here: what passes its own
// checks goes to the endpoints of the AGS face, and what they refuse is relayed
// as the LMS's error. Ids, next links and filters are the LMS's own.
type ltiaas struct {
	apiKey Credential
	files  files
	state  string // the state file, "" in memory
	routes []*route
}

// The choices that no page of the service tells.
const (
	// ltiaasPutStatus is what the reference lists for a PUT, odd as it is.
	ltiaasPutStatus = http.StatusCreated
	// The words for programs, in details.message. Those of LTIK are the page's.
	ltiaasBadLtik     = "INVALID_LTIK_AUTH_AUTHORIZATION_HEADER"
	ltiaasBadService  = "INVALID_SERVICE_AUTH_AUTHORIZATION_HEADER"
	ltiaasBadHeader   = "INVALID_AUTHORIZATION_HEADER"
	ltiaasInvalid     = "VALIDATION_ERROR"
	ltiaasNotFound    = "NOT_FOUND"
	ltiaasLMSRefused  = "LMS_REQUEST_FAILED"
	ltiaasOtherReason = "REQUEST_FAILED"
)

func openLTIAAS(state string, f files) (*ltiaas, error) {
	key, err := f.keep(state, "apikey", uuid(randomHex(16)), word)
	if err != nil {
		return nil, err
	}
	l := &ltiaas{apiKey: key, files: f, state: state}
	l.routes = l.table()
	return l, nil
}

func (l *ltiaas) table() []*route {
	const items, item, scores = "/api/lineitems", "/api/lineitems/{id}", "/api/lineitems/{id}/scores"
	return []*route{
		{http.MethodGet, items, kindLineItems, l.listLineItems},
		{http.MethodPost, items, kindLineItems, l.createLineItem},
		{http.MethodGet, item, kindLineItem, l.readLineItem},
		{http.MethodPut, item, kindLineItem, l.putLineItem},
		{http.MethodDelete, item, kindLineItem, l.deleteLineItem},
		{http.MethodPost, scores, kindScores, l.postScore},
		{http.MethodGet, scores, kindResults, l.listScores},
		{http.MethodGet, "/api/memberships", kindMemberships, l.listMembers},
		{http.MethodGet, "/api/idtoken", kindOther, l.readIDToken},
	}
}

func (l *ltiaas) route(_ *Sandbox, c *call) { c.routed(l.routes, c.request.URL.EscapedPath()) }

func (l *ltiaas) answer(s *Sandbox, c *call) (answer, error) {
	if c.route == nil {
		return answer{}, c.unrouted(l.routes, c.request.URL.EscapedPath())
	}
	if err := l.authorize(s, c); err != nil {
		return answer{}, err
	}
	var err error
	if c.query, err = url.ParseQuery(c.request.URL.RawQuery); err != nil {
		return answer{}, badRequest("the query cannot be read")
	}
	if err := c.readBody(); err != nil {
		return answer{}, err
	}
	if len(c.body) > 0 && !isType(c.request.Header.Get("Content-Type"), typeJSON) {
		return answer{}, badRequest("Content-Type must be " + typeJSON)
	}
	return c.route.serve(s, c)
}

// relayed is a refusal of the LMS behind the service.
type relayed struct {
	answer
	sent []byte
	url  string
}

func (r *relayed) Error() string { return "the LMS answered " + http.StatusText(r.status) }

type ltiaasError struct {
	Status  int           `json:"status"`
	Error   string        `json:"error"`
	Details ltiaasDetails `json:"details"`
}

type ltiaasDetails struct {
	Message       string          `json:"message"`
	Description   string          `json:"description"`
	BodyReceived  any             `json:"bodyReceived,omitempty"`
	BodySent      json.RawMessage `json:"bodySent,omitempty"`
	ExternalError bool            `json:"externalError,omitempty"`
	ExternalURL   string          `json:"externalUrl,omitempty"`
}

func (l *ltiaas) refusal(err error) answer {
	if r := (*relayed)(nil); errors.As(err, &r) {
		received := r.body
		if text, is := received.(raw); is {
			received = string(text)
		}
		return ltiaasRefusal(r.status, ltiaasDetails{
			Message: ltiaasLMSRefused, Description: "The LMS refused the request.",
			BodyReceived: received, BodySent: r.sent, ExternalError: true, ExternalURL: r.url,
		})
	}
	own := refusal(err)
	details := ltiaasDetails{Message: ltiaasOtherReason, Description: err.Error()}
	if p := (*problem)(nil); errors.As(err, &p) && p.code != "" {
		details.Message = p.code
	} else if word := map[int]string{400: ltiaasInvalid, 404: ltiaasNotFound}[own.status]; word != "" {
		details.Message = word
	}
	a := ltiaasRefusal(own.status, details)
	a.header = own.header
	a.header.Del("WWW-Authenticate")
	return a
}

func ltiaasRefusal(status int, details ltiaasDetails) answer {
	return answer{status: status, mediaType: typeJSON, header: http.Header{}, body: ltiaasError{status, http.StatusText(status), details}}
}

// revoke refuses one request: a launch's credentials are given by a launch, and
// no program can ask for others.
func (l *ltiaas) revoke(_ *Sandbox, c *call) error {
	if scheme, _, _ := strings.Cut(c.request.Header.Get("Authorization"), " "); scheme == ltiaasService {
		return unauthorized(ltiaasBadService, "Invalid service key.")
	}
	return unauthorized(ltiaasBadLtik, "Invalid or expired ltik.")
}

func (l *ltiaas) repeat(s *Sandbox, c *call, m *message) bool {
	var body map[string]json.RawMessage
	if json.Unmarshal(m.body, &body) != nil {
		return false
	}
	here := c.query.Get("url")
	if here == "" {
		here = l.target(s, c) // the first page
	}
	body["next"], _ = json.Marshal(here) // a string
	m.body, _ = json.Marshal(body)
	return true
}

// target is the LMS's own URL for what the path of a request names, without a
// query that filters it.
func (l *ltiaas) target(s *Sandbox, c *call) string {
	switch c.path.kind {
	case kindMemberships:
		return c.base + s.MembershipsPath(c.path.course)
	case kindLineItems:
		return c.base + s.LineItemsPath(c.path.course)
	case kindScores, kindResults:
		return below(c.names["id"], "/"+c.path.kind)
	}
	return c.names["id"]
}

// forward asks the LMS: the endpoint of the AGS face that the URL is of, if it
// is this LMS's and of the launch's course. Its refusals come back as relayed.
func (l *ltiaas) forward(s *Sandbox, c *call, method, target string, body []byte) (answer, error) {
	u, err := url.Parse(target)
	origins := []string{c.base}
	if s.has(quirk.ForeignIDs) {
		origins = append(origins, foreign(c.base))
	}
	if err != nil || !slices.ContainsFunc(origins, func(o string) bool { return strings.HasPrefix(target, o+"/") }) {
		return answer{}, badRequest("the URL is not one of the LMS of this launch")
	}
	inner := &call{request: c.request.Clone(c.request.Context()), base: c.base, body: body, now: c.now, stamped: true}
	inner.request.Method, inner.request.URL, inner.request.RequestURI = method, u, ""
	// The LMS is served below the path of the base, if that has one.
	within := *u
	if base, err := url.Parse(c.base); err == nil {
		within.Path, within.RawPath = strings.TrimPrefix(u.Path, base.Path), strings.TrimPrefix(u.EscapedPath(), base.EscapedPath())
	}
	inner.path = s.layout.parse(&within)
	if inner.path.kind != c.path.kind || inner.path.course != c.path.course {
		return answer{}, refuse(http.StatusNotFound, "the URL is not one of this launch's for this endpoint")
	}
	inner.query = u.Query()
	a, err := s.resources[inner.path.kind][method].serve(inner)
	if err != nil {
		a = refusal(s.echoed(inner, err))
	}
	if a.status >= 300 {
		return answer{}, &relayed{answer: a, sent: body, url: target}
	}
	return a, nil
}
