package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/spec/sheet"
)

// matrix reads a wide sheet.
func (t *table) matrix(m *Matrix, g *Gradebook) {
	for _, wrong := range []bool{
		there(m.User) && !m.User.IsSet(), there(m.Skip) && !m.Skip.IsSet(), there(g.Users.By) && !g.Users.By.IsSet(),
	} {
		if wrong {
			return // reported, and without it no header can be told
		}
	}
	user := t.by
	if m.User.IsSet() {
		user = m.User.Value
	}
	for _, key := range personKeys[1:] {
		if !there(g.Users.By) && spelled(user) == strings.ToLower(key) {
			t.errorf(m.User.Pos, fmt.Sprintf("add users: {by: %s} to the Gradebook at %s, or by: userId if the column does hold user ids", key, g.Pos),
				"the column %s is taken for userIds, for the Gradebook's users.by says nothing else", quote(user))
		}
	}
	t.wide, t.skip = true, m.Skip.Value
	found := func(cells []sheet.Cell) bool { return len(withHeader(cells, user)) > 0 }
	if !t.head(t.skip+1, user, " of people", found) {
		return
	}
	before := len(t.errs)
	at := withHeader(t.header, user)
	t.user = t.column(at[0], t.by)
	t.once(at, "the column of people")
	t.match(m, g)
	if len(t.columns) == 0 && len(t.errs) == before {
		t.errorf(t.user.at, "a header is the key or the label of a line item: "+quotedList(g.keys())+`; or "columns" says which one is whose`,
			"no column is a line item of Gradebook %s", quote(g.Name()))
	}
	t.notUsed("line item")
	t.rows()
}

// once reports a header that is used and stands there again.
func (t *table) once(at []int, what string) {
	for _, again := range at[1:] {
		t.errorf(t.pos(t.header[again]), "rename one of them in the sheet", "%s, %s, is already at %s",
			what, quote(collapsed(t.header[again].Text)), t.pos(t.header[at[0]]))
	}
}

// match finds the column of each line item: by what the document says, else by
// key or label.
func (t *table) match(m *Matrix, g *Gradebook) {
	taken := map[int]Pos{t.user.index: t.user.at} // by index, with what took it
	points := shapeOf[Score]("scoreGiven")
	use := func(index int, li *LineItem) {
		c := t.column(index, li.Key.Value)
		c.rules = points
		if li.Tombstone() {
			t.errorf(c.at, "remove the column, or absent: true at "+li.Pos.String(), "scores in a line item that shall be absent: %s", quote(c.key))
		}
		t.columns = append(t.columns, c)
	}
	items := map[string]*LineItem{}
	for i := range g.LineItems {
		if li := &g.LineItems[i]; li.Key.IsSet() && items[li.Key.Value] == nil {
			items[li.Key.Value] = li
		}
	}
	for _, key := range sortedKeys(m.Columns) {
		o, li := m.Columns[key], items[key]
		if li == nil {
			t.errorf(o.Pos, t.suggest(key, "known", g.keys()), "unknown line item %s of Gradebook %s", quote(key), quote(g.Name()))
		}
		if !o.IsSet() {
			continue
		}
		at := withHeader(t.header, o.Value)
		if len(at) == 0 {
			t.errorf(o.Pos, t.suggest(o.Value, "found", texts(t.header)), "%s has no column %s", named(t.data.name), quote(o.Value))
			continue
		}
		t.once(at, "the column of "+quote(key))
		if first, again := taken[at[0]]; again {
			t.errorf(o.Pos, "each column is of one line item, or of people", "the column %s is already taken, at %s", quote(o.Value), first)
		} else if taken[at[0]] = o.Pos; li != nil {
			use(at[0], li)
		}
	}
	t.matchOthers(m, g, taken, use)
	byIndex(t.columns)
}

// matchOthers finds the columns that the document does not name.
func (t *table) matchOthers(m *Matrix, g *Gradebook, taken map[int]Pos, use func(int, *LineItem)) {
	exact, folded := map[string][]*LineItem{}, map[string][]*LineItem{}
	add := func(by map[string][]*LineItem, word string, li *LineItem) {
		if word != "" && !slices.Contains(by[word], li) {
			by[word] = append(by[word], li)
		}
	}
	for i := range g.LineItems {
		li := &g.LineItems[i]
		if _, named := m.Columns[li.Key.Value]; named || !li.Key.IsSet() {
			continue
		}
		for _, word := range []string{collapsed(li.Key.Value), collapsed(li.Label.Value)} {
			add(exact, word, li)
			add(folded, strings.ToLower(word), li)
		}
	}
	first := map[*LineItem]Pos{}
	for i, c := range t.header {
		if _, again := taken[i]; again {
			continue
		}
		header := collapsed(c.Text)
		fits := exact[header]
		if len(fits) == 0 {
			fits = folded[strings.ToLower(header)]
		}
		if len(fits) == 0 {
			continue
		}
		li := fits[0]
		switch at, again := first[li]; {
		case len(fits) > 1:
			t.errorf(t.pos(c), `say in "columns" whose it is`, "the column %s fits two line items: %s at %s and %s at %s",
				quote(header), quote(li.Key.Value), li.Pos, quote(fits[1].Key.Value), fits[1].Pos)
		case again:
			t.errorf(t.pos(c), `say in "columns" which one it is, or rename one in the sheet`, "the column %s is the line item %s, and so is that at %s",
				quote(header), quote(li.Key.Value), at)
		default:
			first[li] = t.pos(c)
			use(i, li)
		}
	}
}

// shapeOf is the rules of a field of a type.
func shapeOf[T any](key string) rules {
	s := shapes{}.of(reflect.TypeFor[T]())
	return s.fields[s.field(key)].rules
}
