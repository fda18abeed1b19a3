package agsclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// LineItemFilter narrows a listing (AGS 2.0 section 3.2.4); what is empty is not
// sent. Platforms may ignore any of it. Limit is a page's size, not the listing's.
type LineItemFilter struct {
	ResourceLinkID string
	ResourceID     string
	Tag            string
	Limit          int
}

// LineItemList is a listing read to its end.
type LineItemList struct {
	Items []LineItem
	Pages int
	// Proven is false when the last page has no next link but is exactly as long as
	// the limit that was asked for: then it may have been cut there.
	Proven bool
}

// LineItems reads the container, every page. It needs [ScopeLineItem] or
// [ScopeLineItemReadOnly].
//
// Each line item must have an id that [Client.CheckID] takes, for without one
// nothing can be done about it. One that comes twice the same is given once, as
// the pages of a list that grows meanwhile overlap; one id with two contents is
// an error.
func (c *Client) LineItems(ctx context.Context, f LineItemFilter) (LineItemList, error) {
	const op = "list line items"
	if c.ep.LineItemsURL == "" {
		return LineItemList{}, &Error{Op: op, Err: argument(errors.New("the endpoint has no line items URL"))}
	}
	l := listing{op: op, accept: typeLineItems, what: "line items", maxCount: c.opts.MaxItems, maxBytes: c.opts.MaxListing,
		url: with(c.ep.LineItemsURL, param{"resource_link_id", f.ResourceLinkID}, param{"resource_id", f.ResourceID}, param{"tag", f.Tag}, limitParam(f.Limit))}
	g := gathered{trust: c.trust, at: map[string]int{}, maxExtra: 50 * c.opts.MaxMembers, taken: c.opts.Account.Tally(l.url)}
	w, err := c.walk(ctx, l, g.add)
	g.taken.End(err == nil)
	if err != nil {
		return LineItemList{}, err
	}
	return LineItemList{Items: g.items, Pages: w.pages, Proven: !limitedTo(l.url, w.last)}, nil
}

// gathered is a listing of line items as it comes together.
type gathered struct {
	trust           trust
	items           []LineItem
	at              map[string]int // in items, by id
	near            string         // of the last id that can be used, all up to its last slash
	extra, maxExtra int            // members in all Extras
	taken           *Tally
}

func (g *gathered) add(raw json.RawMessage) error {
	item, err := decodeLineItem(raw)
	if err != nil {
		return err
	}
	if item.ID == "" {
		return fmt.Errorf("the line item %s has no id", named(item))
	}
	if err := g.check(item.ID); err != nil {
		return fmt.Errorf("the id of the line item %s cannot be used: %w", named(item), err)
	}
	if i, twice := g.at[item.ID]; twice {
		if !sameItem(g.items[i], item) {
			return fmt.Errorf("the line item %s has the same id as %s before it (%s) and is not the same: nothing can be decided on it",
				named(item), named(g.items[i]), redactText(item.ID))
		}
		return nil
	}
	if g.extra += len(item.Extra); g.extra > g.maxExtra {
		return tooMuch("the line items have more than %d members of the platform's own", g.maxExtra)
	}
	if err := g.taken.Add(item.Cost()); err != nil {
		return err
	}
	g.at[item.ID] = len(g.items)
	g.items = append(g.items, item)
	return nil
}

// check refuses ids that cannot be used. Most differ from the one before only in a
// plain last name, which changes nothing of what can be wrong.
func (g *gathered) check(id string) error {
	last := strings.LastIndexByte(id, '/') + 1
	if g.near != "" && id[:last] == g.near && len(id) <= maxURL && plainName(id[last:]) {
		return nil
	}
	u, err := g.trust.check(id)
	if err != nil {
		return err
	}
	if host := len(u.Scheme) + len("://") + len(u.Host); last > host && plainName(id[last:]) && !strings.ContainsAny(id, "?#") {
		g.near = id[:last]
	}
	return nil
}

// plainName tells of the last part of a path that it has no meaning but its own.
func plainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '_') {
			return false
		}
	}
	return s != ""
}

// named quotes a line item's label, or what there is of it.
func named(item LineItem) string {
	label := []rune(clean(item.Label))
	if len(label) > 60 {
		label = append(label[:59], '…')
	}
	return strconv.Quote(string(label))
}

// sameItem compares two line items as they would be sent.
func sameItem(a, b LineItem) bool {
	x, errX := a.MarshalJSON()
	y, errY := b.MarshalJSON()
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// limitedTo tells whether a URL asks for pages of exactly n, be it by the filter
// or by the container's own query.
func limitedTo(raw string, n int) bool {
	u, err := url.Parse(raw)
	if err != nil || n == 0 {
		return false
	}
	for _, v := range u.Query()["limit"] {
		if v == strconv.Itoa(n) {
			return true
		}
	}
	return false
}

// LineItem reads one line item. Where the answer leaves its id out, it is the one
// asked for.
func (c *Client) LineItem(ctx context.Context, id string) (LineItem, error) {
	r := call{op: "read line item", method: http.MethodGet, url: id, accept: typeLineItem}
	item, resp, unread, err := c.one(ctx, r)
	if err != nil {
		return LineItem{}, err
	}
	if unread != nil {
		e := r.failure(true, unread)
		e.Status = resp.StatusCode
		return LineItem{}, e
	}
	if item.ID == "" {
		item.ID = id
	}
	return item, nil
}

// CreateLineItem adds a line item to the container and gives the answer as it was
// echoed, which proves nothing of what was stored. Its ID is the one in the
// answer, else the Location header's, else "": created, but where is for a
// listing to tell. A label and a maximum above 0 are required (AGS 2.0 section 3.2).
func (c *Client) CreateLineItem(ctx context.Context, item LineItem) (LineItem, error) {
	r := call{op: "create line item", method: http.MethodPost, url: c.ep.LineItemsURL, accept: typeLineItem, content: typeLineItem}
	switch {
	case c.ep.LineItemsURL == "":
		return LineItem{}, &Error{Op: r.op, Err: argument(errors.New("the endpoint has no line items URL"))}
	case strings.TrimSpace(item.Label) == "":
		return LineItem{}, r.refused(errors.New("the label is blank"))
	case !(item.ScoreMaximum > 0):
		return LineItem{}, r.refused(fmt.Errorf("scoreMaximum is %v and must be greater than 0", item.ScoreMaximum))
	}
	body, err := item.MarshalJSON()
	if err != nil {
		return LineItem{}, r.refused(err)
	}
	r.body = body
	echo, resp, unread, err := c.one(ctx, r)
	if err != nil {
		return LineItem{}, err
	}
	if errors.Is(unread, ErrHTML) {
		return LineItem{}, htmlAnswer(r, resp)
	}
	// Some platforms echo a number of their own and put the URL into Location.
	if _, err := parseURL(echo.ID); err != nil {
		if at, err := resp.Location(); err == nil {
			echo.ID = at.String()
		}
	}
	return echo, nil
}

// PutLineItem replaces the line item at item.ID and gives the answer as it was
// echoed. An answer that is empty or odd is no error, since it proves nothing
// either way; only the ID is then set. Send complete definitions: a platform
// unsets what is left out (AGS 2.0 section 3.2.6).
func (c *Client) PutLineItem(ctx context.Context, item LineItem) (LineItem, error) {
	r := call{op: "change line item", method: http.MethodPut, url: item.ID, accept: typeLineItem, content: typeLineItem}
	body, err := item.MarshalJSON()
	if err != nil {
		return LineItem{}, r.refused(err)
	}
	r.body = body
	echo, resp, unread, err := c.one(ctx, r)
	if err != nil {
		return LineItem{}, err
	}
	if errors.Is(unread, ErrHTML) {
		return LineItem{}, htmlAnswer(r, resp)
	}
	if unread != nil {
		echo = LineItem{ID: item.ID}
	}
	return echo, nil
}

// DeleteLineItem removes a line item, on most platforms with all its grades. A
// platform may answer well and keep the column.
func (c *Client) DeleteLineItem(ctx context.Context, id string) error {
	resp, err := c.do(ctx, call{op: "delete line item", method: http.MethodDelete, url: id})
	if err != nil {
		return err
	}
	drain(resp.Body)
	return nil
}

// htmlAnswer is the error of a write that a web page answered with a 2xx.
func htmlAnswer(r call, resp *http.Response) *Error {
	e := r.failure(true, ErrHTML)
	e.Status = resp.StatusCode
	return e
}
