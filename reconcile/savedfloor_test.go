package reconcile_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// A file that says that something else is there than what is there gets nothing
// past a Platform's policy.
func TestForgedPast(t *testing.T) {
	const before = "  - {resourceId: exam, label: Exam, scoreMaximum: 100, scores: [{userId: a, scoreGiven: 80}, {userId: b, scoreGiven: 60}]}\n"
	for name, c := range map[string]struct {
		after, policy, floor string
		forge                func(it *plan.Item)
		says                 string
	}{
		"on a scale that the column never had": {
			"  - {resourceId: exam, label: Exam, scoreMaximum: 100, scores: [{userId: a, scoreGiven: 10}]}\n", "{}", "{max: {drop: 20}}",
			func(it *plan.Item) {
				it.Action, it.Fields = plan.Update, []plan.Field{{Name: "scoreMaximum", Before: 1000.0, After: 100.0}}
				it.Observed.ScoreMaximum, it.Results, it.Graded = 1000, map[string]plan.Grade{}, new(0)
				eighty := 80.0
				it.Scores[0].Before = &plan.Grade{ScoreGiven: &eighty, ScoreMaximum: 1000}
			}, "exam: as the column and its grades are now, the Platform's policy (p.yaml:5:9) holds this (drop: the score would fall by 70 %",
		},
		"the same, counted": {
			"  - {resourceId: exam, label: Exam, scoreMaximum: 100, scores: [{userId: a, scoreGiven: 10}]}\n", "{}", "{max: {lowered: 0}}",
			func(it *plan.Item) {
				it.Action, it.Fields = plan.Update, []plan.Field{{Name: "scoreMaximum", Before: 1000.0, After: 100.0}}
				it.Observed.ScoreMaximum, it.Results, it.Graded = 1000, map[string]plan.Grade{}, new(0)
				eighty := 80.0
				it.Scores[0].Before = &plan.Grade{ScoreGiven: &eighty, ScoreMaximum: 1000}
			}, "(lowered: 1 score of this line item would be lowered, and 0 may be)",
		},
		"under another column's name": {
			"  - {resourceId: exam, label: Exam, scoreMaximum: 100, scores: [{userId: b, scoreGiven: null}]}\n",
			"{allow: [{risk: clear, item: hw1}]}", "{allow: [{risk: clear, item: hw1}]}",
			func(it *plan.Item) {
				it.Key, it.Action, it.Fields = "hw1", plan.Update, []plan.Field{{Name: "label", Before: "hw1", After: "Exam"}}
				it.Observed.Label = "hw1"
				it.Scores[0].Released = []plan.Release{{Risk: plan.Clear, By: "bio.yaml:5:9"}}
			}, "(clear: a score would be taken away)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLMS(t)
			l.apply(t, want(t, before))
			made := saved(t, l.planned(t, want(t, c.after)))
			w := wantUnder(t, c.policy, c.floor)
			w.Items = want(t, c.after).Items
			honest := made
			reconcile.HoldAgain(&honest, w, l.p.Capabilities(), l.listed(t, &honest, w))
			require.NotEmpty(t, holds(&honest), "the plan as it was made is held")

			for i := range made.Items[0].Scores {
				made.Items[0].Scores[i].Held = nil
			}
			c.forge(&made.Items[0])
			// The one comparator says how the score changes, as who forges would.
			made.Items[0].Scores[0].Fields = made.Items[0].Scores[0].Fields[:1]
			again := made
			reconcile.HoldAgain(&again, w, l.p.Capabilities(), l.listed(t, &again, w))
			require.Empty(t, holds(&again), "or else this test tells nothing")
			require.Empty(t, again.Findings)
			o := options()
			o.Saved = w
			l.writes()
			rep := reconcile.Apply(context.Background(), l.p, again, o)
			require.Empty(t, l.writes())
			require.Len(t, rep.Plan.Findings, 1)
			require.Contains(t, rep.Plan.Findings[0].Message, c.says)
			for _, row := range rep.Rows {
				require.Equal(t, plan.NotAttempted, row.Outcome)
			}
		})
	}
}

// Grades that the plan says were on a scale that the column leaves are compared as
// they are, before the maximum is changed.
func TestForgedScaleBeforeTheMaximum(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, "  - {resourceId: exam, label: Exam, scoreMaximum: 100, scores: [{userId: a, scoreGiven: 80}]}\n"))
	w := want(t, "  - {resourceId: exam, label: Exam, scoreMaximum: 50, scores: [{userId: a, scoreGiven: 10}]}\n")
	made := l.planned(t, w)
	c := saved(t, made)
	c.Items[0].Held, c.Items[0].Results = nil, nil
	eighty := 80.0
	c.Items[0].Scores[0].Held, c.Items[0].Scores[0].Before = nil, &plan.Grade{ScoreGiven: &eighty, ScoreMaximum: 1000}
	l.writes()
	rep := l.carrySaved(context.Background(), c)
	require.Empty(t, l.writes(), "not the maximum either")
	require.Equal(t, []string{"exam  not attempted blocked", "exam a not attempted stale"}, causes(rep))
}
