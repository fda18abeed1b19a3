package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gradesync/gradesync/internal/quirk"
)

// TokenPath is the path of the token endpoint, below the base URL.
const TokenPath = "/token"

// Options say where a sandbox keeps its state and how it answers. Only Now is
// required.
type Options struct {
	// Face is the protocol: "" is AGS, or one of Faces. What is below is so for
	// all of them, but where it says otherwise.
	//
	// LTIAAS is a service in front of an LMS: Profile and Quirks are those of
	// the LMS behind it; quirks of tokens, media types, Link headers and
	// throttling show nowhere. LearningStudio is a platform of its own: it has
	// no Profile and no Quirks, courses and people have numbers there, and a
	// column is made through Update alone. The fault revoke refuses one request;
	// just an OAuth 2 token stays refused, as all else cannot be asked for anew.
	Face string
	// File is the JSON state file, made at first start; the tool's private key
	// lies beside it. "" keeps both in memory. A file of less than 256 KiB has
	// every change before it is answered. A larger one is written a second after
	// the first change that it has not: a process that is killed, and not closed,
	// loses at most what it answered in its last second and during the write.
	// While it cannot be written, each change is refused with the error, and what
	// was answered before is kept in memory and tried again with each change and
	// at Close.
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
	// Profile names the platform to imitate (quirk.Profiles); "" keeps to the
	// specifications. Quirks are added to those of the profile, Without are
	// taken away. A word that is not known is an error.
	Profile         string
	Quirks, Without []quirk.Quirk
	// Faults go wrong now and then, by chance from Seed.
	Faults []Fault
	Seed   uint64
	// RequestsPerSecond is how many requests are answered; what is beyond, and
	// beyond a second's worth saved up, is refused. 0 refuses none, but 500 a
	// second is what LearningStudio has then. Token requests do not count.
	RequestsPerSecond float64
	// Observe, if set, is told of every request once its answer is decided and
	// before it is sent. It is called from many goroutines at once.
	Observe func(Request)
}

// Request is what Observe is told. Kind is one of token, lineitems, lineitem,
// scores, results, memberships, other. Scopes are those asked for (token) or
// those of the bearer token, if it is a valid one and was looked at: a request
// that is throttled, or goes wrong before anything happens, has none.
type Request struct {
	Method, Path, Kind string
	Status             int // as the client sees it; 0 where it gets no answer
	Scopes             []string
	Fault              FaultKind // what goes wrong, "" for nothing; never FaultClock
}

// Tool is what the tool on the other side is configured with.
type Tool struct {
	ClientID, KeyID, DeploymentID string
	PrivateKeyPEM                 []byte // PKCS#8
	KeyFile                       string // "" if the state is in memory
	// AudiencePath, behind the base URL, is the aud of token requests. It is
	// TokenPath but for the platforms that have another.
	AudiencePath string
}

// Sandbox is the LMS, an http.Handler. It may be used from many goroutines.
type Sandbox struct {
	habits
	options   Options
	layout    layout
	face      face
	shuffles  *atomic.Uint64 // how many lists were put in another order
	tool      Tool
	store     *store
	tokens    *tokens
	resources map[string]resource
	inProcess *inProcess
	faults    *faults
	throttle  *throttle
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
	if err := errors.Join(checkFaults(o.Faults), checkRate(o.RequestsPerSecond)); err != nil {
		return nil, err
	}
	if o.TokenLife == 0 {
		o.TokenLife = time.Hour
	}
	h, err := habitsOf(o.Profile, o.Quirks, o.Without)
	if err == nil {
		h, err = o.facing(h)
	}
	if err != nil {
		return nil, err
	}
	if h.has(quirk.ShortTokens) {
		o.TokenLife = min(o.TokenLife, 59*time.Second)
	}
	o.Now = faultyClock(o.Now, o.Faults)
	base, err := url.Parse(o.URL)
	if o.URL != "" && (err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "") {
		return nil, fmt.Errorf("sandbox: the base URL %q is not one like http://127.0.0.1:8080", o.URL)
	}
	o.URL = strings.TrimRight(o.URL, "/")
	st, tool, err := openStore(o.File, fs)
	if err != nil {
		return nil, err
	}
	tool.AudiencePath = TokenPath
	if h.has(quirk.AudienceDiffers) {
		tool.AudiencePath = "/audience"
	}
	s := &Sandbox{
		habits: h, shuffles: new(atomic.Uint64), options: o, tool: tool, layout: h.layoutFor(tool.DeploymentID),
		store: st, tokens: newTokens(o.Now, o.TokenLife),
	}
	if s.face, err = openFace(o, fs); err != nil {
		return nil, err
	}
	s.faults = newFaults(o.Faults, o.Seed)
	s.throttle = &throttle{rate: o.rate()}
	st.history = newHistory(o.Faults, o.Now, st.state.Load())
	s.resources = s.routes()
	s.inProcess = newInProcess(s)
	return s, nil
}

// rules are those by which a request is judged.
func (s *Sandbox) rules(c *call) rules { return rules{habits: s.habits, now: c.now} }

// Tool returns the configuration made at first start.
func (s *Sandbox) Tool() Tool { return s.tool }

// LineItemsPath is the path of a course's line item container, with the query
// that some platforms want.
func (s *Sandbox) LineItemsPath(course string) string { return s.layout.lineItemsOf(course) }

// MembershipsPath is the path of a course's membership container.
func (s *Sandbox) MembershipsPath(course string) string { return s.layout.membershipsOf(course) }

// EnsureCourse makes the course if it does not exist: open, empty, with the
// resource links rl-1 to rl-5, or 1 to 5 where ids are numbers; on
// LearningStudio they are content items, 100500000001 to 100500000005.
func (s *Sandbox) EnsureCourse(id string) error {
	if err := errors.Join(checkCourseID(id), s.fits("course id", id)); err != nil {
		return err
	}
	return s.store.commit(func(st *State) (*State, error) {
		next := rules{habits: s.habits}.addCourse(st, id)
		if next != st && s.options.Face == FaceLearningStudio {
			next.Courses[id].ResourceLinks = contentItems()
		}
		return next, nil
	})
}

// AddMember enrols a person in a course that exists, in place of the member of
// the same user id if there is one. No status means Active, no roles Learner.
func (s *Sandbox) AddMember(course string, m Member) error {
	m = m.withDefaults()
	if err := errors.Join(m.check(), s.fits("user id", m.UserID)); err != nil {
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
// state, and what it leaves becomes the state, whole, once it is saved (a large
// file is written soon after: Options.File). An error of change, of a check or
// of saving leaves everything as it was. The lists need not be left in order.
// change must not use the Sandbox itself.
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

// Close ends the in-process server, and answers that a fault keeps open, and
// saves what a large state file still lacks. An error of saving says that it
// still does.
func (s *Sandbox) Close() error {
	s.faults.close()
	return errors.Join(s.inProcess.close(), s.store.saver.close())
}
