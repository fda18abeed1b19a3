package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/gradesync/gradesync/agsclient"
)

const (
	// A quarter of all requests may fail, and a listing of many pages still come. Who
	// reads repeats nothing on top of it: see [agsclient.InTransit].
	defaultRetries = 5
	firstPause     = 250 * time.Millisecond // grows by half each time, with jitter
	maxPause       = 30 * time.Second       // also of a Retry-After, here and in Pace
	maxWaiting     = time.Minute            // all pauses of one GET together
	discardTime    = time.Second            // for the body of an answer that is not wanted
)

// Retry sends a GET again if it failed in a way that may pass: a dropped
// connection, 429 (or a 403 that means it), 500, 502, 503, 504, and one time a
// timeout. A connection that is refused, a host that is unknown and one that is
// taken for dead fail at once. A Retry-After is waited for;
// if it asks for more than half a minute, or for more than a minute with those before
// it, the answer goes to the caller as it is. So does the last answer when the retries are used up (0: 5).
//
// What is not repeated here, an answer's content, is for the reader to ask for again;
// what is, is not: [agsclient.InTransit] tells the two apart.
//
// Other methods pass through: whether a write may be repeated is not for a
// transport to say. A body that breaks off after the header is not repaired either.
func Retry(next http.RoundTripper, retries int) http.RoundTripper {
	if retries == 0 {
		retries = defaultRetries
	}
	return &retry{next: next, retries: retries, sleep: sleep}
}

type retry struct {
	next    http.RoundTripper
	retries int
	sleep   func(context.Context, time.Duration) error
}

func (t *retry) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet || r.Body != nil && r.Body != http.NoBody {
		return t.next.RoundTrip(r)
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = firstPause, maxPause
	sending, timeouts, waiting := r.Context(), 0, time.Duration(0)
	for try := 0; ; try++ {
		ctx, stop := context.WithCancel(sending)
		resp, err := t.next.RoundTrip(r.WithContext(ctx))
		if err != nil {
			stop()
		} else {
			resp.Body = &body{ReadCloser: resp.Body, closed: stop}
		}
		if try >= t.retries || r.Context().Err() != nil {
			return resp, err
		}
		pause := pauses.NextBackOff()
		switch {
		case err != nil && timedOut(err):
			if timeouts++; timeouts > 1 {
				return nil, err
			}
		case err != nil:
			if !agsclient.Dropped(err) {
				return nil, err
			}
		case !busy(resp):
			return resp, nil
		default:
			pause = max(pause, agsclient.RetryAfter(resp.Header))
			if waiting += pause; pause > maxPause || waiting > maxWaiting {
				return resp, nil
			}
			discard(resp.Body, stop)
		}
		sending = agsclient.WithRepeat(r.Context(), true)
		if err := t.sleep(r.Context(), pause); err != nil {
			return nil, err
		}
	}
}

func busy(resp *http.Response) bool { return agsclient.Busy(resp.StatusCode) || throttled(resp) }

func timedOut(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// discard reads a little, so that the connection can be used again, and closes.
// An answer that takes its time is stopped: it holds a slot.
func discard(b io.ReadCloser, stop func()) {
	defer time.AfterFunc(discardTime, stop).Stop()
	io.Copy(io.Discard, io.LimitReader(b, 64<<10)) // an error is the next attempt's business
	b.Close()
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
