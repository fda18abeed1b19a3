package main

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// A slip of the hand does not put a plan in the place of what the run reads,
// whatever is in it and by whichever name it goes.
func TestPlanOutIsNoInput(t *testing.T) {
	r := newRemote(t)
	r.files(hw("HW", "50"), "1")
	at := func(name string) string { return filepath.Join(r.dir, name) }
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(at("to.txt"), []byte(id.Recipient().String()+"\n"), 0o600))
	require.NoError(t, os.Mkdir(at("course"), 0o700))
	require.NoError(t, os.Mkdir(at("course/.hidden"), 0o700))
	require.NoError(t, os.Mkdir(at("course/more"), 0o700))
	for _, name := range []string{"bio.yaml", "platform.yaml", "tool.key"} {
		require.NoError(t, os.Link(at(name), at("course/"+name)))
	}
	require.NoError(t, os.Link(at("bio.yaml"), at("hard.json")))
	for link, to := range map[string]string{"soft.json": "bio.yaml", "to.json": "to.txt", "linked": "course"} {
		if err := os.Symlink(to, at(link)); err != nil {
			// On Windows they want a right that not everybody has.
			require.Empty(t, os.Getenv("CI"), "CI without symbolic links")
			t.Skip("no symbolic links here:", err)
		}
	}
	files := bothFiles
	folder := []string{"-f", "course"}
	for name, c := range map[string]struct {
		out  string
		from []string
		says string
	}{
		"the file":                     {"bio.yaml", files, "-f reads bio.yaml"},
		"the file by another name":     {"./course/../bio.yaml", files, "-f reads bio.yaml"},
		"the other file":               {"platform.yaml", files, "-f reads platform.yaml"},
		"a symbolic link to it":        {"soft.json", files, "-f reads bio.yaml"},
		"a hard link to it":            {"hard.json", files, "-f reads bio.yaml"},
		"a file of the folder":         {"bio.yaml", folder, "-f reads course/bio.yaml"},
		"a new file of the folder":     {"course/plan.yaml", folder, "would read the plan as a document"},
		"a new one further down":       {"course/more/plan.yml", folder, "would read the plan as a document"},
		"a new one through a link":     {"linked/plan.yaml", folder, "would read the plan as a document"},
		"the recipients":               {"to.txt", append([]string{"--seal-to", "to.txt"}, files...), "the file of --seal-to to.txt"},
		"a link to the recipients":     {"to.json", append([]string{"--seal-to", "to.txt"}, files...), "the file of --seal-to to.txt"},
		"beside, of another kind":      {"course/plan.json", folder, ""},
		"where no document is read":    {"course/.hidden/plan.yaml", folder, ""},
		"a document's name, elsewhere": {"plan.yaml", folder, ""},
	} {
		before := contentsOf(t, r.dir)
		var asked atomic.Int64
		count := func(sandbox.Request) { asked.Add(1) }
		r.when.Store(&count)
		args := append([]string{"plan", "--out", c.out}, c.from...)
		if c.says == "" {
			r.must(0, args...)
			r.must(0, args...) // in the place of the first
			require.NoError(t, os.Remove(at(c.out)), name)
			continue
		}
		require.Contains(t, r.must(64, args...), c.says, name)
		require.Zero(t, asked.Load(), "%s: nothing is asked", name)
		require.Equal(t, before, contentsOf(t, r.dir), name)
	}
}

// contentsOf is all files of a folder with what is in them.
func contentsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		out[path] = string(text)
		return err
	}))
	return out
}
