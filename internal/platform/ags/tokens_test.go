package ags

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// narrow is an LMS that has no read-only line item scope. How it says so is
// up to it: it is asked first, and what it does not answer the sandbox does.
type narrow struct {
	url  string
	box  *sandbox.Sandbox
	mu   sync.Mutex
	seen []string // method and kind of each request, and the scopes of a token request
}

// unanswered is a token endpoint's choice to let the sandbox speak.
type unanswered func(w http.ResponseWriter, scopes []string) bool

func newNarrow(t *testing.T, token unanswered) *narrow {
	t.Helper()
	n := &narrow{}
	var err error
	n.box, err = sandbox.Open(sandbox.Options{Now: time.Now, Observe: func(r sandbox.Request) {
		if r.Kind != "token" {
			n.note(r.Method + " " + r.Kind)
		}
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.box.Close()) })
	require.NoError(t, n.box.EnsureCourse("1"))
	n.url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == sandbox.TokenPath {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Errorf("token request: %v", err)
			}
			form, err := url.ParseQuery(string(body))
			if err != nil {
				t.Errorf("token request: %v", err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			scopes := strings.Fields(form.Get("scope"))
			n.note("token " + strings.Join(short(scopes), " "))
			if token(w, scopes) {
				return
			}
		}
		n.box.ServeHTTP(w, r)
	})
	return n
}

func (n *narrow) note(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = append(n.seen, s)
}

func (n *narrow) requests() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.seen
	n.seen = nil
	return out
}

func short(scopes []string) (out []string) {
	for _, s := range scopes {
		out = append(out, s[strings.LastIndex(s, "/")+1:])
	}
	slices.Sort(out)
	return out
}

// source is the sandbox's client behind a LeastPower that counts its notes.
func (n *narrow) source(t *testing.T) (*LeastPower, *atomic.Int32) {
	t.Helper()
	tool := n.box.Tool()
	key, err := agsclient.ParsePrivateKey(tool.PrivateKeyPEM)
	require.NoError(t, err)
	notes := new(atomic.Int32)
	return &LeastPower{
		Source: &agsclient.ClientCredentials{TokenURL: n.url + sandbox.TokenPath, ClientID: tool.ClientID, KeyID: tool.KeyID, Key: key, Now: time.Now},
		Note: func(s string) {
			notes.Add(1)
			if !strings.Contains(s, "still only reads are sent") {
				t.Errorf("note: %s", s)
			}
		},
	}, notes
}

func (n *narrow) platform(t *testing.T, tokens agsclient.TokenSource) *Platform {
	t.Helper()
	c, err := agsclient.New(nil, tokens, agsclient.Endpoint{LineItemsURL: n.url + n.box.LineItemsPath("1")}, agsclient.Options{Scopes: Scopes(false)})
	require.NoError(t, err)
	return New(c, Generic())
}

func refuseReadOnly(w http.ResponseWriter, scopes []string) bool {
	if !slices.Contains(scopes, agsclient.ScopeLineItemReadOnly) {
		return false
	}
	w.WriteHeader(http.StatusBadRequest)
	_, _ = fmt.Fprint(w, `{"error":"invalid_scope","error_description":"no such scope"}`)
	return true
}

func grantWithoutReadOnly(w http.ResponseWriter, scopes []string) bool {
	if !slices.Contains(scopes, agsclient.ScopeLineItemReadOnly) {
		return false
	}
	_, _ = fmt.Fprintf(w, `{"access_token":"narrow","expires_in":3600,"scope":%q}`, agsclient.ScopeResultReadOnly)
	return true
}

func grantAll(http.ResponseWriter, []string) bool { return false }

const (
	asksNarrow = "token lineitem.readonly result.readonly"
	asksWide   = "token lineitem result.readonly"
)

const course = `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: g}
contexts: [{name: c}]
lineItems: [{resourceId: hw1, label: Homework 1, scoreMaximum: 10}]
---
apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: p}
sandbox: {}
`

func TestLeastPower(t *testing.T) {
	for _, tc := range []struct {
		name  string
		token unanswered
		asked []string
		notes int32
	}{
		{"the least will do", grantAll, []string{asksNarrow}, 0},
		{"the least is no scope there", refuseReadOnly, []string{asksNarrow, asksWide}, 1},
		{"the least is not granted", grantWithoutReadOnly, []string{asksNarrow, asksWide}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := newNarrow(t, tc.token)
			tokens, notes := n.source(t)
			p := n.platform(t, tokens)
			docs, err := spec.Load(spec.Bytes("g.yaml", []byte(course)))
			require.NoError(t, err)
			want := reconcile.NewWant(docs.Gradebooks[0], &docs.Gradebooks[0].Contexts[0], docs.Platforms[0])
			for range 2 {
				c := reconcile.Plan(t.Context(), p, &want, reconcile.Options{}, reconcile.Reading{Concurrency: 2})
				require.Equal(t, plan.Pending, c.Status())
			}
			// The token is kept: the second plan asks for none.
			require.Empty(t, cmp.Diff(append(tc.asked, "GET lineitems", "GET lineitems"), n.requests()))
			require.Equal(t, tc.notes, notes.Load())

			// Once it is known what is granted, nothing less is asked for.
			tok, err := tokens.Token(t.Context(), Scopes(false))
			require.NoError(t, err)
			tokens.Discard(tok)
			_, err = p.LineItems(t.Context())
			require.NoError(t, err)
			require.Empty(t, cmp.Diff([]string{tc.asked[len(tc.asked)-1], "GET lineitems"}, n.requests()))
			require.Equal(t, tc.notes, notes.Load(), "said once")
		})
	}
}

// Whoever asks at once gets a token that serves, and the user is told once.
func TestLeastPowerAtOnce(t *testing.T) {
	for name, token := range map[string]unanswered{"refused": refuseReadOnly, "granted without": grantWithoutReadOnly} {
		t.Run(name, func(t *testing.T) {
			n := newNarrow(t, token)
			require.NoError(t, n.box.Update(func(s *sandbox.State) error {
				for i := range 5 {
					s.Courses["1"].LineItems = append(s.Courses["1"].LineItems, &sandbox.LineItem{Number: i + 1, Label: "x", ScoreMaximum: 1})
				}
				s.Courses["1"].NextLineItem = 6
				return nil
			}))
			tokens, notes := n.source(t)
			p := n.platform(t, tokens)
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					l, err := p.LineItems(t.Context())
					if err != nil || len(l.Items) != 5 {
						t.Errorf("%d line items, %v", len(l.Items), err)
						return
					}
					for _, err := range p.Results(t.Context(), l.Items[0].ID) {
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, 1, notes.Load())
			asked := n.requests()
			for _, r := range asked {
				require.True(t, r == asksNarrow || r == asksWide || strings.HasPrefix(r, "GET "), r)
			}
			require.Contains(t, asked, asksNarrow)
			require.Contains(t, asked, asksWide)
		})
	}
}

// The full scope is asked for in place of the read-only one, and for no other
// reason.
func TestLeastPowerKeepsToItself(t *testing.T) {
	refuse := func(code string) unanswered {
		return func(w http.ResponseWriter, _ []string) bool {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error":%q}`, code)
			return true
		}
	}
	for _, tc := range []struct {
		name   string
		token  unanswered
		scopes []string
		code   string
		asked  []string
	}{
		{"another refusal", refuse("invalid_client"), Scopes(false), "invalid_client", []string{asksNarrow}},
		{"both refused: the first answer counts", refuse("invalid_scope"), Scopes(false), "invalid_scope", []string{asksNarrow, asksWide}},
		{"nothing read-only asked for", refuse("invalid_scope"), Scopes(true), "invalid_scope", []string{"token lineitem result.readonly score"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := newNarrow(t, tc.token)
			tokens, notes := n.source(t)
			_, err := tokens.Token(t.Context(), tc.scopes)
			var refused *agsclient.TokenError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, tc.code, refused.Code)
			require.ElementsMatch(t, tc.scopes, refused.Scopes)
			require.Empty(t, cmp.Diff(tc.asked, n.requests()))
			require.Zero(t, notes.Load())
		})
	}
	n := newNarrow(t, refuseReadOnly)
	tokens, _ := n.source(t)
	tokens.Note = nil
	tok, err := tokens.Token(t.Context(), Scopes(false))
	require.NoError(t, err, "nobody needs to listen")
	require.Equal(t, []string{"lineitem", "result.readonly"}, short(tok.Scopes))
}

// A token for Reading does not write, whichever way it was come by.
func TestReadTokenDoesNotPost(t *testing.T) {
	n := newNarrow(t, refuseReadOnly)
	tokens, _ := n.source(t)
	p := n.platform(t, tokens)
	id, err := p.CreateLineItem(t.Context(), plan.LineItem{Label: "x", ScoreMaximum: 1})
	require.NoError(t, err, "the full line item scope can do that: that is why it is noted")
	require.Equal(t, reconcile.Refused, asFault(t, do(t.Context(), p, Scoring, id)).Kind)
}

func TestMissing(t *testing.T) {
	for _, tc := range []struct {
		name           string
		granted, asked []string
		want           []string
	}{
		{"nothing asked", Scopes(true), nil, nil},
		{"all granted", Scopes(true), Scopes(true), nil},
		{"more granted", Scopes(true), Scopes(true)[:1], nil},
		{"none granted", nil, Scopes(true), []string{"lineitem", "result.readonly", "score"}},
		{"one missing", Scopes(true)[:2], Scopes(true), []string{"score"}},
		{"read-only is not the full one", Scopes(false), Scopes(true), []string{"lineitem", "score"}},
		{"no URL", nil, []string{"openid"}, []string{"openid"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Empty(t, cmp.Diff(tc.want, Missing(agsclient.Token{Scopes: tc.granted}, tc.asked)))
		})
	}
}

// Scopes hands out lists of the caller's own.
func TestScopes(t *testing.T) {
	Scopes(false)[0] = "x"
	Scopes(true)[0] = "x"
	require.Equal(t, []string{agsclient.ScopeLineItemReadOnly, agsclient.ScopeResultReadOnly}, Scopes(false))
	require.Equal(t, []string{agsclient.ScopeLineItem, agsclient.ScopeResultReadOnly, agsclient.ScopeScore}, Scopes(true))
}
