package agsclient

import (
	"html"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// cut takes secrets out of a text, in whichever spelling.
func cut(text string, secrets []string) string {
	for _, s := range secrets {
		all := spellings(s)
		// Whole ones first: pieces of one spelling would tear another.
		for _, spelled := range all {
			text = cutWhole(text, spelled)
		}
		for _, spelled := range all {
			text = cutEnds(cutPieces(text, spelled), spelled)
		}
		text = cutNumber(text, s)
	}
	return text
}

// end is the length from which on a part of a secret is taken for the secret where
// the text itself is cut.
const end = 4

// cutEnds replaces the beginning of a long secret at a text's end, and the end of
// one at its beginning: an echo that was shortened, though it be to less than a
// piece. A short secret may begin as words do: "user-17".
func cutEnds(text, secret string) string {
	if len(secret) < piece {
		return text
	}
	for n := min(len(secret)-1, len(text)); n >= end; n-- {
		before, found := strings.CutSuffix(text, secret[:n])
		if last, _ := utf8.DecodeLastRuneInString(before); found && (before == "" || !wordy(last)) {
			text = before + "…"
			break
		}
	}
	for n := min(len(secret)-1, len(text)); n >= end; n-- {
		after, found := strings.CutPrefix(text, secret[len(secret)-n:])
		if first, _ := utf8.DecodeRuneInString(after); found && (after == "" || !wordy(first)) {
			return "…" + after
		}
	}
	return text
}

var numeral = regexp.MustCompile(`\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?`)

// cutNumber replaces a number however many zeros it has, with a decimal comma, and
// with an exponent.
func cutNumber(text, secret string) string {
	is := func(s string) float64 {
		f, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
		if err != nil {
			return math.NaN()
		}
		return f
	}
	want := is(secret)
	if math.IsNaN(want) {
		return text
	}
	return numeral.ReplaceAllStringFunc(text, func(s string) string {
		if is(s) == want {
			return "…"
		}
		return s
	})
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
	var b strings.Builder
	folded, secret := fold(text), fold(secret)
	for {
		i := strings.Index(folded, secret)
		if i < 0 {
			return b.String() + text
		}
		b.WriteString(text[:i] + "…")
		text, folded = text[i+len(secret):], folded[i+len(secret):]
	}
}

// fold is a text in lower case, each character in its place.
func fold(s string) string {
	b := []byte(s)
	for i, r := range s {
		if low := unicode.ToLower(r); low != r && utf8.RuneLen(low) == utf8.RuneLen(r) {
			utf8.EncodeRune(b[i:], low)
		}
	}
	return string(b)
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

// leastFolded is how long a secret must be to be taken for one in another case:
// the grade A is no article.
const leastFolded = 3

// cutWord replaces a secret where it stands as a word.
func cutWord(text, secret string) string {
	var b strings.Builder
	before := ' '
	same := func(part string) bool { return part == secret }
	if len(secret) >= leastFolded {
		same = func(part string) bool { return strings.EqualFold(part, secret) }
	}
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		if len(text) >= len(secret) && same(text[:len(secret)]) && !wordy(before) {
			rest := text[len(secret):]
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
