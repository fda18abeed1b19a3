package spec

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"time"

	"gopkg.in/yaml.v3"
)

// Encode writes documents (*Gradebook and *Platform) that Load reads back as
// they are, but for positions. The text depends on the documents alone: keys
// stand in the order of the types, the keys of maps in alphabetical order.
// What Load adds by itself is left out again: keys that are the default ones,
// values that equal the defaults of the gradebook, default limits.
//
// A document holds numbers of at most 15 significant digits: others are rounded.
func Encode(w io.Writer, docs ...any) error {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	e := encoder{shapes{}}
	for _, doc := range docs {
		n, err := e.document(doc)
		if err != nil {
			return err
		}
		if err := enc.Encode(n); err != nil {
			return fmt.Errorf("writing YAML: %w", err)
		}
	}
	if err := enc.Close(); err != nil {
		return fmt.Errorf("writing YAML: %w", err)
	}
	_, err := w.Write(unescape(out.Bytes()))
	return err
}

type encoder struct{ shapes shapes }

func (e encoder) document(doc any) (*yaml.Node, error) {
	var kind string
	switch x := doc.(type) {
	case *Gradebook:
		kind = kindGradebook
		doc = x.unloaded()
	case *Platform:
		kind = kindPlatform
		doc = x.unloaded()
	default:
		return nil, fmt.Errorf("cannot write a document of type %T", doc)
	}
	body, err := e.structure(reflect.ValueOf(doc))
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
		child, err := e.value(v.Field(f.index))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.key, err)
		}
		if list := v.Field(f.index); child == nil && list.Kind() == reflect.Slice && (f.required || f.empty && !list.IsNil()) {
			child = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		}
		if child != nil {
			n.Content = append(n.Content, word(f.key), child)
		}
	}
	switch x := v.Interface().(type) {
	case Metadata, Override, Score, Secret, Submission, Allow, Max, Prune: // a row
		n.Style = yaml.FlowStyle
	case Context:
		if !x.LineItemsURL.Named() && !x.MembershipsURL.Named() && len(x.LineItems) == 0 {
			n.Style = yaml.FlowStyle
		}
	}
	return n, nil
}

// value is nil for what a document leaves out.
func (e encoder) value(v reflect.Value) (*yaml.Node, error) {
	switch o := v.Interface().(type) {
	case Opt[string]:
		return optional(o, func(s string) (*yaml.Node, error) { return word(s), nil })
	case Opt[float64]:
		return optional(o, func(f float64) (*yaml.Node, error) { return numeral(f, false) })
	case Opt[int]:
		return optional(o, func(i int) (*yaml.Node, error) { return numeral(float64(i), false) })
	case Opt[bool]:
		return optional(o, func(b bool) (*yaml.Node, error) { return plain(fmt.Sprint(b)), nil })
	case Opt[time.Time]:
		return optional(o, func(t time.Time) (*yaml.Node, error) { return plain(t.Format(time.RFC3339Nano)), nil })
	case Opt[time.Duration]:
		return optional(o, func(d time.Duration) (*yaml.Node, error) { return plain(short(d)), nil })
	case Opt[any]:
		return optional(o, extensionNode)
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
		return e.list(v)
	default:
		return e.mapping(v)
	}
}

func (e encoder) list(v reflect.Value) (*yaml.Node, error) {
	if v.Len() == 0 {
		return nil, nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for i := range v.Len() {
		child, err := e.value(v.Index(i))
		if err != nil {
			return nil, err
		}
		if child == nil {
			continue
		}
		if n.Content = append(n.Content, child); child.Kind == yaml.ScalarNode {
			n.Style = yaml.FlowStyle
		}
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
		child, err := e.value(elem)
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
