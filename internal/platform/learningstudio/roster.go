package learningstudio

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gradesync/gradesync/agsclient"
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
	members, err := list(ctx, p.client, call{op: "read roster", path: p.in("roster")}, listing[plan.Member]{
		member: "roster", most: maxItems, decode: decodeMember,
	})
	if err != nil {
		return nil, err
	}
	students, err := list(ctx, p.client, call{op: "read students", path: p.in("students")}, listing[student]{
		member: "students", most: maxItems, decode: decodeStudent,
	})
	if err != nil {
		return nil, err
	}
	emails := make(map[string]string, len(students))
	for _, s := range students {
		emails[s.id] = s.email
	}
	for i := range members {
		members[i].Email = emails[members[i].UserID]
	}
	return members, nil
}

func decodeMember(raw json.RawMessage) (plan.Member, int, error) {
	var in person
	if err := decode(raw, &in); err != nil {
		return plan.Member{}, 0, err
	}
	if in.ID == "" {
		return plan.Member{}, 0, errors.New("somebody of the roster has no id")
	}
	m := plan.Member{
		UserID: string(in.ID), Status: "Active", Roles: []string{role(string(in.RoleType))},
		Name: strings.TrimSpace(string(in.FirstName) + " " + string(in.LastName)),
	}
	return m, agsclient.Member{UserID: m.UserID, Name: m.Name, Status: m.Status, Roles: m.Roles}.Cost(), nil
}

// student is what only the list of students tells.
type student struct{ id, email string }

func decodeStudent(raw json.RawMessage) (student, int, error) {
	var in person
	err := decode(raw, &in)
	s := student{string(in.ID), strings.TrimSpace(string(in.Email))}
	return s, agsclient.Member{UserID: s.id, Email: s.email}.Cost(), err
}
