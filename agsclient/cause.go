package agsclient

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"syscall"
)

// connError is an error of the connection. Its text is our own: net/http's texts
// quote what a server sends, and a server may send back what it was sent. What
// happened stays reachable behind it.
type connError struct {
	text string
	err  error
}

func (e *connError) Error() string { return e.text }
func (e *connError) Unwrap() error { return e.err }

// Described is the text.
func (e *connError) Described() string { return e.text }

// selfDescribed is an error that says itself what may be shown of it.
type selfDescribed interface {
	error
	Described() string
}

// Describe says in words of this package what went wrong with a connection. Only kinds
// that are known are told apart. Of the error itself nothing is repeated but
// addresses, and those are where we wanted to go.
func Describe(err error) string {
	if e, ok := errors.AsType[selfDescribed](err); ok {
		return e.Described()
	}
	if errors.Is(err, context.Canceled) {
		return "cancelled"
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return describeDNS(e)
	}
	if text := describeCertificate(err); text != "" {
		return text
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && (e.Op == "dial" || e.Op == "proxyconnect") {
		where := "the server"
		switch {
		case e.Op == "proxyconnect":
			where = "the proxy"
		case e.Addr != nil:
			where = e.Addr.String()
		}
		if why := describeErrno(e.Err); why != "" {
			return "cannot connect to " + where + ": " + why
		}
		return "cannot connect to " + where
	}
	if text := describeTLS(err); text != "" {
		return text
	}
	if text := describeErrno(err); text != "" {
		return text
	}
	return describeAnswer(err)
}

func describeDNS(e *net.DNSError) string {
	switch {
	case e.IsNotFound:
		return "there is no host named " + e.Name
	case e.IsTimeout:
		return "the name " + e.Name + " was not resolved in time"
	}
	return "the name " + e.Name + " cannot be resolved"
}

// describeCertificate leaves out the names in the certificate: the server wrote
// them.
func describeCertificate(err error) string {
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the server's certificate is not for " + e.Host
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the server's certificate is signed by an unknown authority"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return "the server's certificate has expired or is not yet valid"
		}
		return "the server's certificate is not valid"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the server's certificate is not trusted"
	}
	return ""
}

func describeTLS(err error) string {
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	if notTLS || errors.Is(err, http.ErrSchemeMismatch) {
		return "the answer is not TLS"
	}
	op, ok := errors.AsType[*net.OpError](err)
	if ok && (op.Op == "remote error" || op.Op == "local error") || strings.HasPrefix(innermost(err).Error(), "tls: ") {
		return "the TLS handshake failed"
	}
	return ""
}

// describeErrno knows what the operating system reports.
func describeErrno(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{syscall.ECONNREFUSED, "connection refused"},
		{syscall.ECONNRESET, "the connection was reset"},
		{syscall.EPIPE, "the connection was closed while sending"},
		{syscall.EHOSTUNREACH, "no route to the host"},
		{syscall.ENETUNREACH, "the network is unreachable"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	timeout, ok := errors.AsType[net.Error](err)
	if ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return ""
}

func describeAnswer(err error) string {
	_, badHeader := errors.AsType[textproto.ProtocolError](err)
	_, badDeflate := errors.AsType[flate.CorruptInputError](err)
	// These have no type of their own.
	text := err.Error()
	switch {
	case badHeader || strings.Contains(text, "malformed HTTP "):
		return "the answer is not HTTP"
	case strings.Contains(text, "server response headers exceeded"):
		return "the answer's header is too long"
	case badDeflate || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum):
		return "the answer's compression is damaged"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the answer broke off"
	case errors.Is(err, io.EOF):
		return "the connection was closed without an answer"
	}
	return "the connection failed"
}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
