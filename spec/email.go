package spec

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// EmailKey is the same for all ways to write one email: blanks around it, and
// letters large or small. A letter of ASCII is never one of another script: the
// Kelvin sign and the long s, which Unicode folds to k and s, make an address
// that somebody else may have.
func EmailKey(email string) string { return strings.Map(leastCase, strings.TrimSpace(email)) }

// leastCase is the first of the letters that differ from a letter by case alone.
func leastCase(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		if other >= utf8.RuneSelf {
			least = min(least, other)
		}
	}
	return least
}

// emailLike is as much as can be said without asking whoever gave it out.
func emailLike(s string) bool {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsAny(s, " \t\n")
}
