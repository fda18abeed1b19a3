package agsclient

import (
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
func (c *Client) LineItems(ctx context.Context, f LineItemFilter) (LineItemList, error) {
	const op = "list line items"
	if c.ep.LineItemsURL == "" {
		return LineItemList{}, &Error{Op: op, Err: errors.New("the endpoint has no line items URL")}
	}
	var list LineItemList
	l := listing{op: op, accept: typeLineItems, url: with(c.ep.LineItemsURL,
		param{"resource_link_id", f.ResourceLinkID}, param{"resource_id", f.ResourceID}, param{"tag", f.Tag}, limitParam(f.Limit))}
	w, err := c.walk(ctx, l, func(raw json.RawMessage) error {
		var item LineItem
		if err := item.UnmarshalJSON(raw); err != nil {
			return err
		}
		list.Items = append(list.Items, item)
		return nil
	})
	if err != nil {
		return LineItemList{}, err
	}
	list.Pages, list.Proven = w.pages, !limitedTo(l.url, w.last)
	return list, nil
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
		return LineItem{}, &Error{Op: r.op, Err: errors.New("the endpoint has no line items URL")}
	case strings.TrimSpace(item.Label) == "":
		return LineItem{}, r.failure(false, errors.New("the label is blank"))
	case !(item.ScoreMaximum > 0):
		return LineItem{}, r.failure(false, fmt.Errorf("scoreMaximum is %v and must be greater than 0", item.ScoreMaximum))
	}
	body, err := item.MarshalJSON()
	if err != nil {
		return LineItem{}, r.failure(false, err)
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
		return LineItem{}, r.failure(false, err)
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
