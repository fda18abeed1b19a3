package spec

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// In a public log no error says anything of a person, wherever in a person's
// row the slip is, and what is said of columns stays whole.
func TestPublic(t *testing.T) {
	const head = "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: b}\ncontexts: [{name: s}]\nlineItems:\n  - resourceId: hw1\n    label: A\n    scoreMaximum: 5\n"
	const ofNoContext = "---\napiVersion: gradesync.dev/v1\nkind: Scores\nmetadata: {name: x}\ngradebook: b\nlineItem: hw1\ncsv: x.csv\n"
	const tail = "---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: p}\nsandbox: {}\n"
	for name, text := range map[string]string{
		"a wrong value":        head + "    scores:\n      - {userId: canary, scoreGiven: canary}\n" + tail,
		"twice":                head + "    scores:\n      - {userId: canary, scoreGiven: 1}\n      - {userId: canary, scoreGiven: 2}\n" + tail,
		"in block style":       head + "    scores:\n      - userId: canary\n        scoreGiven: canary\n        comment: |\n          canary\n          canary\n        scoreGiven: 1\n" + tail,
		"the list misspelt":    head + "    scors: [{userId: canary, scoreGiven: 1}]\n" + tail,
		"the list given twice": head + "    scores: []\n    scores: [{userId: canary, scoreGiven: 1}]\n" + tail,
		"no list":              head + "    scores: canary\n" + tail,
		"a broken row":         head + "    scores:\n      - {userId: canary, scoreGiven: \"1}\n" + tail,
		"an unknown anchor":    head + "    scores:\n      - {userId: *canary, scoreGiven: 1}\n" + tail,
		"a circle":             head + "    scores: &canary [*canary]\n" + tail,
		"a list in a list":     head + "    scores: [[canary]]\n" + tail,
		"cut short":            head + "    scores:\n      - {userId: \"canary " + strings.Repeat("é\\\"", 60) + "\", scoreGiven: 1, activityProgress: \"canary \\\" canary\"}\n" + tail,
		"the second of lists":  head + "    scores: [{userId: a, scoreGiven: 1}]\n  - {label: B, scoreMaximum: 1, scores: [{userId: b, scoreGiven: canary}]}\n" + tail,
		"names of platforms":   head + strings.Replace(tail, "name: p", "name: canary", 1) + tail,
		"names of contexts":    strings.Replace(head, "{name: s}", "{name: s}, {name: canary}", 1) + tail + ofNoContext,
		"a row too high":       strings.Replace(head, "lineItems:", "lineItems:\n  - {userId: canary@example.edu, scoreGiven: 12, comment: canary}", 1) + tail,
		"a row in a label":     strings.Replace(head, "label: A", "label: [canary, {userId: canary, scoreGiven: 3}]", 1) + tail,
		"a map of people":      head + tail + "---\napiVersion: gradesync.dev/v1\nkind: Scores\ncanary@example.edu: 17\n",
		"a tab":                head + "    scores:\n\t- {userId: canary, scoreGiven: 1}\n" + tail,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(Bytes("b.yaml", []byte(text)))
			var errs Errors
			require.True(t, errors.As(err, &errs))
			require.Contains(t, err.Error(), "canary", "the case shows what is to be hidden")
			require.NotContains(t, errs.Public().Error(), "canary")
			require.Contains(t, errs.Public().Error(), "b.yaml:", "the place stays")
		})
	}
	_, err := Load(Bytes("b.yaml", []byte(head+"    lable: B\n"+tail)))
	var errs Errors
	require.True(t, errors.As(err, &errs))
	require.Contains(t, errs.Public().Error(), "unknown key \"lable\"")
	require.NotContains(t, errs.Public().Error(), "9 |", "no line, for it may hold anything")
}

func TestPublicWords(t *testing.T) {
	row := &Error{Pos: at(4, 1), Message: `"userId" is "Ann \"A\" Lee", not "7"`, Hint: `known: "Ann", "Bo", "scoreGiven"`, Header: "Ann", Line: "Ann", Caret: "^~~"}
	was := *row
	public := &Error{Pos: at(4, 1), Message: `"userId" is "…", not "…"`, Hint: `known: "…", "scoreGiven"`}
	require.Equal(t, public, row.Public())
	require.Equal(t, was, *row, "the mistake itself stays as it is")
	require.Equal(t, Errors{public, public}, Errors{row, row}.Public())

	const hint = `did you mean "label"? allowed: label`
	for name, test := range map[string]struct {
		Error
		want string
	}{
		"a slip":          {Error{Message: `unknown key "lable" in a line item`, Hint: hint}, `unknown key "lable" in a line item`},
		"near nothing":    {Error{Message: `unknown key "qzana" in a line item`, Hint: "allowed: label"}, `unknown key "…" in a line item`},
		"an address":      {Error{Message: `unknown key "l@bel" in a line item`, Hint: hint}, `unknown key "…" in a line item`},
		"among persons":   {Error{Message: `unknown key "lable" in a score`, Hint: hint, Personal: true}, `unknown key "…" in a score`},
		"a value":         {Error{Message: `unknown kind "Gradebok"`, Hint: `did you mean "Gradebook"? allowed: Gradebook`}, `unknown kind "…"`},
		"a word of hints": {Error{Message: `merge keys ("<<") are not supported`}, `merge keys ("<<") are not supported`},
		"a file's quote":  {Error{Message: Pos{File: InFile(`a"b`)}.String() + ` has "qz"`}, `"…" has "…"`},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, test.Public().Message) })
	}
}

// TestPersonalLines has spans as they come: within each other, side by side,
// out of order, and a file that was not read to its end.
func TestPersonalLines(t *testing.T) {
	f, _, _ := newFile("x.yaml", 0, []byte(strings.Repeat("a\n", 29)+"scores: x\nb\n"))
	f.personal = []span{{20, 21}, {2, 9}, {3, 4}, {9, 10}, {12, 12}}
	f.settle()
	lines := func() (all []int) {
		for line := range 35 {
			if f.speaksOfPersons(line) {
				all = append(all, line)
			}
		}
		return all
	}
	require.Equal(t, []int{2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20, 21}, lines())
	f.unread = true
	f.settle()
	require.Equal(t, []int{2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20, 21, 30, 31, 32, 33, 34}, lines())
}
