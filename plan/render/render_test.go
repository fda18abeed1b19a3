package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden finds that a text is what the file of testdata holds, or writes it there.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(want), got))
}

// forms are all ways to show a plan and the report on it.
var forms = []struct {
	name, ext string
	show      func(*bytes.Buffer, plan.Plan, plan.Report, Options) error
}{
	{"plan", "txt", func(b *bytes.Buffer, p plan.Plan, _ plan.Report, o Options) error { return PlanText(b, p, o) }},
	{"plan", "json", func(b *bytes.Buffer, p plan.Plan, _ plan.Report, o Options) error { return PlanJSON(b, p, o) }},
	{"report", "txt", func(b *bytes.Buffer, _ plan.Plan, r plan.Report, o Options) error { return ReportText(b, r, o) }},
	{"report", "json", func(b *bytes.Buffer, _ plan.Plan, r plan.Report, o Options) error { return ReportJSON(b, r, o) }},
}

var styles = map[string]Options{"": {}, "-color": {Color: true}, "-redacted": {Redact: true}, "-redacted-color": {Color: true, Redact: true}}

func shown(t *testing.T, form int, p plan.Plan, r plan.Report, o Options) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, forms[form].show(&b, p, r, o))
	return b.String()
}

func TestGolden(t *testing.T) {
	for i, f := range forms {
		for style, o := range styles {
			t.Run(f.name+style+"."+f.ext, func(t *testing.T) {
				p := richPlan()
				if o.Color {
					p = signed(p)
				}
				got := shown(t, i, p, richReport(), o)
				if f.ext == "json" && o.Color {
					require.Equal(t, shown(t, i, p, richReport(), Options{Redact: o.Redact}), got, "it has no colours")
					return
				}
				golden(t, f.name+style+"."+f.ext, got)
			})
		}
	}
}

// What little plans and reports say as their last line.
func TestLastLine(t *testing.T) {
	held := plan.Context{Items: []plan.Item{{Action: plan.Create, Key: "q", Label: "q", Held: []plan.Hold{{Risk: plan.DuplicateLabel}}}}}
	failed := plan.Context{Failure: &plan.Failure{Kind: plan.FailedOther, Message: "no"}}
	noted := plan.Context{Notes: []plan.Note{{Message: "mind"}}}
	same := plan.Context{Unchanged: plan.Count{LineItems: 1, Scores: 2}, Unmanaged: plan.Count{LineItems: 1}}
	for _, tc := range []struct{ name, got, want string }{
		{"no contexts", lastOfPlan(t), "No changes: 0 line items and 0 scores in 0 contexts are as the files say."},
		{"all the same", lastOfPlan(t, same, same), "No changes: 2 line items and 4 scores in 2 contexts are as the files say. Left alone, as no file names them (any more): 2 line items."},
		{"only a note", lastOfPlan(t, noted), "Plan: nothing to do."},
		{"held alone", lastOfPlan(t, held), "Plan: 1 change held."},
		{"held, and others wait", lastOfPlan(t, plan.Context{Items: append(many(1).Contexts[0].Items, append(many(1).Contexts[0].Items, held.Items...)...)}, many(1).Contexts[0]), "Plan: 3 line items to change, 1 change held. Without --skip-held nothing is written where something is held: 2 changes wait."},
		{"held, and one waits", lastOfPlan(t, plan.Context{Items: append(many(1).Contexts[0].Items, held.Items...)}), "Plan: 1 line item to change, 1 change held. Without --skip-held nothing is written where something is held: 1 change waits."},
		{"one of two failed", lastOfPlan(t, same, failed), "Plan: nothing to do. Unchanged: 1 line item, 2 scores. Left alone, as no file names them (any more): 1 line item. 1 context of 2 stopped: see above."},
		{"all failed", lastOfPlan(t, failed, failed), "Plan: 2 contexts of 2 stopped: see above."},
		{"one change", lastOfPlan(t, many(1).Contexts...), "Plan: 1 line item to change."},
		{"nothing written", lastOfReport(t, plan.ContextReport{Plan: same}), "Nothing was written."},
		{"nothing written, held", lastOfReport(t, plan.ContextReport{Plan: held}), "Nothing was written. 1 change held back."},
		{"nothing written, failed", lastOfReport(t, plan.ContextReport{Plan: failed}), "Nothing was written. 1 context of 1 stopped: see above."},
		{"one confirmed", lastOfReport(t, plan.ContextReport{Plan: same, Rows: []plan.Row{{Outcome: plan.Confirmed}}}), "Applied and verified: 1 change read back as planned."},
		{"one refused", lastOfReport(t, plan.ContextReport{Plan: same, Rows: []plan.Row{{Outcome: plan.Confirmed}, {Outcome: plan.Refused}}}), "Applied in part: of 2 changes 1 confirmed, 1 refused."},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, tc.got) })
	}
}

func lastOfPlan(t *testing.T, contexts ...plan.Context) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, PlanText(&b, plan.Plan{Contexts: contexts}, Options{}))
	return last(b.String())
}

func lastOfReport(t *testing.T, contexts ...plan.ContextReport) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, ReportText(&b, plan.Report{Contexts: contexts}, Options{}))
	return last(b.String())
}

func last(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return lines[len(lines)-1]
}

// A line item shows six people, or five and how many there are besides.
func TestFold(t *testing.T) {
	for _, tc := range []struct{ people, rows, more int }{{1, 1, 0}, {6, 6, 0}, {7, 5, 2}, {100, 5, 95}} {
		it := plan.Item{Action: plan.Keep, Key: "hw1", Label: "hw1"}
		for i := range tc.people {
			it.Scores = append(it.Scores, posted(fmt.Sprintf("s-%03d", i), "", nil, *graded(1, 2, ""), field("scoreGiven", nil, 1.0)))
		}
		p := plan.Plan{Contexts: []plan.Context{{Items: []plan.Item{it}}}}
		text := shown(t, 0, p, plan.Report{}, Options{})
		require.Equal(t, tc.rows, strings.Count(text, "+ s-"), "%s", text)
		require.Equal(t, tc.more > 0, strings.Contains(text, fmt.Sprintf("… and %d more scores (-o json shows all)", tc.more)), "%s", text)
		require.Equal(t, tc.people, strings.Count(shown(t, 1, p, plan.Report{}, Options{}), `"userId"`))
	}
}

// A finding names everyone whom anybody would mend by hand, a note a few.
func TestNamedFold(t *testing.T) {
	for _, tc := range []struct{ people, found, noted int }{{1, 1, 1}, {6, 6, 6}, {7, 7, 5}, {100, 100, 5}, {101, 99, 5}} {
		var people []plan.Named
		for i := range tc.people {
			people = append(people, plan.Named{Said: fmt.Sprintf("s%03d@x.edu", i), Where: fmt.Sprint("grades.csv:", i+2, ":1"), Why: "not in the roster"})
		}
		for _, kind := range []struct {
			c     plan.Context
			shown int
		}{
			{plan.Context{Findings: []plan.Finding{{Message: "some", People: people}}}, tc.found},
			{plan.Context{Notes: []plan.Note{{Message: "some", People: people}}}, tc.noted},
		} {
			p := plan.Plan{Contexts: []plan.Context{kind.c}}
			text := shown(t, 0, p, plan.Report{}, Options{})
			require.Equal(t, kind.shown, strings.Count(text, "@x.edu: not in the roster"), "%s", text)
			require.Equal(t, tc.people > kind.shown, strings.Contains(text, fmt.Sprintf("… and %d more (-o json shows all)", tc.people-kind.shown)), "%s", text)
			require.Equal(t, tc.people, strings.Count(shown(t, 1, p, plan.Report{}, Options{}), `"said"`))
			redacted := shown(t, 0, p, plan.Report{}, Options{Redact: true})
			require.NotContains(t, redacted, "@")
			require.Contains(t, redacted, "grades.csv:2:1 person 1: not in the roster")
		}
	}
}

// Redacted, no form names anybody or says what a comment says, and the value
// itself stays whole.
func TestRedact(t *testing.T) {
	p, r := richPlan(), richReport()
	everything := ""
	for i, f := range forms {
		everything += shown(t, i, p, r, Options{})
		for _, color := range []bool{false, true} {
			redacted := shown(t, i, p, r, Options{Redact: true, Color: color})
			for _, secret := range append(userIDs, comments...) {
				require.NotContains(t, redacted, secret, "%s.%s", f.name, f.ext)
			}
			require.Contains(t, redacted, "person 1")
			require.Contains(t, redacted, "bio.yaml:13:9", "the file says who it is")
			require.NotContains(t, redacted, "35.5", "nobody's points")
		}
	}
	for _, secret := range append(userIDs, comments...) {
		require.Contains(t, everything, secret, "the test looks for what is there")
	}
	require.Empty(t, cmp.Diff(richPlan(), p), "the plan is changed")
	require.Empty(t, cmp.Diff(richReport(), r), "the report is changed")
}

// One person has one number, in the plan and in the report on it.
func TestRedactNumbersOnce(t *testing.T) {
	var p struct{ Contexts []plan.Context }
	require.NoError(t, json.Unmarshal([]byte(shown(t, 1, richPlan(), plan.Report{}, Options{Redact: true})), &p))
	var r struct{ Contexts []plan.ContextReport }
	require.NoError(t, json.Unmarshal([]byte(shown(t, 3, plan.Plan{}, richReport(), Options{Redact: true})), &r))
	number := map[string]string{}
	meet := func(user, redacted string) {
		if before, met := number[user]; met {
			require.Equal(t, before, redacted, user)
		}
		number[user] = redacted
	}
	for i, it := range richPlan().Contexts[0].Items {
		for k, s := range it.Scores {
			meet(s.UserID, p.Contexts[0].Items[i].Scores[k].UserID)
			meet(s.UserID, r.Contexts[0].Plan.Items[i].Scores[k].UserID)
		}
	}
	for k, c := range richReport().Contexts[0].Collateral {
		meet(c.UserID, r.Contexts[0].Collateral[k].UserID)
	}
	for k, row := range richReport().Contexts[0].Rows {
		meet(row.UserID, r.Contexts[0].Rows[k].UserID)
	}
	require.Equal(t, "person 2", number["ada-7701"], "the first is whom the plan explains")
	require.Empty(t, number[""], "a line item is nobody")
	others := map[string]bool{}
	for _, n := range number {
		others[n] = true
	}
	require.Len(t, others, len(number), "two people are two numbers")
}

// hostile moves the cursor, turns text around, hides and forges.
const hostile = "\x1b]0;x\x07\x1b[2J\u009b5m\u202e\u2066\u200b\ufeff\u00a0\U000e0041\ufe0f\xff\r\n\t::error::forged ##[error]forged ##vso[forged]"

// poison puts hostile text into every free text of a value.
func poison(v reflect.Value) { poisonWith(v, hostile) }

func poisonWith(v reflect.Value, hostile string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poisonWith(v.Elem(), hostile)
		}
	case reflect.Interface:
		if s, ok := v.Interface().(string); ok {
			v.Set(reflect.ValueOf(s + hostile))
		}
		if m, ok := v.Interface().(map[string]any); ok {
			m[hostile] = []any{hostile}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				poisonWith(v.Field(i), hostile)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poisonWith(v.Index(i), hostile)
		}
	case reflect.Map:
		if m, ok := v.Interface().(map[string]plan.Grade); ok && m != nil {
			m[hostile] = plan.Grade{Comment: hostile}
		}
		if m, ok := v.Interface().(map[string]json.RawMessage); ok && m != nil {
			m[hostile] = json.RawMessage("\"\u202e\u009b\x7f\xff\"")
		}
	case reflect.String:
		switch s := v.String(); {
		case v.Type() != reflect.TypeFor[string](): // our own words
		case s == "scoreGiven", s == "scoreMaximum", s == "comment": // what a score's fields are told by
		default:
			v.SetString(s + hostile)
		}
	}
}

var ourColors = regexp.MustCompile("\x1b\\[(0|1|31|32|33)m")

func TestHostile(t *testing.T) {
	for i, f := range forms {
		for style, o := range styles {
			t.Run(f.name+style+"."+f.ext, func(t *testing.T) {
				p, r := richPlan(), richReport()
				if o.Color {
					p = signed(p)
				}
				poison(reflect.ValueOf(&p))
				poison(reflect.ValueOf(&r))
				require.Contains(t, p.Contexts[0].Items[1].Scores[1].Before.Comment, hostile)
				require.Contains(t, r.Contexts[0].Rows[5].Fields[1].After, hostile)
				got := shown(t, i, p, r, o)
				require.Contains(t, got, `\u202e`, "the hostile text is in it")
				if o.Color && f.ext == "txt" {
					require.Regexp(t, ourColors, got)
					got = ourColors.ReplaceAllString(got, "")
					require.Equal(t, shown(t, i, p, r, Options{Redact: o.Redact}), got, "colours are all that colour adds")
				}
				for at, c := range got {
					require.True(t, c == '\n' || unicode.IsPrint(c) && c != '\ufe0f', "%U at %d", c, at)
				}
				require.NotContains(t, got, "##[")
				require.NotContains(t, got, "##vso[")
				for line := range strings.Lines(got) {
					require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%s", line)
				}
				require.Equal(t, f.ext == "json", json.Valid([]byte(got)))
			})
		}
	}
}

// saved is a plan's JSON form, as a program reads it.
type saved struct {
	FormatVersion int            `json:"formatVersion"`
	Schema        string         `json:"schema"`
	Digest        string         `json:"digest"`
	Rollup        *plan.Rollup   `json:"rollup,omitempty"`
	Contexts      []plan.Context `json:"contexts"`
}

func TestPlanJSONRoundTrip(t *testing.T) {
	structured := many(1)
	structured.Contexts[0].Items[0].Fields[0].After = map[string]any{"of": []any{1.0, 2.5, nil, true}, "why": "<b>"}
	for name, p := range map[string]plan.Plan{"rich": richPlan(), "many": many(3), "structured": structured, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			first := shown(t, 1, p, plan.Report{}, Options{})
			dec := json.NewDecoder(strings.NewReader(first))
			dec.DisallowUnknownFields()
			var s saved
			require.NoError(t, dec.Decode(&s))
			require.False(t, dec.More())
			require.Equal(t, plan.FormatVersion, s.FormatVersion)
			require.Equal(t, plan.Schema, s.Schema)
			require.NotNil(t, s.Contexts)
			require.Equal(t, first, shown(t, 1, plan.Plan{Contexts: s.Contexts}, plan.Report{}, Options{}))
			var again bytes.Buffer
			require.NoError(t, writeJSON(&again, s))
			require.Equal(t, first, again.String())
		})
	}
}

// Without a context or a row there are empty lists, not nulls.
func TestEmptyLists(t *testing.T) {
	require.Contains(t, shown(t, 1, plan.Plan{}, plan.Report{}, Options{}), `"contexts": []`)
	require.Contains(t, shown(t, 3, plan.Plan{}, plan.Report{}, Options{}), `"contexts": []`)
	r := plan.Report{Contexts: make([]plan.ContextReport, 1)}
	require.Contains(t, shown(t, 3, plan.Plan{}, r, Options{}), `"rows": []`)
	require.Nil(t, r.Contexts[0].Rows, "the report is not changed")
}

func TestStable(t *testing.T) {
	for i, f := range forms {
		for style, o := range styles {
			first := shown(t, i, richPlan(), richReport(), o)
			for range 20 {
				require.Equal(t, first, shown(t, i, richPlan(), richReport(), o), "%s%s.%s", f.name, style, f.ext)
			}
		}
	}
}

func digest(t *testing.T, p plan.Plan) string {
	t.Helper()
	var s saved
	require.NoError(t, json.Unmarshal([]byte(shown(t, 1, p, plan.Report{}, Options{})), &s))
	require.Regexp(t, `^sha256:[0-9a-f]{64}$`, s.Digest)
	return s.Digest
}

func TestDigest(t *testing.T) {
	base := digest(t, richPlan())
	require.Equal(t, base, digest(t, richPlan()))
	seen := map[string]string{base: "the plan"}
	item := func(p *plan.Plan) *plan.Item { return &p.Contexts[0].Items[1] }
	for name, change := range map[string]func(*plan.Plan){
		"no contexts":    func(p *plan.Plan) { p.Contexts = nil },
		"one less":       func(p *plan.Plan) { p.Contexts = p.Contexts[1:] },
		"another order":  func(p *plan.Plan) { p.Contexts[0], p.Contexts[1] = p.Contexts[1], p.Contexts[0] },
		"context name":   func(p *plan.Plan) { p.Contexts[0].Name = "winter" },
		"action":         func(p *plan.Plan) { item(p).Action = plan.Keep },
		"label":          func(p *plan.Plan) { item(p).Label += " " },
		"held":           func(p *plan.Plan) { item(p).Held = []plan.Hold{{Risk: plan.Rescale}} },
		"field":          func(p *plan.Plan) { item(p).Fields[0].After = "another" },
		"rides":          func(p *plan.Plan) { item(p).Fields[0].Rides = true },
		"graded":         func(p *plan.Plan) { p.Contexts[0].Items[3].Graded = ptr(13) },
		"graded unknown": func(p *plan.Plan) { p.Contexts[0].Items[3].Graded = nil },
		"points":         func(p *plan.Plan) { item(p).Scores[0].After.ScoreGiven = ptr(42.001) },
		"comment":        func(p *plan.Plan) { item(p).Scores[0].After.Comment = "x" },
		"person":         func(p *plan.Plan) { item(p).Scores[0].UserID = "hal-7708" },
		"extension":      func(p *plan.Plan) { p.Contexts[0].Items[0].Wanted.Extensions["x"] = json.RawMessage("1") },
		"results":        func(p *plan.Plan) { item(p).Results["ida-7709"] = *graded(4, 100, "Set by hand.") },
		"released":       func(p *plan.Plan) { item(p).Released = nil },
		"kept":           func(p *plan.Plan) { p.Contexts[0].Items[2].Kept[0].Live = nil },
		"held score":     func(p *plan.Plan) { item(p).Scores[7].Held = nil },
		"blast":          func(p *plan.Plan) { item(p).Blast.NowFail = 0 },
		"note":           func(p *plan.Plan) { p.Contexts[2].Notes = nil },
		"unmanaged":      func(p *plan.Plan) { p.Contexts[0].Unmanaged.Scores++ },
	} {
		p := richPlan()
		change(&p)
		d := digest(t, p)
		require.NotContains(t, seen, d, "%s has the digest of another", name)
		seen[d] = name
	}
}

// The digest of a redacted plan lets nobody be guessed: it is not the whole
// plan's, and knows no more than what is shown.
func TestRedactedDigest(t *testing.T) {
	of := func(p plan.Plan) string {
		var s struct {
			Digest   string
			Redacted bool
		}
		require.NoError(t, json.Unmarshal([]byte(shown(t, 1, p, plan.Report{}, Options{Redact: true})), &s))
		require.True(t, s.Redacted)
		return s.Digest
	}
	require.NotContains(t, shown(t, 1, richPlan(), plan.Report{}, Options{}), `"redacted"`)
	base := of(richPlan())
	require.Equal(t, base, of(richPlan()))
	require.NotEqual(t, digest(t, richPlan()), base)
	other := richPlan()
	other.Contexts[0].Items[0].Scores[0].After.Comment = "Elegantly argued!"
	other.Contexts[0].Items[1].Scores[7].UserID = "zoe-7700"
	other.Contexts[5].Failure.Said = "in other words"
	other.Contexts[0].Items[1].Scores[1].Person = "bobby@example.edu"
	other.Contexts[3].Findings[2].People[0].Said, other.Contexts[3].Findings[2].People[0].Near = "fey@exmaple.edu", ""
	other.Contexts[3].Findings[3].People[0].UserIDs[1] = "jo-7799"
	require.NotEqual(t, digest(t, richPlan()), digest(t, other))
	require.Equal(t, base, of(other))
	other.Contexts[0].Items[0].Scores[0].After.ScoreGiven = ptr(17.0)
	require.Equal(t, base, of(other), "nor what anybody got")
	other.Contexts[0].Items[0].Scores[0].Where = "bio.yaml:7:10"
	require.NotEqual(t, base, of(other))
}

// A value that JSON cannot hold is an error, not a half-written file.
func TestUnencodable(t *testing.T) {
	p := many(1)
	p.Contexts[0].Items[0].Fields[0].After = func() {}
	var b bytes.Buffer
	require.ErrorContains(t, PlanJSON(&b, p, Options{}), "encoding the plan")
	require.ErrorContains(t, ReportJSON(&b, plan.Report{Contexts: []plan.ContextReport{{Plan: p.Contexts[0]}}}, Options{}), "encoding as JSON")
	require.Zero(t, b.Len())
}
