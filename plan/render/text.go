package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// fold is how many people's rows of a line item the text shows; the JSON
// form has them all.
const fold = 6

// mostSame is how many contexts of which the same is to be said the text names.
const mostSame = 20

// mostNamed is how many people of a finding the text names: all that anybody
// would mend by hand.
const mostNamed = 100

// PlanText writes a plan for people to read.
func PlanText(w io.Writer, p plan.Plan, o Options) error {
	t := &text{paint: o.Color, quiet: o.Redact}
	if o.Redact {
		p = people{}.plan(p)
	}
	if line, ok := nothing(p); ok {
		t.line("%s", line)
		return t.flush(w)
	}
	var same []*plan.Context
	unread := alike(p.Contexts)
	shared := together(unread)
	for i := range p.Contexts {
		switch c := &p.Contexts[i]; {
		case asIs(c):
			same = append(same, c)
		case shared[c]: // below
		default:
			t.context(c)
		}
	}
	bolder := func(c *plan.Context) string { return t.color(bold, title(c)) }
	if len(same) > 0 {
		t.line("No changes: %s\n", few(same, mostSame, bolder))
	}
	for _, u := range unread {
		what := "Not read"
		if u.why.Kind == plan.FailedFast {
			what = "Not begun"
		}
		t.line("%s: %s\n", what, few(u.of, mostSame, bolder))
		t.failure(u.why)
		t.line("")
	}
	if len(p.Contexts) > 1 {
		words := make([]string, len(p.Contexts))
		for i := range p.Contexts {
			if c := &p.Contexts[i]; !shared[c] {
				words[i] = planWords(c)
			}
		}
		t.rollup(p.Rollup(), words, unwrittenIn(p.Contexts))
	}
	t.line("%s", summary(p, "above"))
	return t.flush(w)
}

// text builds a text; it cannot fail.
type text struct {
	b     strings.Builder
	paint bool
	quiet bool // nobody's points are told
	undo  bool // of the context at hand
}

func (t *text) flush(w io.Writer) error {
	_, err := io.WriteString(w, t.b.String())
	return err
}

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

// ANSI colours: the only escapes that ever reach a terminal from here.
const (
	green, yellow, red, bold = "32", "33", "31", "1"
)

func (t *text) color(code, s string) string {
	if !t.paint || s == "" || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// mark is a sign in its colour.
func (t *text) mark(sign string) string {
	return t.color(map[string]string{"+": green, "~": yellow, "-": red, "!": red}[sign], sign)
}

func title(c *plan.Context) string {
	s := escape.Line(c.Gradebook) + "/" + escape.Line(c.Name) + " on " + escape.Line(c.Platform)
	if c.Base != "" {
		s += ", base " + escape.Line(c.Base)
	}
	return s
}

// asIs tells of a context that there is nothing to say of it.
func asIs(c *plan.Context) bool {
	return c.Status() == plan.Unchanged && len(c.Notes)+len(c.Items)+len(c.Explained) == 0
}

// nothing is the one line of a plan without changes; ok tells whether it is one.
func nothing(p plan.Plan) (line string, ok bool) {
	var same plan.Count
	for i := range p.Contexts {
		c := &p.Contexts[i]
		if !asIs(c) {
			return "", false
		}
		same.LineItems += c.Unchanged.LineItems
		same.Scores += c.Unchanged.Scores
	}
	return fmt.Sprintf("No changes: %s and %s in %s are as the files say.%s",
		count(same.LineItems, "line item"), count(same.Scores, "score"), count(len(p.Contexts), "context"), leftAlone(alone(p.Contexts))), true
}

func (t *text) context(c *plan.Context) {
	t.undo = c.Undo
	t.line("%s\n", t.color(bold, title(c)))
	if c.Failure != nil {
		t.failure(c.Failure)
	}
	for _, f := range c.Findings {
		at := f.Where
		if len(f.People) > 0 {
			at = "" // each has a place
		}
		t.line("  %s %s%s%s", t.mark("!"), prefix(at), prefix(f.Key), escape.Line(f.Message))
		t.named(f.People, mostNamed)
		t.hint(f.Hint)
	}
	for i := range c.Items {
		t.item(&c.Items[i])
	}
	for _, n := range c.Notes {
		t.line("  note: %s%s%s", prefix(n.Where), prefix(n.Key), escape.Line(n.Message))
		t.named(n.People, fold)
	}
	if r := c.Released; r != (plan.Count{}) {
		t.line("  note: released since the base, and left as they are: %s, %s", count(r.LineItems, "line item"), count(r.Scores, "score"))
	}
	if c.Status() == plan.HeldBack && c.Totals().Changes() > 0 {
		t.line("  Nothing is written here until what is held is let go, or with --skip-held the rest.")
	}
	if len(c.Items) > 0 && c.Blast.Students > 0 {
		t.line("  %s", reaches(c))
	}
	t.explained(c.Explained)
	t.line("")
}

// named lists people, up to most, or one less and how many there are besides.
func (t *text) named(all []plan.Named, most int) {
	shown := all
	if len(shown) > most {
		shown = shown[:most-1]
	}
	for i := range shown {
		t.line("      %s", named(&shown[i]))
	}
	if n := len(all) - len(shown); n > 0 {
		t.line("      … and %d more (-o json shows all)", n)
	}
}

func (t *text) failure(f *plan.Failure) {
	t.line("  %s %s%s", t.mark("!"), escape.Line(f.Message), said(f.Said))
	t.hint(f.Hint)
}

func (t *text) hint(s string) {
	if s != "" {
		t.line("    hint: %s", escape.Line(s))
	}
}

var signs = map[plan.Action]string{plan.Create: "+", plan.Update: "~", plan.Delete: "-", plan.Keep: " "}

func (t *text) item(it *plan.Item) {
	head := escape.Line(it.Key)
	if it.Label != it.Key {
		head += "  " + escape.Line(it.Label)
	}
	t.line("  %s %s%s", t.mark(signs[it.Action]), t.color(bold, head), t.why(it))
	t.holds(it.Held, it.Released, "")
	wide := 0
	for _, f := range it.Fields {
		wide = max(wide, utf8.RuneCountInString(escape.Line(f.Name)))
	}
	for _, f := range it.Fields {
		change := value(f.Before) + " -> " + value(f.After)
		if it.Action == plan.Create {
			change = value(f.After)
		}
		if f.Rides {
			change += "  (the platform does not show it; sent along)"
		}
		t.line("      %s  %s", pad(escape.Line(f.Name), wide), change)
	}
	t.scores(it)
	for _, k := range it.Kept {
		t.line("      %s", kept(&k, t.undo))
	}
	if words := overwriting(it.Kept); words != "" {
		t.line("      %s", words)
	}
	n, _ := others(it)
	if b := it.Blast; b.Raised+b.Lowered+b.Cleared+b.Destroyed+n > 0 {
		t.line("      reaches %s", reach(b, n))
	}
	if words := underMaximum(it, distribution(it).Over); words != "" {
		t.line("      %s", words)
	}
}

// holds tells what is kept back and how to let it go, and what was let go.
func (t *text) holds(held []plan.Hold, released []plan.Release, who string) {
	for _, h := range held {
		way := "to let it go: " + escape.Line(h.Release)
		if h.Release == "" {
			way = "the Platform's policy (" + escape.Line(h.Where) + ") lets nobody release it here"
		}
		t.line("      %s %s: %s%s; %s", t.color(red, "held"), escape.Line(string(h.Risk)), who, escape.Line(h.Why), way)
	}
	released = effective(held, released)
	for i, r := range released {
		if !slices.Contains(released[:i], r) {
			t.line("      allowed %s: %sby %s", escape.Line(string(r.Risk)), who, escape.Line(r.By))
		}
	}
}

// effective is the releases that let something go: where a Platform's policy still
// holds a line item or score for a risk, allowing it did nothing.
func effective(held []plan.Hold, released []plan.Release) []plan.Release {
	return slices.DeleteFunc(slices.Clone(released), func(r plan.Release) bool {
		return slices.ContainsFunc(held, func(h plan.Hold) bool { return h.Risk == r.Risk })
	})
}

func (t *text) why(it *plan.Item) string {
	var parts []string
	if it.Action == plan.Delete {
		switch {
		case it.Graded == nil:
			parts = append(parts, "delete, with grades that could not be read")
		case *it.Graded == 0:
			parts = append(parts, "delete; it has no grades")
		default:
			parts = append(parts, "delete, with "+count(*it.Graded, "grade"))
		}
	}
	if it.Why != "" {
		parts = append(parts, escape.Line(it.Why))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  (" + strings.Join(parts, "; ") + ")"
}

func (t *text) scores(it *plan.Item) {
	scores := it.Scores
	shown := scores
	if len(shown) > fold {
		shown = shown[:fold-1]
	}
	rows := make([][4]string, len(shown))
	var wide [4]int
	for i := range shown {
		rows[i] = scoreRow(&shown[i], scale(it))
		if t.quiet {
			rows[i][2] = quietly(&shown[i])
		}
		for k, cell := range rows[i] {
			wide[k] = max(wide[k], utf8.RuneCountInString(cell))
		}
	}
	for i, r := range rows {
		cells := []string{pad(r[1], wide[1]), pad(r[2], wide[2]), r[3]}
		t.line("      %s %s", t.mark(r[0]), strings.TrimRight(strings.Join(cells, "  ")+t.heldMark(shown[i].Held), " "))
	}
	if n := len(scores) - len(shown); n > 0 {
		t.line("        … and %s (-o json shows all)", count(n, "more score"))
	}
	t.scoreHolds(scores)
}

// heldMark says on a row that it is kept back; why stands once below the rows.
func (t *text) heldMark(held []plan.Hold) string {
	if len(held) == 0 {
		return ""
	}
	return "  " + t.color(red, "held")
}

// scoreHolds tells what is held, or was let go, of a line item's scores: once
// for each reason.
func (t *text) scoreHolds(scores []plan.Score) {
	held, released := map[plan.Hold]int{}, map[plan.Release]int{}
	var holds []plan.Hold
	var releases []plan.Release
	for i := range scores {
		for _, h := range scores[i].Held {
			if held[h]++; held[h] == 1 {
				holds = append(holds, h)
			}
		}
		for _, r := range effective(scores[i].Held, scores[i].Released) {
			if released[r]++; released[r] == 1 {
				releases = append(releases, r)
			}
		}
	}
	for _, h := range holds {
		t.holds([]plan.Hold{h}, nil, count(held[h], "score")+": ")
	}
	for _, r := range releases {
		t.holds(nil, []plan.Release{r}, count(released[r], "score")+" ")
	}
}

// scoreRow is a score's sign, person, points, and what else of it changes.
func scoreRow(s *plan.Score, scale float64) [4]string {
	sign := "~"
	switch {
	case s.Action == plan.Erase:
		sign = "-"
	case s.Before == nil || s.Before.ScoreGiven == nil:
		sign = "+"
	}
	row := [4]string{sign, person(s.Person, s.UserID, s.Where), points(onScale(&s.After, scale))}
	var rest []string
	for _, f := range s.Fields {
		switch f.Name {
		case "scoreGiven", "scoreMaximum":
			if s.Before != nil && s.Before.ScoreGiven != nil {
				row[2] = points(onScale(s.Before, scale)) + " -> " + points(onScale(&s.After, scale))
			}
		case "comment":
			rest = append(rest, change(&f))
		}
	}
	row[3] = strings.Join(append(rest, letters(s)...), "  ")
	if s.Why != "" {
		row[3] = strings.TrimSpace(row[3] + "  (" + escape.Line(s.Why) + ")")
	}
	return row
}

// quietly tells of a score's points only whether they change.
func quietly(s *plan.Score) string {
	if slices.ContainsFunc(s.Fields, func(f plan.Field) bool { return f.Name == "scoreGiven" || f.Name == "scoreMaximum" }) {
		return "score"
	}
	return ""
}

// letters is how a score's letter grade and its sharing change: the student
// sees both.
func letters(s *plan.Score) (changes []string) {
	for _, f := range s.Fields {
		if f.Name == "letterGrade" || f.Name == "shareWithStudent" {
			changes = append(changes, change(&f))
		}
	}
	return changes
}

// change is a field's name and what becomes of it.
func change(f *plan.Field) string {
	if f.Before == nil {
		return f.Name + " " + value(f.After)
	}
	return f.Name + " " + value(f.Before) + " -> " + value(f.After)
}

// waits is how many changes wait.
func waits(n int) string {
	if n == 1 {
		return "1 change waits"
	}
	return count(n, "change") + " wait"
}

// summary is what a plan comes to, in a line. What is said of single contexts
// stands above or below it.
func summary(p plan.Plan, stands string) string {
	n := p.Totals()
	var parts []string
	for _, x := range []struct {
		n          int
		what, verb string
	}{
		{n.Create, "line item", "to create"}, {n.Update, "line item", "to change"}, {n.Delete, "line item", "to delete"},
		{n.Post, "score", "to post"}, {n.Clear, "score", "to clear"}, {n.Held, "change", "held"},
	} {
		if x.n > 0 {
			parts = append(parts, count(x.n, x.what)+" "+x.verb)
		}
	}
	var same plan.Count
	stopped, unbegun, byHand, waiting := 0, 0, 0, 0
	for i := range p.Contexts {
		c := &p.Contexts[i]
		same.LineItems += c.Unchanged.LineItems
		same.Scores += c.Unchanged.Scores
		for k := range c.Items {
			byHand += len(c.Items[k].Kept)
		}
		switch c.Status() {
		case plan.Found, plan.Unauthorized, plan.Failed, plan.Interrupted:
			stopped++
		case plan.HeldBack:
			waiting += c.Totals().Changes()
		case plan.NotBegun:
			unbegun++
		}
	}
	if len(parts) == 0 && stopped+unbegun < len(p.Contexts) {
		parts = []string{"nothing to do"}
	}
	line := "Plan:"
	if len(parts) > 0 {
		line += " " + strings.Join(parts, ", ") + "."
	}
	if waiting > 0 {
		line += fmt.Sprintf(" Without --skip-held nothing is written where something is held: %s.", waits(waiting))
	}
	if same != (plan.Count{}) {
		line += fmt.Sprintf(" Unchanged: %s, %s.", count(same.LineItems, "line item"), count(same.Scores, "score"))
	}
	if byHand > 0 {
		line += fmt.Sprintf(" Kept as set by hand: %s.", count(byHand, "value"))
	}
	line += leftAlone(alone(p.Contexts))
	if stopped > 0 {
		line += fmt.Sprintf(" %s of %d stopped: see %s.", count(stopped, "context"), len(p.Contexts), stands)
	}
	if unbegun > 0 {
		line += fmt.Sprintf(" Not begun: %s.", count(unbegun, "context"))
	}
	return line
}
