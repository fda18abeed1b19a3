package export

import (
	"context"
	"fmt"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// Book is one Gradebook with what was observed of its contexts.
type Book struct {
	Gradebook *spec.Gradebook // its name, users and policy are taken over; its line items are not
	Platform  *spec.Platform
	Sections  []Section // in the order of the Gradebook's contexts, at least one
	// Scores asks for sheets of everybody's grades.
	Scores bool
	// Unread are the names of the Gradebook's contexts that are not among the
	// sections.
	Unread []string
}

// Section is one context as it was observed.
type Section struct {
	Context      *spec.Context
	Capabilities reconcile.Capabilities
	Listing      reconcile.Listing
	// Beyond are line items that a listing that is not proven does not show, and
	// that the platform gives where it is asked for a resourceId of the listing.
	Beyond []plan.LineItem
	// Elsewhere are the Gradebooks that columns of this course are left to, by line
	// item id.
	Elsewhere map[string]string
	// Results by line item id, of all of them where scores are asked for.
	Results map[string][]plan.Result
	// Roster is everyone, where the Gradebook's users.by is not userId.
	Roster []plan.Member
}

// File is one that export makes.
type File struct {
	Name     string // without a folder
	Data     []byte
	Personal bool // it names people
}

// rounds is how often what does not plan to no change is left out: a field, a
// row or a column that was left out may show another that has to be.
const rounds = 8

// Files are the documents of a Gradebook, and their sheets. A Gradebook whose
// sections differ becomes several. names keeps the files of several Gradebooks
// apart. An error says why there is no document that plans to no change.
func Files(ctx context.Context, b Book, names *Names) ([]File, error) {
	sections := make([]*section, len(b.Sections))
	for i := range b.Sections {
		sections[i] = newSection(b.Sections[i])
	}
	for range rounds {
		docs := b.documents(sections, names.clone())
		left, err := b.check(ctx, docs)
		if err != nil {
			return nil, err
		}
		if !left {
			docs = b.documents(sections, names)
			return b.files(docs)
		}
	}
	return nil, fmt.Errorf("the Gradebook %q: no documents were found that plan to no change", b.Gradebook.Name())
}

// section is a Section with what has to be left out of its documents.
type section struct {
	Section
	columns map[string]string // by line item id: why it cannot be named
	fields  map[field]bool
	rows    map[cell]bool
	people  map[string]bool // user ids of those whom users.by cannot name
}

type field struct{ id, name string }
type cell struct{ id, user string }

func newSection(s Section) *section {
	columns := map[string]string{}
	for id, gradebook := range s.Elsewhere {
		columns[id] = fmt.Sprintf("it is with the Gradebook %q of this course", gradebook)
	}
	return &section{Section: s, columns: columns, fields: map[field]bool{}, rows: map[cell]bool{}, people: map[string]bool{}}
}

func (s *section) name() string { return s.Context.Name.Value }

// by is what rows call people.
func (b *Book) by() string {
	if b.Gradebook.Users.By.IsSet() {
		return b.Gradebook.Users.By.Value
	}
	return byUserID
}

const byUserID = "userId"

func said[T any](v T) spec.Opt[T] { return spec.Opt[T]{Value: v, State: spec.Set} }
