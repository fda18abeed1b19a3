package spec

import "gopkg.in/yaml.v3"

// tree walks a document as the decoder will, aliases written out, and finds
// what would make reading it endless or ambiguous.
type tree struct {
	*decoder
	repeated int                 // weight of what stands behind aliases, each time
	open     map[*yaml.Node]bool // the anchors on the way from the root to here
}

// walk is false where the document must not be decoded. What stands behind an
// alias has been checked at its anchor and is only counted.
func (t *tree) walk(n *yaml.Node, depth int, behind bool) bool {
	at := n
	if n.Kind == yaml.AliasNode {
		n, behind = n.Alias, true
		if t.open[n] {
			t.errorf(at, "", "alias %s stands within what it names", quote("*"+at.Value))
			return false
		}
	}
	if behind {
		if t.repeated += weight(n.Value); t.repeated > maxRepeated {
			t.errorf(at, "write it out where it is needed", "document too large: its aliases stand for more than %d values", maxRepeated)
			return false
		}
	}
	if depth > maxDepth {
		t.errorf(at, "", "nested deeper than %d levels", maxDepth)
		return false
	}
	if !behind {
		t.check(n)
	}
	if n.Anchor != "" {
		t.open[n] = true
		defer delete(t.open, n)
	}
	for _, child := range n.Content {
		if !t.walk(child, depth+1, behind) {
			return false
		}
	}
	return true
}

func (t *tree) check(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle != 0 && (n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str") {
		t.errorf(n, "leave the tag out", "the YAML tag %s is not supported", quote(n.ShortTag()))
	}
	if len(n.Value) > maxText && !t.lax {
		t.errorf(n, "", "a value has %d bytes, but at most %d are allowed", len(n.Value), maxText)
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; key.ShortTag() == "!!merge" {
			t.errorf(key, `write the keys out, or use "defaults" of a Gradebook`, `merge keys ("<<") are not supported`)
		}
	}
}

// resolved is the node that an alias stands for.
func resolved(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// bare tells whether nothing is written where a value should be.
func bare(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" && n.Value == "" && n.Style == 0
}

// null tells whether a null is written out.
func null(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" && !bare(n)
}

// kindOf is what messages call a value.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch tag := n.ShortTag(); {
	case tag == "!!int", tag == "!!float", n.Style == 0 && jsonNumber.MatchString(n.Value): // YAML takes a very long one for a string
		return "a number"
	case tag == "!!bool":
		return "true or false"
	case tag == "!!null":
		return "null"
	default:
		return "a string"
	}
}
