package agsclient

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
)

const (
	maxReason    = 300      // runes
	maxErrorBody = 64 << 10 // bytes
	maxText      = 4 << 10  // bytes of it that are looked at as a reason
)

// reasonOf reads the reason texts of a JSON error body and cuts out the tokens,
// what is private and what was sent. Whatever else stands there is left alone:
// platforms echo whole requests.
func reasonOf(body []byte, sent string, tokens, private []string) string {
	secrets := Secrets{Credentials: tokens, Private: private}
	m, err := members(body)
	if err != nil {
		return ""
	}
	var texts []string
	add := func(raw json.RawMessage) {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			s = secrets.said(s)
			for _, t := range texts {
				if t == s {
					return
				}
			}
			texts = append(texts, s)
		}
	}
	for _, name := range []string{"error_description", "error", "message", "reason", "detail", "title"} {
		add(m[name])
	}
	var list []json.RawMessage
	if json.Unmarshal(m["errors"], &list) == nil {
		for _, one := range list {
			if e, err := members(one); err == nil {
				add(e["message"])
			}
		}
	}
	all := strings.Join(texts, "; ")
	for _, whole := range spellings(sent) {
		all = strings.ReplaceAll(all, whole, "…")
	}
	return clean(all, secrets.all()...)
}

// credentialLike is what looks like one, whoever's it is.
var credentialLike = regexp.MustCompile(`(?i)bearer\s+[^\s"',;]+` +
	`|(?-i:eyJ)[\w-]{5,}(\.[\w-]*)*` +
	`|[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}` +
	`|(access_token|id_token|client_assertion|client_secret|api_key|password|authorization)["']?\s*[:=]\s*["']?[^\s"'&,;]+`)

// clean makes a platform's text fit for an error: one line, bounded, without
// secrets, in whichever of the usual spellings they are echoed.
func clean(text string, secrets ...string) string {
	// Long before it is bounded: a secret must not escape by being cut in two.
	text = strings.ToValidUTF8(head(text, maxText), "")
	text = cut(text, secrets)
	text = credentialLike.ReplaceAllString(text, "…")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > maxReason {
		text = string(r[:maxReason-1]) + "…"
	}
	return text
}
