package render

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// publicForms are the forms that everybody may read.
var publicForms = []struct {
	name, ext string
	show      func(*bytes.Buffer, plan.Plan, plan.Report, Options) error
}{
	{"plan", "md", func(b *bytes.Buffer, p plan.Plan, _ plan.Report, o Options) error { return PlanMarkdown(b, p, o) }},
	{"plan", "html", func(b *bytes.Buffer, p plan.Plan, _ plan.Report, o Options) error { return PlanHTML(b, p, o) }},
	{"report", "md", func(b *bytes.Buffer, _ plan.Plan, r plan.Report, o Options) error { return ReportMarkdown(b, r, o) }},
	{"report", "html", func(b *bytes.Buffer, _ plan.Plan, r plan.Report, o Options) error { return ReportHTML(b, r, o) }},
}

func public(t *testing.T, form int, p plan.Plan, r plan.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, publicForms[form].show(&b, p, r, Options{}))
	return b.String()
}

// hostileMarkup is what Markdown, HTML, a forge or a CI system may obey.
const hostileMarkup = hostile + "|a`b``c<script>alert(1)</script>](https://evil.example/x)![i](//evil.example/i.png) @everyone #123 GH-123 " +
	"\n\n# head\n\n| x | y |\n--> </details></code></summary><img src=http://evil.example/p onerror=alert(1)> &lt;b&gt; www.evil.example *b* _i_ ~~s~~ $m$ =cmd::error::x\\"

// poisoned are the rich values with hostile markup in every free text.
func poisoned() (plan.Plan, plan.Report) {
	p, r := richPlan(), richReport()
	poisonWith(reflect.ValueOf(&p), hostileMarkup)
	poisonWith(reflect.ValueOf(&r), hostileMarkup)
	return p, r
}

func TestPublicGolden(t *testing.T) {
	for i, f := range publicForms {
		for _, kind := range []string{"", "-hostile"} {
			t.Run(f.name+kind+"."+f.ext, func(t *testing.T) {
				p, r := richPlan(), richReport()
				if kind != "" {
					p, r = poisoned()
				}
				got := public(t, i, p, r)
				for _, o := range styles {
					var b bytes.Buffer
					require.NoError(t, f.show(&b, p, r, o))
					require.Equal(t, got, b.String(), "it is the same for everybody")
				}
				golden(t, f.name+kind+"."+f.ext, got)
			})
		}
	}
}

// No public form names anybody of the rich plan, or says what a comment says.
func TestPublicNamesNobody(t *testing.T) {
	p, r := richPlan(), richReport()
	for i, f := range publicForms {
		got := public(t, i, p, r)
		for _, secret := range append(userIDs, comments...) {
			require.NotContains(t, got, secret, "%s.%s", f.name, f.ext)
		}
		require.NotContains(t, got, "person 1")
		require.NotContains(t, got, "35.5", "a single grade")
		digest, err := plan.Digest(p)
		require.NoError(t, err)
		require.Equal(t, f.name == "plan", strings.Contains(got, digest))
	}
	require.Empty(t, cmp.Diff(richPlan(), p), "the plan is changed")
	require.Empty(t, cmp.Diff(richReport(), r), "the report is changed")
}

// secrets makes words that a test can look for: each is unlike all others.
type secrets struct {
	*rand.Rand
	made []string
}

func (s *secrets) word() string {
	w := fmt.Sprintf("zq%dx%04d", len(s.made), s.IntN(10000))
	if s.IntN(3) == 0 {
		w += "@people.example"
	}
	s.made = append(s.made, w)
	return w
}

func (s *secrets) grade() *plan.Grade {
	if s.IntN(4) == 0 {
		return nil
	}
	g := plan.Grade{ScoreMaximum: 50, Comment: s.word(), LetterGrade: s.word()}
	if s.IntN(4) > 0 {
		g.ScoreGiven = ptr(float64(s.IntN(60)))
	}
	return &g
}

func (s *secrets) named() (out []plan.Named) {
	for range s.IntN(3) {
		out = append(out, plan.Named{Said: s.word(), Where: "g.csv:2:1", Why: "not in the roster", Near: s.word(), UserIDs: []string{s.word(), s.word()}})
	}
	return out
}

func (s *secrets) item(key string) plan.Item {
	it := plan.Item{
		Action: []plan.Action{plan.Keep, plan.Create, plan.Update, plan.Delete}[s.IntN(4)], Key: key, Label: "Label of " + key,
		Observed: &plan.LineItem{Label: key, ScoreMaximum: 50}, Results: map[string]plan.Grade{}, Graded: ptr(3),
	}
	if it.Action == plan.Update {
		it.Fields = []plan.Field{field("scoreMaximum", 50.0, 100.0), field("label", "old", "new")}
	}
	for range s.IntN(5) {
		sc := plan.Score{
			Action: plan.Post, UserID: s.word(), Person: s.word(), Where: "g.csv:3:1", Why: s.word(), Before: s.grade(), ScoringUserID: s.word(),
			After: plan.Grade{ScoreGiven: ptr(float64(s.IntN(50))), ScoreMaximum: 50, Comment: s.word(), LetterGrade: s.word()},
		}
		sc.Fields = []plan.Field{field("comment", s.word(), s.word()), field("letterGrade", s.word(), s.word())}
		switch s.IntN(4) {
		case 0:
			sc.Held = []plan.Hold{{Risk: plan.Drop, Why: "the score would fall by " + s.word() + " %", Release: "--allow drop:" + key}}
		case 1:
			sc.Released = []plan.Release{{Risk: plan.Clear, By: "--allow clear"}}
		}
		it.Scores = append(it.Scores, sc)
		if g := s.grade(); g != nil {
			it.Results[s.word()] = *g
		}
		it.Kept = append(it.Kept, plan.Kept{
			UserID: s.word(), Person: s.word(), Field: "comment", Live: s.word(), Desired: s.word(), Base: s.word(), Release: "--allow overwrite-override:" + key,
		})
	}
	return it
}

func (s *secrets) context(name string) plan.Context {
	c := plan.Context{
		Gradebook: "bio", Name: name, Platform: "campus",
		Findings:  []plan.Finding{{Where: "g.csv:2:1", Message: "2 people are not in the roster", Hint: "correct the files", People: s.named()}},
		Notes:     []plan.Note{{Message: "1 person is no longer active in the course", People: s.named()}},
		Failure:   &plan.Failure{Kind: plan.FailedOther, Message: "list results: 503", Said: s.word()},
		Explained: []plan.Explanation{{Key: "hw", UserID: s.word(), Person: s.word(), Field: "comment", Live: s.word(), Desired: &plan.Stand{Value: s.word()}, Words: s.word(), Rule: "conflict"}},
	}
	for i := range s.IntN(4) {
		c.Items = append(c.Items, s.item(fmt.Sprint("hw", i)))
	}
	return c
}

func (s *secrets) report(p plan.Plan) plan.Report {
	r := plan.Report{Run: ".gradesync/runs/x"}
	for _, c := range p.Contexts {
		one := plan.ContextReport{Plan: c, Notes: []plan.Note{{Message: "slow", People: s.named()}}, Failure: &plan.Failure{Message: "gone", Said: s.word()}}
		for _, it := range c.Items {
			if it.Action != plan.Keep {
				one.Rows = append(one.Rows, plan.Row{Outcome: plan.Refused, Action: it.Action, Key: it.Key, Label: it.Label, Why: "403 Forbidden", Said: s.word()})
			}
			for _, sc := range it.Scores {
				one.Rows = append(one.Rows, plan.Row{
					Outcome: []plan.Outcome{plan.Confirmed, plan.Altered, plan.Refused}[s.IntN(3)], Action: sc.Action, Key: it.Key, Label: it.Label,
					UserID: sc.UserID, Person: sc.Person, Where: sc.Where, Why: s.word(), Said: s.word(), Grade: &sc.After, Fields: sc.Fields,
				})
			}
			one.Collateral = append(one.Collateral, plan.Collateral{Key: it.Key, Label: it.Label, UserID: s.word(), Before: *graded(1, 2, s.word()), After: *graded(2, 2, s.word())})
		}
		r.Contexts = append(r.Contexts, one)
	}
	return r
}

// Of no plan does anything about a person get into a public form.
func TestPublicProperty(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	for seed := range uint64(200) {
		s := &secrets{Rand: rand.New(rand.NewPCG(seed, 7))}
		var p plan.Plan
		for i := range s.IntN(3) {
			p.Contexts = append(p.Contexts, s.context(fmt.Sprint("sec-", i)))
		}
		r := s.report(p)
		for i, f := range publicForms {
			got := public(t, i, p, r)
			for _, secret := range s.made {
				require.NotContains(t, got, secret, "seed %d, %s.%s", seed, f.name, f.ext)
			}
		}
	}
}

// Whatever text gets in, no character of it commands a terminal or a CI system.
func TestPublicHostile(t *testing.T) {
	for i, f := range publicForms {
		p, r := poisoned()
		got := public(t, i, p, r)
		require.Contains(t, got, `\u202e`, "the hostile text is in it")
		for at, c := range got {
			require.True(t, c == '\n' || unicode.IsPrint(c) && c != '\ufe0f', "%U at %d of %s.%s", c, at, f.name, f.ext)
		}
		require.NotContains(t, got, "##[")
		require.NotContains(t, got, "##vso[")
		require.NotContains(t, got, "<script")
		require.NotContains(t, got, "<img")
		for line := range strings.Lines(got) {
			require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%s", line)
		}
	}
}

func TestPublicUnencodable(t *testing.T) {
	p := many(1)
	p.Contexts[0].Items[0].Fields[0].After = func() {}
	for _, f := range publicForms {
		var b bytes.Buffer
		require.ErrorContains(t, f.show(&b, p, plan.Report{Contexts: []plan.ContextReport{{Plan: p.Contexts[0]}}}, Options{}), "encoding the plan")
		require.Zero(t, b.Len())
	}
}

// What is found in the rows of many is told once, with how often and no place.
func TestToldOnce(t *testing.T) {
	c := plan.Context{Findings: []plan.Finding{
		{Where: "g.csv:2:1", Key: "hw1", Message: "scoreGiven was set by hand"}, {Where: "g.csv:3:1", Key: "hw1", Message: "scoreGiven was set by hand"},
		{Where: "g.csv:4:1", Key: "hw2", Message: "scoreGiven was set by hand"},
	}}
	pg, err := planPage(plan.Plan{Contexts: []plan.Context{c}}, "")
	require.NoError(t, err)
	require.Len(t, pg.Stopped, 2)
	require.Equal(t, 2, pg.Stopped[0].Times)
	require.Empty(t, pg.Stopped[0].Where)
	require.Equal(t, "g.csv:4:1", pg.Stopped[1].Where)
}

// Colons alone are no command either, whatever they come to stand beside.
func TestColons(t *testing.T) {
	for _, colons := range []string{":", "::", "x::", ": :"} {
		p, r := richPlan(), richReport()
		replaceTexts(reflect.ValueOf(&p), colons)
		replaceTexts(reflect.ValueOf(&r), colons)
		p.Contexts[3].Findings[2].People[0].Where = ""
		var all []string
		for i := range forms {
			all = append(all, shown(t, i, p, r, Options{}), shown(t, i, p, r, Options{Redact: true}))
		}
		for i := range publicForms {
			all = append(all, public(t, i, p, r))
		}
		for _, text := range all {
			for line := range strings.Lines(text) {
				require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%q in %s", colons, line)
			}
		}
	}
}

// replaceTexts puts one text in the place of every free text of a value.
func replaceTexts(v reflect.Value, with string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			replaceTexts(v.Elem(), with)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			replaceTexts(v.Field(i), with)
		}
	case reflect.Slice:
		for i := range v.Len() {
			replaceTexts(v.Index(i), with)
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && v.CanSet() && v.String() != "" {
			v.SetString(with)
		}
	}
}
