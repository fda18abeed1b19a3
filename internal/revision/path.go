package revision

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Path is where a file of the work tree stands in the repository: from its root,
// with slashes. name is absolute or relative to the working directory and need
// not be there. Symbolic links on the way are resolved; one at the end, in the
// repository, is the file itself.
func (r *Repo) Path(name string) (string, error) {
	real, _, err := walk(name, false)
	if err != nil {
		return "", err
	}
	p, ok := r.inside(real)
	if !ok { // it may be a link to here
		if real, _, err = walk(name, true); err != nil {
			return "", err
		}
		p, ok = r.inside(real)
	}
	if !ok {
		return "", &Error{Message: fmt.Sprintf("%q is not in the git repository at %q", name, r.root), Hint: "keep the files in the repository whose revision is the base", Err: ErrNoRepository}
	}
	return p, nil
}

// inside is where an absolute path without links stands in the repository.
func (r *Repo) inside(real string) (string, bool) {
	rel, err := filepath.Rel(r.root, real)
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}

// walk is a path without symbolic links, save one at its end unless last is set,
// and the links that it went through, as absolute paths.
func walk(name string, last bool) (real string, links []string, err error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", nil, err
	}
	volume, rest := parts(abs)
	real = volume
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		if part == ".." {
			real = filepath.Dir(real)
			continue
		}
		next := filepath.Join(real, part)
		info, err := os.Lstat(next)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", nil, err
		}
		if err != nil || info.Mode()&fs.ModeSymlink == 0 || len(rest) == 0 && !last {
			real = next
			continue
		}
		if links = append(links, next); len(links) > maxLinks {
			return "", nil, &fs.PathError{Op: "open", Path: name, Err: errLinks}
		}
		target, err := os.Readlink(next)
		if err != nil {
			return "", nil, err
		}
		volume, way := parts(target)
		if filepath.IsAbs(target) {
			real = volume
		}
		rest = append(way, rest...)
	}
	return real, links, nil
}

// parts is a path's root, with its separator, and the names below it.
func parts(name string) (root string, names []string) {
	volume := filepath.VolumeName(name)
	names = strings.FieldsFunc(name[len(volume):], func(c rune) bool { return c < 0x80 && os.IsPathSeparator(uint8(c)) })
	names = slices.DeleteFunc(names, func(n string) bool { return n == "." })
	return volume + string(filepath.Separator), names
}
