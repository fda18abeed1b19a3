package run

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// A record whose documents lost something, or have it twice, or in another place, is
// damaged: nothing is put back from it, for what was a person's own work since could
// not be told any more.
func TestDamagedRecords(t *testing.T) {
	c := newLMS(t, "campus")
	docs, env := load(t, c.books(c.named(t, "a", 2)...)+c.document(2)), environment(c)
	o := options(t, true, env)
	s := opened(t, docs, o)
	r, err := s.Apply(t.Context(), planned(t, s, plan.Pending))
	require.NoError(t, err)

	type books = []*spec.Gradebook
	// parts are the first document as two, of one line item each.
	parts := func(all books) books {
		first, second := *all[0], *all[0]
		first.LineItems, second.LineItems = all[0].LineItems[:1], all[0].LineItems[1:]
		second.Contexts = slices.Clone(second.Contexts)
		return books{&first, &second, all[1]}
	}
	without := func(all books, i int) books {
		all = slices.Clone(all)
		less := *all[0]
		less.LineItems = slices.Delete(slices.Clone(less.LineItems), i, i+1)
		all[0] = &less
		return all
	}
	const damaged, apart = "the record is damaged", "do not belong together"
	for name, tc := range map[string]struct {
		change func(before, after books) (books, books)
		says   string
	}{
		"as it was":               {func(b, a books) (books, books) { return b, a }, ""},
		"in parts":                {func(b, a books) (books, books) { return parts(b), parts(a) }, ""},
		"in parts, before alone":  {func(b, a books) (books, books) { return parts(b), a }, ""},
		"a line item lost":        {func(b, a books) (books, books) { return without(b, 1), without(a, 1) }, damaged},
		"lost on one side":        {func(b, a books) (books, books) { return b, without(a, 0) }, damaged},
		"one lost on either side": {func(b, a books) (books, books) { return without(b, 1), without(a, 0) }, damaged},
		"a part twice": {func(b, a books) (books, books) {
			b, a = parts(b), parts(a)
			return books{b[0], b[1], b[1], b[2]}, books{a[0], a[1], a[1], a[2]}
		}, damaged},
		"one twice, one lost": {func(b, a books) (books, books) {
			b, a = parts(b), parts(a)
			return books{b[0], b[0], b[2]}, books{a[0], a[0], a[2]}
		}, apart},
		"in another order": {func(b, a books) (books, books) {
			b = parts(b)
			return books{b[1], b[0], b[2]}, a
		}, apart},
		"parts apart": {func(b, a books) (books, books) {
			b, a = parts(b), parts(a)
			return books{b[0], b[2], b[1]}, books{a[0], a[2], a[1]}
		}, damaged},
		"a part of another course": {func(b, a books) (books, books) {
			b, a = parts(b), parts(a)
			b[1].Contexts[0].LineItemsURL.Value += "/2"
			a[1].Contexts[0].LineItemsURL.Value += "/2"
			return b, a
		}, damaged},
		"a part of another platform": {func(b, a books) (books, books) {
			b, a = parts(b), parts(a)
			b[1].Platform.Value, a[1].Platform.Value = "another", "another"
			return b, a
		}, damaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, os.DirFS(r.Run)))
			of := func(file string) books {
				text, err := os.ReadFile(filepath.Join(r.Run, file))
				require.NoError(t, err)
				read, err := spec.Read(spec.Bytes(file, text))
				require.NoError(t, err)
				return read.Gradebooks
			}
			before, after := tc.change(of(beforeFile), of(afterFile))
			for file, all := range map[string]books{beforeFile: before, afterFile: after} {
				var text bytes.Buffer
				for _, g := range all {
					if text.Len() > 0 {
						text.WriteString(between)
					}
					require.NoError(t, spec.Encode(&text, g))
				}
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), text.Bytes(), 0o600))
			}
			back, err := Undo(docs, dir, nil, options(t, false, env))
			if tc.says != "" {
				require.ErrorContains(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, back.Close()) })
			p := planned(t, back, plan.HeldBack) // columns with grades go
			require.Len(t, p.Contexts, 2)
			for i := range p.Contexts {
				require.Len(t, p.Contexts[i].Items, 2)
			}
		})
	}
}
