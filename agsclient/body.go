package agsclient

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// bounded guards an answer's body: its size, and the shape of its JSON. If the
// answer is a page of a listing, total guards the size of all its pages.
func (c *Client) bounded(r io.Reader, total *sizeReader) io.Reader {
	r = &sizeReader{r: r, what: "the answer", left: c.opts.MaxBody, max: c.opts.MaxBody}
	if total != nil {
		total.r = r
		r = total
	}
	return &shapeReader{r: r, maxDepth: c.opts.MaxDepth, maxMembers: c.opts.MaxMembers}
}

// Bounded reads a JSON body of at most so many bytes, so deep, and with so many
// members in one object. What goes over is an error that [TooMuch] tells.
func Bounded(body io.Reader, most int64, depth, members int) io.Reader {
	size := &sizeReader{r: body, what: "the answer", left: most, max: most}
	return &shapeReader{r: size, maxDepth: depth, maxMembers: members}
}

// sizeReader fails on the byte after the last one allowed.
type sizeReader struct {
	r         io.Reader
	what      string
	left, max int64
}

func (s *sizeReader) Read(p []byte) (int, error) {
	if int64(len(p)) > s.left+1 {
		p = p[:s.left+1]
	}
	n, err := s.r.Read(p)
	if int64(n) > s.left {
		n = int(s.left)
		err = tooMuch("%s is over %s", s.what, size(s.max))
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

// shapeReader counts brackets and colons outside of strings, so that deep nesting
// and huge objects are refused while they stream by and before anything is made
// of them.
type shapeReader struct {
	r                    io.Reader
	maxDepth, maxMembers int
	open                 []int // the members so far of each value that is open
	inString, escape     bool
}

func (s *shapeReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for i := 0; i < n; i++ {
		if s.inString {
			if s.escape {
				s.escape = false
				continue
			}
			for i < n && p[i] != '"' && p[i] != '\\' { // most of all bytes
				i++
			}
			if i < n {
				s.escape = p[i] == '\\'
				s.inString = s.escape
			}
			continue
		}
		switch b := p[i]; {
		case b == '"':
			s.inString = true
		case b == '[' || b == '{':
			if len(s.open) == s.maxDepth {
				return i, tooMuch("the JSON is nested deeper than %d levels", s.maxDepth)
			}
			s.open = append(s.open, 0)
		case len(s.open) == 0:
		case b == ']' || b == '}':
			s.open = s.open[:len(s.open)-1]
		case b == ':':
			if s.open[len(s.open)-1]++; s.open[len(s.open)-1] > s.maxMembers {
				return i, tooMuch("a JSON object has more than %d members", s.maxMembers)
			}
		}
	}
	return n, err
}

// jsonBody skips what may stand before JSON and refuses a web page. The content
// type alone proves nothing: JSON is often labelled text/html.
func jsonBody(r io.Reader, h http.Header) (*bufio.Reader, error) {
	br := bufio.NewReaderSize(r, 8<<10)
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
