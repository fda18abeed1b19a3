package agsclient

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
)

var (
	inBase64 = regexp.MustCompile(`[\w+/-]{16,}`)
	inHex    = regexp.MustCompile(`[0-9a-fA-F]{16,}`)
	// long is what may be either, and is nothing to be read.
	long = regexp.MustCompile(`[\w+/=-]{24,}`)
	// spaces and notAlnum are what stands between the parts of what was taken apart.
	spaces   = regexp.MustCompile(`[\s.,:;|]+|0x|\\x`)
	notAlnum = regexp.MustCompile(`[^0-9A-Za-z]+`)
)

// veil is cut for a text of ours that holds words of the platform. One that
// repeats a token all the same, in a spelling that cannot be cut out, is not shown.
func veil(text string, tokens []string) string {
	text = cut(text, tokens)
	if leaks(text, tokens) {
		return "…"
	}
	return text
}

// withoutTokens is what a text of the platform says if nothing in it is taken from
// a token, whatever was made of it: case, separators, base64, hexadecimal. What
// looks like an encoding is left out in any case: it may be one of an encoding.
func withoutTokens(text string, tokens []string) string {
	text = head(text, maxText)
	if leaks(text, tokens) {
		text = cut(text, tokens)
		if leaks(text, tokens) {
			return "…"
		}
	}
	return long.ReplaceAllStringFunc(text, func(run string) string {
		upper, lower := strings.ContainsFunc(run, unicode.IsUpper), strings.ContainsFunc(run, unicode.IsLower)
		if strings.ContainsFunc(run, unicode.IsDigit) || upper && lower {
			return "…"
		}
		return run // words, a path, a CODE_OF_THE_PLATFORM: no encoding of so many bytes is like that
	})
}

// leaks tells whether a text repeats a piece of a token, as it is or encoded.
func leaks(text string, tokens []string) bool {
	if len(tokens) == 0 {
		return false
	}
	for _, form := range []string{text, unescaped(text), spaces.ReplaceAllString(text, ""), notAlnum.ReplaceAllString(text, "")} {
		if repeats(strings.Join(append(decodings(form), form), " "), tokens) {
			return true
		}
	}
	return false
}

// decodings are what a text may be an encoding of, whatever else it begins with.
func decodings(text string) (all []string) {
	for _, run := range inBase64.FindAllString(text, -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for skip := range 4 {
			digits := run[skip:]
			if plain, err := base64.RawStdEncoding.DecodeString(digits[:len(digits)-len(digits)%4]); err == nil {
				all = append(all, string(plain))
			}
		}
	}
	for _, run := range inHex.FindAllString(text, -1) {
		for skip := range 2 {
			digits := run[skip:]
			if plain, err := hex.DecodeString(digits[:len(digits)-len(digits)%2]); err == nil {
				all = append(all, string(plain))
			}
		}
	}
	return all
}
