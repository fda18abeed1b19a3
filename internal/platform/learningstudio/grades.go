package learningstudio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
)

// results reads the grades of a gradebook item, of everyone who has one.
func (p *Platform) results(ctx context.Context, id string) ([]plan.Result, error) {
	possible, listed := p.scales.take(id)
	if !listed {
		i, err := p.item(ctx, id)
		if err != nil {
			return nil, err
		}
		possible = i.Points.or(0)
	}
	return list(ctx, p.client, call{op: "read grades", path: p.in("gradebookItems", id, "grades")}, listing[plan.Result]{
		member: "grades", most: maxGrades,
		decode: func(raw json.RawMessage) (plan.Result, int, error) { return decodeGrade(raw, possible) },
	})
}

func decodeGrade(raw json.RawMessage, possible float64) (plan.Result, int, error) {
	var g grade
	if err := decode(raw, &g); err != nil {
		return plan.Result{}, 0, err
	}
	user := g.owner()
	if user == "" {
		return plan.Result{}, 0, errors.New("a grade is nobody's")
	}
	cost := agsclient.Result{UserID: user, Comment: string(g.Comments)}.Cost() + len(g.Letter)
	return plan.Result{UserID: user, Grade: g.shown(possible)}, cost, nil
}

// owner is whose grade it is.
func (g *grade) owner() string {
	if g.Student.ID != "" {
		return string(g.Student.ID)
	}
	for _, l := range g.Student.Links {
		if id := after(string(l.Href), "users"); id != "" {
			return id
		}
	}
	return ""
}

// shown translates. What an instructor took away is no grade.
func (g *grade) shown(possible float64) plan.Grade {
	if g.removed() {
		return plan.Grade{}
	}
	out := plan.Grade{ScoreGiven: g.Points.value, Comment: string(g.Comments), LetterGrade: string(g.Letter), ShareWithStudent: g.Share}
	if out.ScoreGiven != nil {
		out.ScoreMaximum = possible
	}
	return out
}

// gradeBody is a grade as it is written. What is nil is not sent.
type gradeBody struct {
	Grade struct {
		ID       json.RawMessage `json:"id,omitempty"`
		Points   json.RawMessage `json:"points,omitempty"`
		Letter   *string         `json:"letterGrade,omitempty"`
		Comments *string         `json:"comments,omitempty"`
		Share    *bool           `json:"shareWithStudent,omitempty"`
	} `json:"grade"`
}

// cell is one person's place in a column.
func (p *Platform) cell(op, method, id, user string) call {
	return call{op: op, method: method, user: user, private: []string{user},
		path: append([]string{"users", user}, p.in("gradebookItems", id, "grade")...)}
}

// grade reads what one person has; nil is no grade.
func (p *Platform) grade(ctx context.Context, id, user string) (*grade, error) {
	r := p.cell("read grade", http.MethodGet, id, user)
	a, err := p.client.do(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case a.noGrade():
		return nil, nil
	case !a.ok():
		return nil, a.refusal
	}
	var wire struct {
		Grade *grade `json:"grade"`
	}
	err = decode(a.body, &wire)
	switch {
	case err != nil:
	case wire.Grade == nil:
		err = errors.New("the answer holds no grade")
	case wire.Grade.owner() != "" && wire.Grade.owner() != user:
		err = errors.New("the answer holds another person's grade")
	case !wire.Grade.hasID():
		err = errors.New("the grade has no id to change it by")
	default:
		return wire.Grade, nil
	}
	return nil, p.client.unread(r, http.StatusOK, err)
}
