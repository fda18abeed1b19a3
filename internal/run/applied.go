package run

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/gradesync/gradesync/internal/revision"
	"github.com/gradesync/gradesync/spec"
)

// Applied will record the present commit as applied, of every gradebook.
type Applied struct {
	repo *revision.Repo
	head revision.Revision
	was  []recordedAs
}

type recordedAs struct {
	gradebook string
	at        revision.Revision // zero: nothing was recorded
}

// PrepareApplied finds the commit that the files are at, before anything is
// planned on them. Only what is committed can be recorded: a later base is read
// from the commit. Errors are of type BaseError.
func PrepareApplied(ctx context.Context, docs *spec.Documents, files []string) (*Applied, error) {
	h, err := openHistory(ctx, ofBooks(docs, files))
	if err != nil {
		return nil, err
	}
	a := &Applied{repo: h.repo}
	if err := a.prepare(ctx, docs, files); err != nil {
		h.repo.Close()
		return nil, baseError(err)
	}
	return a, nil
}

func (a *Applied) prepare(ctx context.Context, docs *spec.Documents, files []string) (err error) {
	if a.head, err = a.repo.Head(ctx); err != nil {
		return err
	}
	folders := ofBooks(docs, files)
	dirty, err := a.repo.Dirty(ctx, append(readFiles(docs), folders...))
	if err != nil {
		return err
	}
	var told []string
	for _, d := range dirty {
		if ext := path.Ext(filepath.ToSlash(d.Path)); d.Why != revision.Removed || ext == ".yaml" || ext == ".yml" {
			told = append(told, d.Path+" "+string(d.Why))
		}
	}
	if len(told) > 0 {
		return &BaseError{
			Message: "--record would record " + a.head.Short() + " as applied, and the files are not as they are there: " + strings.Join(told, "; "),
			Hint:    "commit them first, or apply without --record",
		}
	}
	for _, g := range docs.Gradebooks {
		at, err := a.repo.Applied(ctx, g.Name())
		if err != nil && !errors.Is(err, revision.ErrNotRecorded) {
			return err
		}
		a.was = append(a.was, recordedAs{g.Name(), at})
	}
	return nil
}

// Record moves the refs; told is what to tell people of it.
func (a *Applied) Record(ctx context.Context) (told []string, err error) {
	for _, r := range a.was {
		step, err := a.repo.Record(ctx, r.gradebook, r.at, a.head)
		if err != nil {
			return told, baseError(err)
		}
		s := fmt.Sprintf("%s is at %s", revision.Ref(r.gradebook), a.head.Short())
		switch step {
		case revision.Back:
			s += ", which is older than what was recorded before"
		case revision.Aside:
			s += ", which is of another history than what was recorded before, or this clone cannot tell"
		}
		told = append(told, s)
	}
	return told, nil
}

// Close ends the reading of the repository.
func (a *Applied) Close() {
	if a != nil {
		a.repo.Close()
	}
}

// ofBooks are those of the files, as -f names them, that Gradebooks and Scores
// came from: Platform documents may lie anywhere.
func ofBooks(docs *spec.Documents, files []string) (out []string) {
	var places []string
	for _, g := range docs.Gradebooks {
		places = append(places, g.Pos.File)
	}
	for _, s := range docs.Scores {
		places = append(places, s.Pos.File)
	}
	for _, f := range files {
		for _, p := range places {
			if p == f || strings.HasPrefix(p, path.Clean(filepath.ToSlash(f))+"/") || path.Clean(filepath.ToSlash(f)) == "." && p != "-" {
				out = append(out, f)
				break
			}
		}
	}
	return out
}

// readFiles are all files that Gradebooks and Scores were read from.
func readFiles(docs *spec.Documents) (out []string) {
	seen := map[string]bool{"-": true, "": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	beside := func(at spec.Pos, sheet spec.Opt[string]) {
		if sheet.IsSet() {
			add(path.Join(path.Dir(filepath.ToSlash(at.File)), sheet.Value))
		}
	}
	for _, g := range docs.Gradebooks {
		add(g.Pos.File)
		beside(g.Pos, g.Users.Map)
	}
	for _, s := range docs.Scores {
		add(s.Pos.File)
		beside(s.Pos, s.CSV)
		if s.Matrix != nil {
			beside(s.Pos, s.Matrix.CSV)
		}
	}
	return out
}
