package revision

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// isolate keeps the machine's own git configuration out of a test.
func isolate(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		// The tests have to pass on a machine with nothing but Go; where CI is set
		// there is a git, and nothing may be left out.
		require.Empty(t, os.Getenv("CI"), "CI without git")
		t.Skip("there is no git here")
	}
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "config"), []byte(`[user]
	name = T
	email = t@example.edu
[init]
	defaultBranch = main
[protocol "file"]
	allow = always
[commit]
	gpgSign = false
`), 0o600))
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, "config"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
}

// git runs the real one and gives what it printed.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "git %s: %s", strings.Join(args, " "), stderr.String())
	return strings.TrimSuffix(string(out), "\n")
}

// empty is a repository without a commit.
func empty(t *testing.T, options ...string) string {
	t.Helper()
	isolate(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	git(t, dir, append([]string{"init", "-q"}, options...)...)
	return dir
}

func write(t *testing.T, dir, name, data string) {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(t, os.WriteFile(full, []byte(data), 0o644))
}

// commitAll commits the work tree and gives the commit's hash.
func commitAll(t *testing.T, dir, message string) string {
	t.Helper()
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", message)
	return git(t, dir, "rev-parse", "HEAD")
}

func open(t *testing.T, dir string) *Repo {
	t.Helper()
	r, err := Open(t.Context(), dir)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

func resolve(t *testing.T, r *Repo, rev string) Revision {
	t.Helper()
	got, err := r.Resolve(t.Context(), rev)
	require.NoError(t, err)
	return got
}

func tree(t *testing.T, r *Repo, rev string) *Tree {
	t.Helper()
	got, err := r.Tree(t.Context(), resolve(t, r, rev))
	require.NoError(t, err)
	return got
}

// hint is the hint of an error for people.
func hint(t *testing.T, err error) string {
	t.Helper()
	e := (*Error)(nil)
	require.ErrorAs(t, err, &e)
	return e.Hint
}

// hashes are those of revisions.
func hashes(all []Revision) []string {
	var out []string
	for _, r := range all {
		out = append(out, r.Hash)
	}
	return out
}

// snapshot is every file below dir with its contents and time.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		all[p] = info.Mode().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			all[p] += info.ModTime().String() + string(data)
		}
		return nil
	}))
	return all
}

// behind puts a script in front of git on the PATH; $GIT is the real one.
func behind(t *testing.T, script string) {
	t.Helper()
	path, err := exec.LookPath("git")
	require.NoError(t, err)
	bin := t.TempDir()
	text := "#!/bin/sh\nGIT='" + path + "'\n" + script + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "git"), []byte(text), 0o755))
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// isCanceled tells a context's end from other errors.
func isCanceled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
