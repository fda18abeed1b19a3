package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

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

// Whole documents in the docs are valid, each block by itself.
func TestDocumentsInDocsAreValid(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	seen := 0
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		sheets := fstest.MapFS{}
		for _, m := range regexp.MustCompile("(?s)`(\\w+\\.csv)`:\n\n```csv\n(.*?)```").FindAllSubmatch(text, -1) {
			sheets[string(m[1])] = &fstest.MapFile{Data: m[2]}
		}
		for _, b := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
			if bytes.Contains(b[1], []byte("apiVersion:")) {
				_, err := spec.Load(spec.Bytes(filepath.Base(file), b[1]).Beside(sheets))
				require.NoError(t, err)
				seen++
			}
		}
	}
	require.GreaterOrEqual(t, seen, 6)
}
