package agsclient

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxReason    = 300      // runes
	maxErrorBody = 64 << 10 // bytes
)

// reasonOf reads the reason texts of a JSON error body and cuts out the secrets
// and what was sent. Whatever else stands there is left alone: platforms echo
// whole requests.
func reasonOf(body []byte, sent string, secrets ...string) string {
	m, err := members(body)
	if err != nil {
		return ""
	}
	var texts []string
	add := func(raw json.RawMessage) {
		var s string
		if json.Unmarshal(raw, &s) == nil {
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
	return clean(all, secrets...)
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
	text = strings.ToValidUTF8(head(text, 4096), "")
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

// cut takes secrets out of a text, in whichever spelling.
func cut(text string, secrets []string) string {
	for _, s := range secrets {
		all := spellings(s)
		// Whole ones first: pieces of one spelling would tear another.
		for _, spelled := range all {
			text = cutWhole(text, spelled)
		}
		for _, spelled := range all {
			text = cutPieces(text, spelled)
		}
	}
	return text
}

func head(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// spellings are the forms in which a text comes back from a platform.
func spellings(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	all := []string{s}
	for _, o := range []string{jsonText(s), asciiText(s), html.EscapeString(s), url.QueryEscape(s)} {
		if o != s {
			all = append(all, o)
		}
	}
	return all
}

// asciiText escapes a string as PHP's and Python's JSON encoders do.
func asciiText(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(jsonText(s))) {
		switch {
		case u == '/':
			b.WriteString(`\/`)
		case u < utf8.RuneSelf:
			b.WriteByte(byte(u))
		default:
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(digits[u>>shift&15])
			}
		}
	}
	return b.String()
}

// piece is the length from which on a part of a secret is taken for the secret.
const piece = 12

// cutWhole replaces secret in text, a short one only where it stands as a word.
func cutWhole(text, secret string) string {
	if len(secret) < piece {
		return cutWord(text, secret)
	}
	return strings.ReplaceAll(text, secret, "…")
}

// cutPieces replaces what is left of a long secret: echoes are often shortened.
func cutPieces(text, secret string) string {
	if len(secret) < piece {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		n := piece
		if i+n > len(text) || !strings.Contains(secret, text[i:i+n]) {
			b.WriteByte(text[i])
			i++
			continue
		}
		for i+n < len(text) && strings.Contains(secret, text[i:i+n+1]) {
			n++
		}
		b.WriteString("…")
		i += n
	}
	return strings.ToValidUTF8(b.String(), "")
}

func cutWord(text, secret string) string {
	var b strings.Builder
	before := ' '
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		if rest, found := strings.CutPrefix(text, secret); found && !wordy(before) {
			after, _ := utf8.DecodeRuneInString(rest)
			if rest == "" || !wordy(after) {
				b.WriteString("…")
				text, before = rest, '…'
				continue
			}
		}
		b.WriteString(text[:n])
		text, before = text[n:], r
	}
	return b.String()
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
