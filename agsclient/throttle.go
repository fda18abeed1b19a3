package agsclient

import (
	"bytes"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ThrottledPeek is how many bytes of a body [Throttled] looks at.
const ThrottledPeek = 512

// Throttled tells from an answer's status, its header and the beginning of its
// body whether it says that requests come too fast: 429, 503 with a Retry-After,
// and 403 as Canvas uses it, which says "Rate Limit Exceeded" or that nothing
// remains of its X-Rate-Limit-Remaining. The body matters with a 403 alone.
func Throttled(status int, h http.Header, body []byte) bool {
	switch status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return strings.TrimSpace(h.Get("Retry-After")) != ""
	case http.StatusForbidden:
		if left, ok := RateRemaining(h); ok && left <= 0 {
			return true
		}
		body = body[:min(len(body), ThrottledPeek)]
		return bytes.Contains(bytes.ToLower(body), []byte("rate limit exceeded"))
	}
	return false
}

// RateRemaining reads the X-Rate-Limit-Remaining header, a number in units of the
// platform's own, and whether there is one.
func RateRemaining(h http.Header) (float64, bool) {
	left, err := strconv.ParseFloat(strings.TrimSpace(h.Get("X-Rate-Limit-Remaining")), 64)
	return left, err == nil && !math.IsNaN(left) && !math.IsInf(left, 0)
}

// RetryAfter reads the Retry-After header (RFC 9110 section 10.2.3); 0 if there is
// none that can be read. A date is measured on the platform's own clock.
func RetryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseInt(v, 10, 32); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	at, err := http.ParseTime(v)
	date := dateOf(h)
	if err != nil || date.IsZero() {
		return 0
	}
	return max(0, at.Sub(date))
}

// asked is what the platform asked to wait when a round tripper has kept a request
// back for that: it says so by a method RetryAfter. 0: it has not.
func asked(err error) time.Duration {
	if kept, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err); ok {
		return kept.RetryAfter()
	}
	return 0
}

// dateOf is the platform's clock; zero if it does not tell.
func dateOf(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}
