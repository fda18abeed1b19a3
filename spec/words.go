package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	quotedRunes  = 60   // shown of a quoted value
	listedWords  = 20   // named in a list of what is allowed or known
	comparedLen  = 64   // bytes: longer words have no nearest
	comparedWith = 1000 // words are looked at for the nearest one
)

// quote is a value of a document in quotes, cut to a readable length, with
// everything unprintable escaped.
func quote(s string) string {
	if utf8.RuneCountInString(s) > quotedRunes {
		s = string([]rune(s)[:quotedRunes]) + "…"
	}
	return strconv.Quote(s)
}

// didYouMean begins the hint that names a word near to a wrong one.
const didYouMean = "did you mean "

// suggest is a hint that names the word of the format nearest to a wrong one,
// and all others.
func suggest(wrong string, words []string) string {
	return meant(wrong, words) + "allowed: " + list(words)
}

func meant(wrong string, words []string) string {
	if near := nearest(wrong, words); near != "" {
		return didYouMean + quote(near) + "? "
	}
	return ""
}

// list names words of the format, or numbers, in their order, the first ones
// where there are very many. Those out of a file are for quotedList in a mistake.
func list(words []string) string {
	shown := make([]string, 0, listedWords)
	for _, w := range words[:min(len(words), listedWords)] {
		if q := quote(w); strings.ContainsAny(w, " ,") || q != `"`+w+`"` {
			shown = append(shown, q)
		} else {
			shown = append(shown, w)
		}
	}
	if more := len(words) - len(shown); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(shown, ", "), more)
	}
	return strings.Join(shown, ", ")
}

// nearest is the word that wrong was most likely meant to be; "" where none is near.
func nearest(wrong string, words []string) string {
	var best, longer string // longer: one that wrong is the beginning of
	least := max(len(wrong)/3, 1) + 1
	wrong = strings.ToLower(wrong)
	if len(wrong) > comparedLen {
		return ""
	}
	for _, w := range words[:min(len(words), comparedWith)] {
		if len(w) > comparedLen {
			continue
		}
		lower := strings.ToLower(w)
		if d := distance(wrong, lower); d < least {
			best, least = w, d
		}
		if longer == "" && len(wrong) > 2 && strings.HasPrefix(lower, wrong) {
			longer = w
		}
	}
	return cmp.Or(best, longer)
}

// distance counts the edits between two words: letters put in, left out,
// replaced, or swapped with their neighbour.
func distance(a, b string) int {
	before := make([]int, len(b)+1)
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now := make([]int, len(b)+1)
		now[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			now[j] = min(last[j]+1, now[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last = last, now
	}
	return last[len(b)]
}

// sortedKeys are a map's keys in order: nothing here depends on a map's own.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
