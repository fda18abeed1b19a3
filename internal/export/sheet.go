package export

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/spec"
)

// sheet is a CSV file and the Scores document that says what it is of.
type sheet struct {
	file    string
	context string
	doc     spec.Scores
	rows    [][]string // the header first
	cells   []cellOf   // what is in it, to see whether all of it is read
}

// cellOf is a person's score in a sheet.
type cellOf struct {
	id, user  string // the line item's id
	key, name string // as the documents call them
	byUserID  bool   // name is the user id
}

// text is the sheet as CSV (RFC 4180, UTF-8 without a mark, LF).
func (s *sheet) text() []byte {
	var out bytes.Buffer
	for _, row := range s.rows {
		for i, text := range row {
			if i > 0 {
				out.WriteByte(',')
			}
			if strings.ContainsAny(text, ",;\t\"\r\n") { // the ; too: nobody shall take it for what parts cells
				text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
			}
			out.WriteString(text)
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// splits are the signs at which a spreadsheet that parts cells at other ones
// than the comma would split a quoted cell.
const splits = ";\t\n"

// guard keeps a spreadsheet from taking a cell for a formula: a no-break space,
// which spreadsheets take for a letter. An apostrophe would be part of the
// value; blanks around a cell are not, and this is one.
const guard = "\u00a0"

// safe is a text as a cell that no spreadsheet obeys and that reads back as it
// is; ok is false where there is none.
func safe(s string) (text string, ok bool) {
	if !utf8.ValidString(s) || s == "" || strings.TrimSpace(s) != s || len(s) > most {
		return "", false
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\t' && r != '\n' {
			return "", false
		}
	}
	for rest := s; ; {
		i := strings.IndexAny(rest, splits)
		if i < 0 {
			break
		}
		if rest = rest[i+1:]; escape.Formula(rest) {
			return "", false
		}
	}
	if escape.Formula(s) {
		return guard + s, true
	}
	return s, true
}

// header is a cell for a line item's key. It may differ from the key: the
// document says whose it is where it does.
func header(key string) string {
	s := strings.Join(strings.Fields(escape.Line(key)), " ")
	s = strings.NewReplacer(";", ",", `"`, "'").Replace(s)
	if escape.Formula(s) {
		s = guard + s
	}
	return s
}

// points is a number that is sound, as documents and sheets hold it.
func points(f float64) string {
	v, _ := kept(f)
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// sound tells whether documents and sheets can hold a number of points.
func sound(f float64) bool {
	_, ok := kept(f)
	return ok
}

// kept is a number of as many digits as documents keep. None is below 0 or
// infinite, and none is so small, or so near to the largest, that a digit is lost.
func kept(f float64) (v float64, ok bool) {
	v, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	return math.Abs(v), err == nil && !math.IsInf(v, 0) && (f == 0 || v >= 0x1p-1022)
}
