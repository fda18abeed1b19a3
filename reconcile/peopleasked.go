package reconcile

import (
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// asked is the person of whom an explanation is wanted, in one line item.
type asked struct {
	said string
	ids  []string          // who it is, or may be; nobody too
	told map[string]untold // by id
}

// untold is what comes of a person's row that is not among a line item's rows.
type untold struct {
	row         *spec.Score // nil: only of the base
	rule, words string
}

// nobody begins what stands for the user id of somebody who cannot be told, to
// explain what files say: no platform has such ids, so nothing else comes of it.
const nobody = "\x00"

// The rules for rows of which nothing comes.
const (
	leftOut = "left out" // of a person whose rows are left out
	stopped = "stopped"  // of a person for whom the context is stopped
	astray  = "no base"  // of a person whom the files named, and who cannot be told now
)

// askedFor finds whom Want.Explain names, by line item; nil where it names
// nobody.
func (d *directory) askedFor(w *Want) map[string]*asked {
	var out map[string]*asked
	for i := range w.Items {
		key := w.Items[i].Key.Value
		user, ok := explained(w.Explain, key)
		if !ok || user == "" || !w.selects(key) {
			continue
		}
		if out == nil {
			out = map[string]*asked{}
		}
		out[key] = &asked{said: user, ids: d.called(w, user)}
	}
	return out
}

// called are the user ids of whoever goes by a word: a user id that somebody
// names, or what the map or the roster know. What nobody knows may be the id of
// somebody of whom only results tell.
func (d *directory) called(w *Want, user string) []string {
	member := func(m plan.Member) bool { return m.UserID == user }
	if w.namesID(user) || slices.ContainsFunc(d.roster, member) {
		return []string{user}
	}
	for _, n := range namesOf(user) {
		if p := d.look(n); len(p.ids) > 0 {
			return p.ids
		}
	}
	return []string{user}
}

// namesOf are what a word may be, the likelier first.
func namesOf(word string) []name {
	names := []name{sourcedID(word), email(word)}
	if strings.Contains(word, "@") {
		slices.Reverse(names)
	}
	return names
}

// namesID tells whether a file names somebody by this user id.
func (w *Want) namesID(user string) bool {
	if w.Users != nil && slices.ContainsFunc(w.Users.People, func(p spec.Person) bool { return p.UserID == user }) {
		return true
	}
	return w.anyRow(func(s *spec.Score) bool { return s.UserID.IsSet() && s.UserID.Value == user })
}

// anyRow tells whether there is such a row, today or before.
func (w *Want) anyRow(is func(*spec.Score) bool) bool {
	for _, items := range append(w.before(), w.Items) {
		for i := range items {
			for k := range items[i].Scores {
				if is(&items[i].Scores[k]) {
					return true
				}
			}
		}
	}
	return false
}

// asksRoster tells whether Want.Explain names somebody whom only the roster
// knows. A word without an @ is a sourcedId only where files name people so.
func (w *Want) asksRoster(known *directory) bool {
	for i := range w.Items {
		user, ok := explained(w.Explain, w.Items[i].Key.Value)
		if !ok || user == "" || !w.selects(w.Items[i].Key.Value) || w.namesID(user) {
			continue
		}
		if slices.ContainsFunc(namesOf(user), func(n name) bool { return n.text != "" && len(known.mapped[n]) > 0 }) {
			continue
		}
		if strings.Contains(user, "@") || w.anyRow(func(s *spec.Score) bool { return s.SourcedID.IsSet() }) {
			return true
		}
	}
	return false
}

// named tells whether a row calls its person by the word that was asked for.
func (a *asked) named(row *spec.Score) bool {
	n, named := nameOf(row)
	return named && n.text != "" && slices.Contains(namesOf(a.said), n)
}

// drop keeps a row that is not among the line item's, if it is of the person
// that was asked for.
func (a *asked) drop(row *spec.Score, p person, t *troubles) {
	if a == nil {
		return
	}
	id := nobody + a.said
	if len(p.ids) == 1 {
		id = p.ids[0]
	}
	if _, again := a.told[id]; again || !slices.Contains(a.ids, id) && !a.named(row) {
		return
	}
	u := untold{rule: stopped, words: p.why + ": nothing is written in this context"}
	if t.skips(p.trouble) {
		u.rule, u.words = leftOut, p.why+": the row is left out, and what is live stays"
	}
	one := identified(*row, id)
	u.row = &one
	a.tell(id, u)
}

// forget gives a row of the base of somebody who cannot be told nobody's id, if
// it is the person that was asked for.
func (a *asked) forget(row *spec.Score, p person) (kept spec.Score, is bool) {
	if a == nil || !a.named(row) {
		return kept, false
	}
	id := nobody + a.said
	if _, again := a.told[id]; !again {
		a.tell(id, untold{rule: astray, words: p.why + ": what the files said of them before is no grade's base; say in users.map who it is"})
	}
	return identified(*row, id), true
}

func (a *asked) tell(id string, u untold) {
	if a.told == nil {
		a.told = map[string]untold{}
	}
	a.told[id] = u
	if !slices.Contains(a.ids, id) {
		a.ids = append(a.ids, id)
	}
}
