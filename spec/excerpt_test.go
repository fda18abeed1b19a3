package spec

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("0123456789", 30)
	for _, c := range []struct {
		name, line   string
		column       int
		whole        bool
		shown, caret string
	}{
		{"key", "  - lable: x", 5, false, "  - lable: x", "    ^~~~~"},
		{"value to the end", "label: a b, c", 8, false, "label: a b, c", "       ^~~~~~"},
		{"value before a comment", "label: a b # c", 8, false, "label: a b # c", "       ^~~"},
		{"hash in a word", "label: a#b", 8, false, "label: a#b", "       ^~~"},
		{"flow value", "{label: a b, c: d}", 9, false, "{label: a b, c: d}", "        ^~~"},
		{"double quotes", `a: "x \" y", b`, 4, false, `a: "x \" y", b`, "   ^~~~~~~~"},
		{"single quotes", "a: 'x y' # z", 4, false, "a: 'x y' # z", "   ^~~~~"},
		{"quote never closed", `a: "x y`, 4, false, `a: "x y`, "   ^~~~"},
		{"mapping", "a: {b: c}", 4, false, "a: {b: c}", "   ^"},
		{"tabs", "\ta:\tb", 5, false, "\ta:\tb", "\t  \t^"},
		{"wide", "日本: x", 5, false, "日本: x", "      ^"},
		{"wide underlined", "a: 日本", 4, false, "a: 日本", "   ^~~~"},
		{"combining", "e\u0301: x", 5, false, "e\u0301: x", "   ^"},
		{"hostile", "a\u202eb\x1b\u200b: x", 8, false, "a�b��: x", "       ^"},
		{"past the end", "a:", 9, false, "a:", "  ^"},
		{"whole line", "a: b: c", 1, true, "a: b: c", "^~~~~~~"},
		{"line end", "a: b\r\n", 4, false, "a: b", "   ^"},
		{"long, at the start", long, 1, false, long[:120] + "…", "^" + strings.Repeat("~", 119)},
		{"long, within", long[:150] + " " + long, 152, false, "…" + long[111:150] + " " + long[:80] + "…", strings.Repeat(" ", 41) + "^" + strings.Repeat("~", 79)},
		{"long, at the end", long + " x", 302, false, "…" + long[261:] + " x", strings.Repeat(" ", 41) + "^"},
		{"too long to search", strings.Repeat("x", excerptBytes+1), 1, false, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			underlined := extent
			if c.whole {
				underlined = restOfLine
			}
			shown, caret := excerpt(c.line, c.column, underlined)
			require.Equal(t, c.shown, shown)
			require.Equal(t, c.caret, caret)
		})
	}
}

func TestNearest(t *testing.T) {
	keys := []string{"absent", "label", "resourceId", "scoreMaximum", "scores", "tag"}
	for wrong, want := range map[string]string{
		"lable": "label", "LABEL": "label", "labl": "label", "resourceID": "resourceId", "resource_id": "resourceId",
		"scoreMax": "scoreMaximum", "score": "scores", "tga": "tag", "colour": "", "x": "", "": "",
		strings.Repeat("label", 20): "",
	} {
		require.Equal(t, want, nearest(wrong, keys), wrong)
	}
}

func TestList(t *testing.T) {
	require.Equal(t, `a, "b c", "d\u202e"`, list([]string{"a", "b c", "d\u202e"}))
	many := strings.Split(strings.Repeat("x", 25), "")
	require.Equal(t, strings.Repeat("x, ", 19)+"x and 5 more", list(many))
	require.Equal(t, `"`+strings.Repeat("x", quotedRunes)+`…"`, quote(strings.Repeat("x", 500)))
}

func TestExcerptOfASheet(t *testing.T) {
	for _, c := range []struct {
		line   string
		column int
		caret  string
	}{
		{"a b: c,d # e", 1, "^~~~~~"},
		{"a b: c,d # e ", 8, "       ^~~~~"},
		{`"x, ""y""",z`, 1, "^~~~~~~~~~"},
		{`"x, y`, 1, "^~~~~"},
		{"a,,b", 3, "  ^"},
		{"a,", 3, "  ^"},
	} {
		f, _, _ := newFile("x.csv", 0, []byte(c.line))
		f.comma = ','
		_, caret := f.excerpt(At("", 1, c.column))
		require.Equal(t, c.caret, caret, c.line)
	}
}
