package plan_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

func filed() plan.Plan {
	given := 42.5
	return plan.Plan{Contexts: []plan.Context{{
		Gradebook: "bio101", Name: "sec-1", Platform: "campus", Seen: []string{"https://lms/1"},
		Items: []plan.Item{
			{Action: plan.Create, Key: "hw1", Wanted: &plan.LineItem{Label: "One", ScoreMaximum: 50}},
			{
				Action: plan.Keep, Key: "hw2", ID: "https://lms/1",
				Observed: &plan.LineItem{ID: "https://lms/1", Label: "Two\u202e", ScoreMaximum: 1, Extensions: map[string]json.RawMessage{"https://x/e": json.RawMessage("{\"b\":1.50,\"a\":\"\u202e\"}")}},
				Scores:   []plan.Score{{Action: plan.Post, UserID: "u", After: plan.Grade{ScoreGiven: &given, ScoreMaximum: 50}}},
			},
		},
	}}}
}

// What Encode writes, Decode reads, however its text is escaped on the way.
func TestFileRoundTrip(t *testing.T) {
	b, err := plan.Encode(filed())
	require.NoError(t, err)
	escaped := bytes.ReplaceAll(b, []byte("\u202e"), []byte(`\u202e`))
	for _, text := range [][]byte{b, escaped} {
		again, err := plan.Decode(text)
		require.NoError(t, err)
		want, err := plan.Digest(filed())
		require.NoError(t, err)
		got, err := plan.Digest(again)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good, err := plan.Encode(filed())
	require.NoError(t, err)
	redacted, err := plan.Redacted(filed())
	require.NoError(t, err)
	numbered, err := json.Marshal(redacted)
	require.NoError(t, err)
	sealed := func(p plan.Plan) []byte {
		b, err := plan.Encode(p)
		require.NoError(t, err)
		return b
	}
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"nothing":              {nil, "not a plan"},
		"something else":       {[]byte(`[1]`), "not a plan"},
		"an unknown field":     {bytes.Replace(good, []byte(`"gradebook"`), []byte(`"grade_book"`), 1), "grade_book"},
		"more behind it":       {append(good, good...), "more after its end"},
		"another version":      {bytes.Replace(good, []byte(`"formatVersion": 1`), []byte(`"formatVersion": 2`), 1), "format 2"},
		"another schema":       {bytes.Replace(good, []byte(`plan-v1.json`), []byte(`plan-v9.json`), 1), "plan-v9"},
		"a grade changed":      {bytes.Replace(good, []byte("42.5"), []byte("100"), 1), "digest"},
		"people numbered":      {numbered, "--redact=false"},
		"a create of nothing":  {sealed(plan.Plan{Contexts: []plan.Context{{Items: []plan.Item{{Action: plan.Create, Key: "k"}}}}}), `"k"`},
		"a delete of nothing":  {sealed(plan.Plan{Contexts: []plan.Context{{Items: []plan.Item{{Action: plan.Delete, Key: "k"}}}}}), `"k"`},
		"an action of no kind": {sealed(plan.Plan{Contexts: []plan.Context{{Items: []plan.Item{{Action: "burn", Key: "k"}}}}}), `"k"`},
	} {
		_, err := plan.Decode(c.text)
		require.ErrorContains(t, err, c.says, name)
	}
}

func FuzzDecode(f *testing.F) {
	good, err := plan.Encode(filed())
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{"formatVersion":1,"contexts":[{"items":[{}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := plan.Decode(text)
		if err != nil {
			return
		}
		again, err := plan.Encode(p)
		require.NoError(t, err)
		q, err := plan.Decode(again)
		require.NoError(t, err)
		a, _ := plan.Digest(p)
		b, _ := plan.Digest(q)
		require.Equal(t, a, b)
	})
}
