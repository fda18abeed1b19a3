package agsclient

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
)

// listing is a container to be read from its first page to its last.
type listing struct {
	op, url, accept string
	member          string // of the page that holds the array; "" if the page is the array
	private         []string
	what            string // the elements are
	maxCount        int    // of elements, in all pages
	maxBytes        int64  // of all pages, decompressed
}

// walked is what a listing looked like when it was read to its end.
type walked struct{ pages, last int } // last: elements on the last page

// errEnough is how a consumer stops a walk.
var errEnough = errors.New("enough")

// walk reads every page and hands on each element as it streams in. Next links
// are followed as they are, no filter is applied again (AGS 2.0 section 3.2.8).
// An error makes what was handed on before it a part at best.
func (c *Client) walk(ctx context.Context, l listing, each func(json.RawMessage) error) (walked, error) {
	late := tooMuch("the listing takes longer than %s", c.opts.MaxListingTime)
	ctx, stop := context.WithTimeoutCause(ctx, c.opts.MaxListingTime, late)
	defer stop()
	seen := map[string]bool{}
	spare := spareTries
	bodies := map[[sha256.Size]byte]int{}
	total := &sizeReader{what: "the listing", left: l.maxBytes, max: l.maxBytes}
	all := 0
	counted := func(raw json.RawMessage) error {
		if all++; all > l.maxCount {
			return tooMuch("the listing has more than %d %s", l.maxCount, l.what)
		}
		return each(raw)
	}
	r := call{op: l.op, method: http.MethodGet, url: l.url, accept: l.accept, private: l.private}
	for n := 1; ; n++ {
		fail := func(status int, err error) error {
			if errors.Is(err, errEnough) {
				return err
			}
			if context.Cause(ctx) == late {
				err = late
			}
			e := r.failure(true, fmt.Errorf("page %d: %w", n, err))
			e.Status = status
			return e
		}
		resp, count, sum, err := c.page(ctx, r, l.member, total, &spare, counted)
		if err != nil && context.Cause(ctx) == late {
			return walked{}, fail(0, late)
		}
		if resp == nil {
			return walked{}, err
		}
		_, token, _ := strings.Cut(resp.Request.Header.Get("Authorization"), " ")
		r.tokens = []string{token}
		seen[r.url], seen[resp.Request.URL.String()] = true, true
		if err != nil {
			return walked{}, fail(resp.StatusCode, err)
		}
		if n%pagesForTry == 0 {
			spare++
		}
		if count > 0 {
			if before, ok := bodies[sum]; ok {
				return walked{}, fail(resp.StatusCode, fmt.Errorf("the same as page %d: the listing repeats itself", before))
			}
			bodies[sum] = n
		}
		link, more := nextLink(resp.Header.Values("Link"))
		if !more {
			return walked{pages: n, last: count}, nil
		}
		next, err := resp.Request.URL.Parse(link)
		if err != nil {
			return walked{}, fail(resp.StatusCode, errors.New("its next link is not a URL"))
		}
		next.Fragment, next.RawFragment = "", ""
		if seen[next.String()] {
			return walked{}, fail(resp.StatusCode, errors.New("its next link leads back to a page already read: the listing is a loop"))
		}
		if n == c.opts.MaxPages {
			return walked{}, fail(resp.StatusCode, tooMuch("the listing has more than %d pages", c.opts.MaxPages))
		}
		r.url, r.found = next.String(), true
	}
}

// stream makes an iterator of a walk. An error is the last thing it yields.
func stream[T interface{ Cost() int }](ctx context.Context, c *Client, l listing, decode func([]byte) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		taken := c.opts.Account.Tally(l.url)
		_, err := c.walk(ctx, l, func(raw json.RawMessage) error {
			v, err := decode(raw)
			if err == nil {
				err = taken.Add(v.Cost())
			}
			if err != nil {
				return err
			}
			if !yield(v, nil) {
				return errEnough
			}
			return nil
		})
		taken.End(err == nil || errors.Is(err, errEnough))
		if err != nil && !errors.Is(err, errEnough) {
			var none T
			yield(none, err)
		}
	}
}
