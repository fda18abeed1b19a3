package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

// The words for roles in a roster.
const (
	roleStudent    = "STUD"
	roleInstructor = "PROF"
)

type rosterEntry struct {
	ID        int64  `json:"id"`
	Role      string `json:"roleType"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Persona   string `json:"personaId"`
}

type student struct {
	ID        int64  `json:"id"`
	Email     string `json:"emailAddress"`
	UserName  string `json:"userName"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
}

// present are the members that LearningStudio can show: active, as it has no
// word for others, and with a number.
func (s *Sandbox) present(c *call) ([]*Member, error) {
	course, err := s.theCourse(c)
	if err != nil {
		return nil, err
	}
	return keep(course.Members, func(m *Member) bool { return m.Status == "Active" && isID(m.UserID) }), nil
}

func (t *studio) listRoster(s *Sandbox, c *call) (answer, error) {
	members, err := s.present(c)
	if err != nil {
		return answer{}, err
	}
	shown := make([]rosterEntry, len(members))
	for at, m := range members {
		first, last := m.names()
		shown[at] = rosterEntry{number(m.UserID), m.roleType(), first, last, m.SourcedID}
	}
	return studioAnswer("roster", shown), nil
}

func (t *studio) listStudents(s *Sandbox, c *call) (answer, error) {
	members, err := s.present(c)
	if err != nil {
		return answer{}, err
	}
	shown := []student{}
	for _, m := range members {
		if m.roleType() == roleStudent {
			first, last := m.names()
			shown = append(shown, student{number(m.UserID), m.Email, m.SourcedID, first, last})
		}
	}
	return studioAnswer("students", shown), nil
}

func (m *Member) roleType() string {
	if slices.ContainsFunc(m.Roles, func(role string) bool { return fullRole(role) == fullRole("Instructor") }) {
		return roleInstructor
	}
	return roleStudent
}

// names are the first and the last name; a name in one piece ends with the last.
func (m *Member) names() (first, last string) {
	cut := strings.LastIndex(m.Name, " ")
	return cmp.Or(m.GivenName, strings.TrimSpace(m.Name[:max(cut, 0)])), cmp.Or(m.FamilyName, m.Name[cut+1:])
}
