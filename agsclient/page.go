package agsclient

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"time"
)

const (
	pageTries = 4
	// spareTries is how many pages of a listing may come broken in all, and each
	// pagesForTry that came well make it one more: else every page might cost three
	// tries and their pauses.
	spareTries  = 10
	pagesForTry = 10
	htmlTries   = 3                      // of a web page: mostly the URL is wrong
	pagePause   = 250 * time.Millisecond // before the second try; doubled each time
	// maxHeld is how many bytes, and maxHeldElements how many elements, of a page
	// are kept back until its end is read. Of a larger one the elements are handed
	// on as they come.
	maxHeld         = 4 << 20
	maxHeldElements = 10_000
)

// page asks for one page and reads it to its very end. It gives the number of
// its elements and the hash of its bytes. One that came broken is asked for
// again, at the cost of spare: a listing of many pages would hardly ever be whole
// where each has to come well at the first try. Without an answer resp is nil.
func (c *Client) page(ctx context.Context, r call, member string, total *sizeReader, spare *int, each func(json.RawMessage) error) (resp *http.Response, n int, sum [sha256.Size]byte, err error) {
	sending := ctx
	for try := 1; ; try++ {
		resp, err = c.do(sending, r)
		if err != nil {
			return nil, 0, sum, err
		}
		held := &holder{each: each}
		n, sum, err = c.whole(resp, member, total, held)
		if err == nil {
			return resp, n, sum, held.handOn()
		}
		if try == pageTries || try == htmlTries && errors.Is(err, ErrHTML) || held.given || errors.Is(err, errEnough) || TooMuch(err) {
			return resp, n, sum, err
		}
		if *spare == 0 {
			return resp, n, sum, tooMuch("%w, and the listing came broken too often before", err)
		}
		if *spare--; !sleep(ctx, pagePause<<(try-1)) {
			return resp, n, sum, err
		}
		sending = WithRepeat(ctx, true)
	}
}

// pages are buffers of what was read of pages; elements are copied out of them.
var pages = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// whole reads the body of a page. Unless it is large, the connection is free before
// the page is looked through.
func (c *Client) whole(resp *http.Response, member string, total *sizeReader, held *holder) (int, [sha256.Size]byte, error) {
	hash := sha256.New()
	var sum [sha256.Size]byte
	body := io.TeeReader(c.bounded(resp.Body, total), hash)
	begin := pages.Get().(*bytes.Buffer)
	defer pages.Put(begin)
	begin.Reset()
	if _, err := begin.ReadFrom(io.LimitReader(body, maxHeld)); err != nil || begin.Len() < maxHeld {
		drain(resp.Body)
		runtime.Gosched() // the next request goes out before this page is looked through
		body = failing{err}
	} else {
		defer drain(resp.Body)
	}
	held.text = make([]byte, 0, begin.Len())
	br, err := jsonBody(io.MultiReader(begin, body), resp.Header)
	if err != nil {
		return 0, sum, err
	}
	n, err := elements(br, c.opts.MaxElement, member, held.take)
	hash.Sum(sum[:0])
	return n, sum, err
}

// failing is what a body ends with; nil is its end.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// holder keeps elements back until their page is known to be whole, or too
// large to be kept.
type holder struct {
	each  func(json.RawMessage) error
	text  []byte // of all that are kept, one after the other
	ends  []int  // where each ends
	given bool   // some have been handed on
}

func (h *holder) take(raw json.RawMessage) error {
	if h.given {
		return h.each(raw)
	}
	h.text = append(h.text, raw...)
	h.ends = append(h.ends, len(h.text))
	if len(h.text) > maxHeld || len(h.ends) > maxHeldElements {
		return h.handOn()
	}
	return nil
}

func (h *holder) handOn() error {
	h.given = true
	from := 0
	for i, end := range h.ends {
		if err := h.each(h.text[from:end]); err != nil {
			return fmt.Errorf("element %d: %w", i+1, err)
		}
		from = end
	}
	h.text, h.ends = nil, nil
	return nil
}
