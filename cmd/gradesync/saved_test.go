package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// writes counts what changes the LMS from now on.
func (r *remote) writes() *atomic.Int64 {
	n := &atomic.Int64{}
	count := func(q sandbox.Request) {
		if q.Method != "GET" && q.Kind != "token" {
			n.Add(1)
		}
	}
	r.when.Store(&count)
	return n
}

var bothFiles = []string{"-f", "bio.yaml", "-f", "platform.yaml"}

func (r *remote) save(code int, more ...string) string {
	return r.must(code, append(append([]string{"plan", "--out", "p.json"}, bothFiles...), more...)...)
}

func (r *remote) applySaved(code int, more ...string) string {
	return r.must(code, append(append([]string{"apply", "p.json", "--auto-approve"}, bothFiles...), more...)...)
}

// hand is a teacher at the LMS.
func (r *remote) hand(change func(*sandbox.Course)) {
	r.t.Helper()
	require.NoError(r.t, r.box.Update(func(s *sandbox.State) error { change(s.Courses["1"]); return nil }))
}

// Whatever the plan touches and somebody changed stops its context before the
// first write, and both values are told.
func TestSavedPlanGoesStale(t *testing.T) {
	const before = `  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50, scores: [{userId: u1, scoreGiven: 10, comment: canary one}, {userId: u2, scoreGiven: 20}]}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 50, tag: t}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 50, scores: [{userId: u1, scoreGiven: 30}]}
  - {resourceId: hw4, label: Homework 4, scoreMaximum: 50}
`
	posts := strings.Replace(before, "scoreGiven: 20", "scoreGiven: 25", 1)
	maximum := strings.Replace(before, "label: Homework 3, scoreMaximum: 50, scores: [{userId: u1, scoreGiven: 30}]", "label: Homework 3, scoreMaximum: 100", 1)
	empty := strings.Replace(before, "label: Homework 4, scoreMaximum: 50", "label: Homework 4, absent: true", 1)
	gone := strings.Replace(before, "label: Homework 3, scoreMaximum: 50, scores: [{userId: u1, scoreGiven: 30}]", "label: Homework 3, absent: true", 1)
	label := strings.Replace(before, "label: Homework 2", "label: Essay", 1)
	comment := strings.Replace(before, "canary one", "canary two", 1)
	point := func(li *sandbox.LineItem, user string, points float64) {
		if li.Result(user) == nil {
			li.Results = append(li.Results, &sandbox.Result{UserID: user})
		}
		li.Result(user).Score = &points
	}
	for name, c := range map[string]struct {
		after string
		hand  func(*sandbox.Course)
		code  int
		says  string
	}{
		"nothing":                        {posts, func(*sandbox.Course) {}, 0, "Applied and verified: 1 change"},
		"the grade":                      {posts, func(c *sandbox.Course) { point(c.LineItems[0], "u2", 21) }, 7, "the grade was 20/50 and is 21/50 now"},
		"the grade, as planned":          {posts, func(c *sandbox.Course) { point(c.LineItems[0], "u2", 25) }, 0, "Verified: 1 change"},
		"the grade, taken away":          {posts, func(c *sandbox.Course) { c.LineItems[0].Result("u2").Score = nil }, 7, "the grade was 20/50 and is none now"},
		"a comment that no file names":   {posts, func(c *sandbox.Course) { c.LineItems[0].Result("u2").Comment = "canary" }, 7, `comment: was none, is "canary" now; its comment is another now`},
		"the comment":                    {comment, func(c *sandbox.Course) { c.LineItems[0].Result("u1").Comment = "canary" }, 7, `comment: was "canary one", is "canary" now; its comment is another now`},
		"another's grade":                {posts, func(c *sandbox.Course) { point(c.LineItems[0], "u1", 11) }, 0, "Applied and verified: 1 change"},
		"another column":                 {posts, func(c *sandbox.Course) { c.LineItems[1].Label = "Other" }, 0, "Applied and verified: 1 change"},
		"its column's title":             {posts, func(c *sandbox.Course) { c.LineItems[0].Label = "Final exam" }, 7, `label was "Homework 1" and is "Final exam" now`},
		"its column's maximum":           {posts, func(c *sandbox.Course) { c.LineItems[0].ScoreMaximum = 200 }, 7, `scoreMaximum was "50" and is "200" now`},
		"its column is gone":             {posts, func(c *sandbox.Course) { c.LineItems = c.LineItems[1:] }, 7, `the line item was there ("Homework 1" resourceId "hw1"`},
		"the title":                      {label, func(c *sandbox.Course) { c.LineItems[1].Label = "Quiz" }, 7, `label was "Homework 2" and is "Quiz" now`},
		"the title, as planned":          {label, func(c *sandbox.Course) { c.LineItems[1].Label = "Essay" }, 0, "Verified: 1 change"},
		"the tag, beside the title":      {label, func(c *sandbox.Course) { c.LineItems[1].Tag = "other" }, 7, `tag was "t" and is "other" now`},
		"a grade under a new maximum":    {maximum, func(c *sandbox.Course) { point(c.LineItems[2], "u1", 31) }, 7, "1 grade in it changed: somebody changed it since the plan was made; plan again: for one of them the grade was 30/50 and is 31/50 now"},
		"a new grade in a deleted one":   {gone, func(c *sandbox.Course) { point(c.LineItems[2], "u7", 7) }, 7, "1 grade in it changed: somebody changed it since the plan was made; plan again: for one of them the grade was none and is 7/50 now"},
		"a first grade in a deleted one": {empty, func(c *sandbox.Course) { point(c.LineItems[3], "u7", 7) }, 7, "1 grade in it changed: somebody changed it since the plan was made; plan again: for one of them the grade was none and is 7/50 now"},
		"a deleted one is deleted":       {empty, func(c *sandbox.Course) { c.LineItems = c.LineItems[:3] }, 0, "Verified: 1 change"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRemote(t)
			r.files(before, "1")
			r.must(0, append([]string{"apply", "--auto-approve"}, bothFiles...)...)
			r.files(c.after, "1")
			r.save(0, "--allow", "delete-graded", "--allow", "rescale")
			r.hand(c.hand)
			n, was := r.writes(), r.shown("1")
			out := r.applySaved(c.code)
			require.Contains(t, out, c.says)
			if c.code == 7 {
				require.Regexp(t, `stale: 1 row in 1 column \(".+"\) changed since the plan was made, so nothing was written there`, out)
				for _, public := range [][]string{{"--redact"}, {"-o", "markdown"}, {"-o", "html"}, {"--redact", "-o", "json"}} {
					seen := r.applySaved(7, public...)
					require.NotContains(t, seen, "canary")
					for _, person := range []string{"u1", "u2", "u7"} {
						require.NotRegexp(t, `\b`+person+`\b`, seen)
					}
					if !slices.Contains(public, "json") { // there each row has its cause
						require.Regexp(t, `stale: 1 row in 1 column .*\(.+\).* changed since the plan was made, so nothing was written there`, seen)
					}
				}
				require.Zero(t, n.Load(), "%s", out)
				require.Equal(t, was, r.shown("1"))
				require.Contains(t, out, "Nothing was written.")
			}
		})
	}
}

// An apply of a saved plan is killed at random points: the same file finishes
// it, and no score is posted twice.
func TestKilledSavedApplyIsFinished(t *testing.T) {
	var current atomic.Pointer[trap]
	var posts atomic.Int64
	dir := t.TempDir()
	box, url, platform := served(t, dir, sandbox.Options{PageSize: 3, Observe: func(q sandbox.Request) {
		if q.Method == "POST" && q.Kind == "scores" {
			posts.Add(1)
		}
		if trap := current.Load(); trap != nil {
			trap.spring(q)
		}
	}})
	rng := rand.New(rand.NewPCG(3, 4))
	killed, partly := 0, 0
	for n := 0; killed < 15; n++ {
		require.Less(t, n, 60, "only %d were killed", killed)
		course := fmt.Sprint("k", n)
		require.NoError(t, box.EnsureCourse(course))
		file, saved := filepath.Join(dir, course+".yaml"), filepath.Join(dir, course+".json")
		context := fmt.Sprintf("{name: s, lineItemsURL: %q}", url+box.LineItemsPath(course))
		require.NoError(t, os.WriteFile(file, []byte(killedCourse(context, "")), 0o600))
		out, err := exec.Command("gradesync", "plan", "-f", file, "-f", platform, "--out", saved).CombinedOutput()
		require.NoError(t, err, "%s", out)
		posts.Store(0)
		kill := &trap{c: make(chan struct{})}
		kill.left.Store(5 + rng.Int64N(killedItems*(1+killedPeople)))
		current.Store(kill)
		if killApply(t, kill.c, saved, "-f", file, "-f", platform) {
			killed++
		}
		current.Store(nil)
		if len(box.Snapshot().Courses[course].LineItems) > 0 {
			partly++
		}
		applyFully(t, saved, "-f", file, "-f", platform)
		whole(t, box.Snapshot().Courses[course])
		require.EqualValues(t, killedItems*killedPeople, posts.Load(), "each score once")
	}
	require.Greater(t, partly, 7, "most kills come in the midst of writing")
}

// The file is its owner's alone, also where another was there, and whole.
func TestSavedFile(t *testing.T) {
	r := newRemote(t)
	r.files(hw("HW", "50"), "1")
	path := filepath.Join(r.dir, "p.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"formatVersion":1,"schema":"https://gradesync.dev/schema/plan-v1.json"}`), 0o644))
	r.save(0)
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), info.Mode())
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var f struct{ Digest string }
	require.NoError(t, json.Unmarshal(text, &f))
	require.NotEmpty(t, f.Digest)
	names, err := filepath.Glob(filepath.Join(r.dir, ".*"))
	require.NoError(t, err)
	require.Empty(t, names, "nothing is left beside it")
	require.Contains(t, r.must(1, append([]string{"plan", "--out", "tool.key"}, bothFiles...)...), "there is a file that is no plan, and it is not replaced")
	r.applySaved(0)
}

// Sealed, nothing of it is to be read; it opens with the identity, and its
// run's record is sealed, too.
func TestSealedPlan(t *testing.T) {
	r := newRemote(t)
	r.files(strings.Replace(hw("HW", "50"), "userId: u,", "userId: canary,", 1), "1")
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	other, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "id.txt"), []byte(id.String()+"\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "other.txt"), []byte(other.String()+"\n"), 0o600))
	out := r.save(0, "--seal-to", id.Recipient().String())
	require.Contains(t, out, "--identity FILE --seal-to RECIPIENT")
	text, err := os.ReadFile(filepath.Join(r.dir, "p.json"))
	require.NoError(t, err)
	require.NotContains(t, string(text), "canary")
	require.NotContains(t, string(text), "bio101")

	require.Contains(t, r.applySaved(3), "the plan is sealed: name the age identity that opens it with --identity")
	require.Contains(t, r.applySaved(3, "--identity", "other.txt", "--seal-to", id.Recipient().String()), "sealed for others")
	require.Contains(t, r.applySaved(64, "--identity", "id.txt"), "the record of its run would not be: name --seal-to")
	text[len(text)-5] ^= 1
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "broken.json"), text, 0o600))
	r.must(3, append([]string{"apply", "broken.json", "--auto-approve", "--identity", "id.txt", "--seal-to", id.Recipient().String()}, bothFiles...)...)
	require.Empty(t, r.shown("1"))
	require.Contains(t, r.applySaved(0, "--identity", "id.txt", "--seal-to", id.Recipient().String()), "Applied and verified: 2 changes")
	require.FileExists(t, filepath.Join(r.dir, r.lastRun(), "before.yaml.age"))
}

// No secret is in a saved plan, nor in what is said of it; it is whole where CI
// is set, and what is printed there is not.
func TestSavedPlanHoldsNoSecret(t *testing.T) {
	r := newRemote(t)
	r.files(strings.Replace(hw("HW", "50"), "userId: u,", "userId: canary-person, comment: canary words,", 1), "1")
	key, err := os.ReadFile(filepath.Join(r.dir, "tool.key"))
	require.NoError(t, err)
	cmd := r.command(append([]string{"plan", "--out", "p.json", "--log-level", "debug"}, bothFiles...)...)
	cmd.Env = append(os.Environ(), "CI=true")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Run(), "%s", &out)
	text, err := os.ReadFile(filepath.Join(r.dir, "p.json"))
	require.NoError(t, err)
	require.Contains(t, string(text), "canary-person")
	require.Contains(t, string(text), "canary words")
	require.NotContains(t, out.String(), "canary")
	tool := r.box.Tool()
	for _, secret := range []string{"sandbox-token-", "eyJ", "client_assertion", "Bearer", strings.Split(string(key), "\n")[1], sandbox.TokenPath, tool.ClientID, tool.KeyID, "tool.key"} {
		require.NotContains(t, string(text), secret)
	}
	stale := r.command(append([]string{"apply", "p.json", "--auto-approve", "--log-level", "debug"}, bothFiles...)...)
	stale.Env = append(os.Environ(), "CI=true")
	out.Reset()
	stale.Stdout, stale.Stderr = &out, &out
	require.NoError(t, stale.Run(), "%s", &out)
	require.NotContains(t, out.String(), "canary")
}

// Findings and failures are saved with the rest; what they stop stays stopped,
// and the rest goes.
func TestSavedPlanWithFindings(t *testing.T) {
	r := newRemote(t)
	r.files(hw("HW", "50"), "1", "nowhere")
	file := filepath.Join(r.dir, "bio.yaml")
	scores := "---\napiVersion: gradesync.dev/v1\nkind: Scores\nmetadata: {name: one}\ngradebook: bio101\ncontext: sec-1\nlineItem: hw\ncsv: one.csv\n"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	text = []byte(strings.Replace(string(text), ", scores: [{userId: u, scoreGiven: 50}]", "", 1) + scores)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "one.csv"), []byte("userId,scoreGiven\nu,50\n"), 0o600))
	r.save(1)
	out := r.applySaved(1)
	require.Contains(t, out, "when the plan was made: ")
	require.Contains(t, out, "Applied and verified: 2 changes read back as planned. 1 context of 2 stopped")

	r.files("  - {resourceId: hw, label: HW, scoreMaximum: 60}\n  - {id: 'http://x.example/1', label: Pinned, scoreMaximum: 5}\n", "1")
	require.Contains(t, r.save(3, "--allow", "rescale"), `no line item of this context has the id`)
	n := r.writes()
	require.Contains(t, r.applySaved(3), "findings stop this context")
	require.Zero(t, n.Load())
}

// What a plan holds stays held, and a Platform's policy of today counts also for
// a plan of yesterday.
func TestSavedPlanAndPolicy(t *testing.T) {
	r := newRemote(t)
	rows := func(points int) string {
		s := "  - resourceId: hw\n    label: HW\n    scoreMaximum: 100\n    scores:\n"
		for u := range 4 {
			s += fmt.Sprintf("      - {userId: u%d, scoreGiven: %d}\n", u, points)
		}
		return s
	}
	r.files(rows(50), "1")
	r.must(0, append([]string{"apply", "--auto-approve"}, bothFiles...)...)
	lax, err := os.ReadFile(filepath.Join(r.dir, "platform.yaml"))
	require.NoError(t, err)
	floor := func(policy string) {
		require.NoError(t, os.WriteFile(filepath.Join(r.dir, "platform.yaml"), append(slices.Clone(lax), policy...), 0o600))
	}
	r.files(strings.Replace(rows(40), "u0, scoreGiven: 40", "u0, scoreGiven: null", 1), "1")

	// Held in the file: the rest goes with --skip-held only.
	r.save(0)
	require.Contains(t, r.applySaved(6), "Nothing was written. 1 change held back.")

	// Released in the file; the floors are laid afterwards.
	r.save(0, "--allow", "clear")
	for policy, says := range map[string]string{
		"policy: {allow: [{risk: rescale}]}\n": "held clear: ",
		"policy: {max: {lowered: 2}}\n":        "held lowered: 3 scores: 3 scores of this line item would be lowered, and 2 may be",
		"policy: {max: {drop: 5}}\n":           "held drop: 3 scores: the score would fall by 10 %",
		"policy: {max: {changes: 3}}\n":        "held changes: 4 changes in this context, and 3 may be",
		"policy: {requireBase: true}\n":        "held no-base: ",
	} {
		floor(policy)
		n := r.writes()
		out := r.applySaved(6)
		require.Contains(t, out, says)
		require.Contains(t, out, "the Platform's policy (platform.yaml:")
		require.Zero(t, n.Load())
	}
	floor("policy: {max: {lowered: 3, drop: 10, changes: 4}, allow: [{risk: clear}]}\n")
	require.Contains(t, r.applySaved(0), "Applied and verified: 4 changes")
}

// Where only a launch tells the course, a plan is not carried out in another.
func TestSavedPlanOfALaunch(t *testing.T) {
	box, err := sandbox.Open(sandbox.Options{Now: time.Now, Face: sandbox.FaceLTIAAS})
	require.NoError(t, err)
	srv := httptest.NewServer(box)
	t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
	b := newBench(t)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600))
	}
	key := map[string]string{}
	for _, course := range []string{"1", "2"} {
		require.NoError(t, box.EnsureCourse(course))
		k, err := box.ServiceKey(course)
		require.NoError(t, err)
		key[course] = k.Value
	}
	write("api.key", box.APIKey().Value)
	book := func(items string) {
		write("bio.yaml", "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [{name: s, serviceKey: {file: service.key}}]\nlineItems:\n"+items+
			"---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: box}\nltiaas: {url: "+srv.URL+", apiKey: {file: api.key}}\nlimits: {requestsPerSecond: 0, settle: 200ms}\n")
	}
	one := "  - {resourceId: hw1, label: One, scoreMaximum: 5}\n"
	book(one)
	write("service.key", key["2"])
	b.must(0, "apply", "-f", "bio.yaml", "--auto-approve")
	write("service.key", key["1"])
	b.must(0, "plan", "-f", "bio.yaml", "--out", "p.json")
	text, err := os.ReadFile(filepath.Join(b.dir, "p.json"))
	require.NoError(t, err)
	for _, secret := range []string{key["1"], key["2"], box.APIKey().Value} {
		require.NotContains(t, string(text), secret)
		require.NotContains(t, string(text), fmt.Sprintf("%x", sha256.Sum256([]byte(secret)))[:16], "nor what a guess could be tried at")
	}
	write("service.key", key["2"])
	book("  - {resourceId: other, label: Other, scoreMaximum: 5}\n") // not taken
	require.Contains(t, b.must(3, "apply", "p.json", "-f", "bio.yaml", "--auto-approve"), "nothing shows that this is the course")
	write("service.key", key["1"])
	require.Contains(t, b.must(0, "apply", "p.json", "-f", "bio.yaml", "--auto-approve"), "Applied and verified: 1 change")
	book(one + "  - {resourceId: hw2, label: Two, scoreMaximum: 5}\n")
	b.must(0, "plan", "-f", "bio.yaml", "--out", "p.json")
	write("service.key", key["2"])
	require.Contains(t, b.must(3, "apply", "p.json", "-f", "bio.yaml", "--auto-approve"), "nothing shows that this is the course that the plan was made for")
	write("service.key", key["1"])
	require.Contains(t, b.must(0, "apply", "p.json", "-f", "bio.yaml", "--auto-approve"), "Applied and verified: 1 change")
}

// A plan is the same bytes whatever the concurrency: 30 line items, 600 scores,
// and something of every kind in them.
func TestPlanIsTheSameAtAnyConcurrency(t *testing.T) {
	r := newRemote(t)
	items := func(shift int) string {
		var b strings.Builder
		for i := range 30 {
			fmt.Fprintf(&b, "  - resourceId: hw%d\n    label: Homework %d\n    scoreMaximum: %d\n    scores:\n", i, i+shift%2, 50+shift*(i%3))
			for u := range 20 {
				fmt.Fprintf(&b, "      - {userId: s-%d, scoreGiven: %d, comment: c%d}\n", u, u+shift*(i%2), shift)
			}
		}
		return b.String()
	}
	platform, err := os.ReadFile(filepath.Join(r.dir, "platform.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(platform), "limits:\n")
	concurrency := func(n int) {
		text := strings.Replace(string(platform), "limits:\n", fmt.Sprintf("limits:\n  concurrency: %d\n  requestsPerSecond: 0\n", n), 1)
		require.NoError(t, os.WriteFile(filepath.Join(r.dir, "platform.yaml"), []byte(text), 0o600))
	}
	concurrency(16)
	r.files(items(0), "1")
	r.must(0, append([]string{"apply", "--auto-approve"}, bothFiles...)...)
	r.files(items(3), "1")
	var first []byte
	for _, n := range []int{1, 5, 32} {
		concurrency(n)
		cmd := r.command(append([]string{"plan", "-o", "json", "--out", "p.json"}, bothFiles...)...)
		out, err := cmd.Output()
		require.NoError(t, err)
		saved, err := os.ReadFile(filepath.Join(r.dir, "p.json"))
		require.NoError(t, err)
		require.True(t, bytes.Equal(out, saved), "what is saved is what -o json prints")
		if first == nil {
			first = out
			require.GreaterOrEqual(t, bytes.Count(out, []byte(`"userId"`)), 600)
		}
		require.True(t, bytes.Equal(first, out), "concurrency %d", n)
	}
}

// A course's id, and a Platform's name, are good in any LMS: a plan is carried
// out in the one that it was made for, also where that is empty.
func TestSavedPlanOfAnotherLMS(t *testing.T) {
	b := newBench(t)
	var boxes []*sandbox.Sandbox
	for _, name := range []string{"one.yaml", "two.yaml"} {
		box, err := sandbox.Open(sandbox.Options{Now: time.Now, Profile: "canvas"})
		require.NoError(t, err)
		srv := httptest.NewServer(box)
		t.Cleanup(func() { srv.Close(); require.NoError(t, box.Close()) })
		require.NoError(t, box.EnsureCourse("1"))
		tool := box.Tool()
		require.NoError(t, os.WriteFile(filepath.Join(b.dir, name+".key"), tool.PrivateKeyPEM, 0o600))
		doc := campus()
		doc.AGS = connection(srv.URL, "canvas", tool)
		doc.AGS.PrivateKey.File = text(name + ".key")
		require.NoError(t, encode(filepath.Join(b.dir, name), doc))
		boxes = append(boxes, box)
	}
	book := func(items string) {
		require.NoError(t, os.WriteFile(filepath.Join(b.dir, "bio.yaml"), []byte("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [{name: s, course: \"1\"}]\nlineItems:\n"+items), 0o600))
	}
	one := "  - {resourceId: hw1, label: One, scoreMaximum: 5}\n"
	book(one)
	b.must(0, "plan", "-f", "bio.yaml", "-f", "one.yaml", "--out", "first.json")
	refused := func(file string) {
		out := b.must(3, "apply", file, "-f", "bio.yaml", "-f", "two.yaml", "--auto-approve")
		require.Contains(t, out, "this plan was made for another place")
	}
	refused("first.json")
	require.Empty(t, boxes[1].Snapshot().Courses["1"].LineItems)
	for _, platform := range []string{"one.yaml", "two.yaml"} {
		b.must(0, "apply", "-f", "bio.yaml", "-f", platform, "--auto-approve")
	}
	book(one + "  - {resourceId: hw2, label: Two, scoreMaximum: 5}\n")
	b.must(0, "plan", "-f", "bio.yaml", "-f", "one.yaml", "--out", "p.json")
	refused("p.json")
	require.Len(t, boxes[1].Snapshot().Courses["1"].LineItems, 1)
	b.must(0, "apply", "p.json", "-f", "bio.yaml", "-f", "one.yaml", "--auto-approve")
	require.Len(t, boxes[0].Snapshot().Courses["1"].LineItems, 2)
}

// What is applied of a plan in parts, or under a policy of today, is still the
// plan that was reviewed: each report bears its digest.
func TestReportBearsThePlansDigest(t *testing.T) {
	r := newRemote(t)
	r.files("  - {resourceId: hw, label: HW, scoreMaximum: 100}\n", "1", "2")
	saved := r.save(0)
	digest := regexp.MustCompile(`sha256:[0-9a-f]{64}`).FindString(saved)
	require.NotEmpty(t, digest)
	for _, form := range []string{"markdown", "html", "json"} {
		require.Contains(t, r.applySaved(0, "-o", form, "--context", "sec-1"), digest, form)
	}
	require.NotContains(t, r.applySaved(0, "-o", "json", "--redact"), digest, "all else is known there, and points could be guessed")
	platform, err := os.ReadFile(filepath.Join(r.dir, "platform.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "platform.yaml"), append(platform, "policy: {max: {changes: 0}}\n"...), 0o600))
	require.Contains(t, r.applySaved(6, "-o", "markdown"), digest)
}
