package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// texts are the kinds of strings: a pattern is that of the first whose example
// it takes, while it does not take what is none. The last takes anything.
var texts = []struct{ word, example, none string }{
	{"duration, as in `30s`", "30s", "x"},
	{"time, as in `2026-09-01T08:00:00+02:00`", "2026-09-01T08:00:00+02:00", "x"},
	{"percentage, as in `50%`", "50%", "x"},
	{"URL with a path or without", "https://lms.example.edu/a/b", "x"},
	{"URL without a path", "https://lms.example.edu", "x"},
	{"host, or host:port", "lms.example.edu:8443", "a/b"},
	{"string", "x", ""},
	{"string", "x", " "},
}

// typeOf tells in words what a value may be.
func typeOf(t *testing.T, n *yaml.Node) string {
	t.Helper()
	if ref := get(n, "$ref"); ref != nil {
		name := refOf(n)
		return "[" + name + "](#" + strings.ToLower(name) + ")"
	}
	if c := get(n, "const"); c != nil {
		return "`" + c.Value + "`"
	}
	if enum := get(n, "enum"); enum != nil {
		var all []string
		for _, w := range items(enum) {
			if w.Tag != "!!null" && w.Value != "" {
				all = append(all, "`"+w.Value+"`")
			}
		}
		return "one of " + strings.Join(all, ", ")
	}
	if get(n, "type") == nil {
		return "any value"
	}
	var said string
	switch kind := append(strs(get(n, "type")), get(n, "type").Value)[0]; kind {
	case "array":
		said = "list of " + strings.Replace(typeOf(t, get(n, "items")), "string", "strings", 1)
		if get(n, "minItems") != nil {
			said += ", at least " + get(n, "minItems").Value
		}
		return said
	case "object":
		return "mapping to " + typeOf(t, get(n, "additionalProperties"))
	case "string":
		pattern := regexp.MustCompile(get(n, "pattern").Value)
		i := slices.IndexFunc(texts, func(k struct{ word, example, none string }) bool {
			return pattern.MatchString(k.example) && !pattern.MatchString(k.none)
		})
		require.GreaterOrEqual(t, i, 0, "no words for %s", pattern)
		said = texts[i].word
	case "boolean":
		said = "`true` or `false`"
	default:
		said = map[string]string{"number": "number", "integer": "whole number"}[kind]
		require.NotEmpty(t, said, "no words for a %s", kind)
		if get(n, "exclusiveMinimum") != nil {
			said += " above 0"
		} else {
			said += ", 0 or more"
		}
	}
	if most := get(n, "maxLength"); most != nil {
		said += ", at most " + most.Value + " characters"
	}
	if slices.Contains(strs(get(n, "type")), "null") {
		said += "; `null` clears"
	}
	return said
}

// listed are the keys whose words have a page of their own.
var listed = []string{"risk", "profile"}

var byDefault = regexp.MustCompile(`(?:^|[;.] )(?:by )?[Dd]efault (.+?)\.$`)

// table is a definition as a reader sees it.
func (d *definition) table(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if !d.kind {
		fmt.Fprintf(&b, "### %s\n\nIs in `%s`.\n\n", d.name, strings.Join(d.in, "`, `"))
	}
	b.WriteString("| key | what it may be | must be there | default | meaning |\n|---|---|---|---|---|\n")
	for _, p := range d.properties {
		must, meaning, fallback := "", "The version of the format.", ""
		if p.key == "kind" {
			meaning = "What the document is."
		}
		if about := get(p.schema, "description"); about != nil {
			meaning = about.Value
		}
		if m := byDefault.FindStringSubmatchIndex(meaning); m != nil {
			var more string
			fallback, more, _ = strings.Cut(meaning[m[2]:m[3]], "; ")
			if meaning = cmp.Or(meaning[:m[0]], more); meaning != "" {
				meaning += "."
			}
		}
		require.NotEmpty(t, meaning, "%s.%s means nothing to a reader", d.name, p.key)
		if enum := get(p.schema, "enum"); !slices.Contains(listed, p.key) {
			for _, w := range items(enum) {
				require.Contains(t, meaning, w.Value, "%s.%s does not say what this word means", d.name, p.key)
			}
		}
		switch other, always := d.unless[p.key], slices.Contains(d.required, p.key); {
		case always:
			must = "yes"
		case other != "":
			must = "yes, unless `" + other + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", p.key, typeOf(t, p.schema), must, fallback, strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(meaning))
	}
	if len(d.oneOf) > 0 {
		var sets []string
		for _, keys := range d.oneOf {
			sets = append(sets, "`"+strings.Join(keys, "` with `")+"`")
		}
		fmt.Fprintf(&b, "\nExactly one is there: %s.\n", strings.Join(sets, "; "))
	}
	return b.String()
}

// docs/file-format.md is what the schema says: each kind with what it is made of.
func TestFileFormatDoc(t *testing.T) {
	kind, parts := "", map[string][]string{}
	var kinds []string
	for _, d := range definitions(t) {
		if d.kind {
			kind = d.name
			kinds = append(kinds, kind)
		}
		parts[kind] = append(parts[kind], d.table(t))
	}
	require.Equal(t, []string{"Gradebook", "Scores", "Platform"}, kinds)
	for _, kind := range kinds {
		written(t, "docs/file-format.md", kind, strings.Join(parts[kind], "\n"))
	}
}
