package agsclient

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rawServer answers each connection's first request with whatever reply makes of
// the request as it came over the wire.
func rawServer(t *testing.T, reply func(request string) string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var wire bytes.Buffer
				r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &wire)))
				if err != nil {
					return
				}
				io.Copy(io.Discard, r.Body)
				io.WriteString(conn, reply(wire.String()))
			}()
		}
	}()
	return l.Addr().String()
}

// fixedToken is a source of one token.
type fixedToken string

func (f fixedToken) Token(context.Context, []string) (Token, error) {
	return Token{Value: string(f)}, nil
}
func (fixedToken) Discard(Token) {}

const secretToken = "kR7pQ2-vX9wLs4Tz_8mNcB1yHd6Jf3Ga"

// A server that sends back what it was sent, as something that is no HTTP, gets it
// quoted by net/http. None of that may be seen.
func TestEchoesAreNotShown(t *testing.T) {
	flat := func(request string) string { return strings.ReplaceAll(request, "\r\n", " ") }
	lines := func(request string) string { return strings.ReplaceAll(request, ":", " ") }
	for name, reply := range map[string]func(string) string{
		"each line a header": func(r string) string { return "HTTP/1.1 200 OK\r\n" + lines(r) + "\r\n\r\n" },
		"one header":         func(r string) string { return "HTTP/1.1 200 OK\r\nX " + flat(lines(r)) + "\r\n\r\n" },
		"bad header name":    func(r string) string { return "HTTP/1.1 200 OK\r\n" + flat(lines(r)) + ": x\r\n\r\n" },
		"first line":         func(r string) string { return " " + flat(r) + "\r\n\r\n" },
		"version":            func(r string) string { return strings.ReplaceAll(flat(r), " ", "") + " 200 OK\r\n\r\n" },
		"status":             func(r string) string { return "HTTP/1.1 " + flat(r) + "\r\n\r\n" },
		"reason phrase":      func(r string) string { return "HTTP/1.1 403 " + flat(r) + "\r\n\r\n" },
		"encoding":           func(r string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + flat(r) + "\r\n\r\n" },
		"length":             func(r string) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + flat(r) + "\r\n\r\n" },
		"chunk": func(r string) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + flat(r) + "\r\n\r\n"
		},
		"trailer": func(r string) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[ \r\n0\r\n" + lines(r) + "\r\n\r\n"
		},
		"redirect": func(r string) string { return "HTTP/1.1 302 Found\r\nLocation: " + flat(r) + "\r\n\r\n" },
		"redirect, path": func(r string) string {
			return "HTTP/1.1 302 Found\r\nLocation: http://evil.example/" + between(r) + "\r\n\r\n"
		},
		"redirect, host": func(r string) string {
			return "HTTP/1.1 302 Found\r\nLocation: http://" + between(r) + ".example/\r\n\r\n"
		},
		"next link, path": func(r string) string {
			return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLink: <http://evil.example/" + between(r) + ">; rel=next\r\n\r\n[]"
		},
		"next link, here": func(r string) string {
			if strings.HasPrefix(r, "GET /again/") {
				return "HTTP/1.1 500 Oh\r\n\r\n"
			}
			return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLink: </again/" + between(r) + ">; rel=next\r\n\r\n[]"
		},
		"label": func(r string) string { return "HTTP/1.1 200 OK\r\n\r\n[{\"label\":\"" + between(r) + "\"}]" },
		"id": func(r string) string {
			return "HTTP/1.1 200 OK\r\n\r\n[{\"id\":\"" + between(r) + "\",\"label\":\"x\"}]"
		},
	} {
		t.Run(name, func(t *testing.T) {
			var assertion string
			base := "http://" + rawServer(t, func(request string) string {
				if _, form, posted := strings.Cut(request, "\r\n\r\n"); posted && strings.HasPrefix(request, "POST /token") {
					v, _ := url.ParseQuery(form)
					assertion = v.Get("client_assertion")
				}
				return reply(request)
			})
			c, err := New(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, fixedToken(secretToken), Endpoint{LineItemsURL: base + "/items"}, Options{})
			require.NoError(t, err)
			credentials := &ClientCredentials{TokenURL: base + "/token", ClientID: "c", Key: testKey(), Now: newTick().now}

			_, listed := c.LineItems(t.Context(), LineItemFilter{})
			posted := c.PostScore(t.Context(), base+"/1", testScore)
			var refused error
			if _, _, err := credentials.request(t.Context(), []string{"a"}); err != nil { // one try will do
				refused = err
			}
			require.NotEmpty(t, assertion)
			require.Error(t, listed)
			for _, err := range []error{listed, posted, refused} {
				if err == nil {
					continue // to a write and to a token request an odd 200 may be well
				}
				text := fmt.Sprintf("%v %s", err, err)
				for _, secret := range append([]string{secretToken, secretToken[:12], secretToken[20:], "Bearer", "osmosis", "42.5", "s-0042"}, strings.Split(assertion, ".")...) {
					require.NotContains(t, text, secret)
				}
			}
			if name == "one header" {
				for _, err := range []error{listed, posted, refused} {
					require.ErrorContains(t, err, "the answer is not HTTP")
					var cause textproto.ProtocolError
					require.ErrorAs(t, err, &cause)
					require.False(t, NotSent(err))
				}
			}
		})
	}
}

// between is the bearer token of a request, or its body's assertion.
func between(request string) string {
	for _, start := range []string{"Bearer ", "client_assertion="} {
		if _, rest, found := strings.Cut(request, start); found {
			rest, _, _ = strings.Cut(rest, "\r\n")
			rest, _, _ = strings.Cut(rest, "&")
			return rest
		}
	}
	return ""
}

func TestDescribe(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: err}
	}
	wrapped := func(err error) error { return fmt.Errorf("SECRET %w", err) }
	for _, tc := range []struct {
		err  error
		want string
	}{
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "cannot connect to 192.0.2.1:443: connection refused"},
		{dial(context.DeadlineExceeded), "cannot connect to 192.0.2.1:443: no answer in time"},
		{dial(errors.New("SECRET")), "cannot connect to 192.0.2.1:443"},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("SECRET")}, "cannot connect to the proxy"},
		{dial(&net.DNSError{Err: "SECRET", Name: "lms.example.edu", IsNotFound: true}), "there is no host named lms.example.edu"},
		{dial(&net.DNSError{Err: "SECRET", Name: "lms.example.edu"}), "the name lms.example.edu cannot be resolved"},
		{x509.HostnameError{Host: "lms.example.edu", Certificate: &x509.Certificate{DNSNames: []string{"SECRET"}}}, "the server's certificate is not for lms.example.edu"},
		{x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired, Detail: "SECRET"}, "the server's certificate has expired or is not yet valid"},
		{http.ErrSchemeMismatch, "the answer is not TLS"},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: SECRET")}, "the TLS handshake failed"},
		{wrapped(errors.New("tls: SECRET")), "the TLS handshake failed"},
		{wrapped(context.Canceled), "cancelled"},
		{wrapped(context.DeadlineExceeded), "no answer in time"},
		{wrapped(os.NewSyscallError("read", syscall.ECONNRESET)), "the connection was reset"},
		{wrapped(io.EOF), "the connection was closed without an answer"},
		{wrapped(io.ErrUnexpectedEOF), "the answer broke off"},
		{wrapped(textproto.ProtocolError("SECRET")), "the answer is not HTTP"},
		{wrapped(errors.New(`malformed HTTP response "SECRET"`)), "the answer is not HTTP"},
		{wrapped(gzip.ErrHeader), "the answer's compression is damaged"},
		{wrapped(&connError{"waiting for a free slot: cancelled", context.Canceled}), "waiting for a free slot: cancelled"},
		{errors.New("SECRET"), "the connection failed"},
	} {
		got := connCause(tc.err)
		require.EqualError(t, got, tc.want)
		require.ErrorIs(t, got, tc.err)
	}
	require.NoError(t, connCause(nil))
}

func TestCallersOwnCancellation(t *testing.T) {
	hold := make(chan struct{})
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) { <-hold })
	defer close(hold)
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(20*time.Millisecond, func() { cancel(gone) })
	err := c.DeleteLineItem(ctx, srv.URL+"/1")
	require.ErrorContains(t, err, "/1: cancelled")
	require.ErrorIs(t, err, gone)
}

// zipped serves a text over and over, compressed, as one page.
func zipped(t *testing.T, head, repeat, tail string, size int) http.HandlerFunc {
	var page bytes.Buffer
	zip, err := gzip.NewWriterLevel(&page, gzip.BestSpeed)
	require.NoError(t, err)
	block := strings.Repeat(repeat, max(1, 64<<10/len(repeat)))
	io.WriteString(zip, head)
	for n := 0; n < size; n += len(block) {
		io.WriteString(zip, block)
	}
	io.WriteString(zip, tail)
	require.NoError(t, zip.Close())
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(page.Bytes())
	}
}

// allocated is how much memory f asks for in all, whether or not it keeps it.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestDefaultBounds(t *testing.T) {
	got, err := Options{}.withDefaults()
	require.NoError(t, err)
	require.Equal(t, Options{MaxPages: 1000, MaxBody: 32 << 20, MaxDepth: 64, MaxMembers: 10_000, MaxElement: 1 << 20, MaxListing: 32 << 20,
		MaxItems: 100_000, MaxResultBytes: 32 << 20, MaxResults: 250_000, MaxListingTime: 10 * time.Minute}, got)
	for _, bad := range []Options{{MaxDepth: -1}, {MaxMembers: -1}, {MaxElement: -1}, {MaxListing: -1}, {MaxItems: -1}, {MaxResultBytes: -1}, {MaxResults: -1}, {MaxListingTime: -1}} {
		_, err := bad.withDefaults()
		require.ErrorContains(t, err, "negative")
	}
}

// A few kilobytes must not become gigabytes.
func TestBombs(t *testing.T) {
	const item = `{"id":"https://a/1","label":"x"`
	for name, tc := range map[string]struct {
		h    http.HandlerFunc
		want string
	}{
		"items without an id": {zipped(t, "[", "{},", "{}]", 4<<20), "element 1: the line item \"\" has no id"},
		"one item many times": {zipped(t, "["+item+"}", ","+item+"}", "]", 4<<20), "more than 20000 line items"},
		"members":             {zipped(t, "["+item, `,"x":0`, "}]", 4<<20), "more than 10000 members"},
		"a long text":         {zipped(t, "["+item+`,"x":"`, "aaaaaaaa", `"}]`, 4<<20), "over 1 MiB"},
		"nothing but space":   {zipped(t, "[", "        ", "]", 3<<20), "over 2 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := lms(t, Options{MaxListing: 2 << 20, MaxItems: 20_000}, tc.h)
			require.Less(t, allocated(func() {
				_, err := c.LineItems(t.Context(), LineItemFilter{})
				require.ErrorContains(t, err, tc.want)
			}), uint64(128<<20))
		})
	}
	c, srv := lms(t, Options{}, zipped(t, `{"x":"`, "aaaaaaaa", `"}`, 4<<20))
	require.Less(t, allocated(func() {
		_, err := c.LineItem(t.Context(), srv.URL+"/1")
		require.ErrorContains(t, err, "the line item is over 1 MiB")
	}), uint64(64<<20))
}

func TestEndlessPages(t *testing.T) {
	var n atomic.Int64
	pad := strings.Repeat("x", 100)
	c, _ := lms(t, Options{MaxItems: 20_000}, func(w http.ResponseWriter, r *http.Request) {
		page := n.Add(1)
		w.Header().Set("Link", fmt.Sprintf("<?page=%d>; rel=next", page))
		fmt.Fprint(w, "[")
		for i := range 5000 {
			fmt.Fprintf(w, `{"id":"https://a/%d/%d","label":%q},`, page, i, pad)
		}
		fmt.Fprintf(w, `{"id":"https://a/%d"}]`, page)
	})
	_, err := c.LineItems(t.Context(), LineItemFilter{})
	require.ErrorContains(t, err, "page 4: element 4998: the listing has more than 20000 line items")
}

// drip answers 200 and then a byte now and then, for as long as anyone reads.
func drip(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	for r.Context().Err() == nil {
		fmt.Fprint(w, " ")
		w.(http.Flusher).Flush()
		time.Sleep(20 * time.Millisecond)
	}
}

// Once the status is known the rest of the answer may not hold up anything.
func TestDrippingAnswers(t *testing.T) {
	t.Parallel()
	c, srv := lms(t, Options{}, drip)
	for name, write := range map[string]func() error{
		"score":  func() error { return c.PostScore(t.Context(), srv.URL+"/1", testScore) },
		"delete": func() error { return c.DeleteLineItem(t.Context(), srv.URL+"/1") },
	} {
		began := time.Now()
		require.NoError(t, write(), name)
		require.Less(t, time.Since(began), drainTime+time.Second, name)
	}
}

// A token endpoint that hangs is asked once more, and no third time: every reader
// waits for it.
func TestTokenTimeoutIsTriedOnceMore(t *testing.T) {
	for _, where := range []string{"header", "body"} {
		var n atomic.Int32
		hold := make(chan struct{})
		c, _ := credentials(t, func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			if where == "body" {
				w.(http.Flusher).Flush()
			}
			<-hold
		})
		c.HTTP.Timeout = 500 * time.Millisecond
		_, err := c.Token(t.Context(), []string{"a"})
		close(hold)
		require.ErrorContains(t, err, "no answer in time")
		require.EqualValues(t, 2, n.Load(), where)
		var ne net.Error
		require.True(t, errors.As(err, &ne) && ne.Timeout())
	}
}
