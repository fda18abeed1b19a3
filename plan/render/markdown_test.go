package render

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

var (
	spans   = regexp.MustCompile("`[^`\n]*`")
	ourTags = regexp.MustCompile(`</?(details|summary|code)>|<details open>|^<!-- gradesync:(plan|report) [0-9a-f]{12} -->`)
	plainMD = regexp.MustCompile(`^[\pL\pN ,.;:%()+\-−→…'*#|\n]*$`)
)

// inertMarkdown asserts that outside of code spans and our own tags there is
// nothing that Markdown or a forge could obey.
func inertMarkdown(t *testing.T, md string) {
	t.Helper()
	require.Equal(t, 1, strings.Count(md, "-->"))
	for i, line := range strings.Split(md, "\n") {
		if strings.HasPrefix(line, "<summary>") {
			line = regexp.MustCompile(`<code>[^<>]*</code>`).ReplaceAllString(line, "")
		}
		bare := ourTags.ReplaceAllString(spans.ReplaceAllString(line, ""), "")
		require.Regexp(t, plainMD, bare, "line %d: %s", i+1, line)
		bare = strings.TrimLeft(bare, "#")
		require.NotContains(t, bare, "#", "%s", line)
		require.NotRegexp(t, `GH-\d`, bare)
		require.NotRegexp(t, `[a-z]\.[a-z]`, bare, "a link")
	}
}

// tables asserts that the rows of each table have as many cells as its head.
func tables(t *testing.T, md string) {
	t.Helper()
	cells := 0
	for line := range strings.Lines(md) {
		if !strings.HasPrefix(line, "|") {
			cells = 0
			continue
		}
		n := strings.Count(line, "|")
		if cells == 0 {
			cells = n
		}
		require.Equal(t, cells, n, "%s", line)
	}
}

func TestMarkdownInert(t *testing.T) {
	p, r := poisoned()
	for _, form := range []int{0, 2} {
		for _, md := range []string{public(t, form, richPlan(), richReport()), public(t, form, p, r)} {
			inertMarkdown(t, md)
			tables(t, md)
			require.Equal(t, strings.Count(md, "<details"), strings.Count(md, "</details>"))
		}
	}
}

func TestProse(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "",
		"3 grades may be rescaled":              "3 grades may be rescaled",
		"98 % of the maximum, it's well-known.": "98 % of the maximum, it's well-known.",
		`a column "Quiz one" is there`:          "a column `\"Quiz one\"` is there",
		"@everyone see #12 and GH-12":           "`@everyone` see `#12` and `GH-12`",
		"[a](b) <script> | `x`":                 "`[a](b) \\u003cscript> \\u007c \\u0060x\\u0060`",
		"www.evil.example a.b":                  "`www.evil.example a.b`",
		"- x":                                   "`-` x",
		"http://x":                              "`http://x`",
		"*b* _i_ a--b ' é":                      "`*b* _i_ a--b '` é",
	} {
		require.Equal(t, want, prose(in))
	}
	require.Equal(t, "(blank)", code(" "))
}

func FuzzMarkdownWords(f *testing.F) {
	f.Add("a `b` | c")
	f.Add(hostileMarkup)
	f.Add("` ` `")
	f.Fuzz(func(t *testing.T, s string) {
		s = escape.Line(s)
		inertMarkdown(t, "<!-- gradesync:plan 0123456789ab -->\n- "+prose(s)+"\n- "+code(s)+"\n<summary>"+tagged(s)+"</summary>\n")
		tables(t, "| a | b |\n| "+code(s)+" | "+prose(s)+" |\n")
	})
}

// The marker is the same for the same gradebooks, whatever else there is.
func TestMarker(t *testing.T) {
	marker := func(p plan.Plan) string {
		line, _, _ := strings.Cut(public(t, 0, p, plan.Report{}), "\n")
		require.Regexp(t, `^<!-- gradesync:plan [0-9a-f]{12} -->$`, line)
		return line
	}
	base := marker(richPlan())
	fewer := richPlan()
	fewer.Contexts = fewer.Contexts[3:6]
	require.Equal(t, base, marker(fewer))
	other := richPlan()
	other.Contexts[0].Gradebook = "geo"
	require.NotEqual(t, base, marker(other))
	require.NotEqual(t, marker(plan.Plan{Contexts: []plan.Context{{Gradebook: "a,b"}}}), marker(plan.Plan{Contexts: []plan.Context{{Gradebook: "a"}, {Gradebook: "b"}}}))
}

// wide is a plan of many contexts, each with many line items and all that can
// be said of them.
func wide(contexts, items int, text string) plan.Plan {
	var p plan.Plan
	for i := range contexts {
		c := plan.Context{Gradebook: "bio101", Name: fmt.Sprint("sec-", i, text), Platform: "campus"}
		for k := range items {
			key := fmt.Sprint("hw", k, text)
			c.Items = append(c.Items, plan.Item{
				Action: plan.Update, Key: key, Label: "Homework " + key, Fields: []plan.Field{field("label", "A", "B"+text)},
				Blast: plan.Blast{Students: 30, Raised: 20, Lowered: 10, MeanChange: 1.25, LargestChange: -20},
				Held:  []plan.Hold{{Risk: plan.Rescale, Why: "30 grades may be rescaled", Release: "--allow rescale:" + key}},
				Kept:  []plan.Kept{{Field: "tag", Release: "--allow overwrite-override:" + key}},
			})
			c.Notes = append(c.Notes, plan.Note{Key: key, Message: "mind " + key})
			c.Findings = append(c.Findings, plan.Finding{Key: key, Message: "look at " + key})
		}
		p.Contexts = append(p.Contexts, c)
	}
	return p
}

func TestCommentFits(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	for _, tc := range []struct {
		name            string
		contexts, items int
		text            string
		cut             bool
	}{
		{"small", 2, 5, "", false},
		{"a term", 30, 200, "", true},
		{"one large course", 1, 1500, "", true},
		{"all courses", 1200, 1, "", true},
		{"hostile and long", 12, 12, strings.Repeat(hostileMarkup, 9), true},
		{"letters of four bytes", 30, 20, strings.Repeat("\U0001f600", 200), true},
		{"three thousand hostile items", 1, 3000, hostileMarkup, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := wide(tc.contexts, tc.items, tc.text)
			md := public(t, 0, p, plan.Report{})
			require.LessOrEqual(t, len(md), 65536, "bytes")
			require.LessOrEqual(t, utf8.RuneCountInString(md), 65536, "characters")
			require.Equal(t, tc.cut, strings.Contains(md, "This was cut to fit"))
			digest, err := plan.Digest(p)
			require.NoError(t, err)
			require.True(t, strings.HasSuffix(md, "Digest of the whole plan: `"+digest+"`\n"))
			require.Equal(t, strings.Count(md, "<details"), strings.Count(md, "</details>"))
			inertMarkdown(t, md)
			tables(t, md)
			if tc.cut {
				require.Greater(t, len(md), 50_000, "the room is used")
				require.Regexp(t, `(?m)^… and \d+ more [a-z ]+ that did not fit\.$`, md)
			}
			if tc.contexts <= 30 && tc.text == "" {
				require.Equal(t, tc.contexts, strings.Count(md, "<summary>"), "every context has its line")
			}
		})
	}
}

// Every row is either there or counted as missing.
func TestCutsAreCounted(t *testing.T) {
	var all []folded
	for i := range 5 {
		f := folded{open: fmt.Sprintf("<%d>\n", i), shut: "</>\n"}
		for range 3 {
			p := part{head: "head\n", what: "row"}
			for range 4 * i {
				p.rows = append(p.rows, "- a row\n")
			}
			f.parts = append(f.parts, p)
		}
		all = append(all, f)
	}
	for room := range 2500 {
		text, cut, left := fitAll(all, room)
		require.LessOrEqual(t, len(text), room)
		missing := 0
		for _, m := range regexp.MustCompile(`… and (\d+) more rows? that`).FindAllStringSubmatch(text, -1) {
			var n int
			_, err := fmt.Sscan(m[1], &n)
			require.NoError(t, err)
			missing += n
		}
		require.Equal(t, cut, missing, "%s", text)
		rows := 0
		for i := range all[:len(all)-left] {
			rows += 3 * 4 * i
		}
		require.Equal(t, rows, strings.Count(text, "a row\n")+cut)
		if room == 2499 {
			require.Zero(t, cut+left)
		}
	}
}

// Every kind of item, a thousand times and hostile, stays within a comment's
// room as a plan and as a report, whichever way its length is counted.
func TestHostileThousandsFit(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	p, r := poisoned()
	items, rows := p.Contexts[0].Items, r.Contexts[0].Rows
	for n := range 430 {
		for _, it := range items {
			it.Key, it.Scores, it.Results = fmt.Sprint(n, it.Key), it.Scores[:min(1, len(it.Scores))], nil
			p.Contexts[0].Items = append(p.Contexts[0].Items, it)
		}
		for _, row := range rows {
			row.Key = fmt.Sprint(n, row.Key)
			r.Contexts[0].Rows = append(r.Contexts[0].Rows, row)
		}
	}
	require.Greater(t, len(p.Contexts[0].Items), 3000)
	r.Contexts[0].Plan, r.Digest = p.Contexts[0], ""
	whole, err := plan.Digest(p)
	require.NoError(t, err)
	for _, form := range []int{0, 2} {
		md := public(t, form, p, r)
		require.LessOrEqual(t, len(md), 65_536)
		require.Contains(t, md, "This was cut to fit into a comment")
		require.Regexp(t, "\nDigest of the whole plan: `sha256:[0-9a-f]{64}`\n$", md)
		require.Equal(t, form == 0, strings.Contains(md, whole))
		require.Equal(t, strings.Count(md, "<details"), strings.Count(md, "</details>"))
		require.Equal(t, strings.Count(md, "<summary>"), strings.Count(md, "</summary>"))
		require.NotContains(t, md, "```", "a fence would have to be closed")
		inertMarkdown(t, md)
		tables(t, md)
	}
}
