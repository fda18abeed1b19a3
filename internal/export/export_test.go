package export

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

const documents = `
apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: a}, {name: b}]
%s
lineItems: [{label: ignored, scoreMaximum: 1}]
---
apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: lab}
sandbox: {}
`

// book is a Gradebook with what is live in its contexts.
func book(t *testing.T, more string, sections ...Section) Book {
	t.Helper()
	docs, err := spec.Load(spec.Bytes("test.yaml", fmt.Appendf(nil, documents, more)))
	require.NoError(t, err)
	b := Book{Gradebook: docs.Gradebooks[0], Platform: docs.Platforms[0], Sections: sections}
	for i := range b.Sections {
		s := &b.Sections[i]
		s.Context, s.Capabilities, s.Listing.Proven = &b.Gradebook.Contexts[i], reconcile.Generic(), true
		b.Scores = b.Scores || s.Results != nil
	}
	return b
}

func live(items ...plan.LineItem) Section {
	for i := range items {
		if items[i].ID == "" {
			items[i].ID = fmt.Sprintf("https://lms.example.edu/%d", i+1)
		}
	}
	return Section{Listing: reconcile.Listing{Items: items}}
}

func files(t *testing.T, b Book) map[string]string {
	t.Helper()
	all, err := Files(t.Context(), b, &Names{})
	require.NoError(t, err)
	out := map[string]string{}
	for _, f := range all {
		out[f.Name] = string(f.Data)
	}
	return out
}

// body is a file without its comment and the lines that are the same in all.
func body(text string) string {
	_, rest, _ := strings.Cut(text, "lineItems:")
	return "lineItems:" + rest
}

func TestIdentities(t *testing.T) {
	for _, tc := range []struct {
		name string
		live []plan.LineItem
		want string
	}{
		{"nothing", nil, "lineItems: []\n"},
		{"in the order of resourceId, title and id", []plan.LineItem{
			{Label: "b", ScoreMaximum: 1, ResourceID: "2"}, {Label: "c", ScoreMaximum: 1, ResourceID: "1"}, {Label: "a", ScoreMaximum: 1},
		}, "lineItems:\n  - {label: a, scoreMaximum: 1}\n  - {label: c, scoreMaximum: 1, resourceId: \"1\"}\n  - {label: b, scoreMaximum: 1, resourceId: \"2\"}\n"},
		{"a resourceId with two tags", []plan.LineItem{
			{Label: "x", ScoreMaximum: 1, ResourceID: "q", Tag: "one"}, {Label: "x", ScoreMaximum: 1, ResourceID: "q", Tag: "two"},
		}, "lineItems:\n  - {label: x, scoreMaximum: 1, resourceId: q, tag: one}\n  - {key: q (two), label: x, scoreMaximum: 1, resourceId: q, tag: two}\n"},
		{"a resourceId twice", []plan.LineItem{
			{ID: "1", Label: "x", ScoreMaximum: 1, ResourceID: "q", Tag: "one"}, {ID: "2", Label: "z", ScoreMaximum: 1, ResourceID: "q"},
		}, "lineItems:\n  - {label: x, scoreMaximum: 1, tag: one, id: \"1\"}\n  - {label: z, scoreMaximum: 1, id: \"2\"}\n"},
		{"tags of which one cannot be said", []plan.LineItem{
			{ID: "1", Label: "x", ScoreMaximum: 1, ResourceID: "q", Tag: "one"}, {ID: "2", Label: "z", ScoreMaximum: 1, ResourceID: "q", Tag: "\x1b"},
		}, "lineItems:\n  - {label: x, scoreMaximum: 1, tag: one, id: \"1\"}\n  - {label: z, scoreMaximum: 1, id: \"2\"}\n"},
		{"a title twice", []plan.LineItem{
			{ID: "2", Label: "x", ScoreMaximum: 2}, {ID: "1", Label: "x", ScoreMaximum: 1}, {ID: "3", Label: "x", ScoreMaximum: 3, ResourceID: "x"},
		}, "lineItems:\n  - {label: x, scoreMaximum: 1, id: \"1\"}\n  - {key: x (2), label: x, scoreMaximum: 2, id: \"2\"}\n  - {key: x (3), label: x, scoreMaximum: 3, resourceId: x}\n"},
		{"what no document can hold", []plan.LineItem{
			{Label: "", ScoreMaximum: 1}, {Label: "zero", ScoreMaximum: 0}, {Label: "nan", ScoreMaximum: math.NaN()}, {Label: "inf", ScoreMaximum: math.Inf(1)},
			{Label: "huge", ScoreMaximum: math.MaxFloat64}, {Label: "tiny", ScoreMaximum: 5e-324},
			{Label: "\x1b[31m", ScoreMaximum: 1}, {Label: "a\xff", ScoreMaximum: 1}, {Label: strings.Repeat("x", 257), ScoreMaximum: 1},
			{ID: "8", Label: "long id", ScoreMaximum: 1, ResourceID: strings.Repeat("x", 257)},
		}, "lineItems:\n  - {label: long id, scoreMaximum: 1, id: \"8\"}\n"},
		{"ids that no document can hold", []plan.LineItem{
			{ID: "\x1b", Label: "twin", ScoreMaximum: 1}, {ID: " ", Label: "twin", ScoreMaximum: 1}, {ID: strings.Repeat("x", most+1), Label: "twin", ScoreMaximum: 1}, {ID: "4", Label: "twin", ScoreMaximum: 1},
			{ID: "5", Label: "much", ScoreMaximum: 1, Extensions: map[string]json.RawMessage{"https://example.com/x": json.RawMessage(`"` + strings.Repeat("x", most) + `"`)}},
		}, "lineItems:\n  - {label: much, scoreMaximum: 1}\n  - {label: twin, scoreMaximum: 1, id: \"4\"}\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := files(t, book(t, "", live(tc.live...)))
			require.Len(t, got, 1)
			text := body(got["bio.yaml"])
			var flow strings.Builder // a line item a line
			for _, line := range strings.SplitAfter(text, "\n") {
				if strings.HasPrefix(line, "    ") {
					joined := strings.TrimSuffix(flow.String(), "}\n")
					flow.Reset()
					flow.WriteString(joined + ", " + strings.TrimSpace(line) + "}\n")
					continue
				}
				if item, is := strings.CutPrefix(line, "  - "); is {
					line = "  - {" + strings.TrimSpace(item) + "}\n"
				}
				flow.WriteString(line)
			}
			require.Equal(t, tc.want, flow.String())
			for _, li := range tc.live {
				if li.ID == "" || strings.Contains(text, li.Label) {
					continue
				}
				require.Contains(t, got["bio.yaml"], "is not here")
			}
		})
	}
}

func number(f float64) *float64 { return &f }

// A person's grade in either kind of sheet.
func TestSheets(t *testing.T) {
	s := live(plan.LineItem{ID: "1", Label: "=x", ScoreMaximum: 10}, plan.LineItem{ID: "2", Label: "Essay", ScoreMaximum: 10, ResourceID: "essay"}, plan.LineItem{ID: "3", Label: "Quiz", ScoreMaximum: 10})
	grade := func(user string, g plan.Grade) plan.Result { return plan.Result{UserID: user, Grade: g} }
	s.Results = map[string][]plan.Result{
		"1": {
			grade("-2", plan.Grade{ScoreGiven: number(0.1 + 0.2), ScoreMaximum: 10}), grade("1", plan.Grade{ScoreGiven: number(12)}),
			grade("", plan.Grade{ScoreGiven: number(1)}), grade(" x", plan.Grade{ScoreGiven: number(1)}), grade("u;=1", plan.Grade{ScoreGiven: number(1)}),
			grade("none", plan.Grade{}), grade("low", plan.Grade{ScoreGiven: number(-1)}), grade("high", plan.Grade{ScoreGiven: number(math.MaxFloat64)}),
			grade("of much", plan.Grade{ScoreGiven: number(1), ScoreMaximum: 5e-324}), grade("zero", plan.Grade{ScoreGiven: number(math.Copysign(0, -1))}),
		},
		"2": {
			grade("1", plan.Grade{Comment: "=cmd"}), grade("2", plan.Grade{ScoreGiven: number(5), ScoreMaximum: 20, Comment: "so\nso, \"fine\"; yes"}),
			grade("3", plan.Grade{ScoreGiven: number(5), Comment: "a\n- b"}), grade("4", plan.Grade{Comment: "\x1b"}), grade("5", plan.Grade{ScoreGiven: number(0), Comment: " "}),
		},
		"3": {grade("1", plan.Grade{ScoreGiven: number(1)})},
	}
	got := files(t, book(t, "", s))
	require.Equal(t, "userId,\u00a0=x,Quiz\n1,12,1\nzero,0,\n\u00a0-2,0.3,\n", got["bio-a.csv"])
	require.Equal(t, "userId,scoreGiven,scoreMaximum,comment\n1,,,\u00a0=cmd\n2,5,20,\"so\nso, \"\"fine\"\"; yes\"\n3,5,,\n5,0,,\n", got["bio-a-essay.csv"])
	head, docs, _ := strings.Cut(got["bio-scores.yaml"], "apiVersion")
	require.Equal(t, "apiVersion"+docs, `apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: bio-a}
gradebook: bio
context: a
matrix:
  csv: bio-a.csv
---
apiVersion: gradesync.dev/v1
kind: Scores
metadata: {name: bio-a-essay}
gradebook: bio
context: a
lineItem: essay
csv: bio-a-essay.csv
`)
	require.Contains(t, head, "You take ownership of these grades")
	require.Contains(t, head, `# - the column "=x": 5 grades are not in the sheets`)
	require.Contains(t, head, `# - the column "Essay" (resourceId "essay"): 2 comments are not in the sheets`)
	require.Len(t, got, 4)
}

// Whoever cannot be told by email is named by user id; nobody is lost.
func TestSheetsByEmail(t *testing.T) {
	s := live(plan.LineItem{ID: "1", Label: "Essay", ScoreMaximum: 10})
	member := func(user, email, status, role string) plan.Member {
		return plan.Member{UserID: user, Email: email, Status: status, Roles: []string{role}}
	}
	s.Roster = []plan.Member{
		member("1", "+a@x.org", "Active", "Learner"), member("2", "TWIN@x.org", "Active", "Learner"), member("3", "twin@x.org", "Active", "Learner"),
		member("4", "", "Active", "Learner"), member("5", "left@x.org", "deleted", "Learner"), member("6", "prof@x.org", "Active", "Instructor"),
		member("7", "x\u212a@x.org", "Active", "Learner"), member("8", "xk@x.org", "Active", "Learner"), // a Kelvin sign folds to a k
		member("9", "no email", "Active", "Learner"),
	}
	s.Results = map[string][]plan.Result{}
	for i := range 10 {
		s.Results["1"] = append(s.Results["1"], plan.Result{UserID: fmt.Sprint(10 - i), Grade: plan.Grade{ScoreGiven: number(float64(i))}})
	}
	got := files(t, book(t, "users: {by: email}", s))
	require.Equal(t, "email,Essay\n\u00a0+a@x.org,9\n", got["bio-a.csv"])
	require.Equal(t, "userId,scoreGiven\n10,0\n2,8\n3,7\n4,6\n5,5\n6,4\n7,3\n8,2\n9,1\n", got["bio-a-Essay-by-userId.csv"])
	require.Contains(t, got["bio-scores.yaml"], "who cannot be told by email")
}

// What comes of a live column is the same whatever order a platform lists in.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func() Section { return randomSection(rand.New(rand.NewPCG(7, 7))) }
	want := files(t, book(t, "", random(), random()))
	for range 5 {
		s := random()
		r.Shuffle(len(s.Listing.Items), func(i, j int) {
			s.Listing.Items[i], s.Listing.Items[j] = s.Listing.Items[j], s.Listing.Items[i]
		})
		for _, rows := range s.Results {
			r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		}
		require.Empty(t, cmp.Diff(want, files(t, book(t, "", s, random()))))
	}
}

var pieces = []string{
	" ", "\n", "\t", "=", "+", "-", "@", ";", ",", `"`, "'", "a", "b", "1", "0", "é", "\u202e", "\u00a0", "\u2028", "\r", "\x1b", "null", ":", "#", "userId", "email", "(2)", "\xff",
}

// amounts are numbers that JSON can hold, and a file perhaps not, and some more.
var amounts = []float64{
	0, math.Copysign(0, -1), -1, 5e-324, 1e-300, 0.1 + 0.2, 100. / 3, 123456789012345678, 1e300, math.MaxFloat64, math.Inf(1), math.NaN(),
}

func randomAmount(r *rand.Rand) float64 {
	if r.IntN(4) == 0 {
		return amounts[r.IntN(len(amounts))]
	}
	return r.NormFloat64()*10 + 20
}

func randomText(r *rand.Rand) (s string) {
	for range r.IntN(4) {
		s += pieces[r.IntN(len(pieces))]
	}
	return s
}

func randomSection(r *rand.Rand) Section {
	var items []plan.LineItem
	s := Section{Results: map[string][]plan.Result{}}
	for i := range r.IntN(30) {
		li := plan.LineItem{ID: fmt.Sprint("id ", i), Label: randomText(r), ScoreMaximum: randomAmount(r), ResourceLinkID: randomText(r)}
		if r.IntN(2) == 0 {
			li.ResourceID, li.Tag = randomText(r), randomText(r)
		}
		if r.IntN(3) == 0 {
			li.StartDateTime = time.Date(r.IntN(12000), 1, 1, 0, 0, 0, r.IntN(1e9), time.FixedZone("", r.IntN(100000)))
			li.Extensions = map[string]json.RawMessage{
				"https://example.com/" + randomText(r): json.RawMessage(fmt.Sprint(r.NormFloat64())), "tag": json.RawMessage("5"), "http://": json.RawMessage("{}"),
			}
		}
		seen := map[string]bool{}
		for range r.IntN(10) {
			one := plan.Result{UserID: randomText(r), Grade: plan.Grade{Comment: randomText(r)}}
			if r.IntN(3) > 0 {
				one.ScoreGiven, one.ScoreMaximum = number(randomAmount(r)), randomAmount(r)
				if r.IntN(2) == 0 {
					one.ScoreMaximum = 0
				}
			}
			if !seen[one.UserID] {
				s.Results[li.ID] = append(s.Results[li.ID], one)
			}
			seen[one.UserID] = true
		}
		items = append(items, li)
	}
	s.Listing.Items = items
	return s
}

// Whatever is live, there are documents of it, and they hold no control
// character. That they plan to no change, Files checks.
func TestRandomCourses(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 3))
		for name, text := range files(t, book(t, "", randomSection(r), randomSection(r))) {
			require.NotContains(t, text, "\x1b", name)
			if strings.HasSuffix(name, ".yaml") {
				require.NotContains(t, text, "\u202e", name)
			}
		}
	}
}

// A cell is no formula, whatever parts the cells, and reads back as it is.
func FuzzSafe(f *testing.F) {
	for _, p := range pieces {
		f.Add(p)
		f.Add("x;" + p)
		f.Add(p + "=cmd")
	}
	const doc = "apiVersion: gradesync.dev/v1\nkind: Scores\nmetadata: {name: s}\ngradebook: bio\ncontext: a\nlineItem: ignored\ncsv: s.csv\n"
	f.Fuzz(func(t *testing.T, s string) {
		text, ok := safe(s)
		if !ok {
			return
		}
		sheet := sheet{rows: [][]string{{"userId", "comment"}, {"1", text}}}
		docs, err := spec.Load(spec.Bytes("test.yaml", fmt.Appendf(nil, documents, "")), spec.Bytes("s.yaml", []byte(doc)).Beside(memory{"s.csv": sheet.text()}))
		require.NoError(t, err)
		rows := docs.Gradebooks[0].Contexts[0].Scores["ignored"]
		require.Len(t, rows, 1)
		require.Equal(t, s, rows[0].Comment.Value)
		parts := strings.FieldsFunc(string(sheet.text()), func(r rune) bool { return strings.ContainsRune(";\t\n", r) })
		for _, part := range append(parts, text) {
			part = strings.TrimLeft(part, ` "`)
			require.False(t, part != "" && strings.ContainsAny(part[:1], "=+-@"), "%q", part)
		}
	})
}

func TestNames(t *testing.T) {
	for word, want := range map[string]string{
		"bio 101": "bio-101", "../../etc/passwd": "etc-passwd", "a/b\\c": "a-b-c", "": "_", "..": "_", "CON": "_CON", "lpt1.x": "_lpt1.x", "é☃": "é", ".hidden": "hidden", "-x": "x",
	} {
		require.Equal(t, want, slug(word), word)
	}
	var n Names
	require.Equal(t, "bio.yaml", n.file(".yaml", "bio"))
	require.Equal(t, "BIO-2.yaml", n.file(".yaml", "BIO"), "some file systems take them for one")
	require.Equal(t, "bio.csv", n.file(".csv", "bio"))
	require.LessOrEqual(t, len(n.file(".csv", strings.Repeat("é", 300))), longestFile+4)
}

// The comment on top says what can be done on this platform, and no more.
func TestHeadTellsThePlatformsWays(t *testing.T) {
	const where = "in LearningStudio itself: columns are the course's content items"
	for name, c := range map[string]struct {
		caps      reconcile.Capabilities
		says, not []string
	}{
		"any": {reconcile.Generic(), []string{"Change a title or a maximum here", "to delete a column, write absent: true."}, []string{"No tool", "in the LMS. A line"}},
		"titles that stay": {
			reconcile.Capabilities{Fields: map[string]reconcile.Keeping{"label": reconcile.KeptFromCreate}},
			[]string{"Change a maximum here, and plan; a title is changed in the LMS.", "write absent: true."}, []string{"a title or"},
		},
		"columns that stay": {
			reconcile.Capabilities{FixedColumns: where, Fields: map[string]reconcile.Keeping{"label": reconcile.KeptFromCreate}},
			[]string{"Change a maximum here", "stays in the LMS as it is. No tool can make or delete a column of this platform: that is done " + where + "."}, []string{"absent: true", "a title or"},
		},
	} {
		b := book(t, "", live(plan.LineItem{Label: "Quiz", ResourceLinkID: "7", ScoreMaximum: 10}))
		b.Sections[0].Capabilities = c.caps
		text := files(t, b)["bio.yaml"]
		for line := range strings.Lines(text[:strings.Index(text, "apiVersion")]) {
			require.True(t, strings.HasPrefix(line, "#"), line)
		}
		head := strings.ReplaceAll(text, "\n# ", " ")
		for _, s := range c.says {
			require.Contains(t, head, s, name)
		}
		for _, s := range c.not {
			require.NotContains(t, head, s, name)
		}
	}
}
