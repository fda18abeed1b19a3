package plan

import (
	"cmp"
	"slices"
	"strings"
)

// RosterVersion counts the incompatible changes of the roster's JSON form,
// and RosterSchema is its name.
const (
	RosterVersion = 1
	RosterSchema  = "https://gradesync.dev/schema/roster-v1.json"
)

// Statuses of a Member (NRPS 2.0 section 2.3).
const (
	Inactive = "Inactive"
	Deleted  = "Deleted"
)

// Roster is who is who. Its contexts stand in the order of the files.
type Roster struct {
	Contexts []RosterContext
}

// RosterContext is the people of one course section.
type RosterContext struct {
	Gradebook string      `json:"gradebook"`
	Name      string      `json:"context"`
	Platform  string      `json:"platform"`
	Failure   *Failure    `json:"failure,omitempty"` // it could not be read, so nothing else is known of it
	Counts    MemberCount `json:"counts"`
	Members   []Member    `json:"members"`
}

// MemberCount counts people. Somebody without an email is known all the same:
// platforms tell names and emails by consent.
type MemberCount struct {
	People       int `json:"people"`
	Inactive     int `json:"inactive"`
	Deleted      int `json:"deleted"`
	WithoutEmail int `json:"withoutEmail"`
}

// Status of a context whose roster was read.
func (c *RosterContext) Status() Status {
	if c.Failure != nil {
		return c.Failure.status()
	}
	return Unchanged
}

// CountMembers counts.
func CountMembers(members []Member) MemberCount {
	n := MemberCount{People: len(members)}
	for i := range members {
		switch members[i].Status {
		case Inactive:
			n.Inactive++
		case Deleted:
			n.Deleted++
		}
		if members[i].Email == "" {
			n.WithoutEmail++
		}
	}
	return n
}

// Everyone is each person once, by name and then userId, with short roles: the
// same for whatever order a platform lists them in. Of somebody who is listed
// more than once (pages that overlap, a row a section) the roles are put
// together, what one row lacks is taken from another, and Active wins.
func Everyone(listed []Member) []Member {
	all := map[string]Member{}
	for _, m := range listed {
		m.Roles = shortRoles(m.Roles)
		if seen, twice := all[m.UserID]; twice {
			m = Member{
				UserID: m.UserID, Name: max(m.Name, seen.Name), Email: max(m.Email, seen.Email), SourcedID: max(m.SourcedID, seen.SourcedID),
				Roles: united(m.Roles, seen.Roles), Status: min(m.Status, seen.Status),
			}
		}
		all[m.UserID] = m
	}
	out := make([]Member, 0, len(all))
	for _, m := range all {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Member) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.UserID, b.UserID))
	})
	return out
}

// contextRole begins the URI of a context role (LTI Core 1.3, A.2.2): Learner
// behind #, or a principal role, # and a sub-role.
const contextRole = "http://purl.imsglobal.org/vocab/lis/v2/membership"

// shortRoles are context roles by their names, as Learner or
// Instructor/TeachingAssistant, and all others in full.
func shortRoles(roles []string) []string {
	short := make([]string, len(roles))
	for i, role := range roles {
		short[i] = role
		name, ours := strings.CutPrefix(role, contextRole)
		if !ours {
			continue
		}
		switch principal, sub, _ := strings.Cut(name, "#"); {
		case sub == "" || strings.Contains(sub, "#"):
		case principal == "":
			short[i] = sub
		case strings.HasPrefix(principal, "/") && len(principal) > 1:
			short[i] = principal[1:] + "/" + sub
		}
	}
	return united(short)
}

func united(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return append([]string{}, slices.Compact(all)...)
}
