package agsclient

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// Secrets are what a text that is shown must not repeat, though a platform says
// it back. They are for clients of services that speak of the same things in
// another protocol.
type Secrets struct {
	// Credentials are looked for in whatever spelling: in another case, in base64,
	// with separators. One of fewer than six letters and digits is part of too many
	// words for that, and is cut out as Private is.
	Credentials []string
	// Private is what was said about people. It is cut out as it was sent and in the
	// spellings of JSON, HTML and URLs, in any case; a text that holds it encoded, or
	// a long one in whatever spelling, is not shown.
	Private []string
}

// String hides them.
func (Secrets) String() string { return "…" }

// GoString hides them.
func (Secrets) GoString() string { return "…" }

// Reason is what a refusal's body says for people: the reason texts of a JSON
// object, a plain text, or either of them inside of a JSON string; "" of a web
// page and of anything else. It is one line of at most 300 runes, and sent (the
// request's body) and the secrets are cut out of it, as of [Error.Reason]. It is
// the platform's text all the same: hostile until escaped.
func (s Secrets) Reason(body []byte, sent string) string {
	body = bytes.TrimSpace(body)
	var inner string
	if json.Unmarshal(body, &inner) == nil {
		body = bytes.TrimSpace([]byte(inner))
	}
	switch {
	case bytes.HasPrefix(body, []byte("{")):
		return reasonOf(body, sent, s.Credentials, s.Private)
	case bytes.HasPrefix(body, []byte("<")), json.Valid(body):
		return ""
	}
	text := s.said(string(body))
	for _, whole := range spellings(sent) {
		text = strings.ReplaceAll(text, whole, "…")
	}
	return clean(text, s.all()...)
}

func (s Secrets) all() []string { return slices.Concat(s.Credentials, s.Private) }

// said is what one text of a platform says.
func (s Secrets) said(text string) string {
	text = withoutTokens(withoutEcho(text, s.all()), s.Credentials)
	if hidden(text, s.Private, leastPrivate) || encodes(text, s.Private) {
		return "…"
	}
	return text
}

// Hide is a text of ours that holds words of the platform, an address say. One
// that repeats a credential in a spelling that cannot be cut out is not shown.
func (s Secrets) Hide(text string) string { return veil(cut(text, s.Private), s.Credentials) }

// Cause makes the error of an [http.Client], or of an answer's body, fit to be
// shown: in words of this package's own, without the secrets. sent tells whether
// the request may have reached the platform. What happened stays reachable.
func (s Secrets) Cause(ctx context.Context, err error) (shown error, sent bool) {
	return hide(stopped(ctx, bare(err)), s.all()), !unsent(err)
}

// Body is an answer's body whose errors are fit to be shown, as Cause makes them.
func (s Secrets) Body(ctx context.Context, body io.Reader) io.Reader {
	return &secretBody{s, ctx, body}
}

type secretBody struct {
	secrets Secrets
	ctx     context.Context
	body    io.Reader
}

func (b *secretBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF { // readers tell those two
		err, _ = b.secrets.Cause(b.ctx, err)
	}
	return n, err
}
