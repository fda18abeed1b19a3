package agsclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ErrHTML is the cause of an [Error] where a web page came instead of JSON: a
// login page, an error page, or a URL that is not a service's.
var ErrHTML = errors.New("answered with an HTML page: is this the line item URL of an LMS?")

// Error is what went wrong in one operation.
type Error struct {
	Op     string // "list line items"
	Method string // "" if no request was made
	URL    string // without userinfo and query values
	Status int    // 0 if there was no answer
	// Reason is what a JSON answer says in its reason members, one line of at most
	// 300 runes. Credentials, and what was sent about a person, are cut out. It is
	// the platform's text all the same: hostile until escaped.
	Reason     string
	RetryAfter time.Duration // as the platform asked; 0 if it did not
	Date       time.Time     // the platform's clock (its Date header); zero if unknown
	// Sent tells that the request may have reached the platform and, without a
	// Status, that it may have been carried out.
	Sent bool
	Err  error // the cause, if it is not the status
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Method != "" {
		fmt.Fprintf(&b, ": %s %s", e.Method, e.URL)
	}
	if e.Status != 0 && (e.Status < 200 || e.Status > 299) {
		b.WriteString(": " + statusText(e.Status))
	}
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause: an [OriginError], a [TokenError], a [net.OpError], ...
func (e *Error) Unwrap() error { return e.Err }

// TokenError says that there is no access token. The request that wanted one has
// not been sent.
type TokenError struct {
	URL         string // of the token endpoint, without query values
	Status      int    // 0 if there was no answer
	Code        string // "invalid_client", "invalid_scope", ... (RFC 6749 section 5.2)
	Description string // the platform's words; treated like [Error.Reason]
	Scopes      []string
	RetryAfter  time.Duration
	Err         error // the cause, if it is not the status
}

func (e *TokenError) Error() string {
	var b strings.Builder
	b.WriteString("no access token")
	if e.URL != "" {
		b.WriteString(" from " + e.URL)
	}
	if e.Status != 0 && e.Status != http.StatusOK {
		b.WriteString(": " + statusText(e.Status))
	}
	for _, s := range []string{e.Code, e.Description} {
		if s != "" {
			b.WriteString(": " + s)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *TokenError) Unwrap() error { return e.Err }

// NotSent tells that err came before the request could reach the platform: a
// refused URL or argument, no token, no connection. Such a write has not been
// carried out.
func NotSent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Sent
}

// unsent tells of a transport's error whether it happened before a connection
// was there. Where that is not known the answer is false.
func unsent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// bare takes off the *url.Error that http.Client puts around each cause: it
// spells out the URL with its query.
func bare(err error) error {
	if ue, ok := err.(*url.Error); ok { // only the outermost
		return ue.Err
	}
	return err
}

func statusText(code int) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + http.StatusText(code))
}

// clock reads the Date and Retry-After headers. A Retry-After that is a date is
// measured on the platform's own clock.
func clock(h http.Header) (date time.Time, after time.Duration) {
	date, _ = http.ParseTime(h.Get("Date"))
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseInt(v, 10, 32); err == nil && s > 0 {
		return date, time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && !date.IsZero() && at.After(date) {
		return date, at.Sub(date)
	}
	return date, 0
}
