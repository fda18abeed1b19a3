package ltiaas

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/reconcile"
)

const (
	apiKey     = "0aa5fe0c-3b2a-4c1e-9a37-ee1bb2a0a0a0"
	ltik       = "launch-of-tuesday.with:colon.signature-of-it"
	serviceKey = "service-key-that-does-not-expire"
	itemID     = "https://lms.example.com/course/1/lineitems/1"
	itemPath   = "/api/lineitems/https%3A%2F%2Flms.example.com%2Fcourse%2F1%2Flineitems%2F1"
)

// sent is a request as it came over the wire.
type sent struct{ Method, URI, Authorization, ContentType, Body string }

// reply is an answer.
type reply struct {
	status int
	body   string
	header http.Header
}

// service is an account of LTIAAS that gives the replies in their order, the
// last one again and again, and remembers what it was asked.
type service struct {
	url     string
	hc      *http.Client // nil: over the network
	replies []reply
	mu      sync.Mutex
	seen    []sent
}

func serve(t *testing.T, replies ...reply) *service {
	t.Helper()
	s := &service{replies: replies}
	srv := httptest.NewServer(s)
	s.url = srv.URL
	t.Cleanup(srv.Close)
	return s
}

// inBubble is the same without a network, for a bubble of testing/synctest, in
// which waiting costs nothing.
func inBubble(replies ...reply) *service {
	s := &service{url: "http://localhost", replies: replies}
	s.hc = &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		resp := rec.Result()
		resp.Request = r
		return resp, nil
	})}
	return s
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body) // a body that breaks off is found in seen
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.replies[min(len(s.seen), len(s.replies)-1)]
	s.seen = append(s.seen, sent{r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(body)})
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// requests is what came since the last time it was asked.
func (s *service) requests() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.seen
	s.seen = nil
	return out
}

// uris is where the requests went.
func (s *service) uris() (out []string) {
	for _, r := range s.requests() {
		out = append(out, r.URI)
	}
	return out
}

// platform opens the account with a ltik; change may be nil.
func (s *service) platform(t *testing.T, change func(*Options)) *Platform {
	t.Helper()
	o := Options{URL: s.url, APIKey: apiKey, Ltik: ltik}
	if change != nil {
		change(&o)
	}
	p, err := New(s.hc, o)
	require.NoError(t, err)
	return p
}

func asFault(t *testing.T, err error) *reconcile.Fault {
	t.Helper()
	var f *reconcile.Fault
	require.ErrorAs(t, err, &f)
	require.NotEmpty(t, f.Error())
	return f
}

// drained is all that an iterator gives, and the error at its end.
func drained[T any](t *testing.T, seq func(func(T, error) bool)) (all []T, last error) {
	t.Helper()
	for v, err := range seq {
		require.NoError(t, last, "it ends at the first error")
		if err != nil {
			last = err
			continue
		}
		all = append(all, v)
	}
	return all, last
}

func ptr[T any](v T) *T { return &v }
