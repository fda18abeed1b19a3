package revision

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestPath(t *testing.T) {
	dir := world(t)
	r := open(t, dir)
	outside := must(filepath.EvalSymlinks(t.TempDir()))
	require.NoError(t, os.Symlink(dir, filepath.Join(outside, "in")))
	for name, want := range map[string]string{
		"gb.yaml": "gb.yaml", "": ".", "courses/bio": "courses/bio", "courses/../gb.yaml": "gb.yaml", "alias": "alias", "alias/gb.yaml": "courses/bio/gb.yaml",
		"alias/sheets/nope.csv": "courses/bio/sheets/nope.csv", "link.yaml": "link.yaml", "nope/x.yaml": "nope/x.yaml", "..x": "..x", "line\nend.yaml": "line\nend.yaml",
	} {
		got, err := r.Path(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, want, got)
		got, err = r.Path(filepath.Join(outside, "in", name))
		require.NoError(t, err)
		require.Equal(t, want, got, "through a link from outside")
	}
	for _, name := range []string{outside, filepath.Join(dir, ".."), filepath.Join(dir, "../x"), "/", dir + "x"} {
		_, err := r.Path(name)
		require.ErrorIs(t, err, ErrNoRepository, name)
		require.ErrorContains(t, err, "is not in the git repository at")
	}
	require.NoError(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	_, err := r.Path(filepath.Join(dir, "loop/x"))
	require.ErrorIs(t, err, errLinks)

	t.Chdir(filepath.Join(dir, "courses"))
	require.Equal(t, "courses/bio/gb.yaml", must(r.Path("bio/gb.yaml")))
	require.Equal(t, "gb.yaml", must(r.Path("../gb.yaml")))
	require.Equal(t, "courses", must(r.Path(".")))
}

func TestDirty(t *testing.T) {
	dir := world(t)
	write(t, dir, ".gitignore", "*.csv\n")
	write(t, dir, "assumed.yaml", "1\n")
	write(t, dir, "ends.yaml", "1\n2\n")
	write(t, dir, "gone.yaml", "1\n")
	write(t, dir, "folder/a.yaml", "1\n")
	write(t, dir, "folder/b.yaml", "1\n")
	write(t, dir, "now-file/a.yaml", "1\n")
	commitAll(t, dir, "two")
	r := open(t, dir)
	in := func(name string) string { return filepath.Join(dir, name) }

	clean := []string{in("gb.yaml"), in("courses/bio/sheets/1.csv"), in("link.yaml"), in("courses/twice"), in("alias/gb.yaml"), in("line\nend.yaml"),
		in("with space/ä \"q\"'.csv"), in("-rf.yaml"), in("*.yaml"), in(":(top)x"), in("empty"), in("folder"), in("."), in("neither.yaml")}
	got, err := r.Dirty(t.Context(), clean)
	require.NoError(t, err)
	require.Empty(t, got)

	write(t, dir, "gb.yaml", "a: 2\n")
	git(t, dir, "add", "gb.yaml") // staged is not committed
	git(t, dir, "update-index", "--assume-unchanged", "assumed.yaml")
	write(t, dir, "assumed.yaml", "2\n")
	write(t, dir, "ends.yaml", "1\r\n2\r\n")
	write(t, dir, "ignored.csv", "x\n")
	write(t, dir, "untracked.yaml", "x\n")
	write(t, dir, "folder/untracked.yaml", "x\n")
	write(t, dir, "folder/a.yaml", "2\n")
	write(t, dir, "added.yaml", "x\n")
	git(t, dir, "add", "added.yaml")
	for _, name := range []string{"gone.yaml", "folder/b.yaml", "alias", "link.yaml", "courses-x"} {
		require.NoError(t, os.Remove(in(name)))
	}
	require.NoError(t, os.Symlink("courses", in("alias")))
	require.NoError(t, os.Symlink("gb.yaml", in("fresh.yaml")))
	require.NoError(t, os.Symlink("empty", in("courses-x")))
	require.NoError(t, os.RemoveAll(in("now-file")))
	write(t, dir, "now-file", "x")
	outside := filepath.Join(t.TempDir(), "x.csv")
	require.NoError(t, os.WriteFile(outside, nil, 0o600))
	require.NoError(t, os.Symlink(outside, in("away.csv")))
	for _, c := range []struct {
		name string
		want []Difference
	}{
		{"gb.yaml", []Difference{{in("gb.yaml"), Changed}}},
		{"courses/up.yaml", []Difference{{in("courses/up.yaml"), Changed}}}, // its target is
		{"assumed.yaml", []Difference{{in("assumed.yaml"), Changed}}},
		{"ends.yaml", nil},
		{"ignored.csv", []Difference{{in("ignored.csv"), Untracked}}},
		{"untracked.yaml", []Difference{{in("untracked.yaml"), Untracked}}},
		{"added.yaml", []Difference{{in("added.yaml"), Untracked}}},
		{"gone.yaml", []Difference{{in("gone.yaml"), Removed}}},
		{"link.yaml", []Difference{{in("link.yaml"), Removed}}},
		{"folder", []Difference{{"folder/b.yaml", Removed}}},
		{"alias/bio/gb.yaml", []Difference{{in("alias/bio/gb.yaml"), Changed}}}, // the link is
		{"fresh.yaml", []Difference{{in("fresh.yaml"), Untracked}}},
		{"courses-x", []Difference{{in("courses-x"), Untracked}}}, // a link that was a file
		{"now-file", []Difference{{in("now-file"), Changed}}},
		{"away.csv", []Difference{{in("away.csv"), Untracked}}},
		{"../elsewhere.yaml", []Difference{{in("../elsewhere.yaml"), Untracked}}},
		{".", []Difference{{"folder/b.yaml", Removed}, {"gone.yaml", Removed}, {"link.yaml", Removed}, {"now-file/a.yaml", Removed}}},
	} {
		got, err := r.Dirty(t.Context(), []string{in(c.name)})
		require.NoError(t, err, c.name)
		require.Empty(t, cmp.Diff(c.want, got), c.name)
	}
	got, err = r.Dirty(t.Context(), []string{in("untracked.yaml"), in("empty"), in("gb.yaml")})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]Difference{{in("untracked.yaml"), Untracked}, {in("gb.yaml"), Changed}}, got))
}

func TestDirtySpecial(t *testing.T) {
	dir := empty(t)
	sub := empty(t)
	write(t, sub, "x.yaml", "x")
	commitAll(t, sub, "sub")
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 9\n"
	write(t, dir, "grades.csv", pointer)
	write(t, dir, "large.csv", strings.Repeat("x", maxObject-1)+"y")
	git(t, dir, "submodule", "add", "-q", sub, "sub")
	commitAll(t, dir, "one")
	write(t, dir, "grades.csv", "user,hw1\n") // as LFS would write it
	write(t, dir, "large.csv", strings.Repeat("x", maxObject-1)+"yz")
	r := open(t, dir)
	grades, large, inner := filepath.Join(dir, "grades.csv"), filepath.Join(dir, "large.csv"), filepath.Join(dir, "sub", "x.yaml")
	got, err := r.Dirty(t.Context(), []string{grades, large, inner, filepath.Join(dir, "sub")})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]Difference{{grades, InLFS}, {large, Changed}, {inner, Untracked}}, got))
	require.Equal(t, filepath.Join(dir, "sub"), open(t, filepath.Join(dir, "sub")).Root(), "a submodule is a repository of its own")
}

// Reading leaves the work tree, the index and all of .git as they are, even
// where the index is out of date, which makes git status write it.
func TestReadingChangesNothing(t *testing.T) {
	dir := world(t)
	git(t, dir, "tag", "then")
	git(t, dir, "mv", "gb.yaml", "moved.yaml")
	commitAll(t, dir, "two")
	write(t, dir, "moved.yaml", "a: 1\n") // same bytes, another time
	write(t, dir, "courses/bio/gb.yaml", "changed")
	write(t, dir, "untracked.yaml", "x")
	status := func() string { return git(t, dir, "--no-optional-locks", "status", "--porcelain", "--ignored") }
	before, said := snapshot(t, dir), status()

	r := open(t, dir)
	ctx := t.Context()
	then := resolve(t, r, "then")
	at := must(r.Tree(ctx, then))
	must(at.ReadFile("gb.yaml"))
	must(at.ReadDir("courses"))
	must(r.Later(ctx, then))
	must(r.Was(ctx, then, []string{"moved.yaml", "untracked.yaml"}))
	must(r.Dirty(ctx, []string{dir, filepath.Join(dir, "moved.yaml"), filepath.Join(dir, "courses/bio/gb.yaml"), filepath.Join(dir, "untracked.yaml")}))
	must(r.Path(filepath.Join(dir, "moved.yaml")))
	_, err := r.Applied(ctx, "bio101")
	require.ErrorIs(t, err, ErrNotRecorded)
	_, err = r.Resolve(ctx, "nope")
	require.ErrorIs(t, err, ErrUnknown)
	r.Close()
	require.Empty(t, cmp.Diff(before, snapshot(t, dir)))
	require.Equal(t, said, status())

	// And recording adds the ref alone.
	must(r.Record(ctx, "bio101", Revision{}, must(r.Head(ctx))))
	after := snapshot(t, dir)
	ref := filepath.Join(dir, ".git", filepath.FromSlash(Ref("bio101")))
	require.Contains(t, after, ref)
	for p := ref; p != filepath.Join(dir, ".git", "refs"); p = filepath.Dir(p) {
		delete(after, p)
	}
	require.Empty(t, cmp.Diff(before, after))
}
