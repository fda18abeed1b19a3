package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// State is everything the LMS holds, in the form of the state file. Inside the
// store a State is never changed once made: a change makes a new one that
// shares what it did not touch.
type State struct {
	Version int                `json:"version"`
	Client  Client             `json:"client"`
	Courses map[string]*Course `json:"courses"`
}

// Client is the tool as registered with the platform. PublicKey is a JWK.
type Client struct {
	ID           string          `json:"id"`
	DeploymentID string          `json:"deploymentId"`
	PublicKey    json.RawMessage `json:"publicKey"`
}

// Course is a context. NextLineItem numbers the next line item; no number is
// used twice. LineItems are in order of number, Members of user id.
type Course struct {
	Title         string      `json:"title,omitzero"`
	Closed        bool        `json:"closed,omitzero"`
	ResourceLinks []string    `json:"resourceLinks"`
	NextLineItem  int         `json:"nextLineItem"`
	LineItems     []*LineItem `json:"lineItems"`
	Members       []*Member   `json:"members"`
}

// LineItem is a column. Empty strings are unset; the dates are kept as they
// came. Extra holds all other members of the JSON object. Results are in order
// of user id. What is below Results matters to platforms with quirks alone.
type LineItem struct {
	Number         int                        `json:"number"`
	Label          string                     `json:"label"`
	ScoreMaximum   float64                    `json:"scoreMaximum"`
	ResourceID     string                     `json:"resourceId,omitzero"`
	Tag            string                     `json:"tag,omitzero"`
	ResourceLinkID string                     `json:"resourceLinkId,omitzero"`
	StartDateTime  string                     `json:"startDateTime,omitzero"`
	EndDateTime    string                     `json:"endDateTime,omitzero"`
	GradesReleased *bool                      `json:"gradesReleased,omitzero"`
	Extra          map[string]json.RawMessage `json:"extra,omitempty"`
	Results        []*Result                  `json:"results"`

	// Cleared are the members that were set once and now read as "".
	Cleared []string `json:"cleared,omitzero"`
	// Locked: by a teacher, against all scores.
	Locked bool `json:"locked,omitzero"`
	// AllowedAttempts bounds those of each person; 0 is no bound.
	AllowedAttempts int `json:"allowedAttempts,omitzero"`
	// Hidden is what a failed create left: there, and out of reach of AGS.
	Hidden bool `json:"hidden,omitzero"`
	// NotIncluded and ExtraCredit are what LearningStudio knows of the final grade.
	NotIncluded bool `json:"notIncluded,omitzero"`
	ExtraCredit bool `json:"extraCredit,omitzero"`
}

// Result is a cell: what the last score left there. Score is on the line item's
// scale, nil for none. Timestamp is that of the last score processed; scores
// not later are refused, so leave it zero for a cell that only a teacher wrote.
// What is below SubmittedAt matters to platforms with quirks alone.
type Result struct {
	UserID           string    `json:"userId"`
	Score            *float64  `json:"score,omitzero"`
	Comment          string    `json:"comment,omitzero"`
	ScoringUserID    string    `json:"scoringUserId,omitzero"`
	Timestamp        time.Time `json:"timestamp,omitzero"`
	ActivityProgress string    `json:"activityProgress,omitzero"`
	GradingProgress  string    `json:"gradingProgress,omitzero"`
	StartedAt        time.Time `json:"startedAt,omitzero"`
	SubmittedAt      time.Time `json:"submittedAt,omitzero"`

	// Maximum is that of the score, where Score is on its scale; 0 where it is
	// on the line item's.
	Maximum float64 `json:"maximum,omitzero"`
	// Comments are all that the student sees, the oldest first.
	Comments []string `json:"comments,omitzero"`
	// Attempts is how many were used up.
	Attempts int `json:"attempts,omitzero"`
	// Changed is when a teacher last did, by the platform's clock.
	Changed time.Time `json:"changed,omitzero"`
	// Overridden: a teacher set the grade. Locked: and wants it to stay.
	Overridden bool `json:"overridden,omitzero"`
	Locked     bool `json:"locked,omitzero"`
	// LetterGrade and ShareWithStudent are LearningStudio's.
	LetterGrade      string `json:"letterGrade,omitzero"`
	ShareWithStudent bool   `json:"shareWithStudent,omitzero"`
}

// Member is a person in a course, as NRPS shows them. Roles are short context
// roles (Learner) or full URIs; Status is Active, Inactive or Deleted.
type Member struct {
	UserID     string   `json:"user_id"`
	Roles      []string `json:"roles"`
	Status     string   `json:"status"`
	Name       string   `json:"name,omitzero"`
	GivenName  string   `json:"given_name,omitzero"`
	FamilyName string   `json:"family_name,omitzero"`
	Email      string   `json:"email,omitzero"`
	SourcedID  string   `json:"lis_person_sourcedid,omitzero"`
}

// LineItem returns the line item of that number, or nil.
func (c *Course) LineItem(number int) *LineItem {
	return find(c.LineItems, func(i *LineItem) bool { return i.Number == number })
}

// Member returns the member of that user id, or nil.
func (c *Course) Member(user string) *Member {
	return find(c.Members, func(m *Member) bool { return m.UserID == user })
}

// Result returns the cell of that user id, or nil.
func (i *LineItem) Result(user string) *Result {
	return find(i.Results, func(r *Result) bool { return r.UserID == user })
}

func find[T any](list []*T, is func(*T) bool) *T {
	if at := slices.IndexFunc(list, is); at >= 0 {
		return list[at]
	}
	return nil
}

// The keys order the lists, and their pages.
func (i *LineItem) key() string { return fmt.Sprintf("%019d", i.Number) }
func (r *Result) key() string   { return r.UserID }
func (m *Member) key() string   { return m.UserID }

func (m Member) withDefaults() Member {
	m.Roles = slices.Clone(m.Roles)
	if len(m.Roles) == 0 {
		m.Roles = []string{contextRole + "Learner"}
	}
	if m.Status == "" {
		m.Status = "Active"
	}
	return m
}

// clone copies deeply, so that a caller may change what it likes.
func (st *State) clone() *State {
	next := *st
	next.Client.PublicKey = slices.Clone(st.Client.PublicKey)
	next.Courses = make(map[string]*Course, len(st.Courses))
	for id, course := range st.Courses {
		c := *course
		c.ResourceLinks = slices.Clone(c.ResourceLinks)
		c.LineItems = cloneEach(c.LineItems, (*LineItem).clone)
		c.Members = cloneEach(c.Members, func(m *Member) *Member {
			n := *m
			n.Roles = slices.Clone(m.Roles)
			return &n
		})
		next.Courses[id] = &c
	}
	return &next
}

func (i *LineItem) clone() *LineItem {
	next := *i
	if i.GradesReleased != nil {
		next.GradesReleased = new(*i.GradesReleased)
	}
	next.Extra = maps.Clone(i.Extra)
	for name, value := range next.Extra {
		next.Extra[name] = slices.Clone(value)
	}
	next.Cleared = slices.Clone(i.Cleared)
	next.Results = cloneEach(i.Results, func(r *Result) *Result {
		n := *r
		n.Comments = slices.Clone(r.Comments)
		if r.Score != nil {
			n.Score = new(*r.Score)
		}
		return &n
	})
	return &next
}

func cloneEach[T any](list []*T, clone func(*T) *T) []*T {
	next := make([]*T, len(list))
	for at, one := range list {
		next[at] = clone(one)
	}
	return next
}
