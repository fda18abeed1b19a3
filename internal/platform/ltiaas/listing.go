package ltiaas

import (
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

// boundError says that an answer goes over a bound.
type boundError struct{ text string }

func (e *boundError) Error() string { return e.text }

func tooMuch(err error) bool {
	var bound *boundError
	return errors.As(err, &bound) || agsclient.TooMuch(err)
}

// badElement is an element that came well and says what cannot be: it would come
// again.
type badElement struct{ error }

func (e *badElement) Unwrap() error { return e.error }

func malformed(err error) bool {
	var bad *badElement
	return errors.As(err, &bad)
}

// decoder makes an element of a listing of its JSON, and tells what it takes in
// memory.
type decoder[T any] func(json.RawMessage) (element T, cost int, err error)

// pages reads a listing, each page to its end before it is handed on. A next
// link is the LMS's, and is given back to LTIAAS as it is, alone: it holds what
// was asked for. An error is the last thing yielded and makes the rest a part at
// best.
func pages[T any](ctx context.Context, c *client, l listing, decode decoder[T]) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		late := &boundError{fmt.Sprintf("the listing takes longer than %s", c.bounds.MaxListingTime)}
		ctx, stop := context.WithTimeoutCause(ctx, c.bounds.MaxListingTime, late)
		defer stop()
		taken := c.bounds.Account.Tally(c.base + l.path)
		useful := false
		defer func() { taken.End(useful) }()
		w := walk[T]{
			listing: l, decode: decode, maxPages: c.bounds.MaxPages, taken: taken,
			links: map[[sha256.Size]byte]bool{}, pages: map[[sha256.Size]byte]int{},
		}
		r := call{op: l.op, method: http.MethodGet, place: l.place, query: l.query, private: l.private}
		for {
			p, err := w.page(ctx, c, r)
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
				useful = true
				return
			}
			r.query = url.Values{"url": {p.next}}
		}
	}
}

// walk is a listing that is being read.
type walk[T any] struct {
	listing
	decode   decoder[T]
	maxPages int
	n, count int
	bytes    int64
	taken    *agsclient.Tally
	links    map[[sha256.Size]byte]bool // by hash: links may be long
	pages    map[[sha256.Size]byte]int
}

// take counts a page and refuses one that leads nowhere.
func (w *walk[T]) take(p page[T]) error {
	w.count += len(p.elements)
	w.bytes += p.bytes
	before, link := w.pages[p.sum], sha256.Sum256([]byte(p.next))
	switch {
	case w.bytes > w.maxBytes:
		return &boundError{fmt.Sprintf("the listing is over %d bytes", w.maxBytes)}
	case before > 0 && len(p.elements) > 0:
		return fmt.Errorf("the same as page %d: the listing repeats itself", before)
	case w.links[link]:
		return errors.New("its next link leads back to a page already read: the listing is a loop")
	case p.next != "" && w.n+1 == w.maxPages:
		return &boundError{fmt.Sprintf("the listing has more than %d pages", w.maxPages)}
	}
	w.n++
	w.pages[p.sum] = w.n
	if p.next != "" {
		w.links[link] = true
	}
	return nil
}

// page is one page of a listing.
type page[T any] struct {
	elements []T
	cost     int // of the elements
	next     string
	bytes    int64
	sum      [sha256.Size]byte // of the elements
}

// page asks for one page. One that came broken is asked for again: a listing of
// many would hardly ever be whole where each has to come well at the first try.
func (w *walk[T]) page(ctx context.Context, c *client, r call) (page[T], error) {
	sending := ctx
	for try := 1; ; try++ {
		resp, err := c.do(sending, r)
		if err != nil {
			return page[T]{}, err
		}
		count := &counter{r: c.secrets(r).Body(ctx, resp.Body)}
		p, err := w.read(agsclient.Bounded(count, c.bounds.MaxBody, maxDepth, maxMembers))
		finish(resp.Body)
		p.bytes = count.n
		if err == nil {
			return p, nil
		}
		_ = w.taken.Add(-p.cost) // of less there is never too much
		if try == pageTries || try == htmlTries && errors.Is(err, agsclient.ErrHTML) || tooMuch(err) || malformed(err) || !sleep(ctx, pagePause<<(try-1)) {
			return page[T]{}, err
		}
		sending = agsclient.WithRepeat(ctx, true)
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

// read reads a page to its very end, an element at a time. What is too much is
// refused before it is kept.
func (w *walk[T]) read(r io.Reader) (p page[T], err error) {
	sum := sha256.New()
	linked := false
	err = agsclient.Elements(r, w.member, func(raw json.RawMessage) error {
		if w.count+len(p.elements) == w.maxCount {
			return &boundError{"the listing has too many " + w.what}
		}
		v, cost, err := w.decode(raw)
		if err != nil {
			return &badElement{err}
		}
		if err := w.taken.Add(cost); err != nil {
			return err
		}
		p.cost += cost
		p.elements = append(p.elements, v)
		sum.Write(raw)
		sum.Write([]byte{','})
		return nil
	}, func(name string, value json.RawMessage) error {
		switch {
		case name != "next":
			return nil
		case linked: // one of the two would be lost, and what it leads to
			return &badElement{errors.New("the page has two next links")}
		}
		linked = true
		if err := json.Unmarshal(value, &p.next); err != nil {
			return fmt.Errorf("its next link cannot be read: %w", err)
		}
		if len(p.next) > maxNext {
			return &boundError{fmt.Sprintf("its next link has %d bytes, which no server takes", len(p.next))}
		}
		return nil
	})
	sum.Sum(p.sum[:0])
	return p, err
}
