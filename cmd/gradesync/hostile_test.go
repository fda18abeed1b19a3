package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// evil colours, retitles and clears a terminal, turns text around, hides
// some of it and forges lines.
const evil = "\x1b[31mred\x1b]0;t\x07\u009b2J\u202egnp\u2066\u200b\ufeff\u00a0\U000e0041\ufe0f\r\n\t::error::forged\n##[error]forged ##vso[task.x]\nnote: forged"

// answered is an LMS that answers some requests by itself; what it does not
// answer the sandbox does.
type answered func(w http.ResponseWriter, r *http.Request) bool

// hostileLMS is a sandbox behind an LMS that means no good.
type hostileLMS struct {
	box           *sandbox.Sandbox
	dir, url, two string // two: the same LMS at another origin
	answer        atomic.Pointer[answered]
	elsewhere     atomic.Int32 // requests that the other origin got
}

func newHostileLMS(t *testing.T, answer answered) *hostileLMS {
	t.Helper()
	l := &hostileLMS{dir: t.TempDir()}
	l.answer.Store(&answer)
	one := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !(*l.answer.Load())(w, r) {
			l.box.ServeHTTP(w, r)
		}
	}))
	l.url = "http://" + one.Listener.Addr().String()
	var err error
	l.box, err = sandbox.Open(sandbox.Options{URL: l.url, Now: time.Now})
	require.NoError(t, err)
	require.NoError(t, l.box.EnsureCourse("1"))
	one.Start()
	t.Cleanup(func() { one.Close(); require.NoError(t, l.box.Close()) })
	two := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.elsewhere.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(bytes.ReplaceAll(body, []byte(l.two), []byte(l.url)))) // its own name for ids
		l.box.ServeHTTP(w, r)
	}))
	t.Cleanup(two.Close)
	l.two = two.URL
	require.NoError(t, os.WriteFile(filepath.Join(l.dir, "tool.key"), l.box.Tool().PrivateKeyPEM, 0o600))
	l.write(t, "")
	return l
}

func host(url string) string { return strings.TrimPrefix(url, "http://") }

// write makes the documents: a course that changes whatever it finds.
func (l *hostileLMS) write(t *testing.T, hosts string) {
	t.Helper()
	tool := l.box.Tool()
	text := fmt.Sprintf(`apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: campus}
ags:
  tokenURL: %q
  clientID: %q
  keyID: %q
  privateKey: {file: tool.key}
  hosts: [%s]
limits: {settle: 300ms, timeout: 2s}
---
apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio101}
platform: campus
contexts:
  - {name: sec-1, lineItemsURL: %q}
lineItems:
  - resourceId: hw1
    label: Homework 1
    tag: mine
    scoreMaximum: 50
    scores:
      - {userId: s-1, scoreGiven: 40, comment: Good}
      - {userId: s-2, scoreGiven: 30}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 10}
`, l.url+sandbox.TokenPath, tool.ClientID, tool.KeyID, hosts, l.url+l.box.LineItemsPath("1"))
	require.NoError(t, os.WriteFile(filepath.Join(l.dir, "bio.yaml"), []byte(text), 0o600))
}

// furnish puts a hostile column there, with hostile grades in it, and another
// with this title.
func (l *hostileLMS) furnish(t *testing.T, title string) {
	t.Helper()
	score := 12.5
	require.NoError(t, l.box.Update(func(s *sandbox.State) error {
		s.Courses["1"].NextLineItem = 3
		s.Courses["1"].LineItems = []*sandbox.LineItem{
			{
				Number: 1, Label: evil, Tag: evil, ScoreMaximum: 50, ResourceID: "hw1",
				Extra: map[string]json.RawMessage{"https://lms.example.edu/" + evil: json.RawMessage(`"` + "\u202e\u009b" + `"`)},
				Results: []*sandbox.Result{
					{UserID: "s-1", Score: &score, Comment: evil}, {UserID: "s-2", Score: &score}, {UserID: evil, Score: &score, Comment: evil},
				},
			},
			{Number: 2, Label: title, ResourceID: evil, ScoreMaximum: 10, Results: []*sandbox.Result{}},
		}
		return nil
	}))
}

func (l *hostileLMS) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return l.runOf(t, "bio.yaml", nil, args...)
}

// runOf runs a command on a file.
func (l *hostileLMS) runOf(t *testing.T, file string, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command("gradesync", append(args, "-f", file)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = l.dir, &out, &errs
	cmd.Env = append(append(os.Environ(), "CI="), env...)
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// inert asserts that a text does nothing to a terminal or a CI system and
// forges no line.
func inert(t *testing.T, text string) {
	t.Helper()
	for at, r := range text {
		require.True(t, r == '\n' || unicode.IsPrint(r) && r != '\ufe0f', "%U at %d of %q", r, at, text)
	}
	require.NotContains(t, text, "##[")
	require.NotContains(t, text, "##vso[")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		require.False(t, strings.HasPrefix(line, "::") || strings.HasPrefix(line, "note: forged"), "%q", line)
	}
}

func passOn(http.ResponseWriter, *http.Request) bool { return false }

// to tells whether a request is one of a method to a path with this end.
func to(r *http.Request, method, end string) bool {
	return r.Method == method && strings.HasSuffix(r.URL.Path, end)
}

// refusing answers requests of one kind with a hostile reason.
func refusing(method, end string, status int, body map[string]any) answered {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !to(r, method, end) {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body) // the client may have left
		return true
	}
}

// torn answers requests to an end of a path with bytes that are not HTTP.
func torn(end, answer string) answered {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !to(r, http.MethodGet, end) {
			return false
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		}
		return true
	}
}

// Whatever an LMS calls its columns and says of its errors, a terminal shows
// it and does nothing.
func TestHostileLMS(t *testing.T) {
	page := func(body, link string) answered {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !to(r, http.MethodGet, "/lineitems") {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Link", link)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	for _, tc := range []struct {
		name        string
		answer      answered
		plan, apply int
		shows       string // in what apply shows: the hostile text arrived
	}{
		{"labels, tags, comments, ids", passOn, 0, 0, `\u202e`},
		{"a column of the same title", passOn, 0, 6, `held`},
		{"a reason for a line item", refusing("PUT", "/1", 422, map[string]any{"reason": evil}), 0, 5, `\u202egnp`},
		{"a reason for a score", refusing("POST", "/scores", 422, map[string]any{"message": evil, "errors": []any{map[string]any{"message": evil}}}), 0, 5, `\u202egnp`},
		{"a reason for a new line item", refusing("POST", "/lineitems", 403, map[string]any{"detail": evil}), 0, 5, `\u202egnp`},
		{"a reason for the listing", refusing("GET", "/lineitems", 404, map[string]any{"title": evil}), 1, 1, `\u202egnp`},
		{"a reason for the results", refusing("GET", "/results", 403, map[string]any{"error": evil}), 4, 4, `\u202egnp`},
		{"a reason for no token", refusing("POST", "/token", 400, map[string]any{"error": evil, "error_description": evil}), 4, 4, `\u202egnp`},
		{"an id of another origin", page(`[{"id":"https://\u202eevil\u200b.example/1","label":"x","scoreMaximum":1}]`, ""), 1, 1, `\u202eevil`},
		{"a next link", page(`[]`, "<https://\u202eevil.example/"+"\u009b"+">; rel=next"), 1, 1, `\u202eevil`},
		{"no HTTP at all", torn("/lineitems", evil+"\r\n\r\n"), 1, 1, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newHostileLMS(t, tc.answer)
			for _, args := range [][]string{
				{"plan"}, {"plan", "-o", "json"}, {"plan", "--redact"}, {"plan", "--log-level", "debug"},
				{"apply", "--auto-approve"}, {"apply", "--auto-approve", "-o", "json"}, {"apply", "--auto-approve", "--redact", "--log-level", "debug"},
			} {
				title := evil
				if tc.apply == 6 {
					title = "Homework 2" // as another is to be called
				}
				l.furnish(t, title)
				code, stdout, stderr := l.run(t, args...)
				want := tc.plan
				if args[0] == "apply" {
					want = tc.apply
				}
				require.Equal(t, want, code, "%q: %q %q", args, stdout, stderr)
				inert(t, stdout)
				inert(t, stderr)
				if args[0] == "apply" && !slices.Contains(args, "--redact") {
					require.Contains(t, stdout, tc.shows, "%q", args)
				}
				if args[len(args)-1] == "json" {
					require.True(t, json.Valid([]byte(stdout)))
				}
				if args[len(args)-1] == "debug" {
					require.Contains(t, stderr, "level=DEBUG")
				}
			}
		})
	}
}

// The token goes to the origins of the context's own URLs and to `hosts`. An
// LMS that points elsewhere is refused, by name, before anything is sent or
// written; with the name in `hosts` the same LMS works.
func TestOtherOrigins(t *testing.T) {
	// recorded is what the sandbox answers to a request.
	recorded := func(l *hostileLMS, r *http.Request) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		l.box.ServeHTTP(rec, r)
		return rec
	}
	for _, tc := range []struct {
		name   string
		answer func(*hostileLMS) answered
	}{
		{"redirected", func(l *hostileLMS) answered {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if !to(r, http.MethodGet, "/lineitems") {
					return false
				}
				http.Redirect(w, r, l.two+r.URL.RequestURI(), http.StatusTemporaryRedirect)
				return true
			}
		}},
		{"next link", func(l *hostileLMS) answered {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if !to(r, http.MethodGet, "/lineitems") {
					return false
				}
				w.Header().Set("Link", "<"+l.two+r.URL.RequestURI()+`>; rel="next"`)
				_, _ = io.WriteString(w, "[]")
				return true
			}
		}},
		{"line item ids", func(l *hostileLMS) answered {
			return func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/lineitems") {
					return false
				}
				rec := recorded(l, r)
				w.WriteHeader(rec.Code)
				_, _ = io.WriteString(w, strings.ReplaceAll(rec.Body.String(), l.url, l.two))
				return true
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newHostileLMS(t, passOn)
			answer := tc.answer(l)
			l.answer.Store(&answer)
			l.furnish(t, evil)
			before := l.box.Snapshot()
			for _, args := range [][]string{{"plan"}, {"plan", "-o", "json"}, {"apply", "--auto-approve"}, {"apply", "--auto-approve", "-o", "json"}} {
				code, stdout, stderr := l.run(t, args...)
				require.Equal(t, 1, code, "%q: %s%s", args, stdout, stderr)
				require.Contains(t, stdout, "refusing to send the access token to "+host(l.two))
				require.Contains(t, stdout, "if "+host(l.two)+" belongs to this LMS, name it in the Platform's `hosts`")
				require.Empty(t, stderr)
			}
			require.Zero(t, l.elsewhere.Load(), "nothing was sent there, with or without a token")
			require.Equal(t, before, l.box.Snapshot(), "nothing was written")

			l.write(t, fmt.Sprintf("%q", "other.example.edu"))
			code, _, _ := l.run(t, "plan")
			require.Equal(t, 1, code, "another name does not help")
			require.Zero(t, l.elsewhere.Load())

			l.write(t, fmt.Sprintf("%q", host(l.two)))
			code, stdout, stderr := l.run(t, "apply", "--auto-approve")
			require.Equal(t, 0, code, "%s%s", stdout, stderr)
			require.Contains(t, stdout, "\nApplied and verified: ")
			require.Positive(t, l.elsewhere.Load())
			code, stdout, _ = l.run(t, "plan", "--detailed-exitcode")
			require.Equal(t, 0, code, "%s", stdout)
		})
	}
}

// Writes are not redirected, not even to a trusted place: what they did there
// nobody could tell.
func TestWritesAreNotRedirected(t *testing.T) {
	var url string
	var moved sync.Map
	l := newHostileLMS(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet || r.URL.Path == sandbox.TokenPath {
			return false
		}
		if strings.HasPrefix(r.URL.Path, "/moved") {
			moved.Store(r.URL.Path, true)
		}
		http.Redirect(w, r, url+"/moved"+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	})
	url = l.url
	l.furnish(t, evil)
	before := l.box.Snapshot()
	code, stdout, stderr := l.run(t, "apply", "--auto-approve")
	require.Equal(t, 5, code, "%s%s", stdout, stderr)
	require.Regexp(t, `refused +hw1 .*answered with a redirect to `+regexp.QuoteMeta(l.url)+`.*, which is not followed`, stdout)
	moved.Range(func(path, _ any) bool { t.Errorf("followed to %s", path); return true })
	require.Equal(t, before, l.box.Snapshot())
}
