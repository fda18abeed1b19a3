package sandbox

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// members are those of a JSON object. Taking one removes it, so that what is
// left is what nobody knows. The first error sticks: take all, then look. The
// names are exact, where encoding/json would take a Label for a label.
type members struct {
	raw map[string]json.RawMessage
	err error
}

func decodeObject(body []byte) (*members, error) {
	if !utf8.Valid(body) {
		return nil, badRequest("the body is not valid UTF-8")
	}
	m := &members{}
	err := json.Unmarshal(body, &m.raw)
	if mistyped := (*json.UnmarshalTypeError)(nil); errors.As(err, &mistyped) || err == nil && m.raw == nil {
		return nil, badRequest("the body is not a JSON object")
	}
	if err != nil {
		return nil, badRequest("the body is not JSON: %v", err)
	}
	return m, nil
}

// take reads a member into v and tells whether it was there. null is as good as
// absent.
func (m *members) take(name string, v any, what string) bool {
	raw, there := m.raw[name]
	delete(m.raw, name)
	if !there || string(raw) == "null" {
		return false
	}
	if err := json.Unmarshal(raw, v); err != nil {
		m.fail("%s is not %s", name, what)
		return false
	}
	return true
}

func (m *members) fail(format string, args ...any) {
	if m.err == nil {
		m.err = badRequest(format, args...)
	}
}

// text takes a string; absent, null and blank are one: "".
func (m *members) text(name string) string {
	var s string
	if !m.take(name, &s, "a string") || isBlank(s) {
		return ""
	}
	return s
}

func (m *members) required(name string) string {
	s := m.text(name)
	if s == "" {
		m.fail("%s is required and cannot be blank", name)
	}
	return s
}

// short takes a string of up to 256 characters.
func (m *members) short(name string) string {
	s := m.text(name)
	if utf8.RuneCountInString(s) > 256 {
		m.fail("%s is longer than 256 characters", name)
	}
	return s
}

func (m *members) oneOf(name string, words []string) string {
	s := m.required(name)
	if s != "" && !slices.Contains(words, s) {
		m.fail("%s is not one of %s", name, strings.Join(words, ", "))
	}
	return s
}

func (m *members) number(name string) *float64 {
	var n float64
	if !m.take(name, &n, "a number") {
		return nil
	}
	n += 0 // -0 becomes 0
	return &n
}

// instant takes a date and time, and returns the text as it came as well. A
// blank one is not a date: null unsets it.
func (m *members) instant(name string) (time.Time, string) {
	var s string
	if !m.take(name, &s, "a string") {
		return time.Time{}, ""
	}
	t, ok := parseInstant(s)
	if !ok {
		m.fail("%s is not an ISO 8601 date and time with a zone", name)
	}
	return t, s
}

// instantForm is the extended format of ISO 8601 to the minute or better.
var instantForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$`)

// parseInstant returns the instant in UTC, to the nanosecond.
func parseInstant(s string) (time.Time, bool) {
	if !instantForm.MatchString(s) {
		return time.Time{}, false
	}
	for _, clock := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04"} {
		for _, zone := range []string{"Z07:00", "Z0700", "Z07"} {
			if t, err := time.Parse(clock+zone, s); err == nil {
				t = t.UTC()
				// The years that JSON can hold; a zone may lead out of them.
				return t, t.Year() >= 1 && t.Year() <= 9999
			}
		}
	}
	return time.Time{}, false
}
