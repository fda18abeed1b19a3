package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// problem is what is wrong with a value; message goes on after its name.
type problem struct{ message, hint string }

func wrong(hint, format string, args ...any) *problem {
	return &problem{fmt.Sprintf(format, args...), hint}
}

// scalar reads one value with its rule for null.
func scalar[T any](d *decoder, n *yaml.Node, o *Opt[T], r rules, name string, parse func(*yaml.Node, rules) (T, *problem)) {
	o.Pos = d.pos(n)
	var p *problem
	switch {
	case n.Kind != yaml.ScalarNode:
		p = wrong("", "is %s, but must be a single value", kindOf(n))
	case null(n) || n.ShortTag() == "!!str" && n.Value == "":
		_, text := any(o).(*Opt[string])
		if r.clear && (null(n) || text) {
			o.State = Clear
			return
		}
		if p = blank(r); r.lax && text && !null(n) {
			o.State, p = Set, nil
		}
	default:
		var value T
		if value, p = parse(n, r); p == nil {
			o.State, o.Value = Set, value
			return
		}
	}
	if p == nil {
		return
	}
	if p.message == credentials {
		d.hushAll(n)
	}
	d.errorf(n, p.hint, "%s %s", name, p.message)
}

func blank(r rules) *problem {
	if r.clear {
		return wrong(instead(r), "is blank")
	}
	return wrong(instead(r), "cannot be blank")
}

// instead is the hint for a value that is not there.
func instead(r rules) string {
	switch {
	case r.clear:
		return "write null to clear it, or a value"
	case r.required:
		return "write a value"
	default:
		return "write a value, or leave it out"
	}
}

// text reads a string: written as one, and readable.
func text(n *yaml.Node, r rules) (string, *problem) {
	s := n.Value
	if kindOf(n) == "a number" && r.percent {
		return "", wrong("write a number from 0 to 100 and %, as in 50%", "is a number, but must be a percentage")
	}
	if kindOf(n) != "a string" {
		return "", wrong("write it in quotes: "+quote(s), "is %s, but must be a string", kindOf(n))
	}
	if !r.lax {
		if p := readable(s, r); p != nil {
			return "", p
		}
	}
	switch {
	case r.oneof != nil && !slices.Contains(r.oneof, s):
		return "", wrong(suggest(s, r.oneof), "is %s, which is none of the allowed words", quote(s))
	case r.url || r.origin:
		return s, checkURL(s, r.origin)
	case r.host:
		return s, checkHost(s)
	case r.percent:
		if _, ok := Share(s); !ok {
			return s, wrong("write a number from 0 to 100 and %, as in 50%", "is not a percentage: %s", quote(s))
		}
	}
	return s, nil
}

// readable is what is wrong with a string by itself.
func readable(s string, r rules) *problem {
	if strings.TrimSpace(s) == "" {
		return blank(r)
	}
	for _, c := range s {
		if unicode.IsControl(c) && c != '\t' && c != '\n' {
			return wrong("", "holds a control character (%U)", c)
		}
	}
	if count := utf8.RuneCountInString(s); r.max > 0 && count > r.max {
		return wrong("", "has %d characters, but at most %d are allowed", count, r.max)
	}
	return nil
}

func boolean(n *yaml.Node, _ rules) (bool, *problem) {
	switch {
	case n.ShortTag() == "!!bool" && (n.Value == "true" || n.Value == "false"):
		return n.Value == "true", nil
	case n.Value == "true" || n.Value == "false":
		return false, wrong("remove the quotes", "is %s, but must be true or false", kindOf(n))
	default:
		return false, wrong("write true or false, in lower case and without quotes", "is %s, but must be true or false", quote(n.Value))
	}
}

var (
	dateOnly   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	zoneless   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$`)
	rfc3339    = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$`)
	goDuration = regexp.MustCompile(`^(\d+(\.\d+)?(h|m|s|ms|us|µs|ns))+$`)
)

// instant reads RFC 3339 with a zone (AGS asks for one on every time). The zone
// that was written stays.
func instant(n *yaml.Node, _ rules) (time.Time, *problem) {
	const hint = "write date, time and zone, as in 2026-09-01T08:00:00Z or 2026-09-01T10:00:00+02:00"
	s := n.Value
	switch {
	case dateOnly.MatchString(s):
		return time.Time{}, wrong(hint, "is a date without a time and a zone")
	case zoneless.MatchString(s):
		return time.Time{}, wrong(hint, "is a time without a zone")
	case !rfc3339.MatchString(s):
		return time.Time{}, wrong(hint, "is not a time in the form of RFC 3339: %s", quote(s))
	}
	t, err := time.ParseInLocation(time.RFC3339Nano, s, time.UTC) // Parse would look at the machine's zone
	if err != nil {
		return time.Time{}, wrong(hint, "is a time that does not exist: %s", quote(s))
	}
	return t, nil
}

func duration(n *yaml.Node, r rules) (time.Duration, *problem) {
	const hint = "write a number and a unit (h, m, s, ms), as in 30s or 1m30s"
	if kindOf(n) == "a number" {
		return 0, wrong(hint, "is a number without a unit")
	}
	d, err := time.ParseDuration(n.Value)
	if err != nil || !goDuration.MatchString(n.Value) {
		return 0, wrong(hint, "is not a duration: %s", quote(n.Value))
	}
	if r.positive && d == 0 {
		return 0, wrong(hint, "must be more than 0")
	}
	return d, nil
}
