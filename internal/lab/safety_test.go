package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/internal/transport"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/reconcile/platformtest"
	"github.com/gradesync/gradesync/spec"
)

// wantOf makes a Want of line items and a policy in YAML.
func wantOf(t *testing.T, files, policy string) (*spec.Documents, reconcile.Want) {
	t.Helper()
	head := "apiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: lms}\nsandbox: {}\n---\napiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: g}\ncontexts: [{name: lab}]\n" + policy + "lineItems:\n"
	docs, err := spec.Load(spec.Bytes("c.yaml", []byte(head+files)))
	require.NoError(t, err)
	g := docs.Gradebooks[0]
	return docs, reconcile.NewWant(g, &g.Contexts[0], docs.Platforms[0])
}

// opts lets risks go.
func opts(allow ...string) reconcile.Options {
	o := reconcile.Options{Allow: map[string]bool{}}
	for _, a := range allow {
		o.Allow[a] = true
	}
	return o
}

func (b *Bench) reading() reconcile.Reading { return reconcile.Reading{Concurrency: 8, Clock: b.Clock} }

func (b *Bench) apply(ctx context.Context, w *reconcile.Want, o reconcile.Options) (plan.Context, plan.ContextReport) {
	c := reconcile.Plan(ctx, b.Platform, w, o, b.reading())
	r := reconcile.Apply(ctx, b.Platform, c, reconcile.ApplyOptions{Concurrency: 8, Settle: b.Settle, Grace: 10 * time.Second, Clock: b.Clock})
	return c, r
}

// dump is for messages.
func dump(r plan.ContextReport) string {
	var s strings.Builder
	if r.Failure != nil {
		fmt.Fprintf(&s, "FAILURE %s\n", r.Failure.Message)
	}
	for _, f := range r.Plan.Findings {
		fmt.Fprintf(&s, "finding %s: %s\n", f.Key, f.Message)
	}
	for _, f := range r.Plan.Notes {
		fmt.Fprintf(&s, "note %s: %s\n", f.Key, f.Message)
	}
	for _, it := range r.Plan.Items {
		fmt.Fprintf(&s, "item %s %s held %v kept %+v fields %+v\n", it.Action, it.Key, it.Held, it.Kept, it.Fields)
		for _, sc := range it.Scores {
			fmt.Fprintf(&s, "   score %s %s held %v fields %+v\n", sc.Action, sc.UserID, sc.Held, sc.Fields)
		}
	}
	for _, row := range r.Rows {
		fmt.Fprintf(&s, "row %s %s/%s %s %s\n", row.Action, row.Key, row.UserID, row.Outcome, row.Why)
	}
	return s.String()
}

// undoOf is what would put back what a plan changed.
func undoOf(docs *spec.Documents, c *plan.Context) reconcile.Want {
	for before, after := range reconcile.Record(c) { // of so few rows there is one
		return reconcile.NewUndo(docs.Gradebooks[0], &docs.Gradebooks[0].Contexts[0], docs.Platforms[0], before.LineItems, after.LineItems)
	}
	return reconcile.Want{}
}

// cellOf is a student's cell in the column of that resourceId or label.
func (b *Bench) cellOf(column, user string) platformtest.Cell {
	for _, c := range b.LMS.Truth().Columns {
		if c.ResourceID == column || c.Label == column {
			return c.Cells[user]
		}
	}
	return platformtest.Cell{}
}

// A score above the maximum that is there already is not cut by writing it
// again, also on a platform that cuts.
func TestBonusStays(t *testing.T) {
	for _, p := range []string{quirk.D2L, quirk.Moodle} {
		for _, without := range [][]quirk.Quirk{nil, {quirk.CutsScores}} {
			t.Run(fmt.Sprint(p, without), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := Open(t, Options{Sandbox: sandbox.Options{Profile: p, Without: without}})
					_, w := wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 40}]}\n", "")
					b.apply(t.Context(), &w, opts())
					v := 55.0
					require.NoError(t, b.LMS.Do(platformtest.Deed{Column: "hw1", User: "101", Score: &v}))
					_, w = wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 55},{userId: '102', scoreGiven: 55}]}\n", "")
					time.Sleep(5 * time.Second)
					_, r := b.apply(t.Context(), &w, opts())
					cell := b.cellOf("hw1", "101")
					require.EqualValues(t, 55, *cell.Score, "%s", dump(r))
					for i := range r.Rows {
						require.NotEqual(t, "101", r.Rows[i].UserID, "what is as the file says is not sent again")
						require.Equal(t, plan.Confirmed, r.Rows[i].Outcome)
					}
				})
			})
		}
	}
}

// An undo takes a new column away, whatever the platform has kept of it.
func TestUndoOfACreate(t *testing.T) {
	for _, tc := range []struct{ profile, item string }{
		{quirk.Moodle, "  - {resourceId: hw1, label: H, scoreMaximum: 50, endDateTime: 2026-02-02T03:04:05Z}\n"},
		{quirk.Canvas, "  - {resourceId: hw1, label: H, scoreMaximum: 50, endDateTime: 2026-02-02T03:04:05Z}\n"},
		{quirk.ILIAS, "  - {resourceId: hw1, label: H, scoreMaximum: 50}\n"},
		{quirk.Moodle, "  - {resourceId: hw1, label: H, scoreMaximum: 50}\n"},
		{"", "  - {resourceId: hw1, label: H, scoreMaximum: 50, endDateTime: 2026-02-02T03:04:05Z}\n"},
		{"drops", "  - {resourceId: hw1, label: H, scoreMaximum: 50, endDateTime: 2026-02-02T03:04:05Z}\n"},
	} {
		t.Run(tc.profile+tc.item, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := sandbox.Options{Profile: tc.profile}
				if tc.profile == "drops" {
					o = sandbox.Options{Quirks: []quirk.Quirk{quirk.DropsDates}}
				}
				b := Open(t, Options{Sandbox: o})
				docs, w := wantOf(t, tc.item, "")
				c, _ := b.apply(t.Context(), &w, opts())
				u := undoOf(docs, &c)
				uo := opts()
				uo.Exempt = map[plan.Risk]bool{plan.Lowered: true, plan.Drop: true, plan.DeletesPercent: true}
				_, ur := b.apply(t.Context(), &u, uo)
				require.Empty(t, b.LMS.Truth().Columns, "%s", dump(ur))
			})
		})
	}
}

// A platform asks to wait, and a teacher grades meanwhile: the grade is the
// teacher's.
func TestTeacherInAPause(t *testing.T) {
	for _, kind := range []string{"429", "stale-accepted"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b *Bench
				var on atomic.Bool
				wrap := func(next http.RoundTripper) http.RoundTripper {
					return Tripper(func(r *http.Request) (*http.Response, error) {
						if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/scores") && on.CompareAndSwap(true, false) {
							go func() {
								time.Sleep(3 * time.Second)
								v := 49.0
								if err := b.LMS.Do(platformtest.Deed{Column: "hw1", User: "101", Score: &v}); err != nil {
									panic(err)
								}
							}()
							return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"20"}}, Body: io.NopCloser(strings.NewReader("")), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
						}
						return next.RoundTrip(r)
					})
				}
				so := sandbox.Options{}
				if kind == "stale-accepted" {
					so.Profile = quirk.Small
				}
				b = Open(t, Options{Sandbox: so, Wrap: wrap})
				_, w := wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 40}]}\n", "")
				b.apply(t.Context(), &w, opts())
				_, w = wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 45}]}\n", "")
				on.Store(true)
				_, r := b.apply(t.Context(), &w, opts())
				require.EqualValues(t, 49, *b.cellOf("hw1", "101").Score, "%s", dump(r))
				require.Equal(t, plan.CauseStale, r.Rows[0].Cause)
			})
		})
	}
}

// Answers are lost and results cannot be read: where a score sent twice leaves
// a second comment, it is not sent twice.
func TestCommentNotDoubledInTheDark(t *testing.T) {
	for _, dur := range []time.Duration{8 * time.Second, 60 * time.Second, 200 * time.Second} {
		t.Run(dur.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var until atomic.Int64
				var began atomic.Bool
				wrap := func(next http.RoundTripper) http.RoundTripper {
					return Tripper(func(r *http.Request) (*http.Response, error) {
						bad := time.Now().UnixNano() < until.Load()
						if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/scores") {
							resp, err := next.RoundTrip(r)
							if err != nil {
								return nil, err
							}
							if began.CompareAndSwap(false, true) {
								until.Store(time.Now().Add(dur).UnixNano())
								bad = true
							}
							if bad {
								resp.Body.Close()
								return nil, io.ErrUnexpectedEOF
							}
							return resp, nil
						}
						if r.Method == "GET" && bad {
							return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
						}
						return next.RoundTrip(r)
					})
				}
				b := Open(t, Options{Sandbox: sandbox.Options{Profile: quirk.Canvas}, Wrap: wrap})
				_, w := wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 40, comment: Well done}]}\n", "")
				_, r := b.apply(t.Context(), &w, opts())
				require.Equal(t, []string{"Well done"}, b.cellOf("hw1", "101").Comments, "%s", dump(r))
			})
		})
	}
}

// A change that would take away all that a column is found by is a finding.
func TestOnlyIdentityIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Open(t, Options{Sandbox: sandbox.Options{Profile: quirk.Moodle}})
		for _, label := range []string{"One", "Two", "Three"} {
			_, w := wantOf(t, "  - {key: hw1, resourceLinkId: '11', label: "+label+", scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 40}]}\n", "")
			_, r := b.apply(t.Context(), &w, opts())
			require.Len(t, b.LMS.Truth().Columns, 1, "%s", dump(r))
			if label != "One" {
				require.Contains(t, dump(r), "nothing else would find the column again")
			}
		}
	})
}

// Plans are the same, byte for byte, in whatever order a platform lists.
func TestSamePlanInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Open(t, Options{Sandbox: sandbox.Options{Quirks: []quirk.Quirk{quirk.UnsortedResults}}})
		for i := range 6 {
			require.NoError(t, b.LMS.Do(platformtest.Deed{New: &plan.LineItem{Label: fmt.Sprint("L", i), ScoreMaximum: 5, Tag: "mine", ResourceID: fmt.Sprint("x", i)}}))
		}
		plans := map[string]int{}
		for range 10 {
			_, w := wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50}\n", "policy: {prune: {tag: mine}}\n")
			c := reconcile.Plan(t.Context(), b.Platform, &w, opts(), b.reading())
			c.Seen = nil
			j, _ := json.Marshal(c)
			plans[string(j)]++
		}
		require.Len(t, plans, 1)
	})
}

// So are failures, whichever column fails first.
func TestSameFailureInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bad atomic.Bool
		var n atomic.Int64
		wrap := func(next http.RoundTripper) http.RoundTripper {
			return Tripper(func(r *http.Request) (*http.Response, error) {
				if bad.Load() && strings.HasSuffix(r.URL.Path, "/results") {
					time.Sleep(time.Duration(n.Add(7919)%13) * time.Millisecond)
					return &http.Response{StatusCode: 404, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
				}
				return next.RoundTrip(r)
			})
		}
		b := Open(t, Options{Wrap: wrap})
		b.enrol(t, 3)
		_, w := wantOf(t, course(10, 3, 60, ""), "")
		b.apply(t.Context(), &w, opts())
		bad.Store(true)
		plans := map[string]int{}
		for range 10 {
			c := reconcile.Plan(t.Context(), b.Platform, &w, opts(), b.reading())
			plans[c.Failure.Message]++
		}
		require.Len(t, plans, 1, "%v", plans)
	})
}

func TestSameFindingsInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Open(t, Options{Sandbox: sandbox.Options{Quirks: []quirk.Quirk{quirk.UnsortedResults}}})
		for i := range 4 {
			require.NoError(t, b.LMS.Do(platformtest.Deed{New: &plan.LineItem{Label: fmt.Sprint("L", i), ScoreMaximum: 5, ResourceID: fmt.Sprint("x", i)}}))
		}
		l, err := b.Platform.LineItems(t.Context())
		require.NoError(t, err)
		files := ""
		for _, li := range l.Items {
			files += fmt.Sprintf("  - {key: p%s, id: %q, label: A, scoreMaximum: 5}\n  - {resourceId: %s, label: %s, scoreMaximum: 5}\n", li.ResourceID, li.ID, li.ResourceID, li.Label)
		}
		plans := map[string]int{}
		for range 10 {
			_, w := wantOf(t, files, "")
			c := reconcile.Plan(t.Context(), b.Platform, &w, opts(), b.reading())
			require.NotEmpty(t, c.Findings)
			j, _ := json.Marshal(c.Findings)
			plans[string(j)]++
		}
		require.Len(t, plans, 1)
	})
}

// Where the comment goes with a cleared score, undo brings both back.
func TestUndoOfAClear(t *testing.T) {
	for _, p := range []string{"", quirk.Moodle, quirk.Canvas} {
		synctest.Test(t, func(t *testing.T) {
			b := Open(t, Options{Sandbox: sandbox.Options{Profile: p}})
			_, w := wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 40, comment: Well done}]}\n", "")
			b.apply(t.Context(), &w, opts())
			docs, w := wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: null}]}\n", "")
			time.Sleep(5 * time.Second)
			c, _ := b.apply(t.Context(), &w, opts("clear"))
			u := undoOf(docs, &c)
			time.Sleep(5 * time.Second)
			_, r := b.apply(t.Context(), &u, opts())
			cell := b.cellOf("hw1", "101")
			require.NotNil(t, cell.Score, "%s: %s", p, dump(r))
			require.EqualValues(t, 40, *cell.Score)
			require.Equal(t, "Well done", cell.Comments[len(cell.Comments)-1], "%s: %s", p, dump(r))
		})
	}
}

// A column of the same title that somebody made while our create failed is not
// taken for ours.
func TestStrangersColumnIsNotAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *Bench
		var once sync.Once
		wrap := func(next http.RoundTripper) http.RoundTripper {
			return Tripper(func(r *http.Request) (*http.Response, error) {
				if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/lineitems") {
					hit := false
					once.Do(func() { hit = true })
					if hit {
						if err := b.LMS.Do(platformtest.Deed{New: &plan.LineItem{Label: "H", ScoreMaximum: 20}}); err != nil {
							panic(err)
						}
						return &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
					}
				}
				return next.RoundTrip(r)
			})
		}
		b = Open(t, Options{Wrap: wrap})
		_, w := wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 40}]}\n", "")
		_, r := b.apply(t.Context(), &w, opts())
		for _, c := range b.LMS.Truth().Columns {
			if c.ScoreMaximum == 20 {
				require.Empty(t, c.Cells, "%s", dump(r))
			}
		}
		require.EqualValues(t, 40, *b.cellOf("hw1", "101").Score, "%s", dump(r))
	})
}

// A slow run looks again: a grade given in the middle of it stays.
func TestTeacherInASlowRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := Open(t, Options{Limits: transport.Config{RequestsPerSecond: 2}})
		b.enrol(t, 100)
		_, w := wantOf(t, course(1, 100, 60, ""), "")
		b.apply(t.Context(), &w, opts())
		_, w = wantOf(t, course(1, 100, 70, ""), "")
		done := make(chan bool)
		go func() {
			time.Sleep(20 * time.Second)
			v := 99.0
			if err := b.LMS.Do(platformtest.Deed{Column: "hw0", User: "1099", Score: &v}); err != nil {
				panic(err)
			}
			close(done)
		}()
		_, r := b.apply(t.Context(), &w, opts())
		<-done
		require.EqualValues(t, 99, *b.cellOf("hw0", "1099").Score)
		require.Equal(t, plan.CauseStale, r.Rows[len(r.Rows)-1].Cause)
	})
}

// What nobody can see no undo erases unasked, and a comment that cannot be
// compared is told.
func TestUndoKeepsUnseenComments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := ags.Generic()
		p.Capabilities.Comments = reconcile.CommentUnreadable
		b := Open(t, Options{Sandbox: sandbox.Options{Quirks: []quirk.Quirk{quirk.CommentsHidden}}, Client: p})
		_, w := wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 40, comment: Well done}]}\n", "")
		b.apply(t.Context(), &w, opts())
		docs, w := wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 45, comment: Well done}]}\n", "")
		c, _ := b.apply(t.Context(), &w, opts())
		u := undoOf(docs, &c)
		_, r := b.apply(t.Context(), &u, opts())
		require.Equal(t, []string{"Well done"}, b.cellOf("hw1", "101").Comments, "%s", dump(r))
		require.Contains(t, dump(r), "unread-comment", "it is held")
		// a comment alone changes in the file
		_, w = wantOf(t, "  - {resourceId: hw1, label: H, scoreMaximum: 50, scores: [{userId: '101', scoreGiven: 40, comment: Other}]}\n", "")
		_, r = b.apply(t.Context(), &w, opts())
		require.Contains(t, dump(r), "this platform shows no comments")
	})
}

// An undo gives back what was there, on every platform.
func TestUndoPutsBack(t *testing.T) {
	t.Parallel()
	worlds := uint64(180)
	if testing.Short() { // for the race detector: each is one goroutine's but for a few requests
		worlds = 30
	}
	for seed := range worlds {
		r := rand.New(rand.NewPCG(seed, 7))
		names := append([]string{""}, quirk.Profiles()...)
		w := world{seed: seed, box: sandbox.Options{Seed: seed, Profile: names[seed%uint64(len(names))]}}
		first := newBook(r)
		second := first.changed(r)
		if w.box.Profile == quirk.Canvas { // what a student has read there stays
			first, second = first.mute(), second.mute()
		}
		synctest.Test(t, func(t *testing.T) {
			b := Open(t, Options{Sandbox: w.box, Hosts: []string{"items.localhost"}})
			points := 0.5 // below every maximum
			apply := func(book string) (plan.ContextReport, reconcile.Want) {
				docs, want := wantOf(t, book, "")
				c, rep := b.apply(t.Context(), &want, opts(allowed...))
				return rep, undoOf(docs, &c)
			}
			r1, _ := apply(first.yaml())
			if len(r1.Plan.Findings) > 0 {
				return
			}
			_ = b.LMS.Do(platformtest.Deed{Column: "hw0", User: "106", Score: &points})
			time.Sleep(20 * time.Second)
			was := b.LMS.Truth()
			r2, u := apply(second.yaml())
			if len(r2.Plan.Findings) > 0 || u.Policy == nil {
				return
			}
			time.Sleep(20 * time.Second)
			o := opts(allowed...)
			o.Exempt = map[plan.Risk]bool{plan.Lowered: true, plan.Drop: true, plan.DeletesPercent: true}
			_, ur := b.apply(t.Context(), &u, o)
			require.Empty(t, w.differ(was, b.LMS.Truth()), "seed %d profile %q\n%s---%s\nUNDO\n%s", seed, w.box.Profile, first.yaml(), second.yaml(), dump(ur))
		})
	}
}
