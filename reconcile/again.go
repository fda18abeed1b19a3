package reconcile

import (
	"context"
	"fmt"
	"time"
)

type repeatKey struct{}

// repeating marks what is sent because it failed before.
func repeating(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatKey{}, true)
}

// Repeats tells whether a request, by its context, is sent because one that was to do
// the same has failed: for those who count.
func Repeats(ctx context.Context) bool { return ctx.Value(repeatKey{}) != nil }

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
	sending := ctx
	for try := 1; ; try++ {
		v, err := read(sending)
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
		sending = repeating(ctx)
	}
}

// tooLong is a fault that says for how long the platform asked to be left alone.
func tooLong(f *Fault) *Fault {
	out := *f
	out.Hint = "run it again after that time"
	out.Err = fmt.Errorf("%w: the platform asks to wait %s", f.Err, f.RetryAfter.Round(time.Second))
	return &out
}
