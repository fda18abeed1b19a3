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
	Course   bool   // those of the same course have failed, and others perhaps not
	Failures int    // requests in a row that had no answer
	Last     string // what became of the last one, in words that may be shown: see [agsclient.Describe]
	NoWay    bool   // the last one found no connection, and neither would this one
}

func (e *DeadError) Error() string {
	return fmt.Sprintf("%s does not answer%s: %d requests in a row failed (%s)", e.Host, e.of(" for this course"), e.Failures, e.Last)
}

// Described says that this request was not sent, and why. Where no connection can be
// made it is what became of the last one: that is as true of this one, and which of
// many requests found it out is chance, which people are not to be shown.
func (e *DeadError) Described() string {
	if e.NoWay {
		return e.Last
	}
	return fmt.Sprintf("not sent, because %s did not answer other requests%s (%s)", e.Host, e.of(" of this course"), e.Last)
}

func (e *DeadError) of(course string) string {
	if e.Course {
		return course
	}
	return ""
}

// NotSent is true.
func (e *DeadError) NotSent() bool { return true }

// Breaker fails requests at once, with a [DeadError], that would most likely have no
// answer. A course (see [agsclient.Course]) is taken for dead when 3 connections in a
// row could not be made, or 4 of its requests had no answer in time, or 10 of its
// connections broke, or a mix of these, and no answer to one of its requests, of
// whichever status, came between.
//
// The host is taken for dead, for all courses, by as much again, but each course counts
// for one request without an answer at most: it may be the only one that hangs. Where
// the host has answered others since the silent request began, it is: until it has an
// answer itself, what it does speaks no more against the host, nor the host's rest
// against it.
//
// After as long as the last failure took, at least a second, one request is let
// through, and an answer to it lets all through again. A request that its own context
// ends counts for nothing.
//
// now is the clock that failures are measured by; nil: as if they took no time.
func Breaker(next http.RoundTripper, now func() time.Time) http.RoundTripper {
	if now == nil {
		now = func() time.Time { return time.Time{} }
	}
	return &breaker{next: next, now: now, hosts: map[string]*host{}}
}

type breaker struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	hosts map[string]*host
}

// host is what is known of a host.
type host struct {
	begun, answered int64                 // requests in all, and those begun before the last answer
	whole           *health               // since the last answer; against: connections that could not be made
	courses         map[any]*courseHealth // those with failures since their own last answer
}

// health is what the last failures say.
type health struct {
	against  int // in parts of dead
	failures int
	last     string
	noWay    bool // the last one found no connection
	dead     bool
	resting  bool // dead, and not to be tried yet
}

type courseHealth struct {
	health
	silent int  // the part of against that came over a connection
	alone  bool // the host answered others meanwhile
}

func (b *breaker) RoundTrip(r *http.Request) (*http.Response, error) {
	course := agsclient.Course(r.Context())
	number, probed, err := b.admit(r.URL.Host, course)
	if err != nil {
		return refuse(r, err)
	}
	began := b.now()
	resp, err := b.next.RoundTrip(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.hosts[r.URL.Host]
	if err == nil {
		h.hasAnswered(course)
		return resp, nil
	}
	var opened []*health
	if against := weight(err); r.Context().Err() == nil && against > 0 {
		opened = h.failed(course, number, against, err)
	} else {
		for _, p := range probed {
			p.resting = false // it found out nothing: another may
		}
		probed = nil
	}
	for _, d := range append(opened, probed...) {
		d.resting = true
		time.AfterFunc(max(minRest, b.now().Sub(began)), func() { b.rested(d) })
	}
	return nil, err
}

// admit numbers a request, or refuses it if its host or its course is dead. Of those
// that have rested it lets the first one through, to find out.
func (b *breaker) admit(name string, course any) (number int64, probed []*health, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.hosts[name]
	if h == nil {
		h = &host{whole: &health{}, courses: map[any]*courseHealth{}}
		b.hosts[name] = h
	}
	judges := []*health{h.whole}
	if c := h.courses[course]; c != nil {
		judges = append(judges, &c.health)
		if c.alone {
			judges = judges[1:]
		}
	}
	for _, j := range judges {
		if j.dead && j.resting {
			return 0, nil, &DeadError{
				Host: name, Course: j != h.whole && course != nil, Failures: j.failures, Last: j.last, NoWay: j.noWay,
			}
		}
	}
	for _, j := range judges {
		if j.dead {
			j.resting = true
			probed = append(probed, j)
		}
	}
	h.begun++
	return h.begun, probed, nil
}

func (b *breaker) rested(h *health) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h.resting = false
}

// hasAnswered forgets what spoke against the host and the course. Other courses that
// are silent are so by themselves.
func (h *host) hasAnswered(course any) {
	h.answered, h.whole = h.begun, &health{}
	delete(h.courses, course)
	for other, c := range h.courses {
		if c.silent == 0 {
			delete(h.courses, other)
			continue
		}
		c.alone = true
	}
}

// failed notes a failure and gives who is dead by it that was not before.
func (h *host) failed(course any, number int64, against int, err error) (opened []*health) {
	c := h.courses[course]
	if c == nil {
		c = &courseHealth{}
		h.courses[course] = c
	}
	noWay := against == refusal
	if noWay {
		h.whole.against += against
	} else {
		c.silent += against
		c.alone = c.alone || number <= h.answered
	}
	c.against += against
	all := h.whole.against
	for _, c := range h.courses {
		if !c.alone {
			all += min(c.silent, silence)
		}
	}
	for _, verdict := range []struct {
		of  *health
		sum int
	}{{h.whole, all}, {&c.health, c.against}} {
		d := verdict.of
		d.failures++
		d.last, d.noWay = agsclient.Describe(err), noWay
		if !d.dead && verdict.sum >= dead {
			d.dead = true
			opened = append(opened, d)
		}
	}
	return opened
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
	case agsclient.Dropped(err):
		return breakage
	}
	return 0
}
