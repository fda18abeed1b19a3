package learningstudio

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/lab"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// held is a grade as the system holds it.
type held struct {
	Score   *float64
	Comment string
	Letter  string
	Share   *bool
}

func hold(score *float64, comment, letter string, share *bool) *held {
	return &held{score, comment, letter, share}
}

// What a run did is undone whole, letters and sharing too; and what a teacher did
// since stays.
func TestUndo(t *testing.T) {
	yes, no := ptr(true), ptr(false)
	for _, tc := range []struct {
		name   string
		before *held  // nil: nothing
		row    string // of the file
		since  *held  // what a teacher makes of it after the run; nil: nothing
		after  *held  // the undo
	}{
		{name: "a first score", row: "scoreGiven: 40"},
		{name: "a first letter", row: "letterGrade: B"},
		{name: "a first score with all that there is", row: "scoreGiven: 40, comment: x, letterGrade: B, shareWithStudent: true"},
		{name: "sharing", before: hold(ptr(42.5), "", "", no), row: "scoreGiven: 42.5, shareWithStudent: true"},
		{name: "a letter and sharing", before: hold(ptr(42.5), "good", "B", yes), row: "letterGrade: A, shareWithStudent: false"},
		{name: "a clear keeps the letter", before: hold(ptr(42.5), "good", "A", yes), row: "scoreGiven: null"},
		{name: "a clear of all", before: hold(ptr(42.5), "good", "A", yes), row: "scoreGiven: null, letterGrade: null, comment: null"},
		{name: "a score on a letter", before: hold(nil, "", "A", yes), row: "scoreGiven: 60"},
		{name: "a score and a letter on a letter", before: hold(nil, "", "B", no), row: "scoreGiven: 5, letterGrade: C"},
		{name: "a score on a comment", before: hold(nil, "words", "", no), row: "scoreGiven: 60"},
		{name: "a score on a comment and a letter", before: hold(nil, "words", "B", no), row: "scoreGiven: 60"},
		{name: "a letter that goes", before: hold(nil, "words", "B", no), row: "letterGrade: null, comment: null"},
		{name: "another letter", before: hold(nil, "", "A-", no), row: "letterGrade: B, shareWithStudent: true"},
		{
			name: "a letter that a teacher changed since", before: hold(ptr(50.0), "", "D", no), row: "scoreGiven: 60, letterGrade: C",
			since: hold(ptr(60.0), "", "A", no), after: hold(ptr(50.0), "", "A", no),
		},
		{
			name: "a grade that a teacher took away since", before: hold(ptr(50.0), "", "D", no), row: "scoreGiven: 60, letterGrade: C",
			since: hold(nil, "", "", no), after: hold(nil, "", "", no),
		},
		{
			name: "a sharing that a teacher changed since", before: hold(ptr(50.0), "", "", no), row: "shareWithStudent: true, comment: x",
			since: hold(ptr(50.0), "x", "", no), after: hold(ptr(50.0), "", "", no),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := bench(t, sandbox.Options{}, false)
				require.NoError(t, b.LMS.Do(column("Homework 1", 100)))
				set(t, b, tc.before)
				docs, err := spec.Load(spec.Bytes("bio.yaml", []byte(`apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio}
contexts: [{name: sec-1, course: "7"}]
lineItems:
  - {label: Homework 1, scoreMaximum: 100, scores: [{userId: "101", `+tc.row+`}]}
---
apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: campus}
learningstudio: {url: "http://127.0.0.1:1", auth: oauth1, applicationID: a, consumerKey: k, secret: {env: S}}
`)))
				require.NoError(t, err)
				g, platform := docs.Gradebooks[0], docs.Platforms[0]
				w := reconcile.NewWant(g, &g.Contexts[0], platform)
				p := carryOut(t, b, &w)
				require.Equal(t, 1, p.Totals().Changes())
				var was, is *spec.Gradebook
				for before, after := range reconcile.Record(&p) {
					was, is = reread(t, before), reread(t, after)
				}
				if tc.since != nil {
					set(t, b, tc.since)
				} else {
					tc.after = tc.before
				}
				undo := reconcile.NewUndo(g, &g.Contexts[0], platform, was.LineItems, is.LineItems)
				carryOut(t, b, &undo)
				require.Empty(t, cmp.Diff(tc.after, grade101(b)))
				again := carryOut(t, b, &undo)
				require.Zero(t, again.Totals().Changes(), "and a second time there is nothing to undo")
			})
		})
	}
}

// carryOut plans and applies; every row is confirmed.
func carryOut(t *testing.T, b *lab.Bench, w *reconcile.Want) plan.Context {
	t.Helper()
	o := reconcile.Options{Allow: map[string]bool{"clear": true}, Exempt: map[plan.Risk]bool{plan.Lowered: true, plan.Drop: true}}
	p := reconcile.Plan(t.Context(), b.Platform, w, o, reconcile.Reading{Concurrency: 1, Clock: b.Clock})
	require.Nil(t, p.Failure)
	require.Empty(t, p.Findings)
	r := reconcile.Apply(t.Context(), b.Platform, p, reconcile.ApplyOptions{Concurrency: 1, Settle: b.Settle, Clock: b.Clock})
	for _, row := range r.Rows {
		require.Equal(t, plan.Confirmed, row.Outcome, row.Why)
	}
	return p
}

// reread is a record as it comes back from its file.
func reread(t *testing.T, g *spec.Gradebook) *spec.Gradebook {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, spec.Encode(&file, g))
	docs, err := spec.Read(spec.Bytes("before.yaml", file.Bytes()))
	require.NoError(t, err, file.String())
	return docs.Gradebooks[0]
}

// set is a teacher's hand.
func set(t *testing.T, b *lab.Bench, h *held) {
	t.Helper()
	require.NoError(t, b.Box.Update(func(st *sandbox.State) error {
		i := st.Courses[lab.Course].LineItems[0]
		i.Results = nil
		if h != nil {
			i.Results = []*sandbox.Result{{
				UserID: "101", Score: h.Score, Comment: h.Comment, LetterGrade: h.Letter, ShareWithStudent: *h.Share, Timestamp: time.Now(),
			}}
		}
		return nil
	}))
}

// grade101 is what the system holds; the shell of a grade and none are two things
// for it, and one for those who look.
func grade101(b *lab.Bench) *held {
	for _, r := range b.Box.Snapshot().Courses[lab.Course].LineItems[0].Results {
		return &held{Score: r.Score, Comment: r.Comment, Letter: r.LetterGrade, Share: &r.ShareWithStudent}
	}
	return nil
}
