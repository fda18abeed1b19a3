package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gradesync/gradesync/internal/quirk"
)

// TokenPath is the path of the token endpoint, below the base URL.
const TokenPath = "/token"

// Options say where a sandbox keeps its state and how it answers. Only Now is
// required.
type Options struct {
	// File is the JSON state file, made at first start; the tool's private key
	// lies beside it. "" keeps both in memory.
	File string
	// URL is the base of every id, link and audience, without a trailing slash.
	// "" takes scheme and Host of each request, so that one state can be served
	// at any address: the state holds no URLs.
	URL string
	// PageSize is the most line items, results or members in one page; 0 means
	// no limit. A request's own limit can only make pages smaller.
	PageSize int
	// Now is the platform's clock: of tokens, assertions and the Date header.
	Now func() time.Time
	// TokenLife is how long an access token lives; 0 means an hour. It is
	// announced in whole seconds.
	TokenLife time.Duration
	// Profile names the platform to imitate; "" keeps to the specifications.
	// Quirks are added to those of the profile, Without are taken away.
	Profile         string
	Quirks, Without []quirk.Quirk
	// Faults go wrong now and then, by chance from Seed.
	Faults []Fault
	Seed   uint64
	// RequestsPerSecond is how many requests are answered; what is beyond is
	// refused. 0 refuses none.
	RequestsPerSecond float64
	// Observe, if set, is told of every request once its answer is decided and
	// before it is sent. It is called from many goroutines at once.
	Observe func(Request)
}

// Request is what Observe is told. Kind is one of token, lineitems, lineitem,
// scores, results, memberships, other. Scopes are those asked for (token) or
// those of the bearer token, if it is a valid one.
type Request struct {
	Method, Path, Kind string
	Status             int
	Scopes             []string
}

// Tool is what the tool on the other side is configured with.
type Tool struct {
	ClientID, KeyID, DeploymentID string
	PrivateKeyPEM                 []byte // PKCS#8
	KeyFile                       string // "" if the state is in memory
}

// Sandbox is the LMS, an http.Handler. It may be used from many goroutines.
type Sandbox struct {
	options   Options
	tool      Tool
	store     *store
	tokens    *tokens
	resources map[string]resource
	inProcess *inProcess
}

// Open reads the state file, or makes it, and the tool's key and client with
// it. The errors name the file and what to do about it.
func Open(o Options) (*Sandbox, error) { return open(o, osFiles()) }

func open(o Options, fs files) (*Sandbox, error) {
	if o.Now == nil {
		return nil, errors.New("sandbox: Options.Now is required")
	}
	if o.PageSize < 0 || o.TokenLife < 0 {
		return nil, errors.New("sandbox: a page size or token life below zero")
	}
	if o.TokenLife == 0 {
		o.TokenLife = time.Hour
	}
	base, err := url.Parse(o.URL)
	if o.URL != "" && (err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "") {
		return nil, fmt.Errorf("sandbox: the base URL %q is not one like http://127.0.0.1:8080", o.URL)
	}
	o.URL = strings.TrimRight(o.URL, "/")
	st, tool, err := openStore(o.File, fs)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{options: o, tool: tool, store: st, tokens: newTokens(o.Now, o.TokenLife)}
	s.resources = s.routes()
	s.inProcess = newInProcess(s)
	return s, nil
}

// Tool returns the configuration made at first start.
func (s *Sandbox) Tool() Tool { return s.tool }

// LineItemsPath is the path of a course's line item container.
func (s *Sandbox) LineItemsPath(course string) string {
	return "/courses/" + url.PathEscape(course) + "/lineitems"
}

// MembershipsPath is the path of a course's membership container.
func (s *Sandbox) MembershipsPath(course string) string {
	return "/courses/" + url.PathEscape(course) + "/memberships"
}

// EnsureCourse makes the course if it does not exist: open, empty, with the
// resource links rl-1 to rl-5.
func (s *Sandbox) EnsureCourse(id string) error {
	if err := checkCourseID(id); err != nil {
		return err
	}
	return s.store.commit(func(st *State) (*State, error) { return st.withNewCourse(id), nil })
}

// AddMember enrols a person in a course that exists, in place of the member of
// the same user id if there is one. No status means Active, no roles Learner.
func (s *Sandbox) AddMember(course string, m Member) error {
	m = m.withDefaults()
	if err := m.check(); err != nil {
		return err
	}
	return s.store.commit(func(st *State) (*State, error) {
		return st.withCourse(course, func(c *Course) error {
			c.Members = put(c.Members, &m, (*Member).key)
			return nil
		})
	})
}

// Snapshot returns a copy of everything the LMS holds.
func (s *Sandbox) Snapshot() State { return *s.store.state.Load().clone() }

// Update is an instructor's or administrator's hand: change gets a copy of the
// state, and what it leaves becomes the state, whole, once it is saved. An
// error of change, of a check or of saving leaves everything as it was. The
// lists need not be left in order. change must not use the Sandbox itself.
func (s *Sandbox) Update(change func(*State) error) error {
	return s.store.alone(func(st *State) (*State, error) {
		next := st.clone()
		if err := change(next); err != nil {
			return nil, err
		}
		next.tidy()
		return next, next.check()
	})
}

// Transport serves requests in-process, through a real HTTP server on an
// in-memory listener, whatever their host; InProcessURL is the base URL to use.
// Its goroutines end at Close.
func (s *Sandbox) Transport() http.RoundTripper { return s.inProcess.roundTripper() }

// Close ends the in-process server. There is nothing to save: what was answered
// has been saved before.
func (s *Sandbox) Close() error { return s.inProcess.close() }
