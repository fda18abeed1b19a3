package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gradesync": main})
}

// needs skips a test where a program is missing: the tests have to pass on a
// machine with nothing but Go. Where CI is set nothing may be left out.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			require.Empty(t, os.Getenv("CI"), "CI without %s", program)
			t.Skip("there is no " + program + " here")
		}
	}
}

func TestScripts(t *testing.T) {
	if os.Getenv("CI") != "" { // the scripts leave out what needs them
		needs(t, "git", "sh")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			// As on a developer's machine, whatever runs the tests.
			e.Setenv("CI", "")
			e.Setenv("NO_COLOR", "1")
			e.Values[lmsKey{}] = &testLMS{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"lms": cmdLMS, "requests": cmdRequests, "code": cmdCode, "items": cmdItems, "canned": cmdCanned, "place": cmdPlace, "wrongkey": cmdWrongKey,
			"later": cmdLater, "ltik": cmdLtik, "remove": cmdRemove,
		},
	})
}

// testLMS is a script's LMS: a sandbox on loopback, in the test's process.
type testLMS struct {
	box *sandbox.Sandbox
	mu  sync.Mutex
	log []sandbox.Request
	// ahead is by how much the LMS's clock is ahead of ours.
	ahead atomic.Int64
}

type lmsKey struct{}

func of(ts *testscript.TestScript) *testLMS { return ts.Value(lmsKey{}).(*testLMS) }

// cmdLMS starts the script's LMS with pages of 2 and writes platform.yaml and
// the files of its credentials. $LMS is its address. `lms expired` answers 401
// to everything but token requests; `lms profile NAME` imitates a platform, with
// the students 101 and 102 in its course 1; `lms face NAME` speaks another
// protocol, with these students and the columns hw1 (of 50) and hw2 (of 20).
func cmdLMS(ts *testscript.TestScript, neg bool, args []string) {
	l := of(ts)
	var h http.Handler
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	url := "http://" + srv.Listener.Addr().String()
	o := sandbox.Options{URL: url, PageSize: 2, Now: l.now, Observe: l.observe}
	if len(args) == 2 {
		switch args[0] {
		case "profile":
			o.Profile = args[1]
		case "face":
			o.Face = args[1]
		}
	}
	box, err := sandbox.Open(o)
	ts.Check(err)
	l.box, h = box, box
	fill := contents{courses: []string{"1", "2"}}
	if len(args) == 2 {
		ts.Check(box.EnsureCourse("2"))
		fill.courses = []string{"1"}
		fill.students = []sandbox.Member{{UserID: "101", Name: "Ana", Email: "ana@example.edu"}, {UserID: "102", Name: "Bo"}}
	}
	if o.Face != "" {
		fill.columns = []sandbox.LineItem{{Label: "hw1", ScoreMaximum: 50}, {Label: "hw2", ScoreMaximum: 20}}
	}
	ts.Check(fill.into(box))
	if slices.Contains(args, "expired") {
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == sandbox.TokenPath {
				box.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"status":401,"reason":"The token has expired."}`)
		})
	}
	srv.Start()
	ts.Defer(func() { srv.Close(); _ = box.Close() })
	setAddress(ts, url)
	ts.Setenv("BOX", url)
	write := func(name, text string) { ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600)) }
	doc := campus()
	switch o.Face {
	case sandbox.FaceLTIAAS:
		key, err := box.ServiceKey("1")
		ts.Check(err)
		write("api.key", box.APIKey().Value)
		write("service.key", key.Value)
		doc.LTIAAS = &spec.LTIAAS{URL: text(url), APIKey: spec.Secret{File: text("api.key")}}
	case sandbox.FaceLearningStudio:
		tool := box.LearningStudio()
		write("consumer.secret", tool.Secret.Value)
		write("password", tool.Password.Value)
		doc.LearningStudio = &spec.LearningStudio{
			URL: text(url), Auth: text("oauth1"), ApplicationID: text(tool.ApplicationID), ConsumerKey: text(tool.ConsumerKey),
			Secret: spec.Secret{File: text("consumer.secret")},
		}
	default:
		tool := box.Tool()
		write("tool.key", string(tool.PrivateKeyPEM))
		doc.AGS = connection(url, o.Profile, tool)
	}
	ts.Check(encode(ts.MkAbs("platform.yaml"), doc))
}

// writePlatform writes the document of a sandbox that speaks AGS.
func writePlatform(file, url, profile string, tool sandbox.Tool) error {
	doc := campus()
	doc.AGS = connection(url, profile, tool)
	return encode(file, doc)
}

func campus() *spec.Platform {
	return &spec.Platform{
		Metadata: spec.Metadata{Name: text("campus")},
		Limits:   spec.Limits{Settle: spec.Opt[time.Duration]{Value: 300 * time.Millisecond, State: spec.Set}},
	}
}

func connection(url, profile string, tool sandbox.Tool) *spec.AGS {
	ags := &spec.AGS{
		TokenURL: text(url + sandbox.TokenPath), ClientID: text(tool.ClientID), KeyID: text(tool.KeyID),
		PrivateKey: spec.Secret{File: text("tool.key")}, DeploymentID: text(tool.DeploymentID),
	}
	if profile != "" {
		ags.Profile = text(profile)
	}
	return ags
}

func encode(file string, doc *spec.Platform) error {
	var b bytes.Buffer
	if err := spec.Encode(&b, doc); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o600)
}

func (l *testLMS) now() time.Time { return time.Now().Add(time.Duration(l.ahead.Load())) }

func (l *testLMS) observe(r sandbox.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log = append(l.log, r)
}

// cmdLater lets time pass at the LMS: later 25h.
func cmdLater(ts *testscript.TestScript, neg bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	of(ts).ahead.Add(int64(d))
}

// cmdLtik writes the ltik of a launch of course 1 that takes place now to a file.
func cmdLtik(ts *testscript.TestScript, neg bool, args []string) {
	ltik, err := of(ts).box.Ltik("1")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ltik+"\n"), 0o600))
}

// cmdRemove is a teacher who takes a grade away: remove 101 hw1.
func cmdRemove(ts *testscript.TestScript, neg bool, args []string) {
	box := of(ts).box
	for _, i := range box.Snapshot().Courses["1"].LineItems {
		if i.Label == args[1] {
			ts.Check(box.RemoveGrade("1", i.Number, args[0]))
			return
		}
	}
	ts.Fatalf("no column %s", args[1])
}

func setAddress(ts *testscript.TestScript, url string) {
	ts.Setenv("LMS", url)
	ts.Setenv("HOST", strings.TrimPrefix(url, "http://"))
}

// cmdRequests writes what the LMS was asked since the last time to
// requests.txt, in sorted lines "times METHOD kind scope,scope".
func cmdRequests(ts *testscript.TestScript, neg bool, args []string) {
	l := of(ts)
	l.mu.Lock()
	defer l.mu.Unlock()
	count := map[string]int{}
	for _, r := range l.log {
		var scopes []string
		for _, s := range r.Scopes {
			scopes = append(scopes, s[strings.LastIndex(s, "/")+1:])
		}
		slices.Sort(scopes)
		count[fmt.Sprintf("%s %s %s", r.Method, r.Kind, strings.Join(scopes, ","))]++
	}
	l.log = nil
	var lines []string
	for k, n := range count {
		lines = append(lines, fmt.Sprintf("%d %s", n, k))
	}
	slices.Sort(lines)
	ts.Check(os.WriteFile(ts.MkAbs("requests.txt"), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

// cmdItems writes what the LMS holds to items.json.
func cmdItems(ts *testscript.TestScript, neg bool, args []string) {
	b, err := json.MarshalIndent(of(ts).box.Snapshot().Courses[args[0]].LineItems, "", " ")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("items.json"), append(b, '\n'), 0o600))
}

// cmdPlace writes the LMS's host and port, and the client it knows, into
// files: PLACE, CLIENT and KID stand for them, and BOX for the real LMS's
// place where a canned server took over.
func cmdPlace(ts *testscript.TestScript, neg bool, args []string) {
	pairs := []string{"PLACE", strings.TrimPrefix(ts.Getenv("LMS"), "http://")}
	if box := of(ts).box; box != nil {
		pairs = append(pairs, "BOX", strings.TrimPrefix(ts.Getenv("BOX"), "http://"), "CLIENT", box.Tool().ClientID, "KID", box.Tool().KeyID)
	}
	for _, name := range args {
		text := strings.NewReplacer(pairs...).Replace(ts.ReadFile(name))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// cmdCode runs gradesync and checks its exit code: code 3 plan -f x. What it
// prints lands in stdout and stderr.
func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	code := "0"
	if err := ts.Exec("gradesync", args[1:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("gradesync: %v", err)
		}
		code = fmt.Sprint(exit.ExitCode())
	}
	if code != args[0] {
		ts.Fatalf("exit %s, not %s", code, args[0])
	}
}

// cmdCanned starts a server that is no LMS: html, hang, or closed (a port
// where nothing listens). $LMS is its address.
func cmdCanned(ts *testscript.TestScript, neg bool, args []string) {
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch args[0] {
		case "html":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<!DOCTYPE html><title>Welcome</title>")
		case "hang":
			select {
			case <-stop:
			case <-r.Context().Done():
			}
		}
	}))
	setAddress(ts, srv.URL)
	if args[0] == "closed" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		setAddress(ts, "http://"+l.Addr().String())
		ts.Check(l.Close())
	}
	ts.Defer(func() { close(stop); srv.Close() })
}

// cmdWrongKey writes a good key that no LMS knows.
func cmdWrongKey(ts *testscript.TestScript, neg bool, args []string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	ts.Check(err)
	b := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}
