package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Error is one mistake in a document.
type Error struct {
	Pos     Pos    // Line is 0 where the mistake is the file's as a whole
	Message string // what is wrong
	Hint    string // how to mend it; may be ""
	Header  string // of the column of a sheet that it stands in; "" elsewhere
	Line    string // the source line around Pos, harmless to a terminal; "" where it is not shown, and beyond the first hundred
	Caret   string // blanks and ^~~, to stand beneath Line
	// Personal tells that the mistake stands among what is said of persons, so
	// that even an unknown key may name one. See Public.
	Personal bool
}

// Error is the mistake with its place, its source line and its hint, on up to
// four lines and without a newline at the end.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Pos != (Pos{}) {
		b.WriteString(e.Pos.String() + ": ")
	}
	if e.Header != "" {
		b.WriteString("column " + quote(e.Header) + ": ")
	}
	b.WriteString(e.Message)
	if e.Line != "" {
		fmt.Fprintf(&b, "\n%5d | %s\n      | %s", e.Pos.Line, e.Line, e.Caret)
	}
	if e.Hint != "" {
		b.WriteString("\n   hint: " + e.Hint)
	}
	return b.String()
}

// Errors are the mistakes that one Load found: by file in the order of
// reading, then by line and column, each once. It is never empty. After 10,000
// mistakes Load gives up, and a last one without a place says so.
type Errors []*Error

// Error prints the first hundred mistakes, each beginning on a line of its own,
// and how many more there are.
func (e Errors) Error() string {
	shown := e[:min(len(e), shownErrors)]
	texts := make([]string, len(shown))
	for i, one := range shown {
		texts[i] = one.Error()
	}
	more := e[len(shown):]
	if last := len(more) - 1; last >= 0 && *more[last] == *gaveUp() {
		texts, more = append(texts, more[last].Message), more[:last]
	}
	if len(more) > 0 {
		texts = slices.Insert(texts, len(shown), fmt.Sprintf("and %d more", len(more)))
	}
	return strings.Join(texts, "\n")
}

func gaveUp() *Error {
	return &Error{Message: fmt.Sprintf("too many mistakes: after %d no others were looked for", maxErrors)}
}

// Unwrap gives errors.As and errors.Is the single mistakes.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, one := range e {
		errs[i] = one
	}
	return errs
}

// String is "file:line:column", or "file" where there is no line. Standard
// input ("-") reads <stdin>.
func (p Pos) String() string {
	name := named(p.File.String())
	if p.File.String() == "-" {
		name = "<stdin>"
	}
	if p.Line == 0 {
		return name
	}
	return fmt.Sprintf("%s:%d:%d", name, p.Line, p.Column)
}

// named is a file's name as messages show it: in quotes where it has one itself,
// for Public goes by them.
func named(file string) string {
	if strings.Contains(file, `"`) {
		return quote(file)
	}
	return visible(file)
}

// reporter collects the mistakes of one Load.
type reporter struct {
	files   map[string]*file
	errs    Errors
	told    map[mistake]bool // an anchor's content is read once for each alias
	guesses int              // searches for the nearest of many words
	lax     bool             // it is a record that is read: see Read
}

type mistake struct {
	pos     Pos
	message string
}

func newReporter(lax bool) *reporter {
	return &reporter{files: map[string]*file{}, told: map[mistake]bool{}, lax: lax}
}

// errorf is nil for a mistake that is known already, or one too many.
func (r *reporter) errorf(pos Pos, hint, format string, args ...any) *Error {
	if r.full() {
		return nil
	}
	e := &Error{Pos: pos, Message: fmt.Sprintf(format, args...), Hint: hint}
	m := mistake{pos, e.Message}
	if r.told[m] {
		return nil
	}
	r.told[m] = true
	r.errs = append(r.errs, e)
	return e
}

// full tells that it is no use to look for more.
func (r *reporter) full() bool { return len(r.errs) >= maxErrors }

// suggest is the hint suggest for words out of files, without the nearest once
// that was searched for often: there may be as many words as mistakes. what
// introduces the list: "known", "found".
func (r *reporter) suggest(wrong, what string, words []string) string {
	all := what + ": " + quotedList(words)
	if r.guesses++; r.guesses > shownErrors {
		return all
	}
	return meant(wrong, words) + all
}

// hush keeps the source line at pos out of every message: it holds a secret.
func (r *reporter) hush(pos Pos) {
	if f := r.files[pos.File.String()]; f != nil {
		f.hidden[int(pos.Line)] = true
	}
}

// aboutPersons marks lines of a file as speaking of persons, the last included.
func (f *file) aboutPersons(first, last int) {
	if first <= last {
		f.personal = append(f.personal, span{first, last})
	}
}

// private marks the lines of a node as speaking of persons.
func (r *reporter) private(name string, n *yaml.Node) {
	f := r.files[name]
	if f == nil {
		return
	}
	last := n
	for len(last.Content) > 0 {
		last = last.Content[len(last.Content)-1]
	}
	f.personal = append(f.personal, span{n.Line, last.Line + strings.Count(last.Value, "\n")})
}

// finish sorts and adds the source lines. It is nil where nothing went wrong.
func (r *reporter) finish() error {
	if len(r.errs) == 0 {
		return nil
	}
	order := func(e *Error) int {
		if f := r.files[e.Pos.File.String()]; f != nil {
			return f.order
		}
		return -1
	}
	slices.SortStableFunc(r.errs, func(a, b *Error) int {
		return cmp.Or(
			cmp.Compare(order(a), order(b)),
			cmp.Compare(a.Pos.File.String(), b.Pos.File.String()),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			cmp.Compare(a.Message, b.Message),
		)
	})
	for _, f := range r.files {
		f.settle()
	}
	for i, e := range r.errs {
		f := r.files[e.Pos.File.String()]
		if f == nil {
			continue
		}
		e.Personal = f.speaksOfPersons(int(e.Pos.Line))
		if i < shownErrors && e.Line == "" && e.Pos.Line > 0 && !f.hides(int(e.Pos.Line)) {
			e.Line, e.Caret = f.excerpt(e.Pos)
		}
	}
	if r.full() {
		return append(r.errs, gaveUp())
	}
	return r.errs
}
