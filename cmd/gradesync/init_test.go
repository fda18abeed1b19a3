package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
	return askedFrom(t, dir, strings.NewReader(typed), answers)
}

func askedFrom(t *testing.T, dir string, typed io.Reader, answers setup.Answers) (stdout, stderr string, err error) {
	t.Helper()
	var out, prompts bytes.Buffer
	a := &app{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &prompts, Env: func(string) (string, bool) { return "", false }, Clock: wallClock{}}
	err = a.setUp(t.Context(), &initOptions{answers: answers, dir: dir, noDoctor: true}, &asker{a, bufio.NewReader(typed)})
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
			prompts:   []string{"Which LMS", "Which LMS", "modle is not known", "Which LMS", "address", "this machine only", "address", "https://lms.example.edu/courses/101", "what Canvas hands back", "client id", "deployment id"},
			platform:  []string{`clientID: "fill-in-the-client-id"`},
			gradebook: []string{`course: "fill-in-the-course-id"`},
		},
		{
			name: "nobody is there any more", typed: "other\nhttps://lms.example.edu/token\n",
			prompts:   []string{"token URL", "line items URL of a course, as an LTI launch", "client id", "deployment id"},
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

// meanwhile does something when what was typed before it has been read.
type meanwhile func()

func (m meanwhile) Read([]byte) (int, error) { m(); return 0, io.EOF }

// Of several at once without --force one writes, and only that one shows a
// public key: the key in the folder is what is registered.
func TestInitAtOnce(t *testing.T) {
	for range 5 {
		dir := filepath.Join(t.TempDir(), "new")
		const inits = 6
		var wg sync.WaitGroup
		outs, errs := make([]string, inits), make([]error, inits)
		for i := range inits {
			wg.Go(func() { outs[i], _, errs[i] = asked(t, dir, "\n\n\n", setup.Answers{LMS: "d2l"}) })
		}
		wg.Wait()
		won := 0
		set, err := os.ReadFile(filepath.Join(dir, setup.JWKSFile))
		require.NoError(t, err)
		platform, err := os.ReadFile(filepath.Join(dir, setup.PlatformFile))
		require.NoError(t, err)
		for i := range inits {
			if errs[i] != nil {
				require.ErrorContains(t, errs[i], "nothing was written")
				require.Empty(t, outs[i])
				continue
			}
			won++
			_, kid, _ := strings.Cut(outs[i], `"kid": "`)
			kid, _, _ = strings.Cut(kid, `"`)
			require.NotEmpty(t, kid)
			require.Contains(t, string(set), kid)
			require.Contains(t, string(platform), kid)
		}
		require.Equal(t, 1, won)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 5, "nothing else stays behind")
	}
}

// A file that somebody makes while init asks is theirs, and then none of
// init's stays behind.
func TestInitMeanwhile(t *testing.T) {
	for _, name := range []string{setup.KeyFile, setup.JWKSFile, setup.PlatformFile, setup.GradebookFile} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			out, _, err := askedFrom(t, dir, io.MultiReader(strings.NewReader("d2l\n"), meanwhile(func() {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("precious"), 0o600))
			})), setup.Answers{})
			require.ErrorContains(t, err, "nothing was written, as these are there already: "+filepath.Join(dir, name))
			require.Empty(t, out)
			text, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			require.Equal(t, "precious", string(text))
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, entries, 1)
		})
	}
}

// A Platform that was edited, made anew or removed while init waits for what
// the LMS hands back is left as it is, and the answers are told again.
func TestInitLeavesAnEditedPlatform(t *testing.T) {
	for name, change := range map[string]func(file string) error{
		"edited":  func(f string) error { return os.WriteFile(f, []byte("mine"), 0o600) },
		"removed": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			platform := filepath.Join(dir, setup.PlatformFile)
			_, _, err := askedFrom(t, dir, io.MultiReader(strings.NewReader("\n"), typedAfter("client\n7\n", func() {
				require.NoError(t, change(platform))
			})), setup.Answers{LMS: "d2l"})
			require.ErrorContains(t, err, "platform.yaml is no longer what init wrote")
			var s *stop
			require.ErrorAs(t, err, &s)
			require.Equal(t, exitFailed, s.code)
			require.Contains(t, s.hint, `clientID: "client", deploymentID: "7"`)
			text, err := os.ReadFile(platform)
			if name == "removed" {
				require.ErrorIs(t, err, fs.ErrNotExist)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "mine", string(text))
		})
	}
}

// typedAfter is typed once something has been done.
func typedAfter(typed string, do func()) io.Reader {
	return io.MultiReader(meanwhile(do), strings.NewReader(typed))
}

// Where there are no links, as here from a file that is not, a file is made
// anew, and never over another one.
func TestAddWithoutLinks(t *testing.T) {
	dir := t.TempDir()
	f := file{name: "key", data: []byte("mine"), mode: 0o600}
	name := filepath.Join(dir, f.name)
	info, err := f.add(filepath.Join(dir, "nothing", "key"), name)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	_, err = file{name: "key", data: []byte("other"), mode: 0o600}.add(filepath.Join(dir, "nothing", "key"), name)
	require.ErrorIs(t, err, fs.ErrExist)
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))

	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	_, err = f.add(filepath.Join(dir, "nothing", "key"), filepath.Join(dir, "link"))
	require.ErrorIs(t, err, fs.ErrExist, "nothing is written where a link leads")
	_, err = f.add(name, filepath.Join(dir, "link"))
	require.ErrorIs(t, err, fs.ErrExist)
}
