package spec

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// keptDigits are the significant digits that a float64 always gives back as
// they were written.
const keptDigits = 15

var jsonNumber = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// plainNumber tells of digits without a zero in front that could mean another
// base, with at most one decimal point between them. A regular expression takes
// longer than all else that is done with a cell.
func plainNumber(s string) bool {
	whole, part, point := strings.Cut(s, ".")
	return digits(whole) && (whole == "0" || whole[0] != '0') && (!point || digits(part))
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// smallest is a number below which digits are lost.
const smallest = 0x1p-1022

const numberHint = "write digits with at most one decimal point, as in 92.5"

// decimal reads points from the text itself: YAML takes 010 for eight and 1_000
// for a thousand.
func decimal(n *yaml.Node, r rules) (float64, *problem) {
	f, p := number(n, plainNumber)
	if p == nil && r.positive && f == 0 {
		p = wrong("", "must be more than 0")
	}
	return f, p
}

// Share is the fraction that a percentage such as 50% stands for.
func Share(percent string) (float64, bool) {
	digits, ok := strings.CutSuffix(percent, "%")
	if !ok || !plainNumber(digits) {
		return 0, false
	}
	f, err := strconv.ParseFloat(digits, 64)
	return f / 100, err == nil && f <= 100
}

// whole reads a count.
func whole(n *yaml.Node, r rules) (int, *problem) {
	f, p := decimal(n, r)
	switch {
	case p != nil:
		return 0, p
	case f != math.Trunc(f):
		return 0, wrong("", "must be a whole number")
	case f > math.MaxInt32:
		return 0, wrong("", "is too large")
	}
	return int(f), nil
}

// number reads what the grammar allows.
func number(n *yaml.Node, grammar func(string) bool) (float64, *problem) {
	s := n.Value
	if kindOf(n) != "a number" {
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && jsonNumber.MatchString(s) {
			return 0, wrong("remove the quotes", "is a string, but must be a number")
		}
		return 0, wrong(numberHint, "is %s, but must be a number", kindOf(n))
	}
	if !grammar(s) {
		return 0, wrong(numberHint, "is not a plain decimal number: %s %s", quote(s), unplain(s))
	}
	return kept(s)
}

// kept is the value of a number that the grammar allows, if all of it can be kept.
func kept(s string) (float64, *problem) {
	if significant(s) > keptDigits {
		return 0, wrong("at most 15 digits count; write it in quotes if it is an id",
			"has more digits than can be kept")
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.Abs(f) < smallest && significant(s) > 0 {
		return 0, wrong("", "is a number too large or too small to be kept")
	}
	return f, nil
}

// significant counts a number's digits without the zeros that only shift it.
func significant(s string) (n int) {
	zeros := 0 // since the last other digit
	for i := range len(s) {
		switch c := s[i]; {
		case c == 'e' || c == 'E':
			return n
		case c == '0':
			zeros++
		case '1' <= c && c <= '9':
			if n > 0 {
				n += zeros
			}
			n, zeros = n+1, 0
		}
	}
	return n
}

// unplain says why a number in YAML's sense is not a plain one.
func unplain(s string) string {
	lower := strings.ToLower(s)
	switch {
	case strings.Contains(lower, "inf"), strings.Contains(lower, "nan"):
		return "is not finite"
	case strings.HasPrefix(s, "-"), strings.HasPrefix(s, "+"):
		return "has a sign"
	case strings.Contains(s, "_"):
		return "has an underscore"
	case strings.HasPrefix(lower, "0x"), strings.HasPrefix(lower, "0o"), strings.HasPrefix(lower, "0b"):
		return "is not written in base ten"
	case strings.HasPrefix(s, "."), strings.HasSuffix(s, "."):
		return "has no digit on one side of its point"
	case strings.Contains(lower, "e"):
		return "has an exponent"
	default:
		return "has a leading zero"
	}
}
