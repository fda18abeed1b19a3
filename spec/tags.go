package spec

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// rules are a field's tag: its key and what types.go says of its value.
type rules struct {
	key         string
	required    bool
	unless      string // another key of the struct; true there lifts required
	clear       bool
	max, min    int
	positive    bool
	nonnegative bool
	url         bool
	origin      bool
	host        bool
	percent     bool
	empty       bool
	oneof       []string
	lax         bool // not a tag: what people may not write is let pass
}

// field is one key of a struct.
type field struct {
	rules
	name  string // the key in quotes, as messages have it
	index int
	doc   string
}

// shape is what the decoder and the encoder know of a struct.
type shape struct {
	fields []field
	keys   []string // sorted
}

// shapes are read once for each type and Load.
type shapes map[reflect.Type]*shape

func (s shapes) of(t reflect.Type) *shape {
	if known, ok := s[t]; ok {
		return known
	}
	made := &shape{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("spec")
		if tag == "-" {
			continue
		}
		r := parseTag(tag)
		made.fields = append(made.fields, field{rules: r, name: quote(r.key), index: i, doc: f.Tag.Get("doc")})
		made.keys = append(made.keys, r.key)
	}
	slices.Sort(made.keys)
	s[t] = made
	return made
}

// field is the place of a key's field, or -1.
func (s *shape) field(key string) int {
	for i := range s.fields {
		if s.fields[i].key == key {
			return i
		}
	}
	return -1
}

// fieldSet is a set of places of fields. No struct has more than 64.
type fieldSet uint64

func (s *fieldSet) add(i int) {
	if i >= 0 {
		*s |= 1 << i
	}
}

func (s fieldSet) has(i int) bool { return i >= 0 && s&(1<<i) != 0 }

// parseTag reads a tag of types.go. A rule that it does not know is a mistake
// in this package and panics.
func parseTag(tag string) rules {
	words := strings.Split(tag, ",")
	r := rules{key: words[0]}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "required":
			r.required = true
		case "percent":
			r.percent = true
		case "empty":
			r.empty = true
		case "unless":
			r.unless = value
		case "clear":
			r.clear = true
		case "max":
			r.max, err = strconv.Atoi(value)
		case "min":
			r.min, err = strconv.Atoi(value)
		case "positive":
			r.positive = true
		case "nonnegative":
			r.nonnegative = true
		case "url":
			r.url = true
		case "origin":
			r.origin = true
		case "host":
			r.host = true
		case "oneof":
			r.oneof = strings.Split(value, "|")
		default:
			panic("spec: unknown rule " + word)
		}
		if err != nil {
			panic("spec: wrong rule " + word)
		}
	}
	return r
}

// noun is what messages call a struct.
func noun(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Gradebook]():
		return "a Gradebook"
	case reflect.TypeFor[Platform]():
		return "a Platform"
	case reflect.TypeFor[Scores]():
		return "a Scores document"
	case reflect.TypeFor[Context]():
		return "a context"
	case reflect.TypeFor[Override]():
		return "a context's line item"
	case reflect.TypeFor[LineItem]():
		return "a line item"
	case reflect.TypeFor[Score]():
		return "a score"
	case reflect.TypeFor[Secret]():
		return "a secret"
	case reflect.TypeFor[AGS]():
		return "ags"
	case reflect.TypeFor[Allow]():
		return "an entry of allow"
	default:
		return strings.ToLower(t.Name())
	}
}
