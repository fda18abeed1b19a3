package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/internal/setup"
)

// registered lets the LMS know the key that init made.
func (r *remote) registered(dir string) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, dir, setup.JWKSFile))
	require.NoError(r.t, err)
	var set struct{ Keys []json.RawMessage }
	require.NoError(r.t, json.Unmarshal(text, &set))
	require.NoError(r.t, r.box.Update(func(s *sandbox.State) error { s.Client.PublicKey = set.Keys[0]; return nil }))
}

func (r *remote) flags(more ...string) []string {
	tool := r.box.Tool()
	return append([]string{
		"init", "--lms", "other", "--token-url", r.url + sandbox.TokenPath, "--client-id", tool.ClientID,
		"--deployment-id", tool.DeploymentID, "--line-items-url", r.url + "/courses/1/lineitems", "--dir", "new",
	}, more...)
}

// With all flags there is nothing to ask, and what init writes works once
// the LMS knows the key.
func TestInit(t *testing.T) {
	r := newRemote(t)
	out := r.must(0, r.flags("--no-doctor")...)
	require.Contains(t, out, `"kid"`)
	require.Contains(t, out, "IN THE LMS")
	require.NotContains(t, out, "fill in")
	require.NotContains(t, out, "PRIVATE")
	require.NotContains(t, out, "DOCTOR")
	for name, mode := range map[string]fs.FileMode{setup.KeyFile: 0o600, setup.JWKSFile: 0o644, setup.PlatformFile: 0o644, setup.GradebookFile: 0o644, ".gitignore": 0o644} {
		info, err := os.Stat(filepath.Join(r.dir, "new", name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm()|mode&0o044, name) // a umask may take more away
	}
	entries, err := os.ReadDir(filepath.Join(r.dir, "new"))
	require.NoError(t, err)
	require.Len(t, entries, 5, "nothing else stays behind")
	r.must(0, "validate", "-f", "new")
	r.must(4, "plan", "-f", "new")
	r.registered("new")
	require.Contains(t, r.must(0, "plan", "-f", "new"), "1 line item to create")
}

// Where everything is known, doctor tells what is missing still.
func TestInitRunsDoctor(t *testing.T) {
	r := newRemote(t)
	out := r.must(4, r.flags()...)
	_, found, ran := strings.Cut(out, "\nDOCTOR\n")
	require.True(t, ran, "%s", out)
	require.Contains(t, found, "token")
	r.registered("new")
	r.must(0, "doctor", "-f", "new", "--log-level", "error")

	later := r.must(0, "init", "--lms", "blackboard", "--dir", "later")
	require.NotContains(t, later, "DOCTOR", "nothing to check yet")
	require.Contains(t, later, "fill in clientID")
}

// --force makes everything anew, and a .gitignore that is there is told of.
func TestInitForce(t *testing.T) {
	b := newBench(t)
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(b.dir, name))
		require.NoError(t, err)
		return string(text)
	}
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, ".gitignore"), []byte("*.log\n"), 0o600))
	require.Contains(t, b.must(0, "init", "--lms", "d2l"), "note: add gradesync.key to .gitignore")
	require.Equal(t, "*.log\n", read(".gitignore"))
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, ".gitignore"), []byte("*.log\n/gradesync.key\n"), 0o600))
	old := read(setup.KeyFile)
	b.must(1, "init", "--lms", "d2l")
	require.Equal(t, old, read(setup.KeyFile))
	require.NotContains(t, b.must(0, "init", "--lms", "d2l", "--force"), "note:")
	require.NotEqual(t, old, read(setup.KeyFile))

	// All or nothing: one that cannot be replaced leaves the others.
	old = read(setup.KeyFile)
	require.NoError(t, os.Remove(filepath.Join(b.dir, setup.GradebookFile)))
	require.NoError(t, os.Mkdir(filepath.Join(b.dir, setup.GradebookFile), 0o700))
	require.Contains(t, b.must(1, "init", "--lms", "d2l", "--force"), "gradebook.yaml is there and is no file")
	require.Equal(t, old, read(setup.KeyFile))
	left, err := filepath.Glob(filepath.Join(b.dir, ".gradesync-init-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// asked is what init does with what is typed.
func asked(t *testing.T, dir, typed string, answers setup.Answers) (stdout, stderr string, err error) {
	t.Helper()
	var out, prompts bytes.Buffer
	a := &app{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &prompts, Env: func(string) (string, bool) { return "", false }, Clock: wallClock{}}
	err = a.setUp(t.Context(), &initOptions{answers: answers, dir: dir, noDoctor: true}, &asker{a, bufio.NewReader(strings.NewReader(typed))})
	return out.String(), prompts.String(), err
}

func TestInitAsks(t *testing.T) {
	for _, tc := range []struct {
		name, typed string
		answers     setup.Answers
		prompts     []string // in this order
		platform    []string
		gradebook   []string
	}{
		{
			name: "everything", typed: "moodle\nhttps://lms.example.edu\n2\nclient\n7\n",
			prompts:   []string{"Which LMS", "address", "id of a course", "client id", "deployment id"},
			platform:  []string{`tokenURL: "https://lms.example.edu/mod/lti/token.php"`, `clientID: "client"`, `deploymentID: "7"`},
			gradebook: []string{`course: "2"`},
		},
		{
			name: "again after a mistake, and the rest later", typed: "\nmodle\ncanvas\nhttp://lms.example.edu\nhttps://lms.example.edu\n\n\n\n",
			prompts:   []string{"Which LMS", "Which LMS", "--lms modle is not known", "Which LMS", "address", "this machine only", "address", "id of a course", "client id", "deployment id"},
			platform:  []string{`clientID: "fill-in-the-client-id"`},
			gradebook: []string{`course: "fill-in-the-course-id"`},
		},
		{
			name: "nobody is there any more", typed: "other\nhttps://lms.example.edu/token\n",
			prompts:   []string{"token URL", "line items URL", "client id", "deployment id"},
			platform:  []string{`tokenURL: "https://lms.example.edu/token"`, "fill-in-the-client-id"},
			gradebook: []string{"fill-in-the-line-items-url"},
		},
		{
			name: "only what no flag says", typed: "client\n\n", answers: setup.Answers{LMS: "d2l", LineItemsURL: "https://lms.example.edu/items"},
			prompts: []string{"client id", "deployment id"}, platform: []string{`clientID: "client"`, "# deploymentID"},
			gradebook: []string{`"https://lms.example.edu/items"`},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			_, prompts, err := asked(t, dir, tc.typed, tc.answers)
			require.NoError(t, err)
			for _, p := range tc.prompts {
				_, rest, found := strings.Cut(prompts, p)
				require.True(t, found, "%q in what is left of %s", p, prompts)
				prompts = rest
			}
			for name, wants := range map[string][]string{setup.PlatformFile: tc.platform, setup.GradebookFile: tc.gradebook} {
				text, err := os.ReadFile(filepath.Join(dir, name))
				require.NoError(t, err)
				for _, want := range wants {
					require.Contains(t, string(text), want)
				}
			}
		})
	}
	dir := t.TempDir()
	_, _, err := asked(t, dir, "canvas\n", setup.Answers{})
	require.ErrorContains(t, err, "there is no answer: give --url")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}
