package spec

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// same compares documents but for positions.
var same = cmpopts.IgnoreTypes(Pos{})

// golden compares with a file, or rewrites it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func load(t *testing.T, text string) *Documents {
	t.Helper()
	docs, err := Load(Bytes("test.yaml", []byte(text)))
	require.NoError(t, err)
	return docs
}

// TestOK reads testdata/ok and wants silence.
func TestOK(t *testing.T) {
	paths, err := filepath.Glob("testdata/ok/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			docs, err := Load(Source{FS: os.DirFS("testdata/ok"), Path: filepath.Base(path)})
			require.NoError(t, err)
			require.NotEmpty(t, docs.Platforms)
			for _, g := range docs.Gradebooks {
				require.NotNil(t, docs.PlatformOf(g))
			}
		})
	}
}

// TestErrors reads testdata/err/NAME.yaml, or the folder NAME, and wants the
// text of NAME.out.
func TestErrors(t *testing.T) {
	entries, err := os.ReadDir("testdata/err")
	require.NoError(t, err)
	cases := 0
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), ".yaml")
		if name == entry.Name() && !entry.IsDir() {
			continue
		}
		cases++
		t.Run(name, func(t *testing.T) {
			docs, err := Load(Source{FS: os.DirFS("testdata/err"), Path: entry.Name()})
			require.Error(t, err)
			require.Nil(t, docs)
			require.IsType(t, Errors{}, err)
			require.NotContains(t, err.Error(), "hunter2", "a secret in a message")
			golden(t, filepath.Join("testdata/err", name+".out"), err.Error()+"\n")
		})
	}
	require.GreaterOrEqual(t, cases, 40)
}

const gradebook = `apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: a}]
`

const sandbox = `---
apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: lab}
sandbox: {}
`

func at(line, column int) Pos { return At("test.yaml", line, column) }

func TestValuesKeepTheirPlace(t *testing.T) {
	docs := load(t, "\ufeff"+gradebook+`defaults: {tag: homework}
lineItems:
  - label: Grüße
    resourceId: "hw 1"
    scoreMaximum: 10
    was: [old]
    scores:
      - {userId: ü, scoreGiven: null, gradingProgress: Pending}
`+sandbox)
	g := docs.Gradebooks[0]
	li := g.LineItems[0]
	want := LineItem{
		Pos:          at(7, 5),
		Key:          Opt[string]{"hw 1", Set, at(8, 17)},
		Label:        Opt[string]{"Grüße", Set, at(7, 12)},
		ResourceID:   Opt[string]{"hw 1", Set, at(8, 17)},
		Tag:          Opt[string]{"homework", Set, at(5, 17)},
		ScoreMaximum: Opt[float64]{10, Set, at(9, 19)},
		Was:          []Opt[string]{{"old", Set, at(10, 11)}},
		Scores: []Score{{
			Pos:             at(12, 9),
			UserID:          Opt[string]{"ü", Set, at(12, 18)},
			ScoreGiven:      Opt[float64]{0, Clear, at(12, 33)},
			GradingProgress: Opt[string]{"Pending", Set, at(12, 56)},
		}},
	}
	if diff := cmp.Diff(want, li); diff != "" {
		t.Errorf("line item (-want +got):\n%s", diff)
	}
	require.Equal(t, at(1, 1), g.Pos)
	require.Equal(t, at(4, 12), g.Contexts[0].Pos)
}

func TestDefaultsAndClears(t *testing.T) {
	docs := load(t, gradebook+`defaults:
  scoreMaximum: 100
  tag: homework
  endDateTime: 2026-09-08T08:00:00+02:00
  extensions: {https://example.com/a: 1, https://example.com/b: 2}
lineItems:
  - {label: A}
  - {label: B, scoreMaximum: 5, tag: "", endDateTime: null, extensions: {https://example.com/a: null}}
  - {label: C, absent: true}
`+sandbox)
	end := Opt[time.Time]{Value: time.Date(2026, 9, 8, 6, 0, 0, 0, time.UTC), State: Set}
	number := func(f float64) Opt[any] { return Opt[any]{Value: f, State: Set} }
	text := func(s string) Opt[string] { return Opt[string]{Value: s, State: Set} }
	points := func(f float64) Opt[float64] { return Opt[float64]{Value: f, State: Set} }
	want := []LineItem{
		{
			Key: text("A"), Label: text("A"), ScoreMaximum: points(100), Tag: text("homework"), EndDateTime: end,
			Extensions: map[string]Opt[any]{"https://example.com/a": number(1), "https://example.com/b": number(2)},
		},
		{
			Key: text("B"), Label: text("B"), ScoreMaximum: points(5),
			Tag: Opt[string]{State: Clear}, EndDateTime: Opt[time.Time]{State: Clear},
			Extensions: map[string]Opt[any]{"https://example.com/a": {State: Clear}, "https://example.com/b": number(2)},
		},
		{Key: text("C"), Label: text("C"), Absent: Opt[bool]{Value: true, State: Set}},
	}
	if diff := cmp.Diff(want, docs.Gradebooks[0].LineItems, same); diff != "" {
		t.Errorf("line items (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(defaultLimits(), docs.Platforms[0].Limits); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(text("homework"), docs.Gradebooks[0].Defaults.Tag, same); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestExtensionValues(t *testing.T) {
	docs := load(t, gradebook+`lineItems:
  - label: A
    scoreMaximum: 1
    extensions:
      https://example.com/x: {a: [1, -2.5e3, +1, null, true, x, "1", 2026-01-01, []], b: {}, c: ""}
`+sandbox)
	want := map[string]any{
		"a": []any{1.0, -2500.0, 1.0, nil, true, "x", "1", "2026-01-01", []any{}},
		"b": map[string]any{},
		"c": "",
	}
	got := docs.Gradebooks[0].LineItems[0].Extensions["https://example.com/x"]
	if diff := cmp.Diff(any(want), got.Value); diff != "" {
		t.Errorf("extension (-want +got):\n%s", diff)
	}
}

func TestPlatformOf(t *testing.T) {
	a := &Platform{Metadata: Metadata{Name: Opt[string]{Value: "a", State: Set}}}
	b := &Platform{Metadata: Metadata{Name: Opt[string]{Value: "b", State: Set}}}
	named := &Gradebook{Platform: Opt[string]{Value: "b", State: Set}}
	silent := &Gradebook{}
	require.Same(t, b, (&Documents{Platforms: []*Platform{a, b}}).PlatformOf(named))
	require.Nil(t, (&Documents{Platforms: []*Platform{a}}).PlatformOf(named))
	require.Same(t, a, (&Documents{Platforms: []*Platform{a}}).PlatformOf(silent))
	require.Nil(t, (&Documents{Platforms: []*Platform{a, b}}).PlatformOf(silent))
}
