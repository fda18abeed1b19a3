package reconcile

import (
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/plan"
)

const (
	mostSought = 100 // names for which the nearest one is looked for: more are no slips of the pen
	longest    = 254 // bytes of an email (RFC 5321); what is longer has no nearest
)

// near is the roster's word for the person that a name was most likely meant
// for, "" where none is near. Of an email that is one a letter or two away, or
// the only one with the same beginning on another domain; of a sourcedId, one
// that differs by case or by zeros in front, which spreadsheets take away.
func near(n name, roster []plan.Member) string {
	if n.kind == bySourcedID {
		return nearID(n.text, roster)
	}
	if len(n.text) > longest {
		return ""
	}
	wrong := []rune(n.text)
	bound := 2
	if len(wrong) <= len("a@b.edu") {
		bound = 1
	}
	best, sibling, siblings := "", "", 0
	local, _, _ := strings.Cut(n.text, "@")
	for i := range roster {
		shown := strings.TrimSpace(roster[i].Email)
		if shown == "" || len(shown) > longest {
			continue
		}
		other := folded(shown)
		if beginning, _, at := strings.Cut(other, "@"); at && beginning == local {
			sibling = shown
			siblings++
		}
		if gap := utf8.RuneCountInString(other) - len(wrong); gap > bound || gap < -bound {
			continue
		}
		if edits := distance(wrong, []rune(other), bound); edits < bound || edits == bound && best == "" {
			best, bound = shown, edits
		}
	}
	if best == "" && siblings == 1 {
		return sibling
	}
	return best
}

func nearID(wrong string, roster []plan.Member) string {
	bare := func(s string) string { return strings.TrimLeft(folded(s), "0") }
	for i := range roster {
		if id := strings.TrimSpace(roster[i].SourcedID); id != "" && bare(id) == bare(wrong) {
			return id
		}
	}
	return ""
}

// distance counts the edits between two words: letters put in, left out,
// replaced, or swapped with their neighbour. It gives up, and says most+1,
// where they are more than most.
func distance(a, b []rune, most int) int {
	before, last, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	near := 0 // the last row that has a way of at most most edits
	for i := 1; i <= len(a); i++ {
		now[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			now[j] = min(last[j]+1, now[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
			least = min(least, now[j])
		}
		if least <= most {
			near = i
		} else if i-near > 1 { // a swap looks two rows back
			return most + 1
		}
		before, last, now = last, now, before
	}
	return min(last[len(b)], most+1)
}
