package spec

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Public is every mistake as a log may tell it that others can read: where it
// is, and what is wrong in the words of the format. Nothing that is written in
// a file is repeated, wherever it stands: a row of grades that slipped under the
// wrong key looks like anything else. So there is no line, and of what is quoted
// only the format's own words, and keys that are likely to be one of them.
func (e Errors) Public() Errors {
	known := vocabulary()
	out := make(Errors, len(e))
	for i, one := range e {
		out[i] = one.public(known)
	}
	return out
}

// Public is the mistake alone as [Errors.Public] has it.
func (e *Error) Public() *Error { return e.public(vocabulary()) }

func (e *Error) public(known map[string]bool) *Error {
	p := *e
	p.Line, p.Caret = "", ""
	if !known[p.Header] {
		p.Header = ""
	}
	p.Message, p.Hint = unquoted(e.Message, known, e.slip()), unquoted(e.Hint, known, "")
	return &p
}

// slip is the unknown key that the mistake is about, in quotes, where it
// resembles one that is allowed; "" for any other mistake. What has an @, or
// stands among persons, may be one of them all the same.
func (e *Error) slip() string {
	rest, about := strings.CutPrefix(e.Message, unknownKey)
	if !about || e.Personal || !strings.HasPrefix(e.Hint, didYouMean) {
		return ""
	}
	key := quoted.FindString(rest)
	if strings.Contains(key, "@") || !strings.HasPrefix(rest, key) {
		return ""
	}
	return key
}

// quoted is a quoted word of a message, escapes included.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// several are words left out, one after the other.
var several = regexp.MustCompile(`"…"(, "…")+`)

// unquoted is a message without its quoted words, save those that are known
// and the one that is excepted.
func unquoted(s string, known map[string]bool, except string) string {
	s = quoted.ReplaceAllStringFunc(s, func(q string) string {
		word, err := strconv.Unquote(q)
		if q == except || err == nil && known[word] {
			return q
		}
		return `"…"`
	})
	return several.ReplaceAllString(s, `"…"`)
}

// vocabulary are the words of the format: its keys, the words that some of them
// allow, and what hints have in quotes.
func vocabulary() map[string]bool {
	known := map[string]bool{}
	add := func(words ...string) {
		for _, w := range words {
			known[w] = true
		}
	}
	add("apiVersion", "kind", APIVersion, kindGradebook, kindScores, kindPlatform)
	add("", "#", "<<", ": ", "\u2028", "sandbox: {}")
	all, seen := shapes{}, []reflect.Type{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(t.Elem())
		case reflect.Struct:
			if _, value := t.FieldByName("State"); value || slices.Contains(seen, t) {
				return
			}
			seen = append(seen, t)
			for _, f := range all.of(t).fields {
				add(f.key)
				add(f.oneof...)
				walk(t.Field(f.index).Type)
			}
		}
	}
	walk(reflect.TypeFor[Gradebook]())
	walk(reflect.TypeFor[Scores]())
	walk(reflect.TypeFor[Platform]())
	return known
}
