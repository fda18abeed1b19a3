package spec

import (
	"gopkg.in/yaml.v3"
)

// extension reads a value that the format does not know: string, float64, bool,
// []any or map[string]any, as JSON has them; null at the top clears, below it
// is nil. Numbers may have a sign and an exponent.
func (d *decoder) extension(n *yaml.Node, o *Opt[any], name string) {
	o.Pos = d.pos(n)
	if null(n) {
		o.State = Clear
		return
	}
	value, ok := d.any(n, name)
	if ok {
		o.State, o.Value = Set, value
	}
}

func (d *decoder) any(n *yaml.Node, name string) (value any, ok bool) {
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		ok = true
		for _, child := range n.Content {
			if d.full() {
				return nil, false
			}
			v, one := d.member(resolved(child), child, "an entry of "+name)
			list, ok = append(list, v), ok && one
		}
		return list, ok
	case yaml.MappingNode:
		members := make(map[string]any, len(n.Content)/2)
		ok = true
		for _, e := range d.entries(n) {
			v, one := d.member(e.value, e.at, quote(e.key))
			members[e.key], ok = v, ok && one
		}
		return members, ok
	}
	var p *problem
	switch kindOf(n) {
	case "null":
		return nil, true
	case "true or false":
		value, p = boolean(n, rules{})
	case "a number":
		value, p = number(n, jsonNumber.MatchString)
	default:
		return n.Value, true
	}
	if p != nil {
		d.errorf(n, p.hint, "%s %s", name, p.message)
	}
	return value, p == nil
}

func (d *decoder) member(n, at *yaml.Node, name string) (any, bool) {
	if bare(n) {
		d.errorf(at, "write null, or a value", "%s has no value", name)
		return nil, false
	}
	return d.any(n, name)
}
