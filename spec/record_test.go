package spec

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func said[T any](v T) Opt[T] { return Opt[T]{Value: v, State: Set} }

func cleared[T any]() Opt[T] { return Opt[T]{State: Clear} }

// recordOf is a record as a run writes it before its first write: two contexts
// of one gradebook are two documents, and no platform is with them.
func recordOf(item LineItem) []any {
	one := func(context string, items ...LineItem) *Gradebook {
		return &Gradebook{
			Metadata: Metadata{said("bio101")}, Platform: said("campus"),
			Contexts: []Context{{Name: said(context)}}, LineItems: items,
		}
	}
	return []any{
		one("sec-1",
			LineItem{Key: said("hw1"), Label: said("Homework 1"), ResourceID: said("hw1"), Absent: said(true)},
			item,
		),
		one("sec-2", LineItem{
			Key: said("old"), ID: said("https://lms.example.edu/li/3?type=1"), Label: said("Old"), ScoreMaximum: said(20.0),
			Tag: cleared[string](), StartDateTime: cleared[time.Time](), GradesReleased: cleared[bool](),
			Scores: []Score{
				{UserID: said("s-1"), ScoreGiven: cleared[float64](), Comment: cleared[string]()},
				{UserID: said("s-2"), ScoreGiven: said(17.25), ScoreMaximum: said(20.0), Comment: said("Nice")},
				{UserID: said("s-3"), Comment: said("no score")},
			},
		}),
	}
}

// reread writes documents and reads them as a record.
func reread(t *testing.T, docs ...any) (*Documents, string) {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Encode(&out, docs...))
	read, err := Read(Bytes("before.yaml", out.Bytes()))
	require.NoError(t, err, "from:\n%s", out.String())
	return read, out.String()
}

func TestReadTakesARecord(t *testing.T) {
	record := recordOf(LineItem{Key: said("hw2"), Label: said("Homework 2"), ScoreMaximum: said(10.0)})
	read, text := reread(t, record...)
	var got []any
	for _, g := range read.Gradebooks {
		got = append(got, g)
	}
	want := recordOf(LineItem{Key: said("hw2"), Label: said("Homework 2"), ScoreMaximum: said(10.0)})
	require.Empty(t, cmp.Diff(want, got, same))
	require.Contains(t, text, "  - {userId: s-1, scoreGiven: null, comment: null}\n")
	require.Equal(t, "before.yaml", read.Gradebooks[1].Pos.File.String())

	_, err := Load(Bytes("before.yaml", []byte(text)))
	require.ErrorContains(t, err, `a Gradebook named "bio101" is already at before.yaml:3:18`)
	require.ErrorContains(t, err, `unknown platform "campus"`)
}

func TestReadChecksEachDocument(t *testing.T) {
	_, err := Read(
		Bytes("a.yaml", []byte(gradebook+"lineItems: [{label: A, scoreMaximum: 1, lable: B}]\n---\n"+gradebook+"lineItems: [{label: A}, {label: A}]\n")),
		Bytes("b.yaml", []byte("#\n")),
	)
	require.IsType(t, Errors{}, err)
	require.ErrorContains(t, err, `a.yaml:5:41: unknown key "lable"`)
	require.ErrorContains(t, err, `a.yaml:11:33: the key "A" is already at a.yaml:11:21`)
	require.ErrorContains(t, err, "b.yaml: holds no document")
	require.Len(t, err, 3)
	_, err = Read()
	require.EqualError(t, err, "no files to read")
}

// TestReadIsLargerAndLaxer has what Load refuses and an LMS may well hold.
func TestReadIsLargerAndLaxer(t *testing.T) {
	for name, c := range map[string]struct{ item, want string }{
		"a blank label":       {`{key: a, label: " ", scoreMaximum: 1}`, `"label" cannot be blank`},
		"no label":            {`{key: a, label: "", scoreMaximum: 1}`, `"label" cannot be blank`},
		"a control character": {`{key: a, label: "a\u001b\0", scoreMaximum: 1}`, `"label" holds a control character (U+001B)`},
		"a long label":        {`{key: a, label: ` + strings.Repeat("x", 300) + `, scoreMaximum: 1}`, `"label" has 300 characters`},
		"no maximum":          {`{key: a, label: a}`, `a line item has no "scoreMaximum"`},
		"a score of nothing":  {`{key: a, label: a, scoreMaximum: 1, scores: [{userId: a}]}`, "a score names nothing to set"},
		"a long comment":      {`{key: a, label: a, scoreMaximum: 1, scores: [{userId: a, comment: ` + strings.Repeat("x", 2*maxText) + `}]}`, "a value of more than 1048576 bytes"},
		"many lines":          {`{key: a, label: a, scoreMaximum: 1, was: [` + repeated("\n", maxMarks+1) + `]}`, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			text := []byte(gradebook + "lineItems: [" + c.item + "]\n" + sandbox)
			_, err := Load(Bytes("x.yaml", text))
			require.ErrorContains(t, err, c.want)
			read, err := Read(Bytes("x.yaml", text))
			require.NoError(t, err)
			require.Len(t, read.Gradebooks, 1)
		})
	}
	for _, record := range []bool{false, true} {
		s := Bytes("x.yaml", make([]byte, maxFile+1))
		s.record = record
		s.files(func(c content) { require.Equal(t, record, c.err == nil) })
	}
	text := strings.Replace(gradebook, "bio", "b\x1b", 1) + "lineItems: []\n"
	_, err := Read(Bytes("x.yaml", []byte(text)))
	require.ErrorContains(t, err, "an invisible character that YAML does not allow (U+001B)", "only escaped")
	_, err = Read(Bytes("x.yaml", []byte(gradebook+"lineItems: [{label: null, scoreMaximum: 1}]\n")))
	require.ErrorContains(t, err, `"label" cannot be blank`, "null is no string")
}

// TestRecordsLeaveOutWhatNoDocumentHolds writes what is not possible as if an
// LMS had it.
func TestRecordsLeaveOutWhatNoDocumentHolds(t *testing.T) {
	year := func(y int) Opt[time.Time] { return said(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)) }
	deep := any("x")
	for range 61 {
		deep = []any{deep}
	}
	edge := deep.([]any)[0]
	read, text := reread(t, recordOf(LineItem{
		Key: said("a"), Label: said(""), ScoreMaximum: said(math.NaN()), StartDateTime: year(12026), EndDateTime: year(-1),
		Extensions: map[string]Opt[any]{
			"https:// x": said[any]("x"), "x": cleared[any](), "https://example.com/deep": said(deep), "https://example.com/edge": said(edge),
			"https://example.com/small": said[any](5e-324), "https://example.com/large": said[any](-math.MaxFloat64),
		},
		Scores: []Score{
			{UserID: said("given"), ScoreGiven: said(-1.0), ScoreMaximum: said(5.0), Comment: said("\x1b")},
			{UserID: said("nothing"), ScoreGiven: said(math.Inf(1)), ScoreMaximum: said(5.0)},
			{UserID: said("scale"), ScoreGiven: said(12345678.12345678), ScoreMaximum: said(0.0)},
			{UserID: said("words"), ScoreGiven: said(1.0), ActivityProgress: said("Done"), GradingProgress: said("Failed"), Submission: Submission{StartedAt: year(10000)}},
		},
	})...)
	want := LineItem{
		Key: said("a"), Label: said(""),
		Extensions: map[string]Opt[any]{
			"https://example.com/small": said[any](0.0), "https://example.com/large": said[any](-1.79769313486231e308),
		},
		Scores: []Score{
			{UserID: said("given"), Comment: said("\x1b")},
			{UserID: said("scale"), ScoreGiven: said(12345678.1234568)},
			{UserID: said("words"), ScoreGiven: said(1.0), GradingProgress: said("Failed")},
		},
	}
	got := read.Gradebooks[0].LineItems[1]
	require.Equal(t, edge, got.Extensions["https://example.com/edge"].Value)
	delete(got.Extensions, "https://example.com/edge") // cmp takes ages for one so deep
	require.Empty(t, cmp.Diff(want, got, same), text)
	require.NotContains(t, text, "\x1b")
}

// FuzzRecord wants Read to take whatever Encode writes of an LMS's line items
// and scores, with every string as it was.
func FuzzRecord(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, hostile[(i+7)%len(hostile)], 100.0/3, 10.0, int64(i))
	}
	for _, s := range []string{
		"", " ", "\t\n", "\x00", "\x07\x1b[31m\x7f", "a\r\nb\rc", "\u0080\u0085\u009f", "\ufffe", "\xff\xc0", "\xed\xa0\x80", "\u200b",
		strings.Repeat("é", 300), strings.Repeat("\n", 200), strings.Repeat(" ", 200), `\`, `\x1b`, `"`, "NotReady", "https://a.b/",
	} {
		f.Add(s, s, math.NaN(), -1.0, int64(math.MaxInt64))
		f.Add("x"+s, s+"x", 5e-324, math.MaxFloat64, int64(math.MinInt64))
		f.Add(s+"x", "x"+s, math.Copysign(0, -1), 0.0, int64(-62135596801))
	}
	f.Fuzz(func(t *testing.T, a, b string, x, y float64, seconds int64) {
		when := time.Unix(seconds, seconds%1e9).In(time.FixedZone("", int(seconds%50000)))
		extension := map[string]Opt[any]{"https://example.com/x": said[any](map[string]any{a: []any{b, nil, ""}}), a: said[any](b)}
		for _, f := range []float64{x, y} {
			if !math.IsNaN(f) && !math.IsInf(f, 0) {
				extension["https://example.com/n"] = said[any](f)
			}
		}
		item := LineItem{
			Key: said("key" + a), Label: said(b), ScoreMaximum: said(x), ResourceID: said("id" + a), Tag: said(b), ResourceLinkID: said(a),
			StartDateTime: said(when), EndDateTime: said(when), Extensions: extension, ID: said(a), Was: []Opt[string]{said("was" + b)},
			Scores: []Score{
				{UserID: said("1" + a), ScoreGiven: said(x), ScoreMaximum: said(y), Comment: said(b), ScoringUserID: said(a)},
				{UserID: said("2" + b), ScoreGiven: said(y), ScoreMaximum: said(x), ActivityProgress: said(a), GradingProgress: said(b), Submission: Submission{StartedAt: said(when), SubmittedAt: said(when)}},
				{UserID: said("3"), ScoreGiven: said(x)},
			},
		}
		read, text := reread(t, recordOf(item)...)
		for _, r := range text {
			require.True(t, r == '\n' || r >= ' ' && r != 0x7f, "%U in the record", r)
		}
		got := read.Gradebooks[0].LineItems[1]
		if y := when.UTC().Year(); y > 0 && y < 9999 {
			require.True(t, when.Equal(got.StartDateTime.Value), "%v became %v", when, got.StartDateTime.Value)
		}
		if !utf8.ValidString(a + b) {
			return
		}
		require.Equal(t, "key"+a, got.Key.Value)
		require.Equal(t, said(b).Value, got.Label.Value)
		require.Equal(t, b, got.Tag.Value)
		require.Equal(t, b != "", got.Tag.IsSet(), "an empty one is none")
		require.Equal(t, a, got.ID.Value)
		require.Equal(t, "was"+b, got.Was[0].Value)
		require.Equal(t, said[any](map[string]any{a: []any{b, nil, ""}}).Value, got.Extensions["https://example.com/x"].Value)
		for _, s := range got.Scores {
			if s.UserID.Value == "1"+a {
				require.Equal(t, b, s.Comment.Value)
				require.Equal(t, a, s.ScoringUserID.Value)
			}
		}
		_, again := reread(t, read.Gradebooks[0], read.Gradebooks[1])
		require.Equal(t, text, again)
	})
}
