package revision

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var names = []string{"bio101", "Bio-101_x", "a", "a/b", "a%2Fb", "a b", "..", ".", "x.lock", "@", "@{0}", "~^:?*[\\", "ä", "\x1b[31m", "a\nb", "-x", "",
	"%", strings.Repeat("é", 300), strings.Repeat("é", 300) + "x", "refs/heads/main", "\xff"}

func TestRef(t *testing.T) {
	require.Equal(t, "refs/gradesync/applied/bio101", Ref("bio101"))
	require.Equal(t, "refs/gradesync/applied/a%2Fb", Ref("a/b"))
	require.Equal(t, "refs/gradesync/applied/x%2Elock", Ref("x.lock"))
	isolate(t)
	seen := map[string]bool{}
	for _, name := range names {
		ref := Ref(name)
		git(t, ".", "check-ref-format", ref)
		require.False(t, seen[ref], ref)
		seen[ref] = true
	}
}

func FuzzRef(f *testing.F) {
	for _, n := range names {
		f.Add(n, n+"/")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		name := strings.TrimPrefix(Ref(a), refs)
		require.Regexp(t, `^[A-Za-z0-9_%-][A-Za-z0-9_%.-]*$`, name)
		require.LessOrEqual(t, len(name), longest)
		require.NotContains(t, name, "..")
		require.False(t, strings.HasSuffix(name, ".lock"))
		require.Equal(t, a == b, Ref(a) == Ref(b))
	})
}

func TestRecordAnyName(t *testing.T) {
	dir := empty(t)
	commitAll(t, dir, "one")
	r := open(t, dir)
	head := must(r.Head(t.Context()))
	for _, name := range names {
		_, err := r.Applied(t.Context(), name)
		require.ErrorIs(t, err, ErrNotRecorded, "%q", name)
		step, err := r.Record(t.Context(), name, Revision{}, head)
		require.NoError(t, err, "%q", name)
		require.Equal(t, First, step)
		got, err := r.Applied(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, Revision{Hash: head.Hash, Name: Ref(name)}, got)
	}
}

func TestRecord(t *testing.T) {
	dir, at := merged(t)
	r := open(t, dir)
	ctx := t.Context()
	_, err := r.Applied(ctx, "bio101")
	require.ErrorIs(t, err, ErrNotRecorded)
	require.Contains(t, hint(t, err), "apply --record")
	require.Contains(t, hint(t, err), "git fetch origin '+refs/gradesync/*:refs/gradesync/*'")

	was := Revision{}
	for _, c := range []struct {
		to   string
		step Step
	}{{"2", First}, {"2", Same}, {"4", Forward}, {"1", Back}, {"b", Forward}, {"2", Aside}} {
		to := resolve(t, r, c.to)
		step, err := r.Record(ctx, "bio101", was, to)
		require.NoError(t, err, c.to)
		require.Equal(t, c.step, step, c.to)
		was, err = r.Applied(ctx, "bio101")
		require.NoError(t, err)
		require.Equal(t, at[c.to], was.Hash)
	}

	// The ref went on since this run began.
	_, err = r.Record(ctx, "bio101", resolve(t, r, "M"), resolve(t, r, "4"))
	require.ErrorIs(t, err, ErrMoved)
	require.ErrorContains(t, err, at["2"][:12])
	_, err = r.Record(ctx, "bio101", Revision{}, resolve(t, r, "4"))
	require.ErrorIs(t, err, ErrMoved)
	step, err := r.Record(ctx, "bio101", Revision{}, resolve(t, r, "2"))
	require.NoError(t, err, "another run recorded the same")
	require.Equal(t, Same, step)
	git(t, dir, "update-ref", "-d", Ref("bio101"))
	_, err = r.Record(ctx, "bio101", was, resolve(t, r, "4"))
	require.ErrorIs(t, err, ErrMoved)
	require.ErrorContains(t, err, "removed meanwhile")
}

func TestRecordsRace(t *testing.T) {
	dir, _ := merged(t)
	r := open(t, dir)
	rivals := []string{"2", "M", "4", "a"}
	errs := make([]error, len(rivals))
	var all sync.WaitGroup
	for i, name := range rivals {
		to := resolve(t, r, name)
		all.Go(func() { _, errs[i] = r.Record(t.Context(), "bio101", Revision{}, to) })
	}
	all.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			require.Equal(t, resolve(t, r, rivals[i]).Hash, must(r.Applied(t.Context(), "bio101")).Hash)
			continue
		}
		require.ErrorIs(t, err, ErrMoved)
	}
	require.Equal(t, 1, won)
}

// Another run's write falls between the look and the write.
func TestRecordLosesTheRaceInGit(t *testing.T) {
	dir, at := merged(t)
	behind(t, `case " $* " in *" update-ref "*) "$GIT" update-ref `+Ref("bio101")+` `+at["M"]+`;; esac; exec "$GIT" "$@"`)
	r := open(t, dir)
	_, err := r.Record(t.Context(), "bio101", Revision{}, resolve(t, r, "4"))
	require.ErrorIs(t, err, ErrMoved)
	require.Equal(t, at["M"], must(r.Applied(t.Context(), "bio101")).Hash)
}

func TestRecordThatCannotBeWritten(t *testing.T) {
	dir, _ := merged(t)
	r := open(t, dir)
	write(t, dir, ".git/"+Ref("bio101")+".lock", "")
	_, err := r.Record(t.Context(), "bio101", Revision{}, resolve(t, r, "4"))
	require.ErrorContains(t, err, "cannot be written: git: ")
	require.ErrorContains(t, err, ".lock")
	require.False(t, errors.Is(err, ErrMoved))
}

// A ref made to point to a branch must not move the branch, and a tag of the
// ref's name is not the ref.
func TestRecordMovesNothingElse(t *testing.T) {
	dir, at := merged(t)
	r := open(t, dir)
	git(t, dir, "symbolic-ref", Ref("bio101"), "refs/heads/side")
	_, err := r.Record(t.Context(), "bio101", resolve(t, r, "side"), resolve(t, r, "4"))
	require.NoError(t, err)
	require.Equal(t, at["b"], git(t, dir, "rev-parse", "side"))
	require.Equal(t, at["4"], must(r.Applied(t.Context(), "bio101")).Hash)

	git(t, dir, "update-ref", "refs/tags/"+Ref("chem"), at["1"])
	_, err = r.Applied(t.Context(), "chem")
	require.ErrorIs(t, err, ErrNotRecorded)
}

func TestAppliedDamaged(t *testing.T) {
	dir, _ := merged(t)
	r := open(t, dir)
	blob := git(t, dir, "rev-parse", "HEAD:1.yaml")
	git(t, dir, "update-ref", Ref("blob"), blob)
	_, err := r.Applied(t.Context(), "blob")
	require.ErrorContains(t, err, "does not name a commit")
	write(t, dir, ".git/"+Ref("gone"), strings.Repeat("1", 40)+"\n")
	_, err = r.Applied(t.Context(), "gone")
	require.Error(t, err)
	require.NotErrorIs(t, err, ErrNotRecorded)
	write(t, dir, ".git/"+Ref("junk"), "not a hash\n")
	_, err = r.Applied(t.Context(), "junk")
	require.Error(t, err)
	require.NotErrorIs(t, err, ErrNotRecorded)
}

// No hook runs, and no other program that the repository's configuration names.
func TestNothingOfTheRepositoryRuns(t *testing.T) {
	dir, _ := merged(t)
	mark := filepath.Join(t.TempDir(), "ran")
	script := "#!/bin/sh\ntouch '" + mark + "'\ncat\n"
	for _, hook := range []string{"reference-transaction", "post-index-change", "fsmonitor-watchman"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".git", "hooks", hook), []byte(script), 0o755))
	}
	program := filepath.Join(dir, ".git", "hooks", "fsmonitor-watchman")
	for _, key := range []string{"core.fsmonitor", "core.pager", "diff.external", "diff.x.textconv", "diff.x.command", "filter.x.clean", "filter.x.smudge", "core.sshCommand", "core.editor"} {
		git(t, dir, "config", key, program)
	}
	write(t, dir, ".git/info/attributes", "*.yaml filter=x diff=x\n")
	write(t, dir, "1.yaml", "changed")

	r := open(t, dir)
	ctx := t.Context()
	head := must(r.Head(ctx))
	first := resolve(t, r, "1")
	_, err := r.Record(ctx, "bio101", Revision{}, head)
	require.NoError(t, err)
	_, err = r.Later(ctx, first)
	require.NoError(t, err)
	_, err = r.Was(ctx, first, []string{"2.yaml"})
	require.NoError(t, err)
	got, err := r.Dirty(ctx, []string{filepath.Join(dir, "1.yaml")})
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.NoFileExists(t, mark)
	git(t, dir, "update-ref", "refs/x", "HEAD")
	require.FileExists(t, mark, "the hook would have run")
}
