package transport

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
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
}

func (p *pace) RoundTrip(r *http.Request) (*http.Response, error) {
	number, err := p.enter(r.Context())
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
		for why := p.full(); why != ""; why = p.full() {
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

// full says what is to be waited for; "" is nothing.
func (p *pace) full() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.pauses > 0:
		return "the end of a pause, after the platform said that requests come too fast"
	case !p.tempo.room(p.running):
		return "a free slot"
	}
	return ""
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
