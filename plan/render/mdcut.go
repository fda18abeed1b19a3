package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// mostBytes is how long a comment gets. GitHub takes 65,536 characters; bytes
// are never fewer, and what is left is for what a workflow writes around it.
const mostBytes = 65_000

// part is a piece of Markdown of which lines may be left out at its end.
type part struct {
	head string   // its title, a table's head; goes only with rows
	rows []string // each ends with a newline
	what string   // one of them, in words
}

// rest says how many rows were left out.
func (p part) rest(n int) string {
	return fmt.Sprintf("\n… and %s that did not fit.\n\n", count(n, "more "+p.what))
}

// whole is all of the part.
func (p part) whole() string {
	if len(p.rows) == 0 {
		return ""
	}
	return p.head + strings.Join(p.rows, "") + "\n"
}

// fit is as much of the part as has room, and how many rows have not.
func (p part) fit(room int) (text string, cut int) {
	if whole := p.whole(); len(whole) <= room {
		return whole, 0
	}
	room -= len(p.rest(len(p.rows)))
	var b strings.Builder
	b.WriteString(p.head)
	n := 0
	for n < len(p.rows) && b.Len()+len(p.rows[n]) <= room {
		b.WriteString(p.rows[n])
		n++
	}
	if n == 0 {
		b.Reset()
	}
	return b.String() + p.rest(len(p.rows)-n), len(p.rows) - n
}

// least is the room that a part needs to say at least that it is there.
func (p part) least() int {
	return min(len(p.rest(len(p.rows))), len(p.whole()))
}

// folded is a piece of several parts, which may be collapsible.
type folded struct {
	open, shut string
	parts      []part
	// line is all that is said where not one row has room; of "" the parts say
	// that they were cut, then.
	line string
}

// least is the room without which it is not there.
func (f folded) least() int {
	if f.line != "" {
		return min(len(f.line), f.want())
	}
	return f.frame()
}

// frame is the room for saying of each part that it is there.
func (f folded) frame() int {
	n := len(f.open) + len(f.shut)
	for _, p := range f.parts {
		n += p.least()
	}
	return n
}

// rows is how many rows there are.
func (f folded) rows() (n int) {
	for _, p := range f.parts {
		n += len(p.rows)
	}
	return n
}

// some is the room for more than the line: for the frame with a row.
func (f folded) some() int {
	if f.line == "" {
		return f.frame()
	}
	for _, p := range f.parts {
		if len(p.rows) > 0 {
			return min(f.frame()+len(p.head)+len(p.rows[0]), f.want())
		}
	}
	return f.want()
}

// fit gives each part what the ones behind it can spare.
func (f folded) fit(room int) (text string, cut int) {
	if room < f.some() {
		return f.line, max(1, f.rows())
	}
	spare := room - f.frame()
	text = f.open
	for _, p := range f.parts {
		s, n := p.fit(p.least() + spare)
		spare -= len(s) - p.least()
		text, cut = text+s, cut+n
	}
	return text + f.shut, cut
}

// want is the room for all of it.
func (f folded) want() int {
	n := len(f.open) + len(f.shut)
	for _, p := range f.parts {
		n += len(p.whole())
	}
	return n
}

// wanted is the room for all of all.
func wanted(all []folded) (n int) {
	for _, f := range all {
		n += f.want()
	}
	return n
}

// fitAll gives each piece its line, in order as many as have room for a row that
// room, and each of those an equal share of what is left; what small ones do not
// need goes to the large ones. Where not even the lines of all have room, the last
// ones are left out.
func fitAll(all []folded, room int) (text string, cut, left int) {
	kept := 0
	for kept < len(all) && all[kept].least() <= room {
		room -= all[kept].least()
		kept++
	}
	share := make([]int, kept)
	var bySize []int // those with more than their line
	for i := range share {
		f := &all[i]
		share[i] = f.least()
		if more := f.some() - share[i]; more <= room {
			room -= more
			share[i] += more
			bySize = append(bySize, i)
		}
	}
	slices.SortStableFunc(bySize, func(a, b int) int { return cmp.Compare(all[a].want(), all[b].want()) })
	for n, i := range bySize {
		more := min(all[i].want()-share[i], room/(len(bySize)-n))
		share[i] += more
		room -= more
	}
	for i, f := range all[:kept] {
		s, n := f.fit(share[i])
		text, cut = text+s, cut+n
	}
	return text, cut, len(all) - kept
}
