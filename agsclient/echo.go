package agsclient

import (
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	// member is a member of a JSON object, or its beginning.
	member       = regexp.MustCompile(`["'][^"'\s]{1,256}["']\s*(:|=>?)\s*(["'0-9{\[-]|null|true|false|$)`)
	escapedByte  = regexp.MustCompile(`(%[0-9a-fA-F]{2})+`)
	escapedRune  = regexp.MustCompile(`\\+u([0-9a-fA-F]{4})`)
	escapedSpace = regexp.MustCompile(`\\+[bfnrt]`)
)

// withoutEcho is what a text says before it repeats a request: an object, however
// it is spelled, whole or cut short. What begins in the middle of an object, or
// spells something private in a way of its own, has no beginning and no end that
// could be told, so nothing of such a text is kept.
func withoutEcho(text string, private []string) string {
	text = head(text, maxText)
	for _, brace := range []string{"{", "%7B", "%7b", "&#123;", "&lbrace;", "&lcub;", `\u007b`, `\u007B`} {
		if before, _, found := strings.Cut(text, brace); found {
			text = before + "…"
		}
	}
	plain := unescaped(text)
	if member.MatchString(plain) || plain != text && repeats(plain, private, piece) {
		return "…"
	}
	return text
}

// unescaped takes off the escapes of URLs, HTML and JSON, several layers of them.
func unescaped(text string) string {
	text = escapedByte.ReplaceAllStringFunc(strings.ReplaceAll(text, "+", " "), func(s string) string {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return s // it is hexadecimal
		}
		return plain
	})
	text = html.UnescapeString(html.UnescapeString(text))
	text = escapedRune.ReplaceAllStringFunc(text, func(s string) string {
		code, err := strconv.ParseUint(s[len(s)-4:], 16, 16)
		if err != nil {
			return s // it is hexadecimal
		}
		return string(rune(code))
	})
	return strings.ReplaceAll(escapedSpace.ReplaceAllString(text, " "), `\`, "")
}

// repeats tells whether a text holds a piece of a secret, or a short one whole, if
// only letters and digits count. A secret that has fewer than least is passed over.
func repeats(text string, secrets []string, least int) bool {
	text = letters(text)
	pieces := make(map[string]bool, len(text))
	for i := 0; i+piece <= len(text); i++ {
		pieces[text[i:i+piece]] = true
	}
	for _, s := range secrets {
		s = letters(s)
		if len(s) >= least && len(s) < piece && strings.Contains(text, s) {
			return true
		}
		for i := 0; i+piece <= len(s); i++ {
			if pieces[s[i:i+piece]] {
				return true
			}
		}
	}
	return false
}

func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if !wordy(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}
