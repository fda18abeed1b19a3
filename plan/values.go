package plan

import (
	"encoding/json"
	"time"
)

// LineItem is a column of a gradebook as a platform shows it (AGS 2.0, line
// item service). Absent, null and blank members are the zero value.
type LineItem struct {
	ID             string    `json:"id,omitempty"`
	Label          string    `json:"label"`
	ScoreMaximum   float64   `json:"scoreMaximum"` // points, > 0
	ResourceID     string    `json:"resourceId,omitempty"`
	Tag            string    `json:"tag,omitempty"`
	ResourceLinkID string    `json:"resourceLinkId,omitempty"`
	StartDateTime  time.Time `json:"startDateTime,omitzero"`
	EndDateTime    time.Time `json:"endDateTime,omitzero"`
	GradesReleased *bool     `json:"gradesReleased,omitempty"`
	// Extensions is every other member, as it came: a write must give them
	// back. Only those that a file names are ever compared or shown.
	Extensions map[string]json.RawMessage `json:"extensions,omitempty"`
}

// Grade is what one person has in one line item. In a Before it is what the
// platform showed; in an After what it shall show.
type Grade struct {
	ScoreGiven   *float64 `json:"scoreGiven"`             // points; null: no score
	ScoreMaximum float64  `json:"scoreMaximum,omitempty"` // the scale of ScoreGiven
	Comment      string   `json:"comment,omitempty"`
	// LetterGrade and ShareWithStudent are of systems that know them; zero
	// elsewhere.
	LetterGrade      string `json:"letterGrade,omitempty"`
	ShareWithStudent *bool  `json:"shareWithStudent,omitempty"`
}

// Result is a Grade with its owner (AGS 2.0, result service).
type Result struct {
	UserID string
	Grade
}

// Submission says when work was begun and handed in.
type Submission struct {
	StartedAt   time.Time `json:"startedAt,omitzero"`
	SubmittedAt time.Time `json:"submittedAt,omitzero"`
}

// Member is one person of a context's roster (NRPS 2.0). What a platform does
// not tell is "".
type Member struct {
	UserID    string   `json:"userId"` // the sub of the person's launches
	Name      string   `json:"name,omitempty"`
	Email     string   `json:"email,omitempty"`
	SourcedID string   `json:"sourcedId,omitempty"`
	Roles     []string `json:"roles"`
	Status    string   `json:"status"` // Active, Inactive or Deleted
}
