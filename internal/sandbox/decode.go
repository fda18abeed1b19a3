package sandbox

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/gradesync/gradesync/internal/quirk"
)

// The words of AGS 3.4.4 and 3.4.5 that other code branches on.
const (
	initialized   = "Initialized"
	pendingManual = "PendingManual"
	fullyGraded   = "FullyGraded"
)

// submissionExtension is a member of scores by which Canvas is told whether
// the score is for a new attempt.
const submissionExtension = "https://canvas.instructure.com/lti/submission"

func activityProgresses() []string {
	return []string{initialized, "Started", "InProgress", "Submitted", "Completed"}
}

func gradingProgresses() []string {
	return []string{"NotReady", "Failed", "Pending", pendingManual, fullyGraded}
}

// lineItem takes the members of a POST or PUT. id is what the client says the
// line item's URL is, or "".
func (h habits) lineItem(m *members) (item LineItem, id string, err error) {
	id = m.text("id")
	item.Label = m.required("label")
	maximum := m.number("scoreMaximum")
	switch {
	case maximum != nil && *maximum > 0:
		item.ScoreMaximum = *maximum
	case maximum == nil && m.err == nil && h.has(quirk.MaximumDefaults100):
		item.ScoreMaximum = 100
	default:
		m.fail("scoreMaximum is required and must be a number above 0")
	}
	text := m.short
	if h.has(quirk.LongText502) { // which has bounds of its own
		text = m.text
	}
	item.ResourceID = text("resourceId")
	item.Tag = text("tag")
	item.ResourceLinkID = m.text("resourceLinkId")
	_, item.StartDateTime = m.instant("startDateTime")
	_, item.EndDateTime = m.instant("endDateTime")
	var released bool
	if m.take("gradesReleased", &released, "true or false") {
		item.GradesReleased = &released
	}
	if m.err != nil {
		return LineItem{}, "", m.err
	}
	maps.DeleteFunc(m.raw, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	if len(m.raw) > 0 {
		item.Extra = m.raw
		for name, value := range m.raw {
			item.Extra[name] = compact(value)
		}
	}
	return item, id, nil
}

// score is a score as posted. given is nil for none; the times are zero where
// they were left out. commented tells a comment that is blank or null from none
// at all. correction is a score that says that it is for no new attempt.
type score struct {
	userID, comment, scoringUserID    string
	given                             *float64
	maximum                           float64
	activityProgress, gradingProgress string
	timestamp, startedAt, submittedAt time.Time
	commented, correction             bool
	stamped                           bool // as it is processed: timestamp is the earliest it may get
}

// decodeScore reads the body of a POST to scores. Members that it does not know
// are extensions, and ignored, and so are those that make no sense.
func decodeScore(body []byte) (score, error) {
	m, err := decodeObject(body)
	if err != nil {
		return score{}, err
	}
	_, commented := m.raw["comment"]
	sc := score{
		commented:        commented,
		userID:           m.required("userId"),
		activityProgress: m.oneOf("activityProgress", activityProgresses()),
		gradingProgress:  m.oneOf("gradingProgress", gradingProgresses()),
		given:            m.number("scoreGiven"),
		comment:          m.text("comment"),
	}
	var text string
	if sc.timestamp, text = m.instant("timestamp"); text == "" {
		m.fail("timestamp is required")
	}
	if sc.given != nil && *sc.given < 0 {
		m.fail("scoreGiven is below 0")
	}
	maximum := m.number("scoreMaximum")
	switch {
	case maximum != nil && *maximum <= 0:
		m.fail("scoreMaximum is not above 0")
	case maximum != nil:
		sc.maximum = *maximum
	case sc.given != nil:
		m.fail("scoreGiven needs a scoreMaximum")
	}
	var scorer string
	if m.take("scoringUserId", &scorer, "a string") && isBlank(scorer) {
		m.fail("scoringUserId is blank")
	}
	sc.scoringUserID = scorer
	m.submission(&sc)
	var extension struct {
		NewSubmission *bool `json:"new_submission"`
	}
	if err := json.Unmarshal(m.raw[submissionExtension], &extension); err == nil && extension.NewSubmission != nil {
		sc.correction = !*extension.NewSubmission
	}
	return sc, m.err
}

func (m *members) submission(sc *score) {
	inner := &members{}
	if !m.take("submission", &inner.raw, "an object") {
		return
	}
	sc.startedAt, _ = inner.instant("startedAt")
	sc.submittedAt, _ = inner.instant("submittedAt")
	if inner.err != nil {
		m.fail("submission: %v", inner.err)
	}
	if !sc.startedAt.IsZero() && !sc.submittedAt.IsZero() && sc.submittedAt.Before(sc.startedAt) {
		m.fail("submission: submittedAt is before startedAt")
	}
}
