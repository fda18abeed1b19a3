package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/spec"
)

// ciBench is what a workflow works on: an LMS, a repository with its origin, a
// forge that holds comments, and what is kept and shown of the jobs.
type ciBench struct {
	t          *testing.T
	dir        string // origin.git, work (the author's clone), forge, kept, bin
	box        *sandbox.Sandbox
	handler    atomic.Pointer[sandbox.Sandbox]
	url        string
	identity   *age.X25519Identity
	key, shown string // the tool's private key; all that anybody can read of any job
	jobs       int
	forge      string // where its git is served; "" until it is asked for
}

const forgeToken = "forge-token"

const ciSheet = "id,hw1,hw2\nu-qzana,60,5\nu-qzbo,70,6\n"

func newCIBench(t *testing.T) *ciBench {
	t.Helper()
	needs(t, "git", "bash", "jq", "flock")
	b := &ciBench{t: t, dir: t.TempDir()}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.handler.Load().ServeHTTP(w, r) }))
	t.Cleanup(func() { srv.Close(); _ = b.box.Close() })
	b.url = srv.URL
	b.lms()
	require.NoError(t, b.box.EnsureCourse("1"))
	tool := b.box.Tool()
	b.key = string(tool.PrivateKeyPEM)
	var err error
	b.identity, err = age.GenerateX25519Identity()
	require.NoError(t, err)
	b.write("identity.txt", b.identity.String()+"\n")
	stubs, err := filepath.Abs("testdata/ci")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(b.path("bin"), 0o700))
	for name, stub := range map[string]string{
		"careful": "careful", "apt-get": "apt-get", "curl": "curl", "gh": "gh", "go": "go",
		"git": "watched", "jq": "watched", "gradesync": "watched", "flock": "watched", "bash": "watched",
	} {
		require.NoError(t, os.Symlink(filepath.Join(stubs, stub), b.path("bin/"+name)))
	}
	b.write("forge/secrets", strings.Join(append([]string{forgeToken, b.identity.String()}, strings.Split(strings.TrimSpace(b.key), "\n")...), "\n")+"\n")

	b.git(".", "init", "-q", "--bare", "-b", "main", "origin.git")
	b.git(".", "clone", "-q", "origin.git", "work")
	doc := campus()
	doc.AGS = connection(b.url, "", tool)
	doc.AGS.PrivateKey = spec.Secret{Env: text("GRADESYNC_KEY")}
	b.write("work/course/bio.yaml", strings.ReplaceAll(ciBook, "LMS", b.url))
	require.NoError(t, encode(b.path("work/course/platform.yaml"), doc))
	return b
}

const ciBook = `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: sec-1, lineItemsURL: "LMS/courses/1/lineitems"}]
lineItems:
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 100}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 10}
---
apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: bio-1}
gradebook: bio
matrix: {csv: grades.csv, user: id}
`

// lms starts the LMS, or starts it again with faults.
func (b *ciBench) lms(faults ...sandbox.Fault) {
	b.t.Helper()
	if b.box != nil {
		require.NoError(b.t, b.box.Close())
	}
	box, err := sandbox.Open(sandbox.Options{File: b.path("lms.json"), URL: b.url, Now: time.Now, Faults: faults})
	require.NoError(b.t, err)
	b.box = box
	b.handler.Store(box)
}

func (b *ciBench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *ciBench) write(name, text string) {
	b.t.Helper()
	require.NoError(b.t, os.MkdirAll(filepath.Dir(b.path(name)), 0o700))
	require.NoError(b.t, os.WriteFile(b.path(name), []byte(text), 0o600))
}

func (b *ciBench) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	require.NoError(b.t, err)
	return string(text)
}

func (b *ciBench) git(dir string, args ...string) string {
	b.t.Helper()
	out, code := b.run(dir, nil, "git", args...)
	require.Zero(b.t, code, "git %s\n%s", strings.Join(args, " "), out)
	return strings.TrimSpace(out)
}

// run is a program with an environment that is the same wherever the test runs.
func (b *ciBench) run(dir string, env []string, program string, args ...string) (string, int) {
	b.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = b.path(dir)
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "GIT") && !strings.HasPrefix(e, "CI") && !strings.HasPrefix(e, "GRADESYNC") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+b.dir, "NO_COLOR=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ana", "GIT_AUTHOR_EMAIL=ana@example.edu", "GIT_COMMITTER_NAME=Ana", "GIT_COMMITTER_EMAIL=ana@example.edu",
		"PATH="+b.path("bin")+string(os.PathListSeparator)+os.Getenv("PATH"), "FORGE="+b.path("forge"))
	cmd.Env = append(cmd.Env, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(b.t, err, &exit, "%s", program)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// commit puts grades on a branch of the origin, from where main is.
func (b *ciBench) commit(branch, file, text string) {
	b.t.Helper()
	b.write("work/course/"+file, text)
	b.git("work", "checkout", "-q", "-B", branch)
	b.git("work", "add", "course")
	b.git("work", "commit", "-q", "-m", "grades")
	b.git("work", "push", "-q", "-f", "origin", branch, branch+":refs/pull/7/merge", branch+":refs/pull/7/head")
}

// merge makes what is on a branch main's, as a merge commit.
func (b *ciBench) merge(branch string) {
	b.t.Helper()
	b.git("work", "checkout", "-q", "main")
	b.git("work", "merge", "-q", "--no-ff", "-m", "merged", branch)
	b.git("work", "push", "-q", "origin", "main")
}

// applied is the commit that the origin has as applied, and main's.
func (b *ciBench) applied() (applied, main string) {
	refs, _ := b.run("origin.git", nil, "git", "for-each-ref", "--format=%(objectname)", "refs/gradesync/applied/bio")
	return strings.TrimSpace(refs), b.git("origin.git", "rev-parse", "main")
}

// grade is what the LMS holds of somebody in a column; nil: nothing.
func (b *ciBench) grade(column, user string) *float64 {
	for _, i := range b.box.Snapshot().Courses["1"].LineItems {
		for _, r := range i.Results {
			if i.ResourceID == column && r.UserID == user {
				return r.Score
			}
		}
	}
	return nil
}

// teacher sets a grade by hand.
func (b *ciBench) teacher(column, user string, score float64) {
	b.t.Helper()
	require.NoError(b.t, b.box.Update(func(s *sandbox.State) error {
		for _, i := range s.Courses["1"].LineItems {
			for _, r := range i.Results {
				if i.ResourceID == column && r.UserID == user {
					r.Score = &score
				}
			}
		}
		return nil
	}))
}
