package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
)

func (s *Sandbox) itemURL(c *call, number int) string {
	return c.base + s.LineItemsPath(c.path.course) + "/" + strconv.Itoa(number)
}

// showLineItem is the line item as AGS shows it: unset fields are left out,
// members of others stand beside ours.
func (s *Sandbox) showLineItem(c *call, i *LineItem) map[string]any {
	shown := make(map[string]any, len(i.Extra)+9)
	for name, value := range i.Extra {
		shown[name] = value
	}
	shown["id"] = s.itemURL(c, i.Number)
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
	return shown
}

func (s *Sandbox) listLineItems(c *call) (answer, error) {
	course, err := s.store.state.Load().course(c.path.course)
	if err != nil {
		return answer{}, err
	}
	items := keep(course.LineItems, func(i *LineItem) bool {
		return c.asked("resource_link_id", i.ResourceLinkID) && c.asked("resource_id", i.ResourceID) && c.asked("tag", i.Tag)
	})
	items, header, err := page(c, s.options.PageSize, items, (*LineItem).key)
	if err != nil {
		return answer{}, err
	}
	shown := make([]map[string]any, len(items))
	for at, i := range items {
		shown[at] = s.showLineItem(c, i)
	}
	return answer{status: http.StatusOK, mediaType: typeLineItems, body: shown, header: header}, nil
}

func (s *Sandbox) readLineItem(c *call) (answer, error) {
	item, err := s.lineItem(c)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, mediaType: typeLineItem, body: s.showLineItem(c, item)}, nil
}

func (s *Sandbox) lineItem(c *call) (*LineItem, error) {
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
	item, _, err := decodeLineItem(c.body)
	if err != nil {
		return answer{}, err
	}
	var made *LineItem
	err = s.store.commit(func(st *State) (next *State, err error) {
		next, made, err = st.addLineItem(c.path.course, item)
		return next, err
	})
	if err != nil {
		return answer{}, err
	}
	header := http.Header{"Location": {s.itemURL(c, made.Number)}}
	return answer{status: http.StatusCreated, mediaType: typeLineItem, body: s.showLineItem(c, made), header: header}, nil
}

func (s *Sandbox) putLineItem(c *call) (answer, error) {
	if _, err := s.lineItem(c); err != nil {
		return answer{}, err
	}
	item, id, err := decodeLineItem(c.body)
	if err != nil {
		return answer{}, err
	}
	if id != "" && id != s.itemURL(c, c.path.item) {
		return answer{}, badRequest("id cannot be changed")
	}
	var kept *LineItem
	err = s.store.commit(func(st *State) (next *State, err error) {
		next, kept, err = st.replaceLineItem(c.path.course, c.path.item, item)
		return next, err
	})
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, mediaType: typeLineItem, body: s.showLineItem(c, kept)}, nil
}

func (s *Sandbox) removeLineItem(c *call) (answer, error) {
	err := s.store.commit(func(st *State) (*State, error) { return st.deleteLineItem(c.path.course, c.path.item) })
	return answer{status: http.StatusNoContent}, err
}

func (s *Sandbox) createScore(c *call) (answer, error) {
	if _, err := s.lineItem(c); err != nil {
		return answer{}, err
	}
	sc, err := decodeScore(c.body)
	if err != nil {
		return answer{}, err
	}
	err = s.store.commit(func(st *State) (*State, error) { return st.postScore(c.path.course, c.path.item, sc) })
	return answer{status: http.StatusNoContent}, err
}

// shownResult is a result as AGS shows it. It says neither when nor by whom.
type shownResult struct {
	ID            string   `json:"id"`
	ScoreOf       string   `json:"scoreOf"`
	UserID        string   `json:"userId"`
	ResultScore   *float64 `json:"resultScore,omitempty"`
	ResultMaximum float64  `json:"resultMaximum"`
	Comment       string   `json:"comment,omitempty"`
	ScoringUserID string   `json:"scoringUserId,omitempty"`
}

// listResults shows everyone with a score or a comment.
func (s *Sandbox) listResults(c *call) (answer, error) {
	item, err := s.lineItem(c)
	if err != nil {
		return answer{}, err
	}
	results := keep(item.Results, func(r *Result) bool {
		return (r.Score != nil || r.Comment != "") && c.asked("user_id", r.UserID)
	})
	results, header, err := page(c, s.options.PageSize, results, (*Result).key)
	if err != nil {
		return answer{}, err
	}
	shown := make([]shownResult, len(results))
	self := s.itemURL(c, item.Number)
	for at, r := range results {
		shown[at] = shownResult{
			ID:            self + "/results/" + url.PathEscape(r.UserID),
			ScoreOf:       self,
			UserID:        r.UserID,
			ResultScore:   r.Score,
			ResultMaximum: item.ScoreMaximum,
			Comment:       r.Comment,
			ScoringUserID: r.ScoringUserID,
		}
	}
	return answer{status: http.StatusOK, mediaType: typeResults, body: shown, header: header}, nil
}
