package ltiaas

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/lab"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/internal/transport"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/reconcile/platformtest"
)

// bench is a sandbox with the face of LTIAAS, and a client of ours.
func bench(t *testing.T, o sandbox.Options) *lab.Bench {
	t.Helper()
	o.Face = sandbox.FaceLTIAAS
	b := lab.Open(t, lab.Options{Sandbox: o})
	key, err := b.Box.ServiceKey(lab.Course)
	require.NoError(t, err)
	b.Platform = over(t, b, Options{ServiceKey: key.Value})
	return b
}

// over is a client of the bench's course.
func over(t *testing.T, b *lab.Bench, o Options) *Platform {
	t.Helper()
	o.URL, o.APIKey = sandbox.InProcessURL, b.Box.APIKey().Value
	limits := transport.Config{Concurrency: 8, Timeout: 30 * time.Second, Now: time.Now}
	p, err := New(&http.Client{Transport: transport.Stack(b.Transport(), limits)}, o)
	require.NoError(t, err)
	return p
}

// Every platform passes one contract, over an LMS that shows listings in pages
// and over one that does not.
func TestContract(t *testing.T) {
	for _, size := range []int{0, 3} {
		for _, g := range platformtest.Groups() {
			t.Run(fmt.Sprintf("pages of %d/%s", size, g.Name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for _, p := range g.Try(t.Context(), &bench(t, sandbox.Options{PageSize: size}).Lab) {
						t.Error(p)
					}
				})
			})
		}
	}
}

const (
	before = `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores: [{userId: "{p1}", scoreGiven: 10, comment: One}, {userId: "{p2}", scoreGiven: 20}, {userId: "{p3}", scoreGiven: 30}]
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 10}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 10, scores: [{userId: "{p1}", scoreGiven: 5}]}
`
	after = `
  - resourceId: hw1
    label: Homework One
    scoreMaximum: 60
    tag: homework
    scores: [{userId: "{p1}", scoreGiven: 11, comment: null}, {userId: "{p2}", scoreGiven: null}, {userId: "{p3}", scoreGiven: 31, comment: Three}]
  - {resourceId: hw2, label: Homework 2, absent: true}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 10, scores: [{userId: "{p1}", scoreGiven: 5}, {userId: "{p4}", scoreGiven: 6}]}
  - {resourceId: hw4, label: Homework 4, scoreMaximum: 7, scores: [{userId: "{p5}", scoreGiven: 7}]}
`
)

// Whatever goes wrong on the way, a few runs lead to what is there where nothing
// does; and no run breaks a promise.
func TestUnderFaults(t *testing.T) {
	calm := outcome(t, sandbox.Options{})
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.FaultStatus, Status: 503, Share: 0.2},
		{Kind: sandbox.FaultStatus, Status: 429, RetryAfter: time.Second, Share: 0.2},
		{Kind: sandbox.FaultStatus, Status: 500, Share: 0.2},
		{Kind: sandbox.FaultStatus, Status: 502, Share: 0.2},
		{Kind: sandbox.FaultDropBefore, Share: 0.2},
		{Kind: sandbox.FaultDropAfter, Share: 0.2},
		{Kind: sandbox.FaultDropAfter, On: "POST lineitems", Share: 0.6},
		{Kind: sandbox.FaultDropAfter, On: "scores", Share: 0.6},
		{Kind: sandbox.FaultTruncate, Share: 0.2},
		{Kind: sandbox.FaultJSON, Share: 0.2},
		{Kind: sandbox.FaultHTML, On: "lineitems", Share: 0.2},
		{Kind: sandbox.FaultHang, Times: 2, Share: 0.1},
		{Kind: sandbox.FaultDrip, Times: 2, Share: 0.1},
		{Kind: sandbox.FaultRepeat, Times: 1, Share: 0.5},
		{Kind: sandbox.FaultRevoke, Times: 1, Share: 0.1},
		{Kind: sandbox.FaultRedirect, Times: 1, Share: 0.1},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s %s %d, seed %d", f.On, f.Kind, f.Status, seed), func(t *testing.T) {
				o := sandbox.Options{Seed: seed, PageSize: 2, Faults: []sandbox.Fault{f}}
				require.Empty(t, cmp.Diff(calm, outcome(t, o)))
			})
		}
	}
}

// outcome is what the LMS holds after both books.
func outcome(t *testing.T, o sandbox.Options) (held []string) {
	synctest.Test(t, func(t *testing.T) {
		b := bench(t, o)
		for _, book := range []string{before, after} {
			for range 4 {
				r, problems := b.Once(t.Context(), book, []string{"clear", "rescale", "lowered", "deletesPercent"}, len(o.Faults) == 0)
				require.Empty(t, problems)
				time.Sleep(b.Settle)
				if r != nil && r.Failure == nil && r.Status() != plan.Part {
					break
				}
			}
		}
		for _, c := range b.LMS.Truth().Columns {
			held = append(held, fmt.Sprintf("%s %q %v %q", c.ResourceID, c.Label, c.ScoreMaximum, c.Tag))
			for user, cell := range c.Cells {
				held = append(held, fmt.Sprintf("%s %s %v %q", c.ResourceID, user, cell, cell.Comments))
			}
		}
		slices.Sort(held)
	})
	return held
}

// A ltik opens the id token too, for a day; then the error says what to do.
func TestLtikForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bench(t, sandbox.Options{})
		ltik, err := b.Box.Ltik(lab.Course)
		require.NoError(t, err)
		p := over(t, b, Options{Ltik: ltik})
		_, err = p.CreateLineItem(t.Context(), plan.LineItem{Label: "x", ScoreMaximum: 5})
		require.NoError(t, err)

		token, err := p.Check(t.Context())
		require.NoError(t, err)
		require.True(t, token.AssignmentAndGrades.Available)
		require.NotEmpty(t, token.AssignmentAndGrades.Scopes)
		require.True(t, token.NamesAndRoles.Available)
		require.True(t, token.ServiceKey)
		people, err := drained(t, p.Members(t.Context()))
		require.NoError(t, err)
		require.Len(t, people, len(b.People))

		time.Sleep(24 * time.Hour)
		_, err = p.LineItems(t.Context())
		f := asFault(t, err)
		require.Equal(t, reconcile.Denied, f.Kind)
		require.Equal(t, hintLtik, f.Hint)
		require.Equal(t, "INVALID_LTIK_AUTH_AUTHORIZATION_HEADER; Invalid or expired ltik.", f.Said)
		_, err = b.Platform.LineItems(t.Context())
		require.NoError(t, err, "the service key does not expire")
	})
}

// The words of the LMS behind arrive, without those about a person.
func TestReasonFromBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bench(t, sandbox.Options{Quirks: []quirk.Quirk{quirk.Strangers422, quirk.ErrorsEcho}})
		id, err := b.Platform.CreateLineItem(t.Context(), plan.LineItem{Label: "x", ScoreMaximum: 5})
		require.NoError(t, err)
		err = b.Platform.PostScore(t.Context(), id, reconcile.Score{
			UserID: "nobody-of-this-course", Grade: plan.Grade{ScoreGiven: ptr(1.0), ScoreMaximum: 5}, ActivityProgress: "Completed", GradingProgress: "FullyGraded",
		})
		f := asFault(t, err)
		require.Equal(t, reconcile.Refused, f.Kind)
		require.NotEmpty(t, f.Said)
		require.NotContains(t, f.Said+f.Error(), "nobody-of-this-course")
		require.ErrorIs(t, err, errFromLMS)

		_, err = b.Platform.CreateLineItem(t.Context(), plan.LineItem{Label: "y", ScoreMaximum: 5, ResourceLinkID: "no such link"})
		f = asFault(t, err)
		require.Equal(t, reconcile.Refused, f.Kind)
		require.Equal(t, hintLink, f.Hint)
	})
}
