package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

const undoneBook = `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: sec-1, lineItemsURL: "ITEMS"}]
lineItems:
  - resourceId: hw1
    label: HW 1
    scoreMaximum: 100
    scores: [{userId: s0, scoreGiven: 60}, {userId: s1, scoreGiven: 70}]
`

// undone is a course of which 60 and 70 were recorded; then typos were, and undone.
type undone struct {
	*school
	platform string
	lastRun  string
}

func (u *undone) file(pairs ...string) {
	u.t.Helper()
	u.write("bio.yaml", strings.NewReplacer(pairs...).Replace(undoneBook))
	u.commit()
}

func (u *undone) must(code int, args ...string) string {
	u.t.Helper()
	out, got := u.run(append(args, "-f", ".", "-f", u.platform)...)
	require.Equal(u.t, code, got, "%s", out)
	if i := strings.LastIndex(out, "gradesync undo "); i >= 0 {
		u.lastRun = strings.Fields(out[i:])[2]
	}
	return out
}

func (u *undone) apply(flags ...string) string {
	u.t.Helper()
	return u.must(0, append([]string{"apply", "--auto-approve", "--record", "--runs-dir", u.runs()}, flags...)...)
}

func (u *undone) runs() string { return filepath.Join(filepath.Dir(u.platform), "runs") }

func (u *undone) undo(flags ...string) string {
	u.t.Helper()
	return u.must(0, append([]string{"undo", u.lastRun, "--auto-approve", "--runs-dir", u.runs()}, flags...)...)
}

func newUndone(t *testing.T) *undone {
	t.Helper()
	s := newSchool(t, t.TempDir())
	u := &undone{school: s, platform: s.platform()}
	s.repository()
	u.file()
	u.apply()
	return u
}

// What an undo put back is what the files said, and no hand's: the corrected
// grade arrives. What a hand set stays.
func TestBaseAfterUndo(t *testing.T) {
	for name, flags := range map[string][]string{"without a base": nil, "with one": {"--base", "auto"}} {
		t.Run(name, func(t *testing.T) {
			u := newUndone(t)
			first := u.git("rev-parse", "refs/gradesync/applied/bio")
			record := u.git("cat-file", "-p", "refs/gradesync/record/bio")
			u.file("scoreGiven: 60", "scoreGiven: 16", "70}", "7}, {userId: s2, scoreGiven: 8}")
			u.apply(flags...)
			second := u.git("rev-parse", "refs/gradesync/applied/bio")
			require.NotEqual(t, first, second)
			hand := 75.0
			u.change(func(c *sandbox.Course) { c.LineItems[0].Result("s1").Score = &hand })
			out := u.undo("--allow", "clear")
			require.Contains(t, out, "note: recorded: refs/gradesync/applied/bio is back at "+first[:12])
			require.Equal(t, []string{"HW 1 s0 60", "HW 1 s1 75"}, u.grades())
			require.Equal(t, first, u.git("rev-parse", "refs/gradesync/applied/bio"))
			require.Equal(t, record, u.git("cat-file", "-p", "refs/gradesync/record/bio"))

			u.file("scoreGiven: 60", "scoreGiven: 61", "70}", "71}, {userId: s2, scoreGiven: 80}")
			out = u.apply("--base", "auto")
			require.Contains(t, out, "kept s1 scoreGiven 75, set by hand")
			require.Equal(t, []string{"HW 1 s0 61", "HW 1 s1 75", "HW 1 s2 80"}, u.grades())
		})
	}
}

// An undo that is undone sets the record forward again.
func TestUndoOfAnUndoRecords(t *testing.T) {
	u := newUndone(t)
	u.file("scoreGiven: 60", "scoreGiven: 16")
	u.apply("--base", "auto")
	second := u.git("rev-parse", "refs/gradesync/applied/bio")
	u.undo()
	u.undo()
	require.Equal(t, []string{"HW 1 s0 16", "HW 1 s1 70"}, u.grades())
	require.Equal(t, second, u.git("rev-parse", "refs/gradesync/applied/bio"))
}

// Where the record cannot go back, the words say what that means, and the command
// in them is what brings the corrected grade.
func TestUndoThatCannotSetBack(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*undone)
		said      string
	}{
		"another commit was recorded": {func(u *undone) {
			u.git("commit", "-q", "--allow-empty", "-m", "nothing")
			run := u.lastRun
			u.apply("--base", "auto")
			u.lastRun = run
		}, "which that run recorded. If it is old here, run `git fetch"},
		"the commit is not here": {func(u *undone) {
			file := filepath.Join(u.lastRun, "recorded.json")
			text, err := os.ReadFile(file)
			require.NoError(u.t, err)
			was := strings.TrimSpace(u.git("rev-parse", "HEAD~1"))
			require.NoError(u.t, os.WriteFile(file, []byte(strings.Replace(string(text), was, strings.Repeat("ab", 20), 1)), 0o600))
		}, "is not in this clone"},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUndone(t)
			u.file("scoreGiven: 60", "scoreGiven: 16")
			u.apply("--base", "auto")
			c.meanwhile(u)
			at := u.git("rev-parse", "refs/gradesync/applied/bio")
			out := u.undo()
			require.Contains(t, out, `what is put back of the Gradebook "bio" counts as set by hand for --base auto: `)
			require.Contains(t, out, c.said)
			require.Equal(t, at, u.git("rev-parse", "refs/gradesync/applied/bio"))
			u.file("scoreGiven: 60", "scoreGiven: 61")
			require.Contains(t, u.must(0, "plan", "--base", "auto"), "kept s0 scoreGiven 60, set by hand")
			require.Contains(t, out, "apply --base auto --allow overwrite-override:KEY")
			u.apply("--base", "auto", "--allow", "overwrite-override:hw1")
			require.Equal(t, []string{"HW 1 s0 61", "HW 1 s1 70"}, u.grades())
		})
	}
}

// One section alone that is undone, or the first run of all, sets nothing back.
func TestUndoOfAPartSetsNothingBack(t *testing.T) {
	u := newUndone(t)
	require.Contains(t, u.undo("--allow", "delete-graded", "--allow", "deletesPercent"), "nothing was recorded before that run")
	u.apply("--overrides", "overwrite", "--base", "auto")
	require.NoError(t, u.box.EnsureCourse("2"))
	two := []string{`[{name: sec-1, lineItemsURL: "ITEMS"}]`, `[{name: sec-1, lineItemsURL: "ITEMS"}, {name: sec-2, lineItemsURL: "` + u.url + u.box.LineItemsPath("2") + `"}]`,
		"    scores: [{userId: s0, scoreGiven: 60}, {userId: s1, scoreGiven: 70}]\n", ""}
	u.file(two...)
	u.apply("--base", "auto")
	u.file(append(two, "label: HW 1", "label: Homework")...)
	u.apply("--base", "auto")
	at := u.git("rev-parse", "refs/gradesync/applied/bio")
	require.Contains(t, u.undo("--context", "sec-1"), "not all of its sections that the run wrote to are undone")
	require.Equal(t, at, u.git("rev-parse", "refs/gradesync/applied/bio"))
}

// A run that ended in part recorded nothing, and its undo has nothing to set back.
func TestUndoOfWhatWasNotRecorded(t *testing.T) {
	u := newUndone(t)
	first := u.git("rev-parse", "refs/gradesync/applied/bio")
	u.file("scoreGiven: 60", "scoreGiven: 16")
	u.apply("--base", "auto")
	u.git("update-ref", "refs/gradesync/applied/bio", strings.TrimSpace(first))
	require.Contains(t, u.undo(), "as before that run")
	u.file("scoreGiven: 60", "scoreGiven: 61")
	u.apply("--base", "auto")
	require.Equal(t, []string{"HW 1 s0 61", "HW 1 s1 70"}, u.grades())
}

// An undo needs no git: it says what it cannot set back, and puts back all the same.
func TestUndoOutsideOfARepository(t *testing.T) {
	u := newUndone(t)
	u.file("scoreGiven: 60", "scoreGiven: 16")
	u.apply("--base", "auto")
	require.NoError(t, os.Rename(filepath.Join(u.dir, ".git"), filepath.Join(t.TempDir(), "git")))
	require.Contains(t, u.undo(), "is not in a git repository. To let the files write over it later")
	require.Equal(t, []string{"HW 1 s0 60", "HW 1 s1 70"}, u.grades())
}

// Of several Gradebooks that were recorded together, those stay recorded that the
// run had nothing to write in.
func TestUndoSetsBackWhatItTouches(t *testing.T) {
	u := newUndone(t)
	chem := strings.NewReplacer("name: bio", "name: chem", "hw1", "c1", "HW 1", "Chem").Replace(undoneBook)
	u.write("chem.yaml", chem)
	u.file("label: HW 1", "label: HW 1 # the same")
	u.apply("--base", "auto")
	bio := u.git("rev-parse", "refs/gradesync/applied/bio")
	u.file("scoreGiven: 60", "scoreGiven: 16")
	u.apply("--base", "auto")
	second := u.git("rev-parse", "HEAD")
	u.undo()
	require.Equal(t, bio, u.git("rev-parse", "refs/gradesync/applied/bio"))
	require.Equal(t, second, u.git("rev-parse", "refs/gradesync/applied/chem"))
}
