package runlog

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPermissions(t *testing.T) {
	dir := runsDir(t)
	r := create(t, dir)
	require.NoError(t, r.Write("before.yaml", []byte("x")))
	for _, folder := range []string{filepath.Dir(dir), dir, r.Dir()} {
		requireMode(t, folder, 0o700)
	}
	for _, file := range []string{"../../.gitignore", "before.yaml", "outcome.jsonl"} {
		requireMode(t, filepath.Join(r.Dir(), file), 0o600)
	}
}

// A folder of runs that others made wide stays so; the run's own is closed.
func TestWideParentIsLeft(t *testing.T) {
	dir := runsDir(t)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.Chmod(dir, 0o777))
	r := create(t, dir)
	requireMode(t, dir, 0o777)
	requireMode(t, r.Dir(), 0o700)
}

func TestGitignore(t *testing.T) {
	top := t.TempDir()
	for name, c := range map[string]struct{ dir, ignore, not string }{
		"default":   {"a/.gradesync/runs", "a/.gradesync/.gitignore", "a/.gradesync/runs/.gitignore"},
		"unclean":   {"b//.gradesync/./runs/", "b/.gradesync/.gitignore", "b/.gradesync/runs/.gitignore"},
		"elsewhere": {"c/records", "c/records/.gitignore", "c/.gitignore"},
		"runs only": {"d/runs", "d/runs/.gitignore", "d/.gitignore"},
	} {
		t.Run(name, func(t *testing.T) {
			create(t, top+"/"+c.dir)
			requireText(t, filepath.Join(top, c.ignore), "*\n")
			require.NoFileExists(t, filepath.Join(top, c.not))
			require.NoError(t, os.Remove(filepath.Join(top, c.ignore)))
			create(t, top+"/"+c.dir)
			requireText(t, filepath.Join(top, c.ignore), "*\n")
		})
	}
}

func TestGitignoreOfRelativeDirs(t *testing.T) {
	top := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(top, ".gradesync", "runs"), 0o700))
	ignore := filepath.Join(top, ".gradesync", ".gitignore")
	for in, dir := range map[string]string{".": ".gradesync/runs", ".gradesync": "runs", ".gradesync/runs": "."} {
		t.Chdir(filepath.Join(top, in))
		r := create(t, dir)
		require.NoError(t, r.Outcome(1))
		requireText(t, ignore, "*\n")
		require.NoError(t, os.Remove(ignore))
	}
}

func TestGitignoreThatIsThere(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"ours":            {"*\n", true},
		"without newline": {"# private\r\n*", true},
		"the folder":      {"cache\n/runs/\n", true},
		"empty":           {"", false},
		"other":           {"*.log\n# *\nrunsheet\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := runsDir(t)
			require.NoError(t, os.MkdirAll(filepath.Dir(dir), 0o700))
			path := filepath.Join(filepath.Dir(dir), ".gitignore")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			_, err := Create(Options{Dir: dir, Now: moment})
			requireText(t, path, c.text)
			if c.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, "--runs-dir")
			require.NoDirExists(t, dir)
		})
	}
}

// A line that names the folder of runs says nothing from inside of it.
func TestGitignoreInsideRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("runs\n"), 0o600))
	_, err := Create(Options{Dir: dir, Now: moment})
	require.ErrorContains(t, err, "out of git")
}

func TestRepositoryIsNotHidden(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o700))
	_, err := Create(Options{Dir: dir, Now: moment})
	require.ErrorContains(t, err, "--runs-dir")
	require.NoFileExists(t, filepath.Join(dir, ".gitignore"))
}

// Whatever fails, the .gitignore stands first, and errors say where and what to
// do. Files in the way stop root as well, whom no permission stops.
func TestPlacesThatCannotBe(t *testing.T) {
	file := func(path string) func(*testing.T, string) {
		return func(t *testing.T, top string) {
			path := filepath.Join(top, path)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
		}
	}
	link := func(path, to string) func(*testing.T, string) {
		return func(t *testing.T, top string) {
			path := filepath.Join(top, path)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.Symlink(to, path))
		}
	}
	for name, c := range map[string]struct {
		prepare func(*testing.T, string)
		where   string
		ignore  bool
	}{
		"runs is a file":           {file(".gradesync/runs"), ".gradesync/runs", true},
		"runs leads nowhere":       {link(".gradesync/runs", "nowhere"), ".gradesync/runs", true},
		"gradesync is a file":      {file(".gradesync"), ".gradesync", false},
		"gradesync leads nowhere":  {link(".gradesync", "nowhere"), ".gradesync", false},
		"gradesync is a loop":      {link(".gradesync", ".gradesync"), ".gradesync", false},
		".gitignore is a link":     {link(".gradesync/.gitignore", "nowhere"), ".gradesync/.gitignore", false},
		".gitignore is not a file": {file(".gradesync/.gitignore/x"), ".gradesync/.gitignore", false},
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			c.prepare(t, top)
			_, err := Create(Options{Dir: filepath.Join(top, ".gradesync", "runs"), Now: moment})
			require.Error(t, err)
			require.Contains(t, err.Error(), filepath.Join(top, c.where)+": ")
			require.Contains(t, err.Error(), "--runs-dir")
			if c.ignore {
				requireText(t, filepath.Join(top, ".gradesync", ".gitignore"), "*\n")
			}
		})
	}
}

func TestLinkedFolders(t *testing.T) {
	top := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(top, "disk"), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(top, ".gradesync"), 0o700))
	require.NoError(t, os.Symlink("../disk", filepath.Join(top, ".gradesync", "runs")))
	r := create(t, filepath.Join(top, ".gradesync", "runs"))
	require.NoError(t, r.Write("before.yaml", []byte("x")))
	requireText(t, filepath.Join(top, ".gradesync", ".gitignore"), "*\n")
	requireText(t, filepath.Join(top, "disk", filepath.Base(r.Dir()), "before.yaml"), "x")
}

// A record stays together, though its folder is moved under it.
func TestMovedFolder(t *testing.T) {
	dir := runsDir(t)
	r := create(t, dir)
	moved := filepath.Join(t.TempDir(), "moved")
	require.NoError(t, os.Rename(r.Dir(), moved))
	require.NoError(t, r.Write("before.yaml", []byte("x")))
	require.NoError(t, r.Outcome(1))
	requireText(t, filepath.Join(moved, "before.yaml"), "x")
	requireText(t, filepath.Join(moved, "outcome.jsonl"), "1\n")
}
