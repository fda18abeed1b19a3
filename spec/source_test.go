package spec

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// platformNamed is a document, in order to see which files were read, and in
// which order.
func platformNamed(name string) string {
	return strings.Replace(sandbox, "lab", name, 1)
}

func platformNames(d *Documents) []string {
	var all []string
	for _, p := range d.Platforms {
		all = append(all, p.Name()+" "+p.Metadata.Name.Pos.File.String())
	}
	return all
}

func TestOrderAndNamesOfFiles(t *testing.T) {
	tree := fstest.MapFS{}
	for _, name := range []string{"x/b.yaml", "x/a/1.yml", "x/a.yaml", "x/.git/no.yaml", "x/.dot.yaml", "x/README.md", "x/c.YAML", "y.yaml"} {
		doc := name[strings.LastIndex(name, "/")+1:]
		tree[name] = &fstest.MapFile{Data: []byte(platformNamed(doc))}
	}
	docs, err := Load(
		Bytes("-", []byte(platformNamed("stdin")+platformNamed("stdin-2"))),
		Source{FS: tree, Path: "y.yaml", Name: "../y.yaml"},
		Source{FS: tree, Path: "x", Name: "../x"},
	)
	require.NoError(t, err)
	want := []string{
		"stdin -", "stdin-2 -", "y.yaml ../y.yaml", ".dot.yaml ../x/.dot.yaml",
		"a.yaml ../x/a.yaml", "1.yml ../x/a/1.yml", "b.yaml ../x/b.yaml",
	}
	require.Empty(t, cmp.Diff(want, platformNames(docs)))

	docs, err = Load(Source{FS: tree, Path: "."})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]string{
		".dot.yaml x/.dot.yaml", "a.yaml x/a.yaml", "1.yml x/a/1.yml", "b.yaml x/b.yaml", "y.yaml y.yaml",
	}, platformNames(docs)))
}

func TestErrorsComeInTheOrderOfReading(t *testing.T) {
	_, err := Load(Bytes("z.yaml", []byte("kind: x\n")), Bytes("-", []byte("a: 1\n")), Bytes("a.yaml", nil))
	var errs Errors
	require.ErrorAs(t, err, &errs)
	var places []string
	for _, e := range errs {
		places = append(places, e.Pos.String())
	}
	require.Equal(t, []string{"z.yaml:1:1", "z.yaml:1:7", "<stdin>:1:1", "<stdin>:1:1", "a.yaml"}, places)
	var one *Error
	require.ErrorAs(t, err, &one)
	require.Same(t, errs[0], one)
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	write("tree/ok.yaml", platformNamed("lab"))
	write("tree/..data/linked.yml", platformNamed("linked"))
	write("outside.yaml", platformNamed("outside"))
	for name, target := range map[string]string{
		"tree/out.yaml":  "../outside.yaml",
		"tree/abs.yaml":  filepath.Join(dir, "tree/ok.yaml"),
		"tree/loop.yaml": "loop.yaml",
		"tree/gone.yaml": "nothing.yaml",
		"tree/..now":     "..data",
		"tree/in.yml":    "..now/linked.yml",
		"tree/folder":    "..",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	_, err := Load(
		Source{FS: os.DirFS(filepath.Join(dir, "tree")), Path: ".", Name: "tree"},
		Source{FS: os.DirFS(dir), Path: "no.yaml", Name: "./no.yaml"},
	)
	require.EqualError(t, err, strings.TrimSpace(`
tree/abs.yaml: cannot be read: the symbolic link leaves the folder
tree/gone.yaml: cannot be read: no such file or directory
tree/loop.yaml: cannot be read: too many symbolic links
tree/out.yaml: cannot be read: the symbolic link leaves the folder
./no.yaml: cannot be read: no such file or directory`))

	for _, name := range []string{"out.yaml", "abs.yaml", "loop.yaml", "gone.yaml"} {
		require.NoError(t, os.Remove(filepath.Join(dir, "tree", name)))
	}
	docs, err := Load(Source{FS: os.DirFS(filepath.Join(dir, "tree")), Path: "."})
	require.NoError(t, err)
	require.Equal(t, []string{"linked in.yml", "lab ok.yaml"}, platformNames(docs))
}

func TestSpecialFilesAreNotWaitedFor(t *testing.T) {
	tree := fstest.MapFS{"pipe.yaml": {Mode: fs.ModeNamedPipe}, "ok.yaml": {Data: []byte(sandbox)}}
	_, err := Load(Source{FS: tree, Path: "."})
	require.EqualError(t, err, "pipe.yaml: cannot be read: not a regular file")
}

// failing refuses to open one name.
type failing struct {
	fs.FS
	name string
}

func (f failing) Open(name string) (fs.File, error) {
	if name == f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("disk \x1b[31mon fire")}
	}
	return f.FS.Open(name)
}

func TestOneUnreadableFolderDoesNotStopTheOthers(t *testing.T) {
	tree := fstest.MapFS{"a/x.yaml": {Data: []byte("a: b: c\n")}, "b/y.yaml": {Data: []byte(sandbox)}, "c/z.yaml": {Data: []byte("kind: Z\n")}}
	_, err := Load(Source{FS: failing{tree, "b"}, Path: ".", Name: "d"})
	require.ErrorContains(t, err, "d/a/x.yaml:1:1: not valid YAML")
	require.ErrorContains(t, err, "d/b: cannot be read: disk �[31mon fire")
	require.ErrorContains(t, err, `d/c/z.yaml:1:7: unknown kind "Z"`)
}

func TestTooLarge(t *testing.T) {
	big := make([]byte, maxFile+1)
	for _, s := range []Source{Bytes("big.yaml", big), {FS: fstest.MapFS{"big.yaml": {Data: big}}, Path: "big.yaml"}} {
		_, err := Load(s)
		require.EqualError(t, err, "big.yaml: cannot be read: larger than 16 MiB")
	}
}

func TestNothingToRead(t *testing.T) {
	_, err := Load()
	require.EqualError(t, err, "no files to read")
}

// TestFileNamesAreHarmless has a file whose name would move the cursor.
func TestFileNamesAreHarmless(t *testing.T) {
	_, err := Load(Bytes("a\x1b[2J\u202e.yaml", []byte("x: 1\n")))
	require.ErrorContains(t, err, "a�[2J�.yaml:1:1: ")
	require.NotContains(t, err.Error(), "\x1b")
}
