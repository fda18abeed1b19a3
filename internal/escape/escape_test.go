package escape

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestEscape(t *testing.T) {
	for _, tc := range []struct {
		name, in          string
		line, text, quote string
	}{
		{"nothing", "", "", "", `""`},
		{"words", "Homework 1: The cell", "Homework 1: The cell", "Homework 1: The cell", `"Homework 1: The cell"`},
		{"letters of the world", "Übung 日本 עברית кот", "Übung 日本 עברית кот", "Übung 日本 עברית кот", `"Übung 日本 עברית кот"`},
		{"combining mark", "e\u0301", "e\u0301", "e\u0301", "\"e\u0301\""},
		{"emoji", "\U0001f600 \U0001f9ea", "\U0001f600 \U0001f9ea", "\U0001f600 \U0001f9ea", "\"\U0001f600 \U0001f9ea\""},
		{"emoji joined", "\U0001f468\u200d\U0001f52c", "\U0001f468\\u200d\U0001f52c", "\U0001f468\\u200d\U0001f52c", "\"\U0001f468\\u200d\U0001f52c\""},
		{"emoji by selector", "\u2764\ufe0f", "\u2764\\ufe0f", "\u2764\\ufe0f", "\"\u2764\\ufe0f\""},
		{"quotes and backslashes", `say "a\b"`, `say "a\b"`, `say "a\b"`, `"say \"a\\b\""`},
		{"what looks escaped", `\u202e`, `\u202e`, `\u202e`, `"\\u202e"`},
		{"newline and tab", "a\n\tb", `a\n\tb`, "a\n\tb", `"a\n\tb"`},
		{"newline and tab beside worse", "a\n\tb\x07", `a\n\tb\u0007`, "a\n\tb\\u0007", `"a\n\tb\u0007"`},
		{"carriage return", "a\rb", `a\u000db`, `a\u000db`, `"a\u000db"`},
		{"NUL and DEL", "\x00\x7f", `\u0000\u007f`, `\u0000\u007f`, `"\u0000\u007f"`},
		{"ANSI", "\x1b[31mred", `\u001b[31mred`, `\u001b[31mred`, `"\u001b[31mred"`},
		{"C1", "\u009b2J\u0085", `\u009b2J\u0085`, `\u009b2J\u0085`, `"\u009b2J\u0085"`},
		{"bidi embeddings", "\u202a\u202b\u202c\u202d\u202e", `\u202a\u202b\u202c\u202d\u202e`, `\u202a\u202b\u202c\u202d\u202e`, `"\u202a\u202b\u202c\u202d\u202e"`},
		{"bidi isolates", "\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`, `\u2066\u2067\u2068\u2069`, `"\u2066\u2067\u2068\u2069"`},
		{"bidi marks", "\u200e\u200f\u061c", `\u200e\u200f\u061c`, `\u200e\u200f\u061c`, `"\u200e\u200f\u061c"`},
		{"zero width", "\u200b\u200c\u200d\u2060", `\u200b\u200c\u200d\u2060`, `\u200b\u200c\u200d\u2060`, `"\u200b\u200c\u200d\u2060"`},
		{"byte order mark", "\ufeffa", `\ufeffa`, `\ufeffa`, `"\ufeffa"`},
		{"soft hyphen", "a\u00adb", `a\u00adb`, `a\u00adb`, `"a\u00adb"`},
		{"odd spaces", "a\u00a0b\u2007\u3000", `a\u00a0b\u2007\u3000`, `a\u00a0b\u2007\u3000`, `"a\u00a0b\u2007\u3000"`},
		{"line and paragraph separator", "\u2028\u2029", `\u2028\u2029`, `\u2028\u2029`, `"\u2028\u2029"`},
		{"letters that show as nothing", "\u115f\u1160\u2800\u3164\uffa0", `\u115f\u1160\u2800\u3164\uffa0`, `\u115f\u1160\u2800\u3164\uffa0`, `"\u115f\u1160\u2800\u3164\uffa0"`},
		{"variation selectors", "\ufe00\u180b\U000e0100", `\ufe00\u180b\U000e0100`, `\ufe00\u180b\U000e0100`, `"\ufe00\u180b\U000e0100"`},
		{"tag characters", "\U000e0041\U000e007f", `\U000e0041\U000e007f`, `\U000e0041\U000e007f`, `"\U000e0041\U000e007f"`},
		{"private use and unassigned", "\ue000\U0010ffff\u0378", `\ue000\U0010ffff\u0378`, `\ue000\U0010ffff\u0378`, `"\ue000\U0010ffff\u0378"`},
		{"not UTF-8", "a\xffb\xc3", `a\xffb\xc3`, `a\xffb\xc3`, `"a\xffb\xc3"`},
		{"a surrogate in UTF-8", "\xed\xa0\x80", `\xed\xa0\x80`, `\xed\xa0\x80`, `"\xed\xa0\x80"`},
		{"an overlong escape", "\xc0\x9b", `\xc0\x9b`, `\xc0\x9b`, `"\xc0\x9b"`},
		{"a real replacement character", "\ufffd", "\ufffd", "\ufffd", "\"\ufffd\""},
		{"a CI command", "::error::x", `\u003a:error::x`, `\u003a:error::x`, `"\u003a:error::x"`},
		{"a CI command, indented", " \t::stop::", ` \t::stop::`, " \t\\u003a:stop::", `" \t::stop::"`},
		{"a CI command in a line of its own", "a::b\n::c", `a::b\n::c`, "a::b\n\\u003a:c", `"a::b\n::c"`},
		{"a CI command anywhere", "a ##[error]b ##vso[task.x]", `a \u0023#[error]b \u0023#vso[task.x]`, `a \u0023#[error]b \u0023#vso[task.x]`, `"a \u0023#[error]b \u0023#vso[task.x]"`},
		{"a CI command behind more", "###[x", `#\u0023#[x`, `#\u0023#[x`, `"#\u0023#[x"`},
		{"colons and hashes that command nothing", "a: b::c #1 ## [x]", "a: b::c #1 ## [x]", "a: b::c #1 ## [x]", `"a: b::c #1 ## [x]"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.line, Line(tc.in))
			require.Equal(t, tc.text, Text(tc.in))
			require.Equal(t, tc.quote, Quote(tc.in))
		})
	}
}

func TestJSON(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"plain", `{"label": "Übung \"1\""}`, `{"label": "Übung \"1\""}`},
		{"lines stay", "{\n  \"a\": 1\n}\n", "{\n  \"a\": 1\n}\n"},
		{"lines stay beside worse", "{\n  \"a\": \"\u202e\"\n}\n", "{\n  \"a\": \"\\u202e\"\n}\n"},
		{"bidi and zero width", "\"\u202a\u2066\u2069\u200b\ufeff\"", `"\u202a\u2066\u2069\u200b\ufeff"`},
		{"C1 and DEL", "\"\u009b\x7f\"", `"\u009b\u007f"`},
		{"NBSP and selectors", "\"\u00a0\u2764\ufe0f\"", "\"\\u00a0\u2764\\ufe0f\""},
		{"beyond the first plane", "\"\U000e0041\U0001f600\"", "\"\\udb40\\udc41\U0001f600\""},
		{"not UTF-8", "\"a\xff\"", `"a\ufffd"`},
		{"a real replacement character", "\"\ufffd\"", "\"\ufffd\""},
		{"a CI command", `"::error::x ##[error]y ####vso[z]"`, `"::error::x #\u0023[error]y #\u0023#\u0023vso[z]"`},
		{"escapes stay", `"\u202e\n\\"`, `"\u202e\n\\"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := JSON([]byte(tc.in))
			require.Equal(t, tc.want, string(got))
			require.True(t, json.Valid(got))
		})
	}
}

// shows is what may reach a terminal, told without the package's own words.
func shows(r rune) bool {
	if unicode.In(r, unicode.Variation_Selector, unicode.Cf) || strings.ContainsRune("\u115f\u1160\u2800\u3164\uffa0", r) {
		return false
	}
	return r == ' ' || unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S)
}

func allShow(t *testing.T, s, besides string) {
	t.Helper()
	for i, r := range s {
		require.True(t, shows(r) || strings.ContainsRune(besides, r), "%U at %d of %+q", r, i, s)
	}
}

// commands asserts that no CI system takes a text for a command.
func commands(t *testing.T, s string) {
	t.Helper()
	require.NotContains(t, s, "##[")
	require.NotContains(t, s, "##vso[")
	for line := range strings.Lines(s) {
		require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%q", s)
	}
}

func addHostile(add func(string)) {
	for _, s := range []string{
		"", "Homework 1", "a\n\tb\r", "\x1b]0;t\x07\u009b", "\u202e\u2066\u2069", "\u200b\ufeff\u00a0", "a\xff\xc3", "\xed\xa0\x80",
		"\U000e0041\ufe0f\U0001f600", `\u202e"\`, "\u2028</script>&", "\x00\x7f\u115f",
		"::error::x\n\t::x", "###[x", "####vso[x", "\u00a0::x", "#\u200b#[x",
	} {
		add(s)
	}
}

func FuzzLine(f *testing.F) {
	addHostile(func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, s string) {
		line, text, quote := Line(s), Text(s), Quote(s)
		allShow(t, line, "")
		allShow(t, text, "\n\t")
		allShow(t, quote, "")
		require.Equal(t, line, Line(line), "escaping again changes nothing")
		require.Equal(t, text, Text(text), "escaping again changes nothing")
		for _, s := range []string{line, text, quote} {
			commands(t, s)
		}
		require.Equal(t, strings.Count(s, "\n"), strings.Count(text, "\n"), "Text keeps the lines")
		back, err := strconv.Unquote(quote)
		require.NoError(t, err, "%s", quote)
		require.Equal(t, s, back, "Quote says all there is to know")
	})
}

func FuzzJSON(f *testing.F) {
	addHostile(func(s string) { f.Add(s, 92.5, true) })
	f.Add("{\"a\":[\"\u202e\xff\", 1e400, {\"\u200b\": null}]}", math.MaxFloat64, false)
	f.Fuzz(func(t *testing.T, s string, n float64, yes bool) {
		value := map[string]any{s: s, "list": []any{s, nil, yes, map[string]string{"in": s}}}
		if !math.IsNaN(n) && !math.IsInf(n, 0) {
			value["number"] = n
		}
		if json.Valid([]byte(s)) {
			value["raw"] = json.RawMessage(s)
		}
		compact, err := json.Marshal(value)
		require.NoError(t, err)
		indented, err := json.MarshalIndent(value, "", "  ")
		require.NoError(t, err)
		for _, encoded := range [][]byte{compact, indented} {
			inert := JSON(encoded)
			allShow(t, string(inert), "\n")
			commands(t, string(inert))
			require.Empty(t, cmp.Diff(decoded(t, encoded), decoded(t, inert)))
			require.Equal(t, string(inert), string(JSON(inert)), "escaping again changes nothing")
		}
	})
}

func decoded(t *testing.T, b []byte) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber() // a number too large for a float64 is one all the same
	var v any
	require.NoError(t, dec.Decode(&v), "%s", b)
	return v
}
