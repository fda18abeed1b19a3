package export

import (
	"fmt"
	"maps"
	"strings"
	"unicode"
)

// Names are the names of files and documents that are taken. The zero value has
// none.
type Names struct{ taken map[string]bool }

func (n *Names) clone() *Names { return &Names{maps.Clone(n.taken)} }

// file is a name that no file has yet, whatever letters are large or small, made
// of words that an LMS or a file may have given.
func (n *Names) file(suffix string, words ...string) string {
	var parts []string
	for _, w := range words {
		parts = append(parts, slug(w))
	}
	base := cut(strings.Join(parts, "-"), longestFile)
	return n.free("file ", base, suffix)
}

// document is a name that no document of its kind has yet.
func (n *Names) document(kind, base string) string {
	return n.free(kind+" ", cut(base, longestName), "")
}

const (
	longestFile = 120
	longestName = 240 // with room for a number
)

func (n *Names) free(kind, base, suffix string) string {
	if n.taken == nil {
		n.taken = map[string]bool{}
	}
	for i := 1; ; i++ {
		name := base + suffix
		if i > 1 {
			name = fmt.Sprintf("%s-%d%s", base, i, suffix)
		}
		if key := kind + strings.ToLower(name); !n.taken[key] {
			n.taken[key] = true
			return name
		}
	}
}

// reserved are names that Windows keeps for devices.
var reserved = []string{"con", "prn", "aux", "nul", "com", "lpt"}

// slug is a word as it may stand in a file's name anywhere.
func slug(word string) string {
	var out strings.Builder
	for _, r := range word {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.' {
			out.WriteRune(r)
		} else if s := out.String(); s != "" && !strings.HasSuffix(s, "-") {
			out.WriteByte('-')
		}
	}
	s := strings.Trim(out.String(), "-.")
	for _, device := range reserved {
		if bare, _, _ := strings.Cut(strings.ToLower(s), "."); strings.TrimRight(bare, "0123456789") == device {
			return "_" + s
		}
	}
	if s == "" {
		return "_"
	}
	return s
}

// cut is the beginning of a text, of at most so many bytes.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xc0 == 0x80 {
		most--
	}
	return s[:most]
}
