package reconcile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// NeedsRoster tells whether there are rows that name people as only the roster
// knows them: by email or sourcedId, and not in the map file. Line items that
// are not selected need none.
func (w *Want) NeedsRoster() bool {
	known := newDirectory(w.Users, nil)
	if w.asksRoster(known) {
		return true
	}
	ask := func(li *spec.LineItem) bool {
		return slices.ContainsFunc(li.Scores, func(s spec.Score) bool {
			n, named := nameOf(&s)
			return named && len(known.mapped[n]) == 0
		})
	}
	for i := range w.Items {
		if li := &w.Items[i]; w.selects(li.Key.Value) && ask(li) {
			return true
		}
	}
	// What was a selected line item's name before may not be its name now: all
	// that was said before counts.
	for _, items := range w.before() {
		for i := range items {
			if ask(&items[i]) {
				return true
			}
		}
	}
	return false
}

// before is what the files said at the base and after it.
func (w *Want) before() [][]spec.LineItem {
	all := [][]spec.LineItem{w.Base}
	for i := range w.Later {
		all = append(all, w.Later[i].Items)
	}
	return all
}

// called is what a file calls a row's person, where it is not the user id.
func called(s *spec.Score) string {
	return strings.TrimSpace(cmp.Or(s.Email.Value, s.SourcedID.Value))
}

// resolve is the Want with a user id in every row. Rows of people who cannot
// be told for sure are not in it: they are unmanaged in this run, and the
// troubles say why, or stop the context.
func resolve(w *Want, roster []plan.Member) (*Want, *troubles) {
	t := &troubles{users: w.Users, lost: losing{base: w.BaseName}}
	if w.Explain == "" && !w.anyRow(func(s *spec.Score) bool { return !s.UserID.IsSet() }) {
		return w, t
	}
	d := newDirectory(w.Users, roster)
	out := *w
	out.asked = d.askedFor(w)
	out.Items = slices.Clone(w.Items)
	for i := range out.Items {
		li := &out.Items[i]
		switch {
		case !w.selects(li.Key.Value):
			li.Scores = nil // nobody looks at them
		case slices.ContainsFunc(li.Scores, func(s spec.Score) bool { return !s.UserID.IsSet() }):
			li.Scores = d.rows(li.Scores, t, out.asked[li.Key.Value])
		}
	}
	out.Base, out.Later = d.before(&out, w.Base, "", t), slices.Clone(w.Later)
	for i := range out.Later {
		out.Later[i].Items = d.before(&out, out.Later[i].Items, out.Later[i].Name, t)
	}
	out.Lost = t.lost.keys(w)
	return &out, t
}

// rows are the rows of people who can be told for sure.
func (d *directory) rows(rows []spec.Score, t *troubles, a *asked) []spec.Score {
	out := make([]spec.Score, 0, len(rows))
	first := make(map[string]*spec.Score, len(rows))
	for i := range rows {
		row := rows[i]
		if !row.UserID.IsSet() {
			found := d.find(&row)
			if found.trouble != "" {
				t.add(&row, found)
				a.drop(&row, found, t)
				continue
			}
			row = identified(row, found.ids[0])
		}
		if before := first[row.UserID.Value]; before != nil {
			again := person{ids: []string{row.UserID.Value}, trouble: twice, why: "the same person as at " + where(before.Pos)}
			t.add(&row, again)
			a.drop(&row, again, t)
			continue
		}
		first[row.UserID.Value] = &rows[i]
		out = append(out, row)
	}
	return out
}

// before is what the files said before, with the user ids of today. Rows of
// people who cannot be told today are lost.
func (d *directory) before(w *Want, items []spec.LineItem, revision string, t *troubles) []spec.LineItem {
	out := slices.Clone(items) // nil stays nil: no base was asked for
	for i := range out {
		rows := make([]spec.Score, 0, len(out[i].Scores))
		for _, row := range out[i].Scores {
			if row.UserID.IsSet() {
				rows = append(rows, row)
				continue
			}
			found := d.find(&row)
			if len(found.ids) == 1 {
				rows = append(rows, identified(row, found.ids[0]))
				continue
			}
			t.lost.add(&out[i], &row, found, revision)
			for _, key := range sortedNames(w.asked) {
				if kept, is := w.asked[key].forget(&row, found); is {
					rows = append(rows, kept)
					break
				}
			}
		}
		out[i].Scores = rows
	}
	return out
}

func identified(row spec.Score, userID string) spec.Score {
	row.UserID = spec.Opt[string]{Value: userID, State: spec.Set, Pos: row.Pos}
	return row
}
