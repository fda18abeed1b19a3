package main

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

var (
	runName  = regexp.MustCompile(`\b\d{8}T\d{6}Z-\w{6}\b`)
	exitSaid = regexp.MustCompile(`\s+# exit (\d+)$`)
)

// A page with console blocks is a story: in an empty folder, its named files are
// written and its commands run in the order in which they stand there, and each
// prints what the page shows. `# exit N` after a command is its exit code; the
// names of runs stand for those that the runs here have. With UPDATE set the page
// is written anew.
func TestDocStories(t *testing.T) {
	stories := 0
	for _, p := range pages(t) {
		if !strings.HasPrefix(p.name, "docs/") || !strings.Contains(p.text, "```console\n") {
			continue // the README's is told by TestReadmeTour
		}
		t.Run(p.name, func(t *testing.T) {
			dir, runs, text, told := t.TempDir(), map[string]string{}, "", 0
			for _, b := range p.blocks {
				switch {
				case b.kind == "console":
					text += p.text[told:b.at] + tell(t, dir, b.text, runs)
					told = b.at + len(b.text)
				case b.file != "":
					file := filepath.Join(dir, filepath.FromSlash(b.file))
					require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
					require.NoError(t, os.WriteFile(file, []byte(b.text), 0o600))
				}
			}
			text += p.text[told:]
			if os.Getenv("UPDATE") != "" {
				require.NoError(t, os.WriteFile("../../"+p.name, []byte(text), 0o644))
				return
			}
			require.Empty(t, gocmp.Diff(p.text, text))
		})
		stories++
	}
	require.Greater(t, stories, 2)
}

// tell runs the commands of a block and gives it as it should be. runs are the
// names that runs have here by those that they have on the page.
func tell(t *testing.T, dir, block string, runs map[string]string) string {
	t.Helper()
	var b strings.Builder
	parts := strings.Split("\n"+block, "\n$ ")
	require.Empty(t, parts[0], "a console block begins with a command: %s", block)
	for _, part := range parts[1:] {
		line, shown, _ := strings.Cut(part, "\n")
		want := "0"
		if m := exitSaid.FindStringSubmatch(line); m != nil {
			want = m[1]
		}
		typed := runName.ReplaceAllStringFunc(line, func(name string) string { return cmp.Or(runs[name], name) })
		args, is := ours(segments(typed)[0])
		require.True(t, is, "only gradesync runs here: %s", line)
		out, code := runIn(t, dir, args)
		require.Equal(t, want, code, "$ %s\n%s", line, out)
		// The run has another name here than on the page, which keeps its own.
		theirs := runName.FindAllString(shown, -1)
		for i, mine := range runName.FindAllString(out, -1) {
			if i < len(theirs) {
				runs[theirs[i]] = mine
				out = strings.ReplaceAll(out, mine, theirs[i])
			}
		}
		b.WriteString("$ " + line + "\n" + out)
	}
	return b.String()
}

// runIn gives what gradesync prints, on whichever stream, and its exit code.
func runIn(t *testing.T, dir string, args []string) (out, code string) {
	t.Helper()
	cmd := exec.Command("gradesync", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CI=", "GITHUB_ACTIONS=", "NO_COLOR=1")
	b, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if !errors.As(err, &failed) {
		require.NoError(t, err)
	}
	return string(b), strings.TrimPrefix(strings.TrimSpace(cmd.ProcessState.String()), "exit status ")
}
