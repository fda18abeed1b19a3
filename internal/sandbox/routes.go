package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The kinds of resource, as Observe names them.
const (
	kindToken       = "token"
	kindLineItems   = "lineitems"
	kindLineItem    = "lineitem"
	kindScores      = "scores"
	kindResults     = "results"
	kindMemberships = "memberships"
	kindOther       = "other"
)

// The scopes (AGS 3.1, NRPS 2.4).
const (
	scopeLineItem     = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
	scopeLineItemRead = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
	scopeResultRead   = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
	scopeScore        = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
	scopeMemberRead   = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
)

// The media types (AGS 3.2 to 3.4, NRPS 2.4).
const (
	typeLineItems   = "application/vnd.ims.lis.v2.lineitemcontainer+json"
	typeLineItem    = "application/vnd.ims.lis.v2.lineitem+json"
	typeScore       = "application/vnd.ims.lis.v1.score+json"
	typeResults     = "application/vnd.ims.lis.v2.resultcontainer+json"
	typeMemberships = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
)

func (s *Sandbox) routes() map[string]resource {
	read, write := []string{scopeLineItem, scopeLineItemRead}, []string{scopeLineItem}
	return map[string]resource{
		kindToken: {http.MethodPost: {serve: s.serveToken}},
		kindLineItems: {
			http.MethodGet:  {scopes: read, produces: typeLineItems, serve: s.listLineItems},
			http.MethodPost: {scopes: write, consumes: typeLineItem, serve: s.createLineItem},
		},
		kindLineItem: {
			http.MethodGet:    {scopes: read, produces: typeLineItem, serve: s.readLineItem},
			http.MethodPut:    {scopes: write, consumes: typeLineItem, serve: s.putLineItem},
			http.MethodDelete: {scopes: write, serve: s.removeLineItem},
		},
		kindScores:      {http.MethodPost: {scopes: []string{scopeScore}, consumes: typeScore, serve: s.createScore}},
		kindResults:     {http.MethodGet: {scopes: []string{scopeResultRead}, produces: typeResults, serve: s.listResults}},
		kindMemberships: {http.MethodGet: {scopes: []string{scopeMemberRead}, produces: typeMemberships, serve: s.listMembers}},
	}
}

// path is what a URL's path names.
type path struct {
	kind   string
	course string
	item   int // 0 where the path names none, and for a number that cannot be one
}

// parsePath reads /token and /courses/{course}/memberships,
// /courses/{course}/lineitems[/{number}[/scores|/results]].
func parsePath(u *url.URL) path {
	parts := strings.Split(u.EscapedPath(), "/")[1:]
	if u.EscapedPath() == TokenPath {
		return path{kind: kindToken}
	}
	if len(parts) < 3 || parts[0] != "courses" {
		return path{kind: kindOther}
	}
	course, err := url.PathUnescape(parts[1])
	if err != nil || course == "" {
		return path{kind: kindOther}
	}
	p := path{kind: kindOther, course: course}
	if len(parts) > 3 {
		// Only the canonical form counts: one line item has one URL.
		if n, err := strconv.Atoi(parts[3]); err == nil && n > 0 && strconv.Itoa(n) == parts[3] {
			p.item = n
		}
	}
	switch {
	case len(parts) == 3 && parts[2] == "memberships":
		p.kind = kindMemberships
	case parts[2] != "lineitems":
	case len(parts) == 3:
		p.kind = kindLineItems
	case len(parts) == 4 && parts[3] != "":
		p.kind = kindLineItem
	case len(parts) == 5 && parts[4] == "scores":
		p.kind = kindScores
	case len(parts) == 5 && parts[4] == "results":
		p.kind = kindResults
	}
	return p
}
