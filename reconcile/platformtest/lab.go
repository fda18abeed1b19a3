package platformtest

import (
	"errors"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// Lab is an LMS with one course, seen from both sides: as the tool sees it,
// and as it is.
type Lab struct {
	Platform reconcile.Platform
	Clock    reconcile.Clock
	Settle   time.Duration // how long a write may take to show
	// People are user ids of students of the course, at least six; Stranger
	// is nobody of the course.
	People   []string
	Stranger string
	Links    []string // resourceLinkIds of the course that no column has, at least two
	LMS      LMS
	// Precision is how far a grade may be from what the files say, as a share
	// of the maximum; 0: 1/10000, for platforms whose rounding is not known.
	Precision float64
}

// LMS is the other side.
type LMS interface {
	// Truth is what it holds.
	Truth() Truth
	// Count is what the tool's requests came to so far.
	Count() Count
	// Do is an instructor's hand. ErrNoPlace says that this LMS has no place
	// for such a deed: the group ends there.
	Do(Deed) error
}

// ErrNoPlace is what an LMS says of a deed that cannot be done in it.
var ErrNoPlace = errors.New("this LMS has no place for that")

// Count counts requests.
type Count struct {
	Idle     int // changes of a column that were answered well and changed nothing
	Failures int // answers of 500 and above
	Stale    int // scores refused for their timestamps
}

// Truth is what an LMS holds, whatever its services show.
type Truth struct {
	Columns []Column
}

// Column is a column of the gradebook.
type Column struct {
	plan.LineItem
	Hidden bool // services do not show it
	Cells  map[string]Cell
}

// Cell is one student's.
type Cell struct {
	Score    *float64 // points
	Maximum  float64  // that Score is of
	Comments []string // what the student reads, the last one last
	Attempts int      // used up
}

// Deed is one thing that an instructor does by hand.
type Deed struct {
	New    *plan.LineItem // makes this column; all else of the deed is about a column that is there
	Column string         // its resourceId, else its label
	User   string         // whose cell; "" the column itself
	// Of a column.
	Tag, Extension string
	Maximum        float64 // without rescaling
	Attempts       int     // how many a student has
	Locked         bool
	// Of a cell.
	Score   *float64
	Comment string
	Clear   bool // takes the grade away
}
