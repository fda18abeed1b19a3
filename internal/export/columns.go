package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// column is a live line item and what the document says of it.
type column struct {
	live *plan.LineItem
	item spec.LineItem
	link string // its resource link, which stands with the context where contexts differ
}

func (c *column) key() string { return c.item.Key.Value }

// remark is something that a document's comment says.
type remark struct {
	context string
	text    string
}

// named are the line items that a document can name, in their order, and what
// is to be said of those that it cannot.
func (s *section) named() (columns []column, remarks []remark) {
	var live []*plan.LineItem
	for _, items := range [][]plan.LineItem{s.Listing.Items, s.Beyond} {
		for i := range items {
			live = append(live, &items[i])
		}
	}
	slices.SortStableFunc(live, func(a, b *plan.LineItem) int {
		return cmp.Or(cmp.Compare(a.ResourceID, b.ResourceID), cmp.Compare(a.Label, b.Label), cmp.Compare(a.ID, b.ID))
	})
	say := func(format string, args ...any) {
		remarks = append(remarks, remark{s.name(), fmt.Sprintf(format, args...)})
	}
	ids := s.identities(live)
	for _, li := range live {
		if why := s.unfit(li); why != "" {
			say("%s is not here: %s", shown(li), why)
			continue
		}
		c := column{live: li, item: spec.LineItem{Label: said(li.Label), ScoreMaximum: said(li.ScoreMaximum)}}
		if why := ids.into(&c.item, li); why != "" {
			if no := unfitText(li.ID, most); no != "" {
				say("%s is not here: %s, and its id %s", shown(li), why, no)
				continue
			}
			say("%s has its id here: %s", shown(li), why)
		}
		for _, left := range s.describe(&c) {
			say("%s: its %s", shown(li), left)
		}
		columns = append(columns, c)
	}
	giveKeys(columns)
	return columns, remarks
}

// unfit is why a document cannot name a line item; "" where it can.
func (s *section) unfit(li *plan.LineItem) string {
	if why, left := s.columns[li.ID]; left {
		return why
	}
	if why := unfitText(li.Label, 256); why != "" {
		return "its title " + why
	}
	if !(li.ScoreMaximum > 0) {
		return "it has no scoreMaximum above 0"
	}
	if !sound(li.ScoreMaximum) {
		return "its scoreMaximum is too large or too small for a file"
	}
	return ""
}

// unfitText is why a document cannot hold a text as it is; "" where it can.
func unfitText(s string, most int) string {
	switch count := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s):
		return "is not valid UTF-8"
	case strings.TrimSpace(s) == "":
		return "is blank"
	case count > most:
		return fmt.Sprintf("has %d characters, and a file can hold %d", count, most)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' }):
		return "holds control characters"
	}
	return ""
}

// most is how long a text without a bound of its own may be.
const most = 200_000

// describe takes over what is live beside identity, title and maximum. What it
// cannot is told.
func (s *section) describe(c *column) (left []string) {
	text := func(name, value string, bound int) (spec.Opt[string], bool) {
		if strings.TrimSpace(value) == "" || s.Capabilities.Fields[name] == reconcile.NotKept {
			return spec.Opt[string]{}, false
		}
		why := unfitText(value, bound)
		if s.fields[field{c.live.ID, name}] {
			why = "does not read back as it is"
		}
		if why != "" {
			left = append(left, name+" is not here: it "+why)
			return spec.Opt[string]{}, false
		}
		return said(value), true
	}
	skip := func(name, as string) bool {
		if s.fields[field{c.live.ID, name}] {
			left = append(left, name+" is not here: it does not read back as it is")
			return true
		}
		return s.Capabilities.Fields[as] == reconcile.NotKept
	}
	c.item.Tag, _ = text("tag", c.live.Tag, 256)
	if link, ok := text("resourceLinkId", c.live.ResourceLinkID, most); ok {
		c.link = link.Value
	}
	if t := c.live.StartDateTime; !t.IsZero() && !skip("startDateTime", "startDateTime") {
		c.item.StartDateTime = said(t)
	}
	if t := c.live.EndDateTime; !t.IsZero() && !skip("endDateTime", "endDateTime") {
		c.item.EndDateTime = said(t)
	}
	if b := c.live.GradesReleased; b != nil && !skip("gradesReleased", "gradesReleased") {
		c.item.GradesReleased = said(*b)
	}
	for _, url := range sortedKeys(c.live.Extensions) {
		var v any
		full := strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
		if len(c.live.Extensions[url]) > most {
			left = append(left, escape.Quote(beginning(url))+" is not here: it is too long for a file")
			continue
		}
		if !full || json.Unmarshal(c.live.Extensions[url], &v) != nil || v == nil || skip(url, "extensions") {
			continue
		}
		if c.item.Extensions == nil {
			c.item.Extensions = map[string]spec.Opt[any]{}
		}
		c.item.Extensions[url] = said(v)
	}
	return left
}

// giveKeys gives each column a key of its own: the one it has by itself, else
// one with its tag or a number.
func giveKeys(columns []column) {
	taken := map[string]bool{}
	for i := range columns {
		li := &columns[i].item
		own := li.Label.Value
		if li.ResourceID.IsSet() {
			own = li.ResourceID.Value
		}
		key := own
		if taken[key] && li.Tag.IsSet() {
			key = short(own) + " (" + short(li.Tag.Value) + ")"
		}
		for n := 2; taken[key]; n++ {
			key = fmt.Sprintf("%s (%d)", short(own), n)
		}
		taken[key] = true
		li.Key = said(key)
	}
}

// short leaves room for more beside a text in a key.
func short(s string) string {
	if runes := []rune(s); len(runes) > 120 {
		return string(runes[:120])
	}
	return s
}
