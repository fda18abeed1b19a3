package revision

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// later is the hashes of Later, for a revision by name.
func later(t *testing.T, r *Repo, rev string) []string {
	t.Helper()
	got, err := r.Later(t.Context(), resolve(t, r, rev))
	require.NoError(t, err)
	return hashes(got)
}

// merged is main: 1 - 2 - M - 4, side: 1 - a - b, merged by M.
func merged(t *testing.T) (dir string, at map[string]string) {
	t.Helper()
	dir, at = empty(t), map[string]string{}
	commit := func(name string) {
		write(t, dir, name+".yaml", name)
		at[name] = commitAll(t, dir, name)
		git(t, dir, "tag", name)
	}
	commit("1")
	git(t, dir, "checkout", "-q", "-b", "side")
	commit("a")
	commit("b")
	git(t, dir, "checkout", "-q", "main")
	commit("2")
	git(t, dir, "merge", "-q", "--no-ff", "-m", "M", "side")
	at["M"] = git(t, dir, "rev-parse", "HEAD")
	git(t, dir, "tag", "M")
	commit("4")
	return dir, at
}

func TestLater(t *testing.T) {
	dir, at := merged(t)
	r := open(t, dir)
	for rev, want := range map[string][]string{
		"1": {"2", "M", "4"}, // nothing of side's own
		"2": {"M", "4"},
		"M": {"4"},
		"4": nil,
		"a": {"2", "M", "4"}, // came in by the merge: what the line had beside it counts
		"b": {"2", "M", "4"},
	} {
		var hashes []string
		for _, w := range want {
			hashes = append(hashes, at[w])
		}
		require.Empty(t, cmp.Diff(hashes, later(t, r, rev)), rev)
	}
	got, err := r.Later(t.Context(), resolve(t, r, "M"))
	require.NoError(t, err)
	require.Equal(t, at["4"][:12], got[0].Name)
	git(t, dir, "checkout", "-q", "2")
	require.Empty(t, later(t, r, "4"), "HEAD is older than the base")
}

// After a force-push the base is on no line of HEAD's.
func TestLaterAfterForcePush(t *testing.T) {
	dir := empty(t)
	commitAll(t, dir, "root")
	write(t, dir, "a.yaml", "a: 1")
	commitAll(t, dir, "applied")
	git(t, dir, "tag", "applied")
	write(t, dir, "a.yaml", "a: 2")
	git(t, dir, "commit", "-q", "-a", "--amend", "-m", "amended")
	amended := git(t, dir, "rev-parse", "HEAD")
	r := open(t, dir)
	require.Equal(t, []string{amended}, later(t, r, "applied"))

	git(t, dir, "checkout", "-q", "--orphan", "anew")
	commitAll(t, dir, "anew")
	_, err := r.Later(t.Context(), resolve(t, r, "applied"))
	require.ErrorIs(t, err, ErrUnrelated)
	require.ErrorContains(t, err, `"applied" (`)
	require.Contains(t, hint(t, err), "without --base")
}

func TestShallow(t *testing.T) {
	origin, at := merged(t)
	clone := func(depth string) (string, *Repo) {
		dir := filepath.Join(t.TempDir(), "clone")
		git(t, origin, "clone", "-q", "--no-local", "--no-tags", "--depth", depth, "file://"+origin, dir)
		r := open(t, dir)
		require.True(t, r.Shallow())
		return dir, r
	}
	t.Run("the base is not there", func(t *testing.T) {
		_, r := clone("1")
		_, err := r.Resolve(t.Context(), at["2"])
		require.ErrorIs(t, err, ErrShallow)
		require.ErrorIs(t, err, ErrUnknown)
		require.ErrorContains(t, err, "shallow clone")
		require.Contains(t, hint(t, err), "fetch-depth: 0")
		_, err = r.Resolve(t.Context(), "HEAD~1")
		require.ErrorIs(t, err, ErrShallow)
	})
	t.Run("the history between is cut", func(t *testing.T) {
		dir, r := clone("1")
		git(t, dir, "fetch", "-q", "--depth", "1", "origin", at["1"]+":refs/gradesync/applied/bio101")
		base, err := r.Applied(t.Context(), "bio101")
		require.NoError(t, err)
		_, err = r.Later(t.Context(), base)
		require.ErrorIs(t, err, ErrShallow)
		require.ErrorContains(t, err, "refs/gradesync/applied/bio101")
		require.Contains(t, hint(t, err), "git fetch --unshallow")
		git(t, dir, "fetch", "-q", "--depth", "1", "origin", at["M"]) // the commit before the edge is here by chance
		_, err = r.Later(t.Context(), base)
		require.ErrorIs(t, err, ErrShallow)
	})
	t.Run("the base is the commit before the clone's only one", func(t *testing.T) {
		dir, r := clone("1")
		git(t, dir, "fetch", "-q", "--depth", "1", "origin", at["M"]+":refs/gradesync/applied/bio101")
		base, err := r.Applied(t.Context(), "bio101")
		require.NoError(t, err)
		got, err := r.Later(t.Context(), base)
		require.NoError(t, err)
		require.Equal(t, []string{at["4"]}, hashes(got))
	})
	t.Run("the history between is whole", func(t *testing.T) {
		_, r := clone("3") // 4, M and its parents 2 and b
		require.Equal(t, []string{at["M"], at["4"]}, later(t, r, at["2"]))
		require.Equal(t, []string{at["4"]}, later(t, r, at["M"]))
		require.Empty(t, later(t, r, "HEAD"))
		// b and 2 are the clone's edge: where side left main is not seen.
		_, err := r.Later(t.Context(), resolve(t, r, at["b"]))
		require.ErrorIs(t, err, ErrShallow)
	})
	t.Run("a whole clone after all", func(t *testing.T) {
		dir, _ := clone("1")
		git(t, dir, "fetch", "-q", "--unshallow")
		r := open(t, dir)
		require.False(t, r.Shallow())
		require.Equal(t, []string{at["2"], at["M"], at["4"]}, later(t, r, at["1"]))
	})
}

func TestWas(t *testing.T) {
	dir := empty(t)
	long := "line one\nline two\nline three\nline four\nline five\n"
	write(t, dir, "stays.yaml", "stays "+long)
	write(t, dir, "old name.yaml", "renamed "+long)
	write(t, dir, "bio/gb.yaml", "gradebook "+long)
	write(t, dir, "bio/sheets/ä\n\"1\".csv", "sheet "+long)
	write(t, dir, "bio/README", "readme "+long)
	write(t, dir, "top.yaml", "top "+long)
	write(t, dir, "staged.yaml", "staged "+long)
	commitAll(t, dir, "then")
	git(t, dir, "tag", "then")
	git(t, dir, "mv", "old name.yaml", "new\tname.yaml")
	git(t, dir, "mv", "bio", "biology")
	commitAll(t, dir, "rename")
	git(t, dir, "mv", "biology/README", "README")
	write(t, dir, "biology/gb.yaml", "gradebook "+long+"line six\n")
	write(t, dir, "new.yaml", "something else\n")
	write(t, dir, "sub/x.yaml", "another thing entirely\n")
	git(t, dir, "mv", "top.yaml", "sub/top.yaml")
	commitAll(t, dir, "more")
	git(t, dir, "mv", "staged.yaml", "was-staged.yaml")
	write(t, dir, "was-staged.yaml", "what is not staged does not count")

	r := open(t, dir)
	paths := []string{".", "stays.yaml", "new\tname.yaml", "biology", "biology/gb.yaml", "biology/sheets", "biology/sheets/ä\n\"1\".csv",
		"README", "new.yaml", "nowhere.yaml", "sub", "sub/top.yaml", "was-staged.yaml", "bio"}
	got, err := r.Was(t.Context(), resolve(t, r, "then"), paths)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]string{
		".": ".", "stays.yaml": "stays.yaml", "new\tname.yaml": "old name.yaml",
		"biology": "bio", "biology/gb.yaml": "bio/gb.yaml", "biology/sheets": "bio/sheets", "biology/sheets/ä\n\"1\".csv": "bio/sheets/ä\n\"1\".csv",
		"README": "bio/README", "sub": ".", "sub/top.yaml": "top.yaml", "was-staged.yaml": "staged.yaml", "bio": "bio",
	}, got))
	_, err = r.Was(t.Context(), resolve(t, r, "then"), []string{"/etc"})
	require.Error(t, err)
}

func TestFolderWas(t *testing.T) {
	from := map[string]string{"new/a": "x/a", "new/b": "y/b", "new/c": "y/c", "new/d": "y/other", "newer/a": "z/a", "up/a": "a", "deep/in/a": "in/a", "even/a": "q/a", "even/b": "p/b"}
	for dir, want := range map[string]string{"new": "y", "newer": "z", "up": ".", "deep": ".", "deep/in": "in", "even": "p", "none": ""} {
		got, ok := folderWas(from, dir)
		require.Equal(t, want, got, dir)
		require.Equal(t, want != "", ok)
	}
}

// What was recorded on a line that HEAD has not got, or not yet, is lacking.
func TestLacks(t *testing.T) {
	dir, _ := merged(t)
	r := open(t, dir)
	lacks := func(rev string) bool {
		t.Helper()
		is, err := r.Lacks(t.Context(), resolve(t, r, rev))
		require.NoError(t, err)
		return is
	}
	for _, rev := range []string{"1", "2", "M", "4", "a", "b"} {
		require.False(t, lacks(rev), rev)
	}
	git(t, dir, "checkout", "-q", "b")
	for rev, want := range map[string]bool{"1": false, "a": false, "b": false, "2": true, "M": true, "4": true} {
		require.Equal(t, want, lacks(rev), rev)
	}
	_, err := r.Lacks(t.Context(), Revision{Hash: "--all"})
	require.Error(t, err)
}
