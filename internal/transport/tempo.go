package transport

import (
	"math"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"

	"github.com/gradesync/gradesync/agsclient"
)

const (
	scarce = 0.25 // of the largest X-Rate-Limit-Remaining seen: below it requests go one by one
	slower = 0.5  // of the width and the rate, at a cut
	faster = 0.1  // of the largest rate, that it recovers by in a second
)

// tempo is what a platform's answers have taught about how fast to ask it. Width,
// the number of requests at once, and rate fall by half at a refusal and recover
// bit by bit. It has no clock and waits for nothing.
//
// What was on its way when a refusal made us slower was sent at the old tempo: its
// answers prove neither that the new one is still too fast nor that it is not.
type tempo struct {
	most, width float64 // requests at once, at most and now; +Inf: any number
	top, rate   float64 // requests a second, at most and now; +Inf: any number
	begun, cut  int64   // requests begun in all, and until the last cut
	careful     bool    // since the last cut no answer has shown that the new tempo is right
	left, full  float64 // X-Rate-Limit-Remaining, the last one and the largest
	pauses      *backoff.ExponentialBackOff
	fruitless   time.Duration // pauses since the last answer that was no refusal
}

func newTempo(concurrency int, perSecond float64) *tempo {
	t := &tempo{most: float64(concurrency), top: perSecond, pauses: backoff.NewExponentialBackOff()}
	if concurrency <= 0 {
		t.most = math.Inf(1)
	}
	if perSecond <= 0 {
		t.top = math.Inf(1)
	}
	t.width, t.rate = t.most, t.top
	t.pauses.InitialInterval, t.pauses.Multiplier, t.pauses.MaxInterval, t.pauses.RandomizationFactor = time.Second, 2, maxPause, 0.2
	return t
}

// room tells whether one more request may go beside those that run.
func (t *tempo) room(running int) bool {
	if t.careful || t.left < t.full*scarce {
		return running == 0
	}
	return float64(running) < max(1, math.Floor(t.width))
}

// limit is the rate, with a burst of one second's worth if it is what it may be at
// most, and with none until it has recovered.
func (t *tempo) limit() (perSecond rate.Limit, burst int) {
	switch {
	case math.IsInf(t.rate, 1):
		return rate.Inf, 1
	case t.rate < t.top:
		return rate.Limit(t.rate), 1
	}
	return rate.Limit(t.rate), max(1, int(math.Ceil(t.rate)))
}

// begin numbers a request.
func (t *tempo) begin() (number int64) {
	t.begun++
	return t.begun
}

// answered learns from the answer to a request, one of those that run, and tells
// for how long nobody should be sent.
func (t *tempo) answered(number int64, throttled bool, h http.Header, running int) time.Duration {
	if left, ok := agsclient.RateRemaining(h); ok {
		t.left, t.full = left, max(t.full, left)
	}
	current := number > t.cut
	if !throttled {
		t.fruitless = 0
		if current {
			t.careful = false
			t.width = min(t.most, t.width+1/t.width)
			t.pauses.Reset()
			if t.rate < t.top {
				t.rate = min(t.top, t.rate+faster*t.top/t.rate)
			}
		}
		return 0
	}
	after := min(agsclient.RetryAfter(h), maxPause)
	if !current {
		return after
	}
	t.careful, t.cut = true, t.begun
	t.width = max(1, slower*min(t.width, float64(running)))
	t.rate = max(faster*t.top, slower*t.rate)
	if after == 0 {
		after = t.pauses.NextBackOff()
	}
	t.fruitless += after
	return after
}
