package run

import (
	"context"
	"errors"
	"fmt"

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
