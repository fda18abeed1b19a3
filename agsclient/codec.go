package agsclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// members splits a JSON object. Names are taken exactly, unlike encoding/json's
// own fields, which match without regard to case. The values are parts of raw.
func members(raw []byte) (map[string]json.RawMessage, error) {
	if err := valid(raw); err != nil {
		return nil, err
	}
	m := map[string]json.RawMessage{}
	err := eachMember(raw, func(name []byte, value json.RawMessage) { m[string(name)] = value })
	if err != nil {
		return nil, err
	}
	return m, nil
}

// eachMember hands on the members of an object in their order. What it takes must
// be JSON (see [valid]): listings are looked at once as they stream in, and not
// again for each of their elements.
func eachMember(raw []byte, each func(name []byte, value json.RawMessage)) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return fmt.Errorf("expected a JSON object, found %s", kind(raw))
	}
	at := 1
	next := func() json.RawMessage { // only ever asked where a value stands
		for isSpace(raw[at]) || raw[at] == ',' || raw[at] == ':' {
			at++
		}
		var s span
		n, _ := s.scan(raw[at:])
		at += n
		return raw[at-n : at : at]
	}
	for {
		quoted := next()
		if len(quoted) == 0 { // the brace
			return nil
		}
		name := quoted[1 : len(quoted)-1]
		if bytes.IndexByte(name, '\\') >= 0 || !utf8.Valid(name) {
			var s string
			if err := json.Unmarshal(quoted, &s); err != nil {
				return err
			}
			name = []byte(s)
		}
		each(name, next())
	}
}

// kind names what a JSON value is.
func kind(raw []byte) string {
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// text reads a string of valid JSON, taking a number as it is written; "" for null and absent.
func text(raw json.RawMessage) (string, bool) {
	if absent(raw) {
		return "", true
	}
	if kind(raw) == "a number" {
		return string(raw), true
	}
	if n := len(raw); n > 1 && raw[0] == '"' && raw[n-1] == '"' && bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return string(raw[1 : n-1]), true // most of them
	}
	var s string
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// number reads a number or a string that holds one; nil for null, blank and absent.
func number(raw json.RawMessage) (*float64, bool) {
	s, ok := text(raw)
	s = strings.TrimSpace(s)
	if !ok || s == "" {
		return nil, ok
	}
	// ParseFloat takes much that is no JSON number, which may stand in a string: inf, 0x1p-2.
	if raw[0] == '"' && (kind([]byte(s)) != "a number" || !json.Valid([]byte(s))) {
		return nil, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil { // too large for a float64
		return nil, false
	}
	return &f, true
}

// decimal is the shortest plain decimal of f.
func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// jsonText is s as it stands between the quotes of a JSON string.
func jsonText(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil { // a string never fails
		return s
	}
	q := b.String()
	return q[1 : len(q)-2] // quotes and the newline
}

// object writes a JSON object on one line (there are platforms that refuse any
// other) and no member twice: who comes first has the name.
type object struct {
	buf   bytes.Buffer
	taken map[string]bool
	err   error
}

func newObject() *object { return &object{taken: map[string]bool{}} }

func (o *object) raw(name string, value json.RawMessage) {
	if o.taken[name] {
		return
	}
	o.taken[name] = true
	if o.buf.Len() > 0 {
		o.buf.WriteByte(',')
	}
	o.buf.WriteString(`"` + jsonText(name) + `":`)
	if err := json.Compact(&o.buf, value); err != nil && o.err == nil {
		o.err = fmt.Errorf("member %q is not JSON: %w", name, err)
	}
}

// text writes a string, nothing if it is empty.
func (o *object) text(name, value string) {
	if value != "" {
		o.raw(name, json.RawMessage(`"`+jsonText(value)+`"`))
	}
}

func (o *object) number(name string, value float64) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		o.err = errors.Join(o.err, fmt.Errorf("%s is not a number", name))
		return
	}
	o.raw(name, json.RawMessage(decimal(value)))
}

func (o *object) extra(m map[string]json.RawMessage) {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		o.raw(n, m[n])
	}
}

func (o *object) bytes() ([]byte, error) {
	if o.err != nil {
		return nil, o.err
	}
	return []byte("{" + o.buf.String() + "}"), nil
}
