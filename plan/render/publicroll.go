package render

import (
	"fmt"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// fleet is what several contexts come to. As in all of a page, its texts are
// inert.
type fleet struct {
	Counts []statusCount
	Rows   string // how the rows ended; "" of a plan
	Reach  string
	Held   []plan.HeldRisk
	// Same and NotBegun are the contexts that have no section: there is no more to
	// say of them.
	Same, NotBegun []string
}

// fleetOf is what a roll-up says to everybody; nil of a single context.
func fleetOf(u *plan.Rollup, contexts []plan.Context) *fleet {
	if len(u.Contexts) < 2 {
		return nil
	}
	others := 0
	if u.Rows == nil {
		others = unwrittenIn(contexts)
	}
	f := &fleet{Counts: standing(u), Rows: rowsOfAll(u), Reach: reachOfAll(u, others)}
	for _, h := range u.Held {
		h.Risk, h.Release = plan.Risk(name(string(h.Risk))), escape.Line(h.Release)
		places := make([]plan.Place, len(h.Contexts))
		for i, at := range h.Contexts {
			places[i] = plan.Place{Gradebook: name(at.Gradebook), Name: name(at.Name)}
		}
		h.Contexts = places
		f.Held = append(f.Held, h)
	}
	return f
}

// fold tells whether how a section's context stands is all that there is to say of
// it, and adds it to those.
func (f *fleet) fold(s *section, stands plan.Status) bool {
	switch {
	case f == nil:
		return false
	case stands == plan.NotBegun:
		f.NotBegun = append(f.NotBegun, s.Name)
		return true
	case stands == plan.Unchanged && s.bare() && len(s.Stopped) == 0:
		f.Same = append(f.Same, s.Name)
		return true
	}
	return false
}

// atPlace is a context's name of parts that are inert.
func atPlace(p plan.Place) string { return p.Gradebook + "/" + p.Name }

func (f *fleet) markdown() string {
	if f == nil {
		return ""
	}
	s := "| Contexts | How they stand |\n|--:|---|\n"
	for _, c := range f.Counts {
		s += fmt.Sprintf("| %d | %s |\n", c.N, c.Word)
	}
	for _, line := range []string{f.Rows, f.Reach} {
		if line != "" {
			s += "\n" + line + "\n"
		}
	}
	return s + "\n"
}

func (f *fleet) heldPart() part {
	p := part{head: "### Held in all contexts\n\n", what: "risk"}
	if f == nil {
		return p
	}
	for i := range f.Held {
		h := &f.Held[i]
		held, letGo := heldIn(h, func(p plan.Place) string { return code(atPlace(p)) })
		row := "- " + prose(string(h.Risk)) + ": " + held
		if h.Release != "" {
			row += "; " + letGo + code(h.Release)
		}
		p.rows = append(p.rows, row+"\n")
	}
	return p
}

// namesakes are contexts that stand alike.
type namesakes struct {
	Words string
	Names []string
}

// Folded is the contexts that have no section.
func (f *fleet) Folded() (out []namesakes) {
	for _, x := range []namesakes{{"No changes", f.Same}, {"Not begun", f.NotBegun}} {
		if len(x.Names) > 0 {
			out = append(out, x)
		}
	}
	return out
}

// mostFolded is how many contexts a comment names in one place.
const mostFolded = 20

func (f *fleet) foldedMarkdown() (s string) {
	if f == nil {
		return ""
	}
	for _, x := range f.Folded() {
		s += x.Words + ": " + few(x.Names, mostFolded, code) + "\n\n"
	}
	return s
}
