package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// block is a fenced block of the README.
type block struct{ kind, text string }

func readme(t *testing.T) (text string, blocks []block) {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(b), -1) {
		blocks = append(blocks, block{m[1], m[2]})
	}
	return string(b), blocks
}

// The first two commands that a newcomer copies.
func TestReadmeBegins(t *testing.T) {
	_, blocks := readme(t)
	require.Greater(t, len(blocks), 2)
	require.Equal(t, block{"sh", "go run ./cmd/gradesync apply -f examples/gradebook.yaml --auto-approve\n"}, blocks[0])
	require.Equal(t, block{"sh", "go test ./...\n"}, blocks[1])
}

// tour is a copy of examples/ to run gradesync in as the README does.
type tour struct {
	t   *testing.T
	dir string
}

func newTour(t *testing.T) *tour {
	t.Helper()
	r := &tour{t, t.TempDir()}
	files, err := filepath.Glob("../../examples/*.yaml") // without what a run of them left there
	require.NoError(t, err)
	require.NotEmpty(t, files)
	require.NoError(t, os.Mkdir(filepath.Join(r.dir, "examples"), 0o700))
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(r.dir, "examples", filepath.Base(f)), b, 0o600))
	}
	return r
}

// run gives what a command line prints, on whichever stream.
func (r *tour) run(line string) string {
	r.t.Helper()
	words := words(line)
	require.Equal(r.t, "gradesync", words[0])
	cmd := exec.Command("gradesync", words[1:]...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "CI=", "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, "%s\n%s", line, out)
	return string(out)
}

// words are those of a command line, with 'quotes' around what has spaces.
func words(line string) (out []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// edit replaces the one place behind a mark.
func (r *tour) edit(behind, old, now string) {
	r.t.Helper()
	file := filepath.Join(r.dir, "examples", "gradebook.yaml")
	b, err := os.ReadFile(file)
	require.NoError(r.t, err)
	head, tail, found := strings.Cut(string(b), behind)
	require.True(r.t, found, behind)
	require.Contains(r.t, tail, old)
	require.NoError(r.t, os.WriteFile(file, []byte(head+behind+strings.Replace(tail, old, now, 1)), 0o600))
}

// anyRun takes the names of runs, which no two have in common, for one.
func anyRun(text string) string {
	return regexp.MustCompile(`\b\d{8}T\d{6}Z-\w{6}\b`).ReplaceAllString(text, "RUN")
}

// What the README shows is what gradesync prints.
func TestReadmeTour(t *testing.T) {
	text, blocks := readme(t)
	r := newTour(t)
	require.Contains(t, r.run("gradesync apply -f examples/gradebook.yaml --auto-approve"), "\nApplied and verified: ")
	require.Contains(t, r.run("gradesync apply -f examples/gradebook.yaml --auto-approve"), "No changes: ", "as the README says of a second run")
	edited, ran := false, 0
	for _, b := range blocks {
		if b.kind != "console" {
			continue
		}
		line, want, _ := strings.Cut(b.text, "\n")
		line, isCommand := strings.CutPrefix(line, "$ ")
		require.True(t, isCommand, "%s", b.text)
		if !edited && strings.HasPrefix(line, "gradesync plan") {
			require.Regexp(t, `(?s)Give .s-004. in .hw1. 39 points instead of 38, and call\s+the column .Homework 1: Cells.`, text)
			r.edit("- resourceId: hw1\n", "Homework 1: The cell", "Homework 1: Cells")
			r.edit("- resourceId: hw1\n", "{userId: s-004, scoreGiven: 38}", "{userId: s-004, scoreGiven: 39}")
			edited = true
		}
		require.Empty(t, cmp.Diff(anyRun(want), anyRun(r.run(line))), "$ %s", line)
		ran++
	}
	require.True(t, edited)
	require.Equal(t, 3, ran)
	require.Contains(t, r.run("gradesync plan -f examples/gradebook.yaml"), "No changes: ")
}

// What the README says of other systems: each runs as it stands there (at a
// port that is free here), and a second time there is nothing left to do.
func TestReadmeFaces(t *testing.T) {
	_, blocks := readme(t)
	ran := 0
	for _, b := range blocks {
		if b.kind != "sh" || !strings.Contains(b.text, "--face") {
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", "")) {
			r := newTour(t)
			listen := r.move()
			line = strings.Replace(line, " sandbox ", " sandbox --listen "+listen+" ", 1)
			require.Contains(t, r.run(line), "\nApplied and verified: ")
			require.Contains(t, r.run(line), "No changes: ")
			ran++
		}
	}
	require.Equal(t, 2, ran)
}

// move lets the examples name a port that is free, and gives its address.
func (r *tour) move() string {
	r.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(r.t, err)
	require.NoError(r.t, l.Close())
	files, err := filepath.Glob(filepath.Join(r.dir, "examples", "*.yaml"))
	require.NoError(r.t, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(r.t, err)
		now := strings.ReplaceAll(string(b), "127.0.0.1:8765", l.Addr().String())
		require.NoError(r.t, os.WriteFile(file, []byte(now), 0o600))
	}
	return l.Addr().String()
}
