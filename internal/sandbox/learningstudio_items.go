package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// GUID is the id that LearningStudio knows a column by: always the same one for
// a course and a line item's number, and nothing to read a meaning into.
func GUID(course string, item int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "gradebook item %d of course %s", item, course))
	return uuid(hex.EncodeToString(sum[:16]))
}

// contentPrefix is how the number of a content item begins; units' begin 200.
const contentPrefix = "100"

// ContentItem is the number of the content item that LearningStudio has the
// column on: its resourceLinkId, if that is such a number, else one made of
// the line item's own, as 100000000007.
func (i *LineItem) ContentItem() string {
	if isContent(i.ResourceLinkID) {
		return i.ResourceLinkID
	}
	return fmt.Sprintf("%s%09d", contentPrefix, i.Number)
}

func isContent(id string) bool { return strings.HasPrefix(id, contentPrefix) && isID(id) }

// contentItems are those that a course begins with, none of which has a column.
func contentItems() []string {
	return []string{"100500000001", "100500000002", "100500000003", "100500000004", "100500000005"}
}

// gradebookItem is a column as LearningStudio shows it.
type gradebookItem struct {
	Type           string       `json:"type"`
	ID             string       `json:"id"`
	Title          string       `json:"title"`
	PointsPossible float64      `json:"pointsPossible"`
	Included       bool         `json:"isIncludedInGrade"`
	ExtraCredit    bool         `json:"isExtraCredit"`
	Links          []studioLink `json:"links"`
	Grade          *shownGrade  `json:"grade,omitempty"` // where it was asked for
}

type studioLink struct {
	Href string `json:"href"`
	Rel  string `json:"rel"`
}

func showItem(c *call, i *LineItem) gradebookItem {
	return gradebookItem{
		Type: "courseItem", ID: GUID(c.path.course, i.Number), Title: i.Label, PointsPossible: i.ScoreMaximum,
		Included: !i.NotIncluded, ExtraCredit: i.ExtraCredit,
		Links: []studioLink{{Href: c.base + "/courses/" + c.path.course + "/items/" + i.ContentItem(), Rel: "related"}},
	}
}

// theCourse is that of the path.
func (s *Sandbox) theCourse(c *call) (*Course, error) {
	if course := s.store.state.Load().Courses[c.path.course]; course != nil {
		return course, nil
	}
	return nil, refuse(http.StatusNotFound, noCourse)
}

// theItem is the column of the path, if it is one of the path's course.
func (s *Sandbox) theItem(c *call) (*Course, *LineItem, error) {
	course, err := s.theCourse(c)
	if err != nil {
		return nil, nil, err
	}
	item := find(course.LineItems, func(i *LineItem) bool { return !i.Hidden && GUID(c.path.course, i.Number) == c.names["item"] })
	if item == nil {
		return nil, nil, refuse(http.StatusNotFound, noItem)
	}
	return course, item, nil
}

func (t *studio) listItems(s *Sandbox, c *call) (answer, error) {
	course, err := s.theCourse(c)
	if err != nil {
		return answer{}, err
	}
	shown := []gradebookItem{}
	for _, i := range course.LineItems {
		if !i.Hidden {
			shown = append(shown, showItem(c, i))
		}
	}
	return studioAnswer("gradebookItems", shown), nil
}

// readItem answers with a list of one, as LearningStudio does.
func (t *studio) readItem(s *Sandbox, c *call) (answer, error) {
	_, item, err := s.theItem(c)
	if err != nil {
		return answer{}, err
	}
	return studioAnswer("gradebookItems", []gradebookItem{showItem(c, item)}), nil
}

func (t *studio) readItemOfContent(s *Sandbox, c *call) (answer, error) {
	course, err := s.theCourse(c)
	if err != nil {
		return answer{}, err
	}
	item := find(course.LineItems, func(i *LineItem) bool { return !i.Hidden && i.ContentItem() == c.names["content"] })
	switch {
	case item != nil:
		return studioAnswer("gradebookItem", showItem(c, item)), nil
	case slices.Contains(course.ResourceLinks, c.names["content"]):
		return answer{}, refuse(http.StatusNotFound, noItem)
	}
	return answer{}, refuse(http.StatusNotFound, noPlace)
}

// listContent shows the content items of a course, with a column or not.
func (t *studio) listContent(s *Sandbox, c *call) (answer, error) {
	course, err := s.theCourse(c)
	if err != nil {
		return answer{}, err
	}
	titles := map[string]string{}
	for _, id := range course.ResourceLinks {
		if isContent(id) {
			titles[id] = "Content item " + id
		}
	}
	for _, i := range course.LineItems {
		titles[i.ContentItem()] = i.Label
	}
	shown := []object{}
	for _, id := range slices.Sorted(maps.Keys(titles)) {
		href := c.base + "/courses/" + c.path.course + "/items/" + id
		shown = append(shown, object{"id": number(id), "title": titles[id], "links": []studioLink{{Href: href, Rel: "self"}}})
	}
	return studioAnswer("items", shown), nil
}

// putItem sets what it names of a column. The title is read-only, and what is
// left out stays: no page tells, and so nothing is lost.
func (t *studio) putItem(s *Sandbox, c *call) (answer, error) {
	_, item, err := s.theItem(c)
	if err != nil {
		return answer{}, err
	}
	m, err := unwrap(c.body, "gradebookItem", "customItem")
	if err != nil {
		return answer{}, err
	}
	null := string(m.raw["pointsPossible"]) == "null"
	points := m.number("pointsPossible")
	if null || points != nil && !(*points > 0) {
		m.fail("pointsPossible must be above 0 in this sandbox")
	}
	var included, extra bool
	isIncluded := m.take("isIncludedInGrade", &included, "true or false")
	isExtra := m.take("isExtraCredit", &extra, "true or false")
	if m.err != nil {
		return answer{}, m.err
	}
	err = s.store.commit(func(st *State) (*State, error) {
		return st.withLineItem(c.path.course, item.Number, func(_ *Course, i *LineItem) (err error) {
			if isIncluded {
				i.NotIncluded = !included
			}
			if isExtra {
				i.ExtraCredit = extra
			}
			if points != nil && *points != i.ScoreMaximum {
				i.Results, err = s.rules(c).rescaleAll(i, *points)
				i.ScoreMaximum = *points
			}
			return err
		})
	})
	return answer{status: http.StatusNoContent}, err
}

// unwrap takes the object out of its wrapper, which has one of the names.
func unwrap(body []byte, names ...string) (*members, error) {
	m, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		inner := &members{}
		if m.take(name, &inner.raw, "an object") {
			return inner, nil
		}
		if m.err != nil {
			return nil, m.err
		}
	}
	return nil, badRequest("the body has no %s", names[0])
}
