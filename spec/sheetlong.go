package spec

import (
	"reflect"
	"strings"

	"github.com/gradesync/gradesync/spec/sheet"
)

// personKeys are the fields of a score that say whose it is.
var personKeys = []string{"userId", "email", "sourcedId"}

// spelled is a header as fields' names are compared: without case and blanks.
func spelled(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }

// hasPerson tells whether a header says who people are.
func hasPerson(cells []sheet.Cell) bool {
	for _, c := range cells {
		for _, key := range personKeys {
			if spelled(c.Text) == strings.ToLower(key) {
				return true
			}
		}
	}
	return false
}

// scoreFields are the columns that a long sheet may have, by their headers.
func scoreFields() map[string]column {
	fields, known := map[string]column{}, shapes{}
	score, submission := reflect.TypeFor[Score](), reflect.TypeFor[Submission]()
	for _, f := range known.of(score).fields {
		if score.Field(f.index).Type != submission {
			fields[strings.ToLower(f.key)] = column{key: f.key, rules: f.rules, field: []int{f.index}}
		}
	}
	within, _ := score.FieldByName("Submission")
	for _, f := range known.of(submission).fields {
		fields[strings.ToLower(f.key)] = column{key: f.key, rules: f.rules, field: append(within.Index[:1:1], f.index)}
	}
	return fields
}

// long reads a sheet of one line item, whose columns are the fields of a score.
func (t *table) long(item string) {
	t.item = item
	if !t.head(1, "userId", ", email or sourcedId", hasPerson) {
		return
	}
	before := len(t.errs)
	fields, seen := scoreFields(), map[string]Pos{}
	person := ""
	for i, c := range t.header {
		f, ok := fields[spelled(c.Text)]
		if !ok {
			continue
		}
		col := t.column(i, f.key)
		col.rules, col.field = f.rules, f.field
		first, again := seen[f.key]
		isPerson := len(f.field) == 1 && (f.key == "userId" || f.key == "email" || f.key == "sourcedId")
		switch {
		case again:
			t.errorf(col.at, "rename one of them in the sheet", "the column %s is already at %s", quote(f.key), first)
			continue
		case isPerson && person != "":
			t.errorf(col.at, "keep one of them in the sheet", "the column %s says who people are, and so does %s at %s", quote(f.key), quote(person), seen[person])
		case isPerson:
			person, t.by, t.user = f.key, f.key, col
		default:
			t.columns = append(t.columns, col)
		}
		seen[f.key] = col.at
	}
	if len(t.columns) == 0 && len(t.errs) == before {
		t.errorf(t.user.at, "add scoreGiven, or comment", "no column says anything of a score")
	}
	t.notUsed("field of a score")
	t.rows()
}
