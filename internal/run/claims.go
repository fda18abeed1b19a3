package run

import (
	"fmt"
	"slices"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// claim is a column that a context wants, by one of the names that tell it.
type claim struct {
	column
	name string
}

type column struct {
	job        int
	key, where string
}

// findRivals adds a finding wherever two Gradebooks want the same line item
// of one course, by what they call it or by what that has come to: each would
// undo what the other did, run after run. Columns that only one of them names are
// nobody's trouble. Two contexts of one Gradebook want all of them.
func (s *Session) findRivals(p *plan.Plan) {
	s.findTwins(p)
	here := shared{}
	for i := range s.jobs {
		here.add(s.jobs[i].want.Gradebook, s.jobs[i].courses())
	}
	first, told := map[string]column{}, map[[2]column]bool{}
	for i := range s.jobs {
		j := &s.jobs[i]
		courses := here.of(j.courses())
		if len(courses) == 0 {
			continue
		}
		for _, mine := range s.claims(i, &p.Contexts[i]) {
			for _, course := range courses {
				other, claimed := first[course+"\x00"+mine.name]
				pair := [2]column{other, mine.column}
				switch {
				case !claimed:
					first[course+"\x00"+mine.name] = mine.column
				case s.jobs[other.job].want.Gradebook == j.want.Gradebook:
					// of one context, spec has looked at it; of two, findTwins
				case !told[pair]:
					told[pair] = true
					rival(&p.Contexts[i], mine.column, other)
					rival(&p.Contexts[other.job], other, mine.column)
				}
			}
		}
	}
}

// shared tells the courses that several Gradebooks have contexts on from those
// that only one has, of which nothing needs to be compared.
type shared map[string]holders

type holders struct {
	gradebook string
	others    bool
}

func (s shared) add(gradebook string, courses []string) {
	for _, course := range courses {
		if at, known := s[course]; !known {
			s[course] = holders{gradebook: gradebook}
		} else if at.gradebook != gradebook {
			s[course] = holders{gradebook, true}
		}
	}
}

// of leaves out the courses that only one Gradebook has.
func (s shared) of(courses []string) []string {
	return slices.DeleteFunc(courses, func(course string) bool { return !s[course].others })
}

// claims are what a context wants. Of a saved plan that is what it touches,
// whatever today's files say.
func (s *Session) claims(i int, c *plan.Context) (out []claim) {
	w := &s.jobs[i].want
	for k := range w.Items {
		if s.saved != nil {
			break
		}
		li := &w.Items[k]
		one := column{i, li.Key.Value, li.Pos.String()}
		out = append(out, claim{one, identity(li)})
		if k < len(w.Found) && w.Found[k] != "" {
			out = append(out, claim{one, live(w.Found[k])})
		}
	}
	for k := range c.Items {
		if it := &c.Items[k]; it.ID != "" {
			out = append(out, claim{column{i, it.Key, it.Where}, live(it.ID)})
		}
	}
	return out
}

// courses are the names of a job's course: by its Platform, and by its URL, which
// is the same however many Platforms stand for one LMS.
func (j *job) courses() []string { return append(j.link.courses(j.context), "place\x00"+j.place) }

// courses are the names of a course that need no secret. A sandbox of its own is
// within each Platform.
func (l *link) courses(c *spec.Context) []string {
	switch at := reconcile.Place(c); {
	case at == "" || l.failure != nil || l.ltiaas != nil:
		return nil
	case l.tokens != nil && l.box == nil:
		return []string{l.endpoint(c).LineItemsURL}
	case l.studio != "":
		return []string{l.studio + "\x00" + at}
	default:
		return []string{l.name + "\x00" + at}
	}
}

// findBeside tells each context what other Gradebooks name in its course, those
// that are not selected included.
func (s *Session) findBeside(docs *spec.Documents) {
	type named struct {
		gradebook *spec.Gradebook
		context   *spec.Context
		courses   []string
	}
	here := shared{}
	var all []named
	for i := range s.jobs {
		here.add(s.jobs[i].want.Gradebook, s.jobs[i].courses())
	}
	for _, g := range docs.Gradebooks {
		p := docs.PlatformOf(g)
		if p == nil || s.links[p.Name()] == nil {
			continue
		}
		for i := range g.Contexts {
			n := named{g, &g.Contexts[i], s.links[p.Name()].courses(&g.Contexts[i])}
			here.add(g.Name(), n.courses)
			all = append(all, n)
		}
	}
	at := map[string][]reconcile.Beside{}
	add := func(courses []string, b reconcile.Beside) {
		for _, course := range courses {
			if !slices.ContainsFunc(at[course], func(x reconcile.Beside) bool { return x.Gradebook == b.Gradebook }) {
				at[course] = append(at[course], b)
			}
		}
	}
	for i := range s.jobs {
		w := &s.jobs[i].want
		add(here.of(s.jobs[i].courses()), reconcile.Beside{Gradebook: w.Gradebook, Items: w.Items})
	}
	for _, n := range all {
		if courses := here.of(n.courses); len(courses) > 0 {
			add(courses, reconcile.Beside{Gradebook: n.gradebook.Name(), Items: reconcile.NewWant(n.gradebook, n.context, docs.PlatformOf(n.gradebook)).Items})
		}
	}
	for i := range s.jobs {
		w := &s.jobs[i].want
		met := map[string]bool{w.Gradebook: true}
		for _, course := range here.of(s.jobs[i].courses()) {
			for _, b := range at[course] {
				if !met[b.Gradebook] {
					met[b.Gradebook] = true
					w.Beside = append(w.Beside, b)
				}
			}
		}
	}
}

// findTwins adds a finding to contexts of one Gradebook that are on one course
// by secrets of the same value, which spec cannot see.
func (s *Session) findTwins(p *plan.Plan) {
	type course struct {
		gradebook string
		place     string
	}
	first := map[course]int{}
	for i := range s.jobs {
		j := &s.jobs[i]
		at := course{j.want.Gradebook, j.place}
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

// live is what tells a line item that is there.
func live(id string) string { return "live\x00" + id }

func rival(c *plan.Context, mine, other column) {
	if c.Failure != nil {
		return
	}
	at := ""
	if other.where != "" {
		at = ", at " + other.where
	}
	c.Findings = append(c.Findings, plan.Finding{
		Where: mine.where, Key: mine.key,
		Message: "another Gradebook wants the same column of this course" + at,
		Hint:    "name the column in one of them only",
	})
}
