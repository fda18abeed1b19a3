package spec

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
)

// maxHeight is how many levels an extension may have within a line item.
const maxHeight = maxDepth - 4

var errTooDeep = errors.New("nested too deep")

// unfit is a value that Read would refuse.
type unfit struct{ *problem }

func (u *unfit) Error() string { return u.message }

// optional writes a value that may be left out or null, if it can be read again.
func optional[T any](o Opt[T], r rules, write func(T) *yaml.Node, read func(*yaml.Node, rules) (T, *problem)) (*yaml.Node, error) {
	if o.State == Unmanaged {
		return nil, nil
	}
	var p *problem
	n := plain("null")
	if o.State == Set {
		n = write(o.Value)
		if n == nil {
			p = wrong("", "is no number that a document can hold")
		} else {
			_, p = read(n, r)
		}
	} else if !r.clear {
		p = blank(r)
	}
	if p != nil {
		return nil, &unfit{p}
	}
	return n, nil
}

// plain is a scalar as it stands.
func plain(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

// word is a string: plain where every reader of YAML takes it for the same
// string, else in double quotes, the only style that can hold them all.
func word(s string) *yaml.Node {
	s = strings.ToValidUTF8(s, "\ufffd")
	n := plain(s)
	if !plainWord(s) {
		n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	}
	return n
}

// otherTypes are words that YAML 1.1 takes for a truth value or for nothing.
var otherTypes = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)

func plainWord(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	runes := []rune(s)
	if first := runes[0]; !unicode.IsLetter(first) && !strings.ContainsRune("_/", first) {
		return false
	}
	if last := runes[len(runes)-1]; last == ' ' || last == ':' {
		return false
	}
	for i, r := range runes {
		switch {
		case !shows(r):
			return false
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.In(r, unicode.Mn, unicode.So), strings.ContainsRune("_-./@%+=~()&'!;$^", r):
		case r == ':' && runes[i+1] != ' ':
		case r == ' ' && runes[i+1] != ' ':
		default:
			return false
		}
	}
	return !otherTypes.MatchString(s) && plain(s).ShortTag() == "!!str"
}

// shows tells whether a rune shows as itself and does nothing else. There are
// letters and signs that show as nothing.
func shows(r rune) bool {
	return unicode.IsPrint(r) && !strings.ContainsRune("\u115f\u1160\u2800\u3164\uffa0", r) &&
		!unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// numeral is the shortest decimal that reads back as f, of no more digits than
// a document may have; with exponent where that is allowed and much shorter. It
// is nil for what is no number.
func numeral(f float64, exponent bool) *yaml.Node {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil
	}
	if math.Abs(f) < smallest {
		f = 0 // and not -0
	}
	if significant(strconv.FormatFloat(f, 'e', -1, 64)) > keptDigits {
		rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', keptDigits-1, 64), 64)
		if err != nil { // it was the very largest
			rounded = math.Copysign(1.79769313486231e308, f)
		}
		f = rounded
	}
	if size := math.Abs(f); exponent && f != 0 && (size < 1e-6 || size >= 1e21) {
		return plain(strconv.FormatFloat(f, 'e', -1, 64))
	}
	return plain(strconv.FormatFloat(f, 'f', -1, 64))
}

// stamp is a time in the zone that it has, if RFC 3339 can name that.
func stamp(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 || max(offset, -offset) >= 24*3600 {
		t = t.UTC()
	}
	return t.Format(time.RFC3339Nano)
}

// short is a duration without units that are 0.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// extensionNode writes a value of at most so many levels.
func extensionNode(value any, height int) (*yaml.Node, error) {
	if height < 0 {
		return nil, errTooDeep
	}
	switch x := value.(type) {
	case nil:
		return plain("null"), nil
	case string:
		return word(x), nil
	case bool:
		return plain(fmt.Sprint(x)), nil
	case float64:
		if n := numeral(x, true); n != nil {
			return n, nil
		}
		return nil, fmt.Errorf("%v is no number that a document can hold", x)
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, one := range x {
			child, err := extensionNode(one, height-1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		return n, nil
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, key := range sortedKeys(x) {
			child, err := extensionNode(x[key], height-1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, word(key), child)
		}
		return n, nil
	default:
		return nil, fmt.Errorf("an extension cannot hold a %T", value)
	}
}

func sortedMapKeys(v reflect.Value) []string {
	keys := make([]string, 0, v.Len())
	for _, k := range v.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	return keys
}
