package transport

import (
	"encoding/hex"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

// Log writes a debug line for each attempt: method, URL without userinfo,
// people and query, status or error, and, if there is a clock, the time until the header.
// Errors are told in our own words, as net/http's quote what a server sends.
func Log(next http.RoundTripper, log *slog.Logger, now func() time.Time) http.RoundTripper {
	return tripper(func(r *http.Request) (*http.Response, error) {
		if !log.Enabled(r.Context(), slog.LevelDebug) {
			return next.RoundTrip(r)
		}
		attrs := []slog.Attr{slog.String("method", r.Method), slog.String("url", shown(r))}
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

// people are the segments of a path that name a person.
var people = regexp.MustCompile(`(?i)(/users/)[^/]+`)

// shown is a request's URL without what may be a secret, or name somebody:
// userinfo, query, fragment, and a person's segment. Where a server has put our
// credential into it, by a next link or a redirect, nothing of that part is worth
// showing.
func shown(r *http.Request) string {
	host, path := r.URL.Host, r.URL.EscapedPath()
	for _, secret := range credentials(r.Header) {
		if holds(host, secret) {
			host = "…"
		}
		if holds(path, secret) {
			path = "/…"
		}
	}
	s := r.URL.Scheme + "://" + host + people.ReplaceAllString(path, "${1}…")
	if r.URL.RawQuery != "" {
		s += "?…"
	}
	return s
}

// shortest is how long a credential is at least that is looked for: any path
// holds shorter texts.
const shortest = 6

// credentials are the secrets of a request, of which some schemes hold two. A
// signature is none: it is good once.
func credentials(h http.Header) (all []string) {
	_, bearer, _ := strings.Cut(h.Get("Authorization"), " ")
	_, token, _ := strings.Cut(h.Get("X-Authorization"), "access_token=")
	for _, secret := range append(strings.Split(bearer, ":"), bearer, token) {
		if len(secret) >= shortest {
			all = append(all, strings.ToLower(secret))
		}
	}
	return all
}

// holds tells whether a text holds a secret (in lower case), however often it was
// escaped. What nobody escapes so often is taken for one.
func holds(text, secret string) bool {
	text = strings.ToLower(text)
	for range 10 {
		if strings.Contains(text, secret) {
			return true
		}
		plain := escaped.ReplaceAllStringFunc(text, func(s string) string {
			b, err := hex.DecodeString(s[1:])
			if err != nil {
				return s // the pattern lets none through
			}
			return strings.ToLower(string(b))
		})
		if plain == text {
			return false
		}
		text = plain
	}
	return true
}

var escaped = regexp.MustCompile(`%[0-9a-f]{2}`)
