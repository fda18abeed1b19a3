package run

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// The record of a large context is several documents, and an undo takes it as one:
// every score goes back, of each of two contexts of which the second is small.
func TestLargeRecordIsUndone(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and other tests undo side by side")
	}
	const items, students = 4, 2000
	c := &metered{face: sandbox.FaceAGS, courses: 2}
	c.open(t, items, students)
	var homework []string
	for i := range items {
		homework = append(homework, c.homework(i+1))
	}
	docs, env := c.documents(t, strings.Replace(c.book("bio", homework...), "by: email", "by: userId", 1))
	sections := docs.Gradebooks[0].Contexts
	for i := range items {
		grade(docs, 0, fmt.Sprint("hw", i+1), students, 7)
	}
	for i := range sections {
		for key, rows := range sections[i].Scores {
			if i == 1 {
				rows = rows[:3]
			}
			for k := range rows {
				rows[k].UserID, rows[k].Email = rows[k].Email, rows[k].UserID
				rows[k].UserID.Value = fmt.Sprint(k + 1)
			}
			sections[i].Scores[key] = rows
		}
	}
	o := options(t, true, env)
	s := opened(t, docs, o)
	r, err := s.Apply(t.Context(), planned(t, s, plan.Pending))
	require.NoError(t, err)
	require.Equal(t, items*students, r.Contexts[0].Outcomes().Confirmed)
	require.Equal(t, items*3, r.Contexts[1].Outcomes().Confirmed)
	for _, name := range []string{beforeFile, afterFile} {
		text, err := os.ReadFile(filepath.Join(r.Run, name))
		require.NoError(t, err)
		require.Equal(t, 3, strings.Count(string(text), "kind: Gradebook\n"), "two of the first context, one of the second")
	}

	o.Decide = reconcile.Options{Allow: map[string]bool{string(plan.Clear): true}}
	back, err := Undo(docs, r.Run, nil, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, back.Close()) })
	r, err = back.Apply(t.Context(), planned(t, back, plan.Pending))
	require.NoError(t, err)
	require.Equal(t, items*students, r.Contexts[0].Outcomes().Confirmed)
	require.Equal(t, items*3, r.Contexts[1].Outcomes().Confirmed)
	for _, course := range c.box.Snapshot().Courses {
		for _, li := range course.LineItems {
			require.False(t, slices.ContainsFunc(li.Results, func(r *sandbox.Result) bool { return r.Score != nil }))
		}
	}
}
