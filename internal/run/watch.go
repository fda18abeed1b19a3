package run

import (
	"crypto/tls"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/doctor"
)

// watch is a round tripper that looks at what comes back, and changes nothing.
// It stands outside of all others, so that it sees the answers that count.
type watch struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	seen  doctor.Seen
	hosts map[string]doctor.Host
	took  time.Duration // of the quickest answer with a Date
	pages int           // GETs that were answered
}

func newWatch(next http.RoundTripper, now func() time.Time) *watch {
	return &watch{next: next, now: now, hosts: map[string]doctor.Host{}, seen: doctor.Seen{Headers: map[string]string{}}}
}

// RoundTrip passes on.
func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) { return w.look(w.next, r) }

// also watches what goes another way.
func (w *watch) also(next http.RoundTripper) http.RoundTripper { return aside{w, next} }

type aside struct {
	watch *watch
	next  http.RoundTripper
}

func (a aside) RoundTrip(r *http.Request) (*http.Response, error) { return a.watch.look(a.next, r) }

func (w *watch) look(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	began := w.now()
	resp, err := next.RoundTrip(r)
	ended := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.seen.Paths, r.URL.Path) {
		w.seen.Paths = append(w.seen.Paths, r.URL.Path)
	}
	if err != nil {
		if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			w.hosts[r.URL.Host] = doctor.Host{Name: r.URL.Host, Problem: agsclient.Describe(e)}
		}
		return nil, err
	}
	w.host(r, resp)
	w.clock(resp.Header, began, ended)
	w.headers(resp)
	if r.Method == http.MethodGet && resp.StatusCode < 300 {
		w.pages++
	}
	if r.Method == http.MethodPost && resp.StatusCode == http.StatusOK {
		w.seen.TokenType = resp.Header.Get("Content-Type")
	}
	return resp, nil
}

func (w *watch) host(r *http.Request, resp *http.Response) {
	h := doctor.Host{Name: r.URL.Host, Plain: r.URL.Scheme == "http"}
	if t := resp.TLS; t != nil {
		h.Version = tls.VersionName(t.Version)
		if len(t.PeerCertificates) > 0 {
			h.Expires = t.PeerCertificates[0].NotAfter
		}
	}
	w.hosts[h.Name] = h
}

// clock believes the quickest answer: the time on the way is the error. A Date
// is cut to its second.
func (w *watch) clock(h http.Header, began, ended time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	took := ended.Sub(began)
	if err != nil || w.seen.Clock && took >= w.took {
		return
	}
	w.seen.Clock, w.took = true, took
	w.seen.Skew = date.Add(time.Second / 2).Sub(began.Add(took / 2))
}

func (w *watch) headers(resp *http.Response) {
	for _, name := range []string{"X-Rate-Limit-Remaining", "X-Request-Cost", "Retry-After"} {
		if v := resp.Header.Get(name); v != "" {
			w.seen.Headers[name] = figure(v)
		}
	}
	if agsclient.Throttled(resp.StatusCode, resp.Header, nil) {
		w.seen.Refused++
	}
}

// figure is a number or a date of a header, written anew: whatever else stands
// there may be what was sent, and that is a token.
func figure(v string) string {
	if n, err := strconv.ParseFloat(v, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
		return strconv.FormatFloat(n, 'g', 6, 64)
	}
	if t, err := http.ParseTime(v); err == nil {
		return t.UTC().Format(http.TimeFormat)
	}
	return "(not a number)"
}

// sight is all that was seen so far.
func (w *watch) sight() doctor.Seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.seen
	s.Paths, s.Headers = slices.Clone(s.Paths), maps.Clone(s.Headers)
	s.Hosts = slices.SortedFunc(maps.Values(w.hosts), func(a, b doctor.Host) int { return strings.Compare(a.Name, b.Name) })
	return s
}

func (w *watch) read() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pages
}
