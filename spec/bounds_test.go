package spec

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// repeated is a text, over and over up to a size.
func repeated(s string, size int) string { return strings.Repeat(s, size/len(s)) }

// rowsOf is a gradebook of so many scores, of some 60 bytes each.
func rowsOf(n int, row string) string {
	var b strings.Builder
	b.WriteString(gradebook + "lineItems:\n  - label: Homework 1\n    scoreMaximum: 100\n    scores:\n")
	for i := range n {
		fmt.Fprintf(&b, row, i, i%100)
	}
	return b.String() + sandbox
}

const wholeRow = "      - {userId: s-%06d, scoreGiven: %d.5, comment: \"Nice work\"}\n"

// TestHostileFiles has texts of which YAML makes a hundred times their size, or
// that it reads for minutes. None may cost more than a fraction of memory of
// what an honest file of the same bounds costs.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	const full = maxFile - 1<<10
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'n'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+string(c-1)+",", 10), ","))
	}
	const marks = "too large: more than 1500000 lines and marks"
	const long = "a value of more than 1048576 bytes"
	for name, c := range map[string]struct{ text, want string }{
		"a list":               {repeated("- a\n", full), marks},
		"a flow list":          {"[" + repeated("a,", full), marks},
		"empty pairs":          {"[" + repeated(":,", full), marks},
		"explicit keys":        {repeated("? ", full), marks},
		"blank lines":          {repeated("\n", full), marks},
		"old line ends":        {repeated("\r", full), marks},
		"comments":             {repeated("#\n", full), marks},
		"lists on one line":    {repeated("- ", full), marks},
		"documents":            {repeated("---\n", 4*(maxDocuments+1)), "more than 10000 documents"},
		"directives":           {repeated("%TAG !a! b\n", 1<<20), "more than 100 lines begin with %"},
		"a word":               {"a: " + repeated("x", full), long},
		"a quoted word":        {`a: "` + repeated("x", full) + `"`, long},
		"words":                {"a: " + repeated("x ", full), long},
		"blanks":               {"a: b" + repeated(" ", full) + "c", long},
		"words with marks":     {"a: " + repeated("x, ", maxText+3), "a value has 1048577 bytes, but at most 1048576 are allowed"},
		"a block":              {"a: |\n" + repeated(" xxxxxxxx\n", 2*maxText), "bytes, but at most 1048576 are allowed"},
		"flow lists in others": {repeated("[", 9_999) + repeated("]", 9_999), "nested deeper than 64 levels"},
		"lists in others":      {repeated("- ", 2*9_999) + "a\n", "nested deeper than 64 levels"},
		"mappings in others":   {repeated("{a: ", 4*9_999) + repeated("}", 9_999), "nested deeper than 64 levels"},
		"far too deep":         {repeated("[", 100_000), "exceeded max depth"},
		"a bomb":               {bomb, "its aliases stand for more than 250000 values"},
		"a long word often":    {"a: [&a " + repeated("x", maxText) + repeated(",*a", 3*10_000) + "]\n", "its aliases stand for more than 250000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Load(Bytes("x.yaml", []byte(c.text)))
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, c.want)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100<<20), "bytes allocated")
		})
	}
}

func TestHonestFilesAreWithinTheBounds(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	block := "      - userId: s-%06d\n        scoreGiven: %d.5\n        comment: |\n          Nice work\n"
	for _, row := range []string{wholeRow, block, strings.ReplaceAll(wholeRow, "\n", "\r\n")} {
		text := rowsOf(100_000, row)
		require.Nil(t, oversized([]byte(text)))
		require.Less(t, len(text), maxFile)
	}
	text := gradebook + "lineItems: [{label: a, scoreMaximum: 1, scores: [{userId: a, comment: \"" + repeated("x y ", maxText) + "\"}]}]\n" + sandbox
	docs := load(t, text)
	require.Len(t, docs.Gradebooks[0].LineItems[0].Scores[0].Comment.Value, maxText)
	require.Nil(t, oversized([]byte(repeated("x %\n 50 % -x a-b \n", 1<<20))))
}

// TestManyOfEachKind would take minutes if each were compared with all others.
func TestManyOfEachKind(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	set := func(format string, i int) Opt[string] {
		return Opt[string]{Value: fmt.Sprintf(format, i), State: Set, Pos: at(i+1, 1)}
	}
	const many = 40_000
	g := Gradebook{LineItems: make([]LineItem, many), Contexts: make([]Context, many)}
	for i := range many {
		g.LineItems[i] = LineItem{
			Key: set("k%d", i), ID: set("id%d", i), ResourceID: set("r", i), Tag: set("t%d", i), Was: []Opt[string]{set("was%d", i)},
			ScoreMaximum: Opt[float64]{Value: 1, State: Set},
		}
		g.Contexts[i] = Context{Name: set("c%d", i), Course: set("course%d", i), LineItemsURL: set("https://lms.example.edu/%d", i)}
	}
	r := newReporter(false)
	g.check(r)
	require.NoError(t, r.finish())

	l := newLoader(false)
	for i := range 100_000 {
		l.docs.Gradebooks = append(l.docs.Gradebooks, &Gradebook{Metadata: Metadata{set("g%d", i)}, Platform: set("p%d", i)})
		l.docs.Platforms = append(l.docs.Platforms, &Platform{Metadata: Metadata{set("p%d", i)}})
	}
	l.link()
	require.NoError(t, l.finish())
}

// TestTwins compares with the rule as it is said: two line items of one
// resourceId need tags that differ.
func TestTwins(t *testing.T) {
	tags := []Opt[string]{{}, {State: Clear}, {Value: "a", State: Set}, {Value: "b", State: Set}, {Pos: at(9, 9)}}
	apart := func(a, b Opt[string]) bool {
		wrong := func(o Opt[string]) bool { return there(o) && !o.Named() }
		return wrong(a) || wrong(b) || a.IsSet() && b.IsSet() && a.Value != b.Value
	}
	for n := range 5 * 5 * 5 * 5 {
		items := make([]LineItem, 4)
		known := twins{}
		for i := range items {
			items[i] = LineItem{ResourceID: Opt[string]{Value: "r", State: Set, Pos: at(i+1, 1)}, Tag: tags[n%5]}
			n /= 5
			var want bool
			for _, other := range items[:i] {
				want = want || !apart(items[i].Tag, other.Tag)
			}
			first, again := known.add(&items[i])
			require.Equal(t, want, again, "%+v", items)
			if again {
				require.False(t, apart(items[i].Tag, items[first.Line-1].Tag), "%+v: %v", items, first)
			}
		}
	}
}

// TestDefaultsAreShared counts what the defaults' extensions are copied into.
func TestDefaultsAreShared(t *testing.T) {
	urls := func(n int, host string) map[string]Opt[any] {
		m := map[string]Opt[any]{}
		for i := range n {
			m[fmt.Sprintf("https://%s/%d", host, i)] = Opt[any]{Value: true, State: Set}
		}
		return m
	}
	g := Gradebook{Defaults: Defaults{ScoreMaximum: Opt[float64]{Value: 1, State: Set}, Extensions: urls(1000, "a")}, LineItems: make([]LineItem, 10_000)}
	for i := range g.LineItems {
		g.LineItems[i].ResourceID = Opt[string]{Value: fmt.Sprint(i), State: Set, Pos: at(i+1, 1)}
	}
	r := newReporter(false)
	g.check(r)
	require.NoError(t, r.finish(), "none has its own: they share one map")
	require.Len(t, g.LineItems[9_999].Extensions, 1000)

	for i := range 251 {
		g.LineItems[i].Pos, g.LineItems[i].Extensions = at(i+1, 1), urls(1, "b")
	}
	r = newReporter(false)
	g.check(r)
	require.EqualError(t, r.finish(), "test.yaml:251:1: too many extensions: with those of the defaults, the line items up to here have more than 250000\n   hint: write fewer into \"defaults\"")
	require.Len(t, g.LineItems[0].Extensions, 1001)
	require.Len(t, g.Defaults.Extensions, 1000, "the defaults are not written to")
}

func TestManyMistakes(t *testing.T) {
	mistakes := func(n int) (Errors, string) {
		_, err := Load(Bytes("x.yaml", []byte(rowsOf(n, "      - {userId: s-%06d, scoreGiven: x%d}\n"))))
		var errs Errors
		require.True(t, errors.As(err, &errs))
		return errs, err.Error()
	}
	errs, text := mistakes(shownErrors)
	require.Len(t, errs, shownErrors)
	require.NotContains(t, text, "more")

	errs, text = mistakes(maxErrors - 1)
	require.Len(t, errs, maxErrors-1)
	require.True(t, strings.HasSuffix(text, "\nand 9899 more"), text[len(text)-100:])
	require.Equal(t, shownErrors, strings.Count(text, "x.yaml:"))
	require.NotEmpty(t, errs[shownErrors-1].Line)
	require.Empty(t, errs[shownErrors].Line)
	require.True(t, errs[maxErrors-2].Personal, "of all, not only of those that are shown")

	errs, text = mistakes(3 * maxErrors)
	require.Len(t, errs, maxErrors+1)
	require.True(t, strings.HasSuffix(text, "\nand 9900 more\ntoo many mistakes: after 10000 no others were looked for"), text[len(text)-100:])
	require.Less(t, len(text), 64<<10)
	require.Equal(t, Pos{}, errs[maxErrors].Pos)
	require.Equal(t, strings.Count(text, "\n"), strings.Count(errs.Public().Error(), "\n")+2*shownErrors, "all but the lines of persons")
}

// TestGivesUpAtOnce has a nonsense list that would take a thousand times its
// length, and unknown names that would each be compared with a thousand others.
func TestGivesUpAtOnce(t *testing.T) {
	docs := []string{gradebook + "lineItems: [" + repeated("{},", 300_000) + "]\n"}
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "u%d%s: {}, ", i, strings.Repeat("x", 50))
	}
	docs = append(docs, strings.Replace(gradebook, "{name: a}", "{name: a, lineItems: {"+b.String()+"}}", 1)+"lineItems: []\n")
	for _, text := range docs {
		l := newLoader(false)
		r := l.reporter
		l.file(content{name: "x.yaml", data: []byte(text)})
		l.file(content{name: "y.yaml", data: []byte("kind: x\n")})
		require.Len(t, r.errs, maxErrors)
		require.NotContains(t, l.files, "y.yaml", "no other file is read")
		require.LessOrEqual(t, len(l.docs.Gradebooks[0].LineItems), maxErrors)
	}
}

func BenchmarkLoadLargest(b *testing.B) {
	text := []byte(rowsOf(100_000, wholeRow))
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		docs, err := Load(Bytes("bench.yaml", text))
		if err != nil || len(docs.Gradebooks[0].LineItems[0].Scores) != 100_000 {
			b.Fatal(err)
		}
	}
}
