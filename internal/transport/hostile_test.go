package transport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/stretchr/testify/require"
)

// What a server makes of a request it sends back, net/http quotes in its errors:
// none of it may reach the log.
func TestLogShowsNoEchoes(t *testing.T) {
	const secret = "kR7pQ2-vX9wLs4Tz_8mNcB1yHd6Jf3Ga"
	for name, first := range map[string]string{"header": "HTTP/1.1 200 OK\r\n", "status line": ""} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					var wire bytes.Buffer
					r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &wire)))
					if err == nil {
						io.Copy(io.Discard, r.Body)
						io.WriteString(conn, first+strings.NewReplacer("\r\n", "_", ":", "_", " ", "_").Replace(wire.String())+"\r\n\r\n")
					}
					conn.Close()
				}
			}()
			var lines bytes.Buffer
			rt := Stack(base(t), Config{Log: slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug})), Timeout: 10 * time.Second})
			for _, r := range []*http.Request{
				request(t, t.Context(), "GET", "http://"+l.Addr().String()+"/next/"+secret, nil),
				request(t, t.Context(), "POST", "http://"+l.Addr().String()+"/", strings.NewReader(`{"comment":"`+secret+`"}`)),
			} {
				r.Header.Set("Authorization", "Bearer "+secret)
				_, err := rt.RoundTrip(r)
				require.ErrorContains(t, err, secret, "net/http quotes it, or this proves nothing")
				var cause textproto.ProtocolError
				require.Equal(t, name == "header", errors.As(err, &cause))
			}
			require.NotContains(t, lines.String(), secret)
			require.Equal(t, 2, strings.Count(lines.String(), `error="the answer is not HTTP"`), "%s", lines.String())
		})
	}
}

// A server may put what it was sent into the URLs that we ask next; and some
// platforms' paths name people.
func TestLogShowsNoCredentialsAndNobody(t *testing.T) {
	const key, ltik, token = "0b8b1e0c-1111-4222-8333-94a5b6c7d8e9", "eyJhbGciOi.J9.Sig+na/ture==", "Tok:en~ of|28456671"
	urls := map[string]string{ // the path as it goes over the wire, and as it is shown
		"/plain/" + key + "/x":                                "/…",
		"/upper/" + strings.ToUpper(key):                      "/…",
		"/ltik/" + url.PathEscape(ltik):                       "/…",
		"/once/" + url.QueryEscape(ltik):                      "/…",
		"/twice/" + url.QueryEscape(url.QueryEscape(ltik)):    "/…",
		"/token/" + url.PathEscape(token) + "/x":              "/…",
		"/users/28456671/courses/1/gradebookItems/g/grade?x=": "/users/…/courses/1/gradebookItems/g/grade?…",
		"/api/Users/28456671":                                 "/api/Users/…",
		"/courses/1/roster":                                   "/courses/1/roster",
	}
	for path, want := range urls {
		var lines bytes.Buffer
		log := slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
		for _, header := range [][2]string{
			{"Authorization", "LTIK-AUTH-V2 " + key + ":" + ltik}, {"Authorization", "SERVICE-AUTH-V1 " + ltik + ":" + key},
			{"X-Authorization", "Access_Token access_token=" + token},
		} {
			r := request(t, t.Context(), "GET", "http://localhost"+path, nil)
			r.Header.Set(header[0], header[1])
			if want == "/…" && (header[0] == "X-Authorization") != strings.HasPrefix(path, "/token/") {
				continue // another credential's
			}
			_, err := Log(tripper(func(*http.Request) (*http.Response, error) { return nil, io.EOF }), log, nil).RoundTrip(r)
			require.ErrorIs(t, err, io.EOF)
			got := regexp.MustCompile(`url=(\S+)`).FindStringSubmatch(lines.String())
			require.Equal(t, "http://localhost"+want, strings.Trim(got[1], `"`))
			lines.Reset()
		}
	}
}

// Our own errors say themselves what may be shown of them.
func TestErrorsDescribeThemselves(t *testing.T) {
	require.Equal(t, "no answer within 1s", agsclient.Describe(fmt.Errorf("SECRET: %w", &TimeoutError{After: time.Second})))
}

func TestHeaderIsBounded(t *testing.T) {
	size := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for n := 0; n < size; n += 1024 {
			w.Header().Add("X", strings.Repeat("x", 1020))
		}
	})
	for size = range map[int]bool{200 << 10: true, 300 << 10: true} {
		resp, err := base(t).RoundTrip(request(t, t.Context(), "GET", url, nil))
		if size < 256<<10 {
			require.NoError(t, err)
			resp.Body.Close()
			continue
		}
		require.Error(t, err)
		require.Equal(t, "the answer's header is too long", agsclient.Describe(err))
	}
}

// A busy server that also drips its apology must not hold the next try.
func TestRetryDoesNotWaitForBodies(t *testing.T) {
	var n atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) > 1 {
			return
		}
		w.WriteHeader(503)
		for r.Context().Err() == nil {
			fmt.Fprint(w, ".")
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	rt, _, _ := retrying(Pace(base(t), 1, 0, nil), 1)
	began := time.Now()
	resp, err := rt.RoundTrip(request(t, t.Context(), "GET", url, nil))
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 200, resp.StatusCode)
	require.Less(t, time.Since(began), discardTime+2*time.Second)
}
