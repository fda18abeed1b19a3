package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/gradesync/gradesync/internal/quirk"
)

// fields are the members that the line item is shown with, but for its id:
// unset ones are left out, those of others stand beside ours.
func (i *LineItem) fields() map[string]any {
	shown := make(map[string]any, len(i.Extra)+9)
	for name, value := range i.Extra {
		shown[name] = value
	}
	shown["label"] = i.Label
	shown["scoreMaximum"] = i.ScoreMaximum
	for name, value := range map[string]string{
		"resourceId":     i.ResourceID,
		"tag":            i.Tag,
		"resourceLinkId": i.ResourceLinkID,
		"startDateTime":  i.StartDateTime,
		"endDateTime":    i.EndDateTime,
	} {
		if value != "" {
			shown[name] = value
		}
	}
	if i.GradesReleased != nil {
		shown["gradesReleased"] = *i.GradesReleased
	}
	for _, name := range i.Cleared {
		shown[name] = ""
	}
	return shown
}

func (s *Sandbox) itemURL(c *call, number int) string {
	base := c.base
	// One address for each line item: the other host than that of a container,
	// and the one that was asked where a line item was.
	if s.has(quirk.ForeignIDs) && (s.options.URL != "" || c.path.kind == kindLineItems) {
		base = foreign(base)
	}
	return base + s.layout.lineItemOf(c.path.course, number)
}

// foreign is another name of the host of a base URL: localhost and 127.0.0.1
// with a port stand for each other, as a listener answers to both; else it is
// the host items below it.
func foreign(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	port := u.Port()
	switch {
	case port != "" && u.Hostname() == "127.0.0.1":
		u.Host = "localhost:" + port
	case port != "" && u.Hostname() == "localhost":
		u.Host = "127.0.0.1:" + port
	case !strings.HasPrefix(u.Host, "items."):
		u.Host = "items." + u.Host
	}
	return u.String()
}

func (s *Sandbox) showLineItem(c *call, i *LineItem) map[string]any {
	shown := i.fields()
	shown["id"] = s.itemURL(c, i.Number)
	return shown
}

// acknowledge is what a POST or PUT is answered with.
func (s *Sandbox) acknowledge(c *call, i *LineItem, sent map[string]json.RawMessage) map[string]any {
	shown := s.showLineItem(c, i)
	if s.has(quirk.EchoesRequest) {
		id := shown["id"]
		shown = map[string]any{}
		for name, value := range sent {
			shown[name] = value
		}
		shown["id"] = id
	}
	return shown
}

func (s *Sandbox) listLineItems(c *call) (answer, error) {
	course, err := s.store.state.Load().course(c.path.course)
	if err != nil {
		return answer{}, err
	}
	items := keep(course.LineItems, func(i *LineItem) bool {
		asked := c.asked("resource_link_id", i.ResourceLinkID) && c.asked("resource_id", i.ResourceID) && c.asked("tag", i.Tag)
		return !i.Hidden && (asked || s.has(quirk.IgnoresFilters))
	})
	items, turn, err := page(s, c, items, (*LineItem).key)
	if err != nil {
		return answer{}, err
	}
	shown := make([]map[string]any, len(items))
	for at, i := range items {
		shown[at] = s.showLineItem(c, i)
	}
	return answer{status: http.StatusOK, mediaType: typeLineItems, body: shown, header: turn.header, pages: turn.pages}, nil
}

func (s *Sandbox) readLineItem(c *call) (answer, error) {
	item, err := s.lineItemOf(c)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, mediaType: typeLineItem, body: s.showLineItem(c, item)}, nil
}

func (s *Sandbox) lineItemOf(c *call) (*LineItem, error) {
	course, err := s.store.state.Load().course(c.path.course)
	if err != nil {
		return nil, err
	}
	return course.lineItem(c.path.item)
}

// createLineItem ignores an id in the body: it is the platform's to give.
func (s *Sandbox) createLineItem(c *call) (answer, error) {
	if _, err := s.store.state.Load().course(c.path.course); err != nil {
		return answer{}, err
	}
	m, err := decodeObject(c.body)
	if err != nil {
		return answer{}, err
	}
	sent := maps.Clone(m.raw)
	var made *LineItem
	err = s.store.commit(func(st *State) (next *State, err error) {
		next, made, err = s.rules(c).addLineItem(st, c.path.course, m)
		return next, err
	})
	if err == nil && made.Hidden {
		err = badGateway()
	}
	if err != nil {
		return answer{}, err
	}
	status := http.StatusCreated
	if s.has(quirk.CreateAnswers200) {
		status = http.StatusOK
	}
	header := http.Header{"Location": {s.itemURL(c, made.Number)}}
	return answer{status: status, mediaType: typeLineItem, body: s.acknowledge(c, made, sent), header: header}, nil
}

func (s *Sandbox) putLineItem(c *call) (answer, error) {
	if _, err := s.lineItemOf(c); err != nil {
		return answer{}, err
	}
	m, err := decodeObject(c.body)
	if err != nil {
		return answer{}, err
	}
	sent := maps.Clone(m.raw)
	var kept *LineItem
	err = s.store.commit(func(st *State) (next *State, err error) {
		next, kept, err = s.rules(c).replaceLineItem(st, c.path.course, c.path.item, s.itemURL(c, c.path.item), m)
		return next, err
	})
	if err != nil {
		return answer{}, err
	}
	shown := s.acknowledge(c, kept, sent)
	if s.has(quirk.IntegerPutID) {
		shown["id"] = kept.Number
	}
	return answer{status: http.StatusOK, mediaType: typeLineItem, body: shown}, nil
}

func (s *Sandbox) removeLineItem(c *call) (answer, error) {
	err := s.store.commit(func(st *State) (*State, error) {
		return s.rules(c).deleteLineItem(st, c.path.course, c.path.item)
	})
	status := http.StatusNoContent
	if s.has(quirk.DeleteAnswers200) {
		status = http.StatusOK
	}
	return answer{status: status}, err
}
