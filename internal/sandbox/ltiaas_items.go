package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// list asks the LMS for a page: the one whose URL the request names, or the
// first, with the filters in the LMS's words. Then the body is wrapped, and the
// links to other pages, which are the LMS's URLs, are put beside it.
func (l *ltiaas) list(s *Sandbox, c *call, wrap string, filters map[string]string) (answer, error) {
	target := c.query.Get("url")
	if target == "" { // else all other parameters are ignored
		target = l.target(s, c)
		asked := url.Values{}
		for ours, theirs := range filters {
			if value := c.query.Get(ours); value != "" {
				asked.Set(theirs, value)
			}
		}
		if limit := c.query.Get("limit"); limit != "" {
			if n, err := strconv.Atoi(limit); err != nil || n < 1 {
				return answer{}, badRequest("limit is not a whole number of 1 or more")
			}
			asked.Set("limit", limit)
		}
		if text := asked.Encode(); text != "" {
			target = withQuery(target, text)
		}
	}
	a, err := l.forward(s, c, http.MethodGet, target, nil)
	if err != nil {
		return answer{}, err
	}
	body := map[string]any{wrap: a.body}
	if people, is := a.body.(shownMemberships); is {
		body = ltiaasMemberships(people)
	}
	for relation, page := range a.pages {
		body[relation] = page
	}
	return answer{status: http.StatusOK, mediaType: typeJSON, body: body}, nil
}

// withQuery adds to the query of a URL.
func withQuery(target, query string) string {
	u, err := url.Parse(target)
	if err != nil {
		return target
	}
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	return u.String()
}

func (l *ltiaas) listLineItems(s *Sandbox, c *call) (answer, error) {
	return l.list(s, c, "lineItems", map[string]string{"resourceLinkId": "resource_link_id", "resourceId": "resource_id", "tag": "tag"})
}

func (l *ltiaas) listScores(s *Sandbox, c *call) (answer, error) {
	return l.list(s, c, "scores", map[string]string{"userId": "user_id"})
}

func (l *ltiaas) readLineItem(s *Sandbox, c *call) (answer, error) {
	return l.pass(s, c, http.MethodGet, nil, http.StatusOK)
}

// pass asks the LMS for one thing, and answers with a status of the service's.
func (l *ltiaas) pass(s *Sandbox, c *call, method string, body []byte, status int) (answer, error) {
	a, err := l.forward(s, c, method, l.target(s, c), body)
	if err != nil {
		return answer{}, err
	}
	if status == http.StatusNoContent {
		return answer{status: status}, nil
	}
	return answer{status: status, mediaType: typeJSON, body: a.body}, nil
}

// lineItem checks what the service wants of a line item, whatever the LMS
// makes do with, and puts it on one line.
func (l *ltiaas) lineItem(c *call) ([]byte, error) {
	m, err := decodeObject(c.body)
	if err != nil {
		return nil, err
	}
	if _, _, err := (habits{}).lineItem(m); err != nil {
		return nil, err
	}
	return compact(c.body), nil
}

func (l *ltiaas) createLineItem(s *Sandbox, c *call) (answer, error) {
	body, err := l.lineItem(c)
	if err != nil {
		return answer{}, err
	}
	return l.pass(s, c, http.MethodPost, body, http.StatusCreated)
}

func (l *ltiaas) putLineItem(s *Sandbox, c *call) (answer, error) {
	body, err := l.lineItem(c)
	if err != nil {
		return answer{}, err
	}
	return l.pass(s, c, http.MethodPut, body, ltiaasPutStatus)
}

func (l *ltiaas) deleteLineItem(s *Sandbox, c *call) (answer, error) {
	return l.pass(s, c, http.MethodDelete, nil, http.StatusNoContent)
}

// postScore has no timestamp: the service stamps the score.
func (l *ltiaas) postScore(s *Sandbox, c *call) (answer, error) {
	m, err := decodeObject(c.body)
	if err != nil {
		return answer{}, err
	}
	m.raw["timestamp"], _ = json.Marshal(c.now.UTC()) // whatever the tool says
	sent, err := json.Marshal(m.raw)
	if err != nil {
		return answer{}, err
	}
	if _, err := decodeScore(sent); err != nil {
		return answer{}, err
	}
	return l.pass(s, c, http.MethodPost, bytes.TrimSpace(sent), http.StatusNoContent)
}
