package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/plan"
)

// thenNow tells of fields of a live line item (Before) that were, or were to
// be, something else (After).
func thenNow(fields []plan.Field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = fmt.Sprintf("%s was %s and is %s now", f.Name, cut(shownValue(f.After)), cut(shownValue(f.Before)))
	}
	return strings.Join(parts, "; ")
}

// otherThan tells of fields that a line item has (Before) and that were to be
// something else (After).
func otherThan(fields []plan.Field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = fmt.Sprintf("%s was to be %s and is %s", f.Name, cut(shownValue(f.After)), cut(shownValue(f.Before)))
	}
	return strings.Join(parts, "; ")
}

func cut(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// thenNowGrade tells how a grade changed. Of a comment and a letter the words say
// no more than that they did: these are somebody's own, and stand in fields,
// which are hidden where others can read.
func (a *applier) thenNowGrade(was, is plan.Grade) (words string, fields []plan.Field) {
	var parts []string
	if !a.eq.points(is, was) || was.ScoreGiven != nil && is.ScoreGiven != nil && was.ScoreMaximum != is.ScoreMaximum {
		parts = append(parts, fmt.Sprintf("the grade was %s and is %s now", shownPoints(was), shownPoints(is)))
	}
	private := func(name, what, was, is string) {
		if was, is = unblank(was), unblank(is); was != is {
			parts = append(parts, "its "+what+" is another now")
			fields = append(fields, plan.Field{Name: name, Before: textOrNil(was), After: textOrNil(is)})
		}
	}
	if !a.eq.blind {
		private("comment", "comment", was.Comment, is.Comment)
	}
	private("letterGrade", "letter grade", was.LetterGrade, is.LetterGrade)
	if !sameFlag(was.ShareWithStudent, is.ShareWithStudent) {
		parts = append(parts, fmt.Sprintf("shareWithStudent was %s and is %s now", shownFlag(was.ShareWithStudent), shownFlag(is.ShareWithStudent)))
	}
	if len(parts) == 0 {
		return "the grade is another now", fields
	}
	return strings.Join(parts, "; "), fields
}

// thenNowWhole is all of it in words, for those alone who may see people.
func (a *applier) thenNowWhole(was, is plan.Grade) string {
	words, fields := a.thenNowGrade(was, is)
	for _, f := range fields {
		words += fmt.Sprintf("; %s was %s and is %s now", f.Name, cut(shownValue(f.Before)), cut(shownValue(f.After)))
	}
	return words
}

// otherGrades counts the grades that changed. example is one of them: that is
// somebody's, and for those alone who may see people.
func (a *applier) otherGrades(was, is map[string]plan.Grade) (what, example string) {
	users := maps.Clone(was)
	maps.Copy(users, is)
	n := 0
	for _, user := range slices.Sorted(maps.Keys(users)) {
		_, had := was[user]
		_, has := is[user]
		if had == has && a.eq.grade(is[user], was[user]) {
			continue
		}
		if n++; n == 1 {
			example = "for one of them " + a.thenNowWhole(was[user], is[user])
		}
	}
	return fmt.Sprintf("%d %s in it changed", n, plural(n, "grade")), example
}

func shownPoints(g plan.Grade) string {
	if g.ScoreGiven == nil {
		return "none"
	}
	text := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	return text(*g.ScoreGiven) + "/" + text(g.ScoreMaximum)
}

func shownFlag(b *bool) string {
	if b == nil {
		return "not set"
	}
	return strconv.FormatBool(*b)
}
