package learningstudio

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

const (
	course = "31388494"
	guid   = "b24e5de6-ABEE-1334-XTZF-123456789000"
	zach   = "28456671"
	item95 = `{"gradebookItems":[{"type":"courseItem","id":"` + guid + `","title":"LTI Tool","pointsPossible":100.00,` +
		`"isIncludedInGrade":true,"isExtraCredit":false,"links":[{"href":"https://host/courses/31388494/items/100561235546","rel":"related"}]}]}`
	noGrade = `404 {"error":{"message":"Grade not found.","errorId":"7b2a"}}`
)

// school is a server that answers what it was told to, and writes down what it
// was asked. What it was told nothing about fails the test.
type school struct {
	t    *testing.T
	url  string
	mu   sync.Mutex
	told map[string][]string // "GET /path?query": answers as "200 {...}", the last one for good
	seen []string            // "PUT /path {...}"
}

// newSchool answers with told.
func newSchool(t *testing.T, told map[string][]string) *school {
	t.Helper()
	s := &school{t: t, told: told}
	srv := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

func (s *school) serve(w http.ResponseWriter, r *http.Request) {
	if s.answers(w, r) {
		panic(http.ErrAbortHandler)
	}
}

// answers is false unless the answer is lost on its way.
func (s *school) answers(w http.ResponseWriter, r *http.Request) (lost bool) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	name := r.Method + " " + r.RequestURI
	s.seen = append(s.seen, strings.TrimSpace(name+" "+string(body)))
	answers := s.told[name]
	if err != nil || len(answers) == 0 {
		s.t.Errorf("unexpected: %s (%v)", name, err)
		w.WriteHeader(http.StatusTeapot)
		return false
	}
	if len(answers) > 1 {
		s.told[name] = answers[1:]
	}
	if written := r.Method == "POST" || r.Method == "PUT"; (r.Header.Get("Content-Type") == "application/json") != written {
		s.t.Errorf("%s has the Content-Type %q", name, r.Header.Get("Content-Type"))
	}
	if !strings.HasPrefix(r.Header.Get("X-Authorization"), "OAuth realm=") || r.Header.Get("Authorization") != "" {
		s.t.Errorf("%s is not signed", name)
	}
	status, text, _ := strings.Cut(answers[0], " ")
	if status == "lost" { // it was carried out, and nobody hears of it
		return true
	}
	var code int
	if _, err := fmt.Sscan(status, &code); err != nil {
		s.t.Errorf("bad answer %q", answers[0])
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text)
	return false
}

// requests is what came, and forgets it.
func (s *school) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// in is the school for a test within a bubble.
func (s *school) in(t *testing.T) *school {
	s.t = t
	return s
}

func (s *school) platform() *Platform { return s.over(http.DefaultTransport) }

// quiet is a platform without a network, for bubbles of testing/synctest.
func (s *school) quiet() *Platform {
	return s.over(tripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.RequestURI = r.URL.RequestURI()
		if r.Body == nil {
			r.Body = http.NoBody
		}
		rec := httptest.NewRecorder()
		if lost := s.answers(rec, r); lost {
			return nil, errors.New("connection reset by peer")
		}
		return rec.Result(), nil
	}))
}

func (s *school) over(next http.RoundTripper) *Platform {
	s.t.Helper()
	signer := OAuth1{ApplicationID: application, ConsumerKey: consumer, Secret: secret, Now: time.Now}
	p, err := New(&http.Client{Transport: Signed(next, signer)}, Options{URL: s.url, Course: course})
	require.NoError(s.t, err)
	return p
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func asFault(t *testing.T, err error) *reconcile.Fault {
	t.Helper()
	var f *reconcile.Fault
	require.ErrorAs(t, err, &f)
	require.NotEmpty(t, f.Error())
	return f
}

// given is a score of some points of 100, where there is no grade.
func given(points float64) reconcile.Score {
	return reconcile.Score{UserID: zach, Grade: plan.Grade{ScoreGiven: &points, ScoreMaximum: 100}}
}

func ptr[T any](v T) *T { return &v }
