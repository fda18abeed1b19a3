package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// oddRows is all that deciding has to say of rows, each row on a line of its own.
const oddRows = `  - resourceId: hw
    label: HW
    scoreMaximum: 10
    scores:
      - {userId: u1, scoreGiven: 11}
      - {userId: u2, scoreGiven: 1, comment: "0"}
      - {userId: u3, scoreGiven: 2, comment: null}
      - {userId: u4, scoreGiven: 3, activityProgress: Submitted}
      - {userId: u5, scoreGiven: 4, gradingProgress: Pending}
      - {userId: u6, scoreGiven: 5, letterGrade: B}
      - {userId: u7, scoreGiven: 6}
      - {userId: "8", scoreGiven: 8.5, comment: new}
  - resourceId: new
    label: New
    scoreMaximum: 20
    tag: a tag that is too long
    scores:
      - {userId: u1, scoreGiven: 21}
      - {userId: u9, scoreGiven: 3, shareWithStudent: true}
`

// What is said of one person's row is marked, since where it stands tells whose
// it is, and forms for everybody leave that out. What is said of a line item is
// not: there the place helps.
func TestWhatIsSaidOfARowIsMarked(t *testing.T) {
	live := &Observed{
		Listing: Listing{Items: []plan.LineItem{{ID: "1", ResourceID: "hw", Label: "Old", ScoreMaximum: 10}}, Proven: true},
		Results: map[string]map[string]plan.Grade{"1": {"u3": grade(2, 10, "there"), "u7": grade(9, 10, ""), "8": grade(1, 10, "by hand")}},
	}
	said := map[string]bool{}
	for _, caps := range everyHabit() {
		for _, overrides := range []string{"", failOverrides} {
			w := guarded(t, "{}", "{}", oddRows)
			if overrides != "" {
				w.Base = guarded(t, "{}", "{}", strings.NewReplacer("label: HW", "label: Was", "u7, scoreGiven: 6", "u7, scoreGiven: 7").Replace(oddRows)).Items
				w.BaseName = "v1"
			}
			rows := rowLines(w)
			got := Decide(w, live, caps, Options{Overrides: overrides})
			check := func(where, message string, people []plan.Named, ofRow bool) {
				line := where[:max(0, strings.LastIndex(where, ":"))]
				require.Equal(t, rows[line], ofRow || len(people) > 0, "%s: %s", where, message)
				if ofRow {
					said[strings.TrimRight(strings.SplitN(message, " (", 2)[0], " ")] = true
				}
			}
			for _, f := range got.Findings {
				check(f.Where, f.Message, f.People, f.OfRow)
			}
			for _, n := range got.Notes {
				check(n.Where, n.Message, n.People, n.OfRow)
			}
		}
	}
	// A word that is said of a row and is not here has no test that it is marked.
	if d := cmp.Diff([]string{
		"a score above its maximum: legal, and some platforms cut it",
		"a score above its maximum: this platform cuts it to the maximum",
		"a score that is not FullyGraded would count as one here: this platform knows no progress",
		"comment was set by hand, and --overrides is fail",
		"letterGrade and shareWithStudent are LearningStudio's, and this platform has no place for them",
		"letterGrade was set by hand, and --overrides is fail",
		"scoreGiven was set by hand, and --overrides is fail",
		"scoreGiven was set by hand, and changed in the files, and --overrides is fail",
		"this platform has no place for progress, submission times and the scoring user",
		`this platform takes the comment "0" for none: not compared`,
		"this platform takes the comment out of the results; the student still reads it",
		"userId is no number in its plain form, such as 28",
	}, slices.Sorted(maps.Keys(said))); d != "" {
		t.Errorf("said of rows (-want +got):\n%s", d)
	}
}

// everyHabit is platforms with each habit that deciding speaks of.
func everyHabit() (out []Capabilities) {
	for _, comments := range []CommentMode{CommentReplace, CommentAppend, CommentUnreadable, CommentNone} {
		for bits := range 1 << 4 {
			c := Capabilities{
				Comments: comments, ZeroIsNoComment: bits&1 != 0, Clamps: bits&1 != 0, NoProgress: bits&2 != 0, Letters: bits&4 != 0,
				Bounds: Bounds{Tag: 5, NumericIDs: bits&8 != 0},
			}
			if bits&2 != 0 {
				c.FixedColumns = "made elsewhere"
			}
			out = append(out, c)
		}
	}
	return out
}

// rowLines are the places, as file:line, where a row of somebody stands.
func rowLines(w *Want) map[string]bool {
	out := map[string]bool{}
	for i := range w.Items {
		for k := range w.Items[i].Scores {
			at := w.Items[i].Scores[k].Pos
			out[fmt.Sprintf("%s:%d", at.File, at.Line)] = true
		}
	}
	return out
}
