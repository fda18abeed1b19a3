package reconcile

import (
	"slices"

	"github.com/gradesync/gradesync/spec"
)

// Rule is a line of the table of whose value a live one is, and so what becomes
// of the desired one (docs/base.md holds the table).
type Rule string

// Rules, in the order in which they are tried. The comment says what is done.
const (
	Unmanaged Rule = "unmanaged" // nothing: no file names it
	Released  Rule = "released"  // nothing: no file names it any more
	Same      Rule = "same"      // nothing: the LMS shows what the file wants
	NoBase    Rule = "no base"   // it is written, under limits: nobody knows whose the live value is
	Ours      Rule = "ours"      // it is written: the LMS shows what the files said
	New       Rule = "new"       // it is written: nothing is there, and the files asked for nothing before
	Cleared   Rule = "cleared"   // kept: what the files asked for was taken away by hand
	Overruled Rule = "override"  // kept: the LMS shows what no file said, and the files want what they wanted
	Conflict  Rule = "conflict"  // kept: the LMS shows what no file said, and the files changed it too
)

// byHand tells whether the live value is somebody's own, so that policy decides.
func (r Rule) byHand() bool { return r == Cleared || r == Overruled || r == Conflict }

// stated is a value that may not have been said.
type stated struct {
	said bool
	value
	pos      spec.Pos
	revision string
	// hidden: platforms need not show such a score, so that nothing there is no
	// sign of anything.
	hidden bool
}

// sides is what is known of one value from all sides.
type sides struct {
	desired stated // by the files as they are
	live    value
	at      stated   // by the files at the base
	later   []stated // by those of them that said something of it after that
	// rescaled: the files have changed the column's maximum since the base.
	rescaled bool
}

// hasBase tells whether the files said anything of it, then or later.
func (s *sides) hasBase() bool { return s.at.said || len(s.later) > 0 }

// ours tells whether the live value is one that the files said.
func (s *sides) ours() bool {
	if s.at.said && s.at.holds(s.live) {
		return true
	}
	for _, l := range s.later {
		if l.holds(s.live) {
			return true
		}
	}
	return false
}

// hides tells whether a revision said a score that need not show.
func (s *sides) hides() bool {
	return s.at.hidden || slices.ContainsFunc(s.later, func(l stated) bool { return l.hidden })
}

// judge finds the rule. It is pure, and the only place that knows the table.
func judge(s sides) Rule {
	switch {
	case !s.desired.said && s.hasBase():
		return Released
	case !s.desired.said:
		return Unmanaged
	case s.desired.holds(s.live):
		return Same
	case s.ours():
		return Ours
	case s.live.none && s.at.said && !s.hides(): // and was to be something
		return Cleared
	case s.live.none:
		return New
	case !s.hasBase():
		return NoBase
	case s.desired.none, s.at.said && s.at.holds(s.desired.value):
		return Overruled
	default:
		return Conflict
	}
}
