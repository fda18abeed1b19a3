package spec

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

// decoder reads the nodes of one file into the types, led by their tags. A
// value that is wrong is reported and left unmanaged, but keeps its Pos, by
// which later checks know that it is there and don't report it as missing.
type decoder struct {
	*file
	*reporter
	shapes shapes
}

// checker is a type with rules that its tags cannot say. check runs once its
// fields are read.
type checker interface{ check(r *reporter) }

func (d *decoder) errorf(n *yaml.Node, hint, format string, args ...any) {
	d.reporter.errorf(d.pos(n), hint, format, args...)
}

// entry is one key of a mapping with its value.
type entry struct {
	key       string
	at, value *yaml.Node // value is resolved
}

// fewKeys are searched one by one; most mappings have no more.
const fewKeys = 16

// entries are a mapping's, each key once.
func (d *decoder) entries(n *yaml.Node) []entry {
	made := make([]entry, 0, len(n.Content)/2)
	var first map[string]*yaml.Node
	if len(n.Content) > 2*fewKeys {
		first = make(map[string]*yaml.Node, len(n.Content)/2)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		at, key := n.Content[i], resolved(n.Content[i])
		switch {
		case key.ShortTag() == "!!merge": // reported by tree
			continue
		case key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" && key.ShortTag() != "!!timestamp":
			hint := ""
			if key.Kind == yaml.ScalarNode {
				hint = "write it in quotes: " + quote(key.Value)
			}
			d.errorf(at, hint, "a key must be a string, not %s", kindOf(key))
			continue
		}
		one := first[key.Value]
		if first == nil {
			if i := slices.IndexFunc(made, func(e entry) bool { return e.key == key.Value }); i >= 0 {
				one = made[i].at
			}
		}
		if one != nil {
			d.private(d.name, n.Content[i+1])
			d.errorf(at, "", "duplicate key %s; the first one stands at %s", quote(key.Value), d.pos(one))
			continue
		}
		if first != nil {
			first[key.Value] = at
		}
		made = append(made, entry{key.Value, at, resolved(n.Content[i+1])})
	}
	return made
}

// value reads n into v. name is what messages call it; at is its key, where it has one.
func (d *decoder) value(n, at *yaml.Node, v reflect.Value, r rules, name string) {
	r.lax = d.lax
	if bare(n) {
		spoil(v, d.pos(at))
		d.errorf(at, instead(r), "%s has no value", name)
		return
	}
	switch o := v.Addr().Interface().(type) {
	case *Opt[string]:
		scalar(d, n, o, r, name, text)
	case *Opt[float64]:
		scalar(d, n, o, r, name, decimal)
	case *Opt[int]:
		scalar(d, n, o, r, name, whole)
	case *Opt[bool]:
		scalar(d, n, o, r, name, boolean)
	case *Opt[time.Time]:
		scalar(d, n, o, r, name, instant)
	case *Opt[time.Duration]:
		scalar(d, n, o, r, name, duration)
	case *Opt[any]:
		d.extension(n, o, name)
	case *Secret:
		d.secret(n, o, name)
	default:
		d.collection(n, v, r, name)
	}
}

func (d *decoder) collection(n *yaml.Node, v reflect.Value, r rules, name string) {
	want := yaml.MappingNode
	switch v.Kind() {
	case reflect.Pointer: // an optional mapping; there, if wrong
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	case reflect.Slice:
		want = yaml.SequenceNode
	}
	if n.Kind != want {
		if name == `"scores"` {
			d.private(d.name, n)
		}
		spoil(v, d.pos(n))
		must := "a mapping (key: value)"
		if want == yaml.SequenceNode {
			must = "a list"
		}
		d.errorf(n, "", "%s is %s, but must be %s", name, kindOf(n), must)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		d.list(n, v, r, name)
	case reflect.Map:
		d.mapping(n, v)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, r rules, name string) {
	if len(n.Content) < r.min {
		d.errorf(n, "", "%s needs at least %d entry", name, r.min)
	}
	if len(n.Content) == 0 && !r.empty {
		return
	}
	if v.Type().Elem() == reflect.TypeFor[Score]() {
		d.private(d.name, n)
	}
	made := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	v.Set(made)
	entry := "an entry of " + name
	for i, child := range n.Content {
		if d.full() {
			v.Set(made.Slice(0, i))
			return
		}
		child = resolved(child)
		d.value(child, child, made.Index(i), r, entry)
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value) {
	if len(n.Content) > 0 {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, e := range d.entries(n) {
		if d.full() {
			break
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		d.value(e.value, e.at, elem, rules{key: e.key}, quote(e.key))
		switch o := elem.Addr().Interface().(type) {
		case *Override:
			o.Pos = d.pos(e.at)
		case *Opt[any]:
			if !fullURL(e.key) {
				d.errorf(e.at, "write it in full, as in https://example.com/my-extension", "the key of an extension must be a full URL")
			}
		}
		v.SetMapIndex(reflect.ValueOf(e.key), elem)
	}
}

// structure reads a mapping into a struct. extra are keys that belong to the
// document and not to the struct.
func (d *decoder) structure(n *yaml.Node, v reflect.Value, extra ...string) {
	mark(v, d.pos(n))
	shape := d.shapes.of(v.Type())
	var seen, lifted fieldSet // lifted: true
	for _, e := range d.entries(n) {
		if d.full() {
			break
		}
		if slices.Contains(extra, e.key) {
			continue
		}
		i := shape.field(e.key)
		if i < 0 {
			seen.add(shape.field(d.unknown(e, v, shape, extra)))
			continue
		}
		seen.add(i)
		if e.value.ShortTag() == "!!bool" && e.value.Value == "true" {
			lifted.add(i)
		}
		f := &shape.fields[i]
		d.value(e.value, e.at, v.Field(f.index), f.rules, f.name)
	}
	for i := range shape.fields {
		if f := &shape.fields[i]; f.required && !seen.has(i) && !lifted.has(shape.field(f.unless)) {
			d.errorf(n, fmt.Sprintf("add %s: %s", f.name, f.doc), "%s has no %s", noun(v.Type()), f.name)
		}
	}
	if c, ok := v.Addr().Interface().(checker); ok {
		c.check(d.reporter)
	}
}

// unknownKey begins the message about one.
const unknownKey = "unknown key "

// unknown reports a key, and marks the one that was most likely meant as there:
// one slip is one error.
func (d *decoder) unknown(e entry, v reflect.Value, s *shape, extra []string) (meant string) {
	keys := slices.Sorted(slices.Values(slices.Concat(s.keys, extra)))
	d.errorf(e.at, suggest(e.key, keys), unknownKey+"%s in %s", quote(e.key), noun(v.Type()))
	if e.value.Kind != yaml.ScalarNode { // it may be `scores` with a slip
		d.private(d.name, e.value)
	}
	if sensitive.MatchString(e.key) {
		d.hush(d.pos(e.at))
		d.hushAll(e.value)
	}
	meant = nearest(e.key, keys)
	if i := s.field(meant); i >= 0 {
		spoil(v.Field(s.fields[i].index), d.pos(e.at))
	}
	return meant
}

// sensitive are names of keys whose value is most likely a secret.
var sensitive = regexp.MustCompile(`(?i)secret|password|private|apikey|(token|pem)$`)

// secret reads where a secret is. Whoever writes the secret itself there shall
// not find it in the log of the build as well.
func (d *decoder) secret(n *yaml.Node, s *Secret, name string) {
	known := n.Kind == yaml.MappingNode
	for i := 0; known && i < len(n.Content); i += 2 {
		known = n.Content[i].Value == "env" || n.Content[i].Value == "file"
	}
	if known && d.places(n) {
		d.structure(n, reflect.ValueOf(s).Elem())
		return
	}
	spoil(reflect.ValueOf(s).Elem(), d.pos(n))
	if known {
		return
	}
	d.hushAll(n)
	d.errorf(n, "write {env: NAME} or {file: PATH}; its line is not shown here",
		"%s must name where the secret is kept, with env or file and nothing else", name)
}

// places tells whether what stands in a secret can be the names of places.
func (d *decoder) places(n *yaml.Node) bool {
	fine := true
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := resolved(n.Content[i+1])
		if p := misplaced(n.Content[i].Value, value); p != nil {
			fine = false
			d.errorf(value, p.hint, "%s", p.message)
			d.hushAll(n)
			d.hushAll(value)
		}
	}
	return fine
}

func (d *decoder) hushAll(n *yaml.Node) {
	d.file.hide(n)
	for _, child := range n.Content {
		d.hushAll(child)
	}
}

// mark gives a value its place; lists, maps and optional mappings have none.
func mark(v reflect.Value, pos Pos) {
	if v.Kind() == reflect.Struct {
		if f := v.FieldByName("Pos"); f.IsValid() && f.IsZero() {
			f.Set(reflect.ValueOf(pos))
		}
	}
}

// spoil marks a value that could not be read, and all that it would hold, as there.
func spoil(v reflect.Value, pos Pos) {
	mark(v, pos)
	if v.Kind() != reflect.Struct || v.FieldByName("State").IsValid() {
		return
	}
	for i := range v.NumField() {
		spoil(v.Field(i), pos)
	}
}

// there tells whether the document names a value, be it wrong.
func there[T any](o Opt[T]) bool { return o.Pos != Pos{} || o.Named() }
