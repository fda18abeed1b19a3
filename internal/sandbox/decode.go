package sandbox

import (
	"encoding/json"
	"maps"
	"time"
)

// The words of AGS 3.4.4 and 3.4.5; other code branches on two of them.
const (
	initialized = "Initialized"
	fullyGraded = "FullyGraded"
)

func activityProgresses() []string {
	return []string{initialized, "Started", "InProgress", "Submitted", "Completed"}
}

func gradingProgresses() []string {
	return []string{"NotReady", "Failed", "Pending", "PendingManual", fullyGraded}
}

// decodeLineItem reads the body of a POST or PUT. id is what the client says
// the line item's URL is, or "".
func decodeLineItem(body []byte) (item LineItem, id string, err error) {
	m, err := decodeObject(body)
	if err != nil {
		return LineItem{}, "", err
	}
	id = m.text("id")
	item.Label = m.required("label")
	maximum := m.number("scoreMaximum")
	if maximum == nil || *maximum <= 0 {
		m.fail("scoreMaximum is required and must be a number above 0")
	} else {
		item.ScoreMaximum = *maximum
	}
	item.ResourceID = m.short("resourceId")
	item.Tag = m.short("tag")
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
// they were left out.
type score struct {
	userID, comment, scoringUserID    string
	given                             *float64
	maximum                           float64
	activityProgress, gradingProgress string
	timestamp, startedAt, submittedAt time.Time
}

// decodeScore reads the body of a POST to scores. Members that it does not know
// are extensions, and ignored.
func decodeScore(body []byte) (score, error) {
	m, err := decodeObject(body)
	if err != nil {
		return score{}, err
	}
	sc := score{
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
