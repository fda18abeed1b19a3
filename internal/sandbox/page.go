package sandbox

import (
	"encoding/base64"
	"net/http"
	"strconv"
)

// page cuts a list, in order of key, down to the page that was asked for, and
// makes the header with the link to the next. A page begins after a key and not
// at an index, so that none is missed or repeated while others come and go.
func page[T any](c *call, size int, list []*T, key func(*T) string) ([]*T, http.Header, error) {
	if hint := c.query.Get("limit"); hint != "" {
		n, err := strconv.Atoi(hint)
		if err != nil || n < 1 {
			return nil, nil, badRequest("limit is not a whole number above 0")
		}
		if size == 0 || n < size {
			size = n
		}
	}
	if mark := c.query.Get("page"); mark != "" {
		after, err := base64.RawURLEncoding.DecodeString(mark)
		if err != nil {
			return nil, nil, badRequest("page is not one that a next link named")
		}
		list = keep(list, func(one *T) bool { return key(one) > string(after) })
	}
	if size == 0 || len(list) <= size {
		return list, nil, nil
	}
	list = list[:size]
	// The other parameters stay: a next link is followed as it is.
	c.query.Set("page", base64.RawURLEncoding.EncodeToString([]byte(key(list[size-1]))))
	next := c.base + c.request.URL.EscapedPath() + "?" + c.query.Encode()
	return list, http.Header{"Link": {"<" + next + `>; rel="next"`}}, nil
}

// keep returns those that match, in a list of its own: the state's is shared.
func keep[T any](list []*T, match func(*T) bool) []*T {
	kept := []*T{}
	for _, one := range list {
		if match(one) {
			kept = append(kept, one)
		}
	}
	return kept
}

// asked tells whether a value passes a filter of the query. A filter that is
// left out, or blank, lets everything pass.
func (c *call) asked(filter, value string) bool {
	want := c.query.Get(filter)
	return want == "" || want == value
}
