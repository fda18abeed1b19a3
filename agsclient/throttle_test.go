package agsclient

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThrottled(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		header http.Header
		body   string
		want   bool
	}{
		{"429", 429, nil, "", true},
		{"busy, with a time", 503, http.Header{"Retry-After": {"3"}}, "", true},
		{"busy", 503, nil, "rate limit exceeded", false},
		{"Canvas", 403, nil, "403 Forbidden (Rate Limit Exceeded)\n", true},
		{"in any case", 403, nil, `{"errors":[{"message":"RATE LIMIT exceeded"}]}`, true},
		{"nothing left", 403, http.Header{"X-Rate-Limit-Remaining": {"0.0"}}, "", true},
		{"less than nothing", 403, http.Header{"X-Rate-Limit-Remaining": {" -12.5 "}}, "", true},
		{"enough left", 403, http.Header{"X-Rate-Limit-Remaining": {"599.9"}}, "no", false},
		{"what is left is no number", 403, http.Header{"X-Rate-Limit-Remaining": {"NaN"}}, "no", false},
		{"not your course", 403, http.Header{"Retry-After": {"3"}}, "no", false},
		{"far down in the text", 403, nil, strings.Repeat(" ", ThrottledPeek) + "rate limit exceeded", false},
		{"well", 200, http.Header{"Retry-After": {"3"}, "X-Rate-Limit-Remaining": {"0"}}, "rate limit exceeded", false},
		{"broken", 500, http.Header{"Retry-After": {"3"}}, "rate limit exceeded", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, Throttled(tc.status, tc.header, []byte(tc.body)))
			c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
				for k, v := range tc.header {
					w.Header()[k] = v
				}
				answer(tc.status, tc.body)(w, r)
			})
			if err := c.DeleteLineItem(t.Context(), srv.URL+"/1"); tc.status >= 300 {
				require.Equal(t, tc.want, asError(t, err).Throttled)
			}
		})
	}
}

// The token endpoint too may be asked too often, and is asked again.
func TestTokenThrottled(t *testing.T) {
	var n atomic.Int32
	c, _ := credentials(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			answer(403, "403 Forbidden (Rate Limit Exceeded)")(w, r)
			return
		}
		answer(403, "no")(w, r)
	})
	_, err := c.Token(t.Context(), []string{"a"})
	var te *TokenError
	require.ErrorAs(t, err, &te)
	require.False(t, te.Throttled)
	require.EqualValues(t, 2, n.Load(), "a refusal of another kind is final")
}

func TestRetryAfter(t *testing.T) {
	const at, before = "Tue, 04 Mar 2025 04:06:37 GMT", "Tue, 04 Mar 2025 04:06:07 GMT"
	for _, tc := range []struct {
		after, date string
		want        time.Duration
	}{
		{"7", "", 7 * time.Second}, {" 7 ", "", 7 * time.Second}, {at, before, 30 * time.Second}, {before, at, 0},
		{at, "", 0}, {at, "noon", 0}, {"", before, 0}, {"soon", before, 0}, {"-5", "", 0}, {"99999999999", "", 0},
	} {
		require.Equal(t, tc.want, RetryAfter(http.Header{"Retry-After": {tc.after}, "Date": {tc.date}}), "%+v", tc)
	}
}

func FuzzThrottled(f *testing.F) {
	f.Add(403, "7", "", "0.5", "Rate Limit Exceeded")
	f.Add(429, "Tue, 04 Mar 2025 04:06:27 GMT", "Tue, 04 Mar 2025 04:06:07 GMT", "1e999", "")
	f.Fuzz(func(t *testing.T, status int, after, date, remaining, body string) {
		h := http.Header{"Retry-After": {after}, "Date": {date}, "X-Rate-Limit-Remaining": {remaining}}
		require.GreaterOrEqual(t, RetryAfter(h), time.Duration(0))
		if Throttled(status, h, []byte(body)) {
			require.Contains(t, []int{403, 429, 503}, status)
		}
		left, _ := RateRemaining(h)
		require.False(t, left != left) // not NaN
	})
}
