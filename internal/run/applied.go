package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/internal/revision"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// Start is the commit that the files were at when a run began, before they were
// read.
type Start struct {
	repo *revision.Repo
	head revision.Revision
}

// BeginApplied finds the commit before the files are read, so that one that is
// made meanwhile is not taken for it. Errors are of type BaseError.
func BeginApplied(ctx context.Context, files []string) (*Start, error) {
	h, err := openHistory(ctx, inRepository(ctx, files))
	if err != nil {
		return nil, err
	}
	s := &Start{repo: h.repo}
	if s.head, err = s.repo.Head(ctx); err != nil {
		h.repo.Close()
		return nil, baseError(err)
	}
	return s, nil
}

// inRepository leaves out what lies elsewhere, as Platform documents may.
func inRepository(ctx context.Context, files []string) (in []string) {
	for _, f := range files {
		if h, err := openHistory(ctx, []string{f}); err == nil {
			h.repo.Close()
			in = append(in, f)
			break
		}
	}
	if len(in) == 0 {
		return files
	}
	return in
}

// Applied will record a commit as applied, of every gradebook.
type Applied struct {
	*Start
	docs *spec.Documents
	was  map[string]revision.Revision // by gradebook; zero: nothing was recorded
	kept map[string][]byte            // what was kept beside it
}

// Prepare makes sure that the files are those of the commit: a later base is
// read from it. note is told what cannot be. Errors are of type BaseError.
func (s *Start) Prepare(ctx context.Context, docs *spec.Documents, files []string, note func(string)) (*Applied, error) {
	a := &Applied{Start: s, docs: docs, was: map[string]revision.Revision{}, kept: map[string][]byte{}}
	if err := a.prepare(ctx, files, note); err != nil {
		return nil, baseError(err)
	}
	return a, nil
}

func (a *Applied) prepare(ctx context.Context, files []string, note func(string)) error {
	const hint = "commit them first, or apply without --record"
	told, untracked, err := uncommitted(ctx, a.repo, a.docs, files)
	if err != nil {
		return err
	}
	for _, name := range untracked {
		note(name + " is not in git: what it says now will have no base later")
	}
	if len(told) > 0 {
		return &BaseError{
			Message: "--record would record " + a.head.Short() + " as applied, and the files are not as they are there: " + strings.Join(told, "; "),
			Hint:    hint,
		}
	}
	head, err := a.repo.Head(ctx)
	if err != nil {
		return err
	}
	if head.Hash != a.head.Hash {
		return &BaseError{Message: "--record: another commit was made or checked out while the files were read", Hint: "run it again"}
	}
	for _, g := range a.docs.Gradebooks {
		at, err := a.repo.Applied(ctx, g.Name())
		if err != nil && !errors.Is(err, revision.ErrNotRecorded) {
			return err
		}
		a.was[g.Name()] = at
		if a.kept[g.Name()], err = a.repo.Kept(ctx, g.Name()); err != nil {
			return err
		}
	}
	return nil
}

// uncommitted is what of the documents and their sheets is not as HEAD has it.
// Sheets that git does not know are apart: people keep grades out of it.
func uncommitted(ctx context.Context, repo *revision.Repo, docs *spec.Documents, files []string) (told, untracked []string, err error) {
	names, sheets := readFiles(docs)
	if slices.Contains(names, "-") {
		told = append(told, "standard input is in no commit")
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "-" })
	dirty, err := repo.Dirty(ctx, slices.Concat(names, sheets, ofBooks(docs, files)))
	if err != nil {
		return nil, nil, err
	}
	for _, d := range dirty {
		ext := path.Ext(filepath.ToSlash(d.Path))
		switch {
		case d.Why == revision.Untracked && slices.Contains(sheets, d.Path):
			untracked = append(untracked, d.Path)
		case d.Why != revision.Removed || ext == ".yaml" || ext == ".yml":
			told = append(told, d.Path+" "+string(d.Why))
		}
	}
	return told, untracked, nil
}

// Record moves the refs after a plan was carried out; told is what to tell people
// of it.
func (a *Applied) Record(ctx context.Context, done plan.Plan) (told []string, err error) {
	for _, g := range a.docs.Gradebooks {
		note, err := json.Marshal(besideOf(a.head, g, a.docs.PlatformOf(g), done))
		if err != nil {
			return told, baseError(err)
		}
		if err := a.repo.Keep(ctx, g.Name(), note); err != nil {
			return told, baseError(err)
		}
		step, err := a.repo.Record(ctx, g.Name(), a.was[g.Name()], a.head)
		if err != nil {
			return told, baseError(err)
		}
		s := fmt.Sprintf("%s is at %s", revision.Ref(g.Name()), a.head.Short())
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
func (s *Start) Close() {
	if s != nil {
		s.repo.Close()
	}
}

// ofBooks are those of the files, as -f names them, that Gradebooks and Scores
// came from: Platform documents may lie anywhere.
func ofBooks(docs *spec.Documents, files []string) (out []string) {
	var places []string
	for _, g := range docs.Gradebooks {
		places = append(places, g.Pos.File.String())
	}
	for _, s := range docs.Scores {
		places = append(places, s.Pos.File.String())
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

// readFiles are all files that Gradebooks and Scores were read from, and their
// sheets.
func readFiles(docs *spec.Documents) (names, sheets []string) {
	seen := map[string]bool{"": true}
	add := func(to *[]string, name string) {
		if !seen[name] {
			seen[name] = true
			*to = append(*to, name)
		}
	}
	beside := func(at spec.Pos, sheet spec.Opt[string]) {
		if sheet.IsSet() {
			add(&sheets, path.Join(path.Dir(filepath.ToSlash(at.File.String())), sheet.Value))
		}
	}
	for _, g := range docs.Gradebooks {
		add(&names, g.Pos.File.String())
		beside(g.Pos, g.Users.Map)
	}
	for _, s := range docs.Scores {
		add(&names, s.Pos.File.String())
		beside(s.Pos, s.CSV)
		if s.Matrix != nil {
			beside(s.Pos, s.Matrix.CSV)
		}
	}
	return names, sheets
}

// TellUncommitted notes that what is applied now of files that differ from the
// last commit cannot be told from a hand's change later.
func TellUncommitted(ctx context.Context, docs *spec.Documents, files []string, note func(string)) {
	h, err := openHistory(ctx, ofBooks(docs, files))
	if err != nil {
		return
	}
	defer h.repo.Close()
	if told, _, err := uncommitted(ctx, h.repo, docs, files); err == nil && len(told) > 0 {
		note("not committed: " + strings.Join(told, "; ") + ". What is applied of it will look like somebody's own hand to a later --base")
	}
}
