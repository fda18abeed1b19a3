package reconcile

import (
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// Beside is what another Gradebook names in the same course.
type Beside struct {
	Gradebook string
	Items     []spec.LineItem
}

// Named are the ids of the live line items that it names, matched as its own
// plan matches them.
func (b *Beside) Named(live []plan.LineItem) map[string]bool {
	m := match(&Want{Items: b.Items}, live)
	out := make(map[string]bool, len(m.named))
	for j := range m.named {
		out[live[j].ID] = true
	}
	return out
}

// namedBeside are the ids of the live line items that other Gradebooks name.
func namedBeside(w *Want, live []plan.LineItem) map[string]bool {
	out := map[string]bool{}
	for i := range w.Beside {
		for id := range w.Beside[i].Named(live) {
			out[id] = true
		}
	}
	return out
}

// found is, by index of the wanted items, the id of the live one that each is.
func (m *matching) found(live []plan.LineItem) []string {
	out := make([]string, len(m.live))
	for i, j := range m.live {
		if j != unmatched {
			out[i] = live[j].ID
		}
	}
	return out
}
