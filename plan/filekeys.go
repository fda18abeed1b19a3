package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// exactKeys finds members that package json would take for others: it does not
// look at case, and of two that are called the same it takes the last. A reader
// of the file might see the first. b has been decoded into a T already.
func exactKeys(b []byte, t reflect.Type) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	return walk(dec, t)
}

// walk goes through one value. t is nil where every member is free.
func walk(dec *json.Decoder, t reflect.Type) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	switch tok {
	case json.Delim('['):
		var elem reflect.Type
		if t != nil && t.Kind() == reflect.Slice && t != rawMessage {
			elem = t.Elem()
		}
		for dec.More() {
			if err := walk(dec, elem); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		if err := walkObject(dec, t); err != nil {
			return err
		}
	default:
		return nil
	}
	_, err = dec.Token() // the closing one
	return err
}

func walkObject(dec *json.Decoder, t reflect.Type) error {
	members := membersOf(t)
	var elem reflect.Type
	if t != nil && t.Kind() == reflect.Map {
		elem = t.Elem()
	}
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := tok.(string)
		member, known := members[key]
		switch {
		case seen[key]: // a key may be somebody's id
			return fmt.Errorf("an object has a member twice, near byte %d", dec.InputOffset())
		case members != nil && !known:
			return fmt.Errorf("unknown field %.80q", key)
		case members == nil:
			member = elem
		}
		seen[key] = true
		if err := walk(dec, member); err != nil {
			return err
		}
	}
	return nil
}

var rawMessage = reflect.TypeFor[json.RawMessage]()

// membersOf is the types of a struct's members by their names; nil of anything
// else.
func membersOf(t reflect.Type) map[string]reflect.Type {
	if t == nil || t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return nil
	}
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		out[name] = t.Field(i).Type
	}
	return out
}
