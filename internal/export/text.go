package export

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// comment is what stands above a document.
type comment struct{ bytes.Buffer }

// line writes one line, whatever is in it.
func (c *comment) line(s string) {
	c.WriteString(strings.TrimRight("# "+escape.Line(s), " "))
	c.WriteByte('\n')
}

// shown names a live line item in a comment.
func shown(li *plan.LineItem) string {
	s := "the column " + escape.Quote(beginning(li.Label))
	if li.ResourceID != "" {
		s += " (resourceId " + escape.Quote(beginning(li.ResourceID)) + ")"
	}
	return s
}

// beginning is as much of a text as a comment shows.
func beginning(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}

// head is the comment above a Gradebook.
func (b *Book) head(d *document) []byte {
	var c comment
	c.line("Gradebook " + escape.Quote(b.Gradebook.Name()) + " as the LMS shows it: gradesync export wrote this file.")
	c.line("Beside the same Platform document it plans to no change:")
	c.line("")
	c.line("  gradesync plan -f PLATFORM.yaml -f " + d.file)
	c.line("")
	c.line("To go on, keep it in git in the place of the Gradebook that export was given.")
	c.prose(d.sections[0].ways())
	remarks := d.remarks
	if len(d.sheets) == 0 { // there is no other place to tell it
		remarks = slices.Concat(remarks, d.ungraded)
	}
	c.list(b.general(d), remarks, len(d.sections) > 1)
	return c.Bytes()
}

// wide is how long a line of prose becomes, without its mark.
const wide = 78

// prose writes words in as many lines as they take.
func (c *comment) prose(s string) {
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && len(line)+1+len(word) > wide {
			c.line(line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	c.line(line)
}

// ways says what can be done with a document on the platform that it is of.
func (s *section) ways() string {
	caps := s.Capabilities
	change, remove := "Change a title or a maximum here, and plan.", ": to delete a column, write absent: true."
	switch caps.Fields["label"] {
	case reconcile.NotKept, reconcile.KeptFromCreate:
		change = "Change a maximum here, and plan; a title is changed in the LMS."
	}
	if caps.FixedColumns != "" {
		remove = ". No tool can make or delete a column of this platform: that is done " + caps.FixedColumns + "."
	}
	return change + " A line item or a field that you take out of this file stays in the LMS as it is" + remove +
		" An LMS shows a tool the columns that are its own, or that it may see: there may be others, and no plan touches those."
}

// list writes what is to be known. several: remarks say which context's they are.
func (c *comment) list(general []string, remarks []remark, several bool) {
	if len(general)+len(remarks) == 0 {
		return
	}
	c.line("")
	c.line("What to know:")
	for _, text := range general {
		c.line("- " + text)
	}
	for _, r := range remarks {
		if several {
			r.text = "in " + escape.Quote(beginning(r.context)) + ", " + r.text
		}
		c.line("- " + r.text)
	}
}

// general is what is to be said of a document as a whole.
func (b *Book) general(d *document) (all []string) {
	if d.apart {
		all = append(all, "the contexts of this Gradebook do not have the same columns, so that each set of columns has a document of its own, named after its first context")
	}
	for _, name := range b.Unread {
		all = append(all, "the context "+escape.Quote(beginning(name))+" was not asked for: it is not here")
	}
	if hidden := d.hidden(); len(hidden) > 0 {
		all = append(all, "no column shows "+strings.Join(hidden, ", ")+": either none is set, or the platform does not show it. What you write here is sent with the next change of the column")
	}
	if dropped := d.dropped(); len(dropped) > 0 {
		all = append(all, "this platform does not keep "+strings.Join(dropped, ", ")+" of a column, so they are not here")
	}
	if slices.ContainsFunc(d.sections, func(s *section) bool { return !s.Listing.Proven }) {
		all = append(all, "the platform may have more columns than it listed")
	}
	if b.Gradebook.Policy.Prune != nil {
		all = append(all, "policy.prune is not here, so that no column goes that this file does not name: write it again once the file is as you want it")
	}
	if b.Gradebook.Users.Map.IsSet() {
		all = append(all, "users.map is not here, for that file is not in this folder: copy it, and write it again, if rows need it")
	}
	return append(all, "grades are not in this file: export --scores writes sheets of them. Those that no file names stay as they are")
}

// dates and the like, which platforms may keep and not show.
var wishes = []string{"startDateTime", "endDateTime", "gradesReleased"}

// hidden are the wishes that no column of any context shows, and that the
// platform is not known to drop.
func (d *document) hidden() (names []string) {
	for _, name := range wishes {
		seen := slices.ContainsFunc(d.sections, func(s *section) bool {
			return s.Capabilities.Fields[name] == reconcile.NotKept || slices.ContainsFunc(s.Listing.Items, func(li plan.LineItem) bool { return shows(&li, name) })
		})
		if !seen && d.sections[0].Capabilities.FixedColumns == "" {
			names = append(names, name)
		}
	}
	return names
}

func shows(li *plan.LineItem, name string) bool {
	switch name {
	case "startDateTime":
		return !li.StartDateTime.IsZero()
	case "endDateTime":
		return !li.EndDateTime.IsZero()
	default:
		return li.GradesReleased != nil
	}
}

// dropped are the fields that the platform is known not to keep.
func (d *document) dropped() (names []string) {
	fields := d.sections[0].Capabilities.Fields
	for _, name := range sortedKeys(fields) {
		if fields[name] == reconcile.NotKept && name != "label" && name != "scoreMaximum" {
			names = append(names, name)
		}
	}
	return names
}

// scoresHead is the comment above the Scores documents.
func (d *document) scoresHead(by string) []byte {
	var c comment
	c.line("The grades of Gradebook " + escape.Quote(d.gradebook.Name()) + " as the LMS shows them: gradesync export wrote")
	c.line("this file and its sheets. They name people: keep them where only those who may")
	c.line("see grades can read them, with the Gradebook document in the same folder or in")
	c.line("another one (-f names both).")
	c.line("")
	c.line("You take ownership of these grades: from now on plan shows each one that")
	c.line("somebody changes in the LMS, and apply writes the sheet's over it, unless --base")
	c.line("says what the files said before. Take out a row, a column or a document, and")
	c.line("those grades are the teachers' again.")
	c.line("")
	c.line("A wide sheet has a row a person and a column a line item, with points alone. A")
	c.line("line item with comments, letters or points on another scale has a long sheet")
	c.line("of its own. A blank cell says nothing.")
	c.line("A cell that a spreadsheet would take for a formula begins with a no-break space,")
	c.line("which is no part of the value.")
	var general []string
	if slices.ContainsFunc(d.sheets, func(s sheet) bool { return s.rows[0][0] != by }) {
		general = append(general, "who cannot be told by "+by+" in the roster has rows by userId, in sheets of their own")
	}
	c.list(general, d.ungraded, len(d.sections) > 1)
	return c.Bytes()
}
