package ltiaas

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/gradesync/gradesync/agsclient"
)

const (
	pageTries = 4
	htmlTries = 2                      // of a web page: mostly the URL is wrong
	pagePause = 250 * time.Millisecond // before the second try; doubled each time
)

// listing is what is to be read from its first page to its last.
type listing struct {
	op string
	place
	query    url.Values // of the first page
	member   string     // of a page that holds the array
	private  []string
	what     string // the elements are
	maxCount int    // of elements, in all pages
	maxBytes int64  // of all pages
}

// boundError says that an answer goes over a bound of Options.
type boundError struct{ text string }

func (e *boundError) Error() string { return e.text }

func tooMuch(err error) bool {
	var bound *boundError
	return errors.As(err, &bound) || agsclient.TooMuch(err)
}

// pages reads a listing, each page to its end before it is handed on. A next
// link is the LMS's, and is given back to LTIAAS as it is, alone: it holds what
// was asked for. An error is the last thing yielded and makes the rest a part at
// best.
func (c *client) pages(ctx context.Context, l listing) iter.Seq2[[]json.RawMessage, error] {
	return func(yield func([]json.RawMessage, error) bool) {
		late := &boundError{fmt.Sprintf("the listing takes longer than %s", c.bounds.MaxListingTime)}
		ctx, stop := context.WithTimeoutCause(ctx, c.bounds.MaxListingTime, late)
		defer stop()
		w := walk{listing: l, maxPages: c.bounds.MaxPages, links: map[string]bool{}, pages: map[[sha256.Size]byte]int{}}
		r := call{op: l.op, method: http.MethodGet, place: l.place, query: l.query, private: l.private}
		for {
			p, err := c.page(ctx, r, &w)
			if err == nil {
				err = w.take(p)
			}
			if err != nil && context.Cause(ctx) == late {
				err = late
			}
			var told *agsclient.Error
			if err != nil && !errors.As(err, &told) {
				told = c.failure(r, true, fmt.Errorf("page %d: %w", w.n+1, err))
				told.Status, err = http.StatusOK, told
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(p.elements, nil) || p.next == "" {
				return
			}
			r.query = url.Values{"url": {p.next}}
		}
	}
}

// walk is a listing that is being read.
type walk struct {
	listing
	maxPages int
	n, count int
	bytes    int64
	links    map[string]bool
	pages    map[[sha256.Size]byte]int
}

// take counts a page and refuses one that leads nowhere.
func (w *walk) take(p page) error {
	w.count += len(p.elements)
	w.bytes += p.bytes
	before := w.pages[p.sum]
	switch {
	case w.bytes > w.maxBytes:
		return &boundError{fmt.Sprintf("the listing is over %d bytes", w.maxBytes)}
	case before > 0 && len(p.elements) > 0:
		return fmt.Errorf("the same as page %d: the listing repeats itself", before)
	case w.links[p.next]:
		return errors.New("its next link leads back to a page already read: the listing is a loop")
	case p.next != "" && w.n+1 == w.maxPages:
		return &boundError{fmt.Sprintf("the listing has more than %d pages", w.maxPages)}
	}
	w.n++
	w.pages[p.sum] = w.n
	if p.next != "" {
		w.links[p.next] = true
	}
	return nil
}

// page is one page of a listing.
type page struct {
	elements []json.RawMessage
	next     string
	bytes    int64
	sum      [sha256.Size]byte // of the elements
}

// page asks for one page. One that came broken is asked for again: a listing of
// many would hardly ever be whole where each has to come well at the first try.
func (c *client) page(ctx context.Context, r call, w *walk) (page, error) {
	for try := 1; ; try++ {
		resp, err := c.do(ctx, r)
		if err != nil {
			return page{}, err
		}
		count := &counter{r: c.answer(ctx, resp.Body)}
		p, err := readPage(agsclient.Bounded(count, c.bounds.MaxBody, maxDepth, maxMembers), w.member, w.maxCount-w.count, w.what)
		finish(resp.Body)
		p.bytes = count.n
		if err == nil || try == pageTries || try == htmlTries && errors.Is(err, agsclient.ErrHTML) || tooMuch(err) || !sleep(ctx, pagePause<<(try-1)) {
			return p, err
		}
	}
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// readPage reads a page to its very end. It may have at most so many elements.
func readPage(r io.Reader, member string, most int, what string) (p page, err error) {
	br := bufio.NewReader(r)
	if start, _ := br.Peek(64); isHTML(start) { // an error comes again
		return p, agsclient.ErrHTML
	}
	dec := json.NewDecoder(br)
	sum := sha256.New()
	found := false
	err = object(dec, func(name string) error {
		switch {
		case name == member && !found:
			found = true
			return array(dec, func(raw json.RawMessage) error {
				if p.elements = append(p.elements, raw); len(p.elements) > most {
					return &boundError{"the listing has too many " + what}
				}
				sum.Write(raw)
				sum.Write([]byte{','})
				return nil
			})
		case name == "next":
			return dec.Decode(&p.next)
		}
		var other json.RawMessage
		return dec.Decode(&other)
	})
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		err = fmt.Errorf("the JSON ends too early: %w", io.ErrUnexpectedEOF)
	case err == nil && !found:
		err = fmt.Errorf("the JSON object has no member %q", member)
	case err == nil:
		if _, end := dec.Token(); end != io.EOF {
			err = errors.New("something follows the JSON")
		}
	}
	sum.Sum(p.sum[:0])
	return p, err
}

// object reads a JSON object and lets each read the value behind each name.
func object(dec *json.Decoder, each func(name string) error) error {
	t, err := dec.Token()
	if err == nil && t != json.Delim('{') {
		err = errors.New("expected a JSON object")
	}
	for err == nil && dec.More() {
		var name json.Token
		if name, err = dec.Token(); err == nil {
			err = each(name.(string)) // the decoder takes nothing else there
		}
	}
	if err == nil {
		_, err = dec.Token()
	}
	return err
}

// array hands on the elements of an array. A null counts as an empty one: it is
// how some servers write it.
func array(dec *json.Decoder, each func(json.RawMessage) error) error {
	t, err := dec.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('[') {
		return errors.New("expected a JSON array")
	}
	for err == nil && dec.More() {
		var raw json.RawMessage
		if err = dec.Decode(&raw); err == nil {
			err = each(raw)
		}
	}
	if err == nil {
		_, err = dec.Token()
	}
	return err
}
