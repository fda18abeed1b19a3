package reconcile

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// recordedRows is how many rows make a record's document large enough.
const recordedRows = 5000

// Record is what a plan would touch in one context, as documents: as it is
// now, and as the plan makes it. Undo is a plan with before as the desired
// state and after as the base. Held changes are left out. There are no documents
// where nothing is touched, and several of a large context, with whole line items
// each, for a row takes far more than its text: [Recorded] joins them.
func Record(c *plan.Context) iter.Seq2[*spec.Gradebook, *spec.Gradebook] {
	return func(yield func(before, after *spec.Gradebook) bool) {
		ids := map[string]int{} // how many line items bear a resourceId
		for i := range c.Items {
			if o := c.Items[i].Observed; o != nil {
				ids[o.ResourceID]++
			}
		}
		before, after, rows := recorded(c), recorded(c), 0
		for i := range c.Items {
			it := &c.Items[i]
			if !touches(it) {
				continue
			}
			if rows >= recordedRows {
				if !yield(before, after) {
					return
				}
				before, after, rows = recorded(c), recorded(c), 0
			}
			b, a := recordItem(it, ids)
			b.Scores, a.Scores = recordScores(it, &b, &a)
			if c.CommentsUnseen {
				forgetComments(b.Scores)
				forgetComments(a.Scores)
			}
			before.LineItems = append(before.LineItems, b)
			after.LineItems = append(after.LineItems, a)
			rows += 1 + len(a.Scores)
		}
		if len(before.LineItems) > 0 {
			yield(before, after)
		}
	}
}

// touches tells whether a plan writes anything of an item.
func touches(it *plan.Item) bool {
	return len(it.Held) == 0 && (it.Action != plan.Keep || slices.ContainsFunc(it.Scores, sends))
}

// RecordedItems is how many line items [Record] takes of a context.
func RecordedItems(c *plan.Context) (n int) {
	for i := range c.Items {
		if touches(&c.Items[i]) {
			n++
		}
	}
	return n
}

// Recorded joins the documents that [Record] made of one context.
func Recorded(docs []*spec.Gradebook) (whole []*spec.Gradebook) {
	for _, g := range docs {
		if n := len(whole); n > 0 && samePlace(whole[n-1], g) {
			whole[n-1].LineItems = append(whole[n-1].LineItems, g.LineItems...)
			continue
		}
		whole = append(whole, g)
	}
	return whole
}

// samePlace tells whether two documents of records are of one context.
func samePlace(a, b *spec.Gradebook) bool {
	if len(a.Contexts) != 1 || len(b.Contexts) != 1 {
		return false
	}
	here, there := &a.Contexts[0], &b.Contexts[0]
	return a.Name() == b.Name() && a.Platform.Value == b.Platform.Value && here.Name.Value == there.Name.Value &&
		here.LineItemsURL.Value == there.LineItemsURL.Value && here.Course.Value == there.Course.Value
}

func sends(s plan.Score) bool { return len(s.Held) == 0 }

func recorded(c *plan.Context) *spec.Gradebook {
	context := spec.Context{Name: said(c.Name)}
	switch {
	case c.Place == "": // a launch's, which no document tells
	case strings.Contains(c.Place, "://"):
		context.LineItemsURL = said(c.Place)
	default:
		context.Course = said(c.Place)
	}
	return &spec.Gradebook{
		Metadata: spec.Metadata{Name: said(c.Gradebook)},
		Platform: said(c.Platform),
		Contexts: []spec.Context{context},
	}
}

func said[T any](v T) spec.Opt[T] { return spec.Opt[T]{Value: v, State: spec.Set} }

// orClear says a value, and null where there is none.
func orClear(s string) spec.Opt[string] {
	if unblank(s) == "" {
		return spec.Opt[string]{State: spec.Clear}
	}
	return said(s)
}

func orNothing(s string) spec.Opt[string] {
	if unblank(s) == "" {
		return spec.Opt[string]{}
	}
	return said(s)
}

func recordItem(it *plan.Item, ids map[string]int) (before, after spec.LineItem) {
	switch it.Action {
	case plan.Create:
		after = wholeItem(it.Wanted)
		before = spec.LineItem{Label: said(it.Wanted.Label), ResourceID: after.ResourceID, Tag: after.Tag, Absent: said(true)}
	case plan.Delete:
		before = wholeItem(it.Observed)
		after = spec.LineItem{Label: said(it.Observed.Label), ResourceID: before.ResourceID, Tag: before.Tag, Absent: said(true)}
	default:
		// label and scoreMaximum are required of a line item; the rest is
		// named only where the plan changes it.
		before = spec.LineItem{ID: said(it.ID), Label: said(it.Observed.Label), ScoreMaximum: said(it.Observed.ScoreMaximum)}
		if ids[it.Observed.ResourceID] == 1 { // to find it by, should it be gone and made again
			before.ResourceID = orNothing(it.Observed.ResourceID)
		}
		after = before
		for _, f := range it.Fields {
			sayField(&before, f.Name, f.Before)
			sayField(&after, f.Name, f.After)
		}
	}
	before.Key, after.Key = said(it.Key), said(it.Key)
	return before, after
}

// wholeItem is a document of everything that is known of a line item.
func wholeItem(li *plan.LineItem) spec.LineItem {
	out := spec.LineItem{
		Label: said(li.Label), ScoreMaximum: said(li.ScoreMaximum), ResourceID: orNothing(li.ResourceID),
		Tag: orNothing(li.Tag), ResourceLinkID: orNothing(li.ResourceLinkID),
	}
	for _, f := range itemFields(plan.LineItem{}, *li) {
		if optional(f.Name) {
			sayField(&out, f.Name, f.After)
		}
	}
	return out
}

// sayField names a field in a document; nil clears it.
func sayField(li *spec.LineItem, name string, v any) {
	text, _ := v.(string)
	switch name {
	case "label":
		li.Label = said(text)
	case "scoreMaximum":
		if f, ok := v.(float64); ok {
			li.ScoreMaximum = said(f)
		}
	case "resourceId": // it cannot be cleared by a document
		li.ResourceID = orNothing(text)
	case "tag":
		li.Tag = orClear(text)
	case "resourceLinkId":
		li.ResourceLinkID = orClear(text)
	case "startDateTime":
		li.StartDateTime = sayTime(text)
	case "endDateTime":
		li.EndDateTime = sayTime(text)
	case "gradesReleased":
		li.GradesReleased = spec.Opt[bool]{State: spec.Clear}
		if b, ok := v.(bool); ok {
			li.GradesReleased = said(b)
		}
	default:
		if !strings.HasPrefix(name, "https://") && !strings.HasPrefix(name, "http://") {
			return // a member of the platform's own: documents hold full URLs
		}
		if li.Extensions == nil {
			li.Extensions = map[string]spec.Opt[any]{}
		}
		li.Extensions[name] = spec.Opt[any]{State: spec.Clear}
		if v != nil {
			li.Extensions[name] = said(v)
		}
	}
}

func sayTime(text string) spec.Opt[time.Time] {
	if t := instant(text); !t.IsZero() {
		return said(t)
	}
	return spec.Opt[time.Time]{State: spec.Clear}
}

// recordScores is every person's row. Of a column that goes, or whose maximum
// changes, these are all grades that were read, named by the files or not.
func recordScores(it *plan.Item, b, a *spec.LineItem) (before, after []spec.Score) {
	rows := map[string]*plan.Score{}
	for i := range it.Scores {
		if sends(it.Scores[i]) {
			rows[it.Scores[i].UserID] = &it.Scores[i]
		}
	}
	users := map[string]bool{}
	for user := range it.Results {
		users[user] = true
	}
	for user := range rows {
		users[user] = true
	}
	for _, user := range slices.Sorted(maps.Keys(users)) {
		s, planned := rows[user]
		was, known := it.Results[user]
		if planned {
			was, known = plan.Grade{}, true
			if s.Before != nil {
				was = *s.Before
			}
		}
		if known && !b.Tombstone() {
			if row, says := gradeRow(user, was); says || planned || changesMaximum(it) {
				if planned && s.SetsLetter {
					row.LetterGrade = orClear(was.LetterGrade)
				}
				before = append(before, row)
				if !planned && !a.Tombstone() { // nobody's change, so it shall stay as it is
					after = append(after, row)
				}
			}
		}
		if planned && !a.Tombstone() {
			row, _ := gradeRow(user, s.After)
			if s.SetsLetter {
				row.LetterGrade = orClear(s.After.LetterGrade)
			}
			if s.Action == plan.Erase && s.KeepsComment {
				row.Comment = spec.Opt[string]{} // on some platforms it goes with the score
			}
			after = append(after, row)
		}
	}
	return before, after
}

// forgetComments leaves unsaid what nobody could see.
func forgetComments(rows []spec.Score) {
	for i := range rows {
		rows[i].Comment = spec.Opt[string]{}
	}
}

// gradeRow is a grade as a document's row; says is false where there is
// nothing to a grade.
func gradeRow(user string, g plan.Grade) (row spec.Score, says bool) {
	row = spec.Score{UserID: said(user), Comment: orClear(g.Comment), LetterGrade: orNothing(g.LetterGrade)}
	if g.ShareWithStudent != nil {
		row.ShareWithStudent = said(*g.ShareWithStudent)
	}
	if g.ScoreGiven == nil {
		row.ScoreGiven = spec.Opt[float64]{State: spec.Clear}
		return row, row.Comment.IsSet() || row.LetterGrade.IsSet()
	}
	row.ScoreGiven = said(*g.ScoreGiven)
	if g.ScoreMaximum > 0 {
		row.ScoreMaximum = said(g.ScoreMaximum)
	}
	return row, true
}
