package render

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// school is a plan of many contexts of every kind, most of them without changes,
// and a report on it.
func school() (p plan.Plan, r plan.Report) {
	create := plan.Item{Action: plan.Create, Key: "hw1", Label: "hw1", Wanted: &plan.LineItem{Label: "hw1", ScoreMaximum: 10}}
	rescale := plan.Item{Action: plan.Update, Key: "hw2", Label: "hw2", Held: []plan.Hold{{Risk: plan.Rescale, Why: "3 grades may be rescaled", Release: "--allow rescale:hw2"}}}
	fixed := rescale
	fixed.Held = []plan.Hold{{Risk: plan.Rescale, Why: "3 grades may be rescaled", Where: "campus.yaml:9:3"}}
	row := func(o plan.Outcome, cause plan.Cause) []plan.Row {
		return []plan.Row{{Outcome: o, Action: plan.Create, Key: "hw1", Label: "hw1", Cause: cause}}
	}
	for i := range 180 {
		p.Contexts = append(p.Contexts, plan.Context{Gradebook: "bio", Name: fmt.Sprint("sec-", i), Unchanged: plan.Count{LineItems: 1}})
	}
	for i, n := range []int{179, 120, 60, 50, 40, 30, 20, 10, 0} {
		c := &p.Contexts[n]
		switch i {
		case 0:
			c.Failure = &plan.Failure{Kind: plan.FailedOther, Message: "list line items: 503 Service Unavailable"}
		case 1:
			c.Findings = []plan.Finding{{Message: "two live line items have the resourceId hw1"}}
		case 2:
			c.Items = []plan.Item{fixed}
		case 3:
			c.Failure = &plan.Failure{Kind: plan.FailedFast, Message: "not read: --fail-fast stopped at bio/sec-0"}
		case 4, 5:
			c.Items = []plan.Item{create, rescale}
		default:
			c.Items = []plan.Item{create}
		}
		c.Unchanged, c.Blast = plan.Count{}, plan.Blast{Students: i, Raised: i, MeanChange: 2, LargestChange: float64(i), Notifications: i}
	}
	for i := range p.Contexts {
		p.Contexts[i].Platform = "campus"
		r.Contexts = append(r.Contexts, plan.ContextReport{Plan: p.Contexts[i]})
	}
	r.Contexts[0].Rows = row(plan.Confirmed, "")
	r.Contexts[10].Rows = row(plan.Refused, "")
	r.Contexts[20].Rows = row(plan.NotAttempted, plan.CauseFailFast)
	r.Contexts[30].Rows, r.Contexts[40].Rows = row(plan.NotAttempted, plan.CauseHeld), row(plan.NotAttempted, plan.CauseHeld)
	return p, r
}

// ending is what a text says of all contexts together.
func ending(text string) string {
	text = strings.TrimSuffix(text, "\n")
	return text[strings.LastIndex(text[:strings.LastIndex(text, "\n\n")], "\n\n")+2:]
}

func TestRollupText(t *testing.T) {
	p, r := school()
	require.Empty(t, cmp.Diff(`  bio/sec-0 on campus    changes   1 to create
  bio/sec-10 on campus   changes   1 to create
  bio/sec-20 on campus   changes   1 to create
  bio/sec-30 on campus   held      1 held, 1 to create
  bio/sec-40 on campus   held      1 held, 1 to create
  bio/sec-60 on campus   held      1 held
  bio/sec-120 on campus  findings  stopped by 1 finding
  bio/sec-179 on campus  failed    stopped: it could not be read
180 contexts: 171 with no changes, 3 with changes, 3 held, 1 with findings, 1 failed, 1 not begun
Reaches in all 32 students: 32 raised; mean change +2 %, largest +8 %; up to 32 notifications. Held changes are included, and who is in several contexts counts in each.
Held in all:
  rescale  3 changes in 3 contexts (bio/sec-30, bio/sec-40, bio/sec-60); a Platform's policy lets nobody release 1 of them here; to let the rest go: --allow rescale

Plan: 5 line items to create, 3 changes held. Without --skip-held nothing is written where something is held: 2 changes wait. Unchanged: 171 line items, 0 scores. 2 contexts of 180 stopped: see above. Not begun: 1 context.`,
		ending(shown(t, 0, p, r, Options{}))))
	require.Empty(t, cmp.Diff(`  bio/sec-0 on campus    applied    1 confirmed
  bio/sec-10 on campus   in part    1 refused
  bio/sec-20 on campus   not begun  1 not attempted
  bio/sec-30 on campus   held       1 not attempted, 1 held
  bio/sec-40 on campus   held       1 not attempted, 1 held
  bio/sec-60 on campus   held       1 held
  bio/sec-120 on campus  findings   stopped by 1 finding
  bio/sec-179 on campus  failed     stopped: it could not be read
180 contexts: 171 with no changes, 1 applied, 1 applied in part, 3 held, 1 with findings, 1 failed, 2 not begun
5 rows: 1 confirmed, 1 refused, 3 not attempted
Held in all:
  rescale  3 changes in 3 contexts (bio/sec-30, bio/sec-40, bio/sec-60); a Platform's policy lets nobody release 1 of them here; to let the rest go: --allow rescale

Applied in part: of 5 changes 1 confirmed, 1 refused, 3 not attempted. 3 changes held back. 2 contexts of 180 stopped: see above. Not begun: 2 contexts.`,
		ending(shown(t, 2, p, r, Options{}))))
}

// A single context comes to what is said of it, and two without changes to a line.
func TestNoRollup(t *testing.T) {
	p, r := school()
	p.Contexts, r.Contexts = p.Contexts[30:31], r.Contexts[30:31]
	for i := range forms {
		text := shown(t, i, p, r, Options{})
		require.NotContains(t, text, "1 context", forms[i].name)
		require.NotContains(t, text, "rollup", forms[i].name)
	}
	for i := range publicForms {
		text := public(t, i, p, r)
		require.NotContains(t, text, "How they stand", publicForms[i].name)
		require.NotContains(t, text, "All contexts", publicForms[i].name)
		require.Contains(t, text, "hw1", publicForms[i].name)
	}
	alone := plan.Plan{Contexts: []plan.Context{{Gradebook: "bio", Name: "sec-1", Platform: "campus"}}}
	require.Contains(t, public(t, 0, alone, r), "<details open>\n<summary><code>bio/sec-1</code> on <code>campus</code>: no changes</summary>")
	alone.Contexts = append(alone.Contexts, alone.Contexts[0])
	same := plan.Report{Contexts: []plan.ContextReport{{Plan: alone.Contexts[0]}, {Plan: alone.Contexts[1]}}}
	require.Equal(t, "No changes: 0 line items and 0 scores in 2 contexts are as the files say.\n", shown(t, 0, alone, same, Options{}))
	require.Equal(t, "Nothing was written.\n", shown(t, 2, alone, same, Options{}))
}

// The JSON forms have the roll-up of what they show, and it tells nobody's points
// or name.
func TestRollupIsInJSON(t *testing.T) {
	p, r := school()
	for i, want := range map[int]plan.Rollup{1: p.Rollup(), 3: r.Rollup()} {
		for _, redact := range []bool{false, true} {
			var got struct{ Rollup plan.Rollup }
			text := shown(t, i, p, r, Options{Redact: redact})
			if redact { // some contexts are of few students
				want.Blast.MeanChange, want.Blast.LargestChange = 0, 0
			}
			require.NoError(t, json.Unmarshal([]byte(text), &got))
			require.Empty(t, cmp.Diff(want, got.Rollup))
			require.Equal(t, redact, strings.Contains(text, `"largestChange": null`))
			require.Equal(t, redact, strings.Contains(text, `"meanChange": null`))
			require.NotRegexp(t, map[bool]string{true: `"largestChange": [1-9]`, false: "^$"}[redact], text)
		}
	}
	again, err := plan.DecodeFile([]byte(shown(t, 1, filed(t), r, Options{})))
	require.NoError(t, err, "what is printed can be applied")
	require.Nil(t, again.Rollup)
	_, err = plan.DecodeFile([]byte(strings.Replace(shown(t, 1, filed(t), r, Options{}), `"pending": 2`, `"pending": 1`, 1)))
	require.ErrorContains(t, err, "roll-up")
}

// filed is a plan of two contexts that a file may hold.
func filed(t *testing.T) plan.Plan {
	t.Helper()
	p := large(1, 1)
	it := &p.Contexts[0].Items[0]
	it.Graded = nil
	p.Contexts = append(p.Contexts, p.Contexts[0])
	p.Contexts[1].Name = "sec-2\u202e"
	return p
}

// Contexts of which there is no more to say than how they stand share a line, and
// all others have a section.
func TestRollupMarkdown(t *testing.T) {
	p, r := school()
	for form, want := range map[int]struct {
		table    string
		sections int
		names    []string
	}{
		0: {"| 171 | no changes |\n| 3 | changes |\n| 3 | held |\n| 1 | findings |\n| 1 | failed |\n| 1 | not begun |\n", 7, []string{"Not begun: `bio/sec-50`\n"}},
		2: {"| 171 | no changes |\n| 1 | applied |\n| 1 | in part |\n| 3 | held |\n| 1 | findings |\n| 1 | failed |\n| 2 | not begun |\n", 6, []string{"Not begun: `bio/sec-20`, `bio/sec-50`\n"}},
	} {
		md := public(t, form, p, r)
		require.Contains(t, md, "\n\n| Contexts | How they stand |\n|--:|---|\n"+want.table+"\n")
		require.Less(t, strings.Index(md, "| Contexts |"), strings.Index(md, "<details"))
		require.Equal(t, want.sections, strings.Count(md, "<details>"))
		require.Contains(t, md, "\nNo changes: `bio/sec-1`, `bio/sec-2`, `bio/sec-3`, ")
		require.Contains(t, md, "`bio/sec-22` and 151 more\n")
		for _, line := range want.names {
			require.Contains(t, md, "\n"+line)
		}
		require.NotContains(t, md, "--fail-fast stopped")
		require.Regexp(t, `(?m)^(Reaches|Was planned to reach) in all 32 students: 32 raised; up to 32 notifications\.`, md)
		require.Contains(t, md, "- rescale: 3 changes in 3 contexts (`bio/sec-30`, `bio/sec-40`, `bio/sec-60`); a Platform's policy lets nobody release 1 of them here; to let the rest go: `--allow rescale`\n")
		require.NotContains(t, md, "This was cut to fit")
		inertMarkdown(t, md)
		tables(t, md)
	}
	// Whoever has something to tell keeps a section.
	p.Contexts[1].Notes = []plan.Note{{Message: "mind"}}
	p.Contexts[2].Released.Scores = 1
	p.Contexts[3].Items = []plan.Item{{Action: plan.Keep, Key: "hw1", Kept: []plan.Kept{{Field: "tag"}}}}
	md := public(t, 0, p, r)
	require.Contains(t, md, "\nNo changes: `bio/sec-4`, ")
	require.Equal(t, 10, strings.Count(md, "<details>"))
}

// HTML has room for all names.
func TestRollupHTML(t *testing.T) {
	p, r := school()
	for form, begun := range map[int]string{1: "1 context", 3: "2 contexts"} {
		page := public(t, form, p, r)
		require.Contains(t, page, "<div><dt>no changes</dt><dd>171</dd></div>")
		require.Contains(t, page, "<div><dt>held</dt><dd>3</dd></div>")
		require.Contains(t, page, "<summary>No changes: 171 contexts</summary>")
		require.Contains(t, page, "<summary>Not begun: "+begun+"</summary>")
		for i := range p.Contexts {
			require.Regexp(t, fmt.Sprint("bio/sec-", i, "[ <]"), page)
		}
		require.Contains(t, page, "to let the rest go: <code>--allow rescale</code>")
		require.Equal(t, strings.Count(page, `<section class="context"`), strings.Count(page, `<a href="#c`))
	}
}

// However many, long and hostile the names are, a comment stays within its room
// and has the roll-up whole.
func TestRollupFits(t *testing.T) {
	for _, text := range []string{"", strings.Repeat(hostileMarkup, 9), strings.Repeat("\U000e0041", 500)} {
		p, r := school()
		for i := range p.Contexts {
			c := &p.Contexts[i]
			c.Gradebook, c.Name = c.Gradebook+text, c.Name+text
			r.Contexts[i].Plan = *c
		}
		for form := range publicForms {
			got := public(t, form, p, r)
			require.Regexp(t, `171\b.*no changes|no changes</dt><dd>171<`, got)
			if publicForms[form].ext == "md" {
				require.LessOrEqual(t, len(got), 65_536)
				require.Regexp(t, regexp.MustCompile("(?m)^No changes: .*(more|too long)$"), got)
				require.Contains(t, got, "--allow rescale`")
				inertMarkdown(t, got)
				tables(t, got)
			}
		}
	}
}

func TestFew(t *testing.T) {
	show := func(s string) string { return "<" + s + ">" }
	for _, tc := range []struct {
		all  []string
		want string
	}{
		{nil, ""},
		{[]string{"a"}, "<a>"},
		{[]string{"a", "b", "c"}, "<a>, <b>, <c>"},
		{[]string{"a", "b", "c", "d"}, "<a>, <b>, <c> and 1 more"},
		{[]string{"a", strings.Repeat("b", 2000), "c"}, "<a> and 2 more"},
		{[]string{strings.Repeat("b", 2000)}, "1 whose names are too long"},
	} {
		require.Equal(t, tc.want, few(tc.all, 3, show))
	}
}
