package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradesync/gradesync/internal/revision"
	"github.com/gradesync/gradesync/spec"
)

// isCopy tells a path from a revision. What could be both is neither.
func isCopy(ctx context.Context, word string, files []string) (bool, error) {
	_, err := os.Stat(word)
	there := err == nil
	if filepath.IsAbs(word) || strings.HasPrefix(word, "."+string(filepath.Separator)) || strings.HasPrefix(word, "..") {
		if !there {
			return false, &BaseError{Message: fmt.Sprintf("--base %s: there is nothing at this path", word), Hint: "name a git revision, a copy of the files, or auto"}
		}
		return true, nil
	}
	if !there {
		return false, nil
	}
	h, err := openHistory(ctx, files)
	if err != nil {
		return true, nil // without a repository it can be nothing else
	}
	defer h.repo.Close()
	if _, err := h.repo.Resolve(ctx, word); err != nil {
		return true, nil
	}
	return false, &BaseError{
		Message: fmt.Sprintf("--base %s is a revision and a path", word),
		Hint:    fmt.Sprintf("write ./%s for the path, or refs/heads/%s (refs/tags/%s) for the revision", word, word, word),
	}
}

// history is the repository that the files lie in.
type history struct {
	repo  *revision.Repo
	paths []string // of the files, from its root
}

func openHistory(ctx context.Context, files []string) (*history, error) {
	dir := "."
	var named []string
	for _, f := range files {
		if f != "-" {
			named = append(named, f)
		}
	}
	if len(named) == 0 {
		return nil, &BaseError{Message: "what comes from standard input has no history", Hint: "name the files with -f, or a copy of them as the base"}
	}
	if info, err := os.Stat(named[0]); err == nil && info.IsDir() {
		dir = named[0]
	} else {
		dir = filepath.Dir(named[0])
	}
	repo, err := revision.Open(ctx, dir)
	if err != nil {
		return nil, baseError(err)
	}
	h := &history{repo: repo}
	for _, f := range named {
		p, err := repo.Path(f)
		if err != nil {
			repo.Close()
			return nil, baseError(err)
		}
		h.paths = append(h.paths, p)
	}
	return h, nil
}

// baseError is an error of a revision in a form for people.
func baseError(err error) error {
	var done *BaseError
	if errors.As(err, &done) {
		return done
	}
	out := &BaseError{Message: err.Error(), Err: err}
	var e *revision.Error
	if errors.As(err, &e) {
		out.Hint = e.Hint
	}
	return out
}

// sources are the files as they stood at a revision, wherever they were then.
func (h *history) sources(ctx context.Context, tree *revision.Tree, rev revision.Revision) (out []spec.Source, gone []string, err error) {
	for _, p := range h.paths {
		_, _ = tree.Lstat(p) // that it is there, or not, is part of what was read
	}
	was, err := h.repo.Was(ctx, rev, h.paths)
	if err != nil {
		return nil, nil, baseError(err)
	}
	for _, p := range h.paths {
		old, there := was[p]
		if !there {
			gone = append(gone, p)
			continue
		}
		out = append(out, spec.Source{FS: tree, Path: old, Name: rev.Short() + ":" + old})
	}
	return out, gone, nil
}

// called is a revision for people: as they asked for it, with its hash.
func called(rev revision.Revision) string {
	if strings.HasPrefix(rev.Hash, rev.Name) {
		return rev.Name
	}
	return rev.Name + " (" + rev.Short() + ")"
}

func loadAt(ctx context.Context, h *history, tree *revision.Tree, rev revision.Revision, name string, note func(string)) (*spec.Documents, error) {
	sources, gone, err := h.sources(ctx, tree, rev)
	if err != nil {
		return nil, err
	}
	for _, p := range gone {
		note(fmt.Sprintf("%s was not there at %s: nothing of it has a base", p, name))
	}
	if len(sources) == 0 {
		return &spec.Documents{}, nil
	}
	docs, missing, err := spec.LoadBase(sources...)
	if err != nil {
		return nil, &BaseError{Message: "the files at " + name + " do not load, so they cannot be the base", Hint: "name another revision, or mend them and commit", Err: err}
	}
	tellMissing(name, missing, note)
	return docs, nil
}
