package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Source is where documents are read from: a file, or a folder with all the
// *.yaml and *.yml files in it and below, save folders that begin with a dot.
// In a folder a symbolic link to a file counts while it stays inside FS;
// links to folders are not followed.
type Source struct {
	FS   fs.FS
	Path string // within FS, as io/fs writes paths; "." is FS itself
	Name string // Path as the user typed it, for messages; "" means Path

	data   []byte // instead of FS
	beside fs.FS  // where the data files of its documents are
	record bool   // the file is a record: larger than what people write
}

// Bytes is a source that has been read already. The name "-" is standard input.
func Bytes(name string, data []byte) Source {
	return Source{Name: name, data: data}
}

// Beside gives what has been read already a folder: the data files of its
// documents are relative to it, and stay inside. Without one they have none.
func (s Source) Beside(folder fs.FS) Source {
	s.beside = folder
	return s
}

// content is one file of a source, or why it cannot be read.
type content struct {
	name string
	data []byte
	err  error
	in   folder
}

var (
	errOutside = errors.New("the symbolic link leaves the folder")
	errLinks   = errors.New("too many symbolic links")
	errSpecial = errors.New("not a regular file")
	errNothing = errors.New("holds no document")
)

// limit is how many bytes a file may have.
func (s Source) limit() int {
	if s.record {
		return maxRecord
	}
	return maxFile
}

func tooLarge(limit int) error { return fmt.Errorf("larger than %d MiB", limit>>20) }

// files visits the source's files in the order of their paths.
func (s Source) files(visit func(content)) {
	if s.Name == "" {
		s.Name = s.Path
	}
	if s.FS == nil {
		c := content{name: s.Name, data: s.data, in: folder{fs: s.beside, path: ".", name: path.Dir(s.Name)}}
		if len(s.data) > s.limit() {
			c = content{name: s.Name, err: tooLarge(s.limit())}
		}
		visit(c)
		return
	}
	info, err := fs.Stat(s.FS, s.Path)
	switch {
	case err != nil:
		visit(content{name: s.Name, err: err})
	case !info.IsDir():
		data, err := read(s.FS, s.Path, s.limit())
		visit(content{s.Name, data, err, folder{fs: s.FS, path: path.Dir(s.Path), name: path.Dir(s.Name)}})
	default:
		s.walk(visit)
	}
}

func (s Source) walk(visit func(content)) {
	found := map[string]error{} // by path, with what speaks against reading it
	_ = fs.WalkDir(s.FS, s.Path, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil: // this folder stays unread, the others go on
			found[p] = err
		case d.IsDir():
			if p != s.Path && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
		case path.Ext(p) == ".yaml" || path.Ext(p) == ".yml":
			found[p] = nil
			if d.Type()&fs.ModeSymlink == 0 && !d.Type().IsRegular() {
				found[p] = errSpecial // a pipe would be waited for
			}
		}
		return nil
	})
	if len(found) == 0 {
		visit(content{name: s.Name, err: errNothing})
	}
	for _, p := range sortedKeys(found) {
		c := content{name: path.Join(s.Name, strings.TrimPrefix(p, s.Path+"/")), err: found[p]}
		c.in = folder{fs: s.FS, path: path.Dir(p), name: path.Dir(c.name)}
		target := p
		if c.err == nil {
			target, c.err = follow(s.FS, p)
		}
		if c.err == nil {
			c.data, c.err = read(s.FS, target, s.limit())
		}
		visit(c)
	}
}

// follow is where a path leads once all its symbolic links are resolved, or an
// error where one of them leaves the tree.
func follow(fsys fs.FS, name string) (string, error) {
next:
	for range 40 {
		parts := strings.Split(name, "/")
		for i := range parts {
			link := path.Join(parts[:i+1]...)
			info, err := fs.Lstat(fsys, link)
			if err != nil {
				return "", err
			}
			if info.Mode()&fs.ModeSymlink == 0 {
				continue
			}
			target, err := fs.ReadLink(fsys, link)
			if err != nil {
				return "", err
			}
			name = path.Join(slices.Concat([]string{path.Dir(link), target}, parts[i+1:])...)
			if path.IsAbs(target) || !fs.ValidPath(name) {
				return "", errOutside
			}
			continue next
		}
		return name, nil
	}
	return "", errLinks
}

func read(fsys fs.FS, name string, limit int) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(data) > limit {
		return nil, tooLarge(limit)
	}
	return data, err
}

// reason is err without the path, which the message already begins with.
func reason(err error) string {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		err = p.Err
	}
	return visible(err.Error())
}
