package revision

import (
	"bytes"
	"io"
	"io/fs"
	"time"
)

// Open implements [fs.FS]. What is opened has been read whole.
func (t *Tree) Open(name string) (fs.File, error) {
	e, err := t.look(stat, "open", name)
	if err != nil {
		return nil, err
	}
	if e.mode.IsDir() {
		return &folder{tree: t, name: name, info: info{tree: t, entry: e}}, nil
	}
	data, err := t.contents(e)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &file{Reader: bytes.NewReader(data), info: info{tree: t, entry: e, size: int64(len(data))}}, nil
}

// ReadFile implements [fs.ReadFileFS].
func (t *Tree) ReadFile(name string) ([]byte, error) {
	e, err := t.look(stat, "read", name)
	if err != nil {
		return nil, err
	}
	if e.mode.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errIsDir}
	}
	data, err := t.contents(e)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

// ReadDir implements [fs.ReadDirFS].
func (t *Tree) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := t.look(list, "readdir", name)
	if err != nil {
		return nil, err
	}
	if !e.mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errNotDir}
	}
	in, err := t.list(e)
	if err == nil {
		err = t.count(len(in.sorted))
	}
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	out := make([]fs.DirEntry, len(in.sorted))
	for i, e := range in.sorted {
		out[i] = dirEntry{tree: t, entry: e}
	}
	return out, nil
}

// count adds to the names that were listed.
func (t *Tree) count(n int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listed += n; t.listed > maxEntries {
		return errTooMany
	}
	return nil
}

// Stat implements [fs.StatFS].
func (t *Tree) Stat(name string) (fs.FileInfo, error) { return t.info(stat, "stat", name) }

// Lstat implements [fs.ReadLinkFS].
func (t *Tree) Lstat(name string) (fs.FileInfo, error) { return t.info(lstat, "lstat", name) }

func (t *Tree) info(about verb, op, name string) (fs.FileInfo, error) {
	e, err := t.look(about, op, name)
	if err != nil {
		return nil, err
	}
	i, err := t.sized(e)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return i, nil
}

// ReadLink implements [fs.ReadLinkFS].
func (t *Tree) ReadLink(name string) (string, error) {
	e, err := t.look(lstat, "readlink", name)
	if err != nil {
		return "", err
	}
	if e.mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	target, err := t.target(e)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	return target, nil
}

// contents is a file's bytes.
func (t *Tree) contents(e entry) ([]byte, error) {
	data, err := t.objects.read(t.ctx, e.id, "blob")
	if err == nil && isPointer(data) {
		return nil, ErrLFS
	}
	return data, err
}

// isPointer is whether a file is what Git LFS keeps in place of the real one.
func isPointer(data []byte) bool {
	return len(data) < 1024 && bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/spec/"))
}

// sized is an entry's information, with the size that git tells.
func (t *Tree) sized(e entry) (info, error) {
	if e.mode.IsDir() {
		return info{tree: t, entry: e}, nil
	}
	o, err := t.objects.check.get(t.ctx, e.id)
	return info{tree: t, entry: e, size: o.size}, partial(err)
}

// info implements [fs.FileInfo].
type info struct {
	tree  *Tree
	entry entry
	size  int64
}

func (i info) Name() string       { return i.entry.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.entry.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.entry.mode.IsDir() }
func (i info) Sys() any           { return nil }

// dirEntry implements [fs.DirEntry]; its size is asked for when it is wanted.
type dirEntry struct {
	tree  *Tree
	entry entry
}

func (d dirEntry) Name() string               { return d.entry.name }
func (d dirEntry) IsDir() bool                { return d.entry.mode.IsDir() }
func (d dirEntry) Type() fs.FileMode          { return d.entry.mode.Type() }
func (d dirEntry) Info() (fs.FileInfo, error) { return d.tree.sized(d.entry) }
func (d dirEntry) String() string             { return fs.FormatDirEntry(d) }

// file implements [fs.File].
type file struct {
	*bytes.Reader
	info info
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Close() error               { return nil }

// folder implements [fs.ReadDirFile].
type folder struct {
	tree *Tree
	name string
	info info
	rest []fs.DirEntry // nil: not read yet
}

func (d *folder) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *folder) Close() error               { return nil }

func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errIsDir}
}

func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if d.rest == nil {
		all, err := d.tree.ReadDir(d.name)
		if err != nil {
			return nil, err
		}
		d.rest = all
	}
	if n <= 0 {
		n = len(d.rest)
	} else if len(d.rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.rest))
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out, nil
}
