package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// listGrades is the bulk read: every grade of a column, or those of
// gradedStudents=1;2. Whoever has no number is not shown.
func (t *studio) listGrades(s *Sandbox, c *call) (answer, error) {
	_, item, err := s.theItem(c)
	if err != nil {
		return answer{}, err
	}
	query, err := studioQuery(c.request.URL.RawQuery)
	if err != nil {
		return answer{}, err
	}
	var only []string
	if list := query["gradedStudents"]; list != "" {
		only = strings.Split(list, ";")
	}
	shown := []shownGrade{}
	for _, r := range item.Results {
		if isID(r.UserID) && (only == nil || slices.Contains(only, r.UserID)) {
			shown = append(shown, showGrade(c, item, r))
		}
	}
	return studioAnswer("grades", shown), nil
}

// studioQuery reads a query in which semicolons are part of values.
func studioQuery(raw string) (map[string]string, error) {
	query := map[string]string{}
	for _, pair := range strings.Split(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		text, err := url.QueryUnescape(value)
		if err != nil {
			return nil, badRequest("the query cannot be read")
		}
		query[name] = text
	}
	return query, nil
}

// createGrades gives several first grades, all or none.
func (t *studio) createGrades(s *Sandbox, c *call) (answer, error) {
	_, item, err := s.theItem(c)
	if err != nil {
		return answer{}, err
	}
	all, err := decodeGrades(c.body)
	if err != nil {
		return answer{}, err
	}
	err = s.store.commit(func(st *State) (next *State, err error) {
		next = st
		for _, g := range all {
			if next, err = s.rules(c).addGrade(next, c.path.course, item.Number, g); err != nil {
				return nil, err
			}
		}
		return next, nil
	})
	return answer{status: http.StatusCreated, header: http.Header{"Location": {c.base + plain(c)}}}, err
}

func decodeGrades(body []byte) ([]grade, error) {
	m, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	var list []map[string]json.RawMessage
	if !m.take("grades", &list, "a list of objects") {
		m.fail("the body has no grades")
		return nil, m.err
	}
	all := make([]grade, len(list))
	for at, raw := range list {
		one := &members{raw: raw}
		student := &members{}
		one.take("gradedStudent", &student.raw, "an object")
		if all[at], err = decodeGrade(one); err != nil {
			return nil, err
		}
		if all[at].student = strings.Trim(string(student.raw["id"]), `"`); !isID(all[at].student) {
			return nil, badRequest("gradedStudent needs the id of a user, a number")
		}
	}
	return all, nil
}

// byID sets the user of the path to the one whose grade has the id that it
// names.
func (s *Sandbox) byID(c *call) error {
	_, item, err := s.theItem(c)
	if err != nil {
		return err
	}
	r := find(item.Results, func(r *Result) bool {
		return isID(r.UserID) && strconv.FormatInt(gradeID(c.path.course, item.Number, r.UserID), 10) == c.names["grade"]
	})
	if r == nil {
		return refuse(http.StatusNotFound, noGrade)
	}
	c.names["user"] = r.UserID
	return nil
}

func (t *studio) readGradeByID(s *Sandbox, c *call) (answer, error) {
	if err := s.byID(c); err != nil {
		return answer{}, err
	}
	return t.readGrade(s, c)
}

func (t *studio) putGradeByID(s *Sandbox, c *call) (answer, error) {
	if err := s.byID(c); err != nil {
		return answer{}, err
	}
	return t.putGrade(s, c)
}

func (t *studio) deleteGradeByID(s *Sandbox, c *call) (answer, error) {
	if err := s.byID(c); err != nil {
		return answer{}, err
	}
	return t.deleteGrade(s, c)
}

// listItemsOfUser shows all columns, and with expand=grade the user's grades.
func (t *studio) listItemsOfUser(s *Sandbox, c *call) (answer, error) {
	user, err := theUser(c)
	if err != nil {
		return answer{}, err
	}
	course, err := s.theCourse(c)
	if err != nil {
		return answer{}, err
	}
	if err := s.rules(c).enrolled(course, user); err != nil {
		return answer{}, err
	}
	query, err := studioQuery(c.request.URL.RawQuery)
	if err != nil {
		return answer{}, err
	}
	shown := []gradebookItem{}
	for _, i := range course.LineItems {
		if i.Hidden {
			continue
		}
		one := showItem(c, i)
		if r := i.Result(user); r != nil && query["expand"] == "grade" {
			one.Grade = new(showGrade(c, i, r))
		}
		shown = append(shown, one)
	}
	return studioAnswer("userGradebookItems", shown), nil
}
