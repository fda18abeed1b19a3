package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
)

// grade is what a POST or PUT of LearningStudio says of a grade. What it leaves
// out is blank, and blank is what the stored one becomes.
type grade struct {
	id       int64 // 0 for none
	student  string
	points   *float64
	letter   string
	comments string
	shared   bool
}

// gradeID is the number of a person's grade in a column: the same one whatever
// becomes of the grade, and small enough for a float64.
func gradeID(course string, item int, user string) int64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "grade of %s in item %d of course %s", user, item, course))
	return 1_000_000_000 + int64(binary.BigEndian.Uint64(sum[:8])>>14)
}

// addGrade is LearningStudio's POST: only where there is no grade yet, not even
// one that an instructor has emptied.
func (r rules) addGrade(st *State, course string, number int, g grade) (*State, error) {
	return st.withLineItem(course, number, func(c *Course, item *LineItem) error {
		if err := r.enrolled(c, g.student); err != nil {
			return err
		}
		if item.Result(g.student) != nil {
			return refuse(studioRefused, "A grade exists already.")
		}
		if err := r.admit(st, c, g.student); err != nil {
			return err
		}
		r.write(item, Result{UserID: g.student}, g)
		return nil
	})
}

// changeGrade is its PUT: only where there is a grade, and with that grade's id.
func (r rules) changeGrade(st *State, course string, number int, g grade) (*State, error) {
	return st.withLineItem(course, number, func(c *Course, item *LineItem) error {
		old, err := r.existing(c, item, g.student)
		if err != nil {
			return err
		}
		if g.id != gradeID(course, number, g.student) {
			return refuse(studioRefused, "The id is not that of this grade.")
		}
		r.write(item, *old, g)
		return nil
	})
}

func (r rules) write(item *LineItem, cell Result, g grade) {
	cell.Score, cell.Maximum, cell.Overridden = g.points, 0, false
	cell.Comment, cell.LetterGrade, cell.ShareWithStudent = g.comments, g.letter, g.shared
	cell.Timestamp = r.now.UTC()
	item.Results = put(item.Results, &cell, (*Result).key)
}

// deleteGrade leaves nothing of a grade; the next is a first one.
func (r rules) deleteGrade(st *State, course string, number int, user string) (*State, error) {
	return st.withLineItem(course, number, func(c *Course, item *LineItem) error {
		if _, err := r.existing(c, item, user); err != nil {
			return err
		}
		item.Results = keep(item.Results, func(cell *Result) bool { return cell.UserID != user })
		return nil
	})
}

// emptyGrade is an instructor's removal of a grade: its id stays, all that it
// says is blank.
func (r rules) emptyGrade(st *State, course string, number int, user string) (*State, error) {
	return st.withLineItem(course, number, func(c *Course, item *LineItem) error {
		old, err := r.existing(c, item, user)
		if err != nil {
			return err
		}
		cell := *old
		cell.Score, cell.Maximum, cell.Comment, cell.LetterGrade = nil, 0, "", ""
		cell.Changed = r.now.UTC()
		item.Results = put(item.Results, &cell, (*Result).key)
		return nil
	})
}

func (r rules) existing(c *Course, item *LineItem, user string) (*Result, error) {
	if err := r.enrolled(c, user); err != nil {
		return nil, err
	}
	if cell := item.Result(user); cell != nil {
		return cell, nil
	}
	return nil, refuse(http.StatusNotFound, noGrade)
}

// enrolled refuses whom a closed course does not know; an open one takes
// everyone.
func (r rules) enrolled(c *Course, user string) error {
	if m := c.Member(user); c.Closed && (m == nil || m.Status == "Deleted") {
		return refuse(http.StatusNotFound, noUser)
	}
	return nil
}
