package agsclient

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strings"
)

// What follows is this package's care for clients of services that speak of the
// same things in another protocol.

// Reason is what a refusal's body says for people: the reason texts of a JSON
// object, a plain text, or either of them inside of a JSON string; "" of a web
// page and of anything else. It is one line of at most 300 runes, and sent (the
// request's body) and the secrets are cut out of it, as of [Error.Reason]. It is
// the platform's text all the same: hostile until escaped.
func Reason(body []byte, sent string, secrets ...string) string {
	body = bytes.TrimSpace(body)
	var inner string
	if json.Unmarshal(body, &inner) == nil {
		body = bytes.TrimSpace([]byte(inner))
	}
	switch {
	case bytes.HasPrefix(body, []byte("{")):
		tokens, private := byLength(secrets)
		return reasonOf(body, sent, tokens, private)
	case bytes.HasPrefix(body, []byte("<")), json.Valid(body):
		return ""
	}
	tokens, _ := byLength(secrets)
	text := withoutTokens(withoutEcho(string(body), secrets), tokens)
	for _, whole := range spellings(sent) {
		text = strings.ReplaceAll(text, whole, "…")
	}
	return clean(text, secrets...)
}

// byLength tells what is long enough to be a credential, and is looked for in
// any spelling, from the rest.
func byLength(secrets []string) (tokens, private []string) {
	for _, s := range secrets {
		if len(s) >= 16 {
			tokens = append(tokens, s)
		} else {
			private = append(private, s)
		}
	}
	return tokens, private
}

// Cause makes the error of an [http.Client], or of an answer's body, fit to be
// shown: in words of this package's own, without the secrets. sent tells whether
// the request may have reached the platform. What happened stays reachable.
func Cause(ctx context.Context, err error, secrets ...string) (shown error, sent bool) {
	return hide(stopped(ctx, bare(err)), secrets), !unsent(err)
}

// Bounded reads a JSON body of at most so many bytes, so deep, and with so many
// members in one object. What goes over is an error that [TooMuch] tells.
func Bounded(body io.Reader, most int64, depth, members int) io.Reader {
	size := &sizeReader{r: body, what: "the answer", left: most, max: most}
	return &shapeReader{r: size, maxDepth: depth, maxMembers: members}
}

// ServiceURL takes an absolute https URL, or an http one of a loopback host, with
// a host and without userinfo: what a credential may be sent to.
func ServiceURL(raw string) (*url.URL, error) { return secureURL(raw) }

// UnmarshalJSON is lenient as [LineItem.UnmarshalJSON] is. A grade that cannot be
// read is an error and not taken for none.
func (r *Result) UnmarshalJSON(raw []byte) (err error) {
	*r, err = decodeResult(raw)
	return err
}
