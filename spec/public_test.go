package spec

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// In a public log no error says anything of a person, wherever in a person's
// row the slip is, and what is said of columns stays whole.
func TestPublic(t *testing.T) {
	const head = "apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: b}\ncontexts: [{name: s}]\nlineItems:\n  - resourceId: hw1\n    label: A\n    scoreMaximum: 5\n"
	const tail = "---\napiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: p}\nsandbox: {}\n"
	for name, text := range map[string]string{
		"a wrong value":        head + "    scores:\n      - {userId: canary, scoreGiven: canary}\n" + tail,
		"twice":                head + "    scores:\n      - {userId: canary, scoreGiven: 1}\n      - {userId: canary, scoreGiven: 2}\n" + tail,
		"in block style":       head + "    scores:\n      - userId: canary\n        scoreGiven: canary\n        comment: |\n          canary\n          canary\n        scoreGiven: 1\n" + tail,
		"the list misspelt":    head + "    scors: [{userId: canary, scoreGiven: 1}]\n" + tail,
		"the list given twice": head + "    scores: []\n    scores: [{userId: canary, scoreGiven: 1}]\n" + tail,
		"no list":              head + "    scores: canary\n" + tail,
		"a broken row":         head + "    scores:\n      - {userId: canary, scoreGiven: \"1}\n" + tail,
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
	require.Contains(t, errs.Public().Error(), "9 |     lable: B")
}
