package agsclient

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// tokens hands out tok-1 until it is discarded, then tok-2, and so on.
type tokens struct {
	mu        sync.Mutex
	n         int
	discarded []string
	err       error
}

func (s *tokens) value() string { return fmt.Sprintf("tok-%d", s.n+1) }

func (s *tokens) Token(context.Context, []string) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Token{Value: s.value()}, s.err
}

func (s *tokens) Discard(t Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.discarded = append(s.discarded, t.Value)
	if t.Value == s.value() {
		s.n++
	}
}

// lms starts a server and a client of its container at /items. Ids may also be of
// https://a, so that fixed pages can hold them.
func lms(t testing.TB, opts Options, h http.HandlerFunc) (*Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := New(srv.Client(), &tokens{}, Endpoint{LineItemsURL: srv.URL + "/items?type_id=3", MembershipsURL: srv.URL + "/people", Hosts: []string{"a"}}, opts)
	require.NoError(t, err)
	return c, srv
}

// answer writes a fixed JSON text.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// asError asserts that err is an *Error.
func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	return e
}

func ptr[T any](v T) *T { return &v }
