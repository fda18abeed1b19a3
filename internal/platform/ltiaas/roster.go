package ltiaas

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"github.com/gradesync/gradesync/plan"
)

// memberships reads the roster, everyone of every page. An error is the last
// thing yielded.
func (c *client) memberships(ctx context.Context) iter.Seq2[member, error] {
	return func(yield func(member, error) bool) {
		each(ctx, c, listing{
			op: "read roster", place: at("/api/memberships"), member: "members", what: "members",
			maxCount: c.bounds.MaxItems, maxBytes: c.bounds.MaxBody,
		}, yield)
	}
}

// member is a person as LTIAAS writes one. What the LMS may not tell without
// consent is missing or blank.
type member plan.Member

// UnmarshalJSON is lenient in all but the user id: a grade would go to nobody, or
// to somebody else.
func (m *member) UnmarshalJSON(raw []byte) error {
	var in struct {
		UserID             text
		Name               text
		Email              text
		LisPersonSourcedID text
		Roles              json.RawMessage
		Status             text
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return errors.New("a member is not a JSON object")
	}
	if in.UserID == "" {
		return errors.New("a member has no userId")
	}
	if in.Status == "" {
		in.Status = "Active" // NRPS 2.0 section 2.3
	}
	*m = member{
		UserID: string(in.UserID), Name: string(in.Name), Email: string(in.Email), SourcedID: string(in.LisPersonSourcedID),
		Roles: roles(in.Roles), Status: string(in.Status),
	}
	return nil
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
