package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// Columns that several Gradebooks of one course leave alone are there once.
func TestAloneOfASharedCourse(t *testing.T) {
	in := func(course, launch string, items, scores int) plan.Context {
		return plan.Context{Course: course, Launch: launch, Unmanaged: plan.Count{LineItems: items, Scores: scores}}
	}
	unread := in("x", "", 0, 0)
	unread.Failure = &plan.Failure{Kind: plan.FailedOther}
	for name, c := range map[string]struct {
		contexts []plan.Context
		want     plan.Count
	}{
		"one course":             {[]plan.Context{in("x", "", 3, 1), in("x", "", 3, 2)}, plan.Count{LineItems: 3, Scores: 3}},
		"two courses":            {[]plan.Context{in("x", "", 3, 0), in("y", "", 3, 0)}, plan.Count{LineItems: 6}},
		"two launches":           {[]plan.Context{in("x", "a", 3, 0), in("x", "b", 3, 0)}, plan.Count{LineItems: 6}},
		"one prunes, the second": {[]plan.Context{in("x", "", 3, 0), in("x", "", 1, 0), in("x", "", 3, 0)}, plan.Count{LineItems: 1}},
		"one was not read":       {[]plan.Context{unread, in("x", "", 3, 0)}, plan.Count{LineItems: 3}},
		"nobody knows where":     {[]plan.Context{in("", "", 3, 0), in("", "", 3, 0)}, plan.Count{LineItems: 6}},
	} {
		require.Equal(t, c.want, alone(c.contexts), name)
	}
	one := in("x", "", 3, 0)
	require.Contains(t, lastOfPlan(t, one, one), "(any more): 3 line items.")
	one.Items = many(1).Contexts[0].Items
	require.Contains(t, lastOfPlan(t, one, one), "(any more): 3 line items.")
}

// The order of the files is not the marker's: their comment is found again.
func TestMarkerOfAnyOrder(t *testing.T) {
	a, b := plan.Context{Gradebook: "a"}, plan.Context{Gradebook: "b"}
	require.Equal(t, books([]plan.Context{a, b, a}), books([]plan.Context{b, a}))
}

// Scores that one risk holds are added up, and so are those that were let go.
func TestHeldScoresAddUp(t *testing.T) {
	p := many(1)
	for i := range 3 {
		s := posted(fmt.Sprint("u", i), "", nil, *graded(1, 5, ""))
		s.Held = []plan.Hold{{Risk: plan.Clear, Why: "a score would go"}}
		s.Released = []plan.Release{{Risk: plan.Drop, By: "--allow drop"}}
		p.Contexts[0].Items[0].Scores = append(p.Contexts[0].Items[0].Scores, s)
	}
	pg, err := planPage(p, "")
	require.NoError(t, err)
	require.Len(t, pg.Held, 1)
	require.Equal(t, 3, pg.Held[0].Scores)
	require.Len(t, pg.Released, 1)
	require.Equal(t, 3, pg.Released[0].Scores)
}

// Points that are just the new maximum are not above it.
func TestOverTheMaximum(t *testing.T) {
	it := plan.Item{
		Action: plan.Update, Observed: &plan.LineItem{ScoreMaximum: 100}, Fields: []plan.Field{field("scoreMaximum", 100.0, 50.0)},
		Results: map[string]plan.Grade{"a": *graded(50, 100, ""), "b": *graded(50.5, 100, "")},
	}
	require.Equal(t, 1, distribution(&it).Over)
}

// Whatever was cut, be it risks, rows or contexts, the comment says so.
func TestCutIsToldOfEach(t *testing.T) {
	risks := plan.Plan{Contexts: []plan.Context{{Gradebook: "g", Name: "c", Platform: "p"}}}
	for i := range 3000 {
		risks.Contexts[0].Findings = append(risks.Contexts[0].Findings, plan.Finding{Message: fmt.Sprint("finding ", i, strings.Repeat(" of many", 6))})
	}
	rows := many(1)
	it := rows.Contexts[0].Items[0]
	for i := range 3000 {
		it.Key = fmt.Sprint("hw", i)
		rows.Contexts[0].Items = append(rows.Contexts[0].Items, it)
	}
	var bare plan.Plan // there is nothing in them to cut
	for i := range 3000 {
		bare.Contexts = append(bare.Contexts, plan.Context{Gradebook: "bio101", Name: fmt.Sprint("sec-", i), Platform: "campus", Released: plan.Count{Scores: 1}})
	}
	for name, p := range map[string]plan.Plan{"risks": risks, "rows": rows, "contexts": bare} {
		require.Contains(t, public(t, 0, p, plan.Report{}), "This was cut to fit", name)
	}
	require.NotContains(t, public(t, 0, many(3), plan.Report{}), "This was cut to fit")
}
