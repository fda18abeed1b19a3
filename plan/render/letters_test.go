package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/plan/render"
)

// Whatever the student will see of a letter grade and its sharing, the plan and
// the report show.
func TestLettersAreShown(t *testing.T) {
	number := func(v float64) *float64 { return &v }
	scores := []plan.Score{
		{
			Action: plan.Post, UserID: "ada", Before: &plan.Grade{ScoreGiven: number(49), ScoreMaximum: 50, LetterGrade: "A-"},
			After:  plan.Grade{ScoreGiven: number(49), ScoreMaximum: 50, LetterGrade: "F"},
			Fields: []plan.Field{{Name: "letterGrade", Before: "A-", After: "F"}, {Name: "shareWithStudent", Before: false, After: true}},
		},
		{
			Action: plan.Post, UserID: "bob", After: plan.Grade{ScoreGiven: number(7), ScoreMaximum: 50, Comment: "Hm", LetterGrade: "D"},
			Fields: []plan.Field{{Name: "scoreGiven", After: 7.0}, {Name: "comment", After: "Hm"}, {Name: "letterGrade", After: "D"}},
		},
		{
			Action: plan.Erase, UserID: "cleo", Before: &plan.Grade{ScoreGiven: number(40), ScoreMaximum: 50, LetterGrade: "B\x1b[2J\u202e"},
			Fields: []plan.Field{{Name: "scoreGiven", Before: 40.0}, {Name: "letterGrade", Before: "B\x1b[2J\u202e"}},
		},
	}
	c := plan.Context{
		Gradebook: "bio", Name: "sec-1", Platform: "campus",
		Items: []plan.Item{{Action: plan.Keep, Key: "hw", Label: "HW", ID: "1", Observed: &plan.LineItem{ID: "1", Label: "HW", ScoreMaximum: 50}, Scores: scores}},
	}
	report := plan.ContextReport{Plan: c}
	for i := range scores {
		report.Rows = append(report.Rows, plan.Row{Outcome: plan.Confirmed, Action: scores[i].Action, Key: "hw", UserID: scores[i].UserID, Grade: &scores[i].After})
	}
	shown := func(redact bool) string {
		var b strings.Builder
		o := render.Options{Redact: redact}
		require.NoError(t, render.PlanText(&b, plan.Plan{Contexts: []plan.Context{c}}, o))
		require.NoError(t, render.ReportText(&b, plan.Report{Contexts: []plan.ContextReport{report}}, o))
		return b.String()
	}
	open := shown(false)
	for _, want := range []string{
		`~ ada   49/50          letterGrade "A-" -> "F"  shareWithStudent false -> true`,
		`+ bob   7/50           comment "Hm"  letterGrade "D"`,
		`- cleo  40/50 -> none  letterGrade "B\u001b[2J\u202e" -> none`,
		`score posted 49/50, letterGrade "A-" -> "F", shareWithStudent false -> true`,
		`score posted 7/50, letterGrade "D"`,
		`score cleared, letterGrade "B\u001b[2J\u202e" -> none`,
	} {
		require.Contains(t, open, want)
	}
	require.NotContains(t, open, "\x1b")
	redacted := shown(true)
	require.Contains(t, redacted, `~ person 1         letterGrade "(2 characters)" -> "(1 characters)"  shareWithStudent false -> true`)
	require.Contains(t, redacted, `score posted, letterGrade "(2 characters)" -> "(1 characters)"`)
	for _, private := range []string{"ada", `"A-"`, `"F"`, `"D"`, "[2J"} {
		require.NotContains(t, redacted, private)
	}
}
