package transport

import (
	"context"
	"errors"
	"math"
	"net/http"

	"golang.org/x/time/rate"
)

// Limit lets through so many requests at once and so many a second; 0 is no
// limit. A request holds its slot until its response's body is closed, so who
// reads one response and sends another before closing it needs two slots.
func Limit(next http.RoundTripper, concurrency int, perSecond float64) http.RoundTripper {
	var slots chan struct{}
	if concurrency > 0 {
		slots = make(chan struct{}, concurrency)
	}
	bucket := rate.NewLimiter(rate.Inf, 1)
	if perSecond > 0 {
		bucket = rate.NewLimiter(rate.Limit(perSecond), max(1, int(math.Ceil(perSecond))))
	}
	return tripper(func(r *http.Request) (*http.Response, error) {
		free, err := acquire(r.Context(), slots)
		if err != nil {
			return refuse(r, waited("a free slot", err))
		}
		// The slot comes first: a rate that is kept before a queue is lost in it.
		if err := bucket.Wait(r.Context()); err != nil {
			free()
			// The limiter also gives up ahead of a deadline that it would miss.
			cause := context.Cause(r.Context())
			if cause == nil {
				cause = context.DeadlineExceeded
			}
			return refuse(r, waited("the request rate", cause))
		}
		resp, err := next.RoundTrip(r)
		if err != nil {
			free()
			return nil, err
		}
		resp.Body = &body{ReadCloser: resp.Body, closed: free}
		return resp, nil
	})
}

// acquire takes a slot and gives the function that frees it.
func acquire(ctx context.Context, slots chan struct{}) (func(), error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if slots == nil {
		return func() {}, nil
	}
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// waited is the error of a wait that its context ended.
func waited(what string, why error) error {
	text := "cancelled"
	if errors.Is(why, context.DeadlineExceeded) {
		text = "the time is up"
	}
	return &waitError{"waiting for " + what + ": " + text, why}
}

// waitError is a request that was never sent. It may be shown as it is.
type waitError struct {
	text string
	err  error
}

func (e *waitError) Error() string     { return e.text }
func (e *waitError) Unwrap() error     { return e.err }
func (e *waitError) Described() string { return e.text }
