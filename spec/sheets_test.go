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
