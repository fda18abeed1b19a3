package ltiaas

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gradesync/gradesync/agsclient"
)

// LTIAAS's line items are those of AGS 2.0, and agsclient's type is of use for
// both.

func items() place { return at("/api/lineitems") }

// lineItems reads every line item, narrowed by resourceLinkId, resourceId, tag
// and limit, as the query says. proven is false where the last page has no next
// link but is exactly as long as the limit: then it may have been cut there.
func (c *client) lineItems(ctx context.Context, query url.Values) (all []agsclient.LineItem, proven bool, err error) {
	l := listing{
		op: "list line items", place: items(), query: query, member: "lineItems", what: "line items",
		maxCount: c.bounds.MaxItems, maxBytes: c.bounds.MaxBody,
	}
	last, extra := 0, 0
	for page, err := range pages(ctx, c, l, decodeItem) {
		if err != nil {
			return nil, false, err
		}
		last = len(page)
		for _, item := range page {
			if extra += len(item.Extra); extra > maxExtra {
				e := c.failure(call{op: l.op, method: http.MethodGet, place: l.place}, true, &boundError{"the line items have too many members of the platform's own"})
				e.Status = http.StatusOK
				return nil, false, e
			}
		}
		all = append(all, page...)
	}
	return all, query.Get("limit") != strconv.Itoa(last), nil
}

func decodeItem(raw json.RawMessage) (item agsclient.LineItem, cost int, err error) {
	if err := item.UnmarshalJSON(raw); err != nil {
		return item, 0, err
	}
	_, err = itemPlace(item.ID, "")
	var bad *argumentError
	if errors.As(err, &bad) {
		err = bad.error // not an argument here: the platform said so
	}
	return item, item.Cost(), err
}

// lineItem reads one.
func (c *client) lineItem(ctx context.Context, id string) (item agsclient.LineItem, err error) {
	r := call{op: "read line item", method: http.MethodGet}
	if r.place, err = itemPlace(id, ""); err != nil {
		return item, c.failure(r, false, err)
	}
	err = c.one(ctx, r, &item)
	return item, err
}

// createLineItem adds one and gives the answer as it was echoed, which proves
// nothing of what was stored. Its ID is "" where the answer does not tell.
func (c *client) createLineItem(ctx context.Context, item agsclient.LineItem) (agsclient.LineItem, error) {
	item.ID = ""
	r := call{op: "create line item", method: http.MethodPost, place: items()}
	return c.write(ctx, r, item)
}

// putLineItem replaces the line item item.ID: what is left out is deleted.
func (c *client) putLineItem(ctx context.Context, item agsclient.LineItem) (err error) {
	r := call{op: "change line item", method: http.MethodPut}
	if r.place, err = itemPlace(item.ID, ""); err != nil {
		return c.failure(r, false, err)
	}
	item.ID = "" // it stands in the path
	_, err = c.write(ctx, r, item)
	return err
}

// write sends a line item. An answer that is empty or odd is no error, since it
// proves nothing either way; a web page comes from somebody else.
func (c *client) write(ctx context.Context, r call, item agsclient.LineItem) (echo agsclient.LineItem, err error) {
	if r.body, err = item.MarshalJSON(); err != nil {
		return echo, c.failure(r, false, &argumentError{err})
	}
	err = c.one(ctx, r, &echo)
	var e *agsclient.Error
	if errors.As(err, &e) && e.Status >= 200 && e.Status <= 299 && !errors.Is(err, agsclient.ErrHTML) {
		return agsclient.LineItem{}, nil
	}
	return echo, err
}

// deleteLineItem removes one.
func (c *client) deleteLineItem(ctx context.Context, id string) (err error) {
	r := call{op: "delete line item", method: http.MethodDelete}
	if r.place, err = itemPlace(id, ""); err != nil {
		return c.failure(r, false, err)
	}
	return c.send(ctx, r)
}

// send makes a call whose status is all that matters.
func (c *client) send(ctx context.Context, r call) error {
	resp, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	finish(resp.Body)
	return nil
}
