package render

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// large is a plan of items line items with so many scores to post in each.
func large(items, people int) plan.Plan {
	c := plan.Context{Gradebook: "bio101", Name: "sec-1", Platform: "campus", Course: "0123456789abcdef0123456789abcdef"}
	for i := range items {
		li := plan.LineItem{ID: fmt.Sprint("https://lms.example/", i), Label: fmt.Sprint("Homework ", i), ScoreMaximum: 100, ResourceID: fmt.Sprint("hw", i)}
		it := plan.Item{Action: plan.Keep, Key: li.ResourceID, ID: li.ID, Label: li.Label, Observed: &li, Graded: new(people)}
		for u := range people {
			it.Scores = append(it.Scores, plan.Score{
				Action: plan.Post, UserID: fmt.Sprint("u", u), Where: fmt.Sprintf("s.csv:%d:%d", u+2, i+2),
				Before: &plan.Grade{ScoreGiven: new(float64(u % 100)), ScoreMaximum: 100}, After: plan.Grade{ScoreGiven: new(float64(u%100) + 1), ScoreMaximum: 100},
				Fields: []plan.Field{{Name: "scoreGiven", Before: float64(u % 100), After: float64(u%100) + 1}},
			})
		}
		c.Items = append(c.Items, it)
	}
	return plan.Plan{Contexts: []plan.Context{c}}
}

func BenchmarkPlan(b *testing.B) {
	for _, people := range []int{10, 100, 1000} {
		p := large(100, people)
		for name, form := range map[string]func(io.Writer, plan.Plan, Options) error{"text": PlanText, "json": PlanJSON, "markdown": PlanMarkdown, "html": PlanHTML} {
			b.Run(fmt.Sprintf("%s/100x%d", name, people), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					require.NoError(b, form(io.Discard, p, Options{}))
				}
			})
		}
	}
}
