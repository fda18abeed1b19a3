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
	met, floor := map[string]bool{}, map[string]string{} // by "risk" and "risk:key"
	take := func(key string, held []plan.Hold, released []plan.Release) {
		for _, r := range released {
			met[string(r.Risk)], met[string(r.Risk)+":"+key] = true, true
		}
		for _, h := range held {
			if h.Where != "" {
				floor[string(h.Risk)], floor[string(h.Risk)+":"+key] = h.Where, h.Where
			}
		}
	}
	for i := range p.Contexts {
		c := &p.Contexts[i]
		if c.Failure != nil || len(c.Findings) > 0 {
			return
		}
		for k := range c.Items {
			it := &c.Items[k]
			take(it.Key, it.Held, it.Released)
			for n := range it.Scores {
				take(it.Key, it.Scores[n].Held, it.Scores[n].Released)
			}
		}
	}
	tell := func(what, words string) {
		switch {
		case met[words]:
		case floor[words] != "":
			s.opts.Note(what + " is overruled by the Platform's policy at " + floor[words])
		default:
			s.opts.Note(what + " matches nothing that is held")
		}
	}
	for _, words := range slices.Sorted(maps.Keys(s.opts.Decide.Allow)) {
		tell("--allow "+words, words)
	}
	told := map[string]bool{}
	for i := range s.jobs {
		if s.jobs[i].want.Undo {
			continue // the policy speaks of the files' changes
		}
		for _, a := range s.jobs[i].want.Policy.Allow {
			words := a.Risk.Value
			if a.Item.IsSet() {
				words += ":" + a.Item.Value
			}
			if at := a.Pos.String(); !told[at] {
				told[at] = true
				tell(at+": policy.allow "+words, words)
			}
		}
	}
}
