package revision

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// planted commits a tree that `git add` would not make. lines are mktree's:
// "<mode> <type> <id>\t<name>".
func planted(t *testing.T, dir string, lines ...string) Revision {
	t.Helper()
	cmd := exec.Command("git", "mktree", "-z", "--missing")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(strings.Join(lines, "\x00")+"\x00")
	id, err := cmd.Output()
	require.NoError(t, err)
	return commitOfTree(t, dir, strings.TrimSpace(string(id)))
}

func commitOfTree(t *testing.T, dir, id string) Revision {
	t.Helper()
	return Revision{Hash: git(t, dir, "commit-tree", "-m", "planted", id)}
}

// blob stores a file's contents.
func blob(t *testing.T, dir, data string) string {
	t.Helper()
	cmd := exec.Command("git", "hash-object", "-w", "--stdin")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(data)
	id, err := cmd.Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(id))
}

// raw stores a tree object from its bytes, well formed or not.
func raw(t *testing.T, dir string, data []byte) Revision {
	t.Helper()
	cmd := exec.Command("git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(data)
	id, err := cmd.Output()
	require.NoError(t, err)
	// A commit object, too, that git would not make of it.
	id = bytes.TrimSpace(id)
	cmd = exec.Command("git", "hash-object", "-w", "-t", "commit", "--literally", "--stdin")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(fmt.Sprintf("tree %s\nauthor T <t> 0 +0000\ncommitter T <t> 0 +0000\n\nx\n", id))
	id, err = cmd.Output()
	require.NoError(t, err)
	return Revision{Hash: string(bytes.TrimSpace(id))}
}

// world has files, names and links of every kind.
func world(t *testing.T, options ...string) string {
	t.Helper()
	dir := empty(t, options...)
	for name, data := range map[string]string{
		"gb.yaml": "a: 1\n", "courses/bio/gb.yaml": "bio", "courses/bio/sheets/1.csv": "x,y\r\n", "courses-x": "sorts between",
		"with space/ä \"q\"'.csv": "ä", "line\nend.yaml": "n", "empty": "", "-rf.yaml": "dash", "*.yaml": "star", ":(top)x": "magic",
	} {
		write(t, dir, name, data)
	}
	require.NoError(t, os.Chmod(filepath.Join(dir, "courses-x"), 0o755))
	for link, target := range map[string]string{
		"link.yaml": "gb.yaml", "courses/up.yaml": "../gb.yaml", "alias": "courses/bio", "courses/twice": "../alias/sheets/../gb.yaml",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, link)))
	}
	commitAll(t, dir, "world")
	return dir
}

func readWorld(t *testing.T, dir string) {
	t.Helper()
	r := open(t, dir)
	at := tree(t, r, "HEAD")
	require.NoError(t, fstest.TestFS(at, "gb.yaml", "courses/bio/sheets/1.csv", "with space/ä \"q\"'.csv", "line\nend.yaml", "empty", "-rf.yaml", "*.yaml", "alias"))
	// As the work tree reads.
	disk := os.DirFS(dir)
	require.NoError(t, fs.WalkDir(disk, ".", func(p string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if p == ".git" {
			return fs.SkipDir
		}
		want, err := fs.Stat(disk, p)
		require.NoError(t, err)
		got, err := fs.Stat(at, p)
		require.NoError(t, err)
		require.Equal(t, want.IsDir(), got.IsDir(), p)
		require.Equal(t, want.Name(), got.Name())
		if !want.IsDir() {
			require.Equal(t, want.Size(), got.Size())
			require.Equal(t, want.Mode(), got.Mode(), p)
			data, err := fs.ReadFile(at, p)
			require.NoError(t, err)
			require.Equal(t, string(must(fs.ReadFile(disk, p))), string(data))
		}
		linked, err := fs.Lstat(at, p)
		require.NoError(t, err)
		require.Equal(t, d.Type(), linked.Mode().Type(), p)
		return nil
	}))
	target, err := at.ReadLink("courses/twice")
	require.NoError(t, err)
	require.Equal(t, "../alias/sheets/../gb.yaml", target)
	sub := must(fs.Sub(at, "courses"))
	require.Equal(t, "bio", string(must(fs.ReadFile(sub, "twice"))))
}

func TestTree(t *testing.T)       { readWorld(t, world(t)) }
func TestTreeSHA256(t *testing.T) { readWorld(t, world(t, "--object-format=sha256")) }

func TestTreePacked(t *testing.T) {
	dir := world(t)
	commitAll(t, dir, "two")
	git(t, dir, "gc", "-q", "--aggressive", "--prune=now")
	git(t, dir, "pack-refs", "--all")
	readWorld(t, dir)
	r := open(t, dir)
	require.Len(t, later(t, r, "HEAD~1"), 1)
}

func TestTreeOfWorktree(t *testing.T) {
	dir := world(t)
	other := filepath.Join(must(filepath.EvalSymlinks(t.TempDir())), "other")
	git(t, dir, "worktree", "add", "-q", "-b", "other", other)
	readWorld(t, other)
	write(t, other, "courses/bio/gb.yaml", "newer")
	commitAll(t, other, "two")
	r, main := open(t, filepath.Join(other, "courses")), open(t, dir)
	require.Equal(t, other, r.Root())
	head := must(r.Head(t.Context()))
	require.NotEqual(t, head.Hash, must(main.Head(t.Context())).Hash)
	_, err := r.Record(t.Context(), "bio101", Revision{}, head)
	require.NoError(t, err)
	require.Equal(t, head.Hash, must(main.Applied(t.Context(), "bio101")).Hash, "worktrees share the ref")
	require.Equal(t, "courses/bio/gb.yaml", must(r.Path(filepath.Join(other, "courses/bio/gb.yaml"))))
	_, err = r.Path(filepath.Join(dir, "gb.yaml"))
	require.ErrorIs(t, err, ErrNoRepository)
}

func TestTreeErrors(t *testing.T) {
	dir := world(t)
	at := tree(t, open(t, dir), "HEAD")
	for _, name := range []string{"nope", "gb.yaml/x", "courses/nope/x", "link.yaml/x"} {
		_, err := at.Open(name)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
		_, err = at.Lstat(name)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
	}
	for _, name := range []string{"", "/gb.yaml", "../x", "courses/", "./gb.yaml", "courses//bio", "\xff"} {
		_, err := at.Open(name)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
	}
	_, err := at.ReadFile("courses")
	require.ErrorIs(t, err, errIsDir)
	_, err = at.ReadDir("gb.yaml")
	require.ErrorIs(t, err, errNotDir)
	_, err = at.ReadLink("gb.yaml")
	require.ErrorIs(t, err, fs.ErrInvalid)
	d := must(at.Open("courses"))
	_, err = d.Read(make([]byte, 1))
	require.ErrorIs(t, err, errIsDir)
}

func TestTreeLinksStayInside(t *testing.T) {
	dir := empty(t)
	links := map[string]string{
		"abs": "/etc/passwd", "up": "../x", "sub/up": "../../x", "loop": "loop", "ping": "pong", "pong": "ping", "void": "nope",
		"long": strings.Repeat("a/", 3000), "sneaky": "sub/../../x", "back": "../" + filepath.Base(dir) + "/file",
	}
	var root, sub []string
	for name, target := range links {
		line := "120000 blob " + blob(t, dir, target) + "\t" + filepath.Base(name)
		if strings.HasPrefix(name, "sub/") {
			sub = append(sub, line)
		} else {
			root = append(root, line)
		}
	}
	subTree := git(t, dir, "rev-parse", planted(t, dir, sub...).Hash+"^{tree}")
	root = append(root, "040000 tree "+subTree+"\tsub", "100644 blob "+blob(t, dir, "x")+"\tfile", "120000 blob "+blob(t, dir, "")+"\tblank")
	at, err := open(t, dir).Tree(t.Context(), planted(t, dir, root...))
	require.NoError(t, err)
	for name, want := range map[string]error{
		"abs": errOutside, "up": errOutside, "sub/up": errOutside, "sneaky": errOutside, "back": errOutside, "blank": errOutside,
		"loop": errLinks, "ping": errLinks, "void": fs.ErrNotExist, "long": errLongLink,
	} {
		_, err := at.Open(name)
		require.ErrorIs(t, err, want, name)
		_, err = at.Stat(name)
		require.ErrorIs(t, err, want, name)
		info, err := at.Lstat(name)
		require.NoError(t, err)
		require.Equal(t, fs.ModeSymlink, info.Mode().Type())
	}
}

// A tree whose names lead elsewhere is refused as a whole.
func TestTreeHostile(t *testing.T) {
	dir := empty(t)
	id, err := hex.DecodeString(blob(t, dir, "x"))
	require.NoError(t, err)
	at := func(mode, name string) string { return mode + " " + name + "\x00" + string(id) }
	r := open(t, dir)
	for name, data := range map[string]string{
		"up": at("100644", ".."), "here": at("100644", "."), "slash": at("100644", "a/../../x"), "blank": at("100644", ""),
		"twice": at("100644", "a") + at("100644", "a"), "mode": at("170000", "a"), "no mode": at("x", "a"),
		"cut": "100644 a\x00short", "no end": "100644 a", "space later": "a\x00b c", "huge mode": at("77777777777777777777", "a"),
	} {
		tree, err := r.Tree(t.Context(), raw(t, dir, []byte(data)))
		require.NoError(t, err)
		_, err = tree.ReadDir(".")
		require.ErrorContains(t, err, "the repository is damaged", name)
		_, err = tree.Open("a")
		require.ErrorContains(t, err, "the repository is damaged", name)
	}
	// Names that are ugly and yet names.
	tree, err := r.Tree(t.Context(), raw(t, dir, []byte(at("100664", ".git")+at("100644", "\x1b[31m")+at("100644", "\xff"))))
	require.NoError(t, err)
	list, err := tree.ReadDir(".")
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, "x", string(must(tree.ReadFile("\x1b[31m"))))
}

// A tree of ten folders each of which is the next tree has ten billion files in
// a few hundred bytes.
func TestTreeBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	dir := empty(t)
	line := "100644 blob " + blob(t, dir, "x") + "\t"
	rev := Revision{}
	for range 10 {
		var lines []string
		for i := range 10 {
			lines = append(lines, fmt.Sprintf("%sf%d", line, i))
		}
		rev = planted(t, dir, lines...)
		line = "040000 tree " + git(t, dir, "rev-parse", rev.Hash+"^{tree}") + "\t"
	}
	tree, err := open(t, dir).Tree(t.Context(), rev)
	require.NoError(t, err)
	err = fs.WalkDir(tree, ".", func(_ string, _ fs.DirEntry, err error) error { return err })
	require.ErrorIs(t, err, errTooMany)
}

func TestTreeLargeFile(t *testing.T) {
	dir := empty(t)
	write(t, dir, "large.csv", strings.Repeat("x", maxObject+1))
	write(t, dir, "most.csv", strings.Repeat("x", maxObject))
	commitAll(t, dir, "one")
	tree := tree(t, open(t, dir), "HEAD")
	_, err := tree.ReadFile("large.csv")
	require.ErrorIs(t, err, ErrTooLarge)
	require.ErrorContains(t, err, "larger than 32 MiB")
	data, err := tree.ReadFile("most.csv")
	require.NoError(t, err)
	require.Len(t, data, maxObject)
	require.EqualValues(t, maxObject+1, must(tree.Stat("large.csv")).Size())
}

func TestTreeSubmoduleAndLFS(t *testing.T) {
	dir := empty(t)
	lfs := "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
	rev := planted(t, dir, "160000 commit "+strings.Repeat("1", 40)+"\tsub", "100644 blob "+blob(t, dir, lfs)+"\tgrades.csv")
	tree, err := open(t, dir).Tree(t.Context(), rev)
	require.NoError(t, err)
	list, err := tree.ReadDir("sub")
	require.NoError(t, err)
	require.Empty(t, list)
	require.True(t, must(tree.Stat("sub")).IsDir())
	_, err = tree.Open("sub/x.yaml")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = tree.Open("grades.csv")
	require.ErrorIs(t, err, ErrLFS)
	_, err = tree.ReadFile("grades.csv")
	require.ErrorIs(t, err, ErrLFS)
}

// A partial clone fetches nothing by itself: it says what it lacks.
func TestTreeOfPartialClone(t *testing.T) {
	dir := world(t)
	write(t, dir, "gb.yaml", "a: 2\n")
	git(t, dir, "mv", "courses", "lessons")
	commitAll(t, dir, "two")
	git(t, dir, "config", "uploadpack.allowFilter", "true")
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, dir, "clone", "-q", "--no-local", "--filter=blob:none", "file://"+dir, clone)
	r := open(t, clone)
	before := snapshot(t, filepath.Join(clone, ".git"))
	then := tree(t, r, "HEAD~1")
	for range 2 {
		_, err := then.ReadFile("gb.yaml")
		require.ErrorIs(t, err, ErrMissing)
		e := (*Error)(nil)
		require.ErrorAs(t, err, &e)
		require.Contains(t, e.Hint, "--filter")
	}
	require.Equal(t, "a: 2\n", string(must(tree(t, r, "HEAD").ReadFile("gb.yaml"))), "what is there is read")
	require.Empty(t, cmp.Diff(before, snapshot(t, filepath.Join(clone, ".git"))))
}

func TestTreeDamagedRepository(t *testing.T) {
	dir := world(t)
	var data []byte
	for _, e := range []struct{ mode, name, id string }{
		{"100644", "gone.yaml", strings.Repeat("1", 40)}, {"40000", "gone", strings.Repeat("2", 40)},
		{"40000", "no-folder", blob(t, dir, "x")}, {"100644", "no-file", git(t, dir, "rev-parse", "HEAD^{tree}")},
	} {
		data = append(data, e.mode+" "+e.name+"\x00"...)
		data = append(data, must(hex.DecodeString(e.id))...)
	}
	tree, err := open(t, dir).Tree(t.Context(), raw(t, dir, data))
	require.NoError(t, err)
	_, err = tree.ReadFile("gone.yaml")
	require.ErrorIs(t, err, ErrMissing)
	_, err = tree.ReadDir("gone")
	require.ErrorIs(t, err, ErrMissing)
	_, err = tree.ReadDir("no-folder")
	require.ErrorContains(t, err, "is a blob and not a tree")
	_, err = tree.ReadFile("no-file")
	require.ErrorContains(t, err, "is a tree and not a blob")
}

// Another object than the one that was asked for is never taken for it.
func TestTreeOfGitOutOfStep(t *testing.T) {
	dir := world(t)
	rev := resolve(t, open(t, dir), "HEAD")
	for name, answer := range map[string]string{
		"another": strings.Repeat("1", 40) + " commit 1\\nx", "junk": "junk", "ambiguous": rev.Hash + " ambiguous thing", "size": rev.Hash + " commit -1", "end": "",
	} {
		t.Run(name, func(t *testing.T) {
			behind(t, `case " $* " in *" cat-file "*) read id; printf '`+answer+`\n'; exit;; esac; exec "$GIT" "$@"`)
			_, err := open(t, dir).Tree(t.Context(), rev)
			require.ErrorContains(t, err, "git: cat-file answered")
		})
	}
}

// The processes that read are ended by Close and started again when needed.
func TestClose(t *testing.T) {
	dir := world(t)
	r := open(t, dir)
	at := tree(t, r, "HEAD")
	r.Close()
	r.Close()
	require.Equal(t, "a: 1\n", string(must(at.ReadFile("gb.yaml"))))
	require.NoError(t, r.objects.contents.p.cmd.Process.Kill())
	_, _ = r.objects.contents.p.cmd.Process.Wait()
	_, err := at.ReadFile("gb.yaml")
	require.Error(t, err)
	require.Equal(t, "a: 1\n", string(must(at.ReadFile("gb.yaml"))), "after one error it starts anew")
}

func TestSame(t *testing.T) {
	dir := world(t)
	// load reads what one who loads courses/ and a sheet beside would read.
	load := func(at *Tree) {
		require.NoError(t, fs.WalkDir(at, "courses", func(p string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(p, ".yaml") {
				_, err = fs.ReadFile(at, p)
			}
			return err
		}))
		_, err := at.Open("missing.csv")
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = at.ReadFile("alias/sheets/1.csv")
		require.NoError(t, err)
	}
	write(t, dir, "courses/1.txt", "")
	commitAll(t, dir, "one more")
	r := open(t, dir)
	first := tree(t, r, "HEAD")
	load(first)
	same := func() bool {
		commitAll(t, dir, "change")
		got, err := first.Same(tree(t, r, "HEAD"))
		require.NoError(t, err)
		if !got {
			git(t, dir, "reset", "-q", "--hard", "HEAD~1")
		}
		return got
	}
	require.True(t, must(first.Same(first)))
	for name, want := range map[string]bool{
		"README": true, "courses/bio/notes.txt": false, "new/x.yaml": true, "courses/bio/sheets/1.csv": false, "gb.yaml": false, // through courses/up.yaml
		"courses/new.yaml": false, "missing.csv": false, "courses/bio/gb.yaml": false, "courses-x": true,
	} {
		write(t, dir, name, "changed")
		require.Equal(t, want, same(), name)
	}
	require.NoError(t, os.Rename(filepath.Join(dir, "courses/1.txt"), filepath.Join(dir, "courses/2.txt")))
	require.False(t, same())
	require.NoError(t, os.Remove(filepath.Join(dir, "courses/bio/gb.yaml")))
	require.False(t, same())
	require.NoError(t, os.Remove(filepath.Join(dir, "alias")))
	require.NoError(t, os.Symlink("with space", filepath.Join(dir, "alias")))
	require.False(t, same(), "the link that the sheet was found by leads elsewhere")
	require.NoError(t, os.Remove(filepath.Join(dir, "empty")))
	require.True(t, same())

	ctx, cancel := context.WithCancel(t.Context())
	dead := must(r.Tree(ctx, must(r.Head(t.Context()))))
	cancel()
	_, err := first.Same(dead)
	require.True(t, isCanceled(err), err)
}

// Several may read at once.
func TestTreeAtOnce(t *testing.T) {
	dir := world(t)
	at := tree(t, open(t, dir), "HEAD")
	errs := make(chan error)
	for range 8 {
		go func() {
			f, err := at.Open("alias/gb.yaml")
			if err == nil {
				var data []byte
				data, err = io.ReadAll(f)
				if string(data) != "bio" {
					err = errors.New(string(data))
				}
			}
			errs <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-errs)
	}
}

func FuzzParseTree(f *testing.F) {
	id := strings.Repeat("i", 20)
	f.Add([]byte("100644 a\x00" + id + "40000 d\x00" + id))
	f.Add([]byte("100644 ..\x00" + id))
	f.Add([]byte("120000 \x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, n := range []int{20, 32} {
			entries, err := parseTree(data, n)
			if err != nil {
				require.Empty(t, entries)
			}
			names := map[string]bool{}
			for _, e := range entries {
				require.True(t, e.name != "" && e.name != "." && e.name != ".." && !strings.ContainsAny(e.name, "/\x00") && !names[e.name])
				require.Contains(t, []fs.FileMode{0, fs.ModeDir, fs.ModeSymlink}, e.mode.Type())
				names[e.name] = true
			}
			require.Len(t, slices.Collect(maps.Keys(names)), len(entries))
		}
	})
}

func FuzzParseCommit(f *testing.F) {
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	f.Add([]byte("tree " + a + "\nparent " + b + "\nparent " + a + "\nauthor x\n\nparent " + b))
	f.Add([]byte("parent x\ntree " + a))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseCommit(data, 40)
		if err == nil {
			require.True(t, isHash(c.tree, 40))
		}
		for _, p := range c.parents {
			require.True(t, isHash(p, 40))
			require.Contains(t, string(data), "parent "+p)
		}
	})
}

func TestParseCommit(t *testing.T) {
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	c, err := parseCommit([]byte("tree "+a+"\nparent "+b+"\nauthor x\nparent "+a+"\n\nparent "+a), 40)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(commit{tree: a, parents: []string{b}}, c, cmp.AllowUnexported(commit{})))
	_, err = parseCommit([]byte("author x\n"), 40)
	require.ErrorContains(t, err, "cannot be read")
}
