package run

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

type clock struct{}

func (clock) Now() time.Time { return time.Now() }
func (clock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// options run with an environment of their own.
func options(t *testing.T, write bool, env map[string]string) Options {
	t.Helper()
	return Options{
		Write: write, RunsDir: filepath.Join(t.TempDir(), "runs"), Clock: clock{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Env:  func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Note: func(s string) { t.Errorf("note: %s", s) },
	}
}

func opened(t *testing.T, docs *spec.Documents, o Options) *Session {
	t.Helper()
	s, err := Open(docs, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// standing is each context with its status, in the plan's order.
func standing(p plan.Plan) (out []string) {
	for i := range p.Contexts {
		c := &p.Contexts[i]
		out = append(out, fmt.Sprintf("%s/%s on %s: %s", c.Gradebook, c.Name, c.Platform, c.Status()))
	}
	return out
}

// applied is each context with what came of it, in the plan's order.
func applied(t *testing.T, s *Session, ctx context.Context, p plan.Plan) (out []string) {
	t.Helper()
	r, err := s.Apply(ctx, p)
	require.NoError(t, err)
	for i := range r.Contexts {
		c := &r.Contexts[i]
		out = append(out, fmt.Sprintf("%s/%s: %s, %d confirmed", c.Plan.Gradebook, c.Plan.Name, c.Status(), c.Outcomes().Confirmed))
	}
	return out
}

const agsKind = `ags: {tokenURL: "%s/token", clientID: tool, keyID: k, privateKey: {%s}}`

// agsBook is a gradebook whose contexts lie on an AGS platform.
func agsBook(name, platform, base string, contexts ...string) string {
	b := gradebook(name, platform, contexts, []string{"hw1"})
	for _, c := range contexts {
		b = strings.Replace(b, fmt.Sprintf("{name: %q}", c), fmt.Sprintf("{name: %q, lineItemsURL: %q}", c, base+"/courses/"+c+"/lineitems"), 1)
	}
	return b
}

// A platform that is broken, in whichever way, fails its own contexts only.
func TestSessionKeepsPlatformsApart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	down := "http://" + l.Addr().String()
	require.NoError(t, l.Close())
	good, err := sandbox.Open(sandbox.Options{Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, good.Close()) })
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "broken.json"), []byte("{"), 0o600))

	docs := load(t, gradebook("bio", "first", []string{"a", "b"}, []string{"hw1", "hw2"})+
		agsBook("chem", "keyless", down, "c")+
		agsBook("art", "nokey", down, "d")+
		gradebook("math", "second", []string{"a"}, []string{"hw1"})+
		agsBook("law", "down", down, "e", "f")+
		gradebook("music", "torn", []string{"g"}, []string{"hw1"})+
		gradebook("maths", "second", []string{"z"}, []string{"hw1"})+
		platform("first", "sandbox: {}")+platform("second", "sandbox: {}")+
		platform("keyless", fmt.Sprintf(agsKind, down, "env: NONE"))+
		platform("nokey", fmt.Sprintf(agsKind, down, "env: NO_KEY"))+
		platform("down", fmt.Sprintf(agsKind, down, "env: KEY"))+
		platform("torn", fmt.Sprintf("sandbox: {file: %q}", filepath.Join(dir, "broken.json"))))
	env := map[string]string{"KEY": string(good.Tool().PrivateKeyPEM), "NO_KEY": "swordfish"}
	want := []string{
		"bio/a on first: pending", "bio/b on first: pending", "chem/c on keyless: auth", "art/d on nokey: auth", "math/a on second: pending",
		"law/e on down: failed", "law/f on down: failed", "music/g on torn: failed", "maths/z on second: pending",
	}
	for _, write := range []bool{false, true} {
		o := options(t, write, env)
		ticks := new(atomic.Int32)
		o.Tick = func() { ticks.Add(1) }
		s := opened(t, docs, o)
		first := s.Plan(t.Context())
		for range 10 {
			p := s.Plan(t.Context())
			require.Empty(t, cmp.Diff(want, standing(p)))
			require.Empty(t, cmp.Diff(first, p), "byte for byte, however the contexts finish")
		}
		require.ErrorContains(t, failure(first, 2), "test.yaml:")
		require.ErrorContains(t, failure(first, 2), "the environment variable NONE is not set")
		require.ErrorContains(t, failure(first, 3), "the private key is not PEM")
		require.NotContains(t, failure(first, 3).Error(), "swordfish")
		require.ErrorContains(t, failure(first, 7), "opening the sandbox")
		for _, i := range []int{2, 3, 5} {
			require.NotEmpty(t, first.Contexts[i].Failure.Hint)
		}
		if !write {
			continue
		}
		require.Empty(t, cmp.Diff([]string{
			"bio/a: applied, 2 confirmed", "bio/b: applied, 2 confirmed", "chem/c: auth, 0 confirmed", "art/d: auth, 0 confirmed", "math/a: applied, 1 confirmed",
			"law/e: failed, 0 confirmed", "law/f: failed, 0 confirmed", "music/g: failed, 0 confirmed", "maths/z: applied, 1 confirmed",
		}, applied(t, s, t.Context(), first)))
		require.EqualValues(t, 6, ticks.Load(), "one for every row")
		again := standing(s.Plan(t.Context()))
		for i, line := range want {
			require.Equal(t, strings.Replace(line, "pending", "unchanged", 1), again[i])
		}
	}
}

func failure(p plan.Plan, i int) error { return fmt.Errorf("%s", p.Contexts[i].Failure.Message) }

// Two gradebooks that name one platform share its connection and its state.
func TestSessionSharesAPlatform(t *testing.T) {
	dir := t.TempDir()
	text := gradebook("bio", "box", []string{"a"}, []string{"hw1"}) + gradebook("chem", "box", []string{"b"}, []string{"hw1"}) +
		platform("box", "sandbox: {file: lms.json}")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "all.yaml"), []byte(text), 0o600))
	docs, err := spec.Load(spec.Source{FS: os.DirFS(dir), Path: "all.yaml", Name: filepath.Join(dir, "all.yaml")})
	require.NoError(t, err)
	s := opened(t, docs, options(t, true, nil))
	require.Len(t, s.links, 1)
	require.Equal(t, []string{"bio/a: applied, 1 confirmed", "chem/b: applied, 1 confirmed"}, applied(t, s, t.Context(), s.Plan(t.Context())))
	require.FileExists(t, filepath.Join(dir, "lms.json"), "beside its document")
	require.Equal(t, []string{"bio/a on box: unchanged", "chem/b on box: unchanged"}, standing(opened(t, docs, options(t, false, nil)).Plan(t.Context())))
}

func TestOpenSelects(t *testing.T) {
	docs := load(t, gradebook("bio", "box", []string{"a", "b"}, []string{"hw1", "hw2"})+
		agsBook("chem", "unused", "https://lms.example.edu", "c")+
		platform("box", "sandbox: {}")+platform("unused", fmt.Sprintf(agsKind, "https://lms.example.edu", "env: NONE")))
	o := options(t, false, nil)
	o.Contexts, o.Targets = []string{"b"}, []string{"bio/hw2"}
	s := opened(t, docs, o)
	require.Len(t, s.links, 1, "a platform of no selected context is not opened")
	p := s.Plan(t.Context())
	require.Equal(t, []string{"bio/b on box: pending"}, standing(p))
	require.Len(t, p.Contexts[0].Items, 1)
	require.Equal(t, "hw2", p.Contexts[0].Items[0].Key)

	o.Targets = []string{"hw9"}
	_, err := Open(docs, o)
	var sel *SelectionError
	require.ErrorAs(t, err, &sel)
}

// scopes is an LMS whose tokens grant what it likes.
type scopes struct {
	box *sandbox.Sandbox
	mu  sync.Mutex
	log []string
}

func newScopes(t *testing.T, granted string) (*scopes, *spec.Documents, map[string]string) {
	t.Helper()
	l := &scopes{}
	var err error
	l.box, err = sandbox.Open(sandbox.Options{Now: time.Now, Observe: func(r sandbox.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.log = append(l.log, r.Method+" "+r.Kind)
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.box.Close()) })
	require.NoError(t, l.box.EnsureCourse("1"))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == sandbox.TokenPath && granted != "" {
			_, _ = fmt.Fprintf(w, `{"access_token":"abc","expires_in":3600,"scope":%q}`, granted)
			return
		}
		l.box.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	tool := l.box.Tool()
	docs := load(t, agsBook("bio", "campus", srv.URL, "1")+platform("campus", fmt.Sprintf(
		`ags: {tokenURL: "%s/token", clientID: %q, keyID: %q, privateKey: {env: KEY}}`, srv.URL, tool.ClientID, tool.KeyID)))
	return l, docs, map[string]string{"KEY": string(tool.PrivateKeyPEM)}
}

func (l *scopes) requests() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log
}

// apply looks at what its token grants before it reads or writes anything.
func TestAuthorize(t *testing.T) {
	const ags = "https://purl.imsglobal.org/spec/lti-ags/scope/"
	for _, tc := range []struct{ name, granted, missing string }{
		{"no score", ags + "lineitem " + ags + "result.readonly", "score"},
		{"read-only", ags + "lineitem.readonly " + ags + "result.readonly", "lineitem, score"},
		{"something else", "openid", "lineitem, result.readonly, score"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, docs, env := newScopes(t, tc.granted)
			s := opened(t, docs, options(t, true, env))
			p := s.Plan(t.Context())
			require.Empty(t, cmp.Diff([]plan.Context{{Gradebook: "bio", Name: "1", Platform: "campus", Course: courseDigest(&docs.Gradebooks[0].Contexts[0], docs.Platforms[0]), Failure: &plan.Failure{
				Kind: plan.FailedAuth, Message: "the platform's token does not grant " + tc.missing, Hint: "let the tool do this in its registration in the LMS",
			}}}, p.Contexts))
			require.Equal(t, []string{"bio/1: auth, 0 confirmed"}, applied(t, s, t.Context(), p))
			require.Empty(t, l.requests(), "the LMS was asked for nothing")
		})
	}
	l, docs, env := newScopes(t, "")
	s := opened(t, docs, options(t, true, env))
	require.Equal(t, []string{"bio/1 on campus: pending"}, standing(s.Plan(t.Context())))
	require.Equal(t, []string{"POST token", "GET lineitems"}, l.requests(), "the token is asked for first, and once")

	// Whoever only plans finds out by reading: a platform may show more than
	// it says.
	l, docs, env = newScopes(t, ags+"lineitem.readonly")
	p := opened(t, docs, options(t, false, env)).Plan(t.Context())
	require.ErrorContains(t, failure(p, 0), "401 Unauthorized")
	require.Contains(t, l.requests(), "GET lineitems")
}

// A run that is interrupted says so of every context, and writes nothing.
func TestSessionInterrupted(t *testing.T) {
	l, docs, env := newScopes(t, "")
	s := opened(t, docs, options(t, true, env))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := s.Plan(ctx)
	require.Equal(t, []string{"bio/1 on campus: interrupted"}, standing(p))
	require.Equal(t, []string{"bio/1: interrupted, 0 confirmed"}, applied(t, s, ctx, p))
	require.Empty(t, l.requests())
}

// What a plan keeps of a platform counts against what may be shown at a time.
func TestShownIn(t *testing.T) {
	before := plan.Grade{Comment: "1234567890"}
	c := plan.Context{
		Seen: []string{"https://a/1"},
		Items: []plan.Item{
			{Wanted: &plan.LineItem{Label: "new"}, Scores: []plan.Score{{UserID: "u1"}}},
			{Observed: &plan.LineItem{}, Results: map[string]plan.Grade{"u1": before}, Scores: []plan.Score{{UserID: "u1", Before: &before}}},
			{Observed: &plan.LineItem{}, Scores: []plan.Score{{UserID: "u1", Before: &before}}},
		},
	}
	require.EqualValues(t, 32+11+2*2048+(144+2+10)+(144+10), shownIn(&c))
	require.Zero(t, shownIn(&plan.Context{}))
}
