package sandbox

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gradesync/gradesync/internal/quirk"
)

// page cuts a list, in order of key, down to the page that was asked for, and
// makes the header with the link to the next, and the links to the others. A
// page begins after a key and not at an index, so that none is missed or
// repeated while others come and go. It may reorder the list, which must not be
// one of the state's.
func page[T any](s *Sandbox, c *call, list []*T, key func(*T) string) ([]*T, links, error) {
	limit, err := s.limit(c)
	if err != nil {
		return nil, links{}, err
	}
	size := s.pageSize(c, limit)
	byOffset := c.path.kind == kindLineItems && s.has(quirk.PagesOnlyOnLimit)
	name, mark := "page", c.query.Get("page")
	offset := 0
	switch {
	case byOffset:
		name = "from"
		if offset, err = strconv.Atoi("0" + c.query.Get("from")); err != nil {
			return nil, links{}, badRequest("from is not a whole number")
		}
		offset = min(offset, len(list))
	case mark != "":
		after, err := base64.RawURLEncoding.DecodeString(mark)
		if err != nil {
			return nil, links{}, badRequest("page is not one that a next link named")
		}
		for offset < len(list) && key(list[offset]) <= string(after) {
			offset++
		}
	}
	var turn links
	if size > 0 && len(list) > size && (limit == 0 || !s.has(quirk.LimitTruncates)) {
		// at is the page that begins with the one of that index.
		at := func(index int) string {
			switch {
			case index <= 0:
				return s.pageURL(c, name, "")
			case byOffset:
				return s.pageURL(c, name, strconv.Itoa(index))
			}
			return s.pageURL(c, name, base64.RawURLEncoding.EncodeToString([]byte(key(list[index-1]))))
		}
		turn.pages = map[string]string{"first": at(0), "last": at((len(list) - 1) / size * size)}
		if offset > 0 {
			turn.pages["prev"] = at(offset - size)
		}
		if offset+size < len(list) {
			turn.pages["next"] = at(offset + size)
			turn.header = http.Header{"Link": {s.link(c, turn.pages["next"])}}
		}
	}
	list = list[offset:]
	if size > 0 && len(list) > size {
		list = list[:size]
	}
	if s.has(quirk.UnsortedResults) && c.path.kind != kindMemberships {
		order := rand.New(rand.NewPCG(s.options.Seed, s.shuffles.Add(1)))
		order.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	}
	return list, turn, nil
}

// links are those of a page to others, none where all is on one.
type links struct {
	header http.Header
	pages  map[string]string // absolute URLs by relation: first, prev, next, last
}

// limit is the request's own wish for the size of a page, 0 for none.
func (s *Sandbox) limit(c *call) (int, error) {
	hint := c.query.Get("limit")
	if hint == "" || c.path.kind == kindLineItems && s.has(quirk.IgnoresFilters) {
		return 0, nil
	}
	n, err := strconv.Atoi(hint)
	if err != nil || n < 1 {
		return 0, badRequest("limit is not a whole number above 0")
	}
	return n, nil
}

// pageSize is how many of a listing are shown at once, 0 for all.
func (s *Sandbox) pageSize(c *call, limit int) int {
	size := s.options.PageSize
	atMost := func(n int) {
		if size == 0 || n < size {
			size = n
		}
	}
	switch {
	case limit > 0:
		atMost(limit)
	case c.path.kind == kindLineItems && s.has(quirk.PagesOnlyOnLimit):
		return 0
	case c.path.kind != kindMemberships && s.has(quirk.PagesOfTen):
		atMost(10)
	}
	if c.path.kind == kindMemberships && s.has(quirk.RosterOfFifty) {
		atMost(50)
	}
	return size
}

// pageURL is the page of this listing that begins at mark, "" for the first.
func (s *Sandbox) pageURL(c *call, name, mark string) string {
	// The other parameters stay: a link is followed as it is. What the path
	// cannot do without comes first, and the mark last.
	rest := maps.Clone(c.query)
	rest.Del(name)
	if c.path.kind == kindMemberships && s.has(quirk.NextLosesRole) {
		rest.Del("role")
	}
	own, _, _ := strings.Cut(s.layout.query, "=")
	parts := []url.Values{{own: rest[own]}, without(rest, own)}
	if mark != "" {
		parts = append(parts, url.Values{name: {mark}})
	}
	var query []string
	for _, part := range parts {
		if text := part.Encode(); text != "" {
			query = append(query, text)
		}
	}
	here := c.base + c.request.URL.EscapedPath()
	if len(query) == 0 {
		return here
	}
	return here + "?" + strings.Join(query, "&")
}

// link is the Link header that leads to the next page.
func (s *Sandbox) link(c *call, next string) string {
	here := c.base + c.request.URL.EscapedPath()
	if s.has(quirk.LinkRelative) {
		here, next = strings.TrimPrefix(here, c.base), strings.TrimPrefix(next, c.base)
	}
	if s.has(quirk.LinkAmp) {
		path, query, _ := strings.Cut(next, "?")
		next = path + "?" + strings.ReplaceAll(query, "&", "&amp;")
	}
	switch {
	case s.has(quirk.LinkCurly):
		return "<" + next + ">; rel=\u201cnext\u201d"
	case s.has(quirk.LinkUnquoted):
		return "<" + next + ">; rel=next"
	case s.has(quirk.LinkSeveralRels):
		return fmt.Sprintf(`<%s>; rel="first start", <%s>; title="next, please"; rel="prefetch next"`, here, next)
	}
	return "<" + next + `>; rel="next"`
}

func without(query url.Values, name string) url.Values {
	rest := maps.Clone(query)
	rest.Del(name)
	return rest
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
