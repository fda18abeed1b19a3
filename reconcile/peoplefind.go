package reconcile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// name is what files and rosters call a person, as it is compared.
type name struct{ kind, text string }

// Kinds of names.
const (
	byEmail     = "email"
	bySourcedID = "sourcedId"
)

func email(s string) name     { return name{byEmail, folded(s)} }
func sourcedID(s string) name { return name{bySourcedID, strings.TrimSpace(s)} }

// nameOf is a row's name for its person; named is false of a user id.
func nameOf(s *spec.Score) (n name, named bool) {
	switch {
	case s.UserID.IsSet():
		return name{}, false
	case s.Email.IsSet():
		return email(s.Email.Value), true
	}
	return sourcedID(s.SourcedID.Value), true
}

// folded is a text that is the same for every way to write its letters large
// or small.
func folded(s string) string { return spec.EmailKey(s) }

// directory knows who is who in one context.
type directory struct {
	mapped  map[name][]string       // user ids, by the map file
	members map[name][]*plan.Member // by the roster
	roster  []plan.Member
	without map[string]int  // by kind of name: how many members show none
	found   map[name]person // what was looked up
	sought  int             // for how many the nearest was looked for
}

// person is what is known of a name.
type person struct {
	ids       []string // one, unless it cannot be told
	trouble   trouble  // "": nothing is wrong
	why, near string
}

func newDirectory(u *spec.Users, roster []plan.Member) *directory {
	d := &directory{
		mapped: map[name][]string{}, members: make(map[name][]*plan.Member, len(roster)), roster: roster,
		without: map[string]int{}, found: map[name]person{},
	}
	if u != nil {
		for _, p := range u.People {
			for _, n := range []name{email(p.Email), sourcedID(p.SourcedID)} {
				if n.text != "" && !slices.Contains(d.mapped[n], p.UserID) {
					d.mapped[n] = append(d.mapped[n], p.UserID)
				}
			}
		}
	}
	for i := range roster {
		m := &roster[i]
		for _, n := range []name{email(m.Email), sourcedID(m.SourcedID)} {
			if n.text == "" {
				d.without[n.kind]++
				continue
			}
			d.members[n] = append(d.members[n], m)
		}
	}
	return d
}

// find looks a row's person up: in the map file, which wins, or in the roster.
func (d *directory) find(row *spec.Score) person {
	n, _ := nameOf(row)
	if p, met := d.found[n]; met {
		return p
	}
	p := d.look(n)
	d.found[n] = p
	return p
}

func (d *directory) look(n name) person {
	switch ids := d.mapped[n]; {
	case len(ids) == 1:
		return person{ids: ids}
	case len(ids) > 1:
		return person{ids: ids, trouble: ambiguous, why: fmt.Sprintf("users.map gives this %s to %d people", n.kind, len(ids))}
	}
	found := d.members[n]
	if len(found) == 0 || n.text == "" {
		return d.missing(n)
	}
	p := person{}
	active := 0
	for _, m := range found {
		p.ids = append(p.ids, m.UserID)
		if gone(m) == "" {
			active++
		}
	}
	switch {
	case active == 0: // whoever it is, nobody is there to be graded
		p.trouble, p.why = inactive, gone(found[0])+" in the roster"
	case len(found) > 1:
		p.trouble, p.why = ambiguous, fmt.Sprintf("%d people of the roster have this %s", len(found), n.kind)
	case len(found[0].Roles) > 0 && !slices.ContainsFunc(found[0].Roles, learner):
		p.trouble, p.why = nonLearner, "in the roster as "+strings.Join(shortened(found[0].Roles), ", ")
	}
	return p
}

// missing tells of a name that the roster does not show.
func (d *directory) missing(n name) person {
	without := d.without[n.kind]
	switch {
	case len(d.roster) == 0:
		return person{trouble: blind, why: "the roster lists nobody"}
	case without == len(d.roster):
		return person{trouble: blind, why: "the roster shows no " + n.kind + " of anybody"}
	}
	p := person{trouble: stranger, why: "not in the roster"}
	if without > 0 {
		p.why += fmt.Sprintf(", which shows no %s of %d of its %d people", n.kind, without, len(d.roster))
	}
	if d.sought++; d.sought <= mostSought {
		p.near = near(n, d.roster)
	}
	return p
}

// gone is the status of somebody who is not in the course any more (NRPS 2.0
// section 2.3); "" of everyone else.
func gone(m *plan.Member) string {
	for _, status := range []string{plan.Inactive, plan.Deleted} {
		if strings.EqualFold(strings.TrimSpace(m.Status), status) {
			return status
		}
	}
	return ""
}

// learner tells whether a role is a student's: in a course or an institution
// (LTI Core 1.3, A.2.2 and A.2.3), as a URI, an LTI 1.1 URN or a short name, a
// sub-role too.
func learner(role string) bool {
	parts := strings.FieldsFunc(role, func(r rune) bool { return r == '#' || r == '/' || r == ':' })
	return slices.ContainsFunc(parts, func(part string) bool {
		return strings.EqualFold(part, "Learner") || strings.EqualFold(part, "Student")
	})
}

// shortened are roles as people call them: the last part of each, a few of them.
func shortened(roles []string) (short []string) {
	const few = 3
	for _, role := range roles[:min(few, len(roles))] {
		short = append(short, role[strings.LastIndexAny(role, "#/:")+1:])
	}
	if len(roles) > few {
		short = append(short, "…")
	}
	return short
}
