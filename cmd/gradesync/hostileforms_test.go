package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// markup is what a document may hold and a terminal, a forge, a browser, a CI
// system or a spreadsheet may obey. It begins as a formula does.
const markup = "=cmd|'/c calc'!A1 \u202egnp\u2066\u200b a|b`c``d<script>alert(1)</script>](https://evil.example/x)" +
	"<img src=http://evil.example/p onerror=alert(1)>--></details> @all #1 *b*\n::error::forged\n##[error]forged ##vso[task.x]\n\n# head\n| x |\n"

// named makes the documents of a course in which all that can be named is.
func (l *hostileLMS) named(t *testing.T, file string, maximum int) {
	t.Helper()
	word := func(s string) string {
		b, err := json.Marshal(s) // JSON's strings are YAML's
		require.NoError(t, err)
		return string(b)
	}
	tool := l.box.Tool()
	text := fmt.Sprintf(`apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: %[1]s}
ags:
  tokenURL: %[2]q
  clientID: %[3]q
  keyID: %[4]q
  privateKey: {file: tool.key}
---
apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: %[1]s}
platform: %[1]s
contexts:
  - {name: %[1]s, lineItemsURL: %[5]q, membershipsURL: %[6]q}
lineItems:
  - resourceId: %[1]s
    label: %[1]s
    tag: %[1]s
    scoreMaximum: %[7]d
    extensions: {"https://lms.example.edu/x": {%[1]s: %[1]s}}
    scores:
      - {userId: %[1]s, scoreGiven: 40, comment: %[1]s}
      - {userId: s-2, scoreGiven: 30, comment: %[1]s}
`, word(markup), l.url+sandbox.TokenPath, tool.ClientID, tool.KeyID, l.url+l.box.LineItemsPath("1"), l.url+l.box.MembershipsPath("1"), maximum)
	require.NoError(t, os.WriteFile(filepath.Join(l.dir, file), []byte(text), 0o600))
}

// Whatever a file, an LMS or a person is called, it harms nobody in any form: not
// a terminal, a forge's Markdown, a browser, a log of CI, or a spreadsheet.
func TestHostileNamesInEveryForm(t *testing.T) {
	t.Parallel()
	const file = "::error::=cmd|`x`<script>@all.yaml"
	l := newHostileLMS(t, passOn)
	require.NoError(t, l.box.AddMember("1", sandbox.Member{UserID: markup, Name: markup, Email: "=cmd" + markup, SourcedID: markup, Roles: []string{"Learner"}, Status: "Active"}))
	l.furnish(t, "was: "+markup)
	require.NoError(t, l.box.Update(func(s *sandbox.State) error { s.Courses["1"].LineItems[1].ResourceID = markup; return nil }))
	l.named(t, file, 50)

	look := func(want int, args ...string) string {
		t.Helper()
		code, stdout, stderr := l.runOf(t, file, nil, args...)
		require.Equal(t, want, code, "%q: %s%s", args, stdout, stderr)
		inert(t, stderr)
		inert(t, stdout)
		return stdout
	}
	public := func(form, text string) {
		t.Helper()
		require.NotContains(t, text, "<script")
		require.NotContains(t, text, "<img")
		require.NotContains(t, text, "s-2")
		if form == "markdown" {
			require.Equal(t, strings.Count(text, "<details"), strings.Count(text, "</details>"))
			for line := range strings.Lines(text) {
				require.True(t, strings.Count(line, "`")%2 == 0 || strings.HasPrefix(line, "<summary>"), "%s", line) // that one is HTML
			}
			spans := regexp.MustCompile("`[^`\n]*`|<code>[^<\n]*</code>")
			require.NotContains(t, spans.ReplaceAllString(text, ""), "evil.example", "a link stands in a code span")
		}
	}
	forms := []string{"text", "json", "markdown", "html"}
	for _, form := range forms {
		plan := look(0, "plan", "-o", form)
		if form == "markdown" || form == "html" {
			public(form, plan)
		}
		require.Contains(t, plan, `\u202egnp`, "the hostile text is in it")
		look(0, "plan", "-o", form, "--redact")
	}
	look(0, "plan", "--explain", markup)
	for i, form := range forms {
		l.named(t, file, 60+i) // there is something to do
		report := look(0, "apply", "--auto-approve", "--allow", "rescale", "-o", form)
		require.Contains(t, report, `\u202egnp`)
		if form == "markdown" || form == "html" {
			public(form, report)
		}
	}
	for _, form := range []string{"text", "json", "csv"} {
		roster := look(0, "roster", "-o", form)
		require.Contains(t, roster, `\u202egnp`)
		if form == "csv" {
			noFormulas(t, roster)
		}
	}

	exported := look(0, "export")
	require.Contains(t, exported, `\u202Egnp`)
	look(0, "export", "--out", "out", "--scores")
	sheets := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(l.dir, "out"), func(path string, d os.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		if strings.HasSuffix(path, ".csv") {
			sheets++
			noFormulas(t, string(b))
			return nil
		}
		inert(t, string(b))
		return nil
	}))
	require.Positive(t, sheets)

	// As annotations each mistake is one command of ours, at its place.
	bad := fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: x}\n%q: 1\ncontexts: [{name: %q, %q: 1}]\nlineItems: [{label: %q, scoreMaximum: 1}, {label: %q, scoreMaximum: 1, %q: 1}]\n",
		markup, markup, markup, markup, markup, markup)
	require.NoError(t, os.WriteFile(filepath.Join(l.dir, file), []byte(bad), 0o600))
	for _, ci := range []string{"", "true"} {
		code, stdout, stderr := l.runOf(t, file, []string{"GITHUB_ACTIONS=true", "CI=" + ci}, "validate")
		require.Equal(t, 3, code, "%s", stderr)
		inert(t, stderr)
		require.NotEmpty(t, stdout)
		for line := range strings.Lines(stdout) {
			require.Regexp(t, `^::error file=\\u003a%3Aerror%3A%3A=cmd\|`+"`x`"+`<script>@all.yaml,line=\d+,col=\d+::[^\r\n]+\n$`, line)
			require.NotContains(t, line, "##[")
			require.NotContains(t, line, "\u202e")
		}
	}
}

// noFormulas wants no cell of which a spreadsheet makes a formula, and nothing
// that commands a terminal.
func noFormulas(t *testing.T, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	for _, row := range rows {
		for _, cell := range row {
			require.NotRegexp(t, `^[ "]*[=+\-@]`, cell)
			require.NotContains(t, cell, "\x1b")
		}
	}
}
