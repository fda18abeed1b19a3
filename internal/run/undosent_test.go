package run

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/plan/render"
)

// A saved plan that is applied twice was written by the first run, and only that
// one has something to undo.
func TestUndoOfARunThatSentNothing(t *testing.T) {
	lms := newSchool(t, nil)
	docs, env := lms.sheets(t, "{by: email}", located)
	give(docs, "hw1", sheetRow("ann@example.edu", 2, 1))
	first := opened(t, docs, options(t, true, env))
	encoded, err := plan.Encode(first.Plan(t.Context()))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "plan.json")
	require.NoError(t, SavePlan(path, encoded, nil))
	var reports []plan.Report
	for range 2 {
		s, err := OpenSaved(docs, path, nil, options(t, true, env))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		r, err := s.Apply(t.Context(), s.Plan(t.Context()))
		require.NoError(t, err)
		require.Equal(t, plan.Applied, r.Contexts[0].Status(), "%+v", r.Contexts[0])
		reports = append(reports, r)
	}
	for i, says := range []bool{true, false} {
		var text bytes.Buffer
		require.NoError(t, render.ReportText(&text, reports[i], render.Options{}))
		require.Equal(t, says, bytes.Contains(text.Bytes(), []byte("gradesync undo")), text.String())
	}
	lms.forget()
	_, err = Undo(docs, reports[1].Run, nil, options(t, true, env))
	require.ErrorContains(t, err, "that run wrote nothing, so there is nothing to undo")
	require.False(t, lms.written())
	back, err := Undo(docs, reports[0].Run, nil, options(t, true, env))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, back.Close()) })
	require.NotZero(t, back.Plan(t.Context()).Contexts[0].Totals())
}
