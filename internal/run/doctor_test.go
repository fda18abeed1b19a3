package run

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/doctor"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

// clinic is an LMS on loopback with a student and a graded column, and the
// documents of a tool that is registered there.
type clinic struct {
	box  *sandbox.Sandbox
	url  string
	env  map[string]string
	text string

	mu  sync.Mutex
	log []sandbox.Request
}

func newClinic(t *testing.T, o sandbox.Options) *clinic {
	t.Helper()
	c := &clinic{}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Observe = func(r sandbox.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.log = append(c.log, r)
	}
	var err error
	c.box, err = sandbox.Open(o)
	require.NoError(t, err)
	require.NoError(t, c.box.EnsureCourse("1"))
	require.NoError(t, c.box.AddMember("1", sandbox.Member{UserID: "s-1", Name: "Ada Lovelace", Email: "ada@example.edu"}))
	require.NoError(t, c.box.AddMember("1", sandbox.Member{UserID: "s-2", Name: "Bo", Status: "Inactive"}))
	require.NoError(t, c.box.Update(func(st *sandbox.State) error {
		six := 6.0
		c := st.Courses["1"]
		c.LineItems = []*sandbox.LineItem{{Number: 1, Label: "Homework", ResourceID: "hw", ScoreMaximum: 10, Results: []*sandbox.Result{{UserID: "s-1", Score: &six}}}}
		c.NextLineItem = 2
		return nil
	}))
	srv := httptest.NewServer(c.box)
	t.Cleanup(func() { srv.Close(); require.NoError(t, c.box.Close()) })
	c.url = srv.URL
	c.env = map[string]string{"KEY": string(c.box.Tool().PrivateKeyPEM)}
	c.text = c.documents(c.url+sandbox.TokenPath, c.url+c.box.LineItemsPath("1"), c.url+c.box.MembershipsPath("1"), "")
	return c
}

func (c *clinic) documents(token, lineItems, memberships, more string) string {
	tool := c.box.Tool()
	roster := ""
	if memberships != "" {
		roster = fmt.Sprintf(", membershipsURL: %q", memberships)
	}
	return fmt.Sprintf(`apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: sec-1, lineItemsURL: %q%s}]
lineItems: []
---
apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: campus}
ags: {tokenURL: %q, clientID: %q, keyID: %q, privateKey: {env: KEY}, deploymentID: %q, audience: %q%s}
limits: {settle: 300ms, timeout: 2s}
`, lineItems, roster, token, tool.ClientID, tool.KeyID, tool.DeploymentID, c.url+tool.AudiencePath, more)
}

func (c *clinic) examination(t *testing.T, clock time.Duration) *Examination {
	t.Helper()
	return c.open(t, clock, false)
}

func (c *clinic) open(t *testing.T, clock time.Duration, write bool) *Examination {
	t.Helper()
	docs, err := spec.Load(spec.Bytes("test.yaml", []byte(c.text)))
	require.NoError(t, err)
	x, err := OpenDoctor(docs, Options{
		Write: write, Clock: off{clock}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Note: func(string) {},
		Env: func(name string) (string, bool) { v, ok := c.env[name]; return v, ok },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

func (c *clinic) check(t *testing.T) doctor.Report {
	t.Helper()
	return c.examination(t, 0).Check(t.Context())
}

// off is a clock that is ahead of the LMS's.
type off struct{ by time.Duration }

func (c off) Now() time.Time { return time.Now().Add(c.by) }
func (c off) Sleep(ctx context.Context, d time.Duration) error {
	return clock{}.Sleep(ctx, d)
}

// bad is every check that is not well, as "id status".
func bad(r doctor.Report) (out []string) {
	for _, g := range r.Groups {
		for _, c := range g.Checks {
			if c.Status == doctor.Failed || c.Status == doctor.Warned {
				out = append(out, c.ID+" "+string(c.Status))
			}
		}
	}
	return out
}

func text(t *testing.T, r doctor.Report) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, doctor.Text(&b, r.Groups, false))
	return b.String()
}

// Where all is well, everything has been looked at, by GETs and token requests
// alone, and nobody and no secret is named.
func TestDoctorAllIsWell(t *testing.T) {
	c := newClinic(t, sandbox.Options{PageSize: 1})
	r := c.check(t)
	require.Empty(t, bad(r))
	require.Equal(t, 2, r.Count(doctor.Skipped), "the scopes that write are not asked for")
	out := text(t, r)
	for _, want := range []string{
		"1 line item on 1 page", "1 result, 1 with a grade", "2 members, 1 without an email", "1 not active", "plain HTTP", "agree",
	} {
		require.Contains(t, out, want)
	}
	for _, never := range []string{"Ada", "ada@", "s-1", "Bo", c.box.Tool().ClientID, "sandbox-token-", "PRIVATE KEY"} {
		require.NotContains(t, out, never)
	}
	for _, q := range c.log {
		require.True(t, q.Kind == "token" || q.Method == http.MethodGet, "%s %s", q.Method, q.Path)
		for _, s := range q.Scopes {
			require.True(t, strings.HasSuffix(s, ".readonly"), "%s with %s", q.Path, s)
		}
	}
}

// Where something will be written, the scopes for it are asked for, by tokens
// of their own: reads are still sent with the least.
func TestDoctorAsksToWrite(t *testing.T) {
	c := newClinic(t, sandbox.Options{})
	r := c.open(t, 0, true).Check(t.Context())
	require.Empty(t, bad(r))
	require.Zero(t, r.Count(doctor.Skipped))
	asked := map[string]bool{}
	for _, q := range c.log {
		for _, s := range q.Scopes {
			asked[lastPart(s)] = true
			require.True(t, q.Kind == "token" || strings.HasSuffix(s, ".readonly"), "%s with %s", q.Path, s)
		}
	}
	require.True(t, asked["lineitem"] && asked["score"], "%v", asked)
}

// A platform that grants no read-only scope is read with the full one, which is
// told and is no fault; that it could write is not asked for.
func TestDoctorReadsWithFullScope(t *testing.T) {
	c := newClinic(t, sandbox.Options{Quirks: []quirk.Quirk{quirk.NoReadOnlyScope}})
	r := c.check(t)
	require.Empty(t, bad(r))
	require.Contains(t, text(t, r), "reads are made with that")
	require.Contains(t, text(t, r), "only reads are sent here")
	for _, q := range c.log {
		require.False(t, slices.ContainsFunc(q.Scopes, func(s string) bool { return lastPart(s) == "score" }))
	}
}

// Each thing that can be wrong is found, told with a remedy, and counts as
// what it is.
func TestDoctorFinds(t *testing.T) {
	closed := func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, l.Close())
		return "http://" + l.Addr().String()
	}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!DOCTYPE html><title>Welcome</title>")
	}))
	t.Cleanup(page.Close)
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	other := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	items, token := "/courses/1/lineitems", sandbox.TokenPath

	for _, tc := range []struct {
		name  string
		o     sandbox.Options
		spoil func(*testing.T, *clinic)
		clock time.Duration
		bad   []string
		says  string
		auth  bool
	}{
		{"no secret", sandbox.Options{}, func(_ *testing.T, c *clinic) { c.env = nil }, 0, []string{"key failed"}, "KEY is not set", true},
		{"no key", sandbox.Options{}, func(_ *testing.T, c *clinic) { c.env["KEY"] = "swordfish" }, 0, []string{"key failed"}, "not PEM", true},
		{"wrong key", sandbox.Options{}, func(_ *testing.T, c *clinic) { c.env["KEY"] = other }, 0, []string{"token failed"}, "check clientID, keyID", true},
		{"clock ahead", sandbox.Options{}, nil, 4 * time.Minute, []string{"clock warn"}, "4m0s ahead of", false},
		{"dead port", sandbox.Options{}, func(t *testing.T, c *clinic) { c.text = c.documents(closed(t)+token, c.url+items, "", "") }, 0, []string{"token failed"}, "check tokenURL, the network", false},
		{"token page", sandbox.Options{}, func(_ *testing.T, c *clinic) { c.text = c.documents(page.URL, c.url+items, "", "") }, 0, []string{"token failed"}, "OAuth 2 token endpoint", false},
		{"certificate", sandbox.Options{}, func(_ *testing.T, c *clinic) { c.text = c.documents(tls.URL, c.url+items, "", "") }, 0, []string{"token failed", "tls failed"}, "SSL_CERT_FILE", false},
		{"line items page", sandbox.Options{}, func(_ *testing.T, c *clinic) { c.text = c.documents(c.url+token, page.URL, "", "") }, 0, []string{"line-items failed"}, "take lineItemsURL from the LTI launch", false},
		{"no course", sandbox.Options{}, func(_ *testing.T, c *clinic) { c.text = c.documents(c.url+token, c.url+"/courses/9/lineitems", "", "") }, 0, []string{"line-items failed"}, "check lineItemsURL", false},
		{"no roster", sandbox.Options{}, func(_ *testing.T, c *clinic) { c.text = c.documents(c.url+token, c.url+items, "", "") }, 0, nil, "context_memberships_url", false},
		{"wrong roster", sandbox.Options{}, func(_ *testing.T, c *clinic) {
			c.text = c.documents(c.url+token, c.url+items, c.url+"/courses/9/memberships", "")
		}, 0, []string{"roster failed"}, "404", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClinic(t, tc.o)
			if tc.spoil != nil {
				tc.spoil(t, c)
			}
			r := c.examination(t, tc.clock).Check(t.Context())
			out := text(t, r)
			require.Equal(t, tc.bad, bad(r), "%s", out)
			require.Contains(t, out, tc.says)
			require.NotContains(t, out, "swordfish")
			require.Equal(t, tc.auth, r.Credentials())
			require.False(t, r.Interrupted)
		})
	}
}

// A scope that is not granted is found by itself, also where asking for it
// spoils the whole request.
func TestDoctorScopes(t *testing.T) {
	const ags = "https://purl.imsglobal.org/spec/lti-ags/scope/"
	for _, tc := range []struct {
		name   string
		not    []string
		strict bool
		bad    []string
	}{
		{"score, dropped", []string{ags + "score"}, false, []string{"scope-score failed"}},
		{"score, invalid_scope", []string{ags + "score"}, true, []string{"scope-score failed"}},
		{"nothing to write with", []string{ags + "score", ags + "lineitem"}, true, []string{"scope-lineitem failed", "scope-score failed"}},
		{"results, invalid_scope", []string{ags + "result.readonly"}, true, []string{"token failed", "scope-result.readonly failed"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClinic(t, sandbox.Options{})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				require.NoError(t, r.ParseForm())
				asked := strings.Fields(r.Form.Get("scope"))
				some := slices.DeleteFunc(slices.Clone(asked), func(s string) bool { return slices.Contains(tc.not, s) })
				if len(some) == 0 || tc.strict && len(some) < len(asked) {
					w.WriteHeader(http.StatusBadRequest)
					fmt.Fprint(w, `{"error":"invalid_scope"}`)
					return
				}
				resp, err := http.PostForm(c.url+sandbox.TokenPath, r.PostForm)
				if err != nil {
					t.Error(err)
					return
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Error(err)
				}
				_, _ = w.Write([]byte(strings.Replace(string(body), strings.Join(asked, " "), strings.Join(some, " "), 1)))
			}))
			t.Cleanup(srv.Close)
			c.text = c.documents(srv.URL, c.url+c.box.LineItemsPath("1"), "", "")
			x := c.open(t, 0, true)
			r := x.Check(t.Context())
			require.Equal(t, tc.bad, bad(r), "%s", text(t, r))
			require.True(t, r.Credentials())

			probed := doctor.Report{Groups: x.Probe(t.Context(), "")}
			require.Equal(t, len(x.Probes()) > 0, probed.Credentials(), "without permission nothing is begun")
			require.False(t, slices.ContainsFunc(c.log, func(q sandbox.Request) bool { return q.Kind != "token" && q.Method != http.MethodGet }))
		})
	}
}

// What a platform says about people is not shown.
func TestDoctorNamesNobody(t *testing.T) {
	c := newClinic(t, sandbox.Options{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"reason": "Ada Lovelace does not want that"}`)
	}))
	t.Cleanup(srv.Close)
	c.text = c.documents(c.url+sandbox.TokenPath, c.url+c.box.LineItemsPath("1"), srv.URL+"/roster", "")
	r := c.check(t)
	require.Equal(t, []string{"roster failed"}, bad(r))
	require.Contains(t, text(t, r), "403")
	require.NotContains(t, text(t, r), "Ada")
}

// Of the headers that are shown nothing is but figures: a platform may put there
// what it was sent.
func TestDoctorShowsFigures(t *testing.T) {
	c := newClinic(t, sandbox.Options{})
	sent := make(chan string, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if auth := r.Header.Get("Authorization"); auth != "" {
			sent <- strings.TrimPrefix(auth, "Bearer ")
			w.Header().Set("X-Request-Cost", auth)
			w.Header().Set("Retry-After", strings.TrimPrefix(auth, "Bearer "))
			w.Header().Set("X-Rate-Limit-Remaining", "599.5")
		}
		c.box.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	c.text = c.documents(c.url+sandbox.TokenPath, srv.URL+c.box.LineItemsPath("1"), "", "")
	out := text(t, c.check(t))
	require.NotEmpty(t, sent)
	require.NotContains(t, out, <-sent)
	require.NotContains(t, out, "Bearer")
	require.Contains(t, out, "X-Rate-Limit-Remaining 599.5, X-Request-Cost (not a number), Retry-After (not a number)")
}

func TestFigure(t *testing.T) {
	const none = "(not a number)"
	for v, want := range map[string]string{
		"7": "7", "700.0": "700", "0.0312345678901": "0.0312346", "-1": "-1", "86400": "86400",
		"Sun, 22 Nov 2026 12:00:00 GMT": "Sun, 22 Nov 2026 12:00:00 GMT", "Sunday, 22-Nov-26 12:00:00 GMT": "Sun, 22 Nov 2026 12:00:00 GMT",
		"123456789012345678901234": "1.23457e+23", // a token of digits
		"NaN":                      none, "Infinity": none, "1e999": none, "7 Ada": none, "1\u202e": none, "Bearer x": none,
	} {
		require.Equal(t, want, figure(v), v)
	}
}

// A key file that others may read is warned of, and a platform of no context
// is looked at all the same.
func TestDoctorKeyFile(t *testing.T) {
	c := newClinic(t, sandbox.Options{})
	key := filepath.Join(t.TempDir(), "tool.key")
	require.NoError(t, os.WriteFile(key, c.box.Tool().PrivateKeyPEM, 0o600))
	c.text = strings.Replace(c.text[strings.Index(c.text, "---")+4:], "{env: KEY}", fmt.Sprintf("{file: %q}", key), 1)
	require.Empty(t, bad(c.check(t)))
	require.NoError(t, os.Chmod(key, 0o644))
	r := c.check(t)
	require.Equal(t, []string{"key warn"}, bad(r))
	require.Len(t, r.Groups, 1)
}

// The platform is recognised by what it looks like.
func TestDoctorRecognises(t *testing.T) {
	for _, profile := range []string{"canvas", "moodle"} {
		c := newClinic(t, sandbox.Options{Profile: profile})
		r := c.check(t)
		require.Equal(t, []string{"profile warn"}, bad(r), "%s", text(t, r))
		require.Contains(t, text(t, r), "add `profile: "+profile+"`")
		c.text = c.documents(c.url+sandbox.TokenPath, c.url+c.box.LineItemsPath("1"), c.url+c.box.MembershipsPath("1"), ", profile: "+profile)
		require.Empty(t, bad(c.check(t)))
	}
}

func TestDoctorInterrupted(t *testing.T) {
	c := newClinic(t, sandbox.Options{})
	x := c.examination(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.True(t, x.Check(ctx).Interrupted)
	require.Empty(t, c.log)
}

func TestDoctorSelects(t *testing.T) {
	c := newClinic(t, sandbox.Options{})
	docs, err := spec.Load(spec.Bytes("test.yaml", []byte(c.text)))
	require.NoError(t, err)
	_, err = OpenDoctor(docs, Options{Contexts: []string{"nowhere"}, Clock: clock{}})
	var sel *SelectionError
	require.ErrorAs(t, err, &sel)
}

// The probe writes where the check could read, and leaves the course as it
// was; without permission to write it says so.
func TestDoctorProbe(t *testing.T) {
	c := newClinic(t, sandbox.Options{})
	require.NoError(t, c.box.Update(func(st *sandbox.State) error { st.Courses["1"].Closed = true; return nil }))
	before := c.box.Snapshot().Courses["1"]
	x := c.open(t, 0, true)
	require.Empty(t, x.Probes(), "nothing has been read yet")
	require.Empty(t, bad(x.Check(t.Context())))
	require.Equal(t, []string{"bio/sec-1 on campus"}, x.Probes())
	groups := x.Probe(t.Context(), "")
	out := text(t, doctor.Report{Groups: groups})
	require.Empty(t, bad(doctor.Report{Groups: groups}), "%s", out)
	require.Contains(t, out, "use --probe-user")
	require.Contains(t, out, "the scratch line item is gone again")
	after := c.box.Snapshot().Courses["1"]
	require.Equal(t, before.LineItems, after.LineItems)
	require.Equal(t, before.Members, after.Members)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := doctor.Report{Groups: x.Probe(ctx, "")}
	require.Equal(t, []string{"probe failed"}, bad(r))
}

// A read that was refused for coming too fast and then went well is told all
// the same; where nothing answered, nothing is said of throttling.
func TestDoctorTellsOfThrottling(t *testing.T) {
	c := newClinic(t, sandbox.Options{Faults: []sandbox.Fault{
		{Kind: sandbox.FaultStatus, On: "GET lineitems", Status: http.StatusTooManyRequests, RetryAfter: time.Second, Share: 1, Times: 1},
	}})
	r := c.check(t)
	require.Equal(t, []string{"throttling warn"}, bad(r))
	require.Contains(t, text(t, r), "too many requests: 1")
}
