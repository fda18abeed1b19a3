package render

import (
	"fmt"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// explained tells why values are what they are: a head for each, and beneath it
// every side.
func (t *text) explained(all []plan.Explanation) {
	for i := range all {
		e := &all[i]
		head := escape.Line(e.Key)
		if e.UserID != "" {
			head += "  " + person(e.Person, e.UserID, "")
		}
		t.line("  ? %s  %s: %s", t.color(bold, head), escape.Line(e.Field), escape.Line(e.Words))
		t.line("      desired  %s", stand(e.Desired, "no file names it"))
		t.line("      base     %s", stand(e.Base, "nothing was said of it"))
		for k := range e.Later {
			t.line("      later    %s", stand(&e.Later[k], ""))
		}
		t.line("      live     %s", value(e.Live))
		t.line("      rule     %s", escape.Line(e.Rule))
	}
}

func stand(s *plan.Stand, none string) string {
	if s == nil {
		return none
	}
	out := value(s.Value)
	if s.Where != "" {
		out += "  at " + escape.Line(s.Where)
	}
	if s.Revision != "" {
		out += fmt.Sprintf("  (%s)", escape.Line(s.Revision))
	}
	return out
}

// explanations are copies without people.
func (p people) explanations(all []plan.Explanation) []plan.Explanation {
	out := append([]plan.Explanation(nil), all...)
	for i := range out {
		e := &out[i]
		if e.UserID == "" {
			continue
		}
		e.UserID, e.Person = p.number(e.UserID), ""
		if !private(e.Field) {
			continue
		}
		e.Live = hiddenValue(e.Live)
		e.Desired, e.Base = hiddenStand(e.Desired), hiddenStand(e.Base)
		later := append([]plan.Stand(nil), e.Later...)
		for k := range later {
			later[k] = *hiddenStand(&later[k])
		}
		e.Later = later
	}
	return out
}

func hiddenStand(s *plan.Stand) *plan.Stand {
	if s == nil {
		return nil
	}
	quiet := *s
	quiet.Value = hiddenValue(s.Value)
	return &quiet
}
