package run

import (
	"fmt"
	"sync"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// findRivals adds a finding wherever two Gradebooks want the same line item
// of one course: each would undo what the other did, run after run. Columns
// that only one of them names are nobody's trouble. Two contexts of one
// Gradebook want all of them.
func (s *Session) findRivals(p *plan.Plan) {
	s.findTwins(p)
	type claim struct {
		job  int
		item *spec.LineItem
	}
	first := map[string]claim{}
	for i := range s.jobs {
		j := &s.jobs[i]
		for k := range j.want.Items {
			li := &j.want.Items[k]
			name := fmt.Sprintf("%p\x00%s", j.one, identity(li))
			other, claimed := first[name]
			if !claimed {
				first[name] = claim{i, li}
				continue
			}
			if s.jobs[other.job].want.Gradebook == j.want.Gradebook {
				continue // of one context, spec has looked at it; of two, findTwins
			}
			rival(&p.Contexts[i], li, other.item)
			rival(&p.Contexts[other.job], other.item, li)
		}
	}
}

// findTwins adds a finding to contexts of one Gradebook that are on one course
// by secrets of the same value, which spec cannot see.
func (s *Session) findTwins(p *plan.Plan) {
	type course struct {
		gradebook string
		one       *sync.Mutex
	}
	first := map[course]int{}
	for i := range s.jobs {
		j := &s.jobs[i]
		at := course{j.want.Gradebook, j.one}
		other, known := first[at]
		if !known {
			first[at] = i
			continue
		}
		for _, k := range []int{i, other} {
			if c := &p.Contexts[k]; c.Failure == nil {
				c.Findings = append(c.Findings, plan.Finding{
					Where:   s.jobs[k].at,
					Message: fmt.Sprintf("the contexts %s and %s of this Gradebook are on one course", s.jobs[other].want.Context, j.want.Context),
					Hint:    "two contexts on one course would make every column twice: keep one of them, or give each the secret of its own course",
				})
			}
		}
	}
}

// identity is what a line item is found by first.
func identity(li *spec.LineItem) string {
	switch {
	case li.ID.IsSet():
		return "id\x00" + li.ID.Value
	case li.ResourceID.IsSet():
		return "resourceId\x00" + li.ResourceID.Value + "\x00" + li.Tag.Value
	default:
		return "label\x00" + li.Label.Value
	}
}

func rival(c *plan.Context, li, other *spec.LineItem) {
	if c.Failure != nil {
		return
	}
	c.Findings = append(c.Findings, plan.Finding{
		Where: li.Pos.String(), Key: li.Key.Value,
		Message: fmt.Sprintf("another Gradebook wants the same column of this course, at %s", other.Pos),
		Hint:    "name the column in one of them only",
	})
}
