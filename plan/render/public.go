package render

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// page is all that the public forms, Markdown and HTML, are made from. It has
// no place for a person: no user id, word for somebody, comment, letter grade
// or single grade gets into it, so none can get out. Every text
// in it has been through package escape.
type page struct {
	Kind     string // plan or report
	Books    string // names the set of gradebooks
	Digest   string // of the whole plan
	Verdict  string // what it comes to
	Undo     string // the command that undoes it; "" where there is none
	Earlier  string // what that leaves to the runs before; "" where that is nothing
	Stopped  []stop
	Held     []hold
	Released []release
	Fleet    *fleet    // nil of a single context
	Sections []section // one for each context but those that Fleet or Stopped names
	Blast    plan.Blast
	Others   int // grades of all that a new maximum may change

	told map[trouble]int // where in Stopped each stands
}

// section is one context.
type section struct {
	ID        string // an anchor
	Name      string // gradebook/context
	Platform  string
	Base      string
	Undo      bool
	Words     string // how it stands
	Stopped   []trouble
	Lines     []line
	Notes     []trouble
	Unchanged plan.Count
	Unmanaged plan.Count
	Released  plan.Count
	Reach     string   // whom a plan reaches; "" where that is nobody
	Odd       []oddRow // of a report: line items that did not end as planned
}

// line is one line item.
type line struct {
	Key        string
	Title      string // its label, where that is another word
	Action     plan.Action
	What       string // what becomes of it
	Why        string
	Fields     []fieldChange
	Posts      int // scores to set and to clear, held ones apart
	Clears     int
	HeldRows   int
	Kept       int // values set by hand and left alone
	Conflicts  int // of these, the ones that the files changed too
	Overwrite  string
	Blast      plan.Blast
	Chart      chart
	Others     int           // grades that a new maximum may change and that nothing is written to
	Under      string        // what becomes of those
	Outcomes   plan.Outcomes // of a report
	Collateral int
}

// fieldChange is a field of a line item that changes, its values as people read
// them. Before is "" of a new line item.
type fieldChange struct {
	Name, Before, After string
	Rides               bool
}

// trouble is a finding, a failure or a note. People are only counted.
type trouble struct {
	Where, Key, Message, Hint string
	Times                     int // how often it was said
}

// stop is what stops contexts: all for which it is the same.
type stop struct {
	trouble
	Contexts []string
}

// hold is what policy keeps back: a line item, or that many of its scores.
type hold struct {
	Context, Key, Title, Risk, Why string
	OfScores                       bool
	Scores                         int
	Release                        string // the words that let it go; "": nobody may, by the policy at Where
	Where                          string
}

// release is a risk that somebody allowed.
type release struct {
	Context, Key, Risk, By string
	OfScores               bool
	Scores                 int
}

// oddRow is a line item's own row that did not end as confirmed.
type oddRow struct {
	Key, Outcome, What, Why string
	Fields                  []fieldChange // Before was sent, After is stored
}

// Longest texts of others in a public form, in characters.
const (
	longName    = 120
	longMessage = 600
)

// inert is a text of others, escaped and cut.
func inert(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n == most && utf8.RuneCountInString(s[i:]) > 1 {
			return escape.Line(s[:i]) + "…"
		}
	}
	return escape.Line(s)
}

func name(s string) string    { return inert(s, longName) }
func message(s string) string { return inert(s, longMessage) }

// planPage is a plan without people. A digest of "" is made.
func planPage(p plan.Plan, digest string) (page, error) {
	if digest == "" {
		var err error
		if digest, err = plan.Digest(p); err != nil {
			return page{}, err
		}
	}
	p = plan.Plan{Contexts: discreet(p.Contexts)}
	u := p.Rollup()
	pg := page{Kind: "plan", Digest: digest, Blast: u.Blast, Others: unwrittenIn(p.Contexts), Fleet: fleetOf(&u, p.Contexts)}
	if same, ok := nothing(p); ok {
		pg.Verdict = same
	} else {
		pg.Verdict = strings.TrimPrefix(summary(p, "below"), "Plan: ")
	}
	failures := make([]*plan.Failure, len(p.Contexts))
	for i := range p.Contexts {
		failures[i] = silent(p.Contexts[i].Failure)
	}
	failures = retold(failures)
	for i := range p.Contexts {
		pg.add(&p.Contexts[i], nil, failures[i:i+1])
	}
	pg.Books = books(p.Contexts)
	return pg, nil
}

// reportPage is a report without people. Its digest is that of the plan that
// was reviewed: the saved one's, or else of what was applied.
func reportPage(r plan.Report) (page, error) {
	var p plan.Plan
	for i := range r.Contexts {
		p.Contexts = append(p.Contexts, r.Contexts[i].Plan)
	}
	digest, err := r.Digest, error(nil)
	if digest == "" {
		digest, err = plan.Digest(p)
	}
	if err != nil {
		return page{}, err
	}
	r.Contexts = slices.Clone(r.Contexts)
	for i, c := range discreet(p.Contexts) {
		r.Contexts[i].Plan = c
	}
	u := r.Rollup()
	pg := page{
		Kind: "report", Digest: name(digest), Verdict: verdict(r, "below"), Undo: undoing(r), Earlier: earlier(r), Books: books(p.Contexts),
		Blast: u.Blast, Fleet: fleetOf(&u, p.Contexts),
	}
	failures := make([]*plan.Failure, 0, 2*len(r.Contexts)) // of each context's plan, and its own
	for i := range r.Contexts {
		failures = append(failures, silent(r.Contexts[i].Plan.Failure), silent(r.Contexts[i].Failure))
	}
	failures = retold(failures)
	for i := range r.Contexts {
		pg.add(&r.Contexts[i].Plan, &r.Contexts[i], failures[2*i:2*i+2])
	}
	return pg, nil
}

// discreet is copies of contexts without the figures of few.
func discreet(contexts []plan.Context) []plan.Context {
	out := slices.Clone(contexts)
	for i := range out {
		out[i].Items = slices.Clone(out[i].Items)
		out[i].Discreet()
	}
	return out
}

// books names a set of gradebooks, whichever of their contexts there are.
func books(contexts []plan.Context) string {
	names := []string{}
	for i := range contexts {
		names = append(names, contexts[i].Gradebook)
	}
	slices.Sort(names)
	b, err := json.Marshal(slices.Compact(names)) // strings always encode
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%.6x", sha256.Sum256(b))
}

// add adds a context; of a report, r is what came of it. failures are what it has
// of them, as they are told of all contexts, or nil.
func (pg *page) add(c *plan.Context, r *plan.ContextReport, failures []*plan.Failure) {
	stands := c.Status()
	if r != nil {
		stands = r.Status()
	}
	s := section{
		ID: fmt.Sprint("c", len(pg.Sections)+1), Name: name(c.Gradebook) + "/" + name(c.Name), Platform: name(c.Platform), Base: name(c.Base),
		Undo: c.Undo, Unchanged: c.Unchanged, Unmanaged: c.Unmanaged, Released: c.Released,
	}
	if c.Blast.Students > 0 {
		s.Reach = reaches(c)
	}
	notes := c.Notes
	if r != nil {
		notes = slices.Concat(notes, r.Notes)
	}
	for _, f := range failures {
		if f != nil {
			s.Stopped = append(s.Stopped, trouble{Message: message(f.Message), Hint: message(f.Hint), Times: 1})
		}
	}
	said := map[telling]int{}
	for i := range c.Findings {
		f := &c.Findings[i]
		s.Stopped = tell(s.Stopped, said, trouble{Where: place(f.Where, f.People, f.OfRow), Key: name(f.Key), Message: message(f.Message), Hint: message(f.Hint)})
	}
	said = map[telling]int{}
	for i := range notes {
		n := &notes[i]
		s.Notes = tell(s.Notes, said, trouble{Where: place(n.Where, n.People, n.OfRow), Key: name(n.Key), Message: message(n.Message)})
	}
	for i := range c.Items {
		s.Lines = append(s.Lines, lineOf(&c.Items[i]))
		pg.holds(s.Name, &c.Items[i])
	}
	s.Words = planWords(c)
	if r != nil {
		if words := stale(r); words != "" {
			s.Stopped = append(s.Stopped, trouble{Message: words, Hint: "plan again", Times: 1})
		}
		s.outcomes(r)
		s.Words = reportWords(r)
	}
	if pg.Fleet.fold(&s, stands) {
		return
	}
	for _, t := range s.Stopped {
		pg.stop(s.Name, t)
	}
	if pg.Fleet == nil || c.Failure == nil || !s.bare() {
		pg.Sections = append(pg.Sections, s)
	}
}

// stop adds what stops a context, or names the context where it was told already.
func (pg *page) stop(context string, t trouble) {
	at, met := pg.told[t]
	if !met {
		if pg.told == nil {
			pg.told = map[trouble]int{}
		}
		at = len(pg.Stopped)
		pg.told[t] = at
		pg.Stopped = append(pg.Stopped, stop{trouble: t})
	}
	pg.Stopped[at].Contexts = append(pg.Stopped[at].Contexts, context)
}

// bare tells whether a section has nothing but how its context stands.
func (s *section) bare() bool {
	return len(s.Lines)+len(s.Notes)+len(s.Odd) == 0 && s.Released == (plan.Count{})
}

// place is where in the files something stands; not of people's rows.
func place(where string, people []plan.Named, ofRow bool) string {
	if ofRow || len(people) > 0 {
		return ""
	}
	return name(where)
}

// telling is what makes two troubles one.
type telling struct{ key, message, hint string }

// tell adds what is to be told, or counts it where it was told already: what
// is found in many people's rows is one thing, of no place. said is where in all
// each stands.
func tell(all []trouble, said map[telling]int, t trouble) []trouble {
	one := telling{t.Key, t.Message, t.Hint}
	if at, met := said[one]; met {
		all[at].Where = ""
		all[at].Times++
		return all
	}
	said[one], t.Times = len(all), 1
	return append(all, t)
}
