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

func TestConcurrencyHoldsUntilClose(t *testing.T) {
	now, most := 0, 0
	var mu sync.Mutex
	inBubble(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(5 * time.Millisecond)
		mu.Lock()
		now--
		mu.Unlock()
	}, func(t *testing.T, base http.RoundTripper) {
		rt := Pace(base, 3, 0, nil)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				resp, err := rt.RoundTrip(request(t, t.Context(), "GET", "http://lms", nil))
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				resp.Body.Close() // a second close frees no second slot
			})
		}
		wg.Wait()
		require.Equal(t, 3, most)

		one := Pace(base, 1, 0, nil)
		resp, err := one.RoundTrip(request(t, t.Context(), "GET", "http://lms", nil))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		sent := &watched{Reader: strings.NewReader("x")}
		_, err = one.RoundTrip(request(t, ctx, "POST", "http://lms", sent))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "free slot")
		require.True(t, sent.closed.Load())
		resp.Body.Close()
		resp, err = one.RoundTrip(request(t, t.Context(), "GET", "http://lms", nil))
		require.NoError(t, err, "the slot is free again")
		resp.Body.Close()
	})
}

func TestPaceFreesAfterErrors(t *testing.T) {
	boom := errors.New("boom")
	rt := Pace(tripper(func(*http.Request) (*http.Response, error) { return nil, boom }), 1, 0, nil)
	for range 3 {
		_, err := rt.RoundTrip(request(t, t.Context(), "GET", "http://localhost", nil))
		require.ErrorIs(t, err, boom)
	}
}

// answers gives one status after the other, the last one for ever, and notes when
// it was asked.
type answers struct {
	mu   sync.Mutex
	list []*http.Response
	at   []time.Time
}

func reply(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func (a *answers) RoundTrip(*http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := min(len(a.at), len(a.list)-1)
	a.at = append(a.at, time.Now())
	resp := *a.list[i]
	return &resp, nil
}

// post sends one request and gives the status.
func post(t *testing.T, rt http.RoundTripper) int {
	t.Helper()
	resp, err := rt.RoundTrip(request(t, t.Context(), "POST", "http://localhost", nil))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ok := &answers{list: []*http.Response{reply(200, "")}}
		run := func(n int, perSecond float64) time.Duration {
			rt := Pace(ok, 0, perSecond, nil)
			began := time.Now()
			for range n {
				post(t, rt)
			}
			return time.Since(began)
		}
		require.Zero(t, run(50, 50), "a burst of one second's worth")
		require.InDelta(t, 0.12, run(56, 50).Seconds(), 1e-6)
		require.Zero(t, run(500, 0), "unlimited")
		require.Zero(t, run(1, 0.1), "a burst of at least one")

		limited := Pace(ok, 2, 0.1, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, err := limited.RoundTrip(request(t, ctx, "GET", "http://localhost", nil))
		require.NoError(t, err)
		_, err = limited.RoundTrip(request(t, ctx, "GET", "http://localhost", nil))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "request rate")
	})
}

// For how long nobody is sent after a refusal.
func TestPauses(t *testing.T) {
	const late = "rate limit exceeded"
	for _, tc := range []struct {
		name          string
		first, second *http.Response
		least, most   time.Duration
	}{
		{"as asked", reply(429, "", "Retry-After", "7"), reply(200, ""), 7 * time.Second, 7 * time.Second},
		{"busy, as asked", reply(503, "", "Retry-After", "7"), reply(200, ""), 7 * time.Second, 7 * time.Second},
		{"half a minute at most", reply(429, "", "Retry-After", "30"), reply(200, ""), 30 * time.Second, 30 * time.Second},
		{"until a date", reply(429, "", "Date", "Tue, 04 Mar 2025 04:06:07 GMT", "Retry-After", "Tue, 04 Mar 2025 04:06:17 GMT"), reply(200, ""), 10 * time.Second, 10 * time.Second},
		{"nothing asked", reply(429, ""), reply(200, ""), 800 * time.Millisecond, 1200 * time.Millisecond},
		{"Canvas", reply(403, "403 Forbidden ("+late+")"), reply(200, ""), 800 * time.Millisecond, 1200 * time.Millisecond},
		{"nothing left", reply(403, "", "X-Rate-Limit-Remaining", "0.0"), reply(200, ""), 800 * time.Millisecond, 1200 * time.Millisecond},
		{"forbidden", reply(403, "no", "X-Rate-Limit-Remaining", "600"), reply(200, ""), 0, 0},
		{"busy", reply(503, ""), reply(200, ""), 0, 0},
		{"well", reply(200, late, "Retry-After", "9", "X-Rate-Limit-Remaining", "0"), reply(200, ""), 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{list: []*http.Response{tc.first, tc.second}}
				rt := Pace(a, 8, 50, nil)
				resp, err := rt.RoundTrip(request(t, t.Context(), "POST", "http://localhost", nil))
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				if strings.Contains(tc.name, "Canvas") {
					require.Equal(t, "403 Forbidden ("+late+")", string(text), "what was peeked at is there to be read")
				}
				post(t, rt)
				pause := a.at[1].Sub(a.at[0])
				require.True(t, pause >= tc.least && pause <= tc.most, "%s", pause)
			})
		})
	}
}

// A pause that begins while the next request waits for the rate holds it too.
func TestPauseWhileWaitingForTheRate(t *testing.T) {
	var at []time.Duration
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		rt := Pace(tripper(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(began))
			if len(at) > 1 {
				return reply(200, ""), nil
			}
			time.Sleep(500 * time.Millisecond)
			return reply(429, "", "Retry-After", "5"), nil
		}), 2, 1, nil)
		var wg sync.WaitGroup
		wg.Go(func() { post(t, rt) })
		synctest.Wait()
		wg.Go(func() { post(t, rt) })
		wg.Wait()
	})
	require.Len(t, at, 2)
	require.GreaterOrEqual(t, at[1], 5500*time.Millisecond)
	require.Less(t, at[1], 10*time.Second)
}

// Without a Retry-After pauses double up to half a minute, and begin again after an
// answer that is no refusal.
func TestPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{}
		for range 7 {
			a.list = append(a.list, reply(403, "Rate Limit Exceeded"))
		}
		a.list = append(a.list, reply(200, ""), reply(429, ""), reply(200, ""))
		rt := Pace(a, 8, 0, nil)
		for range len(a.list) {
			post(t, rt)
		}
		for i, want := range []float64{1, 2, 4, 8, 16, 30, 30, 0, 1} {
			require.InDelta(t, want, a.at[i+1].Sub(a.at[i]).Seconds(), 0.2*want, "pause %d", i+1)
		}
	})
}

// Who asks for more patience than there is is not asked again for half a minute:
// a thousand scores shall not each wait half a minute to be refused.
func TestBusy(t *testing.T) {
	for _, tc := range []struct {
		after    string
		refusals int
		took     time.Duration
		want     BusyError
		text     string
	}{
		{"999999", 1, 0, BusyError{Asked: 999999 * time.Second}, "it said that requests come too fast and asked to wait 277h46m39s"},
		{"31", 1, 0, BusyError{Asked: 31 * time.Second}, "it said that requests come too fast and asked to wait 31s"},
		{"29", 5, 4 * 29 * time.Second, BusyError{Waited: 5 * 29 * time.Second}, "it went on saying that requests come too fast, with pauses of 2m25s in all"},
	} {
		t.Run(tc.after, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{}
				for range tc.refusals {
					a.list = append(a.list, reply(429, "", "Retry-After", tc.after))
				}
				a.list = append(a.list, reply(200, ""), reply(200, ""))
				rt := Pace(a, 8, 0, nil)
				began := time.Now()
				for range tc.refusals {
					post(t, rt)
				}
				var wg sync.WaitGroup
				errs := make([]error, 20)
				for i := range errs {
					r := request(t, t.Context(), "POST", "http://localhost", nil)
					wg.Go(func() { _, errs[i] = rt.RoundTrip(r) })
				}
				wg.Wait()
				for _, err := range errs {
					var busy *BusyError
					require.ErrorAs(t, err, &busy)
					require.Equal(t, tc.want, *busy)
					require.True(t, busy.NotSent())
					require.Equal(t, tc.want.Asked, busy.RetryAfter())
					require.Equal(t, tc.text, agsclient.Describe(err))
				}
				require.Equal(t, tc.took, time.Since(began))
				require.Len(t, a.at, tc.refusals, "nothing else was sent")
				time.Sleep(maxPause + 1)
				post(t, rt)
				post(t, rt)
				require.Len(t, a.at, tc.refusals+2, "and then it is asked again")
			})
		})
	}
}

// Those who waited for a pause's end do not all come at once: one finds out.
func TestPauseEndsGently(t *testing.T) {
	running, most, refused := 0, 0, false
	var mu sync.Mutex
	inBubble(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		running++
		most = max(most, running)
		first := !refused
		refused = true
		mu.Unlock()
		if first {
			time.Sleep(time.Millisecond) // so that it is alone
			tooMany(w)
		} else {
			time.Sleep(100 * time.Millisecond)
		}
		mu.Lock()
		running--
		mu.Unlock()
	}, func(t *testing.T, base http.RoundTripper) {
		rt := Pace(base, 8, 0, nil)
		atOnce := func() int {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return running
		}
		began := time.Now()
		post(t, rt)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { post(t, rt) })
		}
		time.Sleep(900 * time.Millisecond)
		require.Zero(t, atOnce(), "nobody is sent meanwhile")
		time.Sleep(150 * time.Millisecond)
		require.Equal(t, 1, atOnce(), "one goes ahead")
		wg.Wait()
		require.Greater(t, most, 2, "and the others follow")
		require.Less(t, most, 8)
		require.Less(t, time.Since(began), 3*time.Second)
	})
}

// Before it comes to a refusal: little left means one at a time, and that ends.
func TestRemaining(t *testing.T) {
	left, running, most := 100, 0, 0
	var mu sync.Mutex
	inBubble(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		time.Sleep(10 * time.Millisecond)
		mu.Lock()
		running--
		w.Header().Set("X-Rate-Limit-Remaining", fmt.Sprint(left))
		mu.Unlock()
	}, func(t *testing.T, base http.RoundTripper) {
		rt := Pace(base, 8, 0, nil)
		for _, step := range []struct{ left, most int }{{100, 8}, {26, 8}, {24, 1}, {-5, 1}, {40, 8}} {
			left = step.left
			post(t, rt) // tells what is left
			most = 0
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() { post(t, rt) })
			}
			wg.Wait()
			require.Equal(t, step.most, most, "%d left", step.left)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{list: []*http.Response{reply(429, "", "Retry-After", "20"), reply(200, "")}}
		rt := Pace(a, 2, 0, nil)
		post(t, rt)
		began := time.Now()
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(gone) })
		var wg sync.WaitGroup
		for range 5 { // the head of the line, and those behind it
			wg.Go(func() {
				_, err := rt.RoundTrip(request(t, ctx, "POST", "http://localhost", nil))
				if !errors.Is(err, gone) || !strings.HasSuffix(err.Error(), ": cancelled") {
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, time.Second, time.Since(began))
		require.Len(t, a.at, 1)
		require.Equal(t, 200, post(t, rt))
		require.Equal(t, 20*time.Second, time.Since(began), "who is left is served after the pause")
		_, err := rt.RoundTrip(request(t, ctx, "POST", "http://localhost", nil))
		require.ErrorIs(t, err, gone)
		require.Len(t, a.at, 2)
	})
}

// A request that was held back is known not to have been sent.
func TestWaitingIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := Pace(&answers{list: []*http.Response{reply(429, "", "Retry-After", "20")}}, 2, 0, nil)
		post(t, rt)
		c, err := agsclient.New(&http.Client{Transport: rt}, bearer{}, agsclient.Endpoint{LineItemsURL: "http://localhost/items"}, agsclient.Options{})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = c.DeleteLineItem(ctx, "http://localhost/items/1")
		require.ErrorContains(t, err, "waiting for the end of a pause, after the platform said that requests come too fast: the time is up")
		require.True(t, agsclient.NotSent(err))
	})
}

// bearer gives a token without asking for it.
type bearer struct{}

func (bearer) Token(context.Context, []string) (agsclient.Token, error) {
	return agsclient.Token{Value: "x"}, nil
}
func (bearer) Discard(agsclient.Token) {}

func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		rt := Pace(tripper(func(r *http.Request) (*http.Response, error) {
			order = append(order, r.URL.Path)
			time.Sleep(time.Second)
			return reply(200, ""), nil
		}), 1, 0, nil)
		var wg sync.WaitGroup
		var want []string
		for i := range 30 {
			want = append(want, fmt.Sprint("/", i))
			wg.Go(func() {
				resp, err := rt.RoundTrip(request(t, t.Context(), "GET", fmt.Sprint("http://localhost/", i), nil))
				if err == nil {
					resp.Body.Close()
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		require.Equal(t, want, order)
	})
}

// Width and rate as they fall and recover, without any waiting.
func TestTempo(t *testing.T) {
	refusal := http.Header{"Retry-After": {"2"}}
	tm := newTempo(8, 50)
	var sent []int64
	for range 8 {
		require.True(t, tm.room(len(sent)))
		sent = append(sent, tm.begin())
	}
	require.False(t, tm.room(8))
	require.Equal(t, 2*time.Second, tm.answered(sent[0], true, refusal, 8))
	require.Equal(t, 4.0, tm.width)
	require.Equal(t, 25.0, tm.rate)
	for i := range 3 {
		require.Equal(t, 2*time.Second, tm.answered(sent[i+1], true, refusal, 7-i), "it is heard")
	}
	require.Zero(t, tm.answered(sent[4], true, nil, 4), "a refusal of the old tempo is no news")
	require.Zero(t, tm.answered(sent[5], false, nil, 3))
	require.Equal(t, 4.0, tm.width, "once for all that were on their way")
	require.True(t, tm.careful, "their successes say nothing either")
	require.False(t, tm.room(1))
	require.True(t, tm.room(0))

	require.Zero(t, tm.answered(tm.begin(), false, nil, 1))
	require.True(t, tm.room(3))
	require.False(t, tm.room(4))
	for range 4 {
		tm.answered(tm.begin(), false, nil, 4)
	}
	require.InDelta(t, 5, tm.width, 0.2, "by about one each time round")
	for range 200 {
		tm.answered(tm.begin(), false, nil, 4)
	}
	require.Equal(t, 8.0, tm.width)
	require.Equal(t, 50.0, tm.rate)

	for range 20 {
		tm.answered(tm.begin(), true, refusal, 1)
	}
	require.Equal(t, 1.0, tm.width)
	require.Equal(t, 5.0, tm.rate)
	tm.answered(tm.begin(), false, nil, 1)
	require.True(t, tm.room(0), "never nothing at all")

	free := newTempo(0, 0)
	require.True(t, free.room(1_000_000))
	free.answered(free.begin(), true, refusal, 10)
	free.answered(free.begin(), false, nil, 1)
	require.True(t, free.room(4))
	require.False(t, free.room(6))
	free.answered(free.begin(), false, http.Header{"X-Rate-Limit-Remaining": {"NaN"}}, 1)
	require.True(t, free.room(4))
}

// Many at once, in real time, under the race detector.
func TestPaceIsSafe(t *testing.T) {
	var mu sync.Mutex
	n := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if n++; n == 20 {
			w.Header().Set("X-Rate-Limit-Remaining", "0")
			w.WriteHeader(403)
		}
	})
	rt := Stack(base(t), Config{Concurrency: 8, RequestsPerSecond: 1000, Counters: &Counters{}, Now: time.Now})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 10 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				resp, err := rt.RoundTrip(request(t, ctx, "GET", url, nil))
				if err != nil {
					t.Error(err)
				} else {
					resp.Body.Close()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	require.Equal(t, 161, n, "and the one that was refused again")
}
