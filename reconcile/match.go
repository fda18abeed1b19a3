package reconcile

import (
	"fmt"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// unmatched is the place of a line item that is not live.
const unmatched = -1

// matching is which live line item each wanted one is.
type matching struct {
	live     []int    // by index of Want.Items: an index of the listing, or unmatched
	why      []string // by index of Want.Items: the rung that matched, for people
	findings []plan.Finding
	broken   map[int]bool // wanted items that a finding is about
}

// rung is one step of the identity ladder: the live line items that could be
// the wanted one.
type rung struct {
	name string
	// identity says what is looked for; ok is false where the wanted item
	// does not name it.
	identity func(w *spec.LineItem) (what []string, ok bool)
	is       func(live *plan.LineItem, what string) bool
	// claimed: live items that an earlier rung took are looked at too (and
	// make a finding), because the identity is exact.
	claimed bool
}

// match finds each wanted line item among the live ones: by id, resourceId
// (with the tag where two wanted items share it), resourceLinkId, a former
// resourceId, or a label that only one live item without a resourceId bears.
// Ambiguity is a finding, never a guess.
func match(w *Want, live []plan.LineItem) matching {
	m := matching{live: make([]int, len(w.Items)), why: make([]string, len(w.Items)), broken: map[int]bool{}}
	for i := range m.live {
		m.live[i] = unmatched
	}
	shared := sharedResourceIDs(w.Items)
	owner := map[int]int{} // live -> wanted
	for _, r := range ladder(shared) {
		m.climb(w, live, r, owner)
	}
	for i := range w.Items {
		li := &w.Items[i]
		if m.live[i] == unmatched && !m.broken[i] && li.ID.IsSet() && !li.Tombstone() {
			m.broken[i] = true
			m.findings = append(m.findings, plan.Finding{
				Where: where(li.ID.Pos), Key: li.Key.Value,
				Message: fmt.Sprintf("no line item of this context has the id %q", li.ID.Value),
				Hint:    "correct the id, or remove it to match by resourceId",
			})
		}
	}
	return m
}

func ladder(shared map[string]bool) []rung {
	return []rung{
		{"id", func(w *spec.LineItem) ([]string, bool) { return one(w.ID) },
			func(l *plan.LineItem, s string) bool { return l.ID == s }, true},
		{"resourceId", func(w *spec.LineItem) ([]string, bool) {
			if w.ID.IsSet() { // pinned: nothing else will do
				return nil, false
			}
			what, ok := one(w.ResourceID)
			if ok && shared[what[0]] {
				what[0] += "\x00" + w.Tag.Value
			}
			return what, ok
		}, func(l *plan.LineItem, s string) bool {
			id, tag, withTag := strings.Cut(s, "\x00")
			return l.ResourceID == id && (!withTag || l.Tag == tag)
		}, true},
		{"resourceLinkId", func(w *spec.LineItem) ([]string, bool) {
			if w.ID.IsSet() || w.Tombstone() && w.ResourceID.IsSet() {
				return nil, false
			}
			return one(w.ResourceLinkID)
		}, func(l *plan.LineItem, s string) bool { return l.ResourceLinkID == s }, false},
		{"former resourceId", func(w *spec.LineItem) ([]string, bool) {
			var what []string
			for _, id := range w.Was {
				what = append(what, id.Value)
			}
			return what, len(what) > 0 && !w.ID.IsSet()
		}, func(l *plan.LineItem, s string) bool { return l.ResourceID == s }, false},
		{"label", func(w *spec.LineItem) ([]string, bool) {
			// A column is never deleted for its title where the file knows
			// a better identity.
			if w.ID.IsSet() || w.Tombstone() && (w.ResourceID.IsSet() || w.ResourceLinkID.IsSet()) {
				return nil, false
			}
			return one(w.Label)
		}, func(l *plan.LineItem, s string) bool { return l.Label == s && unblank(l.ResourceID) == "" }, false},
	}
}

func one(o spec.Opt[string]) ([]string, bool) { return []string{o.Value}, o.IsSet() }

// sharedResourceIDs are those that two wanted items have, with other tags.
func sharedResourceIDs(items []spec.LineItem) map[string]bool {
	n, shared := map[string]int{}, map[string]bool{}
	for i := range items {
		if id := items[i].ResourceID; id.IsSet() {
			if n[id.Value]++; n[id.Value] > 1 {
				shared[id.Value] = true
			}
		}
	}
	return shared
}

// climb takes all wanted items that are still unmatched up one rung.
func (m *matching) climb(w *Want, live []plan.LineItem, r rung, owner map[int]int) {
	byLive := map[int][]int{} // live -> wanted ones that would have it
	for i := range w.Items {
		if m.live[i] != unmatched || m.broken[i] {
			continue
		}
		what, ok := r.identity(&w.Items[i])
		if !ok {
			continue
		}
		for _, s := range what {
			var hits []int
			for j := range live {
				if _, taken := owner[j]; (r.claimed || !taken) && r.is(&live[j], s) {
					hits = append(hits, j)
				}
			}
			if len(hits) > 1 {
				m.ambiguous(i, &w.Items[i], r.name, live, hits)
			}
			if len(hits) == 1 {
				byLive[hits[0]] = append(byLive[hits[0]], i)
			}
			if len(hits) > 0 {
				break
			}
		}
	}
	for j := range live {
		takers := byLive[j]
		if prior, taken := owner[j]; taken && len(takers) > 0 {
			takers = append([]int{prior}, takers...)
		}
		switch {
		case len(takers) > 1:
			m.contested(w, takers, r.name, &live[j])
		case len(takers) == 1:
			m.live[takers[0]], m.why[takers[0]] = j, "matched by "+r.name
			owner[j] = takers[0]
		}
	}
}

func (m *matching) ambiguous(i int, li *spec.LineItem, by string, live []plan.LineItem, hits []int) {
	m.broken[i] = true
	var list []string
	for _, j := range hits {
		list = append(list, describe(&live[j]))
	}
	m.findings = append(m.findings, plan.Finding{
		Where: where(li.Pos), Key: li.Key.Value,
		Message: fmt.Sprintf("%d live line items match it by %s: %s", len(hits), by, strings.Join(list, "; ")),
		Hint:    "pin the right one with `id:`, or remove the others in the LMS",
	})
}

func (m *matching) contested(w *Want, takers []int, by string, live *plan.LineItem) {
	var list []string
	for _, i := range takers {
		m.broken[i] = true
		list = append(list, fmt.Sprintf("%s (%s)", w.Items[i].Key.Value, where(w.Items[i].Pos)))
	}
	last := &w.Items[takers[len(takers)-1]]
	m.findings = append(m.findings, plan.Finding{
		Where: where(last.Pos), Key: last.Key.Value,
		Message: fmt.Sprintf("%d line items of the files match one live line item, %s, by %s: %s", len(takers), describe(live), by, strings.Join(list, ", ")),
		Hint:    "give each a resourceId of its own, or pin them with `id:`",
	})
}

// describe names a live line item for people.
func describe(li *plan.LineItem) string {
	s := fmt.Sprintf("%q", li.Label)
	if li.ResourceID != "" {
		s += fmt.Sprintf(" resourceId %q", li.ResourceID)
	}
	if li.Tag != "" {
		s += fmt.Sprintf(" tag %q", li.Tag)
	}
	return s + " at " + li.ID
}
