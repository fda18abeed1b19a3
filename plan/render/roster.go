package render

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// rosterJSON is a roster's JSON form.
type rosterJSON struct {
	FormatVersion int    `json:"formatVersion"`
	Schema        string `json:"schema"`
	// Redacted: people are numbered, and their names, emails and sourcedIds
	// only say whether there are any.
	Redacted bool                 `json:"redacted,omitempty"`
	Contexts []plan.RosterContext `json:"contexts"`
}

// RosterJSON writes a roster as JSON, the same bytes for the same people.
func RosterJSON(w io.Writer, r plan.Roster, o Options) error {
	if o.Redact {
		r = people{}.roster(r)
	}
	contexts := append([]plan.RosterContext{}, r.Contexts...)
	for i := range contexts {
		contexts[i].Members = append([]plan.Member{}, contexts[i].Members...)
	}
	return writeJSON(w, rosterJSON{FormatVersion: plan.RosterVersion, Schema: plan.RosterSchema, Redacted: o.Redact, Contexts: contexts})
}

// RosterCSV writes a roster as CSV (RFC 4180, UTF-8 without a mark), a row a
// person. What a spreadsheet would take for a formula gets an apostrophe in
// front, also where one that splits cells at other signs than the comma would
// begin a cell. Several roles are joined by a space: a role is a URI and has none. Where the roster is of several Gradebooks, a context is told as
// gradebook/context. A context that could not be read has no rows.
func RosterCSV(w io.Writer, r plan.Roster, o Options) error {
	if o.Redact {
		r = people{}.roster(r)
	}
	several := slices.ContainsFunc(r.Contexts, func(c plan.RosterContext) bool { return c.Gradebook != r.Contexts[0].Gradebook })
	out := csv.NewWriter(w)
	rows := [][]string{{"context", "userId", "name", "email", "sourcedId", "roles", "status"}}
	for _, c := range r.Contexts {
		name := c.Name
		if several {
			name = c.Gradebook + "/" + c.Name
		}
		for _, m := range c.Members {
			row := []string{name, m.UserID, m.Name, m.Email, m.SourcedID, strings.Join(m.Roles, " "), m.Status}
			for i := range row {
				row[i] = cell(row[i])
			}
			rows = append(rows, row)
		}
	}
	return out.WriteAll(rows)
}

// splits are the signs at which a spreadsheet may split a line into cells
// whatever the quotes around them.
const splits = ";,\t\r\n"

// cell is text that neither a terminal nor a spreadsheet obeys: an apostrophe
// goes to the beginning of it, and behind each sign that may split it, where a
// formula would follow.
func cell(s string) string {
	var out strings.Builder
	for len(s) > 0 {
		if escape.Formula(s) {
			out.WriteByte('\'')
		}
		part := len(s)
		if i := strings.IndexAny(s, splits); i >= 0 {
			part = i + 1
		}
		out.WriteString(s[:part])
		s = s[part:]
	}
	return escape.Line(out.String())
}

// RosterText writes a roster for people to read.
func RosterText(w io.Writer, r plan.Roster, o Options) error {
	if o.Redact {
		r = people{}.roster(r)
	}
	t := &text{paint: o.Color}
	for i := range r.Contexts {
		if i > 0 {
			t.line("")
		}
		t.roster(&r.Contexts[i])
	}
	return t.flush(w)
}

func (t *text) roster(c *plan.RosterContext) {
	t.line("%s\n", t.color(bold, title(&plan.Context{Gradebook: c.Gradebook, Name: c.Name, Platform: c.Platform})))
	if c.Failure != nil {
		t.failure(c.Failure)
		return
	}
	rows := [][]string{{"NAME", "USER ID", "EMAIL", "SOURCED ID", "ROLES", "STATUS"}}
	for _, m := range c.Members {
		row := []string{m.Name, m.UserID, m.Email, m.SourcedID, strings.Join(m.Roles, ", "), m.Status}
		for i := range row {
			row[i] = cmp.Or(escape.Line(row[i]), "-")
		}
		rows = append(rows, row)
	}
	if len(c.Members) > 0 {
		t.table(rows)
		t.line("")
	}
	t.line("  %s", told(c.Counts))
}

// widest is how far a column makes room; what is longer moves the rest of
// its own row only.
const widest = 40

func (t *text) table(rows [][]string) {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, s := range row {
			wide[i] = min(widest, max(wide[i], utf8.RuneCountInString(s)))
		}
	}
	for _, row := range rows {
		line := ""
		for i, s := range row {
			line += pad(s, wide[i]) + "  "
		}
		t.line("  %s", strings.TrimRight(line, " "))
	}
}

// told is a roster in one line.
func told(n plan.MemberCount) string {
	if n.People == 0 {
		return "Nobody is listed."
	}
	s := "1 person"
	if n.People > 1 {
		s = fmt.Sprintf("%d people", n.People)
	}
	for _, x := range []struct {
		n    int
		what string
	}{{n.Inactive, "inactive"}, {n.Deleted, "deleted"}} {
		if x.n > 0 {
			s += fmt.Sprintf(", %d %s", x.n, x.what)
		}
	}
	if n.WithoutEmail > 0 {
		s += fmt.Sprintf(". Without an email: %d (the LMS tells it by consent; they are known by their user ids)", n.WithoutEmail)
	}
	return s + "."
}

// roster is a copy without people. Its rows are put in the order of what
// they still say before they are numbered: numbers by name would give away
// who is who to anybody with a list of the class.
func (p people) roster(r plan.Roster) plan.Roster {
	contexts := append([]plan.RosterContext(nil), r.Contexts...)
	for i := range contexts {
		contexts[i].Failure = silent(contexts[i].Failure)
		members := append([]plan.Member(nil), contexts[i].Members...)
		slices.SortFunc(members, func(a, b plan.Member) int {
			return cmp.Or(strings.Compare(shape(a), shape(b)), strings.Compare(a.UserID, b.UserID))
		})
		for k := range members {
			m := &members[k]
			m.UserID = p.number(m.UserID)
			m.Name, m.Email, m.SourcedID = masked(m.Name), masked(m.Email), masked(m.SourcedID)
		}
		contexts[i].Members = members
	}
	return plan.Roster{Contexts: contexts}
}

func shape(m plan.Member) string {
	return strings.Join(append(slices.Clone(m.Roles), m.Status, masked(m.Email), masked(m.SourcedID), masked(m.Name)), "\x00")
}

// masked tells only that there is something.
func masked(s string) string {
	if s == "" {
		return ""
	}
	return "(hidden)"
}
