package lab

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/internal/transport"
	"github.com/gradesync/gradesync/plan"
)

// course is items columns with a score each of so many people.
func course(items, people int, points float64, comment string) string {
	var b strings.Builder
	for i := range items {
		fmt.Fprintf(&b, "\n  - resourceId: hw%d\n    label: Homework %d\n    scoreMaximum: 100\n    scores:\n", i, i)
		for p := range people {
			fmt.Fprintf(&b, "      - {userId: %q, scoreGiven: %v%s}\n", fmt.Sprint(1000+p), points+float64(p%7), comment)
		}
	}
	return b.String()
}

// enrol makes people students of the bench's course.
func (b *Bench) enrol(t *testing.T, people int) {
	t.Helper()
	for p := range people {
		require.NoError(t, b.Box.AddMember(Course, sandbox.Member{UserID: fmt.Sprint(1000 + p)}))
	}
}

// A quarter of all requests go wrong: one apply of 20 line items and 200
// scores does it all the same, and makes nothing twice.
func TestOneApplyInAStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const share = 0.25 / 3
				b := Open(t, Options{Sandbox: sandbox.Options{Seed: seed, Faults: []sandbox.Fault{
					{Kind: sandbox.FaultStatus, Status: 503, Share: share},
					{Kind: sandbox.FaultDropAfter, Share: share / (1 - share)},
					{Kind: sandbox.FaultTruncate, Share: share / (1 - 2*share)},
				}}})
				r, problems := b.Once(t.Context(), course(20, 10, 60, ""), nil, true)
				require.Empty(t, problems)
				require.Equal(t, plan.Applied, r.Status())
				require.Len(t, b.LMS.Truth().Columns, 20)
			})
		})
	}
}

// Whoever is told to slow down does.
func TestThrottling(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		profile       string
		quirks        []quirk.Quirk
		items, people int
		most          int64
	}{
		{"Retry-After", "", nil, 10, 40, 120},
		{"Canvas's 403", "", []quirk.Quirk{quirk.Throttles403}, 5, 30, 80},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var writes, refused atomic.Int64
				b := Open(t, Options{
					Limits: transport.Config{Concurrency: 8, RequestsPerSecond: 50},
					Sandbox: sandbox.Options{Profile: tc.profile, Quirks: tc.quirks, RequestsPerSecond: 40, Observe: func(r sandbox.Request) {
						switch {
						case r.Status == http.StatusTooManyRequests, r.Status == http.StatusForbidden:
							refused.Add(1)
						case r.Method != http.MethodGet && r.Kind != "token":
							writes.Add(1)
						}
					}},
				})
				b.enrol(t, tc.people)
				began := time.Now()
				r, problems := b.Once(t.Context(), course(tc.items, tc.people, 60, ""), nil, true)
				require.Empty(t, problems)
				require.Equal(t, plan.Applied, r.Status())
				require.EqualValues(t, tc.items*(1+tc.people), writes.Load())
				t.Logf("%d writes at 40/s: %d refusals, %v", writes.Load(), refused.Load(), time.Since(began).Round(time.Second))
				require.Less(t, refused.Load(), tc.most)
				require.Less(t, time.Since(began), 3*time.Duration(writes.Load())*time.Second/40+20*time.Second, "slow, but not asleep")
			})
		})
	}
}

// A host that answers no more costs seconds, not a timeout for each row; and
// the report accounts for all of them.
func TestDeadHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := Open(t, Options{Sandbox: sandbox.Options{Faults: []sandbox.Fault{{Kind: sandbox.FaultHang, Share: 1, Skip: 40}}}})
		b.enrol(t, 60)
		began := time.Now()
		r, problems := b.Once(t.Context(), course(5, 60, 60, ""), nil, false)
		require.Empty(t, problems)
		require.Equal(t, plan.Part, r.Status())
		require.Len(t, r.Rows, 5*61)
		t.Logf("305 rows on a host that dies after 40 requests: %v", time.Since(began).Round(time.Second))
		require.Less(t, time.Since(began), 3*time.Minute)
	})
}

// On Canvas a second apply adds no comment and costs no attempt, whatever
// answers were lost in the first.
func TestCanvasTwice(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]sandbox.Fault{
		"calm":         nil,
		"lost answers": {{Kind: sandbox.FaultDropAfter, On: "scores", Share: 0.3}},
		"throttled":    {{Kind: sandbox.FaultStatus, On: "scores", Status: 429, Share: 0.3}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := Open(t, Options{Sandbox: sandbox.Options{Profile: quirk.Canvas, Faults: faults}})
				b.enrol(t, 10)
				once := func(files string) {
					for range 2 {
						r, problems := b.Once(t.Context(), files, nil, true)
						require.Empty(t, problems)
						require.Contains(t, []plan.Status{plan.Applied, plan.Unchanged}, r.Status())
					}
				}
				once(course(2, 10, 60, ", comment: Well done"))
				require.NoError(t, b.Box.Update(func(st *sandbox.State) error {
					for _, i := range st.Courses[Course].LineItems {
						i.AllowedAttempts = 1
					}
					return nil
				}))
				once(course(2, 10, 70, ", comment: Well done")) // other points, the same comment
				once(course(2, 10, 70, ""))                     // the comment is the teacher's business now
				once(course(2, 10, 80, ""))
				for _, c := range b.LMS.Truth().Columns {
					require.Len(t, c.Cells, 10)
					for user, cell := range c.Cells {
						require.Equal(t, []string{"Well done"}, cell.Comments, "%s: the student reads it once", user)
						require.Zero(t, cell.Attempts, user)
					}
				}
			})
		})
	}
}

// On Moodle a comment alone arrives, and one that no file names survives a new
// score.
func TestMoodleComments(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := Open(t, Options{Sandbox: sandbox.Options{Profile: quirk.Moodle}})
		b.enrol(t, 3)
		for _, files := range []string{
			course(1, 3, 60, ", comment: One"),
			course(1, 3, 60, ", comment: Two"), // the comment alone
			course(1, 3, 70, ""),               // the score alone
		} {
			r, problems := b.Once(t.Context(), files, nil, true)
			require.Empty(t, problems)
			require.Equal(t, plan.Applied, r.Status(), "%+v", r.Rows)
		}
		for user, cell := range b.LMS.Truth().Columns[0].Cells {
			require.Equal(t, []string{"Two"}, cell.Comments, user)
			require.GreaterOrEqual(t, *cell.Score, 70.0, user)
		}
	})
}
