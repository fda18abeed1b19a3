package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/gradesync/gradesync/agsclient"
)

// Pace lets through so many requests at once and so many a second, with a burst of
// one second's worth; 0 is no limit. A request holds its slot until its response's
// body is closed, so who reads one response and sends another before closing it
// needs two slots.
//
// Where the platform says that this is too fast (see [agsclient.Throttled]) it
// goes by what the platform can take: width and rate are halved and recover bit by
// bit, and nobody is sent for as long as the Retry-After says, half a minute at
// most, or without one for a second, which doubles up to half a minute until an
// answer is no refusal. After a pause one request goes ahead, and the others when
// it has been answered. Requests also go one by one while X-Rate-Limit-Remaining is
// below a quarter of the largest value seen.
//
// Where it asks for more than half a minute, or has refused everything for two
// minutes of pauses, requests fail at once with a [BusyError] for half a minute.
//
// Who waits is served in the order of coming, and leaves when its context ends.
// A Pace is for one platform: what one request is told, all heed.
func Pace(next http.RoundTripper, concurrency int, perSecond float64, c *Counters) http.RoundTripper {
	t := newTempo(concurrency, perSecond)
	return &pace{
		next: next, counters: c, tempo: t, bucket: rate.NewLimiter(t.limit()),
		line: make(chan struct{}, 1), wake: make(chan struct{}, 1),
	}
}

type pace struct {
	next     http.RoundTripper
	counters *Counters
	line     chan struct{} // full while someone is at its head; who wants to be next is queued by the runtime, in order
	wake     chan struct{} // full when the head of the line should look again
	bucket   *rate.Limiter // only the head of the line waits for it

	mu      sync.Mutex
	tempo   *tempo
	running int
	pauses  int // that have not ended
	busy    *BusyError
}

// patience is for pauses that brought nothing but another refusal.
const patience = 2 * time.Minute

// BusyError says that a request was not sent, because the platform asks for more
// patience than there is.
type BusyError struct {
	Asked  time.Duration // how long it asked to wait, if that is too long
	Waited time.Duration // else: how long it has refused everything
}

func (e *BusyError) Error() string {
	if e.Asked > 0 {
		return fmt.Sprintf("it said that requests come too fast and asked to wait %s", e.Asked)
	}
	return fmt.Sprintf("it went on saying that requests come too fast, with pauses of %s in all", e.Waited.Round(time.Second))
}

// Described is the text: it holds nothing of a server's.
func (e *BusyError) Described() string { return e.Error() }

// NotSent is true.
func (e *BusyError) NotSent() bool { return true }

// RetryAfter is what the platform asked.
func (e *BusyError) RetryAfter() time.Duration { return e.Asked }

func (p *pace) RoundTrip(r *http.Request) (*http.Response, error) {
	waited := p.counters.timer()
	number, err := p.enter(r.Context())
	p.counters.waited(waited())
	if err != nil {
		return refuse(r, err)
	}
	resp, err := p.next.RoundTrip(r)
	if err != nil {
		p.leave()
		return nil, err
	}
	p.learn(number, resp)
	resp.Body = &body{ReadCloser: resp.Body, closed: p.leave}
	return resp, nil
}

// enter waits until a request may go, and numbers it.
func (p *pace) enter(ctx context.Context) (int64, error) {
	if err := context.Cause(ctx); err != nil {
		return 0, waited("a free slot", err)
	}
	select {
	case p.line <- struct{}{}:
	case <-ctx.Done():
		return 0, waited("a free slot", context.Cause(ctx))
	}
	defer func() { <-p.line }()
	for {
		// Room comes first: a rate that is kept before a queue is lost in it.
		for {
			why, err := p.full()
			if err != nil {
				return 0, err
			}
			if why == "" {
				break
			}
			select {
			case <-p.wake:
			case <-ctx.Done():
				return 0, waited(why, context.Cause(ctx))
			}
		}
		if err := p.bucket.Wait(ctx); err != nil {
			// The limiter also gives up ahead of a deadline that it would miss.
			cause := context.Cause(ctx)
			if cause == nil {
				cause = context.DeadlineExceeded
			}
			return 0, waited("the request rate", cause)
		}
		if number, ok := p.begin(); ok {
			return number, nil
		}
	}
}

// full says what is to be waited for; "" is nothing. An error is for who must not wait.
func (p *pace) full() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.busy != nil:
		return "", p.busy
	case p.pauses > 0:
		return "the end of a pause, after the platform said that requests come too fast", nil
	case !p.tempo.room(p.running):
		return "a free slot", nil
	}
	return "", nil
}

// begin takes a slot, unless there is none any more.
func (p *pace) begin() (number int64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pauses > 0 || !p.tempo.room(p.running) {
		return 0, false
	}
	p.running++
	return p.tempo.begin(), true
}

func (p *pace) leave() {
	p.mu.Lock()
	p.running--
	p.mu.Unlock()
	p.look()
}

// look has the head of the line look again.
func (p *pace) look() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *pace) learn(number int64, resp *http.Response) {
	refused := throttled(resp)
	p.mu.Lock()
	defer p.mu.Unlock()
	pause := p.tempo.answered(number, refused, resp.Header, p.running)
	limit, burst := p.tempo.limit()
	p.bucket.SetLimit(limit)
	p.bucket.SetBurst(burst)
	if refused && p.counters != nil {
		alone := pause
		if p.pauses > 0 {
			alone = 0 // one pause is running already
		}
		p.counters.throttled(alone)
	}
	if pause > 0 {
		p.pauses++
		time.AfterFunc(pause, p.resume)
	}
	if asked := agsclient.RetryAfter(resp.Header); refused && (asked > maxPause || p.tempo.fruitless > patience) {
		busy := &BusyError{Waited: p.tempo.fruitless}
		if asked > maxPause {
			busy = &BusyError{Asked: asked}
		}
		p.busy = busy
		time.AfterFunc(maxPause, func() { p.ready(busy) })
	}
	p.look()
}

// ready lets requests through again, unless they were kept back anew.
func (p *pace) ready(busy *BusyError) {
	p.mu.Lock()
	if p.busy == busy {
		p.busy = nil
	}
	p.mu.Unlock()
	p.look()
}

func (p *pace) resume() {
	p.mu.Lock()
	p.pauses--
	p.mu.Unlock()
	p.look()
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
func (e *waitError) NotSent() bool     { return true }
