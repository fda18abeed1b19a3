package revision

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Was is where each of today's paths stood at a revision: the same path if it was
// there, else the one that git says it was renamed from, in commits since or in
// the index. A folder was where most of the files that moved into it came from. A
// path that is not in the map was not there. Paths are from the repository's
// root, with slashes, as [Repo.Path] gives them.
func (r *Repo) Was(ctx context.Context, rev Revision, paths []string) (map[string]string, error) {
	tree, err := r.Tree(ctx, rev)
	if err != nil {
		return nil, err
	}
	was := map[string]string{}
	var gone []string
	for _, p := range paths {
		_, err := tree.look(lstat, "lstat", p)
		switch {
		case err == nil:
			was[p] = p
		case failed(err), errors.Is(err, fs.ErrInvalid):
			return nil, err
		default:
			gone = append(gone, p)
		}
	}
	if len(gone) == 0 {
		return was, nil
	}
	from, err := r.renames(ctx, rev)
	if err != nil {
		return nil, err
	}
	for _, p := range gone {
		if old, ok := from[p]; ok {
			was[p] = old
		} else if old, ok := folderWas(from, p); ok {
			was[p] = old
		}
	}
	return was, nil
}

// renames is the former paths of the files of the index, by their present ones.
func (r *Repo) renames(ctx context.Context, rev Revision) (map[string]string, error) {
	// -l is how many files are compared with each other at most; git's own limit
	// depends on its version.
	out, _, err := r.git.run(ctx, "diff-index", "--cached", "-z", "-M", "-l4000", "--no-ext-diff", "--no-textconv",
		"--ignore-submodules=all", "--diff-filter=R", "--name-status", rev.Hash, "--")
	if err != nil {
		return nil, fmt.Errorf("what was renamed since %s cannot be told: %w", spell(rev), partial(err))
	}
	from := map[string]string{}
	fields := strings.Split(string(out), "\x00")
	for ; len(fields) >= 3; fields = fields[3:] { // R<similarity>, old, new
		from[fields[2]] = fields[1]
	}
	return from, nil
}

// folderWas is the folder that most of the files below dir, which moved and kept
// their paths in it, came from; of two equals the first by name.
func folderWas(from map[string]string, dir string) (string, bool) {
	votes := map[string]int{}
	for now, old := range from {
		rest, ok := strings.CutPrefix(now, dir)
		if !ok || !strings.HasPrefix(rest, "/") {
			continue
		}
		if folder, ok := strings.CutSuffix("/"+old, rest); ok {
			votes[strings.TrimPrefix(folder, "/")]++
		}
	}
	best := ""
	for _, folder := range slices.Sorted(maps.Keys(votes)) {
		if votes[folder] > votes[best] {
			best = folder
		}
	}
	if len(votes) == 0 {
		return "", false
	}
	if best == "" {
		best = "."
	}
	return best, true
}
