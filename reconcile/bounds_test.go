package reconcile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// What a platform would fail at is a finding, in words that say what to do;
// what it forgets is a note, and no change.
func TestWhatAPlatformCannotHold(t *testing.T) {
	moodle := Capabilities{
		Comments: CommentReplace, Decimals: 5, Clamps: true,
		Fields: map[string]Keeping{"resourceLinkId": LostByPut, "endDateTime": NotKept, "extensions": NotKept},
		Bounds: Bounds{Label: 10, Tag: 5, MaximumBelow: 100_000, NumericIDs: true},
	}
	studio := Capabilities{
		Comments: CommentReplace, FixedColumns: "made elsewhere", NoProgress: true, Letters: true,
		Fields: map[string]Keeping{"label": KeptFromCreate, "tag": NotKept},
	}
	live := []plan.LineItem{{ID: "1", ResourceID: "old", Label: "Old", ScoreMaximum: 10, ResourceLinkID: "7"}}
	for _, tc := range []struct {
		name, files     string
		caps            Capabilities
		findings, notes []string
		actions         []plan.Action
	}{
		{
			name: "a create that is too much in every way", caps: moodle,
			files: `
  - {resourceId: a, label: A label of many words, tag: homework, scoreMaximum: 100000, resourceLinkId: seven, scores: [{userId: "1", scoreGiven: 1}, {userId: u2, scoreGiven: 1}, {userId: u3, scoreGiven: 1}]}`,
			findings: []string{
				"a: label has 21 characters, and this platform fails at more than 10",
				"a: scoreMaximum is 100000, and this platform fails at 100000 and more",
				"a: tag has 8 characters, and this platform fails at more than 5",
				"a: resourceLinkId is no number in its plain form, such as 28 (not 028 or +28), and this platform knows no other ids",
				"a: userId is no number in its plain form, such as 28 (not 028 or +28), and this platform knows no other ids (2 rows, this is the first)",
			},
			actions: []plan.Action{plan.Create},
		},
		{
			name: "what is forgotten", caps: moodle,
			files: `
  - {resourceId: old, label: Old, scoreMaximum: 10, endDateTime: 2026-01-01T00:00:00Z, extensions: {"https://x.example/a": 1}}`,
			notes: []string{"old: this platform does not keep endDateTime, https://x.example/a: not compared"},
		},
		{
			name: "a change that costs the link", caps: moodle,
			files: `
  - {resourceId: old, label: New, scoreMaximum: 10}`,
			notes:   []string{"old: the platform takes resourceLinkId away with this change"},
			actions: []plan.Action{plan.Update},
		},
		{
			name: "a link that cannot come back", caps: moodle,
			files: `
  - {resourceId: old, label: Old, scoreMaximum: 10, resourceLinkId: "8"}`,
			notes: []string{"old: the platform takes resourceLinkId away with every change of the column, so it cannot be put back"},
		},
		{
			name: "a link that is fixed", caps: Capabilities{Comments: CommentAppend, Fields: map[string]Keeping{"resourceLinkId": KeptFromCreate}},
			files: `
  - {resourceId: old, label: Old, scoreMaximum: 10, resourceLinkId: "8"}`,
			findings: []string{`old: resourceLinkId is "7", and this platform does not change it to "8"`},
		},
		{
			name: "labels of the platform's own", caps: Capabilities{Comments: CommentReplace, Fields: map[string]Keeping{"label": NotKept}},
			files: `
  - {label: Unknown, scoreMaximum: 10}
  - {resourceId: old, label: Other, scoreMaximum: 10}`,
			findings: []string{"Unknown: this platform replaces labels by its own, so a line item without a resourceId would not be found again, and created in every run"},
			notes:    []string{"Unknown: this platform does not keep label: not compared", "old: this platform does not keep label: not compared"},
			actions:  []plan.Action{plan.Create},
		},
		{
			name: "columns that only people make", caps: studio,
			files: `
  - {key: gone, resourceId: old, label: Old, scoreMaximum: 10, absent: true}
  - {label: New, scoreMaximum: 10, tag: t, scores: [{userId: "1", scoreGiven: 1}]}`,
			findings: []string{
				"gone: this platform lets no tool delete a column",
				`New: no column of this course has the label "New", and this platform lets no tool make a column`,
			},
		},
		{
			name: "a renamed column that only people rename", caps: studio,
			files: `
  - {key: k, id: "1", label: New, scoreMaximum: 12, tag: t, scores: [{userId: "1", scoreGiven: 1, gradingProgress: Pending}, {userId: "2", scoreGiven: 1, activityProgress: Submitted}]}`,
			findings: []string{
				`k: label is "Old", and this platform does not change it to "New"`,
				"k: a score that is not FullyGraded would count as one here: this platform knows no progress",
			},
			notes: []string{
				"k: this platform does not keep tag: not compared",
				"k: this platform has no place for progress, submission times and the scoring user (2 rows, this is the first)",
			},
			actions: []plan.Action{plan.Update},
		},
		{
			name: "letters where there are none", caps: moodle,
			files: `
  - {resourceId: old, label: Old, scoreMaximum: 10, scores: [{userId: "1", scoreGiven: 1, letterGrade: A}, {userId: "2", scoreGiven: 1, shareWithStudent: false}]}`,
			findings: []string{"old: letterGrade and shareWithStudent are LearningStudio's, and this platform has no place for them (2 rows, this is the first)"},
			actions:  []plan.Action{plan.Keep},
		},
		{
			name: "whole maximums and names", caps: Capabilities{Comments: CommentReplace, Bounds: Bounds{WholeMaximum: true, NeedsResourceID: true}},
			files: `
  - {label: Nameless, scoreMaximum: 7.5}
  - {resourceId: old, label: Old, scoreMaximum: 10.0}`,
			findings: []string{
				"Nameless: scoreMaximum is 7.5, and this platform takes whole numbers only",
				"Nameless: this platform takes no line item without a resourceId",
			},
			actions: []plan.Action{plan.Create},
		},
		{
			name: "within bounds", caps: moodle,
			files: `
  - {resourceId: a, label: Ten letter, tag: short, scoreMaximum: 99999, resourceLinkId: "12", scores: [{userId: "1", scoreGiven: 1}]}`,
			actions: []plan.Action{plan.Create},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Decide(guarded(t, "{}", "{}", strings.TrimPrefix(tc.files, "\n")), &Observed{Listing: Listing{Items: live, Proven: true}}, tc.caps, Options{})
			var findings, notes []string
			for _, f := range got.Findings {
				require.NotEmpty(t, f.Hint, f.Message)
				require.NotEmpty(t, f.Where, f.Message)
				findings = append(findings, f.Key+": "+f.Message)
			}
			for _, n := range got.Notes {
				notes = append(notes, n.Key+": "+n.Message)
			}
			var actions []plan.Action
			for i := range got.Items {
				actions = append(actions, got.Items[i].Action)
			}
			require.Empty(t, cmp.Diff(tc.findings, findings))
			require.Empty(t, cmp.Diff(tc.notes, notes))
			require.Empty(t, cmp.Diff(tc.actions, actions))
		})
	}
}

// A platform takes 028 for 28, so only one form may name a person.
func TestNumericIsOneForm(t *testing.T) {
	for text, want := range map[string]bool{
		"28456671": true, "1": true, "028456671": false, "+28": false, "-28": false, "0": false, "": false, "28.0": false, "2e1": false,
		" 28": false, "٢٨": false, "99999999999999999999": false,
	} {
		require.Equal(t, want, numeric(text), "%q", text)
	}
}

// Comments are decided by what can be seen of them and what sending them does.
func TestCommentModes(t *testing.T) {
	live := &Observed{
		Listing: Listing{Items: []plan.LineItem{{ID: "1", ResourceID: "hw", Label: "HW", ScoreMaximum: 10}}, Proven: true},
		Results: map[string]map[string]plan.Grade{"1": {"a": grade(5, 10, "Old"), "b": grade(5, 10, "Old"), "c": grade(5, 10, "Old")}},
	}
	const files = `  - resourceId: hw
    label: HW
    scoreMaximum: 10
    scores: [{userId: a, scoreGiven: 5, comment: New}, {userId: b, scoreGiven: 6}, {userId: c, comment: Only}]
`
	for mode, want := range map[CommentMode][]string{
		CommentReplace:    {"a post New keeps false held 0", "b post Old keeps true held 0", "c post Only keeps false held 0"},
		CommentAppend:     {"a post New keeps false held 0", "b post Old keeps true held 0", "c post Only keeps false held 0"},
		CommentUnreadable: {"b post Old keeps true held 1"},
		CommentNone:       {"b post Old keeps true held 0"},
	} {
		got := Decide(guarded(t, "{}", "{}", files), live, Capabilities{Comments: mode}, Options{})
		var rows []string
		for i := range got.Items {
			for _, s := range got.Items[i].Scores {
				keeps, held := "false", "0"
				if s.KeepsComment {
					keeps = "true"
				}
				if len(s.Held) > 0 {
					held = "1"
				}
				rows = append(rows, s.UserID+" "+string(s.Action)+" "+s.After.Comment+" keeps "+keeps+" held "+held)
			}
		}
		require.Empty(t, cmp.Diff(want, rows), "%s", mode)
	}
}
