package sandbox

import "net/http"

// ltiaasMember is a member in the service's own spelling.
type ltiaasMember struct {
	UserID     string   `json:"userId"`
	Roles      []string `json:"roles"`
	Status     string   `json:"status"`
	Email      string   `json:"email,omitzero"`
	Name       string   `json:"name,omitzero"`
	GivenName  string   `json:"givenName,omitzero"`
	FamilyName string   `json:"familyName,omitzero"`
	SourcedID  string   `json:"lisPersonSourcedId,omitzero"`
}

func ltiaasMemberships(people shownMemberships) map[string]any {
	members := make([]ltiaasMember, len(people.Members))
	for at, m := range people.Members {
		members[at] = ltiaasMember{m.UserID, m.Roles, m.Status, m.Email, m.Name, m.GivenName, m.FamilyName, m.SourcedID}
	}
	return map[string]any{"id": people.ID, "context": people.Context, "members": members}
}

func (l *ltiaas) listMembers(s *Sandbox, c *call) (answer, error) {
	return l.list(s, c, "members", map[string]string{"role": "role", "resourceLinkId": "rlid"})
}

// The launch that every ltik is of: an instructor's, from the course's first
// resource link.
const (
	launchType = "LtiResourceLinkRequest"
	launchUser = "sandbox-instructor"
	ltiClaim   = "https://purl.imsglobal.org/spec/lti/claim/"
	agsClaim   = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
	nrpsClaim  = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
)

type object = map[string]any

func (l *ltiaas) readIDToken(s *Sandbox, c *call) (answer, error) {
	course, err := s.store.state.Load().course(c.path.course)
	if err != nil {
		return answer{}, err
	}
	show := l.formatted
	switch c.query.Get("raw") {
	case "true":
		show = l.raw
	case "", "false":
	default:
		return answer{}, badRequest("raw is neither true nor false")
	}
	return answer{status: http.StatusOK, mediaType: typeJSON, body: show(s, c, course)}, nil
}

func agsScopes() []string {
	return []string{scopeLineItem, scopeLineItemRead, scopeResultRead, scopeScore}
}

// formatted is the id token as the service puts it.
func (l *ltiaas) formatted(s *Sandbox, c *call, course *Course) object {
	grades := object{"available": true, "scopes": agsScopes()}
	if item := l.onlyItem(s, c, course); item != "" {
		grades["lineItemId"] = item
	}
	context := shownContext{ID: c.path.course, Title: course.Title}
	return object{
		"user": object{"id": launchUser, "name": "Sandbox Instructor", "roles": []string{fullRole("Instructor")}},
		"platform": object{
			"id": c.base, "url": c.base, "clientId": s.tool.ClientID, "deploymentId": s.tool.DeploymentID,
			"name": "gradesync sandbox", "productFamilyCode": "gradesync-sandbox", "version": "1",
		},
		"launch": object{"type": launchType, "context": context, "resourceLink": object{"id": firstLink(course)}, "custom": object{}},
		"services": object{
			"outcomes": object{"available": false}, "deepLinking": object{"available": false},
			"namesAndRoles": object{"available": true}, "assignmentAndGrades": grades,
			"serviceKey": l.serviceKey(c.path.course),
		},
	}
}

// raw is the id token as the LMS signed it: the claims of LTI 1.3.
func (l *ltiaas) raw(s *Sandbox, c *call, course *Course) object {
	endpoint := object{"scope": agsScopes(), "lineitems": c.base + s.LineItemsPath(c.path.course)}
	if item := l.onlyItem(s, c, course); item != "" {
		endpoint["lineitem"] = item
	}
	return object{
		"iss": c.base, "aud": s.tool.ClientID, "sub": launchUser, "name": "Sandbox Instructor",
		ltiClaim + "version": "1.3.0", ltiClaim + "message_type": launchType, ltiClaim + "deployment_id": s.tool.DeploymentID,
		ltiClaim + "roles": []string{fullRole("Instructor")}, ltiClaim + "resource_link": object{"id": firstLink(course)},
		ltiClaim + "context": shownContext{ID: c.path.course, Title: course.Title},
		agsClaim:             endpoint,
		nrpsClaim:            object{"context_memberships_url": c.base + s.MembershipsPath(c.path.course), "service_versions": []string{"2.0"}},
	}
}

// onlyItem is the line item of a course that has exactly one, else "".
func (l *ltiaas) onlyItem(s *Sandbox, c *call, course *Course) string {
	items := keep(course.LineItems, func(i *LineItem) bool { return !i.Hidden })
	if len(items) != 1 {
		return ""
	}
	return s.itemURL(c, items[0].Number)
}

func firstLink(course *Course) string {
	if len(course.ResourceLinks) == 0 {
		return ""
	}
	return course.ResourceLinks[0]
}
