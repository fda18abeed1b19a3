package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// trouble is what is wrong with a name in a file.
type trouble string

const (
	blind      trouble = "blind" // the roster cannot tell anybody by such names
	stranger   trouble = "unknown"
	ambiguous  trouble = "ambiguous"
	inactive   trouble = "inactive"
	nonLearner trouble = "non-learner"
	twice      trouble = "twice" // two rows of one line item are one person's
)

// telling is a trouble in words, for one person and for several.
type telling struct{ one, several, hint string }

// tellings are in the order in which they are told.
func tellings() []struct {
	trouble
	telling
} {
	return []struct {
		trouble
		telling
	}{
		{blind, telling{
			"1 person cannot be told, as the roster does not show who is who", "%d people cannot be told, as the roster does not show who is who",
			"let the tool see emails and ids of people (a privacy setting of its registration in the LMS), or name people by userId, or say who they are in users.map",
		}},
		{stranger, telling{
			"1 person is not in the roster", "%d people are not in the roster",
			"correct the files, or say who they are in users.map; users.unknown: skip leaves their rows out, if they are people who left",
		}},
		{ambiguous, telling{
			"1 person cannot be told from another", "%d people cannot be told from others",
			"say in users.map which user id is meant, or name the person by userId",
		}},
		{inactive, telling{
			"1 person is no longer active in the course", "%d people are no longer active in the course",
			"take their rows out of the files, or leave them alone with users.inactive: skip, the default",
		}},
		{nonLearner, telling{
			"1 person is no learner in the course", "%d people are no learners in the course",
			"correct the files; whoever shall have a grade all the same can be named by userId, or in users.map",
		}},
		{twice, telling{
			"1 person has several rows in one line item", "%d people have several rows in one line item",
			"leave one row for each person and line item",
		}},
	}
}

// troubles are the names of one context that are not a person's for sure.
type troubles struct {
	users *spec.Users
	met   []met
	lost  losing
}

type met struct {
	trouble
	plan.Named
	pos  spec.Pos
	name name
}

func (t *troubles) add(row *spec.Score, p person) {
	n := plan.Named{Said: cmp.Or(called(row), row.UserID.Value), Where: where(row.Pos), Why: p.why, Near: p.near, UserIDs: p.ids}
	one := met{trouble: p.trouble, Named: n, pos: row.Pos}
	one.name, _ = nameOf(row)
	t.met = append(t.met, one)
}

// skips tells whether the rows of such people are only left out.
func (t *troubles) skips(kind trouble) bool {
	var u spec.Users
	if t.users != nil {
		u = *t.users
	}
	switch kind {
	case stranger:
		return u.Unknown.Value == "skip"
	case inactive:
		return u.Inactive.Value != "error"
	}
	return false
}

// findings are of the people for whom the context is stopped: one for each
// kind of trouble, with all its people.
func (t *troubles) findings() (out []plan.Finding) {
	for _, say := range tellings() {
		people, n, _ := t.of(say.trouble)
		if n == 0 || t.skips(say.trouble) {
			continue
		}
		message := say.one
		if n > 1 {
			message = fmt.Sprintf(say.several, n)
		}
		out = append(out, plan.Finding{Where: people[0].Where, Message: message, Hint: say.hint, People: people})
	}
	return out
}

// notes are of the people whose rows are left out, now or of the base.
func (t *troubles) notes() (out []plan.Note) {
	for _, say := range tellings() {
		people, n, rows := t.of(say.trouble)
		if n == 0 || !t.skips(say.trouble) {
			continue
		}
		message := say.one
		if n > 1 {
			message = fmt.Sprintf(say.several, n)
		}
		left := "1 row is left out, and what is live stays"
		if rows > 1 {
			left = fmt.Sprintf("%d rows are left out, and what is live stays", rows)
		}
		out = append(out, plan.Note{Message: fmt.Sprintf("%s (users.%s: skip): %s", message, say.trouble, left), People: people})
	}
	told := map[name]bool{}
	for i := range t.met {
		told[t.met[i].name] = true
	}
	return append(out, t.lost.notes(told)...)
}

// of is whom a trouble is about, each place once and in the order of the
// files; how many people they are, as far as one can tell; and how many rows.
func (t *troubles) of(kind trouble) (people []plan.Named, persons, rows int) {
	var all []met
	names := map[string]bool{}
	for _, m := range t.met {
		if m.trouble == kind {
			all = append(all, m)
			names[distinct(&m.Named)] = true
		}
	}
	return places(all), len(names), len(all)
}

// places are the people of all, each place once and in the order of the files.
func places(all []met) (people []plan.Named) {
	slices.SortStableFunc(all, func(a, b met) int {
		return cmp.Or(strings.Compare(a.pos.File.String(), b.pos.File.String()), cmp.Compare(a.pos.Line, b.pos.Line), cmp.Compare(a.pos.Column, b.pos.Column),
			strings.Compare(a.Said, b.Said), strings.Compare(a.Why, b.Why))
	})
	for i, m := range all {
		if i == 0 || m.pos != all[i-1].pos || m.Said != all[i-1].Said || m.Why != all[i-1].Why {
			people = append(people, m.Named)
		}
	}
	return people
}

// distinct is the same for two ways to name one person.
func distinct(n *plan.Named) string {
	if len(n.UserIDs) == 1 {
		return "id\x00" + n.UserIDs[0]
	}
	return "name\x00" + folded(n.Said)
}
