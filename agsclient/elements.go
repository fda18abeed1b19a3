package agsclient

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// elements hands on each element of a JSON array, as it streams in. The array is
// the whole text, or, if member is not "", that member of an object. A null
// counts as an empty array: it is how some servers write one. n is the number of
// elements handed on without an error. An element is JSON, is good until each
// returns, and is at most max bytes long.
func elements(br *bufio.Reader, max int64, member string, each func(json.RawMessage) error) (n int, err error) {
	j := &jsonReader{br: br, max: max}
	if member == "" {
		n, err = j.array("a JSON array", each)
	} else {
		n, err = j.arrayIn(member, each, nil)
	}
	if err == nil {
		err = j.end()
	}
	return n, err
}

// MaxElement is how many bytes of JSON [Elements] takes for one value.
const MaxElement = 1 << 20

// Elements hands on each element of the array that a JSON object has as a member,
// as it streams in, and each other member of the object, which nobody may want
// (nil). No more than one value is held at a time, and what is handed on is good
// until the function returns. An object that has the array twice, or not at all,
// is an error.
//
// What came may be broken, or be whole and not what was asked for: [Misshapen]
// tells the two apart.
func Elements(body io.Reader, member string, each func(json.RawMessage) error, other func(name string, value json.RawMessage) error) error {
	br, err := jsonBody(body, nil)
	if err != nil {
		return err
	}
	j := &jsonReader{br: br, max: MaxElement}
	_, err = j.arrayIn(member, each, other)
	if err == nil {
		err = j.end()
	}
	return err
}

// Misshapen tells of an answer of JSON that it is not what was asked for: a list
// for an object, say. Asking again would hardly help; it may where JSON broke off.
func Misshapen(err error) bool {
	_, ok := errors.AsType[*shapeError](err)
	return ok
}

// shapeError marks what [Misshapen] tells.
type shapeError struct{ text string }

func (e *shapeError) Error() string { return e.text }

func misshapen(format string, args ...any) error { return &shapeError{fmt.Sprintf(format, args...)} }

// end makes sure that nothing follows.
func (j *jsonReader) end() error {
	switch _, err := j.peek(); err {
	case nil:
		return errors.New("something follows the JSON")
	case io.EOF:
		return nil
	default:
		return fmt.Errorf("after the JSON: %w", err)
	}
}

// jsonReader takes JSON apart as it streams in. It holds one value at a time.
type jsonReader struct {
	br  *bufio.Reader
	max int64 // bytes of a value
	buf []byte
}

// peek gives the next byte that is no white space, and leaves it there.
func (j *jsonReader) peek() (byte, error) {
	for {
		p, err := j.br.Peek(1)
		if err != nil {
			return 0, err
		}
		if !isSpace(p[0]) {
			return p[0], nil
		}
		j.br.Discard(1) // just peeked
	}
}

// after passes the next byte, which must be one of two.
func (j *jsonReader) after(what string, a, b byte) (byte, error) {
	c, err := j.peek()
	if err != nil {
		return 0, early(err)
	}
	if c != a && c != b {
		return 0, fmt.Errorf("invalid character %q after %s", rune(c), what)
	}
	j.br.Discard(1) // just peeked
	return c, nil
}

// value reads one value. It is good until the next one is read.
func (j *jsonReader) value() (json.RawMessage, error) {
	first, err := j.peek()
	if err != nil {
		return nil, early(err)
	}
	j.buf = j.buf[:0]
	for s := (span{}); ; {
		if _, err := j.br.Peek(1); err == io.EOF && s.scalar {
			return j.buf, nil
		} else if err != nil {
			return nil, early(err)
		}
		chunk, _ := j.br.Peek(j.br.Buffered()) // all there
		n, whole := s.scan(chunk)
		if int64(len(j.buf)+n) > j.max {
			return nil, tooMuch("it is over %s", size(j.max))
		}
		j.buf = append(j.buf, chunk[:n]...)
		j.br.Discard(n) // just peeked
		if whole && len(j.buf) == 0 {
			return nil, fmt.Errorf("invalid character %q where a value must stand", rune(first))
		}
		if whole {
			return j.buf, nil
		}
	}
}

// arrayIn hands on the elements of a member, and the object's other members; a
// nil other leaves them alone.
func (j *jsonReader) arrayIn(member string, each func(json.RawMessage) error, other func(string, json.RawMessage) error) (n int, err error) {
	c, err := j.peek()
	if err != nil {
		return 0, early(err)
	}
	if c != '{' {
		return 0, misshapen("expected a JSON object, found %s", kind([]byte{c}))
	}
	j.br.Discard(1) // just peeked
	if c, err = j.peek(); err != nil {
		return 0, early(err)
	}
	if c == '}' {
		return 0, missing(member)
	}
	found := false
	for c != '}' {
		key, err := j.value()
		if err != nil {
			return n, err
		}
		var name string
		if err := json.Unmarshal(key, &name); err != nil || key[0] != '"' {
			return n, errors.New("a member's name is not a string")
		}
		if _, err := j.after("a member's name", ':', ':'); err != nil {
			return n, err
		}
		switch {
		case name == member && found: // one of the two would be lost
			err = misshapen("the JSON object has two members %q", member)
		case name == member:
			found = true
			n, err = j.array(fmt.Sprintf("an array as %q", member), each)
		default:
			err = j.handOn(name, other)
		}
		if err != nil {
			return n, err
		}
		if c, err = j.after("a member", ',', '}'); err != nil {
			return n, err
		}
	}
	if !found {
		return n, missing(member)
	}
	return n, nil
}

func missing(member string) error { return misshapen("the JSON object has no member %q", member) }

// skip reads a value that nobody wants, which must be JSON all the same.
func (j *jsonReader) skip() error { return j.handOn("", nil) }

// handOn reads a member's value and hands it on, if somebody wants it.
func (j *jsonReader) handOn(name string, other func(string, json.RawMessage) error) error {
	raw, err := j.value()
	if err == nil {
		err = valid(raw)
	}
	if err == nil && other != nil {
		err = other(name, raw)
	}
	return err
}

func (j *jsonReader) array(what string, each func(json.RawMessage) error) (n int, err error) {
	c, err := j.peek()
	if err != nil {
		return 0, early(err)
	}
	if c == 'n' {
		return 0, j.skip()
	}
	if c != '[' {
		return 0, misshapen("expected %s, found %s", what, kind([]byte{c}))
	}
	j.br.Discard(1) // just peeked
	if c, err = j.peek(); err != nil {
		return 0, early(err)
	}
	if c == ']' {
		j.br.Discard(1) // just peeked
		return 0, nil
	}
	for {
		raw, err := j.value()
		if err == nil {
			err = valid(raw)
		}
		if err == nil {
			err = each(raw)
		}
		if err != nil {
			return n, fmt.Errorf("element %d: %w", n+1, err)
		}
		n++
		if c, err = j.after("an element", ',', ']'); err != nil {
			return n, fmt.Errorf("after element %d: %w", n, err)
		}
		if c == ']' {
			return n, nil
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// span finds where a JSON value ends. Of what is not JSON it finds some end.
type span struct {
	depth            int
	inString, escape bool
	scalar           bool // a number or a word: it ends before what follows
}

// scan goes on with the next bytes and gives how many of them belong to the
// value, and whether it ends there.
func (s *span) scan(p []byte) (n int, whole bool) {
	for i := 0; i < len(p); i++ {
		if s.inString {
			if s.escape {
				s.escape = false
				continue
			}
			for i < len(p) && p[i] != '"' && p[i] != '\\' { // most of all bytes
				i++
			}
			if i == len(p) {
				return len(p), false
			}
			s.escape = p[i] == '\\'
			s.inString = s.escape
			if !s.inString && s.depth == 0 {
				return i + 1, true
			}
			continue
		}
		switch c := p[i]; c {
		case '"', '{', '[':
			if s.scalar && s.depth == 0 {
				return i, true
			}
			if s.inString = c == '"'; !s.inString {
				s.depth++
			}
		case '}', ']':
			if s.depth == 0 {
				return i, true
			}
			if s.depth--; s.depth == 0 {
				return i + 1, true
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if s.depth == 0 {
				return i, true
			}
		default:
			s.scalar = s.scalar || s.depth == 0
		}
	}
	return len(p), false
}

// valid is the error of what is not JSON.
func valid(raw []byte) error {
	if json.Valid(raw) {
		return nil
	}
	var v json.RawMessage
	return json.Unmarshal(raw, &v)
}

// early names a text that stops too soon for what it is.
func early(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the JSON ends too early: %w", io.ErrUnexpectedEOF)
	}
	return err
}
