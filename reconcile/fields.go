package reconcile

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/gradesync/gradesync/plan"
)

// side picks one side of a field.
type side func(plan.Field) any

func before(f plan.Field) any { return f.Before }
func after(f plan.Field) any  { return f.After }

// withFields is the line item with one side of the fields in it.
func withFields(li plan.LineItem, fields []plan.Field, pick side) plan.LineItem {
	ext := make(map[string]json.RawMessage, len(li.Extensions))
	for k, v := range li.Extensions {
		ext[k] = v
	}
	li.Extensions = ext
	for _, f := range fields {
		setField(&li, f.Name, pick(f))
	}
	return li
}

// setField puts a field's value, as plan.Field holds it, into a line item.
func setField(li *plan.LineItem, name string, v any) {
	text, _ := v.(string)
	if slices.Contains(oddForms, name) {
		delete(li.Extensions, name) // where it stood in a form that is not its own
	}
	switch name {
	case "label":
		li.Label = text
	case "scoreMaximum":
		li.ScoreMaximum, _ = v.(float64)
	case "resourceId":
		li.ResourceID = text
	case "tag":
		li.Tag = text
	case "resourceLinkId":
		li.ResourceLinkID = text
	case "startDateTime":
		li.StartDateTime = instant(text)
	case "endDateTime":
		li.EndDateTime = instant(text)
	case "gradesReleased":
		li.GradesReleased = nil
		if b, ok := v.(bool); ok {
			li.GradesReleased = &b
		}
	default:
		if v == nil {
			delete(li.Extensions, name)
			return
		}
		if raw, err := json.Marshal(v); err == nil {
			li.Extensions[name] = raw
		}
	}
}

// oddForms are members that platforms are known to send in other forms, such
// as a number for a tag; those stand among the extensions.
var oddForms = []string{"tag", "resourceId", "resourceLinkId", "startDateTime", "endDateTime"}

// fieldValue is the other way round: a line item's field as plan.Field holds it.
func fieldValue(li *plan.LineItem, name string) any {
	for _, f := range itemFields(plan.LineItem{}, *li) {
		if f.Name == name {
			return f.After
		}
	}
	return nil
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
