package reconcile

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

func TestHoldsNumber(t *testing.T) {
	for _, c := range []struct {
		live, want float64
		holds      bool
	}{
		{92.5, 92.5, true},
		{0, 0, true},
		{33.33333, 100.0 / 3, true}, // five decimals
		{33.33, 100.0 / 3, true},    // two
		{33.3, 100.0 / 3, false},    // one is not rounding that we know
		{92.56, 92.555, true},       // a tie upwards
		{92.55, 92.555, true},       // a tie downwards
		{92.57, 92.555, false},      // no rounding of it
		{92.555, 92.56, false},      // live has more: the file wants 92.56
		{92.5, 92.504, true},        // 92.50
		{92.51, 92.504, false},      // nearest is 92.50
		{42, 42.4, false},           // whole points lose too much
		{42.5, 42.6, false},
		{0.30000000000000004, 0.3, true}, // noise
		{100, 100.004, true},
		{100, 100.006, false},
		{1e9, 1e9 + 1, false},
	} {
		require.Equal(t, c.holds, equality{}.number(c.live, c.want, 100), "live %v, want %v", c.live, c.want)
	}
}

func grade(given, maximum float64, comment string) plan.Grade {
	return plan.Grade{ScoreGiven: &given, ScoreMaximum: maximum, Comment: comment}
}

func TestGradeFields(t *testing.T) {
	none := plan.Grade{}
	for name, c := range map[string]struct {
		live *plan.Grade
		want plan.Grade
		diff []plan.Field
	}{
		"nothing and nothing":       {nil, none, nil},
		"empty and nothing":         {&plan.Grade{ScoreMaximum: 1}, none, nil},
		"same":                      {ptr(grade(42.5, 50, "a")), grade(42.5, 50, "a"), nil},
		"blank comment":             {ptr(grade(42.5, 50, " \n")), grade(42.5, 50, ""), nil},
		"another scale":             {ptr(grade(0.85, 1, "")), grade(42.5, 50, ""), nil},
		"thirds":                    {ptr(grade(33.33333, 100, "")), grade(1, 3, ""), nil},
		"rounded on a coarse scale": {ptr(grade(0.43, 1, "")), grade(42.5, 100, ""), []plan.Field{{Name: "scoreGiven", Before: 0.43, After: 42.5}}},
		"zero is a score":           {nil, grade(0, 50, ""), []plan.Field{{Name: "scoreGiven", After: 0.0}}},
		"cleared":                   {ptr(grade(0, 50, "")), none, []plan.Field{{Name: "scoreGiven", Before: 0.0}}},
		"the scale alone":           {ptr(grade(42.5, 50, "")), grade(42.5, 100, ""), []plan.Field{{Name: "scoreMaximum", Before: 50.0, After: 100.0}}},
		"comment alone":             {ptr(grade(85, 100, "a")), grade(42.5, 50, "b"), []plan.Field{{Name: "comment", Before: "a", After: "b"}}},
		"both":                      {ptr(grade(1, 50, "a")), grade(2, 50, ""), []plan.Field{{Name: "scoreGiven", Before: 1.0, After: 2.0}, {Name: "comment", Before: "a"}}},
	} {
		if d := cmp.Diff(c.diff, equality{}.gradeFields(c.live, c.want)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestItemFields(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	live := plan.LineItem{
		ID: "https://lms/1", Label: "Homework", ScoreMaximum: 100, ResourceID: "hw1", Tag: " ",
		StartDateTime: noon, GradesReleased: ptr(true),
		Extensions: map[string]json.RawMessage{"https://x/a": json.RawMessage(`{"b":1,"c":[1.0]}`), "other": json.RawMessage(`1`)},
	}
	same := live
	same.ID, same.Tag = "", ""
	same.StartDateTime = noon.In(time.FixedZone("", 3600))
	same.GradesReleased = ptr(true)
	same.Extensions = map[string]json.RawMessage{"https://x/a": json.RawMessage(`{"c":[1],"b":1}`), "other": json.RawMessage(`1`)}
	require.Empty(t, itemFields(live, same), "the same in other words is no difference")

	want := live
	want.Label, want.ScoreMaximum, want.ResourceID, want.Tag = "Homework 1", 50, "", "t"
	want.StartDateTime, want.EndDateTime, want.GradesReleased = time.Time{}, noon, ptr(false)
	want.Extensions = map[string]json.RawMessage{"https://x/a": json.RawMessage(`{"b":2}`), "https://x/n": json.RawMessage(`"v"`)}
	diff := []plan.Field{
		{Name: "label", Before: "Homework", After: "Homework 1"},
		{Name: "scoreMaximum", Before: 100.0, After: 50.0},
		{Name: "resourceId", Before: "hw1"},
		{Name: "tag", After: "t"},
		{Name: "startDateTime", Before: "2026-03-01T12:00:00Z"},
		{Name: "endDateTime", After: "2026-03-01T12:00:00Z"},
		{Name: "gradesReleased", Before: true, After: false},
		{Name: "https://x/a", Before: map[string]any{"b": 1.0, "c": []any{1.0}}, After: map[string]any{"b": 2.0}},
		{Name: "https://x/n", After: "v"},
		{Name: "other", Before: 1.0},
	}
	if d := cmp.Diff(diff, itemFields(live, want)); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}

	// A first extension is a field of its own, as is the last one that goes.
	bare := plan.LineItem{Label: "A", ScoreMaximum: 5}
	first := bare
	first.Extensions = map[string]json.RawMessage{"https://x/e": json.RawMessage(`{"k":1}`)}
	require.Equal(t, []plan.Field{{Name: "https://x/e", After: map[string]any{"k": 1.0}}}, itemFields(bare, first))
	require.Equal(t, []plan.Field{{Name: "https://x/e", Before: map[string]any{"k": 1.0}}}, itemFields(first, bare))
	nulled := bare
	nulled.Extensions = map[string]json.RawMessage{"https://x/e": json.RawMessage(` null`)}
	require.Empty(t, itemFields(nulled, bare), "null and absent are equal")

	// What a diff says is what has to be set, and then nothing is left.
	require.Empty(t, itemFields(withFields(live, diff, after), want))
	require.Empty(t, itemFields(withFields(want, diff, before), live))
}

func BenchmarkGradeFieldsUnchanged(b *testing.B) {
	live, want := grade(85, 100, "Nice work"), grade(42.5, 50, "Nice work")
	b.ReportAllocs()
	for b.Loop() {
		if len(equality{}.gradeFields(&live, want)) > 0 {
			b.Fatal("differs")
		}
	}
}
