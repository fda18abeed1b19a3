package spec

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// file is the text of one file, and where its lines begin.
type file struct {
	name   string
	place  FileName // the name, for its places
	order  int      // of reading
	text   string
	starts []int        // byte offset of each line
	hidden map[int]bool // lines that are never shown
	silent int          // nor any from this one on; 0 for none
	// personal are lines that speak of persons. Of a file that could not be
	// read to its end only a guess is left: all from the first `scores` on.
	personal []span
	unread   bool
	comma    rune // what stands between the cells of a sheet; 0 for YAML
}

// span is lines, the last included.
type span struct{ first, last int }

// lastLine is one that no file has.
const lastLine = math.MaxInt

// settle orders the personal lines, once all are known, so that
// speaksOfPersons need not try each of them.
func (f *file) settle() {
	if i := strings.Index(f.text, "scores"); f.unread && i >= 0 {
		f.personal = append(f.personal, span{int(f.posOf(i).Line), lastLine})
	}
	slices.SortFunc(f.personal, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	var apart []span
	for _, s := range f.personal {
		if last := len(apart) - 1; last >= 0 && s.first <= apart[last].last {
			apart[last].last = max(apart[last].last, s.last)
		} else {
			apart = append(apart, s)
		}
	}
	f.personal = apart
}

func (f *file) speaksOfPersons(line int) bool {
	_, found := slices.BinarySearchFunc(f.personal, line, func(s span, line int) int {
		switch {
		case s.last < line:
			return -1
		case s.first > line:
			return 1
		}
		return 0
	})
	return found
}

// hides tells whether a line holds a secret, or may.
func (f *file) hides(line int) bool {
	return f.hidden[line] || f.silent > 0 && line >= f.silent || strings.Contains(f.line(line), "-----BEGIN")
}

// hide keeps a value from being shown. Of one that is not on its line as it
// is, nobody knows where it ends: so nothing below is shown either.
func (f *file) hide(n *yaml.Node) {
	f.hidden[n.Line] = true
	if n.Kind == yaml.ScalarNode && !strings.Contains(f.line(n.Line), n.Value) && (f.silent == 0 || n.Line < f.silent) {
		f.silent = n.Line
	}
}

// newFile indexes the text and finds what no document may hold; the problem
// is nil where all is well. A byte order mark at the start is no part of the text.
func newFile(name string, order int, data []byte) (*file, Pos, *problem) {
	f := &file{
		name: name, place: InFile(name), order: order, starts: []int{0}, hidden: map[int]bool{},
		text: strings.TrimPrefix(string(data), "\ufeff"),
	}
	var first int
	var found *problem
	text := true
	for i := 0; i < len(f.text); {
		if c := f.text[i]; ' ' <= c && c <= '~' { // as nearly all are
			i++
			continue
		}
		r, size := rune(f.text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(f.text[i:])
		}
		binary := r == 0 || r == utf8.RuneError && size == 1
		if found == nil || binary && text { // that it is no text says more than a character does
			if p := forbidden(r, size); p != nil {
				first, found, text = i, p, !binary
			}
		}
		i += size
		if r == '\n' || r == '\r' && !strings.HasPrefix(f.text[i:], "\n") {
			f.starts = append(f.starts, i)
		}
	}
	return f, f.posOf(first), found
}

// forbidden says what is wrong with a rune that may stand nowhere, not even in
// a comment. YAML ends a line at U+0085, U+2028 and U+2029, and no editor does:
// the rest of a comment would be data, and lines would be counted apart.
func forbidden(r rune, size int) *problem {
	const save = "documents are YAML, saved as UTF-8"
	const escape = `remove it; within double quotes it can be written as in "\u2028"`
	switch {
	case r == 0:
		return wrong(save, "not a text file: it holds a NUL byte")
	case r == utf8.RuneError && size == 1:
		return wrong(save, "not a text file: it is not valid UTF-8")
	case r == '\t', r == '\n', r == '\r':
		return nil
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xfeff, r == 0xfffe, r == 0xffff:
		return wrong(escape, "an invisible character that YAML does not allow (%U)", r)
	case r == 0x2028, r == 0x2029:
		return wrong(escape, "an invisible character that ends the line (%U)", r)
	}
	return nil
}

// line is a line's text; "" for one that is not there.
func (f *file) line(n int) string {
	if n < 1 || n > len(f.starts) {
		return ""
	}
	end := len(f.text)
	if n < len(f.starts) {
		end = f.starts[n]
	}
	return strings.TrimRight(f.text[f.starts[n-1]:end], "\r\n")
}

// posOf is the place of a byte.
func (f *file) posOf(offset int) Pos {
	n, found := slices.BinarySearch(f.starts, offset)
	if found {
		n++
	}
	start := f.starts[n-1]
	return Pos{f.place, int32(n), int32(utf8.RuneCountInString(f.text[start:offset]) + 1)}
}

// pos is the place of a node.
func (f *file) pos(n *yaml.Node) Pos {
	return Pos{f.place, int32(n.Line), int32(n.Column)}
}
