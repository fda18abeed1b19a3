package agsclient

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// bounded guards an answer's body: its size and the nesting of its JSON.
func (c *Client) bounded(r io.Reader) io.Reader {
	return &depthReader{r: &sizeReader{r: r, left: c.opts.MaxBody, max: c.opts.MaxBody}, max: c.opts.MaxDepth}
}

// sizeReader fails on the byte after the last one allowed.
type sizeReader struct {
	r         io.Reader
	left, max int64
}

func (s *sizeReader) Read(p []byte) (int, error) {
	if int64(len(p)) > s.left+1 {
		p = p[:s.left+1]
	}
	n, err := s.r.Read(p)
	if int64(n) > s.left {
		n = int(s.left)
		err = fmt.Errorf("the answer is over %s", size(s.max))
	}
	s.left -= int64(n)
	return n, err
}

func size(n int64) string {
	if n > 0 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// depthReader counts brackets outside of strings, so that deep nesting is refused
// while it streams by and before anything recurses into it.
type depthReader struct {
	r                io.Reader
	depth, max       int
	inString, escape bool
}

func (d *depthReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i, b := range p[:n] {
		switch {
		case d.escape:
			d.escape = false
		case d.inString:
			d.escape = b == '\\'
			d.inString = b != '"'
		case b == '"':
			d.inString = true
		case b == '[' || b == '{':
			if d.depth++; d.depth > d.max {
				return i, fmt.Errorf("the JSON is nested deeper than %d levels", d.max)
			}
		case b == ']' || b == '}':
			d.depth--
		}
	}
	return n, err
}

// jsonBody skips what may stand before JSON and refuses a web page. The content
// type alone proves nothing: JSON is often labelled text/html.
func jsonBody(r io.Reader, h http.Header) (*bufio.Reader, error) {
	br := bufio.NewReader(r)
	if p, _ := br.Peek(3); bytes.Equal(p, []byte("\xef\xbb\xbf")) {
		br.Discard(3) // just peeked
	}
	for {
		p, err := br.Peek(1)
		if err == io.EOF {
			return nil, errors.New("the answer is empty where JSON was expected")
		}
		if err != nil {
			return nil, err
		}
		switch p[0] {
		case ' ', '\t', '\r', '\n':
			br.Discard(1) // just peeked
			continue
		case '<':
			return nil, ErrHTML
		case '[', '{', 'n':
			return br, nil
		}
		if strings.Contains(strings.ToLower(h.Get("Content-Type")), "html") {
			return nil, ErrHTML
		}
		return br, nil
	}
}

// elements hands on each element of a JSON array, as it streams in. The array is
// the whole text, or, if member is not "", that member of an object. A null
// counts as an empty array: it is how some servers write one. n is the number of
// elements read in full.
func elements(r io.Reader, member string, each func(json.RawMessage) error) (n int, err error) {
	dec := json.NewDecoder(r)
	if member == "" {
		n, err = array(dec, "a JSON array", each)
	} else {
		n, err = arrayIn(dec, member, each)
	}
	if err != nil {
		return n, err
	}
	if _, err := dec.Token(); err == nil {
		return n, errors.New("something follows the JSON")
	} else if err != io.EOF {
		return n, fmt.Errorf("after the JSON: %w", err)
	}
	return n, nil
}

func arrayIn(dec *json.Decoder, member string, each func(json.RawMessage) error) (n int, err error) {
	tok, err := dec.Token()
	if err != nil {
		return 0, early(err)
	}
	if tok != json.Delim('{') {
		return 0, fmt.Errorf("expected a JSON object, found %s", tokenKind(tok))
	}
	found := false
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return n, early(err)
		}
		if name != member || found {
			var skipped json.RawMessage
			if err := dec.Decode(&skipped); err != nil {
				return n, fmt.Errorf("member %q: %w", name, early(err))
			}
			continue
		}
		found = true
		if n, err = array(dec, fmt.Sprintf("an array as %q", member), each); err != nil {
			return n, err
		}
	}
	if _, err := dec.Token(); err != nil { // the brace
		return n, early(err)
	}
	if !found {
		return n, fmt.Errorf("the JSON object has no member %q", member)
	}
	return n, nil
}

func array(dec *json.Decoder, what string, each func(json.RawMessage) error) (n int, err error) {
	tok, err := dec.Token()
	switch {
	case err != nil:
		return 0, early(err)
	case tok == nil:
		return 0, nil
	case tok != json.Delim('['):
		return 0, fmt.Errorf("expected %s, found %s", what, tokenKind(tok))
	}
	for dec.More() {
		var raw json.RawMessage
		err := dec.Decode(&raw)
		if err == nil {
			err = each(raw)
		}
		if err != nil {
			return n, fmt.Errorf("element %d: %w", n+1, early(err))
		}
		n++
	}
	if _, err := dec.Token(); err != nil { // the bracket
		return n, fmt.Errorf("after element %d: %w", n, early(err))
	}
	return n, nil
}

func tokenKind(tok json.Token) string {
	switch t := tok.(type) {
	case json.Delim:
		return kind([]byte{byte(t)})
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case nil:
		return "null"
	}
	return "a number"
}

// early names a text that stops too soon for what it is.
func early(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the JSON ends too early: %w", io.ErrUnexpectedEOF)
	}
	return err
}
