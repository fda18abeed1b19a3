package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// faults are drawn for requests, each from a generator of its own: what one
// does is decided by the seed and the number of the request among those that
// it is on, and not by the others or the time.
type faults struct {
	mu     sync.Mutex
	drawn  []*drawn
	closed chan struct{}
	once   sync.Once
}

type drawn struct {
	Fault
	chance     *rand.Rand
	seen, hits int
}

func newFaults(list []Fault, seed uint64) *faults {
	fs := &faults{closed: make(chan struct{})}
	for at, f := range list {
		if f.Kind != FaultClock {
			fs.drawn = append(fs.drawn, &drawn{Fault: f, chance: rand.New(rand.NewPCG(seed, uint64(at)))})
		}
	}
	return fs
}

// draw returns the fault that hits a request, the zero Fault for none.
func (fs *faults) draw(method, kind string) Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, d := range fs.drawn {
		if !d.on(method, kind) || d.Times > 0 && d.hits == d.Times {
			continue
		}
		d.seen++
		if d.seen > d.Skip && d.chance.Float64() < d.Share {
			d.hits++
			return d.Fault
		}
	}
	return Fault{}
}

// close ends the answers that take forever.
func (fs *faults) close() { fs.once.Do(func() { close(fs.closed) }) }

// checkFaults tells what is wrong with the options of this file.
func checkFaults(list []Fault) error {
	for _, f := range list {
		if err := f.check(); err != nil {
			return fmt.Errorf("sandbox: fault %q: %w", f, err)
		}
	}
	return nil
}

// faultyClock is the platform's clock with the faults that put it wrong.
func faultyClock(now func() time.Time, list []Fault) func() time.Time {
	var late time.Duration
	for _, f := range list {
		if f.Kind == FaultClock {
			late += f.Behind
		}
	}
	return func() time.Time { return now().Add(-late) }
}

// webPage is what a web server in front of an LMS says.
const webPage = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>\n"

// instead is the answer of faults that come before anything happens. Its
// status is 0 where there is none.
func (s *Sandbox) instead(c *call, f Fault) (a answer, yes bool) {
	switch f.Kind {
	case FaultDropBefore, FaultHang:
	case FaultStatus:
		a = s.face.refusal(refuse(f.Status, "a fault that the sandbox was asked for"))
		if f.RetryAfter > 0 {
			a.header.Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
		}
	case FaultHTML:
		a = answer{status: http.StatusOK, mediaType: "text/html; charset=utf-8", body: raw(webPage)}
	case FaultRedirect:
		a = answer{status: http.StatusTemporaryRedirect, header: http.Header{"Location": {elsewhere(c)}}}
	case FaultRevoke:
		a = s.face.refusal(s.face.revoke(s, c))
	default:
		return answer{}, false
	}
	return a, true
}

// elsewhere is the URL of a request at another origin.
func elsewhere(c *call) string {
	host := "elsewhere.localhost"
	base, err := url.Parse(c.base)
	if err != nil { // a Host that is none
		return "http://" + host + c.request.URL.RequestURI()
	}
	if port := base.Port(); port != "" {
		host += ":" + port
	}
	return base.Scheme + "://" + host + c.request.URL.RequestURI()
}

func (t *tokens) revoke(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.issued, token)
}

// spoil does to an answer what can be done before it is sent. An answer
// without a body has no type, no JSON and nothing to drip: it goes well.
func (m *message) spoil(s *Sandbox, c *call) {
	empty := len(m.body) == 0
	switch m.fault {
	case FaultDropAfter:
		m.status = 0
	case FaultTruncate:
		if empty { // as if there were something to say after a success
			m.body, m.mediaType = []byte("{}"), typeJSON
			if m.status == http.StatusNoContent {
				m.status = http.StatusOK
			}
		}
	case FaultType:
		m.mediaType = "text/plain"
	case FaultJSON:
		m.body = bytes.Clone(m.body[:len(m.body)/2])
	case FaultRepeat:
		if m.status == http.StatusOK && !s.face.repeat(s, c, m) {
			m.fault = ""
		}
	}
	if empty && (m.fault == FaultType || m.fault == FaultJSON || m.fault == FaultDrip) {
		m.fault = ""
	}
}

// send writes a message as far as its fault lets it. http.ErrAbortHandler is
// how a handler has its connection end.
func (s *Sandbox) send(w http.ResponseWriter, r *http.Request, m *message) {
	switch m.fault {
	case FaultDropBefore, FaultDropAfter:
		panic(http.ErrAbortHandler)
	case FaultHang:
		// The server sees that a client is gone only when its request is read.
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-s.faults.closed:
		}
		panic(http.ErrAbortHandler)
	}
	m.writeHeader(w)
	switch m.fault {
	case FaultTruncate:
		_, _ = w.Write(m.body[:len(m.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case FaultDrip:
		s.drip(w, r, m.body)
	default:
		_, _ = w.Write(m.body) // a client that has gone away is not our affair
	}
}

func (s *Sandbox) drip(w http.ResponseWriter, r *http.Request, body []byte) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	flush := http.NewResponseController(w).Flush
	for at := range body {
		_ = flush() // of the header, first
		select {
		case <-second.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		case <-s.faults.closed:
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(body[at : at+1])
	}
}
