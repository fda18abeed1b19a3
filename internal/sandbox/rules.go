package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gradesync/gradesync/internal/quirk"
)

// rules are what a platform does with what it is sent: as the specifications
// say, bent by its habits. They are pure: they make a new State from an old one,
// and know no other time than now. What they are handed to edit is a shallow
// copy: its fields may be set, what they point to must be replaced.
type rules struct {
	habits
	now time.Time
}

func (r rules) addCourse(st *State, id string) *State {
	if st.Courses[id] != nil {
		return st
	}
	links := []string{"rl-1", "rl-2", "rl-3", "rl-4", "rl-5"}
	if r.has(quirk.NumericIDs) {
		links = []string{"1", "2", "3", "4", "5"}
	}
	return st.with(id, &Course{
		ResourceLinks: links,
		NextLineItem:  1,
		LineItems:     []*LineItem{},
		Members:       r.beginners(),
	})
}

// newcomers is how many students a new course has where strangers cannot be
// graded: somebody must be.
const newcomers = 20

// beginners are who is in a new course: nobody where whoever is graded is
// enrolled by that; else the students 1 to 20, of whom the last has left and
// the one before shows no email, and a teacher.
func (r rules) beginners() []*Member {
	members := []*Member{}
	if !r.closes() {
		return members
	}
	for n := range newcomers {
		id := strconv.Itoa(n + 1)
		m := Member{UserID: id, Name: "Student " + id, Email: "student" + id + "@example.edu"}
		switch n + 1 {
		case newcomers - 1:
			m.Email = ""
		case newcomers:
			m.Status = "Inactive"
		}
		members = put(members, new(m.withDefaults()), (*Member).key)
	}
	teacher := Member{UserID: "100", Name: "Teacher", Email: "teacher@example.edu", Roles: []string{contextRole + "Instructor"}}
	return put(members, new(teacher.withDefaults()), (*Member).key)
}

// closes tells whether nobody can be graded but who is enrolled.
func (r rules) closes() bool {
	return r.has(quirk.Strangers400) || r.has(quirk.Strangers403) || r.has(quirk.Strangers404) || r.has(quirk.Strangers422)
}

func (st *State) with(id string, c *Course) *State {
	next := *st
	next.Courses = maps.Clone(st.Courses)
	next.Courses[id] = c
	return &next
}

func (st *State) withCourse(id string, edit func(*Course) error) (*State, error) {
	old, err := st.course(id)
	if err != nil {
		return nil, err
	}
	c := *old
	if err := edit(&c); err != nil {
		return nil, err
	}
	return st.with(id, &c), nil
}

func (st *State) withLineItem(course string, number int, edit func(*Course, *LineItem) error) (*State, error) {
	return st.withCourse(course, func(c *Course) error {
		old, err := c.lineItem(number)
		if err != nil {
			return err
		}
		item := *old
		if err := edit(c, &item); err != nil {
			return err
		}
		c.LineItems = put(c.LineItems, &item, (*LineItem).key)
		return nil
	})
}

func (st *State) course(id string) (*Course, error) {
	if c := st.Courses[id]; c != nil {
		return c, nil
	}
	return nil, refuse(http.StatusNotFound, "there is no such course")
}

func (c *Course) lineItem(number int) (*LineItem, error) {
	if i := c.LineItem(number); i != nil && !i.Hidden {
		return i, nil
	}
	return nil, refuse(http.StatusNotFound, "there is no such line item")
}

// put returns a copy of an ordered list with one in it, in place of the one of
// the same key.
func put[T any](list []*T, one *T, key func(*T) string) []*T {
	at, there := slices.BinarySearchFunc(list, key(one), func(o *T, k string) int { return strings.Compare(key(o), k) })
	next := slices.Clone(list)
	if there {
		next[at] = one
		return next
	}
	return slices.Insert(next, at, one)
}
