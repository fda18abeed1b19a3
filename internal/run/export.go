package run

import (
	"context"
	"path/filepath"
	"reflect"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/gradesync/gradesync/internal/export"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// ExportOptions say what to export.
type ExportOptions struct {
	Scores bool
	// Folder is where the files will lie: what contexts name by a relative path
	// is named from there. "" leaves paths alone.
	Folder string
}

// Exported is what became of one Gradebook, in the order of the documents.
type Exported struct {
	Gradebook string
	// Files is empty where any of its contexts could not be read: documents of
	// the others would look whole.
	Files []export.File
	// Contexts are those that were read, or that were not and why.
	Contexts []ExportedContext
	// Err is why there are no files though all contexts were read.
	Err error
}

// ExportedContext is one context of an Exported.
type ExportedContext struct {
	Name, Platform string
	Failure        *plan.Failure // nil: it was read
}

// Export reads the contexts of a session that Open made of docs, and turns them
// into documents. It only reads.
func (s *Session) Export(ctx context.Context, docs *spec.Documents, o ExportOptions) []Exported {
	sections, failures := make([]export.Section, len(s.jobs)), make([]*plan.Failure, len(s.jobs))
	s.eachByCourse(func(i int, j *job) {
		defer j.people.leave()
		sections[i], failures[i] = j.observe(ctx, o, byRoster(docs, j.want.Gradebook))
	})
	s.share(docs, sections, failures)
	var out []Exported
	var names export.Names
	for _, g := range docs.Gradebooks {
		e := Exported{Gradebook: g.Name()}
		b := export.Book{Gradebook: g, Platform: docs.PlatformOf(g), Scores: o.Scores}
		failed := false
		at := map[*spec.Context]bool{}
		for i := range s.jobs {
			j := &s.jobs[i]
			if j.want.Gradebook != g.Name() {
				continue
			}
			at[j.context] = true
			e.Contexts = append(e.Contexts, ExportedContext{Name: j.want.Context, Platform: j.want.Platform, Failure: failures[i]})
			failed = failed || failures[i] != nil
			sections[i].Context = placed(j.context, o.Folder)
			b.Sections = append(b.Sections, sections[i])
		}
		if len(b.Sections) == 0 {
			continue
		}
		for i := range g.Contexts {
			if c := &g.Contexts[i]; !at[c] {
				b.Unread = append(b.Unread, c.Name.Value)
			}
		}
		if !failed {
			e.Files, e.Err = export.Files(ctx, b, &names)
		}
		out = append(out, e)
	}
	return out
}

// share leaves each column of a course to one Gradebook, as documents that name
// it twice would stop each other: to the first whose file names it, selected or
// not, and those that no file names to the first that was read.
func (s *Session) share(docs *spec.Documents, sections []export.Section, failures []*plan.Failure) {
	place := map[string]int{}
	for i, g := range docs.Gradebooks {
		place[g.Name()] = i
	}
	first := map[string]string{} // by course
	for i := range s.jobs {
		if failures[i] != nil {
			continue
		}
		w := &s.jobs[i].want
		heir := w.Gradebook
		for _, course := range s.jobs[i].courses() {
			if g, known := first[course]; known {
				heir = g
			}
			first[course] = heir
		}
		live := slices.Concat(sections[i].Listing.Items, sections[i].Beyond)
		owner := map[string]string{}
		for _, b := range append([]reconcile.Beside{{Gradebook: w.Gradebook, Items: w.Items}}, w.Beside...) {
			for id := range b.Named(live) {
				if was, named := owner[id]; !named || place[b.Gradebook] < place[was] {
					owner[id] = b.Gradebook
				}
			}
		}
		sections[i].Elsewhere = map[string]string{}
		for k := range live {
			g, named := owner[live[k].ID]
			if !named {
				g = heir
			}
			if g != w.Gradebook {
				sections[i].Elsewhere[live[k].ID] = g
			}
		}
	}
}

// byRoster tells whether the rows of a Gradebook call people as only the roster
// knows them.
func byRoster(docs *spec.Documents, gradebook string) bool {
	for _, g := range docs.Gradebooks {
		if g.Name() == gradebook {
			return g.Users.By.IsSet() && g.Users.By.Value != "userId"
		}
	}
	return false
}

// observe reads all of a context that documents can tell.
func (j *job) observe(ctx context.Context, o ExportOptions, roster bool) (s export.Section, f *plan.Failure) {
	if j.failure != nil {
		return s, j.failure
	}
	s.Capabilities = j.p.Capabilities()
	var err error
	if s.Listing, s.Beyond, err = j.everything(ctx); err != nil {
		return s, reconcile.FailureOf(ctx, "reading the line items", err)
	}
	if !o.Scores {
		return s, nil
	}
	if s.Results, err = j.results(ctx, slices.Concat(s.Listing.Items, s.Beyond)); err != nil {
		return s, reconcile.FailureOf(ctx, "reading the results", err)
	}
	if roster {
		s.Roster, f = j.peopleOf(ctx)
	}
	return s, f
}

// everything is all line items, each once. Of a listing that is not proven those
// with the resourceIds that it showed are asked for again, as planning does, which
// may show line items beyond it.
func (j *job) everything(ctx context.Context) (listing reconcile.Listing, beyond []plan.LineItem, err error) {
	all, err := reconcile.Again(ctx, j.link.clock, func(ctx context.Context) (reconcile.Listing, error) { return j.p.LineItems(ctx) })
	if err != nil {
		return all, nil, err
	}
	known, asked := map[string]plan.LineItem{}, map[string]bool{"": true}
	add := func(list, items []plan.LineItem) []plan.LineItem {
		for _, li := range items {
			if before, twice := known[li.ID]; twice && reflect.DeepEqual(before, li) {
				continue // two that differ under one id are refused where they are planned
			}
			known[li.ID] = li
			list = append(list, li)
		}
		return list
	}
	listing = reconcile.Listing{Proven: all.Proven, Items: add(nil, all.Items)}
	for _, li := range listing.Items {
		if listing.Proven || asked[li.ResourceID] {
			continue
		}
		asked[li.ResourceID] = true
		some, err := reconcile.Again(ctx, j.link.clock, func(ctx context.Context) (reconcile.Listing, error) { return j.p.LineItemsOf(ctx, li.ResourceID) })
		if err != nil {
			return listing, nil, err
		}
		beyond = add(beyond, some.Items)
	}
	return listing, beyond, nil
}

// results are those of all line items, several at once. Of several errors the
// one of the first line item counts.
func (j *job) results(ctx context.Context, items []plan.LineItem) (map[string][]plan.Result, error) {
	out := make(map[string][]plan.Result, len(items))
	failed := make([]error, len(items))
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(max(1, j.link.limits.concurrency))
	for i, li := range items {
		g.Go(func() error {
			some, err := reconcile.Again(ctx, j.link.clock, func(ctx context.Context) (all []plan.Result, _ error) {
				for r, err := range j.p.Results(ctx, li.ID) {
					if err != nil {
						return nil, err
					}
					all = append(all, r)
				}
				return all, nil
			})
			mu.Lock()
			defer mu.Unlock()
			out[li.ID], failed[i] = some, err
			return nil
		})
	}
	_ = g.Wait() // the errors are in failed
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// peopleOf is the roster, read with a token that can do nothing else.
func (j *job) peopleOf(ctx context.Context) ([]plan.Member, *plan.Failure) {
	const otherwise = "; or export with users.by: userId"
	if j.lost != nil {
		f := *j.lost
		f.Hint += otherwise
		return nil, &f
	}
	members, stopped := j.whoIsWho(ctx)
	if stopped != nil {
		return nil, stopped.Failure
	}
	return members, nil
}

// placed is a context whose relative paths are named from a folder.
func placed(c *spec.Context, dir string) *spec.Context {
	if dir == "" {
		return c
	}
	out := *c
	for _, s := range []*spec.Secret{&out.ServiceKey, &out.Ltik} {
		if !s.File.IsSet() || filepath.IsAbs(s.File.Value) {
			continue
		}
		from, err := filepath.Abs(dir)
		to, terr := filepath.Abs(filepath.Join(folder(s.File.Pos), s.File.Value))
		if err != nil || terr != nil {
			continue
		}
		if rel, err := filepath.Rel(from, to); err == nil {
			s.File.Value = filepath.ToSlash(rel)
		} else {
			s.File.Value = to
		}
	}
	return &out
}
