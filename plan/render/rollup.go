package render

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// What the text names of very many, and how far it lines up.
const (
	mostHeldIn = 5  // contexts of a risk
	widestName = 60 // characters of a context's name
)

// standWords is how contexts stand: in a column, and after a number of them.
type standWords struct{ word, counted, color string }

var stands = map[plan.Status]standWords{
	plan.Unchanged:    {"no changes", "with no changes", ""},
	plan.Pending:      {"changes", "with changes", green},
	plan.Applied:      {"applied", "applied", green},
	plan.Part:         {"in part", "applied in part", red},
	plan.HeldBack:     {"held", "held", yellow},
	plan.Outdated:     {"stale", "stale", yellow},
	plan.Found:        {"findings", "with findings", red},
	plan.Unauthorized: {"no access", "without access", red},
	plan.Failed:       {"failed", "failed", red},
	plan.Interrupted:  {"interrupted", "interrupted", yellow},
	plan.NotBegun:     {"not begun", "not begun", yellow},
}

// standing is how many contexts stand how, in the order of plan.Statuses; of what
// there is none, nothing.
func standing(u *plan.Rollup) (out []statusCount) {
	for _, s := range plan.Statuses() {
		if n := u.Statuses[s]; n > 0 {
			out = append(out, statusCount{N: n, Word: stands[s].word, counted: stands[s].counted})
		}
	}
	return out
}

// statusCount is how many contexts stand in one way.
type statusCount struct {
	N             int
	Word, counted string
}

// counted is the same in a sentence.
func counted(u *plan.Rollup) string {
	var parts []string
	for _, s := range standing(u) {
		parts = append(parts, fmt.Sprintf("%d %s", s.N, s.counted))
	}
	return count(len(u.Contexts), "context") + ": " + strings.Join(parts, ", ")
}

// rowsOfAll is how the rows of all contexts ended; "" of a plan, and where there
// was nothing to do.
func rowsOfAll(u *plan.Rollup) string {
	if u.Rows == nil || u.Rows.All() == 0 {
		return ""
	}
	var parts []string
	for _, x := range outcomeCounts(*u.Rows) {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return count(u.Rows.All(), "row") + ": " + strings.Join(parts, ", ")
}

// reachOfAll is whom the plan reaches in all contexts; "" where that is nobody.
// others is as of reach.
func reachOfAll(u *plan.Rollup, others int) string {
	if u.Blast.Students == 0 {
		return ""
	}
	what := "Reaches in all"
	if u.Rows != nil {
		what = "Was planned to reach in all"
	}
	words := reach(u.Blast, others)
	if u.CrossedIn > 0 {
		words += fmt.Sprintf(", in %s with a pass mark", count(u.CrossedIn, "context"))
	}
	return fmt.Sprintf("%s %s; up to %s. Held changes are included, and who is in several contexts counts in each.",
		what, words, count(u.Blast.Notifications, "notification"))
}

// heldIn is how much one risk holds and in which contexts, whose names are as show
// makes them; letGo stands before the words that release it.
func heldIn(h *plan.HeldRisk, show func(plan.Place) string) (held, letGo string) {
	held = fmt.Sprintf("%s in %s (%s)", count(h.Changes, "change"), count(len(h.Contexts), "context"), few(h.Contexts, mostHeldIn, show))
	switch {
	case h.Fixed == h.Changes:
		held += "; a Platform's policy lets nobody release it here"
	case h.Fixed > 0:
		held += fmt.Sprintf("; a Platform's policy lets nobody release %d of them here", h.Fixed)
	}
	if h.Fixed > 0 {
		return held, "to let the rest go: "
	}
	return held, "to let all of it go: "
}

// few is the first of many names, and how many there are besides. However long
// they are, it is not.
func few[T any](all []T, most int, show func(T) string) string {
	const room = 2000
	var shown []string
	size := 0
	for _, one := range all {
		s := show(one)
		if size += len(s); len(shown) == most || size > room {
			break
		}
		shown = append(shown, s)
	}
	switch left := len(all) - len(shown); {
	case left == 0:
		return strings.Join(shown, ", ")
	case len(shown) == 0:
		return fmt.Sprintf("%d whose names are too long", left)
	default:
		return strings.Join(shown, ", ") + fmt.Sprintf(" and %d more", left)
	}
}

// rollup ends a text of several contexts: a line for each where something was to be
// done, or went wrong, and what all come to. words says what each context comes to,
// "" of one whose line it shares with others; others is as of reach.
func (t *text) rollup(u plan.Rollup, words []string, others int) {
	var names [][2]string // each with how it stands
	var at []int
	wide, wordWide := 0, 0
	for i := range u.Contexts {
		c := &u.Contexts[i]
		if words[i] == "" || c.Status == plan.Unchanged || c.Status == plan.NotBegun && (c.Rows == nil || c.Rows.All() == 0) {
			continue
		}
		one := escape.Line(c.Gradebook) + "/" + escape.Line(c.Name) + " on " + escape.Line(c.Platform)
		word := stands[c.Status].word
		names, at = append(names, [2]string{one, word}), append(at, i)
		wide, wordWide = max(wide, utf8.RuneCountInString(one)), max(wordWide, len(word))
	}
	if len(names) == 0 && u.Rows != nil {
		return // the plan said so
	}
	for k, i := range at {
		word := t.color(stands[u.Contexts[i].Status].color, pad(names[k][1], wordWide))
		t.line("  %s  %s  %s", pad(names[k][0], min(wide, widestName)), word, words[i])
	}
	t.line("%s", counted(&u))
	line := rowsOfAll(&u)
	if u.Rows == nil { // a report stands below its plan
		line = reachOfAll(&u, others)
	}
	if line != "" {
		t.line("%s", line)
	}
	t.heldOfAll(u.Held)
	t.line("")
}

func (t *text) heldOfAll(all []plan.HeldRisk) {
	if len(all) == 0 {
		return
	}
	t.line("Held in all:")
	wide := 0
	for i := range all {
		wide = max(wide, utf8.RuneCountInString(escape.Line(string(all[i].Risk))))
	}
	for i := range all {
		held, letGo := heldIn(&all[i], func(p plan.Place) string { return escape.Line(p.Gradebook) + "/" + escape.Line(p.Name) })
		if all[i].Release != "" {
			held += "; " + letGo + escape.Line(all[i].Release)
		}
		t.line("  %s  %s", t.color(red, pad(escape.Line(string(all[i].Risk)), wide)), held)
	}
}
