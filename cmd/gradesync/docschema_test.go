package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/gradesync/gradesync/spec"
)

// definition is a mapping of the format, as its JSON Schema has it.
type definition struct {
	name       string
	kind       bool // a document's
	properties []entry
	required   []string
	unless     map[string]string // a key, and the one that lifts its being required
	oneOf      [][]string
	in         []string // where it stands: Gradebook.contexts
}

type entry struct {
	key    string
	schema *yaml.Node
}

// definitions are read from the schema in its order: JSON is YAML, and a
// yaml.Node keeps the order of keys.
func definitions(t *testing.T) (all []*definition) {
	t.Helper()
	text, err := spec.Schema()
	require.NoError(t, err)
	var doc yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &doc))
	byName := map[string]*definition{}
	for _, d := range members(get(doc.Content[0], "$defs")) {
		def := &definition{name: d.key, unless: map[string]string{}}
		def.properties = members(get(d.schema, "properties"))
		def.required = strs(get(d.schema, "required"))
		for _, set := range items(get(d.schema, "oneOf")) {
			def.oneOf = append(def.oneOf, strs(get(set, "required")))
		}
		for _, rule := range items(get(d.schema, "allOf")) {
			for _, key := range strs(get(get(rule, "else"), "required")) {
				def.unless[key] = strs(get(get(rule, "if"), "required"))[0]
			}
		}
		def.kind = get(get(d.schema, "properties"), "kind") != nil
		all, byName[d.key] = append(all, def), def
	}
	for _, d := range all {
		for _, p := range d.properties {
			if to := byName[refOf(p.schema)]; to != nil {
				to.in = append(to.in, d.name+"."+p.key)
			}
		}
	}
	return all
}

// get is a key of a mapping, or nil.
func get(n *yaml.Node, key string) *yaml.Node {
	for _, m := range members(n) {
		if m.key == key {
			return m.schema
		}
	}
	return nil
}

func members(n *yaml.Node) (all []entry) {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		all = append(all, entry{n.Content[i].Value, n.Content[i+1]})
	}
	return all
}

func items(n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	return n.Content
}

// refOf is the definition that a value, an entry of a list or of a mapping is of.
func refOf(n *yaml.Node) string {
	for _, at := range []*yaml.Node{n, get(n, "items"), get(n, "additionalProperties")} {
		if ref := get(at, "$ref"); ref != nil {
			return strings.TrimPrefix(ref.Value, "#/$defs/")
		}
	}
	return ""
}

// strs are the words of a list.
func strs(n *yaml.Node) (all []string) {
	for _, w := range items(n) {
		all = append(all, w.Value)
	}
	return all
}
