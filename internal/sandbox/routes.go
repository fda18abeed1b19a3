package sandbox

import "net/http"

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
