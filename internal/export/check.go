package export

import (
	"context"
	"errors"
	"fmt"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// check reads the documents back, plans them on what was observed, and puts
// what would change on the sections' lists of what to leave out. left is
// whether there was any.
func (b *Book) check(ctx context.Context, docs []*document) (left bool, err error) {
	files, err := b.files(docs)
	if err != nil {
		return false, err
	}
	platform, err := encoded(b.Platform)
	if err != nil {
		return false, fmt.Errorf("the Platform %q: %w", b.Platform.Name(), err)
	}
	folder := memory{}
	sources := []spec.Source{spec.Bytes("platform.yaml", platform)}
	for _, f := range files {
		folder[f.Name] = f.Data
	}
	for _, d := range docs {
		for _, name := range []string{d.file, d.scores} {
			if name != "" {
				sources = append(sources, spec.Bytes(name, folder[name]).Beside(folder))
			}
		}
	}
	read, err := spec.Load(sources...)
	if err != nil {
		var all spec.Errors
		if errors.As(err, &all) {
			err = all.Public() // the others may name people
		}
		return false, fmt.Errorf("the Gradebook %q cannot be exported, for what would be written is no valid document: %w", b.Gradebook.Name(), err)
	}
	for i, d := range docs {
		g := read.Gradebooks[i]
		for k, s := range d.sections {
			c := &g.Contexts[k]
			if d.unread(s, c) {
				left = true
				continue
			}
			more, err := d.plan(ctx, b.Platform, g, c, s, d.columns[k])
			if err != nil {
				return false, err
			}
			left = left || more
		}
	}
	return left, nil
}

// unread leaves out the rows of sheets that are not read as they were written.
func (d *document) unread(s *section, c *spec.Context) (left bool) {
	type of struct{ key, name string }
	read := map[of]bool{}
	for key, rows := range c.Scores {
		for i := range rows {
			r := &rows[i]
			read[of{key, r.UserID.Value + r.Email.Value + r.SourcedID.Value}] = true
		}
	}
	for i := range d.sheets {
		if d.sheets[i].context != s.name() {
			continue
		}
		for _, one := range d.sheets[i].cells {
			if at := (cell{one.id, one.user}); !read[of{one.key, one.name}] && !s.rows[at] {
				s.rows[at], left = true, true
			}
		}
	}
	return left
}

// plan plans one section and leaves out what is not as the document says.
func (d *document) plan(ctx context.Context, p *spec.Platform, g *spec.Gradebook, c *spec.Context, s *section, columns []column) (left bool, err error) {
	ids := map[string]string{}
	for i := range columns {
		ids[columns[i].key()] = columns[i].live.ID
	}
	w := reconcile.NewWant(g, c, p)
	planned := reconcile.Plan(ctx, replay{s}, &w, reconcile.Options{}, reconcile.Reading{Concurrency: 1, Clock: still{}, Roster: s.Roster})
	if f := planned.Failure; f != nil {
		return false, fmt.Errorf("%s/%s: %s", g.Name(), c.Name.Value, f.Message)
	}
	for i := range planned.Items {
		if it := &planned.Items[i]; s.leave(it, ids[it.Key]) {
			left = true
		}
	}
	for _, f := range planned.Findings {
		id, known := ids[f.Key]
		switch {
		case len(f.People) > 0:
			left = s.forget(f.People) || left
		case known && s.columns[id] == "":
			s.columns[id], left = "planning it says: "+f.Message, true
		case !known:
			return false, fmt.Errorf("%s/%s: %s", g.Name(), c.Name.Value, f.Message)
		}
	}
	for _, n := range planned.Notes { // rows that are left out all the same
		left = s.forget(n.People) || left
	}
	if left || planned.Status() == plan.Unchanged {
		return left, nil
	}
	return false, fmt.Errorf("%s/%s: what would be written does not plan to no change (%s)", g.Name(), c.Name.Value, planned.Status())
}

// leave puts a line item's changes on the lists.
func (s *section) leave(it *plan.Item, id string) (left bool) {
	for _, f := range it.Fields {
		switch f.Name {
		case "label", "scoreMaximum", "resourceId":
			s.columns[id], left = "its "+f.Name+" does not read back as it is", true
		default:
			if !f.Rides {
				s.fields[field{id, f.Name}], left = true, true
			}
		}
	}
	for i := range it.Scores {
		s.rows[cell{id, it.Scores[i].UserID}], left = true, true
	}
	return left
}

// forget makes rows call people by their user ids.
func (s *section) forget(people []plan.Named) (left bool) {
	said := map[string]bool{}
	for _, p := range people {
		said[folded(p.Said)] = true
	}
	for i := range s.Roster {
		m := &s.Roster[i]
		for _, by := range []string{"email", "sourcedId"} {
			if name := called(m, by); name != "" && said[folded(name)] && !s.people[m.UserID] {
				s.people[m.UserID], left = true, true
			}
		}
	}
	return left
}
