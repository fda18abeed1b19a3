package revision

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Difference is a file that was read and that a commit does not hold like this.
type Difference struct {
	Path string // as it was given; of a file missing below a folder, from the root
	Why  Why
}

// Why is what is between a file and the commit, in words that follow its name.
type Why string

// The reasons.
const (
	Untracked Why = "is not in the commit"
	Changed   Why = "differs from the commit"
	Removed   Why = "is in the commit, and not here"
	InLFS     Why = "is kept in Git LFS, so that the commit holds only a pointer to it"
)

// Dirty is which of the files, all given as for [Repo.Path], a later reading of
// the commit HEAD would not give as they are now, in the order given: what may
// not be recorded as applied. Of a folder it tells each file that HEAD has below
// it and the work tree has not; those that are there are to be given themselves.
//
// The bytes are compared, and not what the index says of them, so that a file that
// is ignored or assumed to be unchanged counts like any other. Line ends may
// differ, as git is often told to change them. A symbolic link on the way to a
// file has to be in the commit too.
func (r *Repo) Dirty(ctx context.Context, names []string) ([]Difference, error) {
	head, err := r.Head(ctx)
	if err != nil {
		return nil, err
	}
	tree, err := r.Tree(ctx, head)
	if err != nil {
		return nil, err
	}
	var all []Difference
	for _, name := range names {
		found, err := r.dirty(tree, name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (r *Repo) dirty(tree *Tree, name string) ([]Difference, error) {
	real, links, err := walk(name, true)
	if err != nil {
		return nil, err
	}
	for _, link := range links {
		p, ok := r.inside(link)
		if !ok {
			continue // on the way to the repository
		}
		target, err := os.Readlink(link)
		if err != nil {
			return nil, err
		}
		then, err := tree.ReadLink(p)
		switch {
		case failed(err):
			return nil, err
		case err != nil:
			return []Difference{{name, Untracked}}, nil
		case then != filepath.ToSlash(target):
			return []Difference{{name, Changed}}, nil
		}
	}
	p, ok := r.inside(real)
	if !ok {
		return []Difference{{name, Untracked}}, nil
	}
	info, err := os.Lstat(real)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r.missing(tree, p, name)
	case err != nil:
		return nil, err
	case info.IsDir():
		return r.missing(tree, p, "")
	}
	why, err := compare(tree, p, real, info)
	if why == "" || err != nil {
		return nil, err
	}
	return []Difference{{name, why}}, nil
}

// compare is what is between a file and the commit, "" if nothing.
func compare(tree *Tree, p, real string, info fs.FileInfo) (Why, error) {
	e, err := tree.look(lstat, "lstat", p)
	switch {
	case failed(err):
		return "", err
	case err != nil:
		return Untracked, nil
	case !e.mode.IsRegular() || !info.Mode().IsRegular():
		return Changed, nil
	}
	then, err := tree.contents(e)
	switch {
	case errors.Is(err, ErrLFS):
		return InLFS, nil
	case err != nil:
		return "", err
	}
	now, err := readFile(real)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(lines(now), lines(then)) {
		return Changed, nil
	}
	return "", nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxObject+1)) // one more differs for sure
}

func lines(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) }

// missing is the files that the commit has at or below a path and the work tree
// has not. name is what to call the one at the path itself.
func (r *Repo) missing(tree *Tree, p, name string) ([]Difference, error) {
	if _, err := tree.look(lstat, "lstat", p); failed(err) {
		return nil, err
	} else if err != nil {
		return nil, nil // neither here nor there
	}
	var gone []Difference
	err := fs.WalkDir(tree, p, func(q string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		_, err = os.Lstat(filepath.Join(r.root, filepath.FromSlash(q)))
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) { // a folder may be a file now
			return err
		}
		if q == p && name != "" {
			q = name
		}
		gone = append(gone, Difference{q, Removed})
		return nil
	})
	return gone, err
}
