package export

import (
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// directory is what rows call people.
type directory map[string]string // by user id; whoever is not there is called by that

// directory has those whom a row may call as the Gradebook's users.by says:
// active people whom nobody else is called like.
func (s *section) directory(by string) directory {
	if by == byUserID {
		return nil
	}
	count := map[string]int{}
	for i := range s.Roster {
		count[folded(called(&s.Roster[i], by))]++
	}
	names := directory{}
	for i := range s.Roster {
		m := &s.Roster[i]
		name := called(m, by)
		if _, ok := safe(name); !ok || count[folded(name)] > 1 || s.people[m.UserID] || left(m) {
			continue
		}
		if at := strings.LastIndexByte(name, '@'); by == "email" && (at <= 0 || at == len(name)-1 || strings.ContainsAny(name, " \t\n")) {
			continue
		}
		names[m.UserID] = name
	}
	return names
}

// left tells whether somebody is not in the course any more.
func left(m *plan.Member) bool {
	status := strings.TrimSpace(m.Status)
	return strings.EqualFold(status, plan.Inactive) || strings.EqualFold(status, plan.Deleted)
}

func called(m *plan.Member, by string) string {
	if by == "email" {
		return strings.TrimSpace(m.Email)
	}
	return strings.TrimSpace(m.SourcedID)
}

// name is what a sheet calls a person. nil calls everybody by user id, and
// nothing else was asked for then.
func (d directory) name(user string) (name string, byUserID bool) {
	if d == nil {
		return user, false
	}
	if name, there := d[user]; there {
		return name, false
	}
	return user, true
}

func sortRows(rows [][]string) {
	slices.SortFunc(rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
}
