package agsclient

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
)

// Member is one person of the roster (NRPS 2.0 section 2.2). Whatever a platform
// may not tell without consent is "".
type Member struct {
	UserID     string // the sub of the person's launches
	Roles      []string
	Status     string // Active (also where the platform does not say), Inactive, Deleted
	Name       string
	GivenName  string
	FamilyName string
	Email      string
	SourcedID  string // lis_person_sourcedid
}

// MembershipFilter narrows the roster; what is empty is not sent.
type MembershipFilter struct {
	Role           string
	Limit          int
	ResourceLinkID string // rlid: only who has access to that link
}

// Memberships reads the roster, every page, and yields each member as it streams
// in; see [Client.Results] for errors and for what a loop's body may do. It needs
// [ScopeMembership].
func (c *Client) Memberships(ctx context.Context, f MembershipFilter) iter.Seq2[Member, error] {
	l := listing{op: "read roster", accept: typeMembers, member: "members", what: "members",
		maxCount: c.opts.MaxItems, maxBytes: c.opts.MaxListing, url: with(c.ep.MembershipsURL,
			param{"role", f.Role}, limitParam(f.Limit), param{"rlid", f.ResourceLinkID})}
	if c.ep.MembershipsURL == "" {
		return failed[Member](&Error{Op: l.op, Err: argument(errors.New("the endpoint has no memberships URL"))})
	}
	return stream(ctx, c, l, decodeMember)
}

// decodeMember takes JSON, and of that an object.
func decodeMember(raw []byte) (Member, error) {
	var p Member
	var f fields
	err := eachMember(raw, func(name []byte, value json.RawMessage) {
		switch string(name) {
		case "user_id":
			p.UserID = f.text("user_id", value)
		case "roles":
			p.Roles = roles(value)
		case "status":
			p.Status = f.text("status", value)
		case "name":
			p.Name = optional(value)
		case "given_name":
			p.GivenName = optional(value)
		case "family_name":
			p.FamilyName = optional(value)
		case "email":
			p.Email = optional(value)
		case "lis_person_sourcedid":
			p.SourcedID = optional(value)
		}
	})
	if err != nil {
		return Member{}, err
	}
	if len(p.Roles) > maxRoles {
		return Member{}, tooMuch("a member has more than %d roles", maxRoles)
	}
	if p.Status == "" {
		p.Status = "Active"
	}
	return p, f.err
}

// maxRoles is for one member. Nobody has all of NRPS 2.0's, which are some thirty.
const maxRoles = 50

// roles takes an array, and the single string that some write instead.
func roles(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var all []string
	for _, one := range list[:min(len(list), maxRoles+1)] {
		if s, ok := text(one); ok && s != "" {
			all = append(all, s)
		}
	}
	return all
}
