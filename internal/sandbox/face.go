package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gradesync/gradesync/internal/quirk"
)

// The protocols that the store is served by, for Options.Face.
const (
	FaceAGS            = ""
	FaceLTIAAS         = "ltiaas"
	FaceLearningStudio = "learningstudio"
)

// Faces is the faces that have a name: all but AGS.
func Faces() []string { return []string{FaceLTIAAS, FaceLearningStudio} }

// face is a protocol. It gets the Sandbox with each call, as a read that comes
// late is answered by another one.
type face interface {
	// route finds out what a request is for, whatever becomes of it.
	route(s *Sandbox, c *call)
	// answer considers a request. Its errors are for refusal.
	answer(s *Sandbox, c *call) (answer, error)
	// refusal puts an error into the words of the protocol.
	refusal(err error) answer
	// revoke takes the credentials of a request away, where they can be asked
	// for anew, and returns the refusal.
	revoke(s *Sandbox, c *call) error
	// repeat makes a page of a listing name itself as the next. It tells
	// whether the message is such a page.
	repeat(s *Sandbox, c *call, m *message) bool
}

func openFace(o Options, fs files) (face, error) {
	switch o.Face {
	case FaceLTIAAS:
		return openLTIAAS(o.File, fs)
	case FaceLearningStudio:
		return openStudio(o.File, fs)
	}
	return ags{}, nil
}

// facing are the habits that a face shows.
func (o Options) facing(h habits) (habits, error) {
	switch o.Face {
	case FaceAGS:
	case FaceLTIAAS:
		delete(h, quirk.Throttles403) // its throttle is its own
	case FaceLearningStudio:
		if o.Profile != "" || len(o.Quirks) > 0 || len(o.Without) > 0 {
			return nil, fmt.Errorf("sandbox: the face %s is a platform of its own: it has no profile and no quirks", o.Face)
		}
		h = habits{quirk.KeepsPoints: studioKeepsPoints}
	default:
		return nil, fmt.Errorf("sandbox: the face %q is not known; the known ones are %s", o.Face, strings.Join(Faces(), ", "))
	}
	return h, nil
}

// rate is how many requests a second are answered, 0 for all.
func (o Options) rate() float64 {
	if o.Face == FaceLearningStudio && o.RequestsPerSecond == 0 {
		return studioRate
	}
	return o.RequestsPerSecond
}

// fits refuses an id that the face has no form for.
func (s *Sandbox) fits(what, id string) error {
	if s.options.Face == FaceLearningStudio && !isID(id) {
		return fmt.Errorf("%s %q: LearningStudio has numbers for ids, such as 28456671", what, id)
	}
	return nil
}

// isID tells whether a text is the canonical form of a whole number above 0.
func isID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

// ags is the face of AGS, NRPS and the token endpoint.
type ags struct{}

func (ags) route(s *Sandbox, c *call) { c.path = s.layout.parse(c.request.URL) }

func (ags) answer(s *Sandbox, c *call) (answer, error) {
	a, err := s.consider(c)
	return a, s.echoed(c, err)
}

func (ags) refusal(err error) answer { return refusal(err) }

func (ags) revoke(s *Sandbox, c *call) error {
	_, token, _ := strings.Cut(c.request.Header.Get("Authorization"), " ")
	s.tokens.revoke(strings.TrimSpace(token))
	return &problem{status: http.StatusUnauthorized, reason: "the token was revoked", challenge: `Bearer realm="sandbox", error="invalid_token"`}
}

func (ags) repeat(_ *Sandbox, c *call, m *message) bool {
	m.header.Set("Link", "<"+c.base+c.request.URL.RequestURI()+`>; rel="next"`)
	return true
}

// route is one request of a face other than AGS. form is its path, with {names}
// for whole segments.
type route struct {
	method, form, kind string
	serve              func(*Sandbox, *call) (answer, error)
}

// routed finds the route of a request. Where the method is not one of the
// path's, the kind is that of another method.
func (c *call) routed(routes []*route, escaped string) {
	c.path.kind = kindOther
	for _, one := range routes {
		names, is := segments(one.form, escaped)
		if !is {
			continue
		}
		c.path.kind = one.kind
		if one.method == c.request.Method {
			c.route, c.names = one, names
			return
		}
	}
}

// unrouted is the refusal of a request that has no route.
func (c *call) unrouted(routes []*route, escaped string) error {
	allowed := map[string]bool{}
	for _, one := range routes {
		if _, is := segments(one.form, escaped); is {
			allowed[one.method] = true
		}
	}
	if len(allowed) == 0 {
		return refuse(http.StatusNotFound, "there is nothing at this path")
	}
	allow := strings.Join(slices.Sorted(maps.Keys(allowed)), ", ")
	return &problem{status: http.StatusMethodNotAllowed, reason: "the method is not one of " + allow, allow: allow}
}

// segments takes the names of a form out of a path.
func segments(form, escaped string) (names map[string]string, ok bool) {
	forms, parts := strings.Split(form, "/"), strings.Split(escaped, "/")
	if len(forms) != len(parts) {
		return nil, false
	}
	names = map[string]string{}
	for at, part := range parts {
		name, named := strings.CutPrefix(forms[at], "{")
		if !named {
			if part != forms[at] {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(part)
		if err != nil || value == "" {
			return nil, false
		}
		names[strings.TrimSuffix(name, "}")] = value
	}
	return names, true
}
