package reconcile

import (
	"context"
	"fmt"
	"sync"
	"time"
)

type repeatKey struct{}

// attempts are what was asked for in the tries of one reading, by URL; of a write's
// second try, nil: everything.
type attempts struct {
	mu   sync.Mutex
	urls map[string]bool
}

// reading marks the tries of one reading.
func reading(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatKey{}, &attempts{urls: map[string]bool{}})
}

// repeating marks a write that is sent because it failed before.
func repeating(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatKey{}, (*attempts)(nil))
}

// Repeats tells whether a request is sent because the same one, or its answer, was of
// no use before. It is asked once for each request, by those who count.
func Repeats(ctx context.Context, url string) bool {
	of, marked := ctx.Value(repeatKey{}).(*attempts)
	if !marked || of == nil {
		return marked
	}
	of.mu.Lock()
	defer of.mu.Unlock()
	again := of.urls[url]
	of.urls[url] = true
	return again
}

const (
	readTries = 3 // how often a reading is tried
	// A platform that asks to wait has been waited for by the time that its answer
	// gets here: it is read once more, and only if it does not ask for much.
	askedTries = 2
	shortWait  = 10 * time.Second
	// longestWait is what a platform may ask for, of reads and of writes.
	longestWait = 30 * time.Second
)

// Again reads, and reads once more where the failure may pass. Reading changes
// nothing, so it may be repeated whatever became of it; what a Platform has itself
// repeated below in vain is not Passing, or the tries would multiply. The error is
// the last one; of a platform that asks for more time than anybody waits it says so.
func Again[T any](ctx context.Context, clock Clock, read func(context.Context) (T, error)) (T, error) {
	tries := reading(ctx)
	for try := 1; ; try++ {
		v, err := read(tries)
		if err == nil {
			return v, nil
		}
		f := faultOf(err)
		asked := f.Kind == Throttled || f.RetryAfter > 0
		switch {
		case f.RetryAfter > longestWait:
			return v, tooLong(f)
		case !f.Passing, try == readTries, asked && (try == askedTries || f.RetryAfter > shortWait):
			return v, err
		}
		if clock.Sleep(ctx, max(250*time.Millisecond<<(try-1), f.RetryAfter)) != nil {
			return v, err
		}
	}
}

// tooLong is a fault that says for how long the platform asked to be left alone.
func tooLong(f *Fault) *Fault {
	out := *f
	out.Hint = "run it again after that time"
	out.Err = fmt.Errorf("%w: the platform asks to wait %s", f.Err, f.RetryAfter.Round(time.Second))
	return &out
}
