package spec

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/gradesync/gradesync/spec/sheet"
)

func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
func isLetter(r rune) bool { return unicode.IsLetter(r) }

// fill reads a cell that is not blank into a field of a score, by the rules of
// the field: those of YAML, but that a cell needs no quotes to be a string.
func (t *table) fill(o any, c sheet.Cell, col *column) {
	switch o := o.(type) {
	case *Opt[string]:
		fillCell(t, o, c, col, func(s string) (string, *problem) {
			return text(&yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Value: s}, col.rules)
		})
	case *Opt[float64]:
		fillCell(t, o, c, col, func(s string) (float64, *problem) { return t.points(s, col.rules) })
	case *Opt[bool]:
		fillCell(t, o, c, col, truth)
	case *Opt[time.Time]:
		fillCell(t, o, c, col, func(s string) (time.Time, *problem) { return instant(plain(s), rules{}) })
	}
}

func fillCell[T any](t *table, o *Opt[T], c sheet.Cell, col *column, parse func(string) (T, *problem)) {
	o.Pos = t.pos(c)
	var p *problem
	switch {
	case t.clear == "" || c.Text != t.clear:
		if o.Value, p = parse(c.Text); p == nil {
			o.State = Set
		}
		if _, points := any(o).(*Opt[float64]); points && p == nil {
			t.heed(c, col)
		}
	case col.rules.clear:
		o.State = Clear
	default:
		p = wrong("leave the cell blank, or write a value", "cannot be cleared")
	}
	if p != nil {
		message := p.message
		if !strings.HasPrefix(message, `"`) { // it goes on after a name
			message = "the cell " + message
		}
		t.errorAt(o.Pos, col, p.hint, "%s", message)
	}
}

func truth(s string) (bool, *problem) {
	switch strings.ToLower(s) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, wrong("write true or false", "%s is neither true nor false", quote(s))
}

var (
	commaNumber = regexp.MustCompile(`^(0|[1-9][0-9]*),([0-9]+)$`)
	percentage  = regexp.MustCompile(`^[-+]?[0-9][0-9.,]*\s*%$`)
	fraction    = regexp.MustCompile(`^[0-9][0-9.,]*\s*/\s*[0-9][0-9.,]*$`)
	thousands   = regexp.MustCompile(`^[-+]?[0-9]+([.,' \x{a0}\x{202f}’][0-9]+)+$`)
)

// points reads a number by YAML's rules. Where cells are not told apart by
// commas, one is taken for the decimal comma that it can only be.
func (t *table) points(s string, r rules) (float64, *problem) {
	f, p := decimalText(s)
	if p == noNumber && t.comma == ';' {
		if m := commaNumber.FindStringSubmatch(s); m != nil && (len(m[2]) != 3 || m[1] == "0") {
			f, p = decimalText(m[1] + "." + m[2])
		}
	}
	if p == nil && r.positive && f == 0 {
		p = wrong("", "must be more than 0")
	}
	if p == noNumber {
		p = t.noPoints(s)
	}
	return f, p
}

var threeDecimals = regexp.MustCompile(`^[1-9][0-9]{0,2}\.[0-9]{3}$`)

// heed remembers which marks the numbers of a sheet have: where some have a
// decimal comma, the point of 1.234 may well stand for thousands.
func (t *table) heed(c sheet.Cell, col *column) {
	switch {
	case t.comma != ';':
	case t.decimalComma == (Pos{}) && strings.Contains(c.Text, ","):
		t.decimalComma = t.pos(c)
	case len(c.Text) > 4 && threeDecimals.MatchString(c.Text):
		t.points3 = append(t.points3, pointed{t.pos(c), col, c.Text})
	}
}

// pointed is a number with a point in a cell.
type pointed struct {
	pos  Pos
	col  *column
	text string
}

// unmistakable reports the numbers that heed found to mean one of two.
func (t *table) unmistakable() {
	if t.decimalComma == (Pos{}) {
		return
	}
	for _, m := range t.points3 {
		none := quote(strings.Replace(m.text, ".", "", 1))
		t.errorAt(m.pos, m.col, "write "+quote(m.text+"0")+" or "+none, // four digits are no thousands
			"%s has a point, and other cells have a decimal comma, as that at %s: it can be %s", quote(m.text), t.decimalComma, none)
	}
}

// noNumber stands for what noPoints has words for.
var noNumber = wrong(numberHint, "is no number")

// decimalText reads a plain decimal number. The problem is noNumber for what is
// none to YAML either.
func decimalText(s string) (float64, *problem) {
	switch {
	case plainNumber(s):
		return rounded(s)
	case kindOf(plain(s)) == "a number":
		return number(plain(s), plainNumber)
	}
	return 0, noNumber
}

// rounded is the value of a plain decimal number, rounded to as many digits as
// can be kept: programs write a third of 100 as 33.333333333333336. A number of
// more digits before its point is none of points.
func rounded(s string) (float64, *problem) {
	if significant(s) <= keptDigits {
		return kept(s)
	}
	if whole, _, _ := strings.Cut(s, "."); len(whole) > keptDigits {
		return 0, wrong("points have at most 15 digits before the decimal point: is this the column of the points?", "has more digits than can be kept")
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < smallest {
		return 0, wrong("", "is a number too large or too small to be kept")
	}
	return kept(strconv.FormatFloat(f, 'g', keptDigits, 64))
}

// noPoints says what a cell looks like that is no number.
func (t *table) noPoints(s string) *problem {
	q := quote(s)
	switch m := commaNumber.FindStringSubmatch(s); {
	case m != nil && len(m[2]) == 3 && m[1] != "0":
		point, none := quote(m[1]+"."+m[2]), quote(m[1]+m[2]) // in quotes, for Public to find them
		return wrong("write "+quote(m[1]+"."+m[2]+"0")+" or "+none, "%s can be %s, or %s with a comma for thousands", q, point, none)
	case m != nil:
		return wrong("write "+quote(m[1]+"."+m[2]), "%s has a decimal comma", q)
	case percentage.MatchString(s):
		return wrong("write the points: 85% of 50 are 42.5", "%s is a percentage, and not a number of points", q)
	case fraction.MatchString(s):
		return wrong("write the points alone; of how many belongs to scoreMaximum", "%s is a fraction, and not a number of points", q)
	case strings.HasPrefix(s, "="):
		return wrong("save the sheet with values in place of formulas", "%s is a formula, and not its value", q)
	case strings.HasPrefix(s, "#"):
		return wrong("mend the formula in the spreadsheet, and save it again", "%s is what a spreadsheet shows for a mistake", q)
	case thousands.MatchString(s):
		return wrong(numberHint, "%s is no plain number", q)
	}
	hint := "leave the cell blank to leave the score alone; to clear one, give the document a word for it, as in clear: CLEAR"
	if t.clear != "" {
		hint = "leave the cell blank to leave the score alone, or write " + quote(t.clear) + " to clear it"
	}
	return wrong(hint, "%s is no number", q)
}
