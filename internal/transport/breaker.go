package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

// How much each kind of failure says about a host, in parts of dead. A host that is
// up refuses no connection, may be slow now and then, and some drop connections all
// the time.
const (
	dead     = 60
	refusal  = dead / 3
	silence  = dead / 4
	breakage = dead / 10

	minRest = time.Second // before a dead host is tried again
)

// DeadError says that a request was not sent, because the host has not answered
// those before it.
type DeadError struct {
	Host     string
	Failures int    // requests in a row that had no answer
	Last     string // what became of the last one, in words that may be shown: see [agsclient.Describe]
}

func (e *DeadError) Error() string {
	return fmt.Sprintf("%s does not answer: %d requests in a row failed (%s)", e.Host, e.Failures, e.Last)
}

// Described is what became of the last request. Which of many requests found a host
// dead is chance, and what people are shown must not be: it reads the same for the
// one that failed and for the one that was kept back. Error tells them apart.
func (e *DeadError) Described() string { return e.Last }

// NotSent is true.
func (e *DeadError) NotSent() bool { return true }

// Breaker fails requests at once, with a [DeadError], to a host that is taken for
// dead: 3 connections in a row could not be made, or 4 requests had no answer in
// time, or 10 connections broke, or a mix of these, and no answer, of whichever
// status, came between. After as long as the last failure took, at least a second,
// one request is let through, and an answer to it lets all through again. A request
// that its own context ends counts for nothing.
//
// now is the clock that failures are measured by; nil: as if they took no time.
func Breaker(next http.RoundTripper, now func() time.Time) http.RoundTripper {
	if now == nil {
		now = func() time.Time { return time.Time{} }
	}
	return &breaker{next: next, now: now, hosts: map[string]*health{}}
}

type breaker struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	hosts map[string]*health // those with failures since their last answer
}

// health is what a host's last failures say about it.
type health struct {
	against  int // in parts of dead
	failures int
	last     string
	resting  bool // dead, and not to be tried yet
}

func (b *breaker) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Host
	probe, err := b.admit(host)
	if err != nil {
		return refuse(r, err)
	}
	began := b.now()
	resp, err := b.next.RoundTrip(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		delete(b.hosts, host)
		return resp, nil
	}
	h := b.hosts[host]
	if h == nil {
		h = &health{}
		b.hosts[host] = h
	}
	against := weight(err)
	if r.Context().Err() != nil || against == 0 {
		if probe {
			h.resting = false // it found out nothing: another may
		}
		return nil, err
	}
	opens := h.against < dead && h.against+against >= dead
	h.against += against
	h.failures++
	h.last = agsclient.Describe(err)
	if opens || probe {
		h.resting = true
		time.AfterFunc(max(minRest, b.now().Sub(began)), func() { b.rested(h) })
	}
	return nil, err
}

// admit refuses a request to a dead host. Of those to one that has rested it lets
// the first one through, to find out.
func (b *breaker) admit(host string) (probe bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.hosts[host]
	if h == nil || h.against < dead {
		return false, nil
	}
	if h.resting {
		return false, &DeadError{Host: host, Failures: h.failures, Last: h.last}
	}
	h.resting = true
	return true, nil
}

func (b *breaker) rested(h *health) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h.resting = false
}

// weight is what an error says against the host it came from; 0 is nothing.
func weight(err error) int {
	_, unknown := errors.AsType[*net.DNSError](err)
	op, inNet := errors.AsType[*net.OpError](err)
	switch {
	case timedOut(err), errors.Is(err, context.DeadlineExceeded):
		return silence
	case unknown, inNet && (op.Op == "dial" || op.Op == "proxyconnect"), errors.Is(err, syscall.ECONNREFUSED):
		return refusal
	case dropped(err):
		return breakage
	}
	return 0
}
