package agsclient

// Scopes of a token request (AGS 2.0 sections 3.2, 3.3 and 3.4; NRPS 2.0 section 2.4).
const (
	// ScopeLineItem is for reading and writing line items.
	ScopeLineItem = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
	// ScopeLineItemReadOnly is for reading line items.
	ScopeLineItemReadOnly = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
	// ScopeResultReadOnly is for reading results.
	ScopeResultReadOnly = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
	// ScopeScore is for posting scores.
	ScopeScore = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
	// ScopeMembership is for reading the roster.
	ScopeMembership = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
)

// The media types are sent exactly as they stand here: there are platforms that
// refuse a charset, a list and a wildcard.
const (
	typeLineItems = "application/vnd.ims.lis.v2.lineitemcontainer+json"
	typeLineItem  = "application/vnd.ims.lis.v2.lineitem+json"
	typeResults   = "application/vnd.ims.lis.v2.resultcontainer+json"
	typeScore     = "application/vnd.ims.lis.v1.score+json"
	typeMembers   = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
)
