package sandbox

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

// burst sends n requests one after the other and counts the answers by status.
func (b *bubble) burst(t *testing.T, n int) map[int]int {
	t.Helper()
	count := map[int]int{}
	for range n {
		count[b.listing(t).StatusCode]++
	}
	return count
}

func (b *bubble) listing(t *testing.T) *http.Response {
	t.Helper()
	resp, err := b.request(t.Context(), "GET", items, "")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log seen
		b := inMemory(t, Options{RequestsPerSecond: 40, Observe: log.observe})
		require.Equal(t, map[int]int{200: 40, 429: 60}, b.burst(t, 100))
		require.Equal(t, 429, log.last().Status)
		require.Empty(t, log.last().Fault)
		refused := b.listing(t)
		require.Equal(t, "1", refused.Header.Get("Retry-After"))
		require.Equal(t, typeJSON, refused.Header.Get("Content-Type"))
		require.Empty(t, refused.Header.Values("X-Rate-Limit-Remaining"))
		resp, err := b.client.PostForm(InProcessURL+TokenPath, nil)
		require.NoError(t, err)
		require.Equal(t, 400, resp.StatusCode, "tokens are for free")
		require.NoError(t, resp.Body.Close())

		time.Sleep(time.Second / 2)
		require.Equal(t, map[int]int{200: 20, 429: 5}, b.burst(t, 25))
		time.Sleep(10 * time.Minute)
		require.Equal(t, map[int]int{200: 40, 429: 1}, b.burst(t, 41), "no more than a second's worth is saved up")
	})
}

func TestThrottleOfFewRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := inMemory(t, Options{RequestsPerSecond: 0.2})
		require.Equal(t, map[int]int{200: 1, 429: 1}, b.burst(t, 2), "one at the least")
		require.Equal(t, "5", b.listing(t).Header.Get("Retry-After"))
		time.Sleep(2500 * time.Millisecond)
		require.Equal(t, "3", b.listing(t).Header.Get("Retry-After"))
		time.Sleep(2500 * time.Millisecond)
		require.Equal(t, 200, b.listing(t).StatusCode)
	})
}

// Whoever waits as told is let in.
func TestRetryAfterIsEnough(t *testing.T) {
	for tenths := 1; tenths < 60; tenths++ {
		throttle, now := &throttle{rate: float64(tenths) / 10}, newClock().Now()
		refused := 0
		for range 200 {
			wait := throttle.enter(&call{now: now}, false)
			if wait == 0 {
				continue
			}
			refused++
			now = now.Add(time.Duration(wait) * time.Second)
			require.Zero(t, throttle.enter(&call{now: now}, false), "%v a second, after %d s", throttle.rate, wait)
		}
		require.NotZero(t, refused)
	}
}

func remaining(t *testing.T, h http.Header) float64 {
	t.Helper()
	left, err := strconv.ParseFloat(h.Get("X-Rate-Limit-Remaining"), 64)
	require.NoError(t, err)
	return left
}

func TestThrottleAsCanvas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := inMemory(t, Options{RequestsPerSecond: 40, Quirks: []quirk.Quirk{quirk.Throttles403}})
		first := b.listing(t)
		require.Equal(t, "15", first.Header.Get("X-Request-Cost"))
		require.Equal(t, 585.0, remaining(t, first.Header))
		require.Equal(t, map[int]int{200: 39, 403: 1}, b.burst(t, 40))

		resp, err := b.request(t.Context(), "GET", items, "")
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, 403, resp.StatusCode)
		require.Equal(t, "403 Forbidden (Rate Limit Exceeded)\n", string(body))
		require.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
		require.Empty(t, resp.Header.Values("Retry-After"))
		require.Equal(t, 0.0, remaining(t, resp.Header))

		time.Sleep(time.Second / 2)
		resp, err = b.client.PostForm(InProcessURL+TokenPath, nil)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, "0", resp.Header.Get("X-Request-Cost"))
		require.Equal(t, 300.0, remaining(t, resp.Header), "it refills")
	})
}

// Requests at the same time are charged ahead, and get it back.
func TestThrottleChargesAhead(t *testing.T) {
	for _, as := range []quirk.Quirk{"", quirk.Throttles403} {
		synctest.Test(t, func(t *testing.T) {
			hold := make(chan struct{})
			o := Options{RequestsPerSecond: 10, Observe: func(r Request) {
				if r.Status == 200 {
					<-hold
				}
			}}
			if as != "" {
				o.Quirks = []quirk.Quirk{as}
			}
			b := inMemory(t, o)
			count := map[int]int{}
			var mu sync.Mutex
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					status, _, err := b.fetch(t.Context(), "GET", items, "")
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					count[status]++
				})
			}
			synctest.Wait()
			close(hold)
			wg.Wait()
			if as == "" {
				require.Equal(t, map[int]int{200: 10}, count)
				return
			}
			// The sixth would need 6 of 10 and 5/12 of all on top.
			require.Equal(t, map[int]int{200: 5, 403: 5}, count)
			require.Equal(t, map[int]int{200: 5, 403: 1}, b.burst(t, 6), "given back")
		})
	}
}

func TestUnlimitedCanvas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := inMemory(t, Options{Quirks: []quirk.Quirk{quirk.Throttles403}})
		require.Equal(t, map[int]int{200: 700}, b.burst(t, 700))
		last := b.listing(t)
		require.Equal(t, "1", last.Header.Get("X-Request-Cost"))
		require.Equal(t, 600.0, remaining(t, last.Header))
	})
}
