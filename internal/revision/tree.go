package revision

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

const (
	maxLinks   = 40      // symbolic links on one path
	maxTarget  = 4096    // bytes of a link's target
	maxEntries = 500_000 // names that are listed of one Tree: a small repository can tell of endless folders
)

var (
	errOutside  = errors.New("the symbolic link leaves the repository")
	errLinks    = errors.New("too many symbolic links")
	errIsDir    = errors.New("is a folder")
	errNotDir   = errors.New("not a folder")
	errTooMany  = errors.New("the revision holds too many files")
	errLongLink = errors.New("the symbolic link is too long")
)

// Tree is the files of a commit, from the repository's root on. It is an
// [fs.ReadLinkFS], [fs.ReadDirFS], [fs.ReadFileFS] and [fs.StatFS]: Open, Stat,
// ReadFile and ReadDir follow symbolic links inside the repository. No file has
// a time. It remembers what was read through it, see [Tree.Same].
type Tree struct {
	Revision Revision

	ctx     context.Context // io/fs has no place for it
	objects *objects
	idBytes int
	root    entry

	mu     sync.Mutex
	seen   map[question]string
	listed int
	dirs   map[string]*listing // by object id
}

// Tree is the files of a commit. The context counts for all that is read of it.
func (r *Repo) Tree(ctx context.Context, rev Revision) (*Tree, error) {
	if err := r.whole(rev); err != nil {
		return nil, err
	}
	data, err := r.objects.read(ctx, rev.Hash, "commit")
	if err != nil {
		return nil, err
	}
	c, err := parseCommit(data, r.hexLen)
	if err != nil {
		return nil, err
	}
	return &Tree{
		Revision: rev, ctx: ctx, objects: r.objects, idBytes: r.hexLen / 2,
		root: entry{name: ".", mode: fs.ModeDir | 0o755, id: c.tree},
		seen: map[question]string{}, dirs: map[string]*listing{},
	}, nil
}

// listing is a folder's entries.
type listing struct {
	sorted []entry // by name
	byName map[string]entry
}

// list is what is in a folder. A submodule is empty.
func (t *Tree) list(dir entry) (*listing, error) {
	if dir.id == "" {
		return &listing{}, nil
	}
	t.mu.Lock()
	known := t.dirs[dir.id]
	t.mu.Unlock()
	if known != nil {
		return known, nil
	}
	data, err := t.objects.read(t.ctx, dir.id, "tree")
	if err != nil {
		return nil, err
	}
	entries, err := parseTree(data, t.idBytes)
	if err != nil {
		return nil, err
	}
	l := &listing{sorted: entries, byName: make(map[string]entry, len(entries))}
	for _, e := range entries {
		l.byName[e.name] = e
	}
	slices.SortFunc(l.sorted, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	t.mu.Lock()
	t.dirs[dir.id] = l
	t.mu.Unlock()
	return l, nil
}

// find walks to a path, through symbolic links on the way, and through one at its
// end if last is set. at is where it is in truth.
func (t *Tree) find(name string, last bool) (found entry, at string, err error) {
	if !fs.ValidPath(name) {
		return entry{}, "", fs.ErrInvalid
	}
	// trail is the folders from the root to where the walk stands.
	trail, rest, links := []entry{t.root}, split(name), 0
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		here := trail[len(trail)-1]
		switch {
		case !here.mode.IsDir():
			return entry{}, "", fs.ErrNotExist
		case part == "" || part == ".":
			continue
		case part == "..":
			if trail = trail[:len(trail)-1]; len(trail) == 0 {
				return entry{}, "", errOutside
			}
			continue
		}
		in, err := t.list(here)
		if err != nil {
			return entry{}, "", err
		}
		e, ok := in.byName[part]
		if !ok {
			return entry{}, "", fs.ErrNotExist
		}
		if e.mode&fs.ModeSymlink == 0 || len(rest) == 0 && !last {
			trail = append(trail, e)
			continue
		}
		if links++; links > maxLinks {
			return entry{}, "", errLinks
		}
		target, err := t.target(e)
		if err != nil {
			return entry{}, "", err
		}
		if path.IsAbs(target) || target == "" {
			return entry{}, "", errOutside
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	names := make([]string, len(trail)-1)
	for i, e := range trail[1:] {
		names[i] = e.name
	}
	return trail[len(trail)-1], path.Join(append([]string{"."}, names...)...), nil
}

func split(name string) []string {
	if name == "." {
		return nil
	}
	return strings.Split(name, "/")
}

// target is where a symbolic link leads, as it is written.
func (t *Tree) target(link entry) (string, error) {
	data, err := t.objects.read(t.ctx, link.id, "blob")
	if err == nil && len(data) > maxTarget {
		err = errLongLink
	}
	return string(data), err
}
