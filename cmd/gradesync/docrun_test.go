package main

import (
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

// stage is where the commands of the pages run that no story tells: a repository
// with a course of two sections that was applied three times (the last time with
// a sealed record), and in which somebody has changed a grade by hand since.
type stage struct {
	root, dir string            // the repository is root/repo
	words     *strings.Replacer // what stands for the reader's own words
	run       string            // the name of the second run
	sealed    string            // and of the third
}

const stageBook = `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio101}
platform: lab
users: {by: email}
contexts: [{name: sec-1, course: "1"}, {name: sec-2, course: "2"}]
`

const stageItems = `lineItems:
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 50}
`

const stageScores = `---
apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: sec-1}
gradebook: bio101
context: sec-1
matrix: {csv: sec-1.csv}
`

func newStage(t *testing.T) *stage {
	t.Helper()
	needs(t, "git")
	s := &stage{root: t.TempDir()}
	s.dir = filepath.Join(s.root, "repo")
	write := func(name, text string) {
		file := filepath.Join(s.dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	run := func(args ...string) (name string) {
		out, code := runIn(t, s.dir, args)
		require.Equal(t, "0", code, "%q\n%s", args, out)
		return runName.FindString(out)
	}
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.edu", "-c", "init.defaultBranch=main"}, args...)...)
		cmd.Dir = s.dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%q\n%s", args, out)
	}
	commit := func(grade string) {
		write("course/sec-1.csv", "email,hw1,hw3\nana@example.edu,"+grade+",10\nbo@example.edu,20,20\n")
		git("add", ".")
		git("commit", "-qm", "grades")
	}
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	lab := "---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: lab}\nsandbox: {file: LMS}\nlimits: {settle: 300ms}\n"
	write("course/gradebook.yaml", stageBook+stageItems+stageScores+strings.Replace(lab, "LMS", "../lms.json", 1))
	write("gradebook.yaml", stageBook+stageItems+strings.Replace(lab, "LMS", "lms.json", 1))
	write("platform.yaml", strings.Replace(lab, "LMS", "lms.json", 1))
	write("contexts.yaml", stageBook+"lineItems: []\n")
	write("bio101-spring/bio101.yaml", strings.NewReplacer("name: bio101", "name: bio101-spring", `"1"`, `"3"`, `"2"`, `"4"`).Replace(stageBook+stageItems)+strings.Replace(lab, "LMS", "../lms.json", 1))
	write("recipients.txt", key.Recipient().String()+"\n")
	write("key.txt", key.String()+"\n")
	write("seal.txt", key.String()+"\n")
	write(".gitignore", "lms.json*\n.gradesync/\n*.txt\n")
	git("init", "-q")
	run("sandbox", "--file", "lms.json", "--listen", "127.0.0.1:0", "--course", "1", "--course", "2", "--course", "3", "--course", "4",
		"--student", "s-001=ana@example.edu", "--student", "s-002=bo@example.edu", "--", "gradesync", "version")
	commit("30")
	git("tag", "v1.4")
	run("apply", "-f", "course/", "--auto-approve", "--record")
	commit("31")
	s.run = run("apply", "-f", "course/", "--auto-approve", "--base", "auto", "--record")
	commit("32")
	s.sealed = run("apply", "-f", "course/", "--auto-approve", "--base", "auto", "--record", "--seal-to", "recipients.txt")
	write("hand.csv", "email,hw1\nana@example.edu,45\n") // somebody's hand
	write("hand.yaml", stageBook+stageItems+strings.Replace(stageScores, "sec-1.csv", "hand.csv", 1)+strings.Replace(lab, "LMS", "lms.json", 1))
	run("apply", "-f", "hand.yaml", "--auto-approve", "--runs-dir", "hand")
	run("plan", "-f", "course/", "--out", "plan.json")
	run("apply", "-f", "bio101-spring/", "--auto-approve", "--record")
	require.NoError(t, os.CopyFS(filepath.Join(s.root, "last-term"), os.DirFS(filepath.Join(s.dir, "course"))))
	require.NoError(t, os.CopyFS(filepath.Join(s.dir, "runs", s.sealed), os.DirFS(filepath.Join(s.dir, ".gradesync", "runs", s.sealed))))
	s.words = strings.NewReplacer("age1...", key.Recipient().String(), "4711", "s-002")
	return s
}

// placeholder is a word that stands for one of the reader's own.
var placeholder = regexp.MustCompile(`^[A-Z]+(/[A-Z]+)?$`)

// withFiles are the commands that need -f.
var withFiles = []string{"validate", "plan", "apply", "undo", "export", "roster", "doctor"}

// elsewhere are the commands that are only named, have a word in them that the
// reader has to choose, or run in other tests.
func elsewhere(args []string) bool {
	switch {
	case len(args) == 0:
		return true
	case slices.Contains(withFiles, args[0]) && !slices.Contains(args, "-f"), len(args) == 1 && args[0] == "init", len(args) == 1 && args[0] == "sandbox":
		return true
	case slices.Contains(args, "--client-id"):
		return true // init goes on to the LMS that it names
	}
	return slices.ContainsFunc(args, func(word string) bool { return placeholder.MatchString(word) || strings.HasPrefix(word, "examples/") })
}

// codes are what those commands end with that do not end with 0 here.
var codes = map[string]int{
	"plan -f course/ -o json --detailed-exitcode":  2,
	"plan -f course/ --base auto --overrides fail": 3,
}

// Every command line of gradesync in the pages runs, each on a stage of its own.
// What is in console blocks is run by the stories.
func TestDocCommandsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: other tests run the same commands")
	}
	s, ran := newStage(t), map[string]bool{}
	for _, p := range pages(t) {
		for _, line := range p.unshown() {
			for _, words := range segments(strings.Replace(line, "<id>", "20261121T231500Z-ab12cd", 1)) {
				args, is := ours(words)
				said := strings.Join(args, " ")
				if !is || elsewhere(args) || ran[said] {
					continue
				}
				ran[said] = true
				t.Run(p.name+" "+said, func(t *testing.T) {
					t.Parallel()
					out, code := s.perform(t, args)
					require.Equal(t, codes[said], code, "%s", out)
				})
			}
		}
	}
	require.Greater(t, len(ran), 45)
}

// perform runs a command on a copy of the stage.
func (s *stage) perform(t *testing.T, args []string) (out string, code int) {
	t.Helper()
	root, run := t.TempDir(), s.run
	require.NoError(t, os.CopyFS(root, os.DirFS(s.root)))
	b := &bench{t, filepath.Join(root, "repo")}
	if slices.Contains(args, "--identity") {
		run = s.sealed
	}
	words := make([]string, len(args))
	for i, word := range args {
		words[i] = runName.ReplaceAllString(s.words.Replace(word), run)
	}
	switch asks := words[0] == "apply" || words[0] == "undo" || slices.Contains(words, "--probe"); {
	case asks && !slices.Contains(words, "--auto-approve"):
		words = append(words, "--auto-approve") // nobody is there to be asked
	case words[0] == "sandbox":
		at := slices.Index(words, "--")
		if at < 0 {
			at = len(words)
			words = append(words, "--", "gradesync", "version")
		}
		words = slices.Insert(words, at, "--listen", "127.0.0.1:0")
	case words[0] == "init":
		b.dir = t.TempDir()
	}
	if slices.Contains(words, ".") {
		b.dir = filepath.Join(b.dir, "course")
	}
	cmd := b.command(words...)
	if slices.Contains(words, "-") {
		in, err := os.Open(filepath.Join(b.dir, "gradebook.yaml"))
		require.NoError(t, err)
		defer in.Close()
		cmd.Stdin = in
	}
	text, _ := cmd.CombinedOutput() // the code is what counts
	return string(text), cmd.ProcessState.ExitCode()
}
