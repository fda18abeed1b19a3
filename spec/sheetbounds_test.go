package spec

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func loadSheet(text string) (*Documents, error) {
	return Load(Bytes("-", []byte(byEmail+matrixOf)).Beside(fstest.MapFS{"g.csv": {Data: []byte(text)}}))
}

// A sheet of very many lines is refused before anything is kept of them.
func TestSheetOfLines(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	for name, text := range map[string]string{
		"empty lines": strings.Repeat("\n", maxSheet), "old Mac": strings.Repeat("\r", maxSheet), "CRLF": strings.Repeat("\r\n", maxSheet/2),
		"quotes": strings.Repeat("'\"\n", maxSheet/3), "blank rows": "Email,hw1\n" + strings.Repeat(",\n", maxSheet/3),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := loadSheet(text)
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, `"csv": "g.csv" cannot be read: more than 2097152 lines`)
			// It took 1.2 GB once. The race detector takes a part more of its own.
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*maxSheet))
		})
	}
	docs, err := loadSheet("Email,hw1\r\n" + strings.Repeat("\r\n", 1_000_000) + "ann@example.edu,5\r\n")
	require.NoError(t, err, "a CRLF is one line end")
	require.Equal(t, int32(1_000_002), docs.Gradebooks[0].Contexts[0].Scores["hw1"][0].Pos.Line)
	l := newLoader(false)
	l.lines = maxAllLines - 2
	l.file(content{name: "g.yaml", data: []byte(byEmail + matrixOf), in: folder{fs: fstest.MapFS{"g.csv": {Data: []byte("Email,hw1\n")}}, path: "."}})
	l.scores()
	require.NoError(t, l.finish())
	l.file(content{name: "h.yaml", data: []byte(strings.NewReplacer("{name: m}", "{name: n}", "g.csv", "h.csv").Replace(matrixOf)), in: folder{fs: fstest.MapFS{"h.csv": {Data: []byte("Email,hw1\n")}}, path: "."}})
	l.scores()
	require.ErrorContains(t, l.finish(), `"h.csv" cannot be read: with it the sheets of all documents have more than 4194304 lines`)
}

// Rows that name nobody may go down to the last row of a spreadsheet: they are
// footers, and mistakes if a person follows.
func TestFormulasToTheLastRow(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	text := "Email,hw1\nann@example.edu,5\n" + strings.Repeat(",0\n", 1_000_000)
	docs, err := loadSheet(text)
	require.NoError(t, err)
	require.Len(t, docs.Notes, 1)
	require.Contains(t, docs.Notes[0].Message, "rows below the last person, left alone: 1000000 (line 3, 4, 5,")
	require.Contains(t, docs.Notes[0].Message, "22 and 999980 more)")
	_, err = loadSheet(text + "bo@example.edu,6\n")
	var errs Errors
	require.True(t, errors.As(err, &errs))
	require.GreaterOrEqual(t, len(errs), maxErrors)
	require.Equal(t, "a row with scores that names no person", errs[0].Message)
}

func TestTooManySummaries(t *testing.T) {
	rows := func(n int) string { return "Email,hw1\nann@example.edu,5\n" + strings.Repeat("Total,5\n", n) }
	docs, err := loadSheet(rows(maxSummaries))
	require.NoError(t, err)
	require.Len(t, docs.Notes, 1)
	_, err = loadSheet(rows(maxSummaries + 1))
	require.ErrorContains(t, err, "g.csv:10003:1: too many rows are named like a summary (Average, Total)")
	_, err = loadSheet("Email,hw1" + strings.Repeat(",x", 998) + "\n" + strings.Repeat("Total"+strings.Repeat(",", 999)+"\n", maxSummaryCells/1000+1))
	require.ErrorContains(t, err, "g.csv:502:1: too many rows are named like a summary")
}

// Programs write more digits than can be kept.
func TestDigitsOfPoints(t *testing.T) {
	for cell, want := range map[string]float64{
		"33.333333333333336": 33.3333333333333, "66.66666666666667": 66.6666666666667, "0.30000000000000004": 0.3, "99.99999999999999999": 100,
		"100000000000000000": 1e17, "92.50000000000000000": 92.5, "0.1234567890123456789": 0.123456789012346, "123456789012345.67": 123456789012346,
	} {
		docs, err := loadSheet("Email,hw1\nann@example.edu," + cell + "\n")
		require.NoError(t, err, cell)
		require.Equal(t, want, docs.Gradebooks[0].Contexts[0].Scores["hw1"][0].ScoreGiven.Value, cell)
	}
	docs, err := loadSheet("Email;hw1\nann@example.edu;33,333333333333336\n")
	require.NoError(t, err)
	require.Equal(t, 33.3333333333333, docs.Gradebooks[0].Contexts[0].Scores["hw1"][0].ScoreGiven.Value)
	for cell, want := range map[string]string{
		"12345678901234567":  "the cell has more digits than can be kept",
		"1234567890123456.5": "the cell has more digits than can be kept",
		"0." + strings.Repeat("0", 400) + "1234567890123456": "the cell is a number too large or too small to be kept",
	} {
		_, err := loadSheet("Email,hw1\nann@example.edu," + cell + "\n")
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "quotes")
	}
	_, err = Load(Bytes("-", []byte(strings.Replace(byEmail, "hw1, scoreMaximum: 100", "hw1, scoreMaximum: 33.333333333333336", 1))))
	require.ErrorContains(t, err, "has more digits than can be kept", "YAML's rule stays")
}
