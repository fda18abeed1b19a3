package plan_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// somewhere is the digest of a course.
const somewhere = "0123456789abcdef0123456789abcdef"

func filed() plan.Plan {
	given := 42.5
	return plan.Plan{Contexts: []plan.Context{{
		Gradebook: "bio101", Name: "sec-1", Platform: "campus", Course: somewhere, Seen: []string{"https://lms/1"},
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
	with := func(items ...plan.Item) plan.Plan {
		return plan.Plan{Contexts: []plan.Context{{Gradebook: "g", Name: "c", Platform: "p", Course: somewhere, Items: items}}}
	}
	one, points := &plan.LineItem{ID: "1"}, 5.0
	scored := func(s ...plan.Score) plan.Item {
		return plan.Item{Action: plan.Keep, Key: "k", ID: "1", Observed: one, Scores: s}
	}
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"nothing":          {nil, "not a plan"},
		"something else":   {[]byte(`[1]`), "not a plan"},
		"an unknown field": {bytes.Replace(good, []byte(`"gradebook"`), []byte(`"grade_book"`), 1), "grade_book"},
		"more behind it":   {append(good, good...), "more after its end"},
		"another version":  {bytes.Replace(good, []byte(`"formatVersion": 1`), []byte(`"formatVersion": 2`), 1), "format 2"},
		"another schema":   {bytes.Replace(good, []byte(`plan-v1.json`), []byte(`plan-v9.json`), 1), "plan-v9"},
		"a grade changed":  {bytes.Replace(good, []byte("42.5"), []byte("100"), 1), "digest"},
		"people numbered":  {numbered, "--redact=false"},
		"a file of another format, whatever is in it": {[]byte(`{"formatVersion":2,"schema":"plan-v2","things":[]}`), "a plan of format 2"},
		"JSON of something else":                      {[]byte(`{"contexts":[]}`), "does not say of which format"},
		"a context without a name":                    {sealed(plan.Plan{Contexts: []plan.Context{{Gradebook: "g", Name: "c"}}}), `platform ""`},
		"a context twice":                             {sealed(plan.Plan{Contexts: []plan.Context{{Gradebook: "g", Name: "c", Platform: "p", Course: somewhere}, {Gradebook: "g", Name: "c", Platform: "p", Course: somewhere}}}), "g/c is there twice"},
		"a create of nothing":                         {sealed(with(plan.Item{Action: plan.Create, Key: "k"})), `"k" does not say`},
		"a create of what is there":                   {sealed(with(plan.Item{Action: plan.Create, Key: "k", ID: "1", Wanted: &plan.LineItem{}})), `"k" does not say`},
		"a delete of nothing":                         {sealed(with(plan.Item{Action: plan.Delete, Key: "k"})), `"k" does not say`},
		"a delete of another":                         {sealed(with(plan.Item{Action: plan.Delete, Key: "k", ID: "1", Observed: &plan.LineItem{ID: "2"}})), `"k" does not say`},
		"a delete with scores":                        {sealed(with(plan.Item{Action: plan.Delete, Key: "k", ID: "1", Observed: one, Scores: []plan.Score{{Action: plan.Post, UserID: "u"}}})), `"k" does not say`},
		"an update of nothing":                        {sealed(with(plan.Item{Action: plan.Update, Key: "k", ID: "1", Observed: one})), `"k" does not say`},
		"an action of no kind":                        {sealed(with(plan.Item{Action: "burn", Key: "k", ID: "1", Observed: one})), `"k" does not say`},
		"a maximum that is none":                      {sealed(with(plan.Item{Action: plan.Update, Key: "k", ID: "1", Observed: one, Fields: []plan.Field{{Name: "scoreMaximum", After: "100"}}})), `cannot be: "scoreMaximum"`},
		"a score of nobody":                           {sealed(with(scored(plan.Score{Action: plan.Post}))), "score 1 of the line item"},
		"a score that does nothing":                   {sealed(with(scored(plan.Score{Action: plan.Keep, UserID: "canary"}))), "score 1 of the line item"},
		"a clear that sets":                           {sealed(with(scored(plan.Score{Action: plan.Erase, UserID: "canary", After: plan.Grade{ScoreGiven: &points, ScoreMaximum: 5}}))), "score 1 of the line item \"k\" does not say"},
		"one person twice":                            {sealed(with(scored(plan.Score{Action: plan.Post, UserID: "canary"}, plan.Score{Action: plan.Erase, UserID: "canary"}))), "one person's"},
		"one column by two keys":                      {sealed(with(scored(plan.Score{Action: plan.Post, UserID: "a"}), plan.Item{Action: plan.Delete, Key: "other", ID: "1", Observed: one})), `"other" is there twice`},
		"a line item twice":                           {sealed(with(scored(plan.Score{Action: plan.Post, UserID: "a"}), scored(plan.Score{Action: plan.Post, UserID: "b"}))), `"k" is there twice`},
	} {
		_, err := plan.Decode(c.text)
		require.ErrorContains(t, err, c.says, name)
		require.NotContains(t, err.Error(), "canary", "people are not named")
	}
}

// What was read and is empty is not what could not be read: a column that was
// empty is deleted only while it is.
func TestEmptyResultsStay(t *testing.T) {
	none := 0
	item := func(results map[string]plan.Grade, graded *int) plan.Plan {
		return plan.Plan{Contexts: []plan.Context{{Gradebook: "g", Name: "c", Platform: "p", Course: somewhere, Items: []plan.Item{
			{Action: plan.Delete, Key: "k", ID: "1", Observed: &plan.LineItem{ID: "1"}, Results: results, Graded: graded},
		}}}}
	}
	for _, c := range []struct {
		p    plan.Plan
		want map[string]plan.Grade
	}{
		{item(map[string]plan.Grade{}, &none), map[string]plan.Grade{}},
		{item(nil, nil), nil},
	} {
		b, err := plan.Encode(c.p)
		require.NoError(t, err)
		again, err := plan.Decode(b)
		require.NoError(t, err)
		require.Equal(t, c.want, again.Contexts[0].Items[0].Results)
	}
}

// What nothing is done of may be as strange as the finding says.
func TestFindingsAreDecoded(t *testing.T) {
	twice := plan.Item{Action: plan.Keep, Key: "k", ID: "1", Observed: &plan.LineItem{ID: "1"}, Scores: []plan.Score{{Action: plan.Post, UserID: "u"}, {Action: plan.Post, UserID: "u"}}}
	b, err := plan.Encode(plan.Plan{Contexts: []plan.Context{{Gradebook: "g", Name: "c", Platform: "p", Course: somewhere, Items: []plan.Item{twice}, Findings: []plan.Finding{{Message: "twice"}}}}})
	require.NoError(t, err)
	_, err = plan.Decode(b)
	require.NoError(t, err)
}

func FuzzDecode(f *testing.F) {
	good, err := plan.Encode(filed())
	require.NoError(f, err)
	f.Add(good)
	printed, err := plan.FileOf(filed())
	require.NoError(f, err)
	p := filed()
	u := p.Rollup()
	printed.Rollup = &u
	text, err := printed.Encode()
	require.NoError(f, err)
	f.Add(text)
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

// A plan has one digest, also after it was read, and however its JSON is written.
func TestDigestOfHostileTexts(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{`\ufffd`, `\\ufffd`, `\\\ufffd`, "\ufffd", `\`, `\\`, "<&>", "\u2028\x00", `"`, "\\\ufffd", "ufffd", ""} {
		for _, bad := range []string{"", "\xff"} {
			p := filed()
			p.Contexts[0].Name = "a" + text + bad
			p.Contexts[0].Items[0].Label = text + bad + text
			d, err := plan.Digest(p)
			require.NoError(t, err)
			b, err := plan.Encode(p)
			require.NoError(t, err)
			again, err := plan.Decode(b)
			require.NoError(t, err, "%q", text+bad)
			same, err := plan.Digest(again)
			require.NoError(t, err)
			require.Equal(t, d, same, "%q", text+bad)
			require.Empty(t, seen[d], "%q and %q", seen[d], text+bad)
			if bad == "" || text != "" { // "\xff" alone and "\ufffd" are one letter once they are written
				seen[d] = text + bad
			}
		}
	}
	named := filed()
	named.Contexts[0].Items[0].Wanted = &plan.LineItem{Label: "L", ScoreMaximum: 1, Extensions: map[string]json.RawMessage{
		"\xff}{": json.RawMessage("1"), "\ufffd\u2028": json.RawMessage("2"), "\xff\xff": json.RawMessage("3"), "\ufffd": json.RawMessage("4"),
	}}
	d, err := plan.Digest(named)
	require.NoError(t, err)
	text, err := json.Marshal(plan.NewFile(named, ""))
	require.NoError(t, err)
	var again plan.File
	require.NoError(t, json.Unmarshal(text, &again))
	same, err := plan.Digest(plan.Plan{Contexts: again.Contexts})
	require.NoError(t, err)
	require.Equal(t, d, same)

	for _, raw := range []string{`{"b":1,"a":[1.0,"<\u003c"]}`, "{\n \"a\" : [ 1.0, \"\\u003c<\" ],\"b\":1}"} {
		p := filed()
		p.Contexts[0].Items[0].Wanted = &plan.LineItem{Label: "L", ScoreMaximum: 1, Extensions: map[string]json.RawMessage{"https://a": json.RawMessage(raw)}}
		d, err := plan.Digest(p)
		require.NoError(t, err)
		seen[d] += "|" + raw
		require.Equal(t, raw, string(p.Contexts[0].Items[0].Wanted.Extensions["https://a"]), "the plan stays as it was")
	}
	written := 0
	for _, of := range seen {
		if strings.HasPrefix(of, "|") {
			written++
			require.Equal(t, 2, strings.Count(of, "|"), "two ways of writing one extension")
		}
	}
	require.Equal(t, 1, written)
}

// A file is what encoding/json would write of it, with an end of line.
func TestEncodeIsPlainJSON(t *testing.T) {
	for n := range 4 {
		var p plan.Plan
		for k := range n {
			c := filed().Contexts[0]
			c.Items = slices.Repeat(c.Items, 2)[:k] // none, one, and two
			p.Contexts = append(p.Contexts, c)
		}
		f, err := plan.FileOf(p)
		require.NoError(t, err)
		u := p.Rollup()
		f.Rollup = &u
		got, err := f.Encode()
		require.NoError(t, err)
		want, err := json.MarshalIndent(f, "", "  ")
		require.NoError(t, err)
		require.Equal(t, string(want)+"\n", string(got))
	}
}

// A member of the platform's own that is no JSON has no digest.
func TestDigestOfBrokenMembers(t *testing.T) {
	p := filed()
	p.Contexts[0].Items[1].Observed.Extensions["https://x/e"] = json.RawMessage(`{"a":`)
	_, err := plan.Digest(p)
	require.ErrorContains(t, err, "encoding the plan")
}
