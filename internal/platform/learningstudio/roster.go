package learningstudio

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// role is the context role of LTI (LTI Core 1.3, A.2.2) that a roleType means; one
// that is not known stays as it is.
func role(roleType string) string {
	const membership = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
	switch strings.ToUpper(strings.TrimSpace(roleType)) {
	case "STUD":
		return membership + "Learner"
	case "PROF":
		return membership + "Instructor"
	}
	return roleType
}

// members is everyone of the roster. Only students' addresses are told.
func (p *Platform) members(ctx context.Context) ([]plan.Member, error) {
	var roster struct {
		People list[person] `json:"roster"`
	}
	r := call{op: "read roster", path: p.in("roster")}
	if err := p.client.get(ctx, r, &roster); err != nil {
		return nil, err
	}
	if !roster.People.given {
		return nil, p.client.unread(r, http.StatusOK, errors.New("the answer holds no roster"))
	}
	var students struct {
		People list[person] `json:"students"`
	}
	r = call{op: "read students", path: p.in("students")}
	if err := p.client.get(ctx, r, &students); err != nil {
		return nil, err
	}
	if !students.People.given {
		return nil, p.client.unread(r, http.StatusOK, errors.New("the answer holds no students"))
	}
	emails := map[text]string{}
	for _, s := range students.People.all {
		emails[s.ID] = strings.TrimSpace(string(s.Email))
	}
	members := make([]plan.Member, 0, len(roster.People.all))
	for _, m := range roster.People.all {
		if m.ID == "" {
			return nil, p.client.unread(r, http.StatusOK, errors.New("somebody of the roster has no id"))
		}
		members = append(members, plan.Member{
			UserID: string(m.ID), Email: emails[m.ID], Status: "Active", Roles: []string{role(string(m.RoleType))},
			Name: strings.TrimSpace(string(m.FirstName) + " " + string(m.LastName)),
		})
	}
	return members, nil
}
