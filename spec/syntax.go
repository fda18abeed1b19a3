package spec

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	yamlError     = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	aboutTabs     = regexp.MustCompile(`tab character|cannot start any token`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntax reports an error of the YAML parser; read is how many lines it had
// taken in by then. The parser counts the lines of some errors from 0 and names
// the beginning of a list or mapping for others, so that the message decides
// which number is right.
func (l *loader) syntax(f *file, err error, read int) {
	message, named := err.Error(), 1
	if m := yamlError.FindStringSubmatch(message); m != nil {
		message = m[2]
		if m[1] != "" {
			named, _ = strconv.Atoi(m[1])
		}
	}
	line, hint := named, ""
	switch {
	case strings.HasPrefix(message, "did not find expected key"),
		strings.HasPrefix(message, "did not find expected '-'"),
		strings.HasPrefix(message, "did not find expected <document start>"):
		line, hint = read, "this line, or the one before it, is not indented like its neighbours, or lacks a colon or a quote"
	case strings.HasPrefix(message, "did not find expected ',' or"):
		line, hint = named+1, "a bracket that is opened here is not closed, a comma is missing, or a value with one of ?,[]{} in it wants quotes"
		if !strings.ContainsAny(f.line(line), "[{") {
			line = named
		}
	case strings.Contains(message, "tab character"):
		line = read
	case strings.HasPrefix(message, "found unexpected end of stream"):
		hint = "a quote that is opened here is not closed"
	case strings.HasPrefix(message, "mapping values are not allowed"):
		hint = `a value with ": " in it wants quotes; keys of one mapping want the same indentation`
	case strings.HasPrefix(message, "found character that cannot start"):
		hint = "a value that begins with @, `, %, or another special character wants quotes"
	}
	anchor := ""
	if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		anchor = "*" + m[1]
		for line = read; line > 1 && !strings.Contains(f.line(line), anchor); line-- {
		}
		message, hint = "unknown anchor "+quote(anchor), "a value that begins with * wants quotes; an anchor must be set with & before it is used"
	}
	line = min(max(line, 1), len(f.starts))
	for line > 1 && strings.TrimSpace(f.line(line)) == "" {
		line--
	}
	text := f.line(line)
	indent := text[:len(text)-len(strings.TrimLeftFunc(text, unicode.IsSpace))]
	at := func(prefix string) Pos {
		return At(f.name, line, utf8.RuneCountInString(prefix)+1)
	}
	if before, _, tab := strings.Cut(indent, "\t"); tab && aboutTabs.MatchString(message) {
		l.errorf(at(before), "", "a tab cannot indent; use spaces")
		return
	}
	if before, _, found := strings.Cut(text, anchor); found && anchor != "" {
		l.errorf(at(before), hint, "not valid YAML: %s", visible(message))
		return
	}
	e := l.errorf(at(indent), hint, "not valid YAML: %s", visible(message))
	if sensitive.MatchString(text) || strings.Contains(f.text, "PRIVATE KEY-----") {
		f.hidden[line] = true
		return
	}
	if e != nil {
		e.Line, e.Caret = excerpt(text, int(e.Pos.Column), restOfLine) // the column is not known
	}
}
