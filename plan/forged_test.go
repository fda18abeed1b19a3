package plan_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// A file that was edited and given a digest of its own says what no plan of ours
// does.
func TestDecodeRefusesForged(t *testing.T) {
	points, below, none, one := 5.0, -5.0, 0, 1
	li := &plan.LineItem{ID: "1", Label: "L", ScoreMaximum: 5}
	kept := func(s plan.Score) plan.Item {
		return plan.Item{Action: plan.Keep, Key: "k", ID: "1", Observed: li, Scores: []plan.Score{s}}
	}
	posted := func(g plan.Grade) plan.Score { return plan.Score{Action: plan.Post, UserID: "canary", After: g} }
	full := plan.Grade{ScoreGiven: &points, ScoreMaximum: 5}
	gone := plan.Item{Action: plan.Delete, Key: "k", ID: "1", Observed: li, Results: map[string]plan.Grade{"canary": full}, Graded: &one}
	with := func(change func(*plan.Context), items ...plan.Item) plan.Context {
		c := plan.Context{Gradebook: "g", Name: "c", Platform: "p", Course: somewhere, Seen: []string{"1"}, Items: items}
		change(&c)
		return c
	}
	same := func(*plan.Context) {}
	for name, c := range map[string]struct {
		c    plan.Context
		says string
	}{
		"nothing odd":                 {with(same, kept(posted(full))), ""},
		"a delete that counts right":  {with(same, gone), ""},
		"a delete that counts wrong":  {with(func(c *plan.Context) { c.Items[0].Graded = &none }, gone), `"k" has 1 grades and says 0`},
		"one without its results":     {with(func(c *plan.Context) { c.Items[0].Results = nil }, gone), `"k" says how many grades it has, and not which`},
		"no grades, and not which":    {with(func(c *plan.Context) { c.Items[0].Results, c.Items[0].Graded = nil, &none }, gone), `and not which`},
		"points of no maximum":        {with(same, kept(posted(plan.Grade{ScoreGiven: &points}))), "no maximum"},
		"points that were of none":    {with(same, kept(plan.Score{Action: plan.Post, UserID: "canary", Before: &plan.Grade{ScoreGiven: &points}, After: full})), "no maximum"},
		"points below 0":              {with(same, kept(posted(plan.Grade{ScoreGiven: &below, ScoreMaximum: 5}))), "below 0"},
		"an unknown progress":         {with(same, kept(plan.Score{Action: plan.Post, UserID: "canary", After: full, GradingProgress: "::x"})), "progress"},
		"a title that is blank":       {with(same, plan.Item{Action: plan.Update, Key: "k", ID: "1", Observed: li, Fields: []plan.Field{{Name: "label", After: " "}}}), `cannot be: "label"`},
		"a create of no title":        {with(same, plan.Item{Action: plan.Create, Key: "k", Wanted: &plan.LineItem{ScoreMaximum: 5}}), "no title"},
		"less than none unmanaged":    {with(func(c *plan.Context) { c.Unmanaged.LineItems = -9 }, gone), "counted so"},
		"more unmanaged than seen":    {with(func(c *plan.Context) { c.Unmanaged.LineItems = 9 }, gone), "counted so"},
		"a column that is seen twice": {with(func(c *plan.Context) { c.Seen = []string{"1", "1"} }, gone), "one twice"},
		"a risk that there is not": {with(func(c *plan.Context) {
			c.Findings = []plan.Finding{{Message: "m"}}
			c.Items[0].Scores[0].Released = []plan.Release{{Risk: "x\n::error::y"}}
		}, kept(posted(full))), `"x\n::error::y"`},
		"an action that there is not": {with(func(c *plan.Context) {
			c.Findings = []plan.Finding{{Message: "m"}}
			c.Items[0].Action = "\x1b[2J"
		}, kept(posted(full))), `"k" does not say`},
		"a field twice":             {with(same, plan.Item{Action: plan.Update, Key: "k", ID: "1", Observed: li, Fields: []plan.Field{{Name: "label", After: "Shown first"}, {Name: "tag", After: "t"}, {Name: "label", After: "Other"}}}), `"k" sets "label" twice`},
		"a field of a create twice": {with(same, plan.Item{Action: plan.Create, Key: "k", Wanted: li, Fields: []plan.Field{{Name: "label", After: "L"}, {Name: "label", After: "M"}}}), `"k" sets "label" twice`},
		"a grade's field twice":     {with(same, kept(plan.Score{Action: plan.Post, UserID: "canary", After: full, Fields: []plan.Field{{Name: "comment", After: "a"}, {Name: "comment", After: "b"}}})), `score 1 of the line item "k" sets "comment" twice`},
		"two fields":                {with(same, plan.Item{Action: plan.Update, Key: "k", ID: "1", Observed: li, Fields: []plan.Field{{Name: "label", After: "L"}, {Name: "tag", After: "t"}}}), ""},
		"results of no maximum":     {with(func(c *plan.Context) { c.Items[0].Results = map[string]plan.Grade{"canary": {ScoreGiven: &points}} }, gone), `"k" has points of no maximum`},
		"no course":                 {with(func(c *plan.Context) { c.Course = "" }), "for which LMS and course"},
		"no course, and findings":   {with(func(c *plan.Context) { c.Course, c.Findings = "", []plan.Finding{{Message: "m"}} }), "for which LMS and course"},
		"a course in other words":   {with(func(c *plan.Context) { c.Course = "https://lms.example.edu/1" }), "for which LMS and course"},
		"a course too short":        {with(func(c *plan.Context) { c.Course = c.Course[1:] }), "for which LMS and course"},
		"a course in capitals":      {with(func(c *plan.Context) { c.Course = strings.ToUpper(c.Course) }), "for which LMS and course"},
		"a launch in words":         {with(func(c *plan.Context) { c.Launch = "key" }), "for which LMS and course"},
		"a launch":                  {with(func(c *plan.Context) { c.Launch = somewhere }), ""},
		"a failure of no kind":      {with(func(c *plan.Context) { c.Failure = &plan.Failure{Kind: "\n"} }), "no kind"},
	} {
		b, err := plan.Encode(plan.Plan{Contexts: []plan.Context{c.c}})
		require.NoError(t, err)
		_, err = plan.Decode(b)
		if c.says == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.says, name)
		require.NotContains(t, err.Error(), "canary", "people are not named")
	}
}

// Two readers of one file see the same plan in it.
func TestDecodeRefusesOtherKeys(t *testing.T) {
	good, err := plan.Encode(filed())
	require.NoError(t, err)
	for name, c := range map[string]struct{ old, now, says string }{
		"another case":   {`"userId": "u"`, `"UserId": "u"`, `unknown field "UserId"`},
		"twice":          {`"userId": "u"`, `"userId": "canary", "userId": "u"`, "twice"},
		"twice, escaped": {`"userId": "u"`, `"userId": "canary", "user\u0049d": "u"`, "twice"},
	} {
		text := bytes.Replace(good, []byte(c.old), []byte(c.now), 1)
		require.NotEqual(t, string(good), string(text))
		_, err := plan.Decode(redigest(t, text))
		require.ErrorContains(t, err, c.says, name)
		require.NotContains(t, err.Error(), "canary")
	}
	_, err = plan.Decode(redigest(t, good))
	require.NoError(t, err)
}

// redigest gives an edited file the digest that it would have.
func redigest(t *testing.T, text []byte) []byte {
	t.Helper()
	var f plan.File
	require.NoError(t, json.Unmarshal(text, &f))
	d, err := plan.Digest(plan.Plan{Contexts: f.Contexts})
	require.NoError(t, err)
	return []byte(strings.Replace(string(text), f.Digest, d, 1))
}
