package ltiaas

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
)

// memberships reads the roster, everyone of every page. An error is the last
// thing yielded.
func (c *client) memberships(ctx context.Context) iter.Seq2[plan.Member, error] {
	return func(yield func(plan.Member, error) bool) {
		each(ctx, c, listing{
			op: "read roster", place: at("/api/memberships"), member: "members", what: "members",
			maxCount: c.bounds.MaxItems, maxBytes: c.bounds.MaxBody,
		}, decodeMember, yield)
	}
}

// decodeMember reads a person as LTIAAS writes one. What the LMS may not tell
// without consent is missing or blank. It is lenient in all but the user id: a
// grade would go to nobody, or to somebody else.
func decodeMember(raw json.RawMessage) (plan.Member, int, error) {
	var in struct {
		UserID             text
		Name               text
		Email              text
		LisPersonSourcedID text
		Roles              json.RawMessage
		Status             text
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return plan.Member{}, 0, errors.New("a member is not a JSON object")
	}
	if in.UserID == "" {
		return plan.Member{}, 0, errors.New("a member has no userId")
	}
	if in.Status == "" {
		in.Status = "Active" // NRPS 2.0 section 2.3
	}
	m := agsclient.Member{
		UserID: string(in.UserID), Name: string(in.Name), Email: string(in.Email), SourcedID: string(in.LisPersonSourcedID),
		Roles: roles(in.Roles), Status: string(in.Status),
	}
	all := plan.Member{UserID: m.UserID, Name: m.Name, Email: m.Email, SourcedID: m.SourcedID, Roles: m.Roles, Status: m.Status}
	return all, m.Cost(), nil
}

// roles takes an array, and the single string that some write instead.
func roles(raw json.RawMessage) (all []string) {
	var list []text
	var one text
	if json.Unmarshal(raw, &list) != nil && json.Unmarshal(raw, &one) == nil {
		list = []text{one}
	}
	for _, r := range list {
		if r != "" {
			all = append(all, string(r))
		}
	}
	return all
}

// text is a string, or a number as it is written; "" of everything else.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(raw []byte) error {
	var n json.Number // takes both, numbers in strings too
	var s string
	switch {
	case json.Unmarshal(raw, &s) == nil:
		*t = text(s)
	case json.Unmarshal(raw, &n) == nil:
		*t = text(n)
	}
	return nil
}
