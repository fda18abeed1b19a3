package render

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

// alone is what no file names, each course's columns once: Gradebooks that share
// it see the same ones. One that prunes some of them sees fewer.
func alone(contexts []plan.Context) (n plan.Count) {
	type course struct{ is, launch string }
	least := map[course]int{}
	for i := range contexts {
		c := &contexts[i]
		n.Scores += c.Unmanaged.Scores
		at := course{c.Course, c.Launch}
		was, met := least[at]
		switch {
		case c.Failure != nil:
		case c.Course == "":
			n.LineItems += c.Unmanaged.LineItems
		case !met:
			n.LineItems += c.Unmanaged.LineItems
			least[at] = c.Unmanaged.LineItems
		case c.Unmanaged.LineItems < was:
			n.LineItems -= was - c.Unmanaged.LineItems
			least[at] = c.Unmanaged.LineItems
		}
	}
	return n
}

func leftAlone(n plan.Count) string {
	var parts []string
	if n.LineItems > 0 {
		parts = append(parts, count(n.LineItems, "line item"))
	}
	if n.Scores > 0 {
		parts = append(parts, count(n.Scores, "score"))
	}
	if len(parts) == 0 {
		return ""
	}
	return " Left alone, as no file names them (any more): " + strings.Join(parts, ", and in the columns that were read ") + "."
}

// said is what the platform said, in its own words.
func said(s string) string {
	if s == "" {
		return ""
	}
	return ": " + escape.Line(s)
}

func prefix(s string) string {
	if s == "" {
		return ""
	}
	return escape.Line(s) + ": "
}

// kept tells of a value that somebody set by hand.
func kept(k *plan.Kept, undo bool) string {
	if k.Field == "the column" && k.Live == nil {
		return "kept away: the column was deleted in the LMS, and the files have it still"
	}
	s := "kept "
	if k.UserID != "" {
		s += person(k.Person, k.UserID, k.Where) + " "
	}
	live, desired, base := value(k.Live), value(k.Desired), value(k.Base)
	if k.LiveMaximum != k.DesiredMaximum || k.DesiredMaximum != k.BaseMaximum {
		live, desired, base = of(live, k.LiveMaximum), of(desired, k.DesiredMaximum), of(base, k.BaseMaximum)
	}
	s += escape.Line(k.Field) + " " + live
	said := "and said " + base
	if k.Unsaid {
		said = "and said nothing of it"
	}
	switch {
	case undo:
		s += fmt.Sprintf(", changed since that run; before it there was %s, and it made %s", desired, base)
	case k.Conflict:
		s += fmt.Sprintf(", set by hand; the files say %s, %s (conflict: both changed it)", desired, said)
	default:
		s += fmt.Sprintf(", set by hand; the files say %s, %s", desired, said)
	}
	return s
}

// of is points with what they are of.
func of(points string, maximum float64) string {
	if maximum <= 0 {
		return points
	}
	return points + "/" + strconv.FormatFloat(maximum, 'f', -1, 64)
}

// overwriting is how all that was kept of a line item is let go.
func overwriting(all []plan.Kept) string {
	if len(all) == 0 || all[0].Release == "" {
		return ""
	}
	return fmt.Sprintf("to overwrite %s set by hand here: %s", count(len(all), "value"), escape.Line(all[0].Release))
}

// reach tells a blast radius, and how many grades besides a new maximum may
// change.
func reach(b plan.Blast, others int) string {
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{
		{b.First, "first scores"}, {b.Raised, "raised"}, {b.Lowered, "lowered"}, {b.Cleared, "cleared"}, {b.Destroyed, "destroyed"},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
		if x.n == 1 {
			parts[len(parts)-1] = strings.TrimSuffix(parts[len(parts)-1], "s") // 1 first score
		}
	}
	if others > 0 {
		parts = append(parts, count(others, "grade")+" that a new maximum may change")
	}
	if len(parts) == 0 {
		parts = []string{"no score changes"}
	}
	s := count(b.Students, "student") + ": " + strings.Join(parts, ", ")
	if b.Raised+b.Lowered > 0 && !b.Untold.Mean {
		s += fmt.Sprintf("; mean change %+.4g %%", b.MeanChange)
		if !b.Untold.Largest {
			s += fmt.Sprintf(", largest %+.4g %%", b.LargestChange)
		}
	}
	if b.NowPass+b.NowFail > 0 {
		s += fmt.Sprintf("; %d now pass, %d now fail", b.NowPass, b.NowFail)
	}
	return s
}

// reaches is reach of a context, and what students may be told.
func reaches(c *plan.Context) string {
	would := "Reaches "
	if c.Stopped() { // nothing of it is written
		would = "Would reach "
	}
	return would + reach(c.Blast, unwritten(c.Items)) + "; up to " + count(c.Blast.Notifications, "notification") + "."
}

// underMaximum tells what becomes of the grades that a new maximum may change
// and that the plan does not write, of which over would be above it; "" where there
// are none. A platform scales
// them, or keeps their points, or cuts what is too much: a plan does not say which.
func underMaximum(it *plan.Item, over int) string {
	before, after := maxima(it)
	switch n, known := others(it); {
	case !known:
		return "How many grades the new maximum may change is not known: they could not be read."
	case n > 0:
		s := fmt.Sprintf("Not written, and under a new maximum (%s -> %s): %s. Where the platform scales grades, the percentages stay; where it keeps points, the percentages change",
			num(before), num(after), count(n, "grade"))
		if over > 0 {
			s += fmt.Sprintf(", and %d would be above the maximum, which some platforms cut", over)
		}
		return s + "."
	}
	return ""
}

// unwritten is how many grades of all line items a new maximum may change
// besides what is written.
func unwritten(items []plan.Item) (sum int) {
	for i := range items {
		n, _ := others(&items[i])
		sum += n
	}
	return sum
}

// unwrittenIn is unwritten of several contexts, but those that are stopped.
func unwrittenIn(contexts []plan.Context) (sum int) {
	for i := range contexts {
		if c := &contexts[i]; !c.Stopped() {
			sum += unwritten(c.Items)
		}
	}
	return sum
}

// person is what the file calls somebody, with the user id where that is
// another word; or a number with the place to look.
func person(called, userID, where string) string {
	switch {
	case strings.HasPrefix(userID, "person ") && where != "" && called == "":
		return escape.Line(userID) + " (" + escape.Line(where) + ")"
	case called != "" && called != userID:
		return escape.Line(called) + " (" + escape.Line(userID) + ")"
	}
	return escape.Line(userID)
}

// named is a line about a person as a file names one.
func named(n *plan.Named) string {
	s := escape.Line(n.Said)
	if n.Where != "" {
		s = escape.Line(n.Where) + " " + s
	}
	if n.Why != "" {
		s += ": " + escape.Line(n.Why)
	}
	if n.Near != "" {
		s += "; did you mean " + escape.Line(n.Near) + "?"
	}
	if len(n.UserIDs) > 1 {
		ids := make([]string, len(n.UserIDs))
		for i, id := range n.UserIDs {
			ids[i] = escape.Line(id)
		}
		s += " (" + strings.Join(ids, ", ") + ")"
	}
	return escape.Line(s) // a word of colons, and what stands behind it, are no command
}

// scale is the maximum that a line item's grades are told on: its own, or 0
// where it changes and each grade's scale tells something.
func scale(it *plan.Item) float64 {
	for _, f := range it.Fields {
		if f.Name == "scoreMaximum" {
			return 0
		}
	}
	if it.Observed != nil {
		return it.Observed.ScoreMaximum
	}
	return 0
}

// onScale is a grade on the scale that its column has: some platforms tell
// all results as parts of 1.
func onScale(g *plan.Grade, scale float64) *plan.Grade {
	if g.ScoreGiven == nil || scale <= 0 || g.ScoreMaximum <= 0 || g.ScoreMaximum == scale {
		return g
	}
	v := math.Round(*g.ScoreGiven*scale/g.ScoreMaximum*1e5) / 1e5
	return &plan.Grade{ScoreGiven: &v, ScoreMaximum: scale}
}

func points(g *plan.Grade) string {
	if g.ScoreGiven == nil {
		return "none"
	}
	return num(*g.ScoreGiven) + "/" + num(g.ScoreMaximum)
}

func num(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// value is a field's value as people read it; long text is cut.
func value(v any) string {
	switch x := v.(type) {
	case nil:
		return "none"
	case string:
		if utf8.RuneCountInString(x) > 60 {
			x = string([]rune(x)[:59]) + "…"
		}
		return escape.Quote(x)
	case float64:
		return num(x)
	case bool:
		return strconv.FormatBool(x)
	default: // an extension's list or mapping
		b, err := json.Marshal(x)
		if err != nil {
			return escape.Line(fmt.Sprint(x))
		}
		return escape.Line(string(b))
	}
}

func pad(s string, wide int) string {
	return s + strings.Repeat(" ", max(0, wide-utf8.RuneCountInString(s)))
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}
