package ags

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

var update = flag.Bool("update", false, "write the tables of docs/platforms.md")

const docs = "../../../docs/platforms.md"

// The tables of docs/platforms.md are what the profiles say.
func TestPlatformsDoc(t *testing.T) {
	text, err := os.ReadFile(docs)
	require.NoError(t, err)
	head, rest, found := strings.Cut(string(text), "-update -->\n")
	require.True(t, found)
	_, tail, found := strings.Cut(rest, "<!-- end -->")
	require.True(t, found)
	want := head + "-update -->\n" + tables() + "<!-- end -->" + tail
	if *update {
		require.NoError(t, os.WriteFile(docs, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text), "go test ./internal/platform/ags -update writes it")
}

func tables() string {
	var b strings.Builder
	for _, p := range Profiles() {
		fmt.Fprintf(&b, "\n### %s (`%s`)\n\nKnown of: %s.\n\n", p.Title, p.Name, p.Version)
		if p.LineItems != "" {
			fmt.Fprintf(&b, "`course` leads to `%s`\nand `%s`.\n\n", strings.ReplaceAll(p.LineItems, "?}", "}"), p.Memberships)
		}
		if n := p.Pages; n != (PageSizes{}) {
			fmt.Fprintf(&b, "Asked for at once: %d line items, %d results, %d members of the roster (known from: %s).\n\n", n.LineItems, n.Results, n.Members, n.How)
		}
		b.WriteString("| habit | what it does | how known |\n|---|---|---|\n")
		for _, f := range p.Facts {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", f.Quirk, strings.ReplaceAll(f.Quirk.Means(), "|", `\|`), f.How)
		}
	}
	fmt.Fprintf(&b, "\n### Seen elsewhere\n\nHabits that belong to no profile; the client is ready for each.\n\n| habit | what it does |\n|---|---|\n")
	for _, q := range quirk.All() {
		known := false
		for _, p := range Profiles() {
			known = known || p.Has(q)
		}
		if !known {
			fmt.Fprintf(&b, "| %s | %s |\n", q, strings.ReplaceAll(q.Means(), "|", `\|`))
		}
	}
	b.WriteString("\n")
	return b.String()
}

// Every habit is known from somewhere, has a meaning, and stands once.
func TestFacts(t *testing.T) {
	for _, p := range Profiles() {
		require.NotEmpty(t, p.Title)
		require.NotEmpty(t, p.Version, p.Name)
		asks := p.Pages.LineItems > 0 || p.Pages.Results > 0 || p.Pages.Members > 0
		require.Equal(t, asks, p.Pages.How != "", "%s: how its pages are known", p.Name)
		if asks {
			require.Contains(t, []Provenance{Observed, Source, Reported}, p.Pages.How, p.Name)
			for _, q := range []quirk.Quirk{quirk.LimitTruncates, quirk.ResultsLimit404, quirk.PagesOnlyOnLimit} {
				require.False(t, p.Has(q), "%s: limit does harm there", p.Name)
			}
		}
		seen := map[quirk.Quirk]bool{}
		for _, f := range p.Facts {
			require.NotEmpty(t, f.Quirk.Means(), f.Quirk)
			require.Contains(t, []Provenance{Observed, Source, Reported}, f.How, f.Quirk)
			require.False(t, seen[f.Quirk], f.Quirk)
			seen[f.Quirk] = true
		}
	}
}

func TestCourseURLs(t *testing.T) {
	for name, want := range map[string][2]string{
		quirk.Canvas: {"https://lms.example.edu/x/api/lti/courses/a%2Fb/line_items", "https://lms.example.edu/x/api/lti/courses/a%2Fb/names_and_roles"},
		quirk.Moodle: {"https://lms.example.edu/x/mod/lti/services.php/a%2Fb/lineitems?type_id=3%264", "https://lms.example.edu/x/mod/lti/services.php/CourseSection/a%2Fb/bindings/3&4/memberships"},
		quirk.ILIAS:  {},
		"":           {},
	} {
		items, members := ProfileOf(name).CourseURLs("https://lms.example.edu/x/", "a/b", "3&4")
		require.Equal(t, want, [2]string{items, members}, name)
	}
}

// What an answer means on one platform it does not mean elsewhere.
func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		profile string
		doing   Doing
		status  int
		body    string
		want    bool
	}{
		{quirk.Moodle, Scoring, 500, " []\n", true},
		{quirk.Moodle, Scoring, 500, "[1]", false},
		{quirk.Moodle, Reading, 500, "[]", false},
		{quirk.Moodle, Scoring, 400, "whatever", true},
		{quirk.Canvas, Deleting, 401, "", true},
		{quirk.Canvas, Writing, 401, "", false},
		{"", Scoring, 500, "[]", false},
		{"", Deleting, 401, "", false},
	} {
		require.Equal(t, tc.want, ProfileOf(tc.profile).refusal(tc.doing, tc.status, tc.body) != nil, "%+v", tc)
	}
}
