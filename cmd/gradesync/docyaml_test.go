package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/gradesync/gradesync/spec"
)

// What completes a block that is a part of a document.
const (
	anyPlatform = "---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: lab}\nsandbox: {}\n"
	// an ags that says `...` leaves out what must be there and is not the point
	restOfAGS = "tokenURL: 'https://lms.example.edu/token', clientID: c, keyID: k, privateKey: {env: KEY}"
)

// required are the keys that a kind must have, in the least that is valid.
var required = map[string][]struct{ key, text string }{
	"Gradebook": {{"metadata", "{name: bio101}"}, {"contexts", `[{name: sec-1, course: "1"}]`}, {"lineItems", "[]"}},
	"Platform":  {{"metadata", "{name: campus}"}},
}

// Every YAML block of every page is valid: whole documents by themselves, and
// anything else as the part of a Gradebook or a Platform that its keys tell. The
// sheets that they name are the page's own.
func TestDocumentsInDocsAreValid(t *testing.T) {
	keys := map[string][]string{}
	for _, d := range definitions(t) {
		for _, p := range d.properties {
			keys[d.name] = append(keys[d.name], p.key)
		}
	}
	whole, parts := 0, 0
	for _, p := range pages(t) {
		sheets := fstest.MapFS{"people.csv": {Data: []byte("userId,email\ns-001,ana@example.edu\n")}}
		for _, b := range p.blocks {
			if b.kind == "csv" && b.file != "" {
				sheets[path.Base(b.file)] = &fstest.MapFile{Data: []byte(b.text)}
			}
		}
		for _, b := range p.blocks {
			if b.kind != "yaml" {
				continue
			}
			where, text := fmt.Sprintf("%s:%d", p.name, b.line), b.text
			if strings.Contains(text, "apiVersion:") {
				whole++
			} else {
				text = completed(t, where, text, keys)
				parts++
			}
			if !strings.Contains(text, "kind: Platform") {
				text += anyPlatform
			}
			_, err := spec.Load(spec.Bytes(where, []byte(text)).Beside(sheets))
			require.NoError(t, err, "%s", text)
		}
	}
	require.Greater(t, whole, 12)
	require.Greater(t, parts, 2)
}

// completed is a part of a document as a whole one.
func completed(t *testing.T, where, text string, keys map[string][]string) string {
	t.Helper()
	text = strings.Replace(text, "...}", restOfAGS+"}", 1)
	var part map[string]yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &part), where)
	for _, kind := range []string{"Gradebook", "Platform"} {
		fits := true
		for key := range part {
			fits = fits && slices.Contains(keys[kind], key)
		}
		if !fits {
			continue
		}
		head := "apiVersion: gradesync.dev/v1\nkind: " + kind + "\n"
		for _, r := range required[kind] {
			if _, there := part[r.key]; !there {
				head += r.key + ": " + r.text + "\n"
			}
		}
		return head + text
	}
	require.Fail(t, where+": this is a part of neither a Gradebook nor a Platform; write a whole document")
	return ""
}
