package escape

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes s one inert line: newlines and tabs are escaped too.
func Line(s string) string {
	if !plain(s, false) {
		s = escaped(s, false)
	}
	return commandless(s)
}

// Text is as Line, but keeps newlines and tabs: for text of our own making
// that holds foreign words.
func Text(s string) string {
	if !plain(s, true) {
		s = escaped(s, true)
	}
	return commandless(s)
}

// commandless takes the power from what CI systems read as commands: :: at
// the beginning of a line, and ##[ and ##vso[ anywhere.
func commandless(s string) string {
	if !strings.Contains(s, "::") && !strings.Contains(s, "##") {
		return s
	}
	s = strings.NewReplacer("##[", `\u0023#[`, "##vso[", `\u0023#vso[`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		bare := strings.TrimLeft(line, " \t")
		if strings.HasPrefix(bare, "::") {
			lines[i] = line[:len(line)-len(bare)] + `\u003a` + bare[1:]
		}
	}
	return strings.Join(lines, "\n")
}

// Quote is Line in double quotes, with quotes and backslashes of s escaped.
func Quote(s string) string {
	return `"` + Line(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)) + `"`
}

// JSON makes encoded JSON inert: the same characters as in Line become \u
// escapes, which mean the same to whoever decodes it. Newlines and spaces
// between values stay.
func JSON(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("##"), []byte(`#\u0023`)) // a CI system's commands; # stands in strings alone
	if plain(string(b), true) {
		return b
	}
	var out bytes.Buffer
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case visible(r) && (r != utf8.RuneError || n > 1) || r == '\n' || r == '\t' || r == '\r':
			out.Write(b[:n])
		case r > 0xffff:
			hi, lo := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			fmt.Fprintf(&out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		b = b[n:]
	}
	return out.Bytes()
}

// visible tells whether a character shows as itself and does nothing else.
func visible(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r <= '~' // as most are
	}
	switch r {
	case 0x115f, 0x1160, 0x2800, 0x3164, 0xffa0: // "letters" that show as nothing
		return false
	}
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func plain(s string, lines bool) bool {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return false
			}
		}
		if !visible(r) && (!lines || r != '\n' && r != '\t') {
			return false
		}
	}
	return true
}

func escaped(s string, lines bool) string {
	var out strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, `\x%02x`, s[0])
		case visible(r), lines && (r == '\n' || r == '\t'):
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		s = s[n:]
	}
	return out.String()
}
