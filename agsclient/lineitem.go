package agsclient

import (
	"encoding/json"
	"fmt"
)

// LineItem is a column of the gradebook (AGS 2.0 section 3.2). Zero values stand
// for members that are absent, blank or null, which AGS takes as equal.
type LineItem struct {
	ID             string // absolute URL
	Label          string
	ScoreMaximum   float64 // points, > 0
	ResourceID     string
	Tag            string
	ResourceLinkID string
	StartDateTime  string // ISO 8601 with zone, as it came
	EndDateTime    string
	GradesReleased *bool
	// Extra holds every other member as it came, and members named above whose
	// value is not of their type (their field is then zero). It is sent back with a
	// PUT, except where a field of the same name is set. A resourceId, tag or
	// resourceLinkId that came as a number stands here too: as long as the field
	// keeps that number as its text, it goes back as the number it was, and when
	// the field is changed or emptied the number here is passed over.
	Extra map[string]json.RawMessage
	// Null names members to be sent as an explicit null, whatever the fields and
	// Extra hold. It is never filled by decoding.
	Null []string
}

// MarshalJSON writes one line of JSON without the members that are empty, and no
// member twice: Null goes before fields, fields go before Extra.
func (l LineItem) MarshalJSON() ([]byte, error) {
	o := newObject()
	for _, n := range l.Null {
		o.raw(n, json.RawMessage("null"))
	}
	o.text("id", l.ID)
	o.text("label", l.Label)
	if l.ScoreMaximum != 0 {
		o.number("scoreMaximum", l.ScoreMaximum)
	}
	l.handle(o, "resourceId", l.ResourceID)
	l.handle(o, "tag", l.Tag)
	l.handle(o, "resourceLinkId", l.ResourceLinkID)
	o.text("startDateTime", l.StartDateTime)
	o.text("endDateTime", l.EndDateTime)
	if l.GradesReleased != nil {
		o.raw("gradesReleased", json.RawMessage(fmt.Sprint(*l.GradesReleased)))
	}
	o.extra(l.Extra)
	b, err := o.bytes()
	if err != nil {
		return nil, fmt.Errorf("line item: %w", err)
	}
	return b, nil
}

// UnmarshalJSON is lenient: ids may be numbers, scoreMaximum a string that holds
// one, and what has a type of its own stays in Extra. Only what is no JSON object
// is an error.
func (l *LineItem) UnmarshalJSON(raw []byte) error {
	m, err := members(raw)
	if err != nil {
		return fmt.Errorf("line item: %w", err)
	}
	*l = LineItem{}
	take := func(name string, into *string) {
		if s, ok := text(m[name]); ok {
			*into = s
			delete(m, name)
		}
	}
	take("id", &l.ID)
	take("label", &l.Label)
	for name, into := range map[string]*string{"resourceId": &l.ResourceID, "tag": &l.Tag, "resourceLinkId": &l.ResourceLinkID} {
		number := m[name]
		take(name, into)
		if isNumber(number) {
			m[name] = number
		}
	}
	for name, into := range map[string]*string{"startDateTime": &l.StartDateTime, "endDateTime": &l.EndDateTime} {
		// A number would be a time in a notation of the platform's own.
		if absent(m[name]) || kind(m[name]) == "a string" {
			take(name, into)
		}
	}
	if f, ok := number(m["scoreMaximum"]); ok && (f == nil || *f != 0) {
		if f != nil {
			l.ScoreMaximum = *f
		}
		delete(m, "scoreMaximum")
	}
	switch released := m["gradesReleased"]; {
	case absent(released):
		delete(m, "gradesReleased")
	case kind(released) == "a boolean":
		yes := released[0] == 't'
		l.GradesReleased = &yes
		delete(m, "gradesReleased")
	}
	l.Extra = keep(m)
	return nil
}

// handle writes a text that may have come as a number.
func (l LineItem) handle(o *object, name, value string) {
	number := l.Extra[name]
	switch {
	case !isNumber(number):
		o.text(name, value)
	case string(number) == value:
		o.raw(name, number)
	case value == "":
		o.taken[name] = true // neither the one nor the other
	default:
		o.text(name, value)
	}
}

func isNumber(raw json.RawMessage) bool { return !absent(raw) && kind(raw) == "a number" }

// keep copies members out of the text that they are parts of; nil if there are none.
func keep(m map[string]json.RawMessage) map[string]json.RawMessage {
	if len(m) == 0 {
		return nil
	}
	n := 0
	for _, raw := range m {
		n += len(raw)
	}
	text := make([]byte, 0, n) // one for all
	kept := make(map[string]json.RawMessage, len(m))
	for name, raw := range m {
		from := len(text)
		text = append(text, raw...)
		kept[name] = text[from:len(text):len(text)]
	}
	return kept
}
