package ltiaas

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/agsclient"
)

// details is what an error body says. Every member may be missing. Others are
// left alone: bodySent is what we said, and externalUrl where LTIAAS went.
type details struct {
	Message      json.RawMessage `json:"message"`
	Description  json.RawMessage `json:"description"`
	BodyReceived json.RawMessage `json:"bodyReceived"` // the LMS's own, an object or a text
	// ExternalError is set where the LMS caused the failure. Its type is not
	// documented.
	ExternalError json.RawMessage `json:"externalError"`
}

func detailsOf(body []byte) details {
	var outer struct {
		Details details `json:"details"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return details{} // not LTIAAS's, or not JSON
	}
	return outer.Details
}

// fromLMS tells whether the status is the LMS's.
func (d details) fromLMS() bool {
	switch string(d.ExternalError) {
	case "", "null", "false", `""`, "0", "{}":
		return false
	}
	return true
}

// reason is what a refusal says for people, with what was sent and the secrets
// cut out.
func (d details) reason(body []byte, sent string, secrets agsclient.Secrets) string {
	var texts []string
	for _, raw := range []json.RawMessage{d.Message, d.Description, d.BodyReceived} {
		if text := secrets.Reason(raw, sent); text != "" && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 && json.Valid(body) {
		return secrets.Reason(body, sent)
	}
	return strings.Join(texts, "; ")
}
