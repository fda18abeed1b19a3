package agsclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
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
	Reason string
	// Start is the first bytes of a refusal's body, for programs to compare and
	// not for people to read: nothing is cut out of it.
	Start      string
	RetryAfter time.Duration // as the platform asked, if only of an earlier request; 0 if it did not
	Throttled  bool          // the answer says that requests come too fast: see [Throttled]
	Date       time.Time     // the platform's clock (its Date header); zero if unknown
	// Sent tells that the request may have reached the platform and, without a
	// Status, that it may have been carried out.
	Sent bool
	// Err is the cause, if it is not the status. If it came from the connection its
	// text is this package's own: net/http quotes what servers send.
	Err error
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
	Throttled   bool  // as in [Error]
	Err         error // the cause, if it is not the status; treated like [Error.Err]
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

// Invalid tells that a call was refused here because of what it was given: a score
// or line item that no platform may take, an id that is not a URL, a service that
// the [Endpoint] lacks. The same call will always fail. An [OriginError] is not
// among these: the id may be right and the Endpoint's Hosts incomplete.
func Invalid(err error) bool {
	_, ok := errors.AsType[*argumentError](err)
	return ok
}

// argumentError marks what [Invalid] tells.
type argumentError struct{ err error }

func (e *argumentError) Error() string { return e.err.Error() }
func (e *argumentError) Unwrap() error { return e.err }

// argument marks an error that an argument is at fault for.
func argument(err error) error {
	if _, ok := errors.AsType[*OriginError](err); ok || err == nil {
		return err
	}
	return &argumentError{err}
}

// hiddenError is an error whose text had secrets cut out of it.
type hiddenError struct {
	text string
	err  error
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.err }

// hide keeps secrets out of an error's text. What a server says may turn up there
// as a host, a name or a label.
func hide(err error, secrets []string) error {
	if err == nil {
		return nil
	}
	if o, ok := errors.AsType[*OriginError](err); ok { // it was made for this call
		o.Host, o.URL = veil(o.Host, secrets), veil(o.URL, secrets)
	}
	if text := err.Error(); veil(text, secrets) != text {
		return &hiddenError{veil(text, secrets), err}
	}
	return err
}

// NotSent tells that err came before the request could reach the platform: a
// refused URL or argument, no token, no connection. Such a write has not been
// carried out. [Invalid] tells which of these were arguments.
func NotSent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !e.Sent
}

// unsent tells of a transport's error whether it happened before a connection
// was there. A round tripper that kept a request back says so itself, by a method
// NotSent. Where it is not known the answer is false.
func unsent(err error) bool {
	if kept, ok := errors.AsType[interface {
		error
		NotSent() bool
	}](err); ok {
		return kept.NotSent()
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// Dropped tells of a connection that was there and broke.
func Dropped(err error) bool {
	for _, e := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Busy tells whether a status says that the platform cannot answer now, and may soon.
// That requests come too fast is for [Throttled] to tell.
func Busy(status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// InTransit tells that a GET failed in a way that a round tripper sees, and can mend
// by sending it again: a connection that broke before there was an answer, one that
// came too late, or an answer that is [Busy] or [Throttled]. Where there is such a
// round tripper, it has done what could be done. It is false of an answer that is
// broken in its content.
func InTransit(err error) bool {
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return false
	case e.Status == 0:
		return Dropped(err) || timedOut(err)
	}
	return Busy(e.Status) || e.Throttled
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

// timedOut tells of an error that nothing came in time.
func timedOut(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout() || errors.Is(err, context.DeadlineExceeded)
}
