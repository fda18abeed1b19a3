package spec

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"time"
)

// Schema is the JSON Schema (draft 2020-12) of one document of whatever kind,
// indented, made of the types and tags that the decoder reads. It never refuses
// a document that Load accepts. It refuses unknown keys and values of a wrong
// type as Load does, and is laxer where a rule is about several values, about
// several documents, or about how a value is written: JSON keeps no trace of
// 010, of a key that stands twice, or of a value left blank.
func Schema() ([]byte, error) {
	const version, kind = "apiVersion", "kind"
	root := &schema{
		Version:     "https://json-schema.org/draft/2020-12/schema",
		Title:       "A gradesync document",
		Description: "One document: what stands between two --- of a YAML file.",
		Type:        "object",
		Required:    []string{version, kind},
	}
	d := &definer{shapes: shapes{}}
	var kinds []any
	for _, doc := range []struct {
		kind string
		t    reflect.Type
	}{
		{kindGradebook, reflect.TypeFor[Gradebook]()},
		{kindScores, reflect.TypeFor[Scores]()},
		{kindPlatform, reflect.TypeFor[Platform]()},
	} {
		kinds = append(kinds, doc.kind)
		ref := d.ref(doc.t)
		body := d.defs.get(doc.t.Name())
		// The header is no part of the types, but of the keys that may be there.
		body.Properties = append(members{
			{version, &schema{Const: APIVersion}}, {kind, &schema{Const: doc.kind}},
		}, body.Properties...)
		body.Required = append([]string{version, kind}, body.Required...)
		root.AllOf = append(root.AllOf, &schema{If: having(kind, doc.kind), Then: &schema{Ref: ref}})
	}
	root.Properties = members{
		{version, &schema{Description: "The version of the file format.", Const: APIVersion}},
		{kind, &schema{Description: "What the document is.", Enum: kinds}},
	}
	root.Defs = d.defs

	text, err := json.MarshalIndent(root, "", "  ")
	return append(text, '\n'), err
}

// schema is the part of JSON Schema's vocabulary that the format needs.
type schema struct {
	Version              string    `json:"$schema,omitempty"`
	Title                string    `json:"title,omitempty"`
	Description          string    `json:"description,omitempty"`
	Ref                  string    `json:"$ref,omitempty"`
	Type                 any       `json:"type,omitempty"` // a word, or several
	Const                any       `json:"const,omitempty"`
	Enum                 []any     `json:"enum,omitempty"`
	Pattern              string    `json:"pattern,omitempty"`
	MaxLength            int       `json:"maxLength,omitempty"` // characters, as in the tags
	Minimum              any       `json:"minimum,omitempty"`
	ExclusiveMinimum     any       `json:"exclusiveMinimum,omitempty"`
	Maximum              any       `json:"maximum,omitempty"`
	MinItems             int       `json:"minItems,omitempty"`
	Items                *schema   `json:"items,omitempty"`
	PropertyNames        *schema   `json:"propertyNames,omitempty"`
	Properties           members   `json:"properties,omitempty"`
	Required             []string  `json:"required,omitempty"`
	AdditionalProperties any       `json:"additionalProperties,omitempty"` // false, or a *schema
	AllOf                []*schema `json:"allOf,omitempty"`
	OneOf                []*schema `json:"oneOf,omitempty"`
	Not                  *schema   `json:"not,omitempty"`
	If                   *schema   `json:"if,omitempty"`
	Then                 *schema   `json:"then,omitempty"`
	Else                 *schema   `json:"else,omitempty"`
	Defs                 members   `json:"$defs,omitempty"`
}

// members are a JSON object whose keys stand in the order of the types.
type members []member

type member struct {
	key   string
	value *schema
}

func (m members) get(key string) *schema {
	for _, one := range m {
		if one.key == key {
			return one.value
		}
	}
	return nil
}

// MarshalJSON writes the members in their order; there is at least one.
func (m members) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	for i, one := range m {
		value, err := json.Marshal(one.value)
		if err != nil {
			return nil, err
		}
		out.WriteByte("{,"[min(i, 1)])
		out.WriteString(strconv.Quote(one.key)) // a word of a tag
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// having is the condition that a key has this value.
func having(key string, value any) *schema {
	return &schema{Properties: members{{key, &schema{Const: value}}}, Required: []string{key}}
}

// definer makes one definition of each struct, in the order in which the types
// name them.
type definer struct {
	shapes shapes
	defs   members
}

func (d *definer) ref(t reflect.Type) string {
	if d.defs.get(t.Name()) == nil {
		s := &schema{}
		d.defs = append(d.defs, member{t.Name(), s}) // stands before its fields' types
		d.structure(t, s)
	}
	return "#/$defs/" + t.Name()
}

func (d *definer) structure(t reflect.Type, s *schema) {
	s.Type, s.AdditionalProperties = "object", false
	for _, f := range d.shapes.of(t).fields {
		value := d.value(t.Field(f.index).Type, f.rules)
		value.Description = f.doc
		s.Properties = append(s.Properties, member{f.key, value})
		switch {
		case f.required && f.unless != "":
			s.AllOf = append(s.AllOf, &schema{If: having(f.unless, true), Else: &schema{Required: []string{f.key}}})
		case f.required:
			s.Required = append(s.Required, f.key)
		}
	}
	for _, keys := range d.alternatives(t) {
		s.OneOf = append(s.OneOf, &schema{Required: keys})
	}
}

// alternatives are sets of keys of which exactly one is there. No tag says so:
// each of these types has a check of its own for it.
func (d *definer) alternatives(t reflect.Type) (sets [][]string) {
	switch t {
	case reflect.TypeFor[Score]():
		return [][]string{{"userId"}, {"email"}, {"sourcedId"}}
	case reflect.TypeFor[Scores]():
		return [][]string{{"matrix"}, {"lineItem", "csv"}}
	}
	for _, f := range d.shapes.of(t).fields {
		switch t {
		case reflect.TypeFor[Secret](), reflect.TypeFor[Prune]():
			sets = append(sets, []string{f.key})
		case reflect.TypeFor[Platform](): // its kinds are its optional mappings
			if t.Field(f.index).Type.Kind() == reflect.Pointer {
				sets = append(sets, []string{f.key})
			}
		}
	}
	return sets
}

// value goes the way of the decoder's method of this name.
func (d *definer) value(t reflect.Type, r rules) *schema {
	switch t.Kind() {
	case reflect.Pointer:
		return d.value(t.Elem(), r)
	case reflect.Slice:
		return &schema{Type: "array", MinItems: r.min, Items: d.value(t.Elem(), r)}
	case reflect.Map:
		s := &schema{Type: "object", AdditionalProperties: d.value(t.Elem(), rules{})}
		if t.Elem() == reflect.TypeFor[Opt[any]]() {
			s.PropertyNames = &schema{Pattern: extensionPattern}
		}
		return s
	}
	if _, optional := t.FieldByName("State"); !optional {
		return &schema{Ref: d.ref(t)}
	}
	value, _ := t.FieldByName("Value")
	s := scalarSchema(value.Type, r)
	if r.clear && s.Type != nil {
		s.Type = []any{s.Type, "null"}
		if s.Enum != nil {
			s.Enum = append(s.Enum, nil)
		}
	}
	return s
}

// scalarSchema is of what an Opt of t may hold. A type that it does not know is
// a mistake in this package and panics.
func scalarSchema(t reflect.Type, r rules) *schema {
	switch t {
	case reflect.TypeFor[time.Time]():
		return &schema{Type: "string", Pattern: timePattern}
	case reflect.TypeFor[time.Duration]():
		s := &schema{Type: "string", Pattern: durationPattern}
		if r.positive {
			s.Not = &schema{Pattern: "^[^1-9]*$"}
		}
		return s
	}
	switch t.Kind() {
	case reflect.String:
		return textSchema(r)
	case reflect.Float64, reflect.Int:
		s := &schema{Type: "number"}
		if t.Kind() == reflect.Int {
			s.Type, s.Maximum = "integer", math.MaxInt32
		}
		if r.positive {
			s.ExclusiveMinimum = 0
		} else {
			s.Minimum = 0 // no number of the format has a sign
		}
		return s
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Interface:
		return &schema{} // whatever JSON can hold
	}
	panic("spec: no schema for " + t.String())
}

func textSchema(r rules) *schema {
	s := &schema{Type: "string", MaxLength: r.max}
	switch {
	case r.oneof != nil:
		for _, word := range r.oneof {
			s.Enum = append(s.Enum, word)
		}
		if r.clear {
			s.Enum = append(s.Enum, "")
		}
		return s
	case r.origin:
		s.Pattern = originPattern
	case r.url:
		s.Pattern = urlPattern
	case r.host:
		s.Pattern = hostPattern
	case r.percent:
		s.Pattern = percentPattern
	default:
		s.Pattern = textPattern
	}
	if r.clear {
		s.Pattern = "^$|" + s.Pattern
	}
	return s
}

// The patterns mean the same to the regular expressions of ECMA-262, Go and
// others, and refuse nothing that scalar.go and url.go accept. They have no
// `format` beside them: what asserts date-time refuses zones that Go reads.
const (
	textPattern     = `[^\t\n\r ]`
	timePattern     = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-4]):([0-5][0-9]|60))$`
	durationPattern = `^([0-9]+(\.[0-9]+)?(h|m|s|ms|us|µs|ns))+$`
	percentPattern  = `^(100(\.0[0-9]*)?|[1-9]?[0-9](\.[0-9]+)?)%$` // the last digits of 100.0…01 are lost
	hostPattern     = `^` + authority + `$`

	https     = `^[Hh][Tt][Tt][Pp][Ss]://` + authority
	localHTTP = `^[Hh][Tt][Tt][Pp]://([Ll][Oo][Cc][Aa][Ll][Hh][Oo][^\x00-\x20\x7f-\x9f/?#@]+|127\.[0-9.]+(:[0-9]+)?|\[[^\x00-\x20\x7f-\x9f/?#@]+)` // to Go, ſ is an s too
	authority = `[^\x00-\x20\x7f-\x9f/?#@]+`
	tail      = `([/?][^\x00-\x20\x7f-\x9f#]*)?$`
	noTail    = `(/(/|%2[Ff])*)?$`

	urlPattern       = https + tail + `|` + localHTTP + tail
	originPattern    = https + noTail + `|` + localHTTP + noTail
	extensionPattern = `^[Hh][Tt][Tt][Pp][Ss]?://[^\x00-\x20\x7f/?#][^\x00-\x20\x7f]*$`
)
