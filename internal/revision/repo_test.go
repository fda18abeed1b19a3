package revision

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestOpenFromBelow(t *testing.T) {
	dir := empty(t)
	write(t, dir, "courses/bio/gb.yaml", "a: 1\n")
	head := commitAll(t, dir, "one")
	r := open(t, filepath.Join(dir, "courses", "bio"))
	require.Equal(t, dir, r.Root())
	require.False(t, r.Shallow())
	got, err := r.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, Revision{Hash: head, Name: "HEAD"}, got)
	require.Equal(t, head[:12], got.Short())
	data, err := tree(t, r, "HEAD").ReadFile("courses/bio/gb.yaml")
	require.NoError(t, err)
	require.Equal(t, "a: 1\n", string(data))
}

func TestOpenRefuses(t *testing.T) {
	isolate(t)
	bare := t.TempDir()
	git(t, bare, "init", "-q", "--bare")
	file := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	t.Setenv("GIT_CEILING_DIRECTORIES", os.TempDir())
	for name, c := range map[string]struct {
		dir, message, hint string
		is                 error
	}{
		"no repository": {t.TempDir(), "is not in a git repository", "name a copy", ErrNoRepository},
		"bare":          {bare, "it has no files of its own", "in a clone", ErrNoRepository},
		"no folder":     {filepath.Join(file, "x"), "not a directory", "", nil},
		"a file":        {file, "is not a folder", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), c.dir)
			require.ErrorContains(t, err, c.message)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
				require.Contains(t, hint(t, err), c.hint)
			}
		})
	}
}

func TestOpenInsideDotGit(t *testing.T) {
	dir := empty(t)
	_, err := Open(t.Context(), filepath.Join(dir, ".git"))
	require.ErrorIs(t, err, ErrNoRepository)
}

// A bare repository among a clone's files could start programs by its
// configuration.
func TestOpenHiddenBareRepository(t *testing.T) {
	dir := empty(t)
	hidden := filepath.Join(dir, "examples")
	require.NoError(t, os.Mkdir(hidden, 0o755))
	git(t, hidden, "init", "-q", "--bare")
	git(t, hidden, "config", "core.bare", "false")
	git(t, hidden, "config", "core.worktree", dir)
	_, err := Open(t.Context(), hidden)
	require.ErrorIs(t, err, ErrNoRepository)
}

func TestOpenWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open(t.Context(), ".")
	require.ErrorIs(t, err, ErrNoGit)
	require.Contains(t, hint(t, err), "install git")
}

func TestOpenOldGit(t *testing.T) {
	dir := empty(t)
	behind(t, `echo --show-object-format; echo false; echo /tmp`)
	_, err := Open(t.Context(), dir)
	require.ErrorIs(t, err, ErrNoGit)
	require.ErrorContains(t, err, "too old")
}

func TestOpenOfAnotherOwner(t *testing.T) {
	dir := empty(t)
	behind(t, `GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec "$GIT" "$@"`)
	_, err := Open(t.Context(), dir)
	require.ErrorContains(t, err, "belongs to another user")
	require.Contains(t, hint(t, err), "safe.directory")
	// What the user trusts by configuration is trusted, through a file or the environment.
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "safe.directory")
	t.Setenv("GIT_CONFIG_VALUE_0", "*")
	open(t, dir)
}

// In a hook GIT_DIR and others name a repository, which need not be the files'.
func TestOpenInHook(t *testing.T) {
	dir := empty(t)
	write(t, dir, "a.yaml", "a: 1\n")
	head := commitAll(t, dir, "one")
	other := t.TempDir()
	git(t, other, "init", "-q")
	for name, value := range map[string]string{
		"GIT_DIR": filepath.Join(other, ".git"), "GIT_WORK_TREE": other, "GIT_INDEX_FILE": filepath.Join(other, "index"),
		"GIT_OBJECT_DIRECTORY": other, "GIT_COMMON_DIR": other, "GIT_NAMESPACE": "x", "GIT_TRACE": filepath.Join(other, "trace"),
		"GIT_CONFIG_PARAMETERS": "'core.bare'='true'", "GIT_PREFIX": "x/", "GIT_SHALLOW_FILE": other,
	} {
		t.Setenv(name, value)
	}
	r := open(t, dir)
	got, err := r.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, head, got.Hash)
	require.Empty(t, must(r.Dirty(t.Context(), []string{filepath.Join(dir, "a.yaml")})))
	require.NoFileExists(t, filepath.Join(other, "trace"))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestEnvironmentHasNoSecrets(t *testing.T) {
	got := environment([]string{"PATH=/bin", "LMS_KEY=secret", "GIT_DIR=/x", "HOME=/h", "GIT_SSH_COMMAND=x", "LC_ALL=de_DE", "GIT_CONFIG_KEY_0=safe.directory"})
	want := []string{"PATH=/bin", "HOME=/h", "GIT_CONFIG_KEY_0=safe.directory", "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0",
		"GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_REPLACE_OBJECTS=1"}
	require.Empty(t, cmp.Diff(want, got))
}

func TestEmptyRepository(t *testing.T) {
	dir := empty(t)
	r := open(t, dir)
	_, err := r.Head(t.Context())
	require.ErrorIs(t, err, ErrNoCommit)
	_, err = r.Resolve(t.Context(), "HEAD")
	require.ErrorIs(t, err, ErrUnknown)
	_, err = r.Dirty(t.Context(), []string{dir})
	require.ErrorIs(t, err, ErrNoCommit)
	_, err = r.Applied(t.Context(), "bio101")
	require.ErrorIs(t, err, ErrNotRecorded)
}

func TestResolve(t *testing.T) {
	dir := empty(t)
	write(t, dir, "a.yaml", "a: 1\n")
	one := commitAll(t, dir, "one")
	write(t, dir, "a.yaml", "a: 2\n")
	two := commitAll(t, dir, "two words")
	git(t, dir, "tag", "-a", "-m", "x", "v1", one)
	git(t, dir, "tag", "-a", "-m", "x", "vv", "v1")
	git(t, dir, "tag", "-a", "-m", "x", "file", "HEAD:a.yaml")
	git(t, dir, "branch", "side", one)
	git(t, dir, "branch", "both", one)
	git(t, dir, "tag", "both", two)
	git(t, dir, "checkout", "-q", "--detach")
	r := open(t, dir)
	for rev, want := range map[string]string{
		"HEAD": two, "main": two, "side": one, "v1": one, "vv": one, "HEAD~1": one, "HEAD^": one, "@": two, one: one, one[:8]: one,
		":/one": one, "refs/heads/side": one, "heads/both": one, "tags/both": two, "main^{/one}": one,
	} {
		require.Equal(t, Revision{Hash: want, Name: rev}, resolve(t, r, rev), rev)
	}
	for rev, message := range map[string]string{
		"":                         "is no git revision",
		"--all":                    "is no git revision",
		"-":                        "is no git revision",
		"^HEAD":                    "is no git revision",
		"a\x00b":                   "is no git revision",
		"nope":                     `there is no revision "nope"`,
		strings.Repeat("0a", 20):   "there is no revision",
		strings.Repeat("0a", 32):   "there is no revision",
		"HEAD~9":                   "there is no revision",
		"HEAD~1..HEAD":             "revision",
		"HEAD^@":                   "revision",
		"HEAD^!":                   "revision",
		"HEAD:a.yaml":              "is a file and not a commit",
		":a.yaml":                  "is a file and not a commit",
		"HEAD^{tree}":              "is a folder and not a commit",
		"file":                     "is a tag of something else and not a commit",
		"both":                     "is ambiguous",
		"main@{5 years ago}":       "is older than what git remembers here",
		"main\nHEAD":               "there is no revision",
		"HEAD --output=/tmp/x":     "there is no revision",
		"\x1b[31mred":              `"\x1b[31mred"`,
		strings.Repeat("x", 70000): "there is no revision",
	} {
		_, err := r.Resolve(t.Context(), rev)
		require.ErrorContains(t, err, message, "%.40q", rev)
		require.ErrorIs(t, err, ErrUnknown, "%.40q", rev)
		require.NotErrorIs(t, err, ErrShallow)
		require.NotEmpty(t, hint(t, err))
	}
}

func TestResolveNamesTheRemotesBranch(t *testing.T) {
	dir := empty(t)
	commitAll(t, dir, "one")
	git(t, dir, "update-ref", "refs/remotes/origin/release", "HEAD")
	_, err := open(t, dir).Resolve(t.Context(), "release")
	require.Equal(t, `here it is called "origin/release"`, hint(t, err))
}

func TestRevisionsOfElsewhereAreRefused(t *testing.T) {
	dir := empty(t)
	head := commitAll(t, dir, "one")
	r, bad := open(t, dir), Revision{Hash: "--upload-pack=x"}
	_, err := r.Tree(t.Context(), bad)
	require.ErrorContains(t, err, "not the hash")
	_, err = r.Later(t.Context(), bad)
	require.ErrorContains(t, err, "not the hash")
	_, err = r.Record(t.Context(), "g", bad, Revision{Hash: head})
	require.ErrorContains(t, err, "not the hash")
	_, err = r.Record(t.Context(), "g", Revision{}, bad)
	require.ErrorContains(t, err, "not the hash")
}

func TestCancelled(t *testing.T) {
	dir := empty(t)
	write(t, dir, "a.yaml", "a: 1\n")
	commitAll(t, dir, "one")
	r := open(t, dir)
	rev := resolve(t, r, "HEAD")
	ctx, cancel := context.WithCancel(t.Context())
	held, err := r.Tree(ctx, rev)
	require.NoError(t, err)
	cancel()
	_, err = r.Head(ctx)
	require.True(t, isCanceled(err), err)
	_, err = held.ReadFile("a.yaml")
	require.True(t, isCanceled(err), err)
	data, err := tree(t, r, "HEAD").ReadFile("a.yaml")
	require.NoError(t, err, "another context goes on")
	require.Equal(t, "a: 1\n", string(data))
}

// A git that hangs is ended, one that answers and the one that reads objects.
func TestCancelledWhileGitHangs(t *testing.T) {
	dir := empty(t)
	commitAll(t, dir, "one")
	rev := resolve(t, open(t, dir), "HEAD")
	marker := filepath.Join(t.TempDir(), "hang")
	behind(t, `if [ -e '`+marker+`' ]; then exec sleep 60; fi; exec "$GIT" "$@"`)
	r := open(t, dir)
	require.NoError(t, os.WriteFile(marker, nil, 0o600))
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := r.Head(ctx); return err },
		func(ctx context.Context) error { _, err := r.Tree(ctx, rev); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		begin := time.Now()
		err := ask(ctx)
		cancel()
		require.True(t, isCanceled(err), err)
		require.Less(t, time.Since(begin), 10*time.Second)
	}
	require.NoError(t, os.Remove(marker))
	_, err := r.Tree(t.Context(), rev)
	require.NoError(t, err, "the next one starts anew")
}
