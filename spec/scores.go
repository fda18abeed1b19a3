package spec

import (
	"fmt"
	"strings"
)

func (s *Scores) check(r *reporter) {
	switch {
	case s.Matrix != nil && there(s.LineItem):
		r.errorf(s.LineItem.Pos, "make two Scores documents of it", `a Scores document has "matrix" or "lineItem", not both`)
	case s.Matrix != nil && there(s.CSV):
		r.errorf(s.CSV.Pos, "write it within matrix", `"csv" goes with "lineItem", not with "matrix"`)
	case s.Matrix == nil && !there(s.LineItem):
		r.errorf(s.Pos, `write "matrix" for a sheet with a column for each line item, "lineItem" and "csv" for a sheet of one`,
			`a Scores document needs "matrix" or "lineItem"`)
	case s.Matrix == nil && !there(s.CSV):
		r.errorf(s.Pos, `add "csv": the sheet's file`, `"lineItem" needs "csv"`)
	}
	if w := s.Clear; w.IsSet() && strings.ContainsFunc(w.Value, isDigit) && !strings.ContainsFunc(w.Value, isLetter) {
		r.errorf(w.Pos, "choose a word that is no score, as in clear: CLEAR", `"clear" is a number: %s`, quote(w.Value))
	}
}

// people are the rows of every Gradebook's map.
func (l *loader) people() {
	for _, g := range l.docs.Gradebooks {
		if d := l.data(l.folders[g], "map", g.Users.Map); d != nil {
			g.Users.People = l.readPeople(d)
		}
	}
}

// scores reads the sheets of all Scores documents into their contexts.
func (l *loader) scores() {
	seen := names{}
	named, known := map[string]*Gradebook{}, []string{}
	var sheets []*sheetOf
	incomplete := l.incomplete
	for _, g := range l.docs.Gradebooks {
		incomplete = incomplete || !g.Metadata.Name.IsSet()
		if _, again := named[g.Name()]; !again && g.Metadata.Name.IsSet() {
			named[g.Name()] = g
			known = append(known, g.Name())
		}
	}
	for _, s := range l.docs.Scores {
		if first, again := seen.add(s.Metadata.Name); again {
			l.errorf(s.Metadata.Name.Pos, "", "a Scores document named %s is already at %s", quote(s.Metadata.Name.Value), first)
		}
		g := named[s.Gradebook.Value]
		switch {
		case !s.Gradebook.IsSet(): // reported
		case g != nil:
			if o := l.sheetOf(s, g); o.data != nil {
				sheets = append(sheets, o)
			}
		case incomplete: // it may be there
		case len(known) == 0:
			l.errorf(s.Gradebook.Pos, "no Gradebook document was read: name its file too", "unknown gradebook %s", quote(s.Gradebook.Value))
		default:
			l.errorf(s.Gradebook.Pos, l.suggest(s.Gradebook.Value, "known", known), "unknown gradebook %s", quote(s.Gradebook.Value))
		}
	}
	l.read(sheets)
	for _, g := range l.docs.Gradebooks {
		for i := range g.Contexts {
			l.twice(g, i)
		}
	}
}

// sheetOf is a document's sheet, to be read. It is read where its context or line
// item is wrong, too, so that all mistakes are found at once.
func (l *loader) sheetOf(s *Scores, g *Gradebook) *sheetOf {
	o := &sheetOf{doc: s, book: g, context: l.contextOf(s, g)}
	at := s.CSV
	if s.Matrix != nil {
		at = s.Matrix.CSV
	} else {
		o.item = l.lineItemOf(s, g)
	}
	o.data = l.data(l.folders[s], "csv", at)
	return o
}

// userBy is what the user column of a matrix holds: a key of a score.
func userBy(g *Gradebook) string {
	if g.Users.By.IsSet() {
		return g.Users.By.Value
	}
	return "userId"
}

// contextOf is the context of a document; nil, and reported, for none.
func (l *loader) contextOf(s *Scores, g *Gradebook) *Context {
	for i := range g.Contexts {
		if c := &g.Contexts[i]; s.Context.IsSet() && c.Name.Value == s.Context.Value {
			return c
		}
	}
	var known []string
	for i := range g.Contexts {
		known = append(known, g.Contexts[i].Name.Value)
	}
	switch {
	case s.Context.IsSet():
		l.errorf(s.Context.Pos, l.suggest(s.Context.Value, "known", known), "unknown context %s of Gradebook %s", quote(s.Context.Value), quote(g.Name()))
	case there(s.Context): // reported
	case len(known) == 1:
		return &g.Contexts[0]
	case len(known) > 1:
		l.errorf(s.Pos, "add context: and one of these names: "+quotedList(known), "several contexts in Gradebook %s: these Scores must say which one they are of", quote(g.Name()))
	}
	return nil
}

// lineItemOf is the key of a long sheet's line item.
func (l *loader) lineItemOf(s *Scores, g *Gradebook) string {
	if !s.LineItem.IsSet() {
		return ""
	}
	for i := range g.LineItems {
		if li := &g.LineItems[i]; li.Key.IsSet() && li.Key.Value == s.LineItem.Value {
			if li.Tombstone() {
				l.errorf(s.LineItem.Pos, "remove the scores, or absent: true at "+li.Pos.String(), "scores in a line item that shall be absent")
			}
			return li.Key.Value
		}
	}
	l.errorf(s.LineItem.Pos, l.suggest(s.LineItem.Value, "known", g.keys()), "unknown line item %s of Gradebook %s", quote(s.LineItem.Value), quote(g.Name()))
	return ""
}

// keys are those of all line items, in their order.
func (g *Gradebook) keys() (keys []string) {
	for i := range g.LineItems {
		if li := &g.LineItems[i]; li.Key.IsSet() {
			keys = append(keys, li.Key.Value)
		}
	}
	return keys
}

// person is what a row calls one: of one kind of name, in the form that is
// compared.
type person struct{ kind, name string }

// person is the zero value where a score names nobody soundly.
func (s *Score) person() (p person, o Opt[string]) {
	switch {
	case s.UserID.IsSet():
		return person{"userId", s.UserID.Value}, s.UserID
	case s.Email.IsSet():
		return person{"email", EmailKey(s.Email.Value)}, s.Email
	case s.SourcedID.IsSet():
		return person{"sourcedId", s.SourcedID.Value}, s.SourcedID
	}
	return person{}, Opt[string]{}
}

// people are those who have a score of one line item, each with the first place.
type people map[person]Pos

// add remembers a score's person, or reports that it has one already.
func (p people) add(r *reporter, s *Score) {
	who, o := s.person()
	if who == (person{}) {
		return
	}
	if first, again := p[who]; again {
		r.errorf(o.Pos, "keep one row for each person", "a score for the %s %s is already at %s", who.kind, quote(o.Value), first)
	} else {
		p[who] = o.Pos
	}
}

// twice finds people with two scores of one line item, one of them at least in
// a sheet. Scores within line items are of the only context.
func (l *loader) twice(g *Gradebook, context int) {
	rows := g.Contexts[context].Scores
	inline := map[string][]Score{}
	for i := range g.LineItems {
		if li := &g.LineItems[i]; context == 0 && len(g.Contexts) == 1 && len(li.Scores) > 0 {
			inline[li.Key.Value] = li.Scores
		}
	}
	seen := people{}
	for _, key := range sortedKeys(rows) {
		clear(seen)
		for _, s := range inline[key] { // among themselves they have been compared
			if who, o := s.person(); seen[who] == (Pos{}) && who != (person{}) {
				seen[who] = o.Pos
			}
		}
		for i := range rows[key] {
			seen.add(l.reporter, &rows[key][i])
		}
	}
}

// checkPerson wants exactly one name of one person.
func (s *Score) checkPerson(r *reporter) {
	var given []string
	var last Pos
	for _, f := range []struct {
		key string
		Opt[string]
	}{{"userId", s.UserID}, {"email", s.Email}, {"sourcedId", s.SourcedID}} {
		if there(f.Opt) {
			given, last = append(given, fmt.Sprintf("%q", f.key)), f.Pos
		}
	}
	switch {
	case len(given) == 0:
		r.errorf(s.Pos, `add "userId", "email" or "sourcedId"`, "a score does not say whose it is")
	case len(given) > 1:
		r.errorf(last, "keep one of them", "a score has %s, but exactly one says whose it is", strings.Join(given, " and "))
	}
	if s.Email.IsSet() && !r.lax && !emailLike(s.Email.Value) {
		r.errorf(s.Email.Pos, "an email has something on both sides of its @", `"email" is no email address: %s`, quote(s.Email.Value))
	}
}
