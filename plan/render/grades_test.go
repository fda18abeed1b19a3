package render

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// marked gives all points of people in a value a part that nothing else has.
func marked(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			marked(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			marked(v.Index(i))
		}
	case reflect.Map:
		if results, ok := v.Interface().(map[string]plan.Grade); ok {
			for user, g := range results {
				marked(reflect.ValueOf(&g))
				results[user] = g
			}
		}
	case reflect.Struct:
		switch x := v.Addr().Interface().(type) {
		case *plan.Grade:
			if x.ScoreGiven != nil {
				x.ScoreGiven = ptr(*x.ScoreGiven + markedPart)
			}
			return
		case *plan.Field:
			if x.Name == "scoreGiven" {
				x.Before, x.After = markedValue(x.Before), markedValue(x.After)
			}
			return
		case *plan.Kept:
			if x.Field == "scoreGiven" {
				x.Live, x.Desired, x.Base = markedValue(x.Live), markedValue(x.Desired), markedValue(x.Base)
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				marked(v.Field(i))
			}
		}
	}
}

const markedPart = 0.0625

func markedValue(v any) any {
	if f, ok := v.(float64); ok {
		return f + markedPart
	}
	return v
}

// Redacted, no form tells anybody's points, or how far one score falls; that a
// score changes, and where it stands, is told.
func TestRedactedTellsNoPoints(t *testing.T) {
	p, r := richPlan(), richReport()
	stand := plan.Stand{Value: 7.0625, Where: "bio.yaml:9:9"}
	p.Contexts[0].Explained = []plan.Explanation{{
		Key: "hw1", UserID: "ada-7701", Field: "scoreGiven", Live: 8.0625, Desired: &stand, Base: &stand, Later: []plan.Stand{stand}, Rule: "conflict", Words: "both changed it",
	}}
	marked(reflect.ValueOf(&p))
	marked(reflect.ValueOf(&r))
	stale := &r.Contexts[0].Rows[9]
	stale.Cause, stale.Why = plan.CauseStale, "the grade was 4.0625/50 and is 5.0625/50 now"
	for i, f := range forms {
		require.Contains(t, shown(t, i, p, r, Options{}), "0625", "%s.%s: the test looks for what is there", f.name, f.ext)
		got := shown(t, i, p, r, Options{Redact: true})
		require.NotContains(t, got, "0625", "%s.%s", f.name, f.ext)
		require.NotContains(t, got, "98 % of the maximum lower", "%s.%s", f.name, f.ext)
		require.Contains(t, got, "bio.yaml:14:9")
		if f.ext == "json" {
			require.Contains(t, got, `"redacted": true`)
		}
	}
	text := shown(t, 0, p, r, Options{Redact: true})
	require.Contains(t, text, `~ person 2 (bio.yaml:14:9)  score  comment "(23 characters)" -> "(18 characters)"`)
	require.Contains(t, text, `desired  "(hidden)"  at bio.yaml:9:9`)
	require.Contains(t, text, tooFar)
	text = shown(t, 2, p, r, Options{Redact: true})
	require.Regexp(t, `(?m)^  collateral     hw1    person \d+ +no file names this grade`, text)
	require.Contains(t, text, "score posted\n")
	require.Contains(t, text, staleQuietly)
	require.Contains(t, text, `scoreGiven: sent "(hidden)", stored "(hidden)"`)
	require.Equal(t, 1, strings.Count(shown(t, 2, p, r, Options{}), "4.0625/50 and is"), "who may see it sees it")
}
