package render_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/plan/render"
)

// A risk, an action and an outcome that are somebody's text come out escaped in
// every form.
func TestWordsOfAFileAreEscaped(t *testing.T) {
	const h = "x\n::error::pwned\x1b[2J <img>"
	points := 5.0
	c := plan.Context{Gradebook: "g", Name: "c", Platform: "p", Items: []plan.Item{{
		Action: plan.Action(h), Key: "k", Label: "k", Held: []plan.Hold{{Risk: plan.Risk(h), Why: "w"}}, Released: []plan.Release{{Risk: plan.Risk(h), By: "b"}},
		Scores: []plan.Score{{Action: plan.Post, UserID: "u", After: plan.Grade{ScoreGiven: &points, ScoreMaximum: 5}, Held: []plan.Hold{{Risk: plan.Risk(h)}}, Released: []plan.Release{{Risk: plan.Risk(h)}}}},
	}}}
	p := plan.Plan{Contexts: []plan.Context{c, c}} // of several the risks are told together, too
	one := plan.ContextReport{Plan: c, Rows: []plan.Row{{Outcome: plan.Outcome(h), Action: plan.Action(h), Key: "k", Label: "k"}}}
	r := plan.Report{Contexts: []plan.ContextReport{one, one}}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text":            func(b *bytes.Buffer) error { return render.PlanText(b, p, render.Options{}) },
		"markdown":        func(b *bytes.Buffer) error { return render.PlanMarkdown(b, p, render.Options{}) },
		"html":            func(b *bytes.Buffer) error { return render.PlanHTML(b, p, render.Options{}) },
		"report":          func(b *bytes.Buffer) error { return render.ReportText(b, r, render.Options{}) },
		"report markdown": func(b *bytes.Buffer) error { return render.ReportMarkdown(b, r, render.Options{}) },
		"report html":     func(b *bytes.Buffer) error { return render.ReportHTML(b, r, render.Options{}) },
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b), name)
		require.NotContains(t, b.String(), "\x1b[2J", name)
		require.NotContains(t, b.String(), "\n::error", name)
		if strings.Contains(name, "html") || strings.Contains(name, "markdown") {
			require.NotContains(t, b.String(), "<img>", name)
		}
	}
}

// What stands in a person's row tells no place in the public forms.
func TestRowsHaveNoPublicPlace(t *testing.T) {
	c := plan.Context{Gradebook: "g", Name: "c", Platform: "p",
		Findings: []plan.Finding{{Where: "grades.csv:17:3", Key: "k", Message: "m", OfRow: true}},
		Notes:    []plan.Note{{Where: "grades.csv:18:3", Key: "k", Message: "n", OfRow: true}, {Where: "book.yaml:5:3", Key: "k", Message: "o"}},
	}
	p := plan.Plan{Contexts: []plan.Context{c}}
	for _, write := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return render.PlanMarkdown(b, p, render.Options{}) },
		func(b *bytes.Buffer) error { return render.PlanHTML(b, p, render.Options{}) },
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b))
		require.NotContains(t, b.String(), "grades.csv")
		require.Contains(t, b.String(), "book.yaml:5:3")
	}
}
