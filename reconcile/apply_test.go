package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/platform/ags"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// lms is a sandbox on loopback with a client that can be made to fail.
type lms struct {
	box   *sandbox.Sandbox
	p     reconcile.Platform
	wrap  atomic.Pointer[func(http.RoundTripper) http.RoundTripper]
	mu    sync.Mutex
	wrote []string // method and kind of each write that the server saw
}

type clock struct{}

func (clock) Now() time.Time { return time.Now() }
func (clock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lms) RoundTrip(r *http.Request) (*http.Response, error) {
	if w := l.wrap.Load(); w != nil {
		return (*w)(http.DefaultTransport).RoundTrip(r)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// break puts a fault in the way of requests.
func (l *lms) breaks(f func(http.RoundTripper) http.RoundTripper) {
	if f == nil {
		l.wrap.Store(nil)
		return
	}
	l.wrap.Store(&f)
}

func newLMS(t *testing.T) *lms {
	t.Helper()
	l := &lms{}
	var err error
	l.box, err = sandbox.Open(sandbox.Options{Now: time.Now, PageSize: 3, Observe: func(r sandbox.Request) {
		if r.Method != "GET" && r.Kind != "token" {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.wrote = append(l.wrote, r.Method+" "+r.Kind)
		}
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.box.Close()) })
	require.NoError(t, l.box.EnsureCourse("1"))
	srv := httptest.NewServer(l.box)
	t.Cleanup(srv.Close)
	tool := l.box.Tool()
	key, err := agsclient.ParsePrivateKey(tool.PrivateKeyPEM)
	require.NoError(t, err)
	c, err := agsclient.New(&http.Client{Transport: l}, &agsclient.ClientCredentials{
		TokenURL: srv.URL + sandbox.TokenPath, ClientID: tool.ClientID, KeyID: tool.KeyID, Key: key, Now: time.Now,
	}, agsclient.Endpoint{LineItemsURL: srv.URL + l.box.LineItemsPath("1")}, agsclient.Options{Scopes: ags.Scopes(true)})
	require.NoError(t, err)
	l.p = ags.New(c, ags.Generic())
	return l
}

func want(t *testing.T, lineItems string) *reconcile.Want {
	t.Helper()
	docs, err := spec.Load(spec.Bytes("bio.yaml", []byte("apiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: campus}\nsandbox: {}\n---\n"+
		"apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [{name: sec-1}]\nlineItems:\n"+lineItems)))
	require.NoError(t, err)
	w := reconcile.NewWant(docs.Gradebooks[0], &docs.Gradebooks[0].Contexts[0], docs.Platforms[0])
	return &w
}

// course is items line items with people scores each, moved by shift points.
func course(items, people int, shift float64) string {
	var b strings.Builder
	for i := range items {
		fmt.Fprintf(&b, "  - resourceId: hw%d\n    label: Homework %d\n    scoreMaximum: 50\n    scores:\n", i, i)
		for u := range people {
			fmt.Fprintf(&b, "      - {userId: u%d, scoreGiven: %v, comment: c%d}\n", u, float64(i+u)+shift, i)
		}
	}
	return b.String()
}

func options() reconcile.ApplyOptions {
	return reconcile.ApplyOptions{Concurrency: 8, Settle: 300 * time.Millisecond, Grace: 2 * time.Second, Clock: clock{}}
}

// everything lets all risks go: what is held has tests of its own.
var everything = map[string]bool{
	"delete-graded": true, "deletesPercent": true, "clear": true, "rescale": true, "lowered": true,
}

func (l *lms) planned(t *testing.T, w *reconcile.Want) plan.Context {
	t.Helper()
	c := reconcile.Plan(context.Background(), l.p, w, reconcile.Options{Allow: everything}, reconcile.Reading{Concurrency: 8, Clock: clock{}})
	require.Nil(t, c.Failure)
	return c
}

func (l *lms) apply(t *testing.T, w *reconcile.Want) plan.ContextReport {
	t.Helper()
	return reconcile.Apply(context.Background(), l.p, l.planned(t, w), options())
}

// converged is so when a new plan is empty and no line item is there twice.
func (l *lms) converged(t *testing.T, w *reconcile.Want) {
	t.Helper()
	c := l.planned(t, w)
	require.Equal(t, plan.Unchanged, c.Status(), "%+v", c.Items)
	seen := map[string]bool{}
	for _, li := range l.box.Snapshot().Courses["1"].LineItems {
		require.False(t, li.ResourceID != "" && seen[li.ResourceID], "%s is there twice", li.ResourceID)
		seen[li.ResourceID] = true
	}
}

func (l *lms) writes() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.wrote
	l.wrote = nil
	return out
}

func TestApplyAndProve(t *testing.T) {
	l := newLMS(t)
	w := want(t, course(7, 5, 0))
	r := l.apply(t, w)
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	require.Equal(t, 42, r.Outcomes().Confirmed)
	require.Len(t, l.writes(), 42)
	l.converged(t, w)
	for i, li := range l.box.Snapshot().Courses["1"].LineItems {
		require.Equal(t, fmt.Sprint("hw", i), li.ResourceID, "columns come in the files' order")
	}

	r = l.apply(t, w)
	require.Empty(t, r.Rows)
	require.Empty(t, l.writes())

	// One changed label is one write, and leaves the tag that no file names.
	require.NoError(t, l.box.Update(func(s *sandbox.State) error {
		s.Courses["1"].LineItems[0].Tag = "theirs"
		return nil
	}))
	renamed := want(t, strings.Replace(course(7, 5, 0), "label: Homework 0", "label: Homework null", 1))
	r = l.apply(t, renamed)
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	require.Equal(t, []string{"PUT lineitem"}, l.writes())
	item := l.box.Snapshot().Courses["1"].LineItems[0]
	require.Equal(t, "Homework null", item.Label)
	require.Equal(t, "theirs", item.Tag)
}

func TestApplyOrder(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(2, 2, 0)))
	l.writes()
	r := l.apply(t, want(t, "  - {resourceId: hw0, label: Homework 0, absent: true}\n"+
		"  - {resourceId: hw1, label: Renamed, scoreMaximum: 50, scores: [{userId: u0, scoreGiven: 7}]}\n"+
		"  - {resourceId: new, label: New, scoreMaximum: 10, scores: [{userId: u0, scoreGiven: 7}]}\n"))
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	require.Equal(t, []string{"POST lineitems", "PUT lineitem", "POST scores", "POST scores", "DELETE lineitem"}, l.writes())
}

// roundTrip is a http.RoundTripper as a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}
}

// faulty loses, refuses and cuts a quarter of all answers, before or after
// the server has acted.
func faulty(seed uint64) func(http.RoundTripper) http.RoundTripper {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, seed))
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			fault := rng.IntN(16)
			mu.Unlock()
			if r.Method == "GET" || strings.HasSuffix(r.URL.Path, "/token") {
				return next.RoundTrip(r) // the transport retries these
			}
			if fault == 0 {
				return nil, errors.New("connection reset before anything happened")
			}
			if fault == 1 {
				return answer(r, 503, ""), nil
			}
			resp, err := next.RoundTrip(r)
			if err != nil || fault > 3 {
				return resp, err
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if fault == 2 {
				return nil, io.ErrUnexpectedEOF
			}
			return answer(r, 502, "<html>"), nil
		})
	}
}

// A quarter of all writes go wrong, in every way: one apply gets there, and
// nothing is there twice.
func TestApplyThroughFaults(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			l := newLMS(t)
			w := want(t, course(6, 10, 0))
			c := l.planned(t, w)
			l.breaks(faulty(seed))
			r := reconcile.Apply(context.Background(), l.p, c, options())
			l.breaks(nil)
			require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
			l.converged(t, w)
		})
	}
}

// A create that happened and whose answer was lost is found, not repeated.
func TestLostCreateIsFound(t *testing.T) {
	l := newLMS(t)
	w := want(t, course(1, 1, 0))
	c := l.planned(t, w)
	var once atomic.Bool
	l.breaks(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/lineitems") && once.CompareAndSwap(false, true) {
				return nil, io.ErrUnexpectedEOF
			}
			return resp, err
		})
	})
	r := reconcile.Apply(context.Background(), l.p, c, options())
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	require.Contains(t, r.Rows[0].Why, "lost")
	require.Equal(t, []string{"POST lineitems", "POST scores"}, l.writes())
}

// A refused row is told and stops no other.
func TestRefusedRow(t *testing.T) {
	l := newLMS(t)
	require.NoError(t, l.box.Update(func(s *sandbox.State) error {
		s.Courses["1"].Closed = true
		return nil
	}))
	require.NoError(t, l.box.AddMember("1", sandbox.Member{UserID: "u0"}))
	r := l.apply(t, want(t, course(1, 3, 0)))
	require.Equal(t, plan.Part, r.Status())
	var outcomes []plan.Outcome
	for _, row := range r.Rows {
		outcomes = append(outcomes, row.Outcome)
	}
	require.Equal(t, []plan.Outcome{plan.Confirmed, plan.Confirmed, plan.Refused, plan.Refused}, outcomes)
}

// A platform that says yes and keeps nothing, or something else.
func TestLyingPlatform(t *testing.T) {
	for name, c := range map[string]struct {
		lie     func(*http.Request, http.RoundTripper) (*http.Response, error)
		outcome plan.Outcome
	}{
		"keeps nothing": {func(r *http.Request, _ http.RoundTripper) (*http.Response, error) {
			return answer(r, 200, ""), nil
		}, plan.Unconfirmed},
		"keeps something else": {func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			b = []byte(strings.Replace(string(b), `"scoreGiven":0`, `"scoreGiven":1`, 1))
			r = r.Clone(r.Context())
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(b))), int64(len(b))
			return next.RoundTrip(r)
		}, plan.Altered},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLMS(t)
			p := l.planned(t, want(t, course(1, 1, 0)))
			l.breaks(func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/scores") {
						return c.lie(r, next)
					}
					return next.RoundTrip(r)
				})
			})
			r := reconcile.Apply(context.Background(), l.p, p, options())
			require.Equal(t, plan.Part, r.Status())
			require.Equal(t, plan.Confirmed, r.Rows[0].Outcome)
			require.Equal(t, c.outcome, r.Rows[1].Outcome, "%+v", r.Rows[1])
			if c.outcome == plan.Altered {
				require.Equal(t, []plan.Field{{Name: "scoreGiven", Before: 0.0, After: 1.0}}, r.Rows[1].Fields)
			}
		})
	}
}

// What somebody else changed between plan and write is left alone and told.
func TestStaleObjects(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(2, 3, 0)))
	w := want(t, strings.ReplaceAll(course(2, 3, 1), "label: Homework", "label: Work"))
	p := l.planned(t, w)
	require.NoError(t, l.box.Update(func(s *sandbox.State) error {
		items := s.Courses["1"].LineItems
		items[0].Label = "By hand"
		v := 33.0
		items[1].Result("u2").Score = &v
		planned := 2.0
		items[1].Result("u0").Score = &planned // someone did just what the plan does
		return nil
	}))
	l.writes()
	r := reconcile.Apply(context.Background(), l.p, p, options())
	require.Equal(t, plan.Part, r.Status())
	var not []string
	for _, row := range r.Rows {
		if row.Outcome != plan.Confirmed {
			not = append(not, fmt.Sprint(row.Outcome, " ", row.Key, " ", row.UserID))
			require.Contains(t, row.Why, "plan again")
		}
	}
	require.Equal(t, []string{"not attempted hw0 ", "not attempted hw1 u2"}, not)
	s := l.box.Snapshot().Courses["1"]
	require.Equal(t, "By hand", s.LineItems[0].Label)
	require.Equal(t, 33.0, *s.LineItems[1].Result("u2").Score)
	require.Len(t, l.writes(), 1+3+1, "a label, three scores of hw0, one of hw1")
}

// A line item that appeared since the plan is not made a second time.
func TestCreateAppeared(t *testing.T) {
	l := newLMS(t)
	w := want(t, course(2, 0, 0)[:0]+"  - {resourceId: a, label: A, scoreMaximum: 5}\n  - {resourceId: b, label: B, scoreMaximum: 5}\n")
	p := l.planned(t, w)
	require.NoError(t, l.box.Update(func(s *sandbox.State) error {
		c := s.Courses["1"]
		c.LineItems = append(c.LineItems,
			&sandbox.LineItem{Number: 90, Label: "A", ScoreMaximum: 5, ResourceID: "a"},
			&sandbox.LineItem{Number: 91, Label: "Other", ScoreMaximum: 5, ResourceID: "b"})
		c.NextLineItem = 92
		return nil
	}))
	r := reconcile.Apply(context.Background(), l.p, p, options())
	require.Equal(t, plan.Confirmed, r.Rows[0].Outcome)
	require.Equal(t, plan.NotAttempted, r.Rows[1].Outcome)
	require.Empty(t, l.writes())
}

// Grades that were given since the plan keep a column from being deleted.
func TestDeleteLooksAgain(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(1, 2, 0)))
	w := want(t, "  - {resourceId: hw0, label: Homework 0, absent: true}\n")
	p := l.planned(t, w)
	require.Equal(t, 2, *p.Items[0].Graded)
	require.NoError(t, l.box.Update(func(s *sandbox.State) error {
		v := 5.0
		li := s.Courses["1"].LineItems[0]
		li.Results = append(li.Results, &sandbox.Result{UserID: "late", Score: &v})
		return nil
	}))
	r := reconcile.Apply(context.Background(), l.p, p, options())
	require.Equal(t, plan.NotAttempted, r.Rows[0].Outcome)
	require.Len(t, l.box.Snapshot().Courses["1"].LineItems, 1)

	r = l.apply(t, w)
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	require.Empty(t, l.box.Snapshot().Courses["1"].LineItems)
}

// A stop in the middle: nothing new is sent, and every row is accounted for.
func TestInterrupt(t *testing.T) {
	l := newLMS(t)
	w := want(t, course(4, 10, 0))
	p := l.planned(t, w)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var posts atomic.Int32
	l.breaks(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/scores") && posts.Add(1) == 10 {
				cancel()
			}
			return next.RoundTrip(r)
		})
	})
	r := reconcile.Apply(ctx, l.p, p, options())
	require.Equal(t, plan.Interrupted, r.Status())
	o := r.Outcomes()
	require.Equal(t, 44, o.All())
	require.Equal(t, 4+int(posts.Load()), o.Confirmed, "what was sent was read back")
	require.Equal(t, 44-o.Confirmed, o.NotAttempted)
	for _, row := range r.Rows {
		require.NotEmpty(t, row.Outcome)
	}
	l.breaks(nil)
	again := l.apply(t, w)
	require.Equal(t, plan.Applied, again.Status(), "%+v", again.Rows)
	l.converged(t, w)
}

// A server that hangs does not keep an interrupted run beyond its grace.
func TestInterruptHanging(t *testing.T) {
	l := newLMS(t)
	p := l.planned(t, want(t, course(1, 3, 0)))
	ctx, cancel := context.WithCancel(context.Background())
	l.breaks(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/scores") {
				return next.RoundTrip(r)
			}
			cancel()
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
	})
	o := options()
	o.Grace = 200 * time.Millisecond
	r := reconcile.Apply(ctx, l.p, p, o)
	require.Equal(t, plan.Interrupted, r.Status())
	require.Equal(t, 4, r.Outcomes().All())
	for _, row := range r.Rows[1:] {
		require.Contains(t, []plan.Outcome{plan.Unconfirmed, plan.NotAttempted}, row.Outcome, "%+v", row)
	}
}

// A platform that goes away for good: the run ends, with every row told.
func TestPlatformGone(t *testing.T) {
	l := newLMS(t)
	w := want(t, course(2, 4, 0))
	l.apply(t, w)
	p := l.planned(t, want(t, course(2, 4, 1)))
	l.breaks(func(http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) { return answer(r, 500, ""), nil })
	})
	r := reconcile.Apply(context.Background(), l.p, p, options())
	require.NotEqual(t, plan.Applied, r.Status())
	require.Equal(t, 8, r.Outcomes().NotAttempted, "%+v", r.Rows)
}

// A maximum that changes under scores: all come out as the file says.
func TestMaximumChanges(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(1, 5, 10)))
	w := want(t, strings.Replace(course(1, 5, 10), "scoreMaximum: 50", "scoreMaximum: 100", 1))
	r := l.apply(t, w)
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	require.Equal(t, 6, r.Outcomes().Confirmed)
	l.converged(t, w)
	require.Equal(t, 12.0, *l.box.Snapshot().Courses["1"].LineItems[0].Result("u2").Score)
}

// Grades that no file names, under a maximum that changes, are told.
func TestCollateral(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(1, 3, 10)))
	r := l.apply(t, want(t, "  - {resourceId: hw0, label: Homework 0, scoreMaximum: 100, scores: [{userId: u0, scoreGiven: 10}]}\n"))
	require.Equal(t, plan.Part, r.Status())
	require.Equal(t, 2, r.Outcomes().Confirmed)
	var told []string
	for _, c := range r.Collateral {
		told = append(told, fmt.Sprintf("%s %s %v/%v %v/%v", c.Key, c.UserID, *c.Before.ScoreGiven, c.Before.ScoreMaximum, *c.After.ScoreGiven, c.After.ScoreMaximum))
	}
	require.Equal(t, []string{"hw0 u1 11/50 22/100", "hw0 u2 12/50 24/100"}, told)
}

// Clearing and comments.
func TestClearAndComment(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(1, 4, 5)))
	w := want(t, `  - resourceId: hw0
    label: Homework 0
    scoreMaximum: 50
    scores:
      - {userId: u0, scoreGiven: null}
      - {userId: u1, comment: Better}
      - {userId: u2, scoreGiven: 30}
      - {userId: u3, comment: null}
`)
	r := l.apply(t, w)
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	l.converged(t, w)
	li := l.box.Snapshot().Courses["1"].LineItems[0]
	require.Nil(t, li.Result("u0").Score)
	require.Equal(t, []any{6.0, "Better"}, []any{*li.Result("u1").Score, li.Result("u1").Comment})
	require.Equal(t, []any{30.0, "c0"}, []any{*li.Result("u2").Score, li.Result("u2").Comment}, "a comment that no file names stays")
	require.Equal(t, []any{8.0, ""}, []any{*li.Result("u3").Score, li.Result("u3").Comment})
}

// Fields that the sandbox does not know come back with the PUT.
func TestUnknownMembersStay(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, "  - {resourceId: a, label: A, scoreMaximum: 5, extensions: {\"https://x/one\": {b: [1, 2]}}}\n"))
	require.NoError(t, l.box.Update(func(s *sandbox.State) error {
		s.Courses["1"].LineItems[0].Extra["vendor"] = []byte(`{"deep":[null,1.50]}`)
		return nil
	}))
	r := l.apply(t, want(t, "  - {resourceId: a, label: B, scoreMaximum: 5, extensions: {\"https://x/two\": true}}\n"))
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	extra := l.box.Snapshot().Courses["1"].LineItems[0].Extra
	require.JSONEq(t, `{"deep":[null,1.50]}`, string(extra["vendor"]))
	require.JSONEq(t, `{"b":[1,2]}`, string(extra["https://x/one"]))
	require.JSONEq(t, `true`, string(extra["https://x/two"]))
}
