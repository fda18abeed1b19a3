package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// encoded writes all documents by kind, gradebooks first.
func encoded(t *testing.T, d *Documents) string {
	t.Helper()
	var all []any
	for _, g := range d.Gradebooks {
		all = append(all, g)
	}
	for _, s := range d.Scores {
		all = append(all, s)
	}
	for _, p := range d.Platforms {
		all = append(all, p)
	}
	var out bytes.Buffer
	require.NoError(t, Encode(&out, all...))
	return out.String()
}

// roundtrip wants documents back as they were, and the same text from them.
func roundtrip(t *testing.T, d *Documents) {
	t.Helper()
	text := encoded(t, d)
	again, err := Load(Bytes("encoded.yaml", []byte(text)).Beside(os.DirFS("testdata/ok")))
	require.NoError(t, err, "from:\n%s", text)
	if diff := cmp.Diff(d, again, same); diff != "" {
		t.Fatalf("after Encode and Load (-want +got):\n%s\nfrom:\n%s", diff, text)
	}
	require.Equal(t, text, encoded(t, again))
}

func TestEncode(t *testing.T) {
	paths, err := filepath.Glob("testdata/ok/*.yaml")
	require.NoError(t, err)
	for _, path := range paths {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			docs, err := Load(Source{FS: os.DirFS("testdata/ok"), Path: name})
			require.NoError(t, err)
			golden(t, filepath.Join("testdata/encoded", name), encoded(t, docs))
			roundtrip(t, docs)
		})
	}
}

var hostile = []string{
	"null", "Null", "~", "yes", "No", "on", "y", "true", "010", "1_000", "1e3", ".5", ".inf", "0x10", "-1", "1:30",
	"2026-09-01", "2026-09-01T08:00:00Z", "<<", "=", "-", "- a", "? a", ": a", "a: b", "a:", "a #b", "#a", "a#b", "@a", "`a", "%a",
	"&a", "*a", "!a", "!!str a", "|", ">", "|\na", "[a]", "{a}", "a, b", "a]", "'a", `"a`, `a"b'c`, `a\nb`, `\U0001F600`, `C:\U0001F600`,
	" a", "a ", "a  b", "\ta", "a\tb", "a\n", "\na", "a\nb", "a\n\n b\n", "  a\nb", "---", "--- a", "...", "---\na",
	"🎉", "Quiz 🎉", "🎉 \\ 🎉", "❤️", "日本語", "é", "e\u0301", "\u00a0a", "a\u00a0", "\u202eevil", "zero\u200bwidth", "\ufeffbom",
	"\u2028a", "a\u2029b", "\uffff", "\U0010ffff", "\ue000", "=cmd|'/c calc'!A1", "::set-output::", "a\u0300\u0301", "👩‍🚀",
	"https://lms.example.edu/x?type_id=3&a=[b]#c", "a?b", "a ?b", "a? b", "x@example.edu", strings.Repeat("long ", 200) + "end",
}

// documentsWith puts strings wherever a document may have them.
func documentsWith(key string, words ...string) *Documents {
	set := func(s string) Opt[string] { return Opt[string]{Value: s, State: Set} }
	pick := func(i int) string { return words[i%len(words)] }
	g := &Gradebook{
		Metadata: Metadata{Name: set("bio")},
		Contexts: []Context{{Name: set("a"), Course: set(pick(0))}},
		LineItems: []LineItem{{
			Key: set("the-key"), Label: set("Homework"), ScoreMaximum: Opt[float64]{Value: 10, State: Set},
			ID: set(pick(1)), ResourceLinkID: set(pick(2)), Was: []Opt[string]{set("x" + pick(3))},
			Extensions: map[string]Opt[any]{"https://example.com/" + key: {State: Set, Value: map[string]any{
				pick(4): []any{pick(5), nil, pick(6)}, "": "",
			}}},
			Scores: []Score{{UserID: set(pick(7)), Comment: set(pick(8))}},
		}},
	}
	p := &Platform{Metadata: Metadata{Name: set("lab")}, Sandbox: &Sandbox{File: set(pick(9))}, Limits: defaultLimits()}
	return &Documents{Gradebooks: []*Gradebook{g}, Platforms: []*Platform{p}}
}

func TestHostileStringsComeBack(t *testing.T) {
	for _, s := range hostile {
		t.Run(s, func(t *testing.T) { roundtrip(t, documentsWith("x", s)) })
	}
	roundtrip(t, documentsWith("x", hostile...))
	roundtrip(t, documentsWith(strings.Repeat("x", 300), "a"))
}

// TestRandomStringsComeBack makes words of pieces that YAML gives a meaning.
func TestRandomStringsComeBack(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	pieces := []string{" ", "\n", "\t", ":", "#", "-", "'", `"`, `\`, "a", "1", "é", "🎉", "{", "]", ",", "!", "&", "*", "|", "%", "\u2028", "\u200b", "null"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		words := make([]string, 5)
		for i := range words {
			words[i] = "" // never blank
			for range 1 + random.IntN(8) {
				words[i] += pieces[random.IntN(len(pieces))]
			}
			if strings.TrimSpace(words[i]) == "" {
				words[i] += "x"
			}
		}
		roundtrip(t, documentsWith("x", words...))
	}
}

func TestRandomNumbersComeBack(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		d := documentsWith("x", "a")
		points := math.Round(random.Float64()*1e6) / math.Pow10(random.IntN(9))
		n := numeral(random.NormFloat64()*math.Pow10(random.IntN(60)-30), true)
		f, p := number(n, jsonNumber.MatchString)
		require.Nil(t, p, n.Value)
		d.Gradebooks[0].LineItems[0].Scores[0].ScoreGiven = Opt[float64]{Value: points, State: Set}
		d.Gradebooks[0].LineItems[0].Extensions = map[string]Opt[any]{"https://example.com/x": {Value: f, State: Set}}
		roundtrip(t, d)
	}
}

func TestNumeral(t *testing.T) {
	for _, c := range []struct {
		f        float64
		exponent bool
		want     string
	}{
		{42.5, false, "42.5"},
		{100, false, "100"},
		{1e21, false, "1000000000000000000000"},
		{1e-7, false, "0.0000001"},
		{1e21, true, "1e+21"},
		{-1e-7, true, "-1e-07"},
		{math.Copysign(0, -1), false, "0"},
		{0.1 + 0.2, false, "0.3"},
		{100.0 / 3, false, "33.3333333333333"},
		{200.0 / 3, false, "66.6666666666667"},
	} {
		n := numeral(c.f, c.exponent)
		require.Equal(t, c.want, n.Value)
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		require.Nil(t, numeral(f, true))
	}
}

func TestShortDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 30 * time.Second: "30s", time.Minute: "1m", time.Hour: "1h", 100 * time.Minute: "1h40m",
		90 * time.Second: "1m30s", 10 * time.Minute: "10m", 20 * time.Hour: "20h", time.Hour + time.Second: "1h0m1s", 250 * time.Millisecond: "250ms",
	} {
		require.Equal(t, want, short(d))
		back, err := time.ParseDuration(short(d))
		require.NoError(t, err)
		require.Equal(t, d, back)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestEncodeFails(t *testing.T) {
	require.EqualError(t, Encode(&bytes.Buffer{}, Gradebook{}), "cannot write a document of type spec.Gradebook")
	require.EqualError(t, Encode(brokenWriter{}, documentsWith("x", "a").Platforms[0]), "disk full")
	d := documentsWith("x", "a")
	d.Gradebooks[0].LineItems[0].Extensions["https://example.com/x"] = Opt[any]{Value: []any{1}, State: Set}
	var out bytes.Buffer
	require.EqualError(t, Encode(&out, d.Platforms[0], d.Gradebooks[0]),
		`lineItems: extensions: "https://example.com/x": an extension cannot hold a int`)
	require.Empty(t, out.String(), "nothing is written of documents that cannot all be written")
	d.Gradebooks[0].Policy.PassMark = Opt[string]{Value: "half", State: Set}
	require.ErrorContains(t, Encode(&out, d.Gradebooks[0]), "policy: passMark: is not a percentage")
	key := Secret{Env: Opt[string]{Value: "hunter 2", State: Set}}
	err := Encode(&out, &Platform{AGS: &AGS{PrivateKey: key}})
	require.EqualError(t, err, `ags: privateKey: "env" is not the name of an environment variable`)
}

// TestEncodeLeavesItsDocumentsAlone guards against writing through a slice or a map.
func TestEncodeLeavesItsDocumentsAlone(t *testing.T) {
	text, err := os.ReadFile("testdata/ok/full.yaml")
	require.NoError(t, err)
	d, untouched := load(t, string(text)), load(t, string(text))
	encoded(t, d)
	require.Empty(t, cmp.Diff(untouched, d))
}

// Nothing that is written does anything where it is shown, and all of it comes
// back.
func TestEncodeIsInert(t *testing.T) {
	words := append([]string{"##[error]x", "###vso[task.x]", "\ufe0fa", "\u115f\u1160", "\u034f", "a\u2800", "\U000e0041"}, hostile...)
	for _, r := range []rune{0x200e, 0x200f, 0x061c, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200b, 0x200d, 0x2060, 0xfeff, 0xad, 0xa0} {
		words = append(words, "a"+string(r)+"b", string(r)+"a")
	}
	for _, s := range words {
		d := documentsWith("x", s)
		text := encoded(t, d)
		for i, r := range text {
			require.True(t, r == '\n' || shows(r), "%+q: %U at %d of %q", s, r, i, text)
		}
		require.NotContains(t, text, "##[")
		require.NotContains(t, text, "##vso[")
		for line := range strings.Lines(text) {
			require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%q", line)
		}
		roundtrip(t, d)
	}
}

// So is a record, which holds what no document may.
func TestRecordIsInert(t *testing.T) {
	const evil = "\x1b[2J\u202egnp\u2066\r\n::error::x\u200b\u009b\x00"
	record := recordOf(LineItem{
		Key: said(evil), Label: said(evil), ScoreMaximum: said(10.0), Tag: said(evil),
		Scores: []Score{{UserID: said(evil), ScoreGiven: said(1.0), ScoreMaximum: said(10.0), Comment: said(evil)}},
	})
	read, text := reread(t, record...)
	for i, r := range text {
		require.True(t, r == '\n' || shows(r), "%U at %d", r, i)
	}
	item := read.Gradebooks[0].LineItems[1]
	require.Equal(t, []string{evil, evil, evil, evil, evil}, []string{item.Key.Value, item.Label.Value, item.Tag.Value, item.Scores[0].UserID.Value, item.Scores[0].Comment.Value})
}

// Extensions have keys and shapes that nothing else has.
func TestExtensionsComeBack(t *testing.T) {
	long := "https://lms.example.edu/" + strings.Repeat("a", 2000) // longer than YAML lets a key be without a mark
	value := map[string]any{
		long: "x", "empty": map[string]any{}, "none": []any{}, "deep": []any{[]any{1.0, []any{}, map[string]any{"a: b": nil, "c": []any{"d:e", "#f"}}}, "##[g"},
		"": true, "a:b": "c: d", "- e": "? f", "{": "}",
	}
	g := &Gradebook{Metadata: Metadata{Name: Opt[string]{Value: "a", State: Set}}, Platform: Opt[string]{Value: "p", State: Set}}
	g.Contexts = []Context{{Name: Opt[string]{Value: "b", State: Set}}}
	g.LineItems = []LineItem{{
		ResourceID: Opt[string]{Value: "hw", State: Set}, Label: Opt[string]{Value: "HW", State: Set}, ScoreMaximum: Opt[float64]{Value: 1, State: Set},
		Extensions: map[string]Opt[any]{long: {Value: value, State: Set}, "https://a": {State: Clear}},
	}}
	var out bytes.Buffer
	require.NoError(t, Encode(&out, g))
	again, err := Read(Bytes("a.yaml", out.Bytes()))
	require.NoError(t, err, out.String())
	require.Empty(t, cmp.Diff(value, again.Gradebooks[0].LineItems[0].Extensions[long].Value), out.String())
	require.Equal(t, Clear, again.Gradebooks[0].LineItems[0].Extensions["https://a"].State)
	require.NotContains(t, out.String(), "##[")
}

// BenchmarkEncode writes a record of ten thousand scores.
func BenchmarkEncode(b *testing.B) {
	said := func(s string) Opt[string] { return Opt[string]{Value: s, State: Set} }
	points := func(f float64) Opt[float64] { return Opt[float64]{Value: f, State: Set} }
	g := &Gradebook{Metadata: Metadata{Name: said("bio")}, Contexts: []Context{{Name: said("sec-1")}}}
	for i := range 10 {
		li := LineItem{Label: said(fmt.Sprint("Homework ", i)), ScoreMaximum: points(100)}
		for u := range 1000 {
			li.Scores = append(li.Scores, Score{UserID: said(fmt.Sprint("student-", u)), ScoreGiven: points(float64(u) / 10), Comment: Opt[string]{State: Clear}})
		}
		g.LineItems = append(g.LineItems, li)
	}
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, Encode(io.Discard, g))
	}
}
