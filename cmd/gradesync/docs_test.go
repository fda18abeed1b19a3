package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/setup"
	"github.com/gradesync/gradesync/spec"
)

// docs/exit-codes.md is exitTable, in its order.
func TestExitCodesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/exit-codes.md")
	require.NoError(t, err)
	var table strings.Builder
	for _, row := range exitTable {
		fmt.Fprintf(&table, "| %d | %s |\n", row.code, row.means)
	}
	require.Contains(t, string(text), table.String())
}

// docs/policy.md names every risk that a policy may allow.
func TestPolicyIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/policy.md")
	require.NoError(t, err)
	schema, err := spec.Schema()
	require.NoError(t, err)
	risks := regexp.MustCompile(`(?s)"enum": \[\s*("delete-graded".*?)\]`).FindSubmatch(schema)
	require.NotNil(t, risks)
	for _, risk := range regexp.MustCompile(`"([^"]+)"`).FindAllSubmatch(risks[1], -1) {
		require.Contains(t, string(text), "| `"+string(risk[1])+"` |")
	}
}

// docs/howto/connect.md tells what init knows of each LMS.
func TestConnectIsDocumented(t *testing.T) {
	text := onePage(t, "docs/howto/connect.md").text
	for _, l := range setup.All() {
		require.Contains(t, text, "--lms "+l.Word)
		for _, fact := range []string{l.TokenPath, l.TokenURL, l.Audience, l.LineItemsLike, l.MembersLike} {
			require.Contains(t, text, fact, l.Title)
		}
		if l.Profile != "" {
			require.Contains(t, text, "profile: "+l.Profile)
		}
	}
}

// written replaces what stands between a page's mark of that name and the next
// end with text, or finds that it is that already.
func written(t *testing.T, name, mark, text string) {
	t.Helper()
	file := "../../" + name
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	mark = "<!-- " + mark + ": written by UPDATE=1 go test ./cmd/gradesync -->\n"
	head, rest, found := strings.Cut(string(b), mark)
	require.True(t, found, "%s has no mark %s", name, mark)
	_, tail, found := strings.Cut(rest, "<!-- end -->\n")
	require.True(t, found, "%s: no end of %s", name, mark)
	want := head + mark + "\n" + text + "\n<!-- end -->\n" + tail
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(b), "UPDATE=1 go test ./cmd/gradesync writes it")
}
