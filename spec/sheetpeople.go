package spec

import (
	"io"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/spec/sheet"
)

// readPeople reads the rows of a map of people.
func (l *loader) readPeople(d *data) []Person {
	t := &table{loader: l, data: d}
	found := func(cells []sheet.Cell) bool {
		return slices.ContainsFunc(cells, func(c sheet.Cell) bool { return spelled(c.Text) == "userid" })
	}
	if !t.head(1, "userId", "", found) {
		return nil
	}
	at := map[string]column{}
	for i, c := range t.header {
		for _, key := range personKeys {
			if spelled(c.Text) != strings.ToLower(key) {
				continue
			}
			col := t.column(i, key)
			if first, again := at[key]; again {
				t.errorf(col.at, "rename one of them in the sheet", "the column %s is already at %s", quote(key), first.at)
				continue
			}
			at[key] = col
			if key == "userId" {
				t.user = col
			} else {
				t.columns = append(t.columns, col)
			}
		}
	}
	if len(t.columns) == 0 {
		t.errorf(t.user.at, "add what files call people", "a map of people needs the column email or sourcedId")
	}
	t.notUsed("name of a person")
	return t.persons()
}

// persons are the rows of a map; each name is one person's.
func (t *table) persons() (all []Person) {
	owner := map[person]Person{}
	for !t.full() {
		row, err := t.in.Next()
		if err != nil {
			if err != io.EOF {
				t.unreadable(t.data.name, err)
			}
			return all
		}
		if t.tooMany() {
			return nil
		}
		if p, ok := t.mapped(row.Cells, owner); ok {
			t.loader.rows.Add(1)
			all = append(all, p)
		}
	}
	return all
}

// mapped is the person of one row. It is false for a row that names nobody, or
// says the same again.
func (t *table) mapped(cells []sheet.Cell, owner map[person]Person) (p Person, ok bool) {
	var names []Score
	for i := range t.columns {
		c := t.columns[i].cell(cells)
		if c.Text == "" {
			continue
		}
		t.by = t.columns[i].key
		col := t.user
		t.user = t.columns[i] // whose header the mistakes are told of
		s, sound := t.who(c)
		t.user = col
		if sound {
			names = append(names, s)
		}
	}
	id := t.user.cell(cells)
	if !t.fits(cells) || len(names) == 0 {
		return p, false
	}
	if id.Text == "" {
		t.errorAt(names[0].Pos, &t.user, "write the LTI user id, or remove the row", "a row of a map without a userId")
		return p, false
	}
	t.by = "userId"
	who, sound := t.who(id)
	if !sound {
		return p, false
	}
	p = Person{Pos: who.Pos, UserID: who.UserID.Value}
	for _, s := range names {
		name, o := s.person()
		first, again := owner[name]
		if again && first.UserID != p.UserID {
			t.errorf(o.Pos, "a name is one person's: keep the right row", "the %s %s is that of the userId %s at %s, and here of %s",
				name.kind, quote(o.Value), quote(first.UserID), first.Pos, quote(p.UserID))
			continue
		}
		owner[name] = p
		if name.kind == "email" {
			p.Email = o.Value
		} else {
			p.SourcedID = o.Value
		}
		ok = ok || !again
	}
	return p, ok
}
