package spec

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// emitter writes the few forms of YAML that Encode needs: block or flow
// mappings and sequences of plain words and double-quoted strings. The YAML
// library's own keeps all that it has written of a stream until the end, some
// kilobytes a score.
type emitter struct{ bytes.Buffer }

// step is by how much a level is indented.
const step = 2

// document writes a node that is a mapping.
func (e *emitter) document(n *yaml.Node) {
	if e.Len() > 0 {
		e.WriteString("---\n")
	}
	e.block(n, 0)
}

// line ends a line with an inline node.
func (e *emitter) line(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		e.scalar(n, false)
	} else {
		e.flow(n)
	}
	e.WriteByte('\n')
}

// inline tells what stands on the line of its key or dash.
func inline(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode || n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0
}

// block writes a mapping or a sequence whose first line is indented already.
func (e *emitter) block(n *yaml.Node, indent int) {
	each := 1
	if n.Kind == yaml.MappingNode {
		each = 2
	}
	for i := 0; i < len(n.Content); i += each {
		if i > 0 {
			e.spaces(indent)
		}
		value := n.Content[i+each-1]
		switch {
		case n.Kind == yaml.SequenceNode:
			e.WriteString("- ")
		case len(n.Content[i].Value) <= simpleKey:
			e.scalar(n.Content[i], false)
			e.WriteByte(':')
		default:
			e.WriteString("? ")
			e.scalar(n.Content[i], false)
			e.WriteByte('\n')
			e.spaces(indent)
			e.WriteByte(':')
		}
		switch {
		case inline(value):
			if n.Kind == yaml.MappingNode {
				e.WriteByte(' ')
			}
			e.line(value)
		case n.Kind == yaml.SequenceNode:
			e.block(value, indent+step)
		default:
			e.WriteByte('\n')
			e.spaces(indent + step)
			e.block(value, indent+step)
		}
	}
}

// simpleKey is how long a key may be without a mark in front. YAML allows some more.
const simpleKey = 128

func (e *emitter) spaces(n int) { e.WriteString(strings.Repeat(" ", n)) }

// flow writes a node within a line.
func (e *emitter) flow(n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		e.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				e.WriteString(", ")
			}
			e.flow(n.Content[i])
			e.WriteString(": ")
			e.flow(n.Content[i+1])
		}
		e.WriteByte('}')
	case yaml.SequenceNode:
		e.WriteByte('[')
		for i, child := range n.Content {
			if i > 0 {
				e.WriteString(", ")
			}
			e.flow(child)
		}
		e.WriteByte(']')
	default:
		e.scalar(n, true)
	}
}

// scalar writes a word or a string. Within braces YAML 1.1 takes a colon for a
// key's.
func (e *emitter) scalar(n *yaml.Node, inFlow bool) {
	switch {
	case n.Tag == rowTag:
		e.WriteString(n.Value)
	case n.Style&yaml.DoubleQuotedStyle != 0, inFlow && strings.Contains(n.Value, ":"):
		e.quoted(n.Value)
	default:
		e.WriteString(n.Value)
	}
}

// rowTag marks a scalar whose value is a text of YAML.
const rowTag = "!row"

// row is a flow mapping as its text: of many rows the nodes would take a kilobyte each.
func row(n *yaml.Node) *yaml.Node {
	var out emitter
	out.flow(n)
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: rowTag, Value: out.String()}
}

// short escapes of YAML 1.2 section 5.7.
var shortEscapes = map[rune]string{
	0: `\0`, '\a': `\a`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`, 0x1b: `\e`,
	'"': `\"`, '\\': `\\`, 0x85: `\N`, 0xa0: `\_`, 0x2028: `\L`, 0x2029: `\P`,
}

// quoted writes a string in double quotes. What does not show as itself, and what
// begins a CI system's command, is escaped.
func (e *emitter) quoted(s string) {
	e.WriteByte('"')
	for i, r := range s {
		short, known := shortEscapes[r]
		switch {
		case known:
			e.WriteString(short)
		case r == '#' && slices.ContainsFunc(commands, func(c string) bool { return strings.HasPrefix(s[i:], c) }):
			e.WriteString(`\x23`)
		case shows(r):
			e.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(e, `\x%02X`, r)
		case r <= 0xffff:
			fmt.Fprintf(e, `\u%04X`, r)
		default:
			fmt.Fprintf(e, `\U%08X`, r)
		}
	}
	e.WriteByte('"')
}

// commands are what Azure Pipelines obeys anywhere in a line.
var commands = []string{"##[", "##vso["}
