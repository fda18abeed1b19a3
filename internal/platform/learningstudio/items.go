package learningstudio

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// item reads one gradebook item.
func (p *Platform) item(ctx context.Context, id string) (item, error) {
	i, err := p.readItem(ctx, call{op: "read gradebook item", path: p.in("gradebookItems", id)})
	if err == nil {
		i.ID = text(id) // whatever it is called in this answer
		p.scales.read(id, i.Points.or(0))
	}
	return i, err
}

// readItem takes both forms of the answer, one item and a list of one.
func (p *Platform) readItem(ctx context.Context, r call) (item, error) {
	var wire struct {
		Item  *item  `json:"gradebookItem"`
		Items []item `json:"gradebookItems"`
	}
	if err := p.client.get(ctx, r, &wire); err != nil {
		return item{}, err
	}
	switch {
	case wire.Item != nil:
		return *wire.Item, nil
	case len(wire.Items) == 1:
		return wire.Items[0], nil
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

// after is the last segment of an address, if it comes after the one that is
// named.
func after(href, name string) string {
	_, id, found := strings.Cut(href, "/"+name+"/")
	if !found || strings.ContainsAny(id, "/?#") {
		return ""
	}
	return id
}
