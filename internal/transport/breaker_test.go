package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
)

var (
	errRefused = &net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: syscall.ECONNREFUSED}
	errUnknown = &net.OpError{Op: "dial", Err: &net.DNSError{Name: "lms", Err: "no such host", IsNotFound: true}}
	errSilent  = &TimeoutError{After: 30 * time.Second}
	errDropped = &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	errOther   = errors.New("x509: whatever")
)

// flaky fails as it is told, and counts what comes through.
type flaky struct {
	mu   sync.Mutex
	err  error // nil: an answer
	took time.Duration
	came int
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.came++
	err, took := f.err, f.took
	f.mu.Unlock()
	select {
	case <-time.After(took):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	return reply(500, ""), nil
}

func send(t *testing.T, rt http.RoundTripper, host string) error {
	t.Helper()
	resp, err := rt.RoundTrip(request(t, t.Context(), "POST", "http://"+host, nil))
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func TestBreakerOpens(t *testing.T) {
	repeat := func(err error, n int) (all []error) {
		for range n {
			all = append(all, err)
		}
		return all
	}
	for _, tc := range []struct {
		name  string
		fails []error // nil: an answer
		dead  bool
		text  string
	}{
		{"refused", repeat(errRefused, 3), true, "lms does not answer: 3 requests in a row failed (cannot connect to 192.0.2.1:443: connection refused)"},
		{"refused twice", repeat(errRefused, 2), false, ""},
		{"no such host", repeat(errUnknown, 3), true, "lms does not answer: 3 requests in a row failed (there is no host named lms)"},
		{"silent", repeat(errSilent, 4), true, "lms does not answer: 4 requests in a row failed (no answer within 30s)"},
		{"silent three times", repeat(errSilent, 3), false, ""},
		{"dropped", repeat(errDropped, 10), true, "lms does not answer: 10 requests in a row failed (the connection was reset)"},
		{"dropped nine times", repeat(errDropped, 9), false, ""},
		{"closed", repeat(io.EOF, 10), true, "10 requests in a row failed (the connection was closed without an answer)"},
		{"a mix", []error{errSilent, errRefused, errDropped, errDropped, errSilent}, true, "lms does not answer: 5 requests in a row failed (no answer within 30s)"},
		{"an answer between", []error{errRefused, errRefused, nil, errRefused, errRefused}, false, ""},
		{"answers of another kind", repeat(errOther, 20), false, ""},
		{"others between", []error{errRefused, errOther, errRefused, errOther, errRefused}, true, "3 requests in a row"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{}
				rt := Breaker(f, time.Now)
				for _, f.err = range tc.fails {
					require.Equal(t, f.err, send(t, rt, "lms"))
				}
				f.err = nil
				err := send(t, rt, "lms")
				if !tc.dead {
					require.NoError(t, err)
					return
				}
				var down *DeadError
				require.ErrorAs(t, err, &down)
				require.ErrorContains(t, err, tc.text)
				require.Equal(t, len(tc.fails), f.came, "nothing is sent")
				require.NoError(t, send(t, rt, "other"), "another host of the platform")
				shown := agsclient.Describe(tc.fails[len(tc.fails)-1])
				if weight(tc.fails[len(tc.fails)-1]) != refusal { // that is as true of this one
					shown = "not sent, because lms did not answer other requests (" + shown + ")"
				}
				require.Equal(t, shown, agsclient.Describe(fmt.Errorf("SECRET %w", err)))
			})
		})
	}
}

// Once rested, one request finds out; all others fail meanwhile.
func TestBreakerProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{err: errSilent, took: 30 * time.Second}
		rt := Breaker(f, time.Now)
		var wg sync.WaitGroup
		for range 8 { // at once: the second half adds nothing
			wg.Go(func() { send(t, rt, "lms") })
		}
		wg.Wait()
		require.Equal(t, 8, f.came)
		failing := func(n int) {
			t.Helper()
			began := time.Now()
			for range n {
				var down *DeadError
				require.ErrorAs(t, send(t, rt, "lms"), &down)
			}
			require.Zero(t, time.Since(began))
		}
		failing(100)
		time.Sleep(29 * time.Second)
		failing(1)
		time.Sleep(2 * time.Second)
		go send(t, rt, "lms")
		synctest.Wait()
		require.Equal(t, 9, f.came, "the probe is under way")
		failing(10)
		time.Sleep(31 * time.Second)
		failing(1)
		require.Equal(t, 9, f.came, "it failed, and the host rests again")
		time.Sleep(30 * time.Second)

		// A probe whose caller leaves leaves the finding out to the next.
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := rt.RoundTrip(request(t, ctx, "GET", "http://lms", nil))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		f.err, f.took = nil, 0
		require.NoError(t, send(t, rt, "lms"))
		require.NoError(t, send(t, rt, "lms"), "all are let through again")
		require.Equal(t, 12, f.came)
	})
}

// What was under way when the host was taken for dead and fails later lets no
// second request through.
func TestBreakerLetsOneThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{err: errSilent, took: 30 * time.Second}
		rt := Breaker(f, time.Now)
		for range 8 { // failing at 30, 31, ... 37; the host is dead from 33 on
			go send(t, rt, "lms")
			time.Sleep(time.Second)
		}
		time.Sleep(55500*time.Millisecond + time.Millisecond)
		for range 10 { // one each half second from 63.5 on
			go send(t, rt, "lms")
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(time.Minute) // all have ended
		synctest.Wait()
		f.mu.Lock()
		defer f.mu.Unlock()
		require.Equal(t, 9, f.came)
	})
}

func TestBreakerRestsASecondAtLeast(t *testing.T) {
	for name, now := range map[string]func() time.Time{"a clock": time.Now, "none": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{err: errRefused}
				rt := Breaker(f, now)
				for range 3 {
					send(t, rt, "lms")
				}
				f.err = nil
				time.Sleep(999 * time.Millisecond)
				require.Error(t, send(t, rt, "lms"))
				time.Sleep(2 * time.Millisecond)
				require.NoError(t, send(t, rt, "lms"))
			})
		})
	}
}

func TestBreakerIgnoresCallersOwnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{took: time.Hour}
		rt := Breaker(f, time.Now)
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := rt.RoundTrip(request(t, ctx, "GET", "http://lms", nil))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
		}
		require.Equal(t, 20, f.came)
	})
}

// The whole stack and a host that hangs: 200 writes do not cost 200 timeouts, and
// none of those that were held back may have been carried out.
func TestDeadHostFailsFast(t *testing.T) {
	var c *agsclient.Client
	came := 0
	var mu sync.Mutex
	inBubble(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		came++
		mu.Unlock()
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}, func(t *testing.T, base http.RoundTripper) {
		var err error
		rt := Stack(base, Config{Concurrency: 8, RequestsPerSecond: 50, Timeout: 30 * time.Second, Now: time.Now})
		c, err = agsclient.New(&http.Client{Transport: rt}, bearer{}, agsclient.Endpoint{LineItemsURL: "http://localhost/items"}, agsclient.Options{})
		require.NoError(t, err)
		began := time.Now()
		held := 0
		for range 200 {
			err := c.DeleteLineItem(t.Context(), "http://localhost/items/1")
			var down *DeadError
			if errors.As(err, &down) {
				held++
				require.True(t, agsclient.NotSent(err))
				require.EqualError(t, err, "delete line item: DELETE http://localhost/items/1: not sent, because localhost did not answer other requests of this course (no answer within 30s)")
				require.EqualError(t, down, "localhost does not answer for this course: 4 requests in a row failed (no answer within 30s)")
			} else {
				require.EqualError(t, err, "delete line item: DELETE http://localhost/items/1: no answer within 30s")
				require.False(t, agsclient.NotSent(err))
			}
		}
		require.Equal(t, 196, held)
		require.Equal(t, 4, came)
		require.Less(t, time.Since(began), 125*time.Second)

		_, err = c.LineItems(t.Context(), agsclient.LineItemFilter{})
		var down *DeadError
		require.ErrorAs(t, err, &down, "reads are not repeated either")
		require.Equal(t, 4, came)
	})
}
