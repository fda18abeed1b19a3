package spec

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

const wholeDocs = `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
platform: campus
contexts:
  - name: sec-1
    course: "101"
    membershipsURL: https://lms.example.edu/members
    lineItems: {hw1: {resourceLinkId: link}}
  - {name: sec-2, lineItemsURL: "https://lms.example.edu/items"}
users: {by: email, unknown: skip, map: map.csv}
policy: {overrides: keep, max: {drop: 20}, passMark: 50%, allow: [{risk: rescale, item: hw1}], prune: {tag: ours}}
defaults: {tag: ours, extensions: {"https://example.com/x": {deep: [1, two]}}}
lineItems:
  - {key: hw1, resourceId: hw1, was: [old], label: Homework 1, scoreMaximum: 10, startDateTime: 2026-09-01T08:00:00Z}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 10, gradesReleased: true}
---
apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: one}
contexts: [{name: only, course: "9"}]
lineItems:
  - resourceId: quiz
    label: Quiz
    scoreMaximum: 5
    scores:
      - {userId: u1, scoreGiven: 4, scoreMaximum: 5, comment: good, activityProgress: Completed}
      - {email: a@example.edu, scoreGiven: 3, submission: {submittedAt: 2026-09-01T08:00:00Z}}
---
apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: wide}
gradebook: bio
context: sec-1
matrix: {csv: wide.csv, user: Email, columns: {hw1: HW1}}
---
apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: long}
gradebook: bio
context: sec-2
lineItem: hw2
csv: long.csv
clear: CLEAR
---
apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: campus}
ags:
  tokenURL: https://lms.example.edu/token
  clientID: "1"
  keyID: k
  privateKey: {env: KEY}
  profile: canvas
limits: {concurrency: 4, timeout: 30s}
`

// wholeSheets are the sheets of wholeDocs, as cells.
func wholeSheets() map[string][][]string {
	return map[string][][]string{
		"wide.csv": {{"Email", "Name", "HW1", "Homework 2"}, {"a@example.edu", "Al", "7", "8"}, {"b@example.edu", "Bo", "6", ""}},
		"long.csv": {{"email", "scoreGiven", "comment", "Remark"}, {"a@example.edu", "7", "fine", ""}, {"b@example.edu", "CLEAR", "", "x"}},
		"map.csv":  {{"userId", "email", "Name"}, {"u1", "a@example.edu", "Al"}, {"u2", "b@example.edu", "Bo"}},
	}
}

const marked = "qzqz"

// markers are values that hold people's data, by the shape that they have.
func markers() []*yaml.Node {
	var all []*yaml.Node
	for _, text := range []string{
		"qzqz", "qzqz@example.edu", "\"12 qzqz \\\"lee\"", "{qzqz@example.edu: 17}", "{qzqz: {qzqz: 3}}", "[qzqz, {userId: qzqz@example.edu, scoreGiven: qzqz, comment: qzqz}]",
		"{userId: qzqz@example.edu, scoreGiven: 3}", "[[qzqz]]", "[{scores: [{userId: qzqz}]}, {scors: [{usrId: qzqz}]}]", "{env: qzqz@example.edu}",
		"{name: qzqz}", "!qzqz x", "!!int qzqz", "https://qzqz@example.edu/", "{\"qzqz\": ~, \"qzqz\": 1}", "{7: qzqz}",
	} {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(text), &n); err != nil {
			panic(err)
		}
		all = append(all, n.Content[0])
	}
	return all
}

// requirePublic makes sure that of files nothing is told to everybody but where
// things are. It tells whether there was a mistake, and whether it was hidden.
func requirePublic(t *testing.T, text string, sheets map[string][][]string) (wrong, hides bool) {
	t.Helper()
	files := fstest.MapFS{"docs.yaml": {Data: []byte(text)}}
	for name, rows := range sheets {
		var b strings.Builder
		for _, cells := range rows {
			quotes := make([]string, len(cells))
			for i, c := range cells {
				quotes[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			b.WriteString(strings.Join(quotes, ",") + "\n")
		}
		files[name] = &fstest.MapFile{Data: []byte(b.String())}
	}
	docs, err := Load(Source{FS: files, Path: "docs.yaml"})
	if err == nil {
		for _, n := range docs.Notes {
			require.NotContains(t, strings.ToLower(n.Public), marked, text)
		}
		return false, false
	}
	var errs Errors
	require.True(t, errors.As(err, &errs))
	public := errs.Public()
	for _, e := range public {
		require.NotContains(t, strings.Join([]string{e.Pos.String(), e.Message, e.Hint, e.Header, e.Line, e.Caret}, "\n"), marked, "%s\n%v", text, err)
	}
	require.NotContains(t, public.Error(), marked, text)
	return true, strings.Contains(err.Error(), marked)
}

// Whatever is written in whichever place of a document, a public log has none of it.
func TestPublicHoldsNothingOfADocument(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	_, err := Load(Source{FS: fstest.MapFS{
		"docs.yaml": {Data: []byte(wholeDocs)}, "wide.csv": {Data: []byte("Email,HW1\na@b,1\n")},
		"long.csv": {Data: []byte("email,scoreGiven\na@b,1\n")}, "map.csv": {Data: []byte("userId,email\n1,a@b\n")},
	}, Path: "docs.yaml"})
	require.NoError(t, err, "the document is valid before it is spoilt")
	documents := strings.Split(wholeDocs, "---\n")
	wrong, hidden := 0, 0
	try := func(i int, n *yaml.Node) {
		t.Helper()
		b, err := yaml.Marshal(n)
		require.NoError(t, err)
		texts := slices.Clone(documents)
		texts[i] = string(b)
		bad, hides := requirePublic(t, strings.Join(texts, "---\n"), wholeSheets())
		if bad {
			wrong++
		}
		if hides {
			hidden++
		}
	}
	var spoil func(n *yaml.Node, try func())
	spoil = func(n *yaml.Node, try func()) {
		for i := range n.Content {
			was := n.Content[i]
			for _, m := range markers() {
				if key := n.Kind == yaml.MappingNode && i%2 == 0; key && m.Kind != yaml.ScalarNode {
					continue
				}
				n.Content[i] = m
				try()
			}
			n.Content[i] = was
			spoil(was, try)
		}
		if n.Kind == yaml.ScalarNode {
			return
		}
		was := n.Content
		for _, m := range markers() { // one more entry
			n.Content = append(slices.Clone(was), m)
			if n.Kind == yaml.MappingNode {
				n.Content = append(slices.Clone(was), &yaml.Node{Kind: yaml.ScalarNode, Value: "qzqz@example.edu"}, m)
			}
			try()
		}
		n.Content = was
	}
	for i, d := range documents {
		var n yaml.Node
		require.NoError(t, yaml.Unmarshal([]byte(d), &n))
		spoil(n.Content[0], func() { try(i, n.Content[0]) })
	}
	require.Greater(t, wrong, 1000)
	require.Greater(t, hidden, 1000, "there was something to hide")
}

// Nor of a sheet, its header included.
func TestPublicHoldsNothingOfASheet(t *testing.T) {
	hidden := 0
	for name, rows := range wholeSheets() {
		for y := range rows {
			for x := range rows[y] {
				for _, text := range []string{"qzqz", "Qzqz, Ann", "qzqz@example.edu", "=qzqz", `"qzqz" 7`, "HW1 qzqz", "7,qzqz"} {
					sheets := wholeSheets()
					sheets[name][y][x] = text
					if _, hides := requirePublic(t, wholeDocs, sheets); hides {
						hidden++
					}
				}
			}
			sheets := wholeSheets()
			sheets[name][y] = append(sheets[name][y], "qzqz")
			requirePublic(t, wholeDocs, sheets)
		}
	}
	require.Greater(t, hidden, 10, "there was something to hide")
}

// Nor of a file that breaks off, or is no YAML.
func TestPublicHoldsNothingOfABrokenFile(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	for _, line := range []string{"x: *qzqz", "x: &qzqz [*qzqz]", "\t- qzqz", "qzqz: [", "x: \"qzqz", "%qzqz", "@qzqz", "x: `qzqz", "!<qzqz", "x: y: qzqz", "qzqz", "- qzqz", "? [qzqz]\n: 1", "x: |9qzqz", "{qzqz", "x: \"\\q qzqz\"", "!qzqz!a b"} {
		for i := range strings.Count(wholeDocs, "\n") {
			lines := strings.SplitAfter(wholeDocs, "\n")
			requirePublic(t, strings.Join(slices.Insert(lines, i, line+"\n"), ""), wholeSheets())
		}
	}
}
