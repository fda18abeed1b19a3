package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// TimeoutError says that an attempt took too long. It is a
// [context.DeadlineExceeded] and a [net.Error] whose Timeout is true.
type TimeoutError struct{ After time.Duration }

var _ net.Error = (*TimeoutError)(nil)

func (e *TimeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.After) }

// Described says that the text may be shown: it holds nothing of a server's.
func (e *TimeoutError) Described() string { return e.Error() }

// Timeout is true.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary is true: the next attempt may be quicker.
func (e *TimeoutError) Temporary() bool { return true }

// Is makes it a context.DeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Timeout gives each attempt so long, until its body has been read. An attempt
// that is stopped by the request's own context ends with that context's error.
func Timeout(next http.RoundTripper, after time.Duration) http.RoundTripper {
	return tripper(func(r *http.Request) (*http.Response, error) {
		late := &TimeoutError{After: after}
		ctx, cancel := context.WithTimeoutCause(r.Context(), after, late)
		// Whatever error the cancellation turns up as, its cause tells whose it is.
		name := func(err error) error {
			if err != nil && err != io.EOF && context.Cause(ctx) == late {
				return late
			}
			return err
		}
		resp, err := next.RoundTrip(r.WithContext(ctx))
		if err != nil {
			err = name(err)
			cancel()
			return nil, err
		}
		resp.Body = &body{ReadCloser: resp.Body, closed: cancel, read: func(_ int, err error) error { return name(err) }}
		return resp, nil
	})
}
