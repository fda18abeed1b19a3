package reconcile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// unmatched is the place of a line item that is not live.
const unmatched = -1

// matching is which live line item each wanted one is.
type matching struct {
	live     []int        // by index of Want.Items: an index of the listing, or unmatched
	why      []string     // by index of Want.Items: the rung that matched, for people
	owner    map[int]int  // by index of the listing: the wanted one
	named    map[int]bool // by index of the listing: a wanted one looked at it, matched or not
	findings []plan.Finding
	notes    []plan.Note
	broken   map[int]bool // wanted items that a finding is about
}

// rung is one step of the identity ladder: wanted and live line items that
// share a name may be the same.
type rung struct {
	name string
	want func(*spec.LineItem) []string // in the order of preference; none: not on this rung
	live func(*plan.LineItem) []string
	// taken: live items that an earlier rung took are looked at too (and make
	// a finding), because the identity is exact.
	taken bool
}

// match finds each wanted line item among the live ones: by id, resourceId
// (with the tag where two wanted items share it), resourceLinkId, a former
// resourceId, or a label that only one live item without a resourceId bears.
// Ambiguity is a finding, never a guess.
func match(w *Want, live []plan.LineItem) matching {
	m := matching{live: make([]int, len(w.Items)), why: make([]string, len(w.Items)), owner: map[int]int{}, named: map[int]bool{}, broken: map[int]bool{}}
	for i := range m.live {
		m.live[i] = unmatched
	}
	for _, r := range ladder(sharedResourceIDs(w.Items), w.Undo) {
		m.climb(w, live, r)
	}
	for i := range w.Items {
		li := &w.Items[i]
		if m.live[i] == unmatched && !m.broken[i] && li.ID.IsSet() && !li.Tombstone() {
			m.broken[i] = true
			if w.Undo {
				m.notes = append(m.notes, plan.Note{Where: where(li.ID.Pos), Key: li.Key.Value, Message: "cannot be put back: its column is gone"})
				continue
			}
			m.findings = append(m.findings, plan.Finding{
				Where: where(li.ID.Pos), Key: li.Key.Value,
				Message: fmt.Sprintf("no line item of this context has the id %q", li.ID.Value),
				Hint:    "correct the id, or remove it: without one it is matched by resourceId, resourceLinkId or label",
			})
		}
	}
	return m
}

func ladder(shared map[string]bool, undo bool) []rung {
	const tagged = "\x00"                                         // between a resourceId and its tag
	pinned := func(w *spec.LineItem) bool { return w.ID.IsSet() } // nothing else will do
	return []rung{
		{
			name: "id", taken: true,
			want: func(w *spec.LineItem) []string { return one(w.ID) },
			live: func(l *plan.LineItem) []string { return []string{l.ID} },
		},
		{
			name: "resourceId", taken: true,
			want: func(w *spec.LineItem) []string {
				switch {
				case pinned(w) && !undo: // a column that came back has another id
					return nil
				case shared[w.ResourceID.Value]:
					return []string{w.ResourceID.Value + tagged + w.Tag.Value}
				}
				return one(w.ResourceID)
			},
			live: func(l *plan.LineItem) []string {
				if len(shared) == 0 {
					return []string{l.ResourceID}
				}
				return []string{l.ResourceID, l.ResourceID + tagged + l.Tag}
			},
		},
		{
			name: "resourceLinkId",
			want: func(w *spec.LineItem) []string {
				if pinned(w) || w.Tombstone() && w.ResourceID.IsSet() {
					return nil
				}
				return one(w.ResourceLinkID)
			},
			live: func(l *plan.LineItem) []string { return []string{l.ResourceLinkID} },
		},
		{
			name: "former resourceId",
			want: func(w *spec.LineItem) (former []string) {
				for _, id := range w.Was {
					if !pinned(w) {
						former = append(former, id.Value)
					}
				}
				return former
			},
			live: func(l *plan.LineItem) []string { return []string{l.ResourceID} },
		},
		{
			name: "label",
			want: func(w *spec.LineItem) []string {
				// A column is never deleted for its title where the file
				// knows a better identity.
				if pinned(w) || w.Tombstone() && (w.ResourceID.IsSet() || w.ResourceLinkID.IsSet()) {
					return nil
				}
				return one(w.Label)
			},
			live: func(l *plan.LineItem) []string {
				if unblank(l.ResourceID) != "" {
					return nil
				}
				return []string{l.Label}
			},
		},
	}
}

func one(o spec.Opt[string]) []string {
	if !o.IsSet() {
		return nil
	}
	return []string{o.Value}
}

// sharedResourceIDs are those that two wanted items have, with other tags.
func sharedResourceIDs(items []spec.LineItem) map[string]bool {
	n, shared := make(map[string]int, len(items)), map[string]bool{}
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
func (m *matching) climb(w *Want, live []plan.LineItem, r rung) {
	byName := map[string][]int{} // the live items of each name that is asked for
	for i := range w.Items {
		if m.live[i] == unmatched && !m.broken[i] {
			for _, name := range r.want(&w.Items[i]) {
				byName[name] = nil
			}
		}
	}
	if len(byName) == 0 {
		return
	}
	for j := range live {
		if _, taken := m.owner[j]; taken && !r.taken {
			continue
		}
		for _, name := range r.live(&live[j]) {
			if at, asked := byName[name]; asked {
				byName[name] = append(at, j)
			}
		}
	}
	var claims []claim
	for i := range w.Items {
		if m.live[i] != unmatched || m.broken[i] {
			continue
		}
		for _, name := range r.want(&w.Items[i]) {
			hits := byName[name]
			for _, j := range hits {
				m.named[j] = true
			}
			if len(hits) > 1 {
				m.ambiguous(i, &w.Items[i], r.name, live, hits)
			}
			if len(hits) == 1 {
				claims = append(claims, claim{hits[0], i})
			}
			if len(hits) > 0 {
				break
			}
		}
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return a.live - b.live }) // in the listing's order, so that findings are
	why := "matched by " + r.name
	for len(claims) > 0 {
		j, i, n := claims[0].live, claims[0].wanted, 1
		for n < len(claims) && claims[n].live == j {
			n++
		}
		prior, taken := m.owner[j]
		if n == 1 && !taken {
			m.live[i], m.why[i], m.owner[j] = j, why, i
		} else {
			var would []int
			if taken {
				would = append(would, prior)
			}
			for _, c := range claims[:n] {
				would = append(would, c.wanted)
			}
			m.contested(w, would, r.name, &live[j])
		}
		claims = claims[n:]
	}
}

// claim is a wanted line item that would have a live one.
type claim struct{ live, wanted int } // indexes

func (m *matching) ambiguous(i int, li *spec.LineItem, by string, live []plan.LineItem, hits []int) {
	m.broken[i] = true
	var list []string
	for _, j := range hits {
		list = append(list, describe(&live[j]))
	}
	slices.Sort(list) // whatever order the platform lists in
	if more := len(list) - 5; more > 0 {
		list = append(list[:5], fmt.Sprintf("and %d more", more))
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
