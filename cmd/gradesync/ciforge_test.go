package main

import (
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// ciForge runs the jobs of one of the examples as its forge would, with the
// steps as they stand in the file, in a new clone.
type ciForge interface {
	// job gives what the job printed and its exit code. event is pull, merge,
	// first (by hand) or night.
	job(b *ciBench, name, event string) (string, int)
}

// clone is a checkout of a ref with all history, or the newest commit alone.
func (b *ciBench) clone(ref string, whole bool) string {
	b.jobs++
	dir := fmt.Sprintf("job%02d", b.jobs)
	b.git(".", "init", "-q", "-b", "main", dir)
	b.git(dir, "remote", "add", "origin", "file://"+b.path("origin.git"))
	fetch := []string{"fetch", "-q", "origin", ref}
	if !whole {
		fetch = append(fetch, "--depth", "1")
	}
	b.git(dir, fetch...)
	b.git(dir, "checkout", "-q", "--detach", "FETCH_HEAD")
	return dir
}

// keep holds on to what a job keeps for others to download.
func (b *ciBench) keep(from string) {
	b.t.Helper()
	to := b.path(filepath.Join("kept", from))
	info, err := os.Stat(b.path(from))
	switch {
	case err != nil: // there is nothing to keep
	case info.IsDir():
		require.NoError(b.t, os.CopyFS(to, os.DirFS(b.path(from))))
	default:
		b.write(filepath.Join("kept", from), b.read(from))
	}
}

// onGitHub are the steps of examples/ci/github-actions.yml.
type onGitHub struct {
	Permissions map[string]string
	Env         map[string]string
	Jobs        map[string]struct {
		If          string
		Permissions map[string]string
		Concurrency concurrency
		Steps       []struct {
			Name, If, Uses, Run string
			With, Env           map[string]string
		}
	}
}

type concurrency struct {
	Group  string
	Cancel bool `yaml:"cancel-in-progress"`
}

func (f *onGitHub) job(b *ciBench, name, event string) (string, int) {
	b.t.Helper()
	job, known := f.Jobs[name]
	require.True(b.t, known, name)
	ref, key := "main", b.key
	if event == "pull" {
		ref = "refs/pull/7/merge"
	}
	if name == "validate" { // a fork's has no secrets
		key = ""
	}
	context := strings.NewReplacer("${{ secrets.GRADESYNC_KEY }}", key, "${{ vars.GRADESYNC_SEAL_TO }}", b.identity.Recipient().String(),
		"${{ github.token }}", forgeToken, "${{ github.event.number }}", "7", "${{ github.ref_name }}", "main",
		"${{ inputs.first }}", map[bool]string{true: "true", false: ""}[event == "first"])
	value := func(s string) string {
		s = context.Replace(s)
		require.NotContains(b.t, s, "${{", "an expression that this test does not know")
		return s
	}
	b.write("summary.md", "")
	env := []string{"CI=true", "GITHUB_ACTIONS=true", "GITHUB_REPOSITORY=ours/course", "GITHUB_STEP_SUMMARY=" + b.path("summary.md")}
	for k, v := range f.Env {
		env = append(env, k+"="+value(v))
	}
	dir, log, code := "", "", 0
	for _, step := range job.Steps {
		switch step.If {
		case "":
			if code != 0 {
				continue
			}
		case "${{ !cancelled() }}", "${{ always() }}":
		default:
			require.Fail(b.t, "a condition that this test does not know", step.If)
		}
		action, _, _ := strings.Cut(step.Uses, "@")
		switch action {
		case "":
			its := slices.Clone(env)
			for k, v := range step.Env {
				its = append(its, k+"="+value(v))
			}
			out, c := b.run(dir, its, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
			log += out
			if c != 0 {
				code = c
			}
		case "actions/checkout":
			if step.With["ref"] != "" {
				ref = value(step.With["ref"])
			}
			dir = b.clone(ref, step.With["fetch-depth"] == "0")
		case "actions/setup-go":
		case "actions/upload-artifact":
			b.keep(filepath.Join(dir, step.With["path"]))
		default:
			require.Fail(b.t, "an action that this test does not know", step.Uses)
		}
	}
	return log + b.read("summary.md"), code
}

// onGitLab are the jobs of examples/ci/gitlab-ci.yml.
type onGitLab struct {
	Variables map[string]string
	Default   struct {
		BeforeScript []string `yaml:"before_script"`
	}
	Jobs map[string]gitlabJob `yaml:",inline"`
}

type gitlabJob struct {
	Rules         []struct{ If, When string }
	ResourceGroup string `yaml:"resource_group"`

	Extends   string
	Variables map[string]string
	Script    []string
	Artifacts struct{ Paths []string }
}

func (f *onGitLab) job(b *ciBench, name, event string) (string, int) {
	b.t.Helper()
	if event == "first" {
		name = "first"
	}
	job, known := f.Jobs[name]
	require.True(b.t, known, name)
	own := job.Variables
	if job.Extends != "" {
		job = f.Jobs[job.Extends]
	}
	const api = "https://gitlab.example.edu/api/v4"
	env := []string{"CI=true", "GITLAB_CI=true", "CI_API_V4_URL=" + api, "CI_PROJECT_ID=5", "CI_PROJECT_PATH=ours/course", "CI_SERVER_PROTOCOL=http", "CI_SERVER_FQDN=" + b.gitServer(), "CI_DEFAULT_BRANCH=main"}
	if name != "validate" {
		env = append(env, "GRADESYNC_KEY="+b.key, "GRADESYNC_FORGE_TOKEN="+forgeToken, "GRADESYNC_SEAL_TO="+b.identity.Recipient().String(),
			// What a runner leaves behind: the job's own token, which may not push.
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=credential.helper", `GIT_CONFIG_VALUE_0=!f() { echo username=job; echo password=job; }; f`)
	}
	ref := "main"
	if event == "pull" { // the branch, and not what a merge makes of it
		ref = "refs/pull/7/head"
		env = append(env, "CI_MERGE_REQUEST_IID=7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main", "CI_COMMIT_SHA="+b.git("origin.git", "rev-parse", ref))
	}
	for _, variables := range []map[string]string{f.Variables, own} {
		for k, v := range variables {
			env = append(env, k+"="+v)
		}
	}
	dir := b.clone(ref, f.Variables["GIT_DEPTH"] == "0")
	script := strings.Join(append(append([]string{"set -eo pipefail", "unset ${!GIT_AUTHOR_*} ${!GIT_COMMITTER_*} # a runner has none"}, f.Default.BeforeScript...), job.Script...), "\n")
	log, code := b.run(dir, env, "bash", "-c", script)
	for _, path := range job.Artifacts.Paths {
		b.keep(filepath.Join(dir, path))
	}
	return log, code
}

// gitServer serves the origin over HTTP as ours/course.git to whoever has the
// forge's token. It gives the host and port.
func (b *ciBench) gitServer() string {
	b.t.Helper()
	if b.forge == "" {
		path := b.git(".", "--exec-path")
		require.NoError(b.t, os.Mkdir(b.path("ours"), 0o700))
		require.NoError(b.t, os.Symlink(b.path("origin.git"), b.path("ours/course.git")))
		git := &cgi.Handler{Path: filepath.Join(path, "git-http-backend"), Env: []string{"GIT_PROJECT_ROOT=" + b.dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=gradesync"}}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "gradesync" || password != forgeToken {
				w.Header().Set("WWW-Authenticate", `Basic realm="GitLab"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			git.ServeHTTP(w, r)
		}))
		b.t.Cleanup(srv.Close)
		b.forge = strings.TrimPrefix(srv.URL, "http://")
	}
	return b.forge
}

// inShell is examples/ci/gradesync.sh in one clone.
type inShell struct{ script string }

func (f *inShell) job(b *ciBench, name, event string) (string, int) {
	b.t.Helper()
	ref := "main"
	if event == "pull" {
		ref = "refs/pull/7/merge"
	}
	dir := b.clone(ref, true)
	if event == "first" {
		name = "first"
	}
	log, code := b.run(dir, []string{"GRADESYNC_KEY=" + b.key, "GRADESYNC_SEAL_TO=" + b.identity.Recipient().String()}, f.script, name)
	b.keep(filepath.Join(dir, ".gradesync", "runs"))
	return log, code
}

// ciExamples are the three, by name.
func ciExamples(t *testing.T) map[string]ciForge {
	t.Helper()
	load := func(name string, into any) {
		text, err := os.ReadFile("../../examples/ci/" + name)
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, into))
		for _, m := range regexp.MustCompile(`uses: (\S+)`).FindAllSubmatch(text, -1) {
			require.Regexp(t, `^actions/[a-z-]+@v\d+$`, string(m[1]))
		}
	}
	var hub onGitHub
	var lab onGitLab
	load("github-actions.yml", &hub)
	load("gitlab-ci.yml", &lab)
	script, err := filepath.Abs("../../examples/ci/gradesync.sh")
	require.NoError(t, err)
	return map[string]ciForge{"github": &hub, "gitlab": &lab, "shell": &inShell{script}}
}
