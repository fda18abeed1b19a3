package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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

// docs/policy.md names every risk that a policy may allow, and its YAML is valid.
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
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	require.NotEmpty(t, blocks)
	for _, b := range blocks {
		_, err := spec.Load(spec.Bytes("policy.md", b[1]))
		require.NoError(t, err)
	}
}
