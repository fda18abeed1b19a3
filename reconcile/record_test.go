package reconcile_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// graded is a line item whose students get a score and keep their comments.
func graded(key string, students int) plan.Item {
	it := plan.Item{Action: plan.Keep, Key: key, ID: "https://lms/" + key, Observed: &plan.LineItem{ID: "https://lms/" + key, Label: key, ScoreMaximum: 10}}
	for i := range students {
		was, is := 1.0, 2.0
		it.Scores = append(it.Scores, plan.Score{
			Action: plan.Post, UserID: fmt.Sprintf("s-%05d", i),
			Before: &plan.Grade{ScoreGiven: &was, ScoreMaximum: 10, Comment: "seen"}, After: plan.Grade{ScoreGiven: &is, ScoreMaximum: 10, Comment: "seen"},
		})
	}
	return it
}

// A large context is recorded in several documents of whole line items, which come to
// what it is as one; held line items are in none.
func TestRecordInParts(t *testing.T) {
	c := plan.Context{Gradebook: "bio", Name: "sec-1", Platform: "campus", Place: "1"}
	held := graded("held", 1)
	held.Held = []plan.Hold{{Risk: plan.Rescale}}
	c.Items = []plan.Item{graded("a", 3000), graded("b", 3000), held, graded("c", 10), graded("d", 9000), graded("e", 1)}
	require.Equal(t, 5, reconcile.RecordedItems(&c))
	var before, after []*spec.Gradebook
	var sizes []int
	for b, a := range reconcile.Record(&c) {
		require.Len(t, a.LineItems, len(b.LineItems))
		before, after, sizes = append(before, b), append(after, a), append(sizes, len(b.LineItems))
	}
	require.Equal(t, []int{2, 2, 1}, sizes)
	for _, parts := range [][]*spec.Gradebook{before, after} {
		whole := reconcile.Recorded(parts)
		require.Len(t, whole, 1)
		var keys []string
		for _, li := range whole[0].LineItems {
			keys = append(keys, fmt.Sprint(li.Key.Value, " ", len(li.Scores)))
		}
		require.Equal(t, []string{"a 3000", "b 3000", "c 10", "d 9000", "e 1"}, keys)
	}
}

// Comments that nobody can see are not recorded, so that no undo takes them away.
func TestRecordOfUnseenComments(t *testing.T) {
	for _, unseen := range []bool{true, false} {
		c := plan.Context{Gradebook: "bio", Name: "sec-1", CommentsUnseen: unseen, Items: []plan.Item{graded("a", 1)}}
		for b, a := range reconcile.Record(&c) {
			require.Equal(t, !unseen, b.LineItems[0].Scores[0].Comment.Named())
			require.Equal(t, !unseen, a.LineItems[0].Scores[0].Comment.Named())
		}
	}
}
