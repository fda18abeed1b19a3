package learningstudio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// item reads one gradebook item.
func (p *Platform) item(ctx context.Context, itemID string) (item, error) {
	i, err := p.readItem(ctx, call{op: "read gradebook item", path: p.in("gradebookItems", itemID)})
	if err == nil {
		i.ID = id(itemID) // whatever it is called in this answer
		p.scales.read(itemID, i.Points.or(0))
	}
	return i, err
}

// readItem takes both forms of the answer, one item and a list of one.
func (p *Platform) readItem(ctx context.Context, r call) (item, error) {
	var wire struct {
		Item  *item             `json:"gradebookItem"`
		Items []json.RawMessage `json:"gradebookItems"` // not read before their number is known
	}
	if err := p.client.get(ctx, r, &wire); err != nil {
		return item{}, err
	}
	switch {
	case wire.Item != nil:
		return *wire.Item, nil
	case len(wire.Items) == 1:
		var one item
		if err := decode(wire.Items[0], &one); err != nil {
			return item{}, p.client.unread(r, http.StatusOK, err)
		}
		return one, nil
	}
	return item{}, p.client.unread(r, http.StatusOK, errors.New("the answer holds no gradebook item"))
}

// lineItem translates. An item that cannot hold points has the scoreMaximum 0.
func (i *item) lineItem() plan.LineItem {
	li := plan.LineItem{ID: string(i.ID), Label: string(i.Title), ScoreMaximum: i.Points.or(0)}
	for _, l := range i.Links {
		if strings.EqualFold(string(l.Rel), "related") {
			if id := after(string(l.Href), "items"); id != "" {
				li.ResourceLinkID = id
				break
			}
		}
	}
	return li
}

// elsewhere is another course that an item's links name; "" is none.
func (i *item) elsewhere(course string) string {
	for _, l := range i.Links {
		_, rest, _ := strings.Cut(string(l.Href), "/courses/")
		named := rest
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			named = rest[:end]
		}
		if named != "" && named != course {
			return named
		}
	}
	return ""
}

// after is the last segment of an address, if it comes after the one that is
// named.
func after(href, name string) string {
	_, id, found := strings.Cut(href, "/"+name+"/")
	if !found || strings.ContainsAny(id, "/?#") {
		return ""
	}
	return id
}
