package agsclient

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
)

var (
	inBase64 = regexp.MustCompile(`[\w+/-]{6,}`)
	inHex    = regexp.MustCompile(`[0-9a-fA-F]{8,}`)
	// long is what may be either, and is nothing to be read.
	long = regexp.MustCompile(`[\w+/=-]{24,}`)
	// spaces and notAlnum are what stands between the parts of what was taken apart.
	spaces   = regexp.MustCompile(`[\s.,:;|]+|0x|\\x`)
	notAlnum = regexp.MustCompile(`[^0-9A-Za-z]+`)
)

// veil is cut for a text of ours that holds words of the platform. One that
// repeats a token all the same, in a spelling that cannot be cut out, is not shown.
func veil(text string, tokens []string) string {
	if hidden(text, tokens, leastToken) {
		return "…"
	}
	return cut(text, tokens)
}

// How many letters and digits a secret must have to be looked for in whatever
// spelling: shorter ones are parts of words. Of people's words more are words.
const (
	leastToken   = 6
	leastPrivate = 8
	leastEncoded = 4 // bytes of one that is looked for in base64 and hexadecimal
)

// withoutTokens is what a text of the platform says if nothing in it is taken from
// a token, whatever was made of it: case, separators, base64, hexadecimal. What
// looks like an encoding is left out in any case: it may be one of an encoding.
func withoutTokens(text string, tokens []string) string {
	text = head(text, maxText)
	if hidden(text, tokens, leastToken) {
		return "…"
	}
	if leaks(text, tokens, leastToken) {
		text = cut(text, tokens)
	}
	return long.ReplaceAllStringFunc(text, func(run string) string {
		upper, lower := strings.ContainsFunc(run, unicode.IsUpper), strings.ContainsFunc(run, unicode.IsLower)
		if strings.ContainsFunc(run, unicode.IsDigit) || upper && lower {
			return "…"
		}
		return run // words, a path, a CODE_OF_THE_PLATFORM: no encoding of so many bytes is like that
	})
}

// hidden tells whether a text repeats a token in a spelling that cannot be cut out.
// Each is looked for by itself: cutting one out may tear another.
func hidden(text string, tokens []string, least int) bool {
	for _, t := range tokens {
		one := []string{t}
		if leaks(text, one, least) && leaks(cut(text, one), one, least) {
			return true
		}
	}
	return false
}

// leaks tells whether a text repeats a piece of a token, or a short one whole, as
// it is or encoded, if it has so many letters and digits.
func leaks(text string, tokens []string, least int) bool {
	if len(tokens) == 0 {
		return false
	}
	for _, form := range forms(text) {
		if repeats(strings.Join(append(decodings(form), form), " "), tokens, least) {
			return true
		}
	}
	return false
}

// encodes tells whether a text holds one of the secrets, however short, in base64
// or hexadecimal.
func encodes(text string, secrets []string) bool {
	for _, form := range forms(text) {
		for _, plain := range decodings(form) {
			for _, s := range secrets {
				if len(s) >= leastEncoded && strings.Contains(fold(plain), fold(s)) {
					return true
				}
			}
		}
	}
	return false
}

// forms are a text with what a platform may have put between its parts taken off.
func forms(text string) []string {
	return []string{text, unescaped(text), spaces.ReplaceAllString(text, ""), notAlnum.ReplaceAllString(text, "")}
}

// decodings are what a text may be an encoding of, whatever else it begins with.
func decodings(text string) (all []string) {
	for _, run := range inBase64.FindAllString(text, -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for skip := range 4 {
			digits := run[skip:]
			if len(digits)%4 == 1 { // there is no such length
				digits = digits[:len(digits)-1]
			}
			if plain, err := base64.RawStdEncoding.DecodeString(digits); err == nil {
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
