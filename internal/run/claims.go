package run

import (
	"fmt"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// findRivals adds a finding wherever two Gradebooks want the same line item
// of one course: each would undo what the other did, run after run. Columns
// that only one of them names are nobody's trouble.
func (s *Session) findRivals(p *plan.Plan) {
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
			if other.job == i {
				continue // spec has looked at one Gradebook's own
			}
			rival(&p.Contexts[i], li, other.item)
			rival(&p.Contexts[other.job], other.item, li)
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
