package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func fault(t *testing.T, specs ...string) (list []Fault) {
	t.Helper()
	for _, spec := range specs {
		f, err := ParseFault(spec)
		require.NoError(t, err)
		list = append(list, f)
	}
	return list
}

// seen collects what Observe is told.
type seen struct {
	mu  sync.Mutex
	all []Request
}

func (s *seen) observe(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, r)
}

func (s *seen) last() Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[len(s.all)-1]
}

// patient is a client that follows no redirect and sends nothing twice by
// itself.
func patient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}
}

// What each fault of a write does to the answer and to the state, over a
// network and in memory.
func TestFaultsOfAWrite(t *testing.T) {
	lost := func(r reply, err error) { require.ErrorIs(t, err, io.EOF) }
	for name, tc := range map[string]struct {
		happens bool
		status  int // as observed
		answer  func(reply, error)
	}{
		"503": {false, 503, func(r reply, err error) {
			require.NoError(t, err)
			r.refused(503, "asked for")
			require.Empty(t, r.header.Values("Retry-After"))
		}},
		"429:retry-after=7": {false, 429, func(r reply, err error) {
			require.NoError(t, err)
			r.refused(429, "asked for")
			require.Equal(t, "7", r.header.Get("Retry-After"))
		}},
		"drop-before": {false, 0, lost},
		"drop-after":  {true, 0, lost},
		"truncate": {true, 201, func(r reply, err error) {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, 201, r.status)
			require.NotEmpty(t, r.body)
		}},
		"type": {true, 201, func(r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, "text/plain", r.header.Get("Content-Type"))
			require.Equal(t, "L", r.object()["label"])
		}},
		"json": {true, 201, func(r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 201, r.status)
			require.NotEmpty(t, r.body)
			require.False(t, json.Valid(r.body), r.text())
		}},
		"html": {false, 200, func(r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 200, r.status)
			require.Contains(t, r.header.Get("Content-Type"), "text/html")
			require.Contains(t, r.text(), "<html>")
		}},
		"revoke": {false, 401, func(r reply, err error) {
			require.NoError(t, err)
			r.refused(401, "revoked")
			require.Contains(t, r.header.Get("WWW-Authenticate"), "invalid_token")
		}},
		"redirect": {false, 307, func(r reply, err error) {
			require.NoError(t, err)
			require.Equal(t, 307, r.status)
			require.Regexp(t, `^http://elsewhere\.localhost(:\d+)?/courses/c1/lineitems\?a=b%20c$`, r.header.Get("Location"))
		}},
	} {
		for _, where := range []string{"loopback", "memory"} {
			t.Run(name+" "+where, func(t *testing.T) {
				var log seen
				l := newLMS(t, Options{Faults: fault(t, "POST lineitems:"+name+":times=1"), Observe: log.observe})
				client := patient(http.DefaultTransport)
				if where == "memory" {
					l.url, client = InProcessURL, patient(l.Transport())
				}
				tc.answer(l.do(client, "POST", items+"?a=b%20c", `{"label":"L","scoreMaximum":1}`))
				require.Equal(t, tc.happens, len(l.Snapshot().Courses["c1"].LineItems) == 1)
				require.Equal(t, tc.status, log.last().Status)
				f := fault(t, name)[0]
				require.Equal(t, f.Kind, log.last().Fault)

				// It was the only one, and the platform goes on.
				again := 201
				if f.Kind == FaultRevoke {
					again = 401 // the token stays revoked
				}
				r, err := l.do(client, "POST", items, `{"label":"M","scoreMaximum":1}`)
				require.NoError(t, err)
				require.Equal(t, again, r.status, r.text())
				require.Empty(t, log.last().Fault)
				l.bearer = l.tokens.issue([]string{scopeLineItem})
				r, err = l.do(client, "GET", items, "")
				require.NoError(t, err)
				require.Equal(t, 200, r.status, r.text())
			})
		}
	}
}

// A score is answered without a body: that can be cut and lost, and has
// nothing else to spoil.
func TestFaultsOfAnEmptyAnswer(t *testing.T) {
	for _, spec := range []string{"drop-after", "truncate", "type", "json", "drip"} {
		t.Run(spec, func(t *testing.T) {
			var log seen
			l := newLMS(t, Options{Faults: fault(t, "scores:"+spec), Observe: log.observe})
			item := l.create(`{"label":"L","scoreMaximum":1}`)
			r, err := l.do(http.DefaultClient, "POST", item+"/scores", l.score("u", `{"scoreGiven":1,"scoreMaximum":1}`))
			require.Equal(t, 1.0, l.result(item, "u")["resultScore"])
			told := log.all[len(log.all)-2]
			switch spec {
			case "drop-after":
				require.ErrorIs(t, err, io.EOF)
				require.Equal(t, 0, told.Status)
			case "truncate":
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				require.Equal(t, 200, told.Status)
			default:
				require.NoError(t, err)
				require.Equal(t, 204, r.status)
				require.Empty(t, told.Fault)
				return
			}
			require.Equal(t, FaultKind(spec), told.Fault)
		})
	}
}

func TestHangingAndDripping(t *testing.T) {
	for _, spec := range []string{"hang", "drip"} {
		t.Run(spec, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log seen
				l := inMemory(t, Options{Faults: fault(t, "POST lineitems:"+spec), Observe: log.observe})
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				status, body, err := l.fetch(ctx, "POST", items, `{"label":"L","scoreMaximum":1}`)
				if spec == "hang" {
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.Equal(t, time.Hour, time.Since(start))
					require.Empty(t, l.Snapshot().Courses["c1"].LineItems)
					require.Equal(t, 0, log.last().Status)
				} else {
					require.NoError(t, err)
					require.Equal(t, 201, status)
					require.JSONEq(t, `{"id":"http://localhost/courses/c1/lineitems/1","label":"L","scoreMaximum":1}`, string(body))
					require.Equal(t, time.Duration(len(body))*time.Second, time.Since(start))

					ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
					defer cancel()
					_, body, err = l.fetch(ctx, "POST", items, `{"label":"L","scoreMaximum":1}`)
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.Len(t, body, 3)
					require.Len(t, l.Snapshot().Courses["c1"].LineItems, 2)
				}
				require.Equal(t, FaultKind(spec), log.last().Fault)
				// synctest sees to it that no answer outlives its client.
			})
		})
	}
	t.Run("until the sandbox closes", func(t *testing.T) {
		for _, spec := range []string{"hang", "drip"} {
			reached := make(chan struct{}, 1)
			l := newLMS(t, Options{Faults: fault(t, "GET lineitems:"+spec+":times=1"), Observe: func(r Request) {
				if r.Fault != "" {
					reached <- struct{}{}
				}
			}})
			time.AfterFunc(10*time.Millisecond, func() { <-reached; _ = l.Close() })
			_, err := l.do(patient(&http.Transport{DisableKeepAlives: true}), "GET", items, "")
			require.ErrorContains(t, err, "EOF")
		}
	})
	t.Run("until the client goes, on loopback", func(t *testing.T) {
		ended := make(chan struct{}, 2)
		l := newLMS(t, Options{Faults: fault(t, "POST lineitems:hang:times=1", "POST lineitems:drip:times=1")})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { ended <- struct{}{} }()
			l.ServeHTTP(w, r)
		}))
		defer server.Close()
		l.url = server.URL
		for range 2 {
			client := patient(nil)
			client.Timeout = 100 * time.Millisecond
			_, err := l.do(client, "POST", items, `{"label":"L","scoreMaximum":1}`)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			<-ended
		}
	})
}

// bubble is a sandbox in memory and a client with a token: for synctest, where
// waiting is free.
type bubble struct {
	*Sandbox
	bearer string
	client *http.Client
}

func inMemory(t *testing.T, o Options) *bubble {
	t.Helper()
	o.Now = time.Now
	s, err := Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.EnsureCourse("c1"))
	return &bubble{s, s.tokens.issue([]string{scopeLineItem, scopeScore, scopeResultRead}), &http.Client{Transport: s.Transport()}}
}

func (b *bubble) request(ctx context.Context, method, path, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, InProcessURL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+b.bearer)
	if method != "GET" {
		req.Header.Set("Content-Type", typeLineItem)
	}
	return b.client.Do(req)
}

func (b *bubble) fetch(ctx context.Context, method, path, body string) (int, []byte, error) {
	resp, err := b.request(ctx, method, path, body)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, data, err
}

func TestStaleReads(t *testing.T) {
	l := newLMS(t, Options{Faults: fault(t, "stale:behind=3s")})
	old := l.create(`{"label":"old","scoreMaximum":1}`)
	require.Empty(t, labels(l.send("GET", items, "")), "what was before the first request is the empty course")
	l.clock.advance(5 * time.Second)
	item := l.create(`{"label":"new","scoreMaximum":1}`)
	path := strings.TrimPrefix(item, l.url)
	require.Equal(t, []string{"old"}, labels(l.send("GET", items, "")))
	l.send("GET", path, "").refused(404, "line item")
	require.Equal(t, 204, l.post(old, "u", `{"scoreGiven":1,"scoreMaximum":1}`).status) // a second
	require.Nil(t, l.result(old, "u"))
	require.Len(t, l.send("GET", l.MembershipsPath("c1"), "").object()["members"], 1, "the roster is not behind")
	l.clock.advance(2 * time.Second)
	require.Equal(t, []string{"old", "new"}, labels(l.send("GET", items, "")))
	require.Nil(t, l.result(old, "u"))
	l.clock.advance(time.Second)
	require.Equal(t, 1.0, l.result(old, "u")["resultScore"])

	// A write meets the present.
	require.Equal(t, 200, l.send("PUT", path, `{"label":"newer","scoreMaximum":1}`).status)
	require.Equal(t, "new", l.send("GET", path, "").object()["label"])
	require.Equal(t, "newer", l.Snapshot().Courses["c1"].LineItem(2).Label)
}

func TestHistoryIsBounded(t *testing.T) {
	clock := newClock()
	first := &State{}
	require.Nil(t, newHistory(nil, clock.Now, first))
	h := newHistory(fault(t, "stale:behind=3s", "stale:behind=10s"), clock.Now, &State{})
	h.note(first)
	h.begin()
	require.Same(t, first, h.behind(0), "what is set up has always been there")
	last := first
	for range 30 {
		clock.advance(time.Second)
		last = &State{}
		h.note(last)
	}
	require.Len(t, h.past, 11)
	require.Same(t, last, h.behind(0))
	require.Same(t, h.past[0].state, h.behind(10*time.Second))
	require.Same(t, h.past[7].state, h.behind(3*time.Second))
	for range 2 * maxMoments {
		h.note(&State{})
	}
	require.Len(t, h.past, maxMoments)
	require.Same(t, h.past[0].state, h.behind(time.Hour))
}

func TestRepeatedPages(t *testing.T) {
	l := newLMS(t, Options{PageSize: 1, Faults: fault(t, "lineitems:repeat:skip=1:times=1")})
	l.create(`{"label":"A","scoreMaximum":1}`)
	l.create(`{"label":"B","scoreMaximum":1}`)
	require.NotContains(t, l.send("GET", items, "").header.Get("Link"), "tag", "not yet")
	r := l.send("GET", items+"?tag=", "")
	require.Equal(t, "<"+l.url+items+`?tag=>; rel="next"`, r.header.Get("Link"))
	require.Equal(t, [][]string{{"A"}, {"B"}}, l.pages(items, labels), "once is enough")
}

// The last page leads back too, where there is one.
func TestRepeatedLastPage(t *testing.T) {
	l := newLMS(t, Options{Faults: fault(t, "repeat")})
	require.Equal(t, "<"+l.url+items+`>; rel="next"`, l.send("GET", items, "").header.Get("Link"))
	refused := l.send("GET", items+"?limit=0", "")
	refused.refused(400, "limit")
	require.Empty(t, refused.header.Values("Link"))
}

// Without the fault the assertion of the tool would be too old.
func TestLateClock(t *testing.T) {
	start := newClock().Now()
	l := newLMS(t, Options{Now: func() time.Time { return start.Add(10 * time.Minute) }, Faults: fault(t, "clock:behind=15m", "clock:behind=-5m")})
	require.Equal(t, "Sun, 01 Mar 2026 12:00:00 GMT", l.send("GET", items, "").header.Get("Date"))

	claims := l.claims()
	claims["iat"], claims["exp"] = start.Add(10*time.Minute).Unix(), start.Add(15*time.Minute).Unix()
	require.ErrorContains(t, l.checkAssertion(&call{base: l.url, now: l.options.Now()}, l.sign(claims, l.key(), "RS256", l.Tool().KeyID)), "future")
}

func TestTokenFaults(t *testing.T) {
	l := newLMS(t, Options{Faults: fault(t, "token:503:skip=1:times=1", "token:json:times=1:skip=1", "revoke:times=1")})
	require.Equal(t, 503, l.ask(l.form(scopeScore)).status)
	r := l.ask(l.form(scopeScore))
	require.Equal(t, 200, r.status)
	require.False(t, json.Valid(r.body))
	require.Equal(t, 200, l.ask(l.form(scopeScore)).status, "a token request has no token to revoke")
	require.Equal(t, 401, l.send("GET", items, "").status)
}

func TestChance(t *testing.T) {
	hits := func(seed uint64, specs ...string) (all []FaultKind) {
		fs := newFaults(fault(t, specs...), seed)
		for range 1000 {
			all = append(all, fs.draw("GET", kindResults).Kind)
		}
		return all
	}
	count := func(all []FaultKind, kind FaultKind) (n int) {
		for _, k := range all {
			if k == kind {
				n++
			}
		}
		return n
	}
	require.Empty(t, cmp.Diff(hits(1, "hang:25%"), hits(1, "hang:25%")))
	require.NotEmpty(t, cmp.Diff(hits(1, "hang:25%"), hits(2, "hang:25%")))
	for seed := range uint64(20) {
		require.InDelta(t, 250, count(hits(seed, "hang:25%"), FaultHang), 60, "seed %d", seed)
		both := hits(seed, "hang:25%", "html:50%")
		require.InDelta(t, 250, count(both, FaultHang), 60)
		require.InDelta(t, 375, count(both, FaultHTML), 60, "half of what is left")
	}
	require.Equal(t, 1000, count(hits(1, "hang"), FaultHang))
	require.Equal(t, 0, count(hits(1, "hang:0%"), FaultHang))
	require.Equal(t, 7, count(hits(1, "hang:50%:times=7"), FaultHang))
	require.Equal(t, 0, count(hits(1, "scores:hang", "GET lineitem:hang"), FaultHang))

	apart := newFaults(fault(t, "results:hang:50%", "scores:hang:50%"), 1)
	same := 0
	for range 1000 {
		if apart.draw("GET", kindResults).Kind == apart.draw("POST", kindScores).Kind {
			same++
		}
	}
	require.InDelta(t, 500, same, 60, "each has a chance of its own")

	skipped := hits(1, "GET results:hang:skip=990:times=20")
	require.Equal(t, 10, count(skipped[990:], FaultHang))
	require.Equal(t, 10, count(skipped, FaultHang))
}

// How many of so many requests go wrong does not depend on who comes first.
func TestChanceOfManyAtOnce(t *testing.T) {
	count := func(workers int) map[FaultKind]int {
		var log seen
		l := newLMS(t, Options{Seed: 7, Faults: fault(t, "GET lineitems:503:25%"), Observe: log.observe})
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range 240 / workers {
					if _, err := l.do(http.DefaultClient, "GET", items, ""); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		n := map[FaultKind]int{}
		for _, r := range log.all {
			n[r.Fault]++
		}
		return n
	}
	one := count(1)
	require.InDelta(t, 60, one[FaultStatus], 25)
	require.Empty(t, cmp.Diff(one, count(8)))
}
