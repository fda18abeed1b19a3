package spec

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

// Encode writes documents (*Gradebook, *Scores and *Platform) that Load reads back as
// they are, but for positions. The text depends on the documents alone: keys
// stand in the order of the types, the keys of maps in alphabetical order.
// What Load adds by itself is left out again: keys that are the default ones,
// values that equal the defaults of the gradebook, default limits, and what came
// out of sheets: Context.Scores and Users.People.
//
// The text does nothing where it is shown: what a terminal would not show as
// itself (control characters, bidirectional and zero-width marks) and what a CI
// system would take for a command stands in double quotes, as an escape.
//
// A document holds numbers of at most 15 significant digits: others are rounded.
//
// What an LMS holds need not be what a person may write, and its record must be
// written nevertheless. So Read takes all that Encode writes, also where Load
// would not: strings keep their control characters, escaped, and may be
// blank or overlong; bytes that are no UTF-8 become U+FFFD. Of a line item or a
// score, what no document can hold at all (a maximum that is not above 0, a
// number below 0 or none, a year after 9999, an unknown word of an enumeration,
// an extension without a full URL or deeper than 60 levels) is left out, and so
// is a score that then names nothing. Anywhere else it is an error.
func Encode(w io.Writer, docs ...any) error {
	var out emitter
	e := encoder{shapes{}}
	for _, doc := range docs {
		n, err := e.document(doc)
		if err != nil {
			return err
		}
		out.document(n)
	}
	_, err := w.Write(out.Bytes())
	return err
}

type encoder struct{ shapes shapes }

func (e encoder) document(doc any) (*yaml.Node, error) {
	var kind string
	switch x := doc.(type) {
	case *Gradebook:
		kind = kindGradebook
		own := x.unloaded()
		doc = &own
	case *Scores:
		kind = kindScores
	case *Platform:
		kind = kindPlatform
		own := x.unloaded()
		doc = &own
	default:
		return nil, fmt.Errorf("cannot write a document of type %T", doc)
	}
	body, err := e.structure(reflect.Indirect(reflect.ValueOf(doc)))
	if err != nil {
		return nil, err
	}
	head := []*yaml.Node{word("apiVersion"), word(APIVersion), word("kind"), word(kind)}
	body.Content = append(head, body.Content...)
	return body, nil
}

// unloaded is the gradebook without what Load fills in.
func (g Gradebook) unloaded() Gradebook {
	items := make([]LineItem, len(g.LineItems))
	for i, li := range g.LineItems {
		if def := (&LineItem{ResourceID: li.ResourceID, Label: li.Label, ID: li.ID}).defaultedKey(); li.Key.Value == def.Value {
			li.Key = Opt[string]{}
		}
		if !li.Tombstone() {
			li = li.without(g.Defaults)
		}
		items[i] = li
	}
	g.LineItems = items
	return g
}

func (li LineItem) without(d Defaults) LineItem {
	drop(&li.ScoreMaximum, d.ScoreMaximum)
	drop(&li.Tag, d.Tag)
	drop(&li.StartDateTime, d.StartDateTime)
	drop(&li.EndDateTime, d.EndDateTime)
	drop(&li.GradesReleased, d.GradesReleased)
	own := map[string]Opt[any]{}
	for url, o := range li.Extensions {
		if drop(&o, d.Extensions[url]); o.Named() {
			own[url] = o
		}
	}
	li.Extensions = own
	return li
}

func (p Platform) unloaded() Platform {
	d := defaultLimits()
	drop(&p.Limits.Concurrency, d.Concurrency)
	drop(&p.Limits.RequestsPerSecond, d.RequestsPerSecond)
	drop(&p.Limits.Timeout, d.Timeout)
	drop(&p.Limits.Settle, d.Settle)
	drop(&p.Limits.MaxPages, d.MaxPages)
	return p
}

// drop forgets a value that its default says as well.
func drop[T any](o *Opt[T], def Opt[T]) {
	if o.State == def.State && (o.State != Set || reflect.DeepEqual(o.Value, def.Value)) {
		*o = Opt[T]{}
	}
}

// structure writes a struct's fields. It is never nil.
func (e encoder) structure(v reflect.Value) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range e.shapes.of(v.Type()).fields {
		if unsaid(v.Field(f.index)) { // most fields of most rows
			continue
		}
		child, err := e.value(v.Field(f.index), f.rules)
		if unfit := (*unfit)(nil); errors.As(err, &unfit) && observed(v) && !f.required {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.key, err)
		}
		if list := v.Field(f.index); child == nil && list.Kind() == reflect.Slice && (f.required || f.empty && !list.IsNil()) {
			child = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		}
		if child != nil {
			n.Content = append(n.Content, plain(f.key), child)
		}
	}
	switch x := pointer(v).(type) {
	case *Secret:
		n.Style = yaml.FlowStyle
		for i := 0; i < len(n.Content); i += 2 {
			if p := misplaced(n.Content[i].Value, n.Content[i+1]); p != nil {
				return nil, errors.New(p.message) // and not what it is
			}
		}
	case *Score:
		n.Style = yaml.FlowStyle
		settleScore(n)
	case *Metadata, *Override, *Submission, *Allow, *Max, *Prune, *Users: // a row
		n.Style = yaml.FlowStyle
	case *Context:
		if !x.LineItemsURL.Named() && !x.MembershipsURL.Named() && len(x.LineItems) == 0 {
			n.Style = yaml.FlowStyle
		}
	}
	return n, nil
}

// unsaid tells of a field without a value.
func unsaid(v reflect.Value) bool {
	o, ok := pointer(v).(interface{ Named() bool })
	return ok && !o.Named()
}

// pointer is a pointer to a value, which need not be copied for it where it stands in
// a document: rows are large.
func pointer(v reflect.Value) any {
	if !v.CanAddr() { // of a map
		own := reflect.New(v.Type()).Elem()
		own.Set(v)
		v = own
	}
	return v.Addr().Interface()
}

// observed tells whether a struct is filled with what an LMS says.
func observed(v reflect.Value) bool {
	switch pointer(v).(type) {
	case *LineItem, *Score, *Submission:
		return true
	}
	return false
}

// settleScore takes the scale of a number away that was left out.
func settleScore(n *yaml.Node) {
	scale, given := -1, false
	for i := 0; i < len(n.Content); i += 2 {
		switch n.Content[i].Value {
		case "scoreGiven":
			given = n.Content[i+1].Value != "null"
		case "scoreMaximum":
			scale = i
		}
	}
	if scale >= 0 && !given {
		n.Content = slices.Delete(n.Content, scale, scale+2)
	}
}

// value is nil for what a document leaves out.
func (e encoder) value(v reflect.Value, r rules) (*yaml.Node, error) {
	r.lax = true
	switch o := pointer(v).(type) {
	case *Opt[string]:
		if o.State == Set && o.Value == "" && r.clear {
			return plain("null"), nil
		}
		return optional(*o, r, word, text)
	case *Opt[float64]:
		return optional(*o, r, func(f float64) *yaml.Node { return numeral(f, false) }, decimal)
	case *Opt[int]:
		return optional(*o, r, func(i int) *yaml.Node { return numeral(float64(i), false) }, whole)
	case *Opt[bool]:
		return optional(*o, r, func(b bool) *yaml.Node { return plain(fmt.Sprint(b)) }, boolean)
	case *Opt[time.Time]:
		return optional(*o, r, func(t time.Time) *yaml.Node { return plain(stamp(t)) }, instant)
	case *Opt[time.Duration]:
		return optional(*o, r, func(d time.Duration) *yaml.Node { return plain(short(d)) }, duration)
	case *Opt[any]:
		if o.State == Clear {
			return plain("null"), nil
		}
		return extensionNode(o.Value, maxHeight)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		return e.structure(v.Elem())
	case reflect.Struct:
		n, err := e.structure(v)
		if err != nil || len(n.Content) == 0 {
			return nil, err
		}
		return n, nil
	case reflect.Slice:
		return e.list(v, r)
	default:
		return e.mapping(v)
	}
}

func (e encoder) list(v reflect.Value, r rules) (*yaml.Node, error) {
	if v.Len() == 0 {
		return nil, nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for i := range v.Len() {
		child, err := e.value(v.Index(i), r)
		if err != nil {
			return nil, err
		}
		if child == nil || len(child.Content) == 2 && v.Type().Elem() == reflect.TypeFor[Score]() {
			continue // of a score only the person is left
		}
		switch {
		case v.Type().Elem() == reflect.TypeFor[Score]():
			child = row(child)
		case child.Kind == yaml.ScalarNode:
			n.Style = yaml.FlowStyle
		}
		n.Content = append(n.Content, child)
	}
	return n, nil
}

func (e encoder) mapping(v reflect.Value) (*yaml.Node, error) {
	if v.Len() == 0 {
		return nil, nil
	}
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, key := range sortedMapKeys(v) {
		elem := v.MapIndex(reflect.ValueOf(key))
		child, err := e.value(elem, rules{})
		if _, extension := elem.Interface().(Opt[any]); extension && (!fullURL(key) || errors.Is(err, errTooDeep)) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", quote(key), err)
		}
		if child == nil && elem.Type() == reflect.TypeFor[Override]() {
			child = &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
		}
		if child != nil {
			n.Content = append(n.Content, word(key), child)
		}
	}
	return n, nil
}
