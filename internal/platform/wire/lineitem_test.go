package wire

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
)

// Times in all notations that platforms are known to use; what is none goes back
// as it came.
func TestTimes(t *testing.T) {
	noon := time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-12-24T11:00:00Z": noon, "2026-12-24T12:00:00+01:00": noon, "2026-12-24T12:00:00+0100": noon, "2026-12-24T12:00:00+01": noon,
		"2026-12-24T11:00Z": noon, "2026-12-24T12:00+01:00": noon, "2026-12-24T12:00+0100": noon, "2026-12-24T11:00:00.25Z": noon.Add(250 * time.Millisecond),
		"soon": {}, "2026-12-24T11:00:00": {}, "": {},
	} {
		li := From(agsclient.LineItem{EndDateTime: text})
		require.True(t, want.Equal(li.EndDateTime), text)
		require.Equal(t, want.IsZero() && text != "", li.Extensions != nil, text)
		raw, err := To(li, nil).MarshalJSON()
		require.NoError(t, err)
		var back struct{ EndDateTime string }
		require.NoError(t, json.Unmarshal(raw, &back))
		if want.IsZero() {
			require.Equal(t, text, back.EndDateTime)
			continue
		}
		again, err := time.Parse(time.RFC3339Nano, back.EndDateTime)
		require.NoError(t, err)
		require.True(t, want.Equal(again), back.EndDateTime)
	}
}

func TestThereAndBack(t *testing.T) {
	yes := true
	li := agsclient.LineItem{
		ID: "https://a/1", Label: "x", ScoreMaximum: 5, ResourceID: "r", Tag: "t", ResourceLinkID: "l", GradesReleased: &yes,
		StartDateTime: "2026-01-02T03:04:05-05:00", Extra: map[string]json.RawMessage{"https://example.edu/a": json.RawMessage("1")},
	}
	require.Empty(t, cmp.Diff(li, To(From(li), nil)))
	require.Equal(t, []string{"tag"}, To(plan.LineItem{}, []string{"tag"}).Null)
}

// Converting does not write into what it was given.
func TestFromKeepsItsArgument(t *testing.T) {
	extra := map[string]json.RawMessage{"a": json.RawMessage("1")}
	li := From(agsclient.LineItem{EndDateTime: "soon", Extra: extra})
	require.Len(t, li.Extensions, 2)
	require.Empty(t, cmp.Diff(map[string]json.RawMessage{"a": json.RawMessage("1")}, extra))
	require.Nil(t, From(agsclient.LineItem{EndDateTime: "2026-12-24T11:00:00Z"}).Extensions)
}
