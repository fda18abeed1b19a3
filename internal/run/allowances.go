package run

import (
	"maps"
	"slices"

	"github.com/gradesync/gradesync/plan"
)

// tellUnused notes every allowance, of the command line or of a policy, that
// let nothing go: it is a slip, or a danger that waits for its day. Where a
// context could not be read, nobody can tell.
func (s *Session) tellUnused(p plan.Plan) {
	used := map[string]bool{}
	for i := range p.Contexts {
		c := &p.Contexts[i]
		if c.Failure != nil || len(c.Findings) > 0 {
			return
		}
		for k := range c.Items {
			mark(used, c.Items[k].Released)
			for n := range c.Items[k].Scores {
				mark(used, c.Items[k].Scores[n].Released)
			}
		}
	}
	for _, words := range slices.Sorted(maps.Keys(s.opts.Decide.Allow)) {
		if !used["--allow "+words] {
			s.opts.Note("--allow " + words + " matches nothing that is held")
		}
	}
	told := map[string]bool{}
	for i := range s.jobs {
		for _, a := range s.jobs[i].want.Policy.Allow {
			at := a.Pos.String()
			if !used[at] && !told[at] {
				told[at] = true
				s.opts.Note(at + ": policy.allow " + a.Risk.Value + " matches nothing that is held")
			}
		}
	}
}

func mark(used map[string]bool, released []plan.Release) {
	for _, r := range released {
		used[r.By] = true
	}
}
