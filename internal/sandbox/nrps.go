package sandbox

import (
	"html"
	"net/http"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/internal/quirk"
)

// contextRole begins the full URI of a context role (LTI Core, A.2.2).
const contextRole = "http://purl.imsglobal.org/vocab/lis/v2/membership#"

// fullRole spells a short context role out.
func fullRole(role string) string {
	if strings.ContainsAny(role, ":#") {
		return role
	}
	return contextRole + role
}

type shownMemberships struct {
	ID      string       `json:"id"`
	Context shownContext `json:"context"`
	Members []*Member    `json:"members"`
}

type shownContext struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
}

// listMembers shows everyone, Deleted members too. Every member may use every
// resource link, so that rlid only has to be one of the course's.
func (s *Sandbox) listMembers(c *call) (answer, error) {
	course, err := s.store.state.Load().course(c.path.course)
	if err != nil {
		return answer{}, err
	}
	if link := c.query.Get("rlid"); link != "" && !slices.Contains(course.ResourceLinks, link) {
		return answer{}, refuse(http.StatusNotFound, "rlid: the course has no such resource link")
	}
	role := c.query.Get("role")
	found := keep(course.Members, func(m *Member) bool {
		if m.Status == "Inactive" && s.has(quirk.HidesInactive) {
			return false
		}
		return role == "" || slices.ContainsFunc(m.Roles, func(has string) bool { return fullRole(has) == fullRole(role) })
	})
	found, turn, err := page(s, c, found, (*Member).key)
	if err != nil {
		return answer{}, err
	}
	for at, m := range found {
		found[at] = s.showMember(*m)
	}
	return answer{status: http.StatusOK, mediaType: typeMemberships, header: turn.header, pages: turn.pages, body: shownMemberships{
		ID:      c.base + s.MembershipsPath(c.path.course),
		Context: shownContext{ID: c.path.course, Title: course.Title},
		Members: found,
	}}, nil
}

func (s *Sandbox) showMember(m Member) *Member {
	if s.has(quirk.EscapesNames) {
		for _, name := range []*string{&m.Name, &m.GivenName, &m.FamilyName} {
			*name = html.EscapeString(*name)
		}
	}
	if s.has(quirk.HidesEmail) {
		m.Email = ""
	}
	return &m
}
