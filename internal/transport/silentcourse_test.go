package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
)

// institution answers for many courses, except what hangs says.
type institution struct {
	mu    sync.Mutex
	came  int
	hangs func(course, what string) bool
}

func (i *institution) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	course, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	i.mu.Lock()
	i.came++
	hangs := i.hangs(course, what)
	i.mu.Unlock()
	if hangs {
		<-r.Context().Done()
	}
}

// asked is how many requests came.
func (i *institution) asked() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.came
}

// about sends a request of a course.
func about(ctx context.Context, rt http.RoundTripper, method, course, what string) error {
	r, err := http.NewRequestWithContext(agsclient.WithCourse(ctx, course), method, "http://lms/"+course+"/"+what, nil)
	if err != nil {
		return err
	}
	resp, err := rt.RoundTrip(r)
	if err == nil {
		err = resp.Body.Close()
	}
	return err
}

// run does what a run does with 30 courses: it reads the listing of each and the
// results of five items, and when all have ended it writes to those that could be
// read, and reads them back. It gives what went wrong, by course.
func run(ctx context.Context, rt http.RoundTripper) (wrong map[string][]error) {
	wrong = map[string][]error{}
	var mu sync.Mutex
	each := func(do func(course string) []error) {
		var all sync.WaitGroup
		for n := range 30 {
			course := fmt.Sprint("c", n)
			mu.Lock()
			lost := len(wrong[course]) > 0
			mu.Unlock()
			if lost {
				continue
			}
			all.Go(func() {
				errs := do(course)
				mu.Lock()
				defer mu.Unlock()
				if len(errs) > 0 {
					wrong[course] = errs
				}
			})
		}
		all.Wait()
	}
	items := func(method, course string) (errs []error) {
		var all sync.WaitGroup
		for n := range 5 {
			all.Go(func() {
				if err := about(ctx, rt, method, course, fmt.Sprintf("%d/results", n)); err != nil {
					mu.Lock()
					defer mu.Unlock()
					errs = append(errs, err)
				}
			})
		}
		all.Wait()
		return errs
	}
	each(func(course string) []error {
		if err := about(ctx, rt, "GET", course, "items"); err != nil {
			return []error{err}
		}
		return items("GET", course)
	})
	each(func(course string) []error { return items("POST", course) })
	each(func(course string) []error { return items("GET", course) })
	return wrong
}

// Courses that do not answer keep no other from being read, written to and read
// back, however few requests run at once, and though at the end of reading nobody
// but they are asked.
func TestSilentCoursesHangAlone(t *testing.T) {
	for _, concurrency := range []int{1, 8, 16} {
		for name, silent := range map[string][]string{"one": {"c17"}, "the last": {"c29"}, "six": {"c1", "c5", "c6", "c17", "c21", "c28"}} {
			t.Run(fmt.Sprint(concurrency, " ", name), func(t *testing.T) {
				in := func(course string) bool { return strings.Contains(strings.Join(silent, " ")+" ", course+" ") }
				lms := &institution{hangs: func(course, what string) bool { return in(course) && what != "items" }}
				inBubble(t, lms.ServeHTTP, func(t *testing.T, base http.RoundTripper) {
					rt := Stack(base, Config{Concurrency: concurrency, Timeout: 2 * time.Second, Now: time.Now})
					wrong := run(t.Context(), rt)
					for course, errs := range wrong {
						require.True(t, in(course), "%s: %v", course, errs)
						for _, err := range errs {
							if down, ok := errors.AsType[*DeadError](err); ok {
								require.True(t, down.Course)
							}
						}
					}
					require.Len(t, wrong, len(silent))
				})
			})
		}
	}
}

// A host that is away is given up for all courses, and what was not sent says so.
func TestSilentHost(t *testing.T) {
	for _, tc := range []struct {
		name string
		from int // the request that it dies at
	}{{"from the beginning", 0}, {"in the middle", 100}} {
		for _, concurrency := range []int{1, 8, 16} {
			t.Run(fmt.Sprint(tc.name, " ", concurrency), func(t *testing.T) {
				lms := &institution{}
				lms.hangs = func(string, string) bool { return lms.came > tc.from }
				inBubble(t, lms.ServeHTTP, func(t *testing.T, base http.RoundTripper) {
					rt := Stack(base, Config{Concurrency: concurrency, Timeout: 30 * time.Second, Now: time.Now})
					began := time.Now()
					wrong := run(t.Context(), rt)
					t.Logf("%d courses failed after %d silent requests and %s", len(wrong), lms.asked()-tc.from, time.Since(began).Round(time.Second))
					require.Greater(t, len(wrong), 10)
					// Courses that were silent while the last answers came are heard by themselves.
					require.LessOrEqual(t, time.Since(began), 10*time.Minute)
					if concurrency > 1 {
						require.LessOrEqual(t, time.Since(began), 4*time.Minute)
					}
					if tc.from > 0 {
						return
					}
					require.LessOrEqual(t, lms.asked(), 4+2*concurrency)
					var kept *DeadError
					for _, errs := range wrong {
						for _, err := range errs {
							if down, ok := errors.AsType[*DeadError](err); ok && !down.Course {
								kept = down
							}
						}
					}
					require.NotNil(t, kept)
					require.Equal(t, "not sent, because lms did not answer other requests (no answer within 30s)", agsclient.Describe(kept))
				})
			})
		}
	}
}

// What makes a host dead, request by request, of courses that fail or are answered.
func TestWhoseSilence(t *testing.T) {
	type step struct {
		course string
		err    error
	}
	many := func(course string, err error, n int) (all []step) {
		for range n {
			all = append(all, step{course, err})
		}
		return all
	}
	join := func(parts ...[]step) (all []step) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for _, tc := range []struct {
		name   string
		steps  []step
		course bool // a and
		host   bool // z, of which nothing is known, are kept back
	}{
		{"one course", many("a", errSilent, 4), true, false},
		{"one course whose connections break", many("a", errDropped, 10), true, false},
		{"two courses", join(many("a", errSilent, 3), many("b", errSilent, 3)), false, false},
		{"four courses", join(many("a", errSilent, 1), many("b", errSilent, 1), many("c", errSilent, 1), many("d", errSilent, 1)), true, true},
		{"four courses, one known to be broken",
			join(many("b", errSilent, 1), many("x", nil, 1), many("a", errSilent, 1), many("b", errSilent, 1), many("c", errSilent, 1), many("d", errSilent, 1)), false, false},
		{"an answer clears a course", join(many("a", errSilent, 3), many("a", nil, 1), many("a", errSilent, 3)), false, false},
		{"an answer to another does not", join(many("a", errSilent, 3), many("x", nil, 1), many("a", errSilent, 1)), true, false},
		{"an answer to another clears refusals", join(many("a", errRefused, 2), many("x", nil, 1), many("a", errRefused, 2)), false, false},
		{"no connection is everyone's", join(many("a", errRefused, 1), many("b", errRefused, 1), many("c", errRefused, 1)), true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{}
				rt := Breaker(f, time.Now)
				for _, s := range tc.steps {
					f.err = s.err
					require.ErrorIs(t, about(t.Context(), rt, "POST", s.course, ""), s.err)
				}
				f.err = errOther // says nothing
				for course, kept := range map[string]bool{"a": tc.course, "z": tc.host} {
					_, is := errors.AsType[*DeadError](about(t.Context(), rt, "POST", course, ""))
					require.Equal(t, kept, is, course)
				}
			})
		})
	}
}

// A course that is known to be broken does not try for the others whether the host is
// back, and is not kept from trying for itself.
func TestSilentCourseIsNoProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{err: errSilent}
		rt := Breaker(f, time.Now)
		send := func(course string) error { return about(t.Context(), rt, "POST", course, "") }
		require.Error(t, send("broken"))
		f.err = nil
		require.NoError(t, send("a"))
		f.err = errSilent
		for _, course := range []string{"a", "b", "c", "d"} {
			require.Equal(t, errSilent, send(course))
		}
		require.IsType(t, &DeadError{}, send("e"))
		require.Equal(t, errSilent, send("broken"), "while the host rests")
		time.Sleep(2 * time.Second)
		require.Equal(t, errSilent, send("broken"), "the host may be tried now")
		f.err = nil
		require.NoError(t, send("e"), "and is, by another")
		require.NoError(t, send("a"))
	})
}

// A request that was under way while the host answered others says nothing of the
// host, though it ends last.
func TestSilentSinceBeforeAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &flaky{err: errSilent, took: 2 * time.Second}
		answering := &flaky{}
		rt := Breaker(tripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/ok") {
				return answering.RoundTrip(r)
			}
			return slow.RoundTrip(r)
		}), time.Now)
		var all sync.WaitGroup
		for n := range 10 {
			all.Go(func() { about(t.Context(), rt, "GET", fmt.Sprint("c", n), "") })
		}
		time.Sleep(time.Second)
		require.NoError(t, about(t.Context(), rt, "GET", "ok", ""))
		all.Wait()
		require.NoError(t, about(t.Context(), rt, "GET", "ok", ""))
	})
}
