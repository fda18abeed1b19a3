package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// PlanMarkdown writes a plan for the comment of a pull request: figures, what
// is held and stopped first, and no student's row. It is at most 65,536
// characters long and says where it was cut; the digest is the whole plan's.
// Its first line is a hidden marker, the same for the same set of gradebooks,
// by which one comment can be found again and replaced.
//
// Options but the digest change nothing: the form is always for everybody.
func PlanMarkdown(w io.Writer, p plan.Plan, o Options) error {
	pg, err := planPage(p, o.Digest)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, pg.markdown())
	return err
}

// ReportMarkdown writes what came of a plan as PlanMarkdown writes the plan.
func ReportMarkdown(w io.Writer, r plan.Report, _ Options) error {
	pg, err := reportPage(r)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, pg.markdown())
	return err
}

func (pg *page) markdown() string {
	title := map[string]string{"plan": "gradesync plan", "report": "gradesync apply"}[pg.Kind]
	head := fmt.Sprintf("<!-- gradesync:%s %s -->\n## %s\n\n**%s**\n\n", pg.Kind, pg.Books, title, pg.Verdict)
	if pg.Earlier != "" {
		head += prose(pg.Earlier) + "\n\n"
	}
	if pg.Undo != "" {
		head += "To put back what was there before: " + code(pg.Undo) + " (the same files)\n\n"
	}
	head += pg.Fleet.markdown()
	foot := pg.Fleet.foldedMarkdown() + "Digest of the whole plan: " + code(pg.Digest) + "\n"
	const cutNote = "**This was cut to fit into a comment.** The text, JSON and HTML forms have all of it, and the digest below is that of the whole plan.\n\n"
	room := mostBytes - len(head) - len(foot) - len(cutNote)

	var risks, contexts []folded
	for _, p := range []part{pg.Fleet.heldPart(), pg.stoppedPart(), pg.heldPart(), pg.releasedPart()} {
		risks = append(risks, folded{parts: []part{p}})
	}
	for i := range pg.Sections {
		contexts = append(contexts, pg.Sections[i].folded(pg.Kind, pg.Fleet == nil))
	}
	const more = "… and %s that did not fit.\n\n"
	room -= len(more) + len("1000000 more contexts")
	// The risks may take half, and whatever the contexts do not need.
	first, cut, _ := fitAll(risks, max(room/2, room-wanted(contexts)))
	rest, n, left := fitAll(contexts, room-len(first))
	text := first + rest
	if left > 0 {
		text += fmt.Sprintf(more, count(left, "more context"))
	}
	cut += n + left
	if cut > 0 {
		foot = cutNote + foot
	}
	return head + text + foot
}

func (pg *page) stoppedPart() part {
	p := part{head: "### Stopped: nothing is written there\n\n", what: "reason"}
	if pg.Kind == "report" {
		p.head = "### Stopped\n\n"
	}
	for i := range pg.Stopped {
		p.rows = append(p.rows, "- "+few(pg.Stopped[i].Contexts, mostFolded, code)+": "+pg.Stopped[i].markdown()+"\n")
	}
	return p
}

func (t *trouble) markdown() string {
	s := ""
	if t.Where != "" {
		s += code(t.Where) + ": "
	}
	if t.Key != "" {
		s += code(t.Key) + ": "
	}
	s += prose(t.Message)
	if t.Times > 1 {
		s += fmt.Sprintf(" (%d times)", t.Times)
	}
	if t.Hint != "" {
		s += "; hint: " + prose(t.Hint)
	}
	return s
}

func (pg *page) heldPart() part {
	p := part{
		head: "### Held back by policy\n\n" + pg.heldWords() + "| Context | Line item | What | Risk | Why | To let it go |\n|---|---|---|---|---|---|\n",
		what: "held row",
	}
	for _, h := range pg.Held {
		way := code(h.Release)
		if h.Release == "" {
			way = "not here: the Platform's policy, " + code(h.Where)
		}
		p.rows = append(p.rows, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", code(h.Context), titled(h.Key, h.Title), ofWhat(h.OfScores, h.Scores), prose(h.Risk), prose(h.Why), way))
	}
	return p
}

// wholeWaits says what a hold means for the rest of its context.
const wholeWaits = "Nothing is written in these contexts until this is let go, or with --skip-held the rest."

// heldWords stand above what is held. A report tells itself what was written.
func (pg *page) heldWords() string {
	if pg.Kind == "report" {
		return ""
	}
	return prose(wholeWaits) + "\n\n"
}

// ofWhat is what of a line item is held or let go.
func ofWhat(ofScores bool, scores int) string {
	if ofScores {
		return count(scores, "score")
	}
	return "all of it"
}

func (pg *page) releasedPart() part {
	p := part{head: "### Allowed\n\n", what: "risk"}
	for _, r := range pg.Released {
		p.rows = append(p.rows, fmt.Sprintf("- %s %s: %s of %s, by %s\n", code(r.Context), prose(r.Risk), ofWhat(r.OfScores, r.Scores), code(r.Key), code(r.By)))
	}
	return p
}

// titled is a key, and the title where that is another word.
func titled(key, title string) string {
	if title == "" {
		return code(key)
	}
	return code(key) + " " + code(title)
}

// folded is a context: its line, and behind it figures, changes and notes.
func (s *section) folded(kind string, open bool) folded {
	var f folded
	tag := "<details>"
	if open {
		tag = "<details open>"
	}
	title := tagged(s.Name)
	if s.Undo {
		title = "undo of " + title
	}
	f.open = fmt.Sprintf("%s\n<summary>%s on %s: %s</summary>\n\n", tag, title, tagged(s.Platform), s.Words)
	if s.Base != "" {
		f.open += "Base: " + code(s.Base) + "\n\n"
	}
	for _, about := range s.about(kind) {
		f.open += about + "\n\n"
	}
	f.shut = "</details>\n\n"
	f.line = code(s.Name) + " on " + code(s.Platform) + ": " + s.Words + "; more of it did not fit.\n\n"
	f.parts = []part{s.figuresPart(kind), s.fieldsPart(kind), s.oddPart(), s.keptPart(), s.notesPart()}
	return f
}

func (s *section) figuresPart(kind string) part {
	heads, rows := figures(s.Lines, kind)
	p := part{what: "line item"}
	p.head = "| Line item | What |"
	for _, h := range heads {
		p.head += " " + h + " |"
	}
	p.head += "\n|---|---|" + strings.Repeat("--:|", len(heads)) + "\n"
	for i := range s.Lines {
		l := &s.Lines[i]
		row := "| " + titled(l.Key, l.Title) + " | " + l.doing()
		if l.Action == plan.Delete && l.Why != "" {
			row += "; " + prose(l.Why)
		}
		for _, cell := range rows[i] {
			row += " | " + cell
		}
		p.rows = append(p.rows, row+" |\n")
	}
	return p
}

func (s *section) fieldsPart(kind string) part {
	p := part{head: "Line items' fields:\n\n", what: "field"}
	if kind == "report" {
		return p
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Under != "" {
			p.rows = append(p.rows, "- "+code(l.Key)+": "+prose(l.Under)+"\n")
		}
		for _, f := range l.Fields {
			change := code(f.After)
			if f.Before != "" {
				change = code(f.Before) + " → " + change
			}
			if f.Rides {
				change += " (the platform does not show it; sent along)"
			}
			p.rows = append(p.rows, "- "+code(l.Key)+" "+code(f.Name)+": "+change+"\n")
		}
	}
	return p
}

func (s *section) oddPart() part {
	p := part{head: "Line items that are not as planned:\n\n", what: "line item"}
	for _, o := range s.Odd {
		row := "- " + code(o.Key) + " " + prose(o.What) + " " + prose(o.Outcome)
		if o.Why != "" {
			row += ": " + prose(o.Why)
		}
		for _, f := range o.Fields {
			row += "; " + code(f.Name) + ": sent " + code(f.Before) + ", stored " + code(f.After)
		}
		p.rows = append(p.rows, row+"\n")
	}
	return p
}

func (s *section) keptPart() part {
	p := part{head: "Set by hand, and kept:\n\n", what: "line item"}
	for i := range s.Lines {
		if k := s.Lines[i].kept(); k != "" {
			row := "- " + code(s.Lines[i].Key) + ": " + k
			if o := s.Lines[i].Overwrite; o != "" {
				row += "; to overwrite: " + code(o)
			}
			p.rows = append(p.rows, row+"\n")
		}
	}
	return p
}

func (s *section) notesPart() part {
	p := part{head: "Notes:\n\n", what: "note"}
	for i := range s.Notes {
		p.rows = append(p.rows, "- "+s.Notes[i].markdown()+"\n")
	}
	return p
}
