// Package wire translates between the line items of AGS 2.0 and ours, for all
// platforms that speak of them in its words.
package wire

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
)

// dates are the members of a line item that are times.
func dates(wire *agsclient.LineItem, item *plan.LineItem) []date {
	return []date{
		{"startDateTime", &wire.StartDateTime, &item.StartDateTime},
		{"endDateTime", &wire.EndDateTime, &item.EndDateTime},
	}
}

type date struct {
	name string
	text *string
	time *time.Time
}

// From keeps as an extension what is not a time, so that a write gives it back as
// it came.
func From(li agsclient.LineItem) plan.LineItem {
	out := plan.LineItem{
		ID: li.ID, Label: li.Label, ScoreMaximum: li.ScoreMaximum, ResourceID: li.ResourceID, Tag: li.Tag,
		ResourceLinkID: li.ResourceLinkID, GradesReleased: li.GradesReleased, Extensions: maps.Clone(li.Extra),
	}
	if li.StartDateTime == "" && li.EndDateTime == "" {
		return out // as most are
	}
	for _, d := range dates(&li, &out) {
		if t, err := instant(*d.text); err == nil {
			*d.time = t
		} else if raw, err := json.Marshal(*d.text); err == nil && *d.text != "" {
			if out.Extensions == nil {
				out.Extensions = map[string]json.RawMessage{}
			}
			out.Extensions[d.name] = raw
		}
	}
	return out
}

// To is a line item as it is sent. Cleared members are sent as null.
func To(li plan.LineItem, cleared []string) agsclient.LineItem {
	out := agsclient.LineItem{
		ID: li.ID, Label: li.Label, ScoreMaximum: li.ScoreMaximum, ResourceID: li.ResourceID, Tag: li.Tag,
		ResourceLinkID: li.ResourceLinkID, GradesReleased: li.GradesReleased, Extra: li.Extensions, Null: cleared,
	}
	for _, d := range dates(&out, &li) {
		if !d.time.IsZero() {
			*d.text = d.time.Format(time.RFC3339Nano)
		}
	}
	return out
}

// instant reads ISO 8601 as platforms write it, with a zone.
func instant(text string) (t time.Time, err error) {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
	} {
		if t, err = time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}
