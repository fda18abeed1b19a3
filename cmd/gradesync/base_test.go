package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// school is an LMS on loopback and a repository with the files for it.
type school struct {
	t   *testing.T
	dir string
	box *sandbox.Sandbox
	url string
	// writes is how many requests would have changed something.
	writes atomic.Int64
}

func newSchool(t *testing.T, dir string) *school {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	s := &school{t: t, dir: dir, url: "http://" + srv.Listener.Addr().String()}
	var err error
	s.box, err = sandbox.Open(sandbox.Options{URL: s.url, Now: time.Now, PageSize: 100, Observe: func(r sandbox.Request) {
		if r.Kind != "token" && r.Method != "GET" {
			s.writes.Add(1)
		}
	}})
	require.NoError(t, err)
	srv.Config.Handler = s.box
	srv.Start()
	t.Cleanup(func() { srv.Close(); _ = s.box.Close() })
	require.NoError(t, s.box.EnsureCourse("1"))
	for i := range 3 {
		require.NoError(t, s.box.AddMember("1", sandbox.Member{UserID: fmt.Sprintf("s%d", i), Email: fmt.Sprintf("s%d@x.edu", i)}))
	}
	return s
}

// platform writes the connection to the LMS outside of the repository.
func (s *school) platform() string {
	out := s.t.TempDir()
	doc := campus()
	doc.AGS = connection(s.url, "", s.box.Tool())
	doc.Limits.RequestsPerSecond = spec.Opt[float64]{State: spec.Set}
	require.NoError(s.t, encode(filepath.Join(out, "platform.yaml"), doc))
	require.NoError(s.t, os.WriteFile(filepath.Join(out, "tool.key"), s.box.Tool().PrivateKeyPEM, 0o600))
	return filepath.Join(out, "platform.yaml")
}

func (s *school) write(name, text string) {
	s.t.Helper()
	text = strings.NewReplacer("ITEMS", s.url+s.box.LineItemsPath("1"), "MEMBERS", s.url+s.box.MembershipsPath("1")).Replace(text)
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
}

// repository begins one in the school's folder.
func (s *school) repository() {
	s.t.Helper()
	needs(s.t, "git")
	s.git("init", "-q", "-b", "main", ".")
}

func (s *school) git(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=Ana", "-c", "user.email=ana@x.edu"}, args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, "%s", out)
	return string(out)
}

func (s *school) commit() {
	s.t.Helper()
	s.git("add", "-A")
	s.git("commit", "-q", "-m", "change")
}

// run gives what gradesync prints, and its exit code.
func (s *school) run(args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.Command("gradesync", args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "CI=", "NO_COLOR=1")
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// change changes what the LMS holds.
func (s *school) change(what func(*sandbox.Course)) {
	s.t.Helper()
	require.NoError(s.t, s.box.Update(func(st *sandbox.State) error {
		what(st.Courses["1"])
		return nil
	}))
}

// grades are "label user score", in the LMS's order.
func (s *school) grades() (out []string) {
	for _, i := range s.box.Snapshot().Courses["1"].LineItems {
		for _, r := range i.Results {
			if r.Score != nil {
				out = append(out, fmt.Sprintf("%s %s %v", i.Label, r.UserID, *r.Score))
			}
		}
	}
	return out
}

const sheetBook = `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: sec-1, lineItemsURL: "ITEMS", membershipsURL: "MEMBERS"}]
users: {by: email, unknown: skip}
lineItems: [{resourceId: hw1, label: HW 1, scoreMaximum: 50}]
---
apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: bio-1}
gradebook: bio
matrix: {csv: grades.csv, user: email}
`

// Whose rows were left out has no base for them: back again, they get their grades.
func TestLeftOutIsNotApplied(t *testing.T) {
	s := newSchool(t, t.TempDir())
	platform := s.platform()
	s.repository()
	s.write("bio.yaml", sheetBook)
	s.write("grades.csv", "email,hw1\ns0@x.edu,10\ns1@x.edu,20\n")
	s.commit()
	out, code := s.run("apply", "-f", ".", "-f", platform, "--auto-approve", "--record")
	require.Equal(t, 0, code, out)
	s.change(func(c *sandbox.Course) { c.Member("s1").Status = plan.Inactive })
	s.write("grades.csv", "email,hw1\ns0@x.edu,10\ns1@x.edu,21\nlate@x.edu,30\n")
	s.commit()
	out, code = s.run("apply", "-f", ".", "-f", platform, "--auto-approve", "--base", "auto", "--record")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "1 person is no longer active in the course")
	require.Equal(t, []string{"HW 1 s0 10", "HW 1 s1 20"}, s.grades())

	s.change(func(c *sandbox.Course) { c.Member("s1").Status = "Active" })
	require.NoError(t, s.box.AddMember("1", sandbox.Member{UserID: "s9", Email: "Late@x.edu"}))
	out, code = s.run("apply", "-f", ".", "-f", platform, "--auto-approve", "--base", "auto", "--record")
	require.Equal(t, 0, code, out)
	require.Equal(t, []string{"HW 1 s0 10", "HW 1 s1 21", "HW 1 s9 30"}, s.grades())

	// What is recorded beside the commit names nobody.
	require.NotContains(t, s.git("cat-file", "-p", "refs/gradesync/record/bio"), "x.edu")
}

const twoBooks = `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: NAME, lineItemsURL: "ITEMS"}]
lineItems: [{resourceId: hw1, label: HW 1, scoreMaximum: 50, scores: [{userId: s0, scoreGiven: 10}]}]
`

// A base is of a course: whatever its name, and no other.
func TestBaseIsOfTheCourse(t *testing.T) {
	s := newSchool(t, t.TempDir())
	platform := s.platform()
	s.repository()
	s.write("bio.yaml", strings.Replace(twoBooks, "NAME", "sec-1", 1))
	s.commit()
	out, code := s.run("apply", "-f", ".", "-f", platform, "--auto-approve", "--record")
	require.Equal(t, 0, code, out)
	byHand := 33.0
	s.change(func(c *sandbox.Course) { c.LineItems[0].Results[0].Score = &byHand })

	// Another name for it, and a query that tells nothing.
	s.write("bio.yaml", strings.NewReplacer("NAME", "autumn", "ITEMS", "ITEMS?limit=50").Replace(twoBooks))
	out, code = s.run("plan", "-f", ".", "-f", platform, "--base", "auto")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "kept s0 scoreGiven 33, set by hand")
	s.git("checkout", "-q", ".")

	// Another Gradebook beside it has no base, and takes away nobody else's.
	s.write("chem.yaml", strings.NewReplacer("NAME", "sec-1", "name: bio", "name: chem", "hw1", "c1", "HW 1", "Chem").Replace(twoBooks))
	out, code = s.run("plan", "-f", ".", "-f", platform, "--base", "auto")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, `nothing is recorded as applied of the Gradebook "chem"`)
	require.Contains(t, out, "kept s0 scoreGiven 33, set by hand")
	require.NoError(t, os.Remove(filepath.Join(s.dir, "chem.yaml")))

	// Another LMS: what was applied here is no base there.
	other := newSchool(t, s.dir)
	staging := other.platform()
	other.write("bio.yaml", strings.Replace(twoBooks, "NAME", "sec-1", 1))
	other.commit()
	out, code = other.run("plan", "-f", ".", "-f", staging, "--base", "auto")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "the context bio/sec-1 was not there at refs/gradesync/applied/bio")
	require.Contains(t, out, "  + hw1  HW 1\n", "it is made, and not kept away as deleted by hand")
}

// A commit that is made while the files are read is not the one that is applied.
func TestRecordIsOfWhatWasRead(t *testing.T) {
	s := newSchool(t, t.TempDir())
	platform := s.platform()
	s.repository()
	s.write("bio.yaml", strings.Replace(twoBooks, "NAME", "sec-1", 1))
	s.commit()
	// The platform document comes by a pipe, which is read in the middle of it all.
	pipe := filepath.Join(t.TempDir(), "platform.yaml")
	require.NoError(t, exec.Command("mkfifo", pipe).Run())
	done := make(chan error, 1)
	go func() {
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // once it is being read
		if err != nil {
			done <- err
			return
		}
		s.write("bio.yaml", strings.NewReplacer("NAME", "sec-1", "scoreGiven: 10", "scoreGiven: 44").Replace(twoBooks))
		s.commit()
		text, err := os.ReadFile(platform)
		if err == nil {
			_, err = w.Write([]byte(strings.Replace(string(text), "file: tool.key", "file: "+filepath.Join(filepath.Dir(platform), "tool.key"), 1)))
		}
		_ = w.Close()
		done <- err
	}()
	out, code := s.run("apply", "-f", ".", "-f", pipe, "--auto-approve", "--record")
	require.NoError(t, <-done)
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "another commit was made or checked out while the files were read")
	require.Empty(t, s.grades(), "nothing was written")
}

// Files that name people by user id need no roster, though they once named them
// otherwise.
func TestBaseNeedsNoRoster(t *testing.T) {
	s := newSchool(t, t.TempDir())
	platform := s.platform()
	s.repository()
	s.write("bio.yaml", sheetBook)
	s.write("grades.csv", "email,hw1\ns0@x.edu,10\n")
	s.commit()
	out, code := s.run("apply", "-f", ".", "-f", platform, "--auto-approve", "--record")
	require.Equal(t, 0, code, out)
	s.write("bio.yaml", strings.Replace(twoBooks, "NAME", "sec-1", 1))
	s.commit()
	out, code = s.run("plan", "-f", ".", "-f", platform, "--base", "auto")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "nothing to do")

	byHand := 33.0
	s.change(func(c *sandbox.Course) { c.LineItems[0].Results[0].Score = &byHand })
	out, code = s.run("plan", "-f", ".", "-f", platform, "--base", "auto")
	require.Equal(t, 0, code, out)
	require.NotContains(t, out, "33/50 -> 10/50", "whose it is cannot be told by the base alone, but the last commit says user ids")
}

// Beside others that are recorded, a Gradebook that was renamed overwrites nothing
// that a hand may have set, and says so where everybody reads it.
func TestUnrecordedGradebookOverwritesNothing(t *testing.T) {
	s := newSchool(t, t.TempDir())
	platform := s.platform()
	s.repository()
	book := func(name, column, points string) string {
		return strings.NewReplacer("NAME", "sec-1", "name: bio", "name: "+name, "hw1", column, "HW 1", column, "10}", points).Replace(twoBooks)
	}
	s.write("bio.yaml", book("bio", "hw1", "10}, {userId: s1, scoreGiven: 20}"))
	s.write("chem.yaml", book("chem", "c1", "5}"))
	s.commit()
	out, code := s.run("apply", "-f", ".", "-f", platform, "--auto-approve", "--record")
	require.Equal(t, 0, code, out)
	byHand := 33.0
	s.change(func(c *sandbox.Course) {
		for _, li := range c.LineItems {
			if li.Label == "hw1" {
				li.Result("s0").Score = &byHand
			}
		}
	})

	// Equal values and firsts are as ever.
	s.write("bio.yaml", book("biology", "hw1", "10}, {userId: s1, scoreGiven: 20}, {userId: s2, scoreGiven: 30}"))
	s.commit()
	const told = "nothing is recorded for this Gradebook, so nobody can tell what was set by hand"
	apply := []string{"apply", "-f", ".", "-f", platform, "--auto-approve", "--base", "auto", "--record"}
	out, code = s.run(apply...)
	require.Equal(t, 6, code, out)
	require.Contains(t, out, "biology/sec-1 on campus, base none recorded\n")
	require.Contains(t, out, "note: "+told)
	require.Contains(t, out, "--allow no-base:hw1")
	require.Contains(t, out, "1 change held")
	require.ElementsMatch(t, []string{"hw1 s0 33", "hw1 s1 20", "c1 s0 5"}, s.grades())
	out, code = s.run("plan", "-f", ".", "-f", platform, "--base", "auto", "-o", "markdown")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "Base: `none recorded`\n")
	require.Contains(t, out, told)
	require.NotContains(t, out, "`auto`")

	out, code = s.run(append(apply, "--skip-held")...)
	require.Equal(t, 6, code, out)
	require.ElementsMatch(t, []string{"hw1 s0 33", "hw1 s1 20", "hw1 s2 30", "c1 s0 5"}, s.grades())
	out, code = s.run(append(apply, "--allow", "no-base:hw1")...)
	require.Equal(t, 0, code, out)
	require.ElementsMatch(t, []string{"hw1 s0 10", "hw1 s1 20", "hw1 s2 30", "c1 s0 5"}, s.grades())
	out, code = s.run("plan", "-f", ".", "-f", platform, "--base", "auto")
	require.Equal(t, 0, code, out)
	require.NotContains(t, out, told, "it is recorded now")
}

// What was recorded at one commit is called by the ref of each.
func TestEachGradebookHasItsOwnBase(t *testing.T) {
	s := newSchool(t, t.TempDir())
	platform := s.platform()
	s.repository()
	for _, name := range []string{"bio", "chem"} {
		s.write(name+".yaml", strings.NewReplacer("NAME", "sec-1", "name: bio", "name: "+name, "hw1", name, "HW 1", name).Replace(twoBooks))
	}
	s.commit()
	out, code := s.run("apply", "-f", ".", "-f", platform, "--auto-approve", "--record")
	require.Equal(t, 0, code, out)
	s.change(func(c *sandbox.Course) {
		for _, li := range c.LineItems {
			byHand := 33.0
			li.Results[0].Score = &byHand
		}
	})
	out, code = s.run("plan", "-f", ".", "-f", platform, "--base", "auto")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "bio/sec-1 on campus, base refs/gradesync/applied/bio (")
	require.Contains(t, out, "chem/sec-1 on campus, base refs/gradesync/applied/chem (")
}

// On a branch behind what was applied, the plan says that it tells too much.
func TestPlanBehindWhatWasApplied(t *testing.T) {
	s := newSchool(t, t.TempDir())
	platform := s.platform()
	s.repository()
	one := strings.Replace(twoBooks, "NAME", "sec-1", 1)
	s.write("bio.yaml", one)
	s.commit()
	s.git("branch", "old")
	s.write("bio.yaml", strings.Replace(one, "10}", "11}", 1))
	s.commit()
	out, code := s.run("apply", "-f", ".", "-f", platform, "--auto-approve", "--record")
	require.Equal(t, 0, code, out)
	const told = "main is ahead of this: the commit that was applied last"
	plan := []string{"plan", "-f", ".", "-f", platform, "--base", "auto", "-o", "markdown"}
	out, _ = s.run(plan...)
	require.NotContains(t, out, told)
	s.git("checkout", "-q", "old")
	s.write("readme.txt", "a branch")
	s.commit()
	out, _ = s.run(plan...)
	require.Contains(t, out, told)
	s.git("merge", "-q", "--no-edit", "main")
	out, _ = s.run(plan...)
	require.NotContains(t, out, told)
}

// What was recorded at one LMS is no base at another, and what is there may be
// anybody's.
func TestRecordOfAnotherLMSOverwritesNothing(t *testing.T) {
	s := &school{t: t, dir: t.TempDir()}
	s.repository()
	platform := func(file string) string {
		path := filepath.Join(t.TempDir(), "platform.yaml")
		require.NoError(t, os.WriteFile(path, []byte("apiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: lab}\nsandbox: {file: "+file+"}\nlimits: {settle: 300ms}\n"), 0o600))
		return path
	}
	staging, campus := platform("staging.json"), platform("campus.json")
	book := func(points string) string {
		return strings.NewReplacer("NAME", "sec-1", `lineItemsURL: "ITEMS"`, `course: "1"`, "10}", points).Replace(twoBooks)
	}
	write := func(dir, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "bio.yaml"), []byte(text), 0o600))
	}
	write(s.dir, book("10}"))
	s.commit()
	out, code := s.run("apply", "-f", ".", "-f", staging, "--auto-approve", "--record")
	require.Equal(t, 0, code, out)
	teacher := t.TempDir()
	write(teacher, book("33}"))
	out, code = s.run("apply", "-f", teacher, "-f", campus, "--auto-approve", "--runs-dir", filepath.Join(teacher, "runs"))
	require.Equal(t, 0, code, out)
	out, code = s.run("apply", "-f", ".", "-f", campus, "--auto-approve", "--base", "auto", "--record")
	require.Equal(t, 6, code, out)
	require.Contains(t, out, "base none recorded\n")
	require.Contains(t, out, "what is recorded for this Gradebook was of another LMS or course")
	require.Contains(t, out, "--allow no-base:hw1")
}
