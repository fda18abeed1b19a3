package run

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradesync/gradesync/internal/revision"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// AutoBase asks for the revision that was recorded as applied, of each gradebook.
const AutoBase = "auto"

// noneRecorded is what such a base is called where there is none for a gradebook
// or a course.
const noneRecorded = "none recorded"

// BaseError says why there is no base, and what to do.
type BaseError struct {
	Message, Hint string
	Err           error // may be nil; spec.Errors where older files do not load
}

func (e *BaseError) Error() string { return e.Message }
func (e *BaseError) Unwrap() error { return e.Err }

// Base is what the files said before, by gradebook.
type Base struct {
	books map[string]*pastBook
	note  func(string)
}

// pastBook is one gradebook at its base, and later.
type pastBook struct {
	name  string // of the base, for people
	at    pastItems
	later []laterBook
	// unrecorded are the contexts of which nothing is recorded, while the user
	// goes by what is: what is in their courses may be anybody's.
	unrecorded map[string]bool
	notes      map[string][]plan.Note // for the plans of contexts, by name
}

// pastOf is a gradebook and the revision that is its base.
type pastOf struct {
	*spec.Gradebook
	rev revision.Revision
}

// pastItems is what was said of each of today's contexts, by its name. One that
// was not there, or was of another course, has no entry.
type pastItems map[string][]spec.LineItem

type laterBook struct {
	name  string
	items pastItems
}

// ReadBase reads what the files said before. word is a git revision, a path of
// a copy of the files, or AutoBase; files are the present ones, as -f names them.
// note is told what has no base. Errors are of type BaseError.
func ReadBase(ctx context.Context, docs *spec.Documents, word string, files []string, sources func([]string) []spec.Source, note func(string)) (*Base, error) {
	b := &Base{books: map[string]*pastBook{}, note: note}
	files = ofBooks(docs, files)
	if word != AutoBase {
		is, err := isCopy(ctx, word, files)
		if err != nil {
			return nil, err
		}
		if is {
			return b, b.readCopy(docs, word, sources)
		}
	}
	h, err := openHistory(ctx, files)
	if err != nil {
		return nil, err
	}
	defer h.repo.Close()
	if word != AutoBase {
		rev, err := h.repo.Resolve(ctx, word)
		if err != nil {
			return nil, baseError(err)
		}
		var books []pastOf
		for _, g := range docs.Gradebooks {
			books = append(books, pastOf{g, rev})
		}
		if len(books) == 0 {
			return b, nil
		}
		return b, b.readRevision(ctx, h, docs, books)
	}
	return b, b.readRecorded(ctx, h, docs)
}

// readRecorded reads each gradebook at the revision that was recorded of it. One
// of which nothing is recorded is new, if others are not.
func (b *Base) readRecorded(ctx context.Context, h *history, docs *spec.Documents) error {
	var missing error
	var fresh []*spec.Gradebook
	at := map[string][]pastOf{} // by commit
	var commits []string
	for _, g := range docs.Gradebooks {
		rev, err := h.repo.Applied(ctx, g.Name())
		if errors.Is(err, revision.ErrNotRecorded) {
			if missing == nil {
				missing = err
			}
			fresh = append(fresh, g)
			continue
		}
		if err != nil {
			return baseError(err)
		}
		if at[rev.Hash] == nil {
			commits = append(commits, rev.Hash)
		}
		at[rev.Hash] = append(at[rev.Hash], pastOf{g, rev})
	}
	if len(commits) == 0 && missing != nil {
		return baseError(missing)
	}
	for _, g := range fresh {
		b.books[g.Name()] = unrecorded(g)
		b.note(fmt.Sprintf("nothing is recorded as applied of the Gradebook %q: nothing of it has a base", g.Name()))
	}
	for _, commit := range commits {
		books := at[commit]
		if err := b.readRevision(ctx, h, docs, books); err != nil {
			return err
		}
		lacks, err := h.repo.Lacks(ctx, books[0].rev)
		if err != nil {
			return baseError(err)
		}
		for _, g := range books {
			if lacks {
				b.books[g.Name()].tell(g.Gradebook, fmt.Sprintf("main is ahead of this: the commit that was applied last, %s, is not in the history of these files, so that what it brought may look as if it were to be taken back, or set by hand; merge main, and plan again", g.rev.Short()))
			}
			if err := b.heed(ctx, h, g.Gradebook, docs.PlatformOf(g.Gradebook), g.rev); err != nil {
				return err
			}
		}
	}
	return nil
}

// unrecorded is the past of a gradebook of which nothing is recorded.
func unrecorded(g *spec.Gradebook) *pastBook {
	book := newPast(noneRecorded, pastItems{})
	for i := range g.Contexts {
		book.unrecorded[g.Contexts[i].Name.Value] = true
	}
	book.tell(g, "nothing is recorded for this Gradebook, so nobody can tell what was set by hand: what would be overwritten is held; if it was renamed, give it its old name back, else see what is there before you let it go")
	return book
}

func newPast(name string, at pastItems) *pastBook {
	return &pastBook{name: name, at: at, unrecorded: map[string]bool{}, notes: map[string][]plan.Note{}}
}

// tell is a note for the plan of every context.
func (p *pastBook) tell(g *spec.Gradebook, message string) {
	for i := range g.Contexts {
		name := g.Contexts[i].Name.Value
		p.notes[name] = append(p.notes[name], plan.Note{Message: message})
	}
}

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

func (b *Base) readCopy(docs *spec.Documents, word string, sources func([]string) []spec.Source) error {
	past, missing, err := spec.LoadBase(sources([]string{word})...)
	if err != nil {
		return &BaseError{Message: "the files at " + word + " do not load, so they cannot be the base", Err: err}
	}
	tellMissing(word, missing, b.note)
	for _, g := range docs.Gradebooks {
		b.take(g, word, past, docs)
	}
	return nil
}

func tellMissing(name string, missing []spec.Missing, note func(string)) {
	for _, m := range missing {
		note(fmt.Sprintf("%s is not there at %s: what it said then is not known, so its scores have no base", m.Path, name))
	}
}

// take is a gradebook's own part of what was loaded.
func (b *Base) take(g *spec.Gradebook, name string, past, docs *spec.Documents) {
	was := bookOf(past, g.Name())
	b.books[g.Name()] = newPast(name, itemsOf(past, was, g, docs))
	if was == nil {
		b.note(fmt.Sprintf("the Gradebook %q was not there at %s: nothing of it has a base", g.Name(), name))
		return
	}
	for i := range g.Contexts {
		c := g.Contexts[i].Name.Value
		if _, there := b.books[g.Name()].at[c]; !there {
			b.note(fmt.Sprintf("the context %s/%s was not there at %s, or was another course: nothing of it has a base", g.Name(), c, name))
		}
	}
}

func bookOf(docs *spec.Documents, name string) *spec.Gradebook {
	for _, g := range docs.Gradebooks {
		if g.Name() == name {
			return g
		}
	}
	return nil
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

// readRevision reads what the files said of gradebooks (at least one) that have one
// commit as their base, and since.
func (b *Base) readRevision(ctx context.Context, h *history, docs *spec.Documents, books []pastOf) error {
	rev := books[0].rev
	tree, err := h.repo.Tree(ctx, rev)
	if err != nil {
		return baseError(err)
	}
	past, err := loadAt(ctx, h, tree, rev, called(rev), b.note)
	if err != nil {
		return err
	}
	for _, g := range books {
		b.take(g.Gradebook, called(g.rev), past, docs)
	}
	commits, err := h.repo.Later(ctx, rev)
	if err != nil {
		return baseError(err)
	}
	quiet := func(string) {}
	for _, commit := range commits {
		next, err := h.repo.Tree(ctx, commit)
		if err != nil {
			return baseError(err)
		}
		if same, err := tree.Same(next); err != nil {
			return baseError(err)
		} else if same {
			continue // nothing that is read here has changed
		}
		tree = next
		later, err := loadAt(ctx, h, tree, commit, commit.Short(), quiet)
		var broken spec.Errors
		if errors.As(err, &broken) {
			b.note(fmt.Sprintf("the files at %s do not load, so what they said is not counted as ours", commit.Short()))
			continue
		}
		if err != nil {
			return err
		}
		for _, g := range books {
			mine := b.books[g.Name()]
			items := itemsOf(later, bookOf(later, g.Name()), g.Gradebook, docs)
			for name := range items {
				items[name] = withoutOld(items[name], mine.at[name])
			}
			mine.later = append(mine.later, laterBook{commit.Short(), items})
		}
	}
	return nil
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

// into gives a context what was said of it before. A context that was not there
// has none.
func (b *Base) into(w *reconcile.Want, g *spec.Gradebook, c *spec.Context) {
	if b == nil {
		return
	}
	past, name := b.books[g.Name()], c.Name.Value
	w.BaseName, w.Base = past.name, past.at[name]
	w.Unrecorded, w.Notes = past.unrecorded[name], past.notes[name]
	if w.Unrecorded {
		w.BaseName = noneRecorded
	}
	if w.Base == nil {
		w.Base = []spec.LineItem{}
	}
	for _, l := range past.later {
		if items, there := l.items[name]; there {
			w.Later = append(w.Later, reconcile.Revision{Name: l.name, Items: items})
		}
	}
}

// itemsOf is what a gradebook once said (was, of past) of each of today's
// contexts. A context is the one that was of the same course, whatever its name.
func itemsOf(past *spec.Documents, was, g *spec.Gradebook, docs *spec.Documents) pastItems {
	out := pastItems{}
	if was == nil {
		return out
	}
	p, old := docs.PlatformOf(g), past.PlatformOf(was)
	if old != nil && p != nil && system(old) != system(p) {
		return out
	}
	for i := range g.Contexts {
		c := &g.Contexts[i]
		if then := contextOf(was, c); then != nil {
			out[c.Name.Value] = reconcile.NewWant(was, then, p).Items
		}
	}
	return out
}

// contextOf is the context that was of a course: of the same place, or, where
// that cannot be told by the two forms of writing it, of the same name.
func contextOf(was *spec.Gradebook, c *spec.Context) *spec.Context {
	for i := range was.Contexts {
		if place := course(&was.Contexts[i]); place != "" && place == course(c) {
			return &was.Contexts[i]
		}
	}
	for i := range was.Contexts {
		then := &was.Contexts[i]
		sameForm := then.LineItemsURL.IsSet() == c.LineItemsURL.IsSet() && then.Course.IsSet() == c.Course.IsSet()
		if then.Name.Value == c.Name.Value && (!sameForm || course(c) == "") {
			return then
		}
	}
	return nil
}

// course is a context's place without what does not tell courses apart; "" where
// nothing in the files tells.
func course(c *spec.Context) string {
	switch {
	case c.LineItemsURL.IsSet():
		u, err := url.Parse(c.LineItemsURL.Value)
		if err != nil {
			return c.LineItemsURL.Value
		}
		u.RawQuery = ""
		if t := u.Query().Get("type_id"); t != "" {
			u.RawQuery = "type_id=" + t
		}
		return strings.TrimSuffix(u.String(), "/")
	case c.Course.IsSet():
		return c.Course.Value
	}
	return ""
}

// system tells one LMS from another.
func system(p *spec.Platform) string {
	switch {
	case p.AGS != nil:
		return "ags " + root(p.AGS) + " " + p.AGS.DeploymentID.Value
	case p.LTIAAS != nil:
		return "ltiaas " + p.LTIAAS.URL.Value
	case p.LearningStudio != nil:
		return "learningstudio " + p.LearningStudio.URL.Value
	case p.Sandbox != nil:
		return "sandbox " + p.Sandbox.File.Value
	}
	return ""
}

// withoutOld leaves out the rows that the base said in the same words: they tell
// nothing new, and a sheet may be long and its revisions many.
func withoutOld(items, base []spec.LineItem) []spec.LineItem {
	old := make(map[string]*spec.LineItem, len(base))
	for i := range base {
		old[base[i].Key.Value] = &base[i]
	}
	for i := range items {
		li := &items[i]
		was := old[li.Key.Value]
		if was == nil || !sameColumn(was, li) {
			continue
		}
		rows := make(map[[3]string]*spec.Score, len(was.Scores))
		for k := range was.Scores {
			rows[nameOf(&was.Scores[k])] = &was.Scores[k]
		}
		news := []spec.Score{} // of its own: the whole sheet need not be kept
		for k := range li.Scores {
			s := &li.Scores[k]
			if r := rows[nameOf(s)]; r == nil || !sameWords(r, s) {
				news = append(news, *s)
			}
		}
		li.Scores = news
	}
	return items
}

// sameColumn tells whether two revisions say of rows the same, in the same column.
func sameColumn(a, b *spec.LineItem) bool {
	return sameWord(a.ScoreMaximum, b.ScoreMaximum) && sameWord(a.ID, b.ID) && sameWord(a.ResourceID, b.ResourceID) &&
		sameWord(a.Tag, b.Tag) && sameWord(a.ResourceLinkID, b.ResourceLinkID) && sameWord(a.Label, b.Label) && !a.Tombstone() && !b.Tombstone()
}

func nameOf(s *spec.Score) [3]string {
	return [3]string{s.UserID.Value, s.Email.Value, s.SourcedID.Value}
}

// sameWords compares what two rows say that results show.
func sameWords(a, b *spec.Score) bool {
	return sameWord(a.ScoreGiven, b.ScoreGiven) && sameWord(a.ScoreMaximum, b.ScoreMaximum) && sameWord(a.Comment, b.Comment) &&
		sameWord(a.LetterGrade, b.LetterGrade) && sameWord(a.ShareWithStudent, b.ShareWithStudent)
}

func sameWord[T comparable](a, b spec.Opt[T]) bool { return a.State == b.State && a.Value == b.Value }
