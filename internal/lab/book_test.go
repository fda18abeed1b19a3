package lab

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// book is a random gradebook.
type book []item

type item struct {
	key, label, tag string
	maximum         int
	absent          bool
	rows            []row
}

type row struct {
	user    string
	points  float64
	scale   int // 0: the column's
	clear   bool
	silent  bool   // only the comment
	comment string // "" unmanaged; "-" cleared
}

var students = []string{"101", "102", "103", "104", "105"} // 106 is in no file

func newBook(r *rand.Rand) book {
	var b book
	for i := range 1 + r.IntN(6) {
		it := item{key: fmt.Sprintf("hw%d", i), label: fmt.Sprintf("Homework %d", i), maximum: 1 + r.IntN(100)}
		if r.IntN(2) == 0 {
			it.tag = "homework"
		}
		for _, s := range students {
			if r.IntN(3) > 0 {
				one := row{user: s, points: points(r, it.maximum), comment: comment(r)}
				if r.IntN(6) == 0 {
					one.scale = 1 + r.IntN(20)
					one.points = points(r, one.scale)
				}
				it.rows = append(it.rows, one)
			}
		}
		b = append(b, it)
	}
	return b
}

func points(r *rand.Rand, maximum int) float64 {
	switch r.IntN(8) {
	case 0:
		return 0
	case 1:
		return float64(maximum) * 1.5 // above it
	}
	return float64(r.IntN(100*maximum+1)) / 100
}

func comment(r *rand.Rand) string {
	return []string{"", "", "Well done", "See me", "0", "More, please", "-"}[r.IntN(7)]
}

// changed is the book some time later.
func (b book) changed(r *rand.Rand) book {
	out := slices.Clone(b)
	for i := range out {
		it := &out[i]
		it.rows = slices.Clone(it.rows)
		switch r.IntN(8) {
		case 0:
			it.absent, it.rows = true, nil
			continue
		case 1:
			it.maximum = 1 + r.IntN(100)
		case 2:
			it.label += " (new)"
		case 3:
			it.tag = []string{"", "exercise", "-"}[r.IntN(3)]
		}
		for k := range it.rows {
			switch r.IntN(5) {
			case 0:
				it.rows[k].points = points(r, it.maximum)
			case 1:
				it.rows[k].comment = comment(r)
			case 2:
				it.rows[k].clear, it.rows[k].comment = true, ""
			case 3:
				it.rows[k].silent, it.rows[k].comment = true, "A word alone"
			}
		}
	}
	if r.IntN(2) == 0 {
		out = append(out, newBook(r)[0])
		it := &out[len(out)-1]
		it.key, it.label = "extra", "Extra"
	}
	return out
}

// mute is the book without comments.
func (b book) mute() book {
	out := slices.Clone(b)
	for i := range out {
		out[i].rows = slices.Clone(out[i].rows)
		for k := range out[i].rows {
			out[i].rows[k].comment, out[i].rows[k].silent = "", false
		}
	}
	return out
}

func (b book) yaml() string {
	var s strings.Builder
	s.WriteString("\n")
	for _, it := range b {
		fmt.Fprintf(&s, "  - {resourceId: %s, label: %s", it.key, it.label)
		if it.absent {
			s.WriteString(", absent: true}\n")
			continue
		}
		fmt.Fprintf(&s, ", scoreMaximum: %d", it.maximum)
		switch it.tag {
		case "":
		case "-":
			s.WriteString(", tag: null")
		default:
			fmt.Fprintf(&s, ", tag: %s", it.tag)
		}
		s.WriteString(", scores: [")
		for k, r := range it.rows {
			if k > 0 {
				s.WriteString(", ")
			}
			fmt.Fprintf(&s, "{userId: %q", r.user)
			switch {
			case r.silent:
			case r.clear:
				s.WriteString(", scoreGiven: null")
			case r.scale > 0:
				fmt.Fprintf(&s, ", scoreGiven: %v, scoreMaximum: %d", r.points, r.scale)
			default:
				fmt.Fprintf(&s, ", scoreGiven: %v", r.points)
			}
			switch r.comment {
			case "":
			case "-":
				s.WriteString(", comment: null")
			default:
				fmt.Fprintf(&s, ", comment: %q", r.comment)
			}
			s.WriteString("}")
		}
		s.WriteString("]}\n")
	}
	return s.String()
}
