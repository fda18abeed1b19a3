package reconcile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// unchanged is a course that is as its files say.
func unchanged(t testing.TB, items, people int) (*Want, *Observed) {
	t.Helper()
	var text strings.Builder
	o := &Observed{Listing: Listing{Proven: true}, Results: map[string]map[string]plan.Grade{}}
	for i := range items {
		id := fmt.Sprint("L", i)
		fmt.Fprintf(&text, "  - resourceId: hw%d\n    label: Homework %d\n    scoreMaximum: 100\n", i, i)
		o.Items = append(o.Items, plan.LineItem{ID: id, Label: fmt.Sprint("Homework ", i), ScoreMaximum: 100, ResourceID: fmt.Sprint("hw", i)})
		o.Results[id] = make(map[string]plan.Grade, people)
		if people > 0 {
			text.WriteString("    scores:\n")
		}
		for u := range people {
			fmt.Fprintf(&text, "      - {userId: u%d, scoreGiven: %d}\n", u, u%100)
			o.Results[id][fmt.Sprint("u", u)] = grade(float64(u%100), 100, "")
		}
	}
	docs, err := spec.Load(spec.Bytes("b.yaml", []byte("apiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: p}\nsandbox: {}\n---\n"+
		"apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: g}\ncontexts: [{name: s}]\nlineItems:\n"+text.String())))
	if err != nil {
		t.Fatal(err)
	}
	w := NewWant(docs.Gradebooks[0], &docs.Gradebooks[0].Contexts[0], docs.Platforms[0])
	return &w, o
}

// What is as it shall be costs nothing but the look: most rows of most runs are.
func TestUnchangedRowsAllocateNothing(t *testing.T) {
	allocations := func(people int) float64 {
		w, o := unchanged(t, 10, people)
		return testing.AllocsPerRun(5, func() {
			if c := Decide(w, o, Generic(), Options{}); c.Unchanged.Scores != 10*people {
				t.Fatal("it differs")
			}
		})
	}
	few, many := allocations(10), allocations(1000)
	require.Less(t, many-few, 100.0, "9,900 rows more") // maps that the runtime makes larger
}

// BenchmarkDecideUnchanged is a plan without changes.
func BenchmarkDecideUnchanged(b *testing.B) {
	for _, size := range []struct{ items, people int }{{1000, 0}, {10000, 0}, {100, 1000}} {
		b.Run(fmt.Sprintf("%dx%d", size.items, size.people), func(b *testing.B) {
			w, o := unchanged(b, size.items, size.people)
			b.ReportAllocs()
			for b.Loop() {
				c := Decide(w, o, Generic(), Options{})
				if c.Status() != plan.Unchanged {
					b.Fatal("it differs")
				}
			}
		})
	}
}
