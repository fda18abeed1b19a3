package transport

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

// Log writes a debug line for each attempt: method, URL without userinfo and
// query, status or error, and, if there is a clock, the time until the header.
// Errors are told in our own words, as net/http's quote what a server sends.
func Log(next http.RoundTripper, log *slog.Logger, now func() time.Time) http.RoundTripper {
	return tripper(func(r *http.Request) (*http.Response, error) {
		attrs := []slog.Attr{slog.String("method", r.Method), slog.String("url", hide(redact(r.URL), r.Header.Get("Authorization")))}
		var began time.Time
		if now != nil {
			began = now()
		}
		resp, err := next.RoundTrip(r)
		if err != nil {
			attrs = append(attrs, slog.String("error", agsclient.Describe(err)))
		} else {
			attrs = append(attrs, slog.Int("status", resp.StatusCode))
		}
		if now != nil {
			attrs = append(attrs, slog.Duration("took", now().Sub(began)))
		}
		log.LogAttrs(r.Context(), slog.LevelDebug, "http", attrs...)
		return resp, err
	})
}

// redact leaves out what may be a secret: userinfo, query and fragment.
func redact(u *url.URL) string {
	s := u.Scheme + "://" + u.Host + u.EscapedPath()
	if u.RawQuery != "" {
		s += "?…"
	}
	return s
}

// hide cuts a credential out of a URL: a server may have put it there, into a
// next link or a redirect.
func hide(s, authorization string) string {
	if _, credential, _ := strings.Cut(authorization, " "); credential != "" {
		return strings.ReplaceAll(s, credential, "…")
	}
	return s
}
