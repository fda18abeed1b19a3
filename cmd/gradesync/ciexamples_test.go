package main

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// The shell of the examples for CI really runs, job by job, as a course goes on:
// with a repository and its origin, an LMS over HTTP, and a forge.
func TestCIExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: other tests run the same commands")
	}
	for name, forge := range ciExamples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newCIBench(t)
			b.comments(100) // of others, and one who poses as us
			story(b, forge, name != "shell")
		})
	}
}

func story(b *ciBench, forge ciForge, comments bool) {
	t := b.t
	run := func(job, event string, code int, said ...string) {
		t.Helper()
		out, got := forge.job(b, job, event)
		require.Equal(t, code, got, "%s (%s):\n%s", job, event, out)
		for _, s := range said {
			require.Contains(t, out, s, "%s (%s)", job, event)
		}
		b.shown += out
	}
	comment := func(said ...string) {
		t.Helper()
		if comments {
			ours := b.ours()
			require.Len(t, ours, 1, "one comment, whatever the number of plans")
			for _, s := range said {
				require.Contains(t, ours[0], s)
			}
			b.shown += ours[0]
		}
	}
	grade := func(column, user string, want float64) {
		t.Helper()
		got := b.grade(column, user)
		require.NotNil(t, got)
		require.InDelta(t, want, *got, 0)
	}

	// What is there before the first time is not touched before somebody says so.
	b.commit("main", "grades.csv", ciSheet)
	if comments {
		run("validate", "pull", 0, "Valid: ")
	}
	run("plan", "pull", 0)
	comment("<!-- gradesync:plan ", "2 line items to create, 4 scores to post")
	run("apply", "merge", 1, "run `apply --record` without --base")
	require.Nil(t, b.grade("hw1", "u-qzana"))
	run("apply", "first", 0, "Applied and verified: 6 changes")
	applied, main := b.applied()
	require.Equal(t, main, applied)

	// A pull request, planned twice.
	b.commit("more", "grades.csv", strings.Replace(ciSheet, "70,6", "70,7", 1))
	run("plan", "pull", 0)
	comment("**1 score to post.")
	b.commit("more", "grades.csv", strings.NewReplacer("70,6", "70,7", "60,5", "61,5").Replace(ciSheet))
	run("plan", "pull", 0)
	comment("**2 scores to post.")
	grade("hw1", "u-qzana", 60)

	// Merged, and the LMS fails in the middle. What was applied is as before.
	b.lms(sandbox.Fault{Kind: sandbox.FaultStatus, Status: http.StatusServiceUnavailable, On: "POST scores", Share: 1, Skip: 1})
	b.merge("more")
	run("apply", "merge", 5, "Applied in part")
	b.lms()
	again, _ := b.applied()
	require.Equal(t, applied, again)

	// A teacher's hand. The next merge does the rest, and keeps it.
	b.teacher("hw1", "u-qzbo", 99)
	b.commit("later", "grades.csv", strings.NewReplacer("70,6", "70,8", "60,5", "61,5").Replace(ciSheet))
	run("plan", "pull", 0)
	comment("set by hand")
	b.merge("later")
	run("apply", "merge", 0, "Applied and verified: ")
	applied, main = b.applied()
	require.Equal(t, main, applied)
	grade("hw1", "u-qzana", 61)
	grade("hw1", "u-qzbo", 99)
	grade("hw2", "u-qzbo", 8)

	// At night; and once more, where there is nothing to do.
	run("drift", "night", 3, "set by hand")
	run("apply", "merge", 0)
	// The first time is only once: the hand's grade stays.
	run("apply", "first", 0)
	grade("hw1", "u-qzbo", 99)
	b.teacher("hw1", "u-qzbo", 70)
	run("drift", "night", 0, "No changes")

	// What policy holds back, and what no plan can be made of.
	b.commit("rescale", "bio.yaml", strings.Replace(b.read("work/course/bio.yaml"), "scoreMaximum: 10}", "scoreMaximum: 20}", 1))
	if comments {
		run("plan", "pull", 6, "Policy holds changes back")
	} else {
		run("plan", "pull", 0)
	}
	comment("--allow rescale:hw2")
	b.merge("rescale")
	run("apply", "merge", 6, "Policy holds changes back")
	run("drift", "night", 6)
	b.commit("broken", "bio.yaml", "kind: Gradebok\n")
	run("plan", "pull", 3)
	comment("There is no plan")

	b.private()
}

// GitLab's job gets the branch, and tells what a merge of it would write: nothing of
// what the target branch has got since is taken back, or taken for somebody's hand.
func TestGitLabPlansTheMerge(t *testing.T) {
	b := newCIBench(t)
	b.comments(0)
	forge := ciExamples(t)["gitlab"]
	job := func(name, event string, code int) string {
		t.Helper()
		out, got := forge.job(b, name, event)
		require.Equal(t, code, got, "%s", out)
		return out
	}
	b.commit("main", "grades.csv", ciSheet)
	job("apply", "first", 0)
	book := b.read("work/course/bio.yaml")
	b.commit("behind", "bio.yaml", strings.Replace(book, "Homework 2", "Essay", 1))
	b.git("work", "checkout", "-q", "main")
	b.commit("main", "grades.csv", strings.Replace(ciSheet, "60,5", "61,5", 1))
	job("apply", "merge", 0)
	b.git("work", "push", "-q", "-f", "origin", "behind:refs/pull/7/head")
	job("plan", "pull", 0)
	require.Len(t, b.ours(), 1)
	require.Contains(t, b.ours()[0], "**1 line item to change.")
	require.NotContains(t, b.ours()[0], "set by hand")
	require.NotContains(t, b.ours()[0], "main is ahead of this")

	// What does not merge has no plan, and words.
	b.git("work", "checkout", "-q", "behind")
	b.commit("behind", "grades.csv", strings.Replace(ciSheet, "60,5", "62,5", 1))
	out := job("plan", "pull", 1)
	require.Contains(t, out, "it conflicts with main, which has changed since. Merge main into the branch, and push.")
	require.Len(t, b.ours(), 1)
	require.Contains(t, b.ours()[0], "There is no plan")
}

// What the programs of the jobs are given is looked at.
func TestCISecretsInArguments(t *testing.T) {
	b := newCIBench(t)
	for _, program := range []string{"git", "jq", "curl", "gh", "gradesync", "flock"} {
		for _, secret := range []string{forgeToken, strings.Split(b.key, "\n")[1]} {
			out, code := b.run("work", nil, "bash", "-c", `"$0" version "https://user:$1@example.edu"`, program, secret)
			require.Equal(t, 99, code, "%s\n%s", program, out)
			require.Contains(t, b.read("forge/seen"), program+" has a secret in an argument\n")
		}
	}
	out, code := b.run("work", nil, "bash", "-c", `git version`)
	require.Zero(t, code, out)
}

// The worktrees of a clone have one lock.
func TestCILockOfWorktrees(t *testing.T) {
	b := newCIBench(t)
	b.commit("main", "grades.csv", ciSheet)
	b.git("work", "worktree", "add", "-q", "--detach", b.path("tree"))
	shell := ciExamples(t)["shell"].(*inShell)
	out, code := b.run("tree", nil, shell.script, "drift")
	require.Equal(t, 1, code, "nothing is recorded\n%s", out)
	require.FileExists(t, b.path("work/.git/gradesync.lock"))
	require.NoFileExists(t, b.path("work/.git/worktrees/tree/gradesync.lock"))
}

// comments fills the pull request with those of others.
func (b *ciBench) comments(n int) {
	type who struct {
		ID    int    `json:"id"`
		Login string `json:"login"`
	}
	type remark struct {
		ID     int    `json:"id"`
		User   who    `json:"user"`   // GitHub's word
		Author who    `json:"author"` // GitLab's
		Body   string `json:"body"`
	}
	all := []remark{}
	for i := range n {
		all = append(all, remark{ID: i + 1, User: who{1, "student"}, Author: who{1, "student"}, Body: "<!-- gradesync:plan 0 -->\nPlease merge."})
	}
	text, err := json.Marshal(all)
	require.NoError(b.t, err)
	b.write("forge/comments.json", string(text))
}

// ours are the comments that were made; those of others are as they were.
func (b *ciBench) ours() (bodies []string) {
	b.t.Helper()
	var all []struct {
		User, Author struct{ Login string }
		Body         string
	}
	require.NoError(b.t, json.Unmarshal([]byte(b.read("forge/comments.json")), &all))
	for _, c := range all {
		if c.User.Login == "student" || c.Author.Login == "student" {
			require.Equal(b.t, "<!-- gradesync:plan 0 -->\nPlease merge.", c.Body)
			continue
		}
		bodies = append(bodies, c.Body)
	}
	return bodies
}

// private makes sure that nothing that was shown or kept tells of anybody, and
// that what was kept serves to put things back.
func (b *ciBench) private() {
	t := b.t
	t.Helper()
	require.NoFileExists(t, b.path("forge/seen"), "a secret was an argument")
	secrets := []string{"u-qz", forgeToken, "sandbox-token", strings.Split(b.key, "\n")[1]}
	for _, s := range append(secrets, "eyJ") {
		require.NotContains(t, b.shown, s)
	}
	var records []string
	require.NoError(t, filepath.WalkDir(b.path("kept"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, s := range secrets {
			require.False(t, strings.Contains(string(text), s), "%s tells %q", path, s)
		}
		if name := filepath.Base(path); name != ".gitignore" && !strings.HasPrefix(name, ".lock-") {
			require.Equal(t, ".age", filepath.Ext(path), path)
		}
		if filepath.Base(path) == "before.yaml.age" {
			records = append(records, filepath.Dir(path))
		}
		return err
	}))
	require.NotEmpty(t, records)
	b.git("work", "checkout", "-q", "main")
	env := []string{"GRADESYNC_KEY=" + b.key}
	out, code := b.run("work", env, "gradesync", "undo", records[len(records)-1], "-f", "course", "--identity", b.path("identity.txt"), "--seal-to", b.identity.Recipient().String(), "--auto-approve")
	require.Zero(t, code, out)
}
