package reconcile

import (
	"fmt"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// lost is a row of the files as they were whose person cannot be told today: an
// email that changed since, somebody who left. Whatever such a person has in the
// LMS has no base any more.
type lost struct {
	key      string // of the line item as it was then
	name     name
	row      spec.Score
	revision string // "" at the base
	person
}

// losing are the lost rows of a context. Each is kept once, from the first
// revision that has it.
type losing struct {
	base string // for people
	rows []lost
	met  map[[3]string]bool
}

func (l *losing) add(li *spec.LineItem, row *spec.Score, p person, revision string) {
	n, _ := nameOf(row)
	id := [3]string{li.Key.Value, n.kind, n.text}
	if l.met == nil {
		l.met = map[[3]string]bool{}
	}
	if !l.met[id] {
		l.met[id] = true
		l.rows = append(l.rows, lost{li.Key.Value, n, *row, revision, p})
	}
}

// keys are those of the line items, today's and as they were, of which a part
// of the base is lost.
func (l *losing) keys(w *Want) map[string]bool {
	if len(l.rows) == 0 {
		return nil
	}
	then, keys := map[string]bool{}, map[string]bool{}
	for i := range l.rows {
		then[l.rows[i].key], keys[l.rows[i].key] = true, true
	}
	shared := sharedResourceIDs(w.Items)
	for _, items := range w.before() {
		for i := range items {
			for k := 0; k < len(w.Items) && then[items[i].Key.Value]; k++ {
				if sameItem(&w.Items[k], &items[i], shared) {
					keys[w.Items[k].Key.Value] = true
				}
			}
		}
	}
	return keys
}

// notes tell of the rows that are lost, save those of people who are told of
// already: the files of today name them by the same word.
func (l *losing) notes(told map[name]bool) (out []plan.Note) {
	base := "the base"
	if l.base != "" {
		base += " (" + l.base + ")"
	}
	var before, after []*lost
	for i := range l.rows {
		switch r := &l.rows[i]; {
		case told[r.name]:
		case r.revision == "":
			before = append(before, r)
		default:
			after = append(after, r)
		}
	}
	for _, part := range []struct {
		of   string
		rows []*lost
	}{{"of " + base, before}, {"after " + base, after}} {
		if len(part.rows) > 0 {
			out = append(out, noteOf(part.of, part.rows))
		}
	}
	return out
}

// noteOf lists each place of rows once, in the order of the files: a row of a
// sheet is many.
func noteOf(of string, rows []*lost) plan.Note {
	names := map[name]bool{}
	var all []met
	for _, r := range rows {
		names[r.name] = true
		n := plan.Named{Said: called(&r.row), Where: where(r.row.Pos), Why: r.why, Near: r.near, UserIDs: r.ids}
		if r.revision != "" {
			n.Why += "; said at " + r.revision
		}
		all = append(all, met{Named: n, pos: r.row.Pos})
	}
	message := fmt.Sprintf("%d rows %s name people who are not found now: their grades have no base; say in users.map who they are", len(rows), of)
	switch {
	case len(rows) == 1:
		message = fmt.Sprintf("1 row %s names somebody who is not found now: the grade has no base; say in users.map who it is", of)
	case len(names) == 1:
		message = fmt.Sprintf("%d rows %s name somebody who is not found now: the grades have no base; say in users.map who it is", len(rows), of)
	}
	return plan.Note{Message: message, People: places(all)}
}
