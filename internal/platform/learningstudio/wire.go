package learningstudio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// text is a string, or a number as it is written; null is "".
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	switch raw[0] {
	case 'n':
		*t = ""
		return nil
	case '"':
		return json.Unmarshal(raw, (*string)(t))
	case '{', '[', 't', 'f':
		return errors.New("found something else where a text or number belongs")
	}
	*t = text(raw)
	return nil
}

// id is a text that names something. A whole number has one form, however it is
// written, so that one person is not two.
type id string

// maxExponent is more digits than any id has, and few enough to be written out.
const maxExponent = 64

func (i *id) UnmarshalJSON(raw []byte) error {
	var t text
	if err := t.UnmarshalJSON(raw); err != nil {
		return err
	}
	*i = id(t)
	if raw[0] == '"' || raw[0] == 'n' {
		return nil
	}
	_, exponent, _ := strings.Cut(strings.ToLower(string(t)), "e")
	if e, err := strconv.Atoi(exponent); exponent != "" && (err != nil || max(e, -e) > maxExponent) {
		return errors.New("found a number that is no id")
	}
	n, ok := new(big.Rat).SetString(string(t))
	if !ok || !n.IsInt() {
		return errors.New("found a number that is no id")
	}
	*i = id(n.Num().String())
	return nil
}

// number is a number, or a string that holds one; null and blank are nil.
type number struct{ value *float64 }

func (n *number) UnmarshalJSON(raw []byte) error {
	var t text
	if err := t.UnmarshalJSON(raw); err != nil {
		return err
	}
	s := strings.TrimSpace(string(t))
	n.value = nil
	if s == "" {
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	// ParseFloat takes much that is no number of JSON: inf, 0x1p-2.
	if err != nil || !json.Valid([]byte(s)) {
		return errors.New("found a text where a number belongs")
	}
	n.value = &f
	return nil
}

// or is the number, or what stands for none.
func (n number) or(none float64) float64 {
	if n.value == nil {
		return none
	}
	return *n.value
}

// item is a gradebook item.
type item struct {
	ID         id              `json:"id"`
	Title      text            `json:"title"`
	Points     number          `json:"pointsPossible"`
	IsIncluded json.RawMessage `json:"isIncludedInGrade"`
	IsExtra    json.RawMessage `json:"isExtraCredit"`
	Links      []link          `json:"links"`
}

type link struct {
	Href text `json:"href"`
	Rel  text `json:"rel"`
}

// grade is a grade as it is shown.
type grade struct {
	ID       json.RawMessage `json:"id"` // goes back as it came
	Points   number          `json:"points"`
	Letter   text            `json:"letterGrade"`
	Comments text            `json:"comments"`
	Share    *bool           `json:"shareWithStudent"`
	Student  struct {
		ID    id     `json:"id"`
		Links []link `json:"links"`
	} `json:"gradedStudent"`
}

// hasID tells whether there is something to change it by.
func (g *grade) hasID() bool { return len(bytes.Trim(g.ID, `" `)) > 0 && string(g.ID) != "null" }

// removed tells of the shell of a grade that an instructor took away.
func (g *grade) removed() bool {
	return g.Points.value == nil && blank(string(g.Letter)) && blank(string(g.Comments))
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// person is somebody of the roster, or of the students.
type person struct {
	ID        id   `json:"id"`
	RoleType  text `json:"roleType"`
	FirstName text `json:"firstName"`
	LastName  text `json:"lastName"`
	Email     text `json:"emailAddress"`
}

// decode reads an answer.
func decode(body []byte, into any) error {
	body = bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\xef\xbb\xbf"))
	switch {
	case len(body) == 0:
		return errors.New("the answer is empty where JSON was expected")
	case body[0] == '<':
		return errHTML
	case body[0] != '{':
		return errors.New("the answer is no JSON object")
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", unreadable(err))
	}
	return nil
}

// unreadable leaves what the platform wrote out of an error of encoding/json.
func unreadable(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Errorf("%s is of another kind than expected", kind.Field)
	case errors.As(err, &syntax):
		return fmt.Errorf("it is not JSON at byte %d", syntax.Offset)
	}
	return err
}
