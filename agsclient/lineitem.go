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
func (l *LineItem) UnmarshalJSON(raw []byte) (err error) {
	if err := valid(raw); err != nil {
		return fmt.Errorf("line item: %w", err)
	}
	*l, err = decodeLineItem(raw)
	return err
}

// decodeLineItem takes JSON.
func decodeLineItem(raw []byte) (LineItem, error) {
	var l LineItem
	var other extras
	err := eachMember(raw, func(name []byte, value json.RawMessage) {
		if l.take(string(name), value) {
			value = nil
		}
		if value != nil || len(other) > 0 {
			other = append(other, extra{string(name), value})
		}
	})
	if err != nil {
		return LineItem{}, fmt.Errorf("line item: %w", err)
	}
	l.Extra = other.kept()
	return l, nil
}

// take sets the field that a member is for. It is false for what belongs in Extra.
func (l *LineItem) take(name string, value json.RawMessage) bool {
	var into *string
	switch name {
	case "scoreMaximum":
		l.ScoreMaximum = 0
		f, ok := number(value)
		if !ok || f == nil {
			return ok
		}
		if *f != 0 { // also not -0
			l.ScoreMaximum = *f
		}
		return *f != 0
	case "gradesReleased":
		l.GradesReleased = nil
		if !absent(value) && kind(value) == "a boolean" {
			yes := value[0] == 't'
			l.GradesReleased = &yes
		}
		return absent(value) || l.GradesReleased != nil
	case "id":
		into = &l.ID
	case "label":
		into = &l.Label
	case "resourceId":
		into = &l.ResourceID
	case "tag":
		into = &l.Tag
	case "resourceLinkId":
		into = &l.ResourceLinkID
	case "startDateTime":
		into = &l.StartDateTime
	case "endDateTime":
		into = &l.EndDateTime
	default:
		return false
	}
	var ok bool
	*into, ok = text(value)
	if !ok || !isNumber(value) {
		return ok
	}
	switch name {
	case "startDateTime", "endDateTime": // a time in a notation of the platform's own
		*into = ""
		return false
	case "resourceId", "tag", "resourceLinkId": // it goes back as a number
		return false
	}
	return true
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

// extras are the members that no field is for, as they came. Of two members of one
// name the last one counts, and has no value here where a field has taken it.
type extras []extra

type extra struct {
	name string
	raw  json.RawMessage
}

// kept copies members out of the text that they are parts of; nil if there are none.
func (e extras) kept() map[string]json.RawMessage {
	if len(e) == 0 {
		return nil
	}
	n := 0
	for _, x := range e {
		n += len(x.raw)
	}
	text := make([]byte, 0, n) // one for all
	kept := make(map[string]json.RawMessage, len(e))
	for _, x := range e {
		if x.raw == nil {
			delete(kept, x.name)
			continue
		}
		from := len(text)
		text = append(text, x.raw...)
		kept[x.name] = text[from:len(text):len(text)]
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}
