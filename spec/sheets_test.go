package spec

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// classes are documents of several contexts, each with a wide sheet and one or two long
// ones, in any order, and some sheets with a mistake or something to note.
func classes(r *rand.Rand, contexts int, mistakes bool) (fstest.MapFS, int) {
	tree, wrong := fstest.MapFS{}, 0
	var docs []string
	var names []string
	add := func(name, where, text string) {
		if r.IntN(3) == 0 {
			text += "Average,5\n" // a note
		}
		if mistakes && r.IntN(3) == 0 {
			text += "zoe,lots\n"
			wrong++
		}
		tree[name+".csv"] = &fstest.MapFile{Data: []byte(text)}
		docs = append(docs, fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Scores\nmetadata: {name: %s}\ngradebook: bio\n%s\n", name, where))
	}
	for c := range contexts {
		context := fmt.Sprint("sec-", c)
		names = append(names, fmt.Sprintf("{name: %s, course: %q}", context, fmt.Sprint(c)))
		var wide, long strings.Builder
		for s := range 1 + r.IntN(20) {
			fmt.Fprintf(&wide, "s-%d,%d\n", s, c+s)
			fmt.Fprintf(&long, "s-%d,%d\n", s, c)
		}
		add(context+"-wide", fmt.Sprintf("context: %s\nmatrix: {csv: %s-wide.csv, user: Name}", context, context), "Name,hw1\n"+wide.String())
		for _, item := range []string{"hw2", "hw3"}[:1+r.IntN(2)] {
			add(context+"-"+item, fmt.Sprintf("context: %s\nlineItem: %s\ncsv: %s-%s.csv", context, item, context, item), "userId,scoreGiven\n"+long.String())
		}
	}
	r.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
	text := "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\nusers: {by: userId}\ncontexts: [" + strings.Join(names, ", ") + "]\n" +
		"lineItems: [{resourceId: hw1, label: One, scoreMaximum: 10}, {resourceId: hw2, label: Two, scoreMaximum: 10}, {resourceId: hw3, label: Three, scoreMaximum: 10}]\n---\n" +
		strings.Join(docs, "---\n") + "---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: campus}\nsandbox: {file: lms.json}\n"
	tree["g.yaml"] = &fstest.MapFile{Data: []byte(text)}
	return tree, wrong
}

// inOrder is Load with the sheets read one after the other.
func inOrder(tree fstest.MapFS) (*Documents, error) {
	l := newLoader(false)
	Source{FS: tree, Path: "g.yaml"}.files(l.file)
	l.connect()
	l.people()
	for _, s := range l.docs.Scores {
		o := l.sheetOf(s, l.docs.Gradebooks[0])
		if o.context.Scores == nil {
			o.context.Scores = map[string][]Score{}
		}
		o.read(l, o.context.Scores)
	}
	return l.docs, l.finish()
}

// Sheets that are read side by side come to what they come to one after the other:
// the same scores, the same notes in the same order, and every mistake.
func TestSheetsSideBySide(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		tree, wrong := classes(r, 1+r.IntN(8), seed%2 == 1)
		want, wrongly := inOrder(tree)
		got, err := Load(Source{FS: tree, Path: "g.yaml"})
		if wrong > 0 {
			require.Equal(t, wrongly.Error(), err.Error())
			require.Len(t, err, wrong)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, shown(want), shown(got))
		require.NotEmpty(t, got.Gradebooks[0].Contexts[0].Scores)
		require.Empty(t, cmp.Diff(want.Notes, got.Notes))
	}
}

// Two contexts may have one sheet, too.
func TestTwoContextsOfOneSheet(t *testing.T) {
	tree, _ := classes(rand.New(rand.NewPCG(1, 1)), 2, false)
	doc := string(tree["g.yaml"].Data)
	tree["g.yaml"].Data = []byte(strings.ReplaceAll(doc, "sec-1-wide.csv", "sec-0-wide.csv"))
	docs, err := Load(Source{FS: tree, Path: "g.yaml"})
	require.NoError(t, err)
	contexts := docs.Gradebooks[0].Contexts
	require.NotEmpty(t, contexts[0].Scores["hw1"])
	require.Empty(t, cmp.Diff(contexts[0].Scores["hw1"], contexts[1].Scores["hw1"]))
}

// sides is a Gradebook by email with a wide sheet for each context.
func sides(sheets ...string) fstest.MapFS {
	tree := fstest.MapFS{}
	var contexts, docs []string
	for i, text := range sheets {
		tree[fmt.Sprintf("%d.csv", i)] = &fstest.MapFile{Data: []byte("Email,hw1\n" + text)}
		contexts = append(contexts, fmt.Sprintf("{name: sec-%d, course: \"%d\"}", i, i))
		docs = append(docs, fmt.Sprintf("---\napiVersion: gradesync.dev/v1\nkind: Scores\nmetadata: {name: s%d}\ngradebook: bio\ncontext: sec-%d\nmatrix: {csv: %d.csv, user: Email}\n", i, i, i))
	}
	tree["g.yaml"] = &fstest.MapFile{Data: []byte("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio}\nusers: {by: email}\ncontexts: [" + strings.Join(contexts, ", ") +
		"]\nlineItems: [{resourceId: hw1, label: One, scoreMaximum: 10}]\n" + strings.Join(docs, "") +
		"---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: campus}\nsandbox: {file: lms.json}\n")}
	return tree
}

// students are so many rows.
func students(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d@x.edu,1\n", i)
	}
	return b.String()
}

// What is a mistake is one wherever it stands, and is told where it stands.
func TestMistakesSideBySide(t *testing.T) {
	_, err := Load(Source{FS: sides("ann@x.edu,1\n", "nobody,1\n", "bo@x.edu,1\nnone,2\n"), Path: "g.yaml"})
	require.Len(t, err, 2)
	require.ErrorContains(t, err, "1.csv:2:1: column \"Email\": \"nobody\" is no email address")
	require.ErrorContains(t, err, "2.csv:3:1: column \"Email\": \"none\" is no email address")
}

// The limit is on the rows of all sheets, and does not hang on which was read first;
// what is read once more after a mistake is counted once.
func TestRowsSideBySide(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large")
	}
	half := students(maxRows / 2)
	for range 3 {
		_, err := Load(Source{FS: sides(half, half+"Class average,5\n"), Path: "g.yaml"})
		require.EqualError(t, err, "the sheets have more than 250000 scores\n   hint: load fewer Gradebooks at once")
	}
	_, err := Load(Source{FS: sides(half, students(maxRows/2-1)+"Class average,5\n"), Path: "g.yaml"})
	require.NoError(t, err)
	_, err = Load(Source{FS: sides(half, students(maxRows/3)+"zoe,5\n"), Path: "g.yaml"})
	require.Len(t, err, 1)
	require.ErrorContains(t, err, `"zoe" is no email address`)
}

// Two sources may lead to one folder, and two contexts to one sheet of it.
func TestTwoSourcesOfOneSheet(t *testing.T) {
	tree := sides("ann@x.edu,1\nAverage,1\n", "")
	doc, scores, _ := strings.Cut(string(tree["g.yaml"].Data), "---\n")
	first, second, _ := strings.Cut(scores, "---\n")
	second, platform, _ := strings.Cut(second, "---\n")
	tree["g.yaml"].Data = []byte(doc + "---\n" + platform)
	tree["a.yaml"] = &fstest.MapFile{Data: []byte(first)}
	tree["b.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(second, "1.csv", "0.csv", 1))}
	for range 20 {
		docs, err := Load(Source{FS: tree, Path: "g.yaml"}, Source{FS: tree, Path: "a.yaml"}, Source{FS: tree, Path: "b.yaml"})
		require.NoError(t, err)
		for _, c := range docs.Gradebooks[0].Contexts {
			require.Len(t, c.Scores["hw1"], 1)
		}
	}
}
