package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// shownGrade is a grade as LearningStudio shows it. One that an instructor has
// removed is there, with an id and nothing else: null and "".
type shownGrade struct {
	ID       int64         `json:"id"`
	Points   *float64      `json:"points"`
	Letter   string        `json:"letterGrade"`
	Comments string        `json:"comments"`
	Shared   bool          `json:"shareWithStudent"`
	Updated  string        `json:"updatedDate"`
	Student  gradedStudent `json:"gradedStudent"`
}

type gradedStudent struct {
	ID    int64        `json:"id"`
	Links []studioLink `json:"links"`
}

func showGrade(c *call, item *LineItem, r *Result) shownGrade {
	updated := r.Timestamp
	if r.Changed.After(updated) {
		updated = r.Changed
	}
	return shownGrade{
		ID: gradeID(c.path.course, item.Number, r.UserID), Points: r.Score, Letter: r.LetterGrade, Comments: r.Comment,
		Shared: r.ShareWithStudent, Updated: studioTime(updated),
		Student: gradedStudent{ID: number(r.UserID), Links: []studioLink{{Href: c.base + "/users/" + r.UserID, Rel: "self"}}},
	}
}

// RemoveGrade is an instructor's removal of a person's grade, as LearningStudio
// shows it: the grade's id stays, its values are blank. The item is the line
// item's number.
func (s *Sandbox) RemoveGrade(course string, item int, user string) error {
	r := rules{habits: s.habits, now: s.options.Now()}
	return s.store.commit(func(st *State) (*State, error) { return r.emptyGrade(st, course, item, user) })
}

// theUser is that of the path, who need not be there.
func theUser(c *call) (string, error) {
	user := c.names["user"]
	if !isID(user) {
		return "", badRequest("The user id is not a number.")
	}
	return user, nil
}

// theGrade is that of a user in a column.
func (s *Sandbox) theGrade(c *call) (item *LineItem, r *Result, err error) {
	user, err := theUser(c)
	if err != nil {
		return nil, nil, err
	}
	course, item, err := s.theItem(c)
	if err != nil {
		return nil, nil, err
	}
	r, err = s.rules(c).existing(course, item, user)
	return item, r, err
}

func (t *studio) readGrade(s *Sandbox, c *call) (answer, error) {
	item, r, err := s.theGrade(c)
	if err != nil {
		return answer{}, err
	}
	return studioAnswer("grade", showGrade(c, item, r)), nil
}

func (t *studio) createGrade(s *Sandbox, c *call) (answer, error) {
	g, item, err := s.sentGrade(c)
	if err != nil {
		return answer{}, err
	}
	err = s.store.commit(func(st *State) (*State, error) { return s.rules(c).addGrade(st, c.path.course, item.Number, g) })
	return answer{status: http.StatusCreated, header: http.Header{"Location": {c.base + plain(c)}}}, err
}

func (t *studio) putGrade(s *Sandbox, c *call) (answer, error) {
	g, item, err := s.sentGrade(c)
	if err != nil {
		return answer{}, err
	}
	if g.id == 0 {
		return answer{}, badRequest("The grade's id is required.")
	}
	err = s.store.commit(func(st *State) (*State, error) { return s.rules(c).changeGrade(st, c.path.course, item.Number, g) })
	return answer{status: http.StatusNoContent}, err
}

func (t *studio) deleteGrade(s *Sandbox, c *call) (answer, error) {
	user, err := theUser(c)
	if err != nil {
		return answer{}, err
	}
	_, item, err := s.theItem(c)
	if err != nil {
		return answer{}, err
	}
	err = s.store.commit(func(st *State) (*State, error) { return s.rules(c).deleteGrade(st, c.path.course, item.Number, user) })
	return answer{status: http.StatusNoContent}, err
}

// sentGrade is what the body says, for the column and user of the path.
func (s *Sandbox) sentGrade(c *call) (grade, *LineItem, error) {
	user, err := theUser(c)
	if err != nil {
		return grade{}, nil, err
	}
	_, item, err := s.theItem(c)
	if err != nil {
		return grade{}, nil, err
	}
	m, err := unwrap(c.body, "grade")
	if err != nil {
		return grade{}, nil, err
	}
	g, err := decodeGrade(m)
	g.student = user
	return g, item, err
}

// decodeGrade takes what is known of a grade and ignores the rest. Points, and
// the id, may be a number or its text; blank, null and absent are one.
func decodeGrade(m *members) (grade, error) {
	g := grade{letter: m.text("letterGrade"), comments: m.text("comments"), points: m.numeral("points")}
	if g.points != nil && *g.points < 0 {
		m.fail("points is below 0")
	}
	m.take("shareWithStudent", &g.shared, "true or false")
	if id := strings.Trim(string(m.raw["id"]), `"`); isID(id) {
		g.id = number(id)
	} else if id != "" && id != "null" {
		m.fail("id is not the number of a grade")
	}
	return g, m.err
}

// numeral takes a number, or a text that reads as one.
func (m *members) numeral(name string) *float64 {
	var text string
	if json.Unmarshal(m.raw[name], &text) != nil || string(m.raw[name]) == "null" {
		return m.number(name)
	}
	if isBlank(text) {
		return nil
	}
	var n json.Number
	if json.Unmarshal([]byte(strings.TrimSpace(text)), &n) == nil {
		if f, err := strconv.ParseFloat(n.String(), 64); err == nil {
			return new(f + 0) // -0 becomes 0
		}
	}
	m.fail("%s is not a number", name)
	return nil
}
