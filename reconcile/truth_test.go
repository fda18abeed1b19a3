package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// Platforms that do not do what they say, and people who write at the same
// time: no grade may be lost or land elsewhere, and no row may lie.

func creates(r *http.Request) bool {
	return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/lineitems")
}

func scores(r *http.Request) bool {
	return r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/scores")
}

// meddle lets a test answer requests itself; nil lets them through.
func (l *lms) meddle(f func(*http.Request, func() (*http.Response, error)) (*http.Response, error)) {
	l.breaks(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			return f(r, func() (*http.Response, error) { return next.RoundTrip(r) })
		})
	})
}

// rewrite changes the body of a request on its way.
func rewrite(r *http.Request, old, now string) {
	b, _ := io.ReadAll(r.Body)
	b = bytes.ReplaceAll(b, []byte(old), []byte(now))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
}

// hand sets a grade as somebody in the LMS would.
func (l *lms) hand(t *testing.T, user string, points float64) {
	t.Helper()
	require.NoError(t, l.box.Update(func(s *sandbox.State) error {
		for _, r := range s.Courses["1"].LineItems[0].Results {
			if r.UserID == user {
				r.Score = &points
			}
		}
		return nil
	}))
}

func (l *lms) points(user string) float64 {
	r := l.box.Snapshot().Courses["1"].LineItems[0].Result(user)
	if r == nil || r.Score == nil {
		return -1
	}
	return *r.Score
}

func (l *lms) carry(c plan.Context) plan.ContextReport {
	o := options()
	o.Settle = 2 * time.Second // a busy machine takes its time to read back
	return reconcile.Apply(context.Background(), l.p, c, o)
}

// A platform that changes labels, or drops tags, is recognised when the
// answer to a create is lost: one column, not eight.
func TestLostCreateOfAChangedColumn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{"label": {"Homework", "H&amp;mework"}, "tag": {`"tag":"t"`, `"tag":""`}} {
		l := newLMS(t)
		c := l.planned(t, want(t, "  - {resourceId: hw0, label: Homework, tag: t, scoreMaximum: 5}\n"))
		l.meddle(func(r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if !creates(r) {
				return next()
			}
			rewrite(r, change[0], change[1])
			if _, err := next(); err != nil {
				return nil, err
			}
			return nil, io.ErrUnexpectedEOF
		})
		r := l.carry(c)
		require.Len(t, l.box.Snapshot().Courses["1"].LineItems, 1, name)
		require.Equal(t, plan.Altered, r.Rows[0].Outcome, "%s: %+v", name, r.Rows[0])
	}
}

// A create that is answered with the id of a column that was there gets no
// grades into that column.
func TestCreateAnsweredWithAnothersID(t *testing.T) {
	t.Parallel()
	l := newLMS(t)
	l.apply(t, want(t, course(1, 2, 30)))
	theirs := l.box.Snapshot().Courses["1"].LineItems[0]
	c := l.planned(t, want(t, "  - {resourceId: new, label: New, scoreMaximum: 50, scores: [{userId: u0, scoreGiven: 5}]}\n"))
	l.meddle(func(r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
		if creates(r) {
			a := answer(r, 201, `{"id":"`+r.URL.String()+`/1","label":"New","scoreMaximum":50}`)
			a.Header.Set("Content-Type", "application/vnd.ims.lis.v2.lineitem+json")
			return a, nil
		}
		return next()
	})
	r := l.carry(c)
	require.NotEqual(t, plan.Confirmed, r.Rows[1].Outcome)
	require.Equal(t, *theirs.Result("u0").Score, l.points("u0"))
}

// A column that match has found to be another one is not taken for one that
// appeared since the plan.
func TestCreateBesideAnOldColumn(t *testing.T) {
	t.Parallel()
	l := newLMS(t)
	l.apply(t, want(t, "  - {label: Quiz, scoreMaximum: 5, scores: [{userId: u0, scoreGiven: 5}]}\n"))
	id := l.planned(t, want(t, "  - {label: Quiz, scoreMaximum: 6}\n")).Items[0].ID
	r := l.apply(t, want(t, "  - {id: \""+id+"\", key: old, label: Old quiz, scoreMaximum: 5}\n"+
		"  - {key: new, label: Quiz, scoreMaximum: 5, scores: [{userId: u0, scoreGiven: 1}]}\n"))
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	require.Len(t, l.box.Snapshot().Courses["1"].LineItems, 2)
	require.Equal(t, 5.0, l.points("u0"), "the old column keeps its grade")
}

// A grade that somebody gives in the moment of our write, which is refused as
// stale or lost on the way, is not written over.
func TestSomebodyElsesGradeIsKept(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*http.Request) (*http.Response, error){
		"409":  func(r *http.Request) (*http.Response, error) { return answer(r, 409, ""), nil },
		"400":  func(r *http.Request) (*http.Response, error) { return answer(r, 400, ""), nil },
		"lost": func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
	} {
		l := newLMS(t)
		l.apply(t, want(t, course(1, 1, 10)))
		c := l.planned(t, want(t, course(1, 1, 11)))
		var once atomic.Bool
		l.meddle(func(r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if scores(r) && once.CompareAndSwap(false, true) {
				l.hand(t, "u0", 33)
				return fail(r)
			}
			return next()
		})
		r := l.carry(c)
		require.Equal(t, 33.0, l.points("u0"), name)
		require.NotEqual(t, plan.Confirmed, r.Rows[0].Outcome, name)
	}
}

// What was stored before its answer was lost is never called not attempted,
// whatever comes after.
func TestDoubtStays(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]func(*http.Request) (*http.Response, error){
		"too many requests": func(r *http.Request) (*http.Response, error) { return answer(r, 429, ""), nil },
		"refused":           func(r *http.Request) (*http.Response, error) { return answer(r, 422, ""), nil },
		"host gone": func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		},
	} {
		l := newLMS(t)
		l.apply(t, want(t, course(1, 1, 10)))
		c := l.planned(t, want(t, course(1, 1, 11)))
		var posts, reads atomic.Int32
		l.meddle(func(r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			switch {
			case scores(r) && posts.Add(1) == 1:
				_, err := next()
				return nil, errors.Join(err, io.ErrUnexpectedEOF)
			case scores(r):
				return after(r)
			case strings.HasSuffix(r.URL.Path, "/results") && posts.Load() == 1 && reads.Add(1) <= 4:
				return answer(r, 500, ""), nil // nor can it be found out at once
			}
			return next()
		})
		r := l.carry(c)
		require.Equal(t, 11.0, l.points("u0"), name)
		require.Equal(t, plan.Confirmed, r.Rows[0].Outcome, "%s: %+v", name, r.Rows[0])
	}
}

// A grade that is gone when it is read back is altered, not as before.
func TestVanishedGrade(t *testing.T) {
	t.Parallel()
	l := newLMS(t)
	l.apply(t, want(t, course(1, 1, 10)))
	c := l.planned(t, want(t, course(1, 1, 11)))
	l.meddle(func(r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
		if scores(r) {
			rewrite(r, "FullyGraded", "Pending") // this LMS wipes such a score
		}
		return next()
	})
	r := l.carry(c)
	require.Equal(t, plan.Altered, r.Rows[0].Outcome, "%+v", r.Rows[0])
	require.Equal(t, plan.Field{Name: "scoreGiven", Before: 11.0}, r.Rows[0].Fields[0])
}

// One listing that fails or lags is read again; nothing of it stays in the
// words of a row that is confirmed.
func TestReadBackAgain(t *testing.T) {
	t.Parallel()
	l := newLMS(t)
	c := l.planned(t, want(t, course(2, 2, 0)))
	var bad atomic.Int32
	l.meddle(func(r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
		if r.Method == "GET" && strings.HasSuffix(r.URL.Path, "/results") && bad.Add(1) <= 2 {
			return answer(r, 200, `[{"userId":`), nil
		}
		return next()
	})
	r := l.carry(c)
	require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
	for _, row := range r.Rows {
		require.Empty(t, row.Why)
	}
}

// A platform that cuts its listing and heeds no filter: nothing is created
// that may be there.
func TestUnprovenListing(t *testing.T) {
	t.Parallel()
	l := newLMS(t)
	w := want(t, course(4, 1, 0))
	l.apply(t, w)
	cut := &shortSighted{Platform: l.p, heeds: false}
	c := reconcile.Plan(context.Background(), cut, w, reconcile.Options{}, reconcile.Reading{Concurrency: 8, Clock: clock{}})
	require.Equal(t, plan.HeldBack, c.Status())
	require.Equal(t, plan.UnprovenListing, c.Items[0].Held[0].Risk)

	cut.heeds = true // it answers to resource_id
	c = reconcile.Plan(context.Background(), cut, w, reconcile.Options{}, reconcile.Reading{Concurrency: 8, Clock: clock{}})
	require.Equal(t, plan.Unchanged, c.Status(), "%+v", c.Items)
}

// shortSighted shows the first two line items, and says that there may be more.
type shortSighted struct {
	reconcile.Platform
	heeds bool
}

func (p *shortSighted) LineItems(ctx context.Context) (reconcile.Listing, error) {
	all, err := p.Platform.LineItems(ctx)
	return reconcile.Listing{Items: all.Items[:min(2, len(all.Items))]}, err
}

func (p *shortSighted) LineItemsOf(ctx context.Context, resourceID string) (reconcile.Listing, error) {
	if p.heeds {
		return p.Platform.LineItemsOf(ctx, resourceID)
	}
	return p.LineItems(ctx)
}

// Nothing was written, and the report does not say that something was.
func TestNothingWritten(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]plan.Status{401: plan.Unauthorized, 429: plan.Failed} {
		l := newLMS(t)
		l.apply(t, wantCourse(t, 10))
		c := l.planned(t, wantCourse(t, 11))
		l.meddle(func(r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if scores(r) {
				return answer(r, status, ""), nil
			}
			return next()
		})
		r := l.carry(c)
		require.Equal(t, want, r.Status(), "%d: %+v", status, r.Rows)
	}
}

func wantCourse(t *testing.T, shift float64) *reconcile.Want { return want(t, course(1, 2, shift)) }
