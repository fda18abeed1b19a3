package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

var allowWords = regexp.MustCompile(`--allow (?:'(?:[^']|'\\'')*'|[^\s;]+)`)

// Each danger is held by default: exit 6, and nothing written. The words that
// the plan prints, typed into a shell, let it go.
func TestHeldAndReleased(t *testing.T) {
	columns := func(n int, absent bool) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "  - {resourceId: hw%d, label: Homework %d, scoreMaximum: 100, absent: %t}\n", i, i, absent)
		}
		return b.String()
	}
	graded := func(maximum, people, points int) string {
		s := fmt.Sprintf("  - resourceId: it's 1\n    label: Essay\n    scoreMaximum: %d\n    scores:\n", maximum)
		for u := range people {
			s += fmt.Sprintf("      - {userId: u%d, scoreGiven: %d}\n", u, points)
		}
		return s
	}
	for name, c := range map[string]struct{ before, after string }{
		"9 of 9 empty columns":  {columns(9, false), columns(9, true)},
		"one graded column":     {columns(3, false) + graded(100, 1, 50), columns(3, false) + "  - {resourceId: it's 1, label: Essay, absent: true}\n"},
		"11 grades lowered":     {graded(100, 12, 50), graded(100, 11, 40)},
		"one grade cleared":     {graded(100, 2, 50), strings.Replace(graded(100, 2, 50), "u0, scoreGiven: 50", "u0, scoreGiven: null", 1)},
		"a maximum with grades": {graded(100, 2, 50), graded(200, 2, 100)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.files(c.before)
			b.must(0, "apply", "-f", "bio.yaml", "--auto-approve")
			was := b.view()
			b.files(c.after)
			text := b.must(6, "plan", "-f", "bio.yaml", "--detailed-exitcode")
			require.Contains(t, b.must(6, "apply", "-f", "bio.yaml", "--auto-approve"), "Nothing was written.")
			require.Contains(t, b.must(6, "apply", "-f", "bio.yaml", "--auto-approve", "-o", "json"), `"held": [`)
			require.Equal(t, was, b.view())

			words := allowWords.FindAllString(text, -1)
			require.NotEmpty(t, words)
			slices.Sort(words)
			cmd := exec.Command("sh", "-c", "gradesync apply -f bio.yaml --auto-approve "+strings.Join(slices.Compact(words), " "))
			cmd.Dir = b.dir
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "Applied and verified")
			require.NotEqual(t, was, b.view())
		})
	}
}

// What a Platform's policy holds, no words release.
func TestFloorHolds(t *testing.T) {
	b := newBench(t)
	b.files("  - {resourceId: hw, label: HW, scoreMaximum: 100, scores: [{userId: u, scoreGiven: 50}]}\n")
	b.must(0, "apply", "-f", "bio.yaml", "--auto-approve")
	b.files("  - {resourceId: hw, label: HW, scoreMaximum: 100, scores: [{userId: u, scoreGiven: null}]}\n")
	file := filepath.Join(b.dir, "bio.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text, "policy: {allow: [{risk: rescale}]}\n"...), 0o600))
	out := b.must(6, "apply", "-f", "bio.yaml", "--auto-approve", "--allow", "clear")
	require.Contains(t, out, "the Platform's policy (bio.yaml:")
	require.Contains(t, out, "lets nobody release it here")
	require.Contains(t, out, "Nothing was written.")
}

// Allowances that let nothing go are a slip: they are told.
func TestUnusedAllowances(t *testing.T) {
	b := newBench(t)
	b.files("  - {resourceId: hw, label: HW, scoreMaximum: 100}\n")
	out := b.must(0, "plan", "-f", "bio.yaml", "--allow", "rescale:hw9")
	require.Contains(t, out, "note: --allow rescale:hw9 matches nothing that is held")
	file := filepath.Join(b.dir, "bio.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "lineItems:", "policy: {allow: [{risk: clear}]}\nlineItems:", 1)), 0o600))
	out = b.must(0, "plan", "-f", "bio.yaml")
	require.Contains(t, out, "note: bio.yaml:5:18: policy.allow clear matches nothing that is held")
}

// A record that cannot be kept stops the run before any write.
func TestRecordFirst(t *testing.T) {
	b := newBench(t)
	b.files("  - {resourceId: hw, label: HW, scoreMaximum: 100}\n")
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "taken"), nil, 0o600))
	out := b.must(1, "apply", "-f", "bio.yaml", "--auto-approve", "--runs-dir", "taken/runs")
	require.Contains(t, out, "nothing was written, because what is there could not be recorded first")
	require.Empty(t, b.view())
	b.must(64, "apply", "-f", "bio.yaml", "--auto-approve", "--seal-to", "AGE-SECRET-KEY-1QQQ")
	require.Empty(t, b.view())
}

// A sealed record holds nothing in clear, and its identity undoes it.
func TestSealedRun(t *testing.T) {
	b := newBench(t)
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "id.txt"), []byte(id.String()+"\n"), 0o600))
	b.files("  - {resourceId: hw, label: Canary, scoreMaximum: 100, scores: [{userId: canary, scoreGiven: 50}]}\n")
	b.must(0, "apply", "-f", "bio.yaml", "--auto-approve", "--seal-to", id.Recipient().String(), "--runs-dir", "kept")
	var files int
	require.NoError(t, filepath.WalkDir(filepath.Join(b.dir, "kept"), func(path string, d os.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s is for its owner alone", path)
		if d.IsDir() {
			return nil
		}
		files++
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NotContains(t, strings.ToLower(string(data)), "canary", path)
		return nil
	}))
	require.Equal(t, 6, files, "before, after, plan, outcome, .gitignore and the lock")
	runs, err := filepath.Glob(filepath.Join(b.dir, "kept", "2*"))
	require.NoError(t, err)
	require.Len(t, runs, 1)
	undo := []string{"undo", runs[0], "-f", "bio.yaml", "--auto-approve", "--allow", "delete-graded", "--allow", "deletesPercent"}
	require.Contains(t, b.must(3, undo...), "sealed")
	require.Contains(t, b.must(64, append(undo, "--identity", "id.txt")...), "--seal-to", "its own record would lie in clear")
	b.must(0, append(undo, "--identity", "id.txt", "--seal-to", id.Recipient().String())...)
	require.Empty(t, b.view())
}
