package reconcile

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gradesync/gradesync/plan"
)

// itemFields is how a live line item differs from the one it shall be, in
// the order of plan.LineItem's members. Ids are not compared.
func itemFields(live, want plan.LineItem) []plan.Field {
	want.ID = live.ID
	// What counts as equal though it is not identical is made identical
	// first, so that the diff itself has no tolerance (and cmp's demand for
	// symmetry is met: "rounded from" has a direction).
	if (equality{}).number(live.ScoreMaximum, want.ScoreMaximum, want.ScoreMaximum) {
		want.ScoreMaximum = live.ScoreMaximum
	}
	if identical(&live, &want) { // most line items of most runs
		return nil
	}
	live.Extensions, want.Extensions = comparable(live.Extensions), comparable(want.Extensions)
	for _, li := range []*plan.LineItem{&live, &want} {
		for _, s := range []*string{&li.Label, &li.ResourceID, &li.Tag, &li.ResourceLinkID} {
			*s = unblank(*s)
		}
	}
	var r reporter
	cmp.Equal(live, want, cmp.Comparer(sameJSON), cmp.Reporter(&r))
	return r.sorted()
}

// identical is a cheap test that spares the diff.
func identical(a, b *plan.LineItem) bool {
	if a.Label != b.Label || a.ScoreMaximum != b.ScoreMaximum || a.ResourceID != b.ResourceID || a.Tag != b.Tag ||
		a.ResourceLinkID != b.ResourceLinkID || !a.StartDateTime.Equal(b.StartDateTime) || !a.EndDateTime.Equal(b.EndDateTime) ||
		(a.GradesReleased == nil) != (b.GradesReleased == nil) || len(a.Extensions) != len(b.Extensions) {
		return false
	}
	if a.GradesReleased != nil && *a.GradesReleased != *b.GradesReleased {
		return false
	}
	for k, v := range a.Extensions {
		if w, there := b.Extensions[k]; !there || !bytes.Equal(v, w) {
			return false
		}
	}
	return true
}

// comparable leaves out members that are null, as AGS takes them for absent.
// It is never nil: cmp would report a missing map as one difference.
func comparable(ext map[string]json.RawMessage) map[string]json.RawMessage {
	if ext == nil {
		return map[string]json.RawMessage{}
	}
	isNull := func(_ string, v json.RawMessage) bool { return string(bytes.TrimSpace(v)) == "null" }
	for k, v := range ext {
		if isNull(k, v) {
			ext = maps.Clone(ext)
			maps.DeleteFunc(ext, isNull)
			return ext
		}
	}
	return ext
}

// equality tells when two grades are the same on a platform. The zero value
// knows nothing of it.
type equality struct {
	decimals int  // that the platform keeps of a score; 0: not known
	clamps   bool // a score above its maximum may be cut to it
	blind    bool // comments are not to be seen
}

func (c *Capabilities) equality() equality {
	return equality{decimals: c.Decimals, clamps: c.Clamps, blind: !c.readsComments()}
}

// gradeFields is how a live grade differs from the one it shall be. live may
// be nil: nothing is visible.
func (e equality) gradeFields(live *plan.Grade, want plan.Grade) []plan.Field {
	var now plan.Grade
	if live != nil {
		now = *live
	}
	if e.grade(now, want) { // most rows of most runs: no allocation
		return nil
	}
	type view struct {
		ScoreGiven       any    `json:"scoreGiven"`
		Comment          string `json:"comment"`
		LetterGrade      string `json:"letterGrade"`
		ShareWithStudent *bool  `json:"shareWithStudent"`
	}
	a := view{number(now.ScoreGiven), unblank(now.Comment), now.LetterGrade, now.ShareWithStudent}
	b := view{number(want.ScoreGiven), unblank(want.Comment), want.LetterGrade, want.ShareWithStudent}
	if e.blind {
		b.Comment = a.Comment
	}
	if e.points(now, want) {
		b.ScoreGiven = a.ScoreGiven
	}
	var r reporter
	cmp.Equal(a, b, cmp.Reporter(&r))
	fields := r.sorted()
	if !e.points(now, want) && a.ScoreGiven == b.ScoreGiven {
		// The same number on another scale.
		fields = append(fields, plan.Field{Name: "scoreMaximum", Before: now.ScoreMaximum, After: want.ScoreMaximum})
	}
	return fields
}

// grade tells whether live shows want.
func (e equality) grade(live, want plan.Grade) bool {
	return e.points(live, want) && live.LetterGrade == want.LetterGrade && sameFlag(live.ShareWithStudent, want.ShareWithStudent) && (e.blind || live.Comment == want.Comment || unblank(live.Comment) == unblank(want.Comment))
}

func sameFlag(a, b *bool) bool { return a == b || a != nil && b != nil && *a == *b }

// points tells whether live's points are want's, on whatever scales.
func (e equality) points(live, want plan.Grade) bool {
	if live.ScoreGiven == nil || want.ScoreGiven == nil {
		return live.ScoreGiven == nil && want.ScoreGiven == nil
	}
	l, w := *live.ScoreGiven, *want.ScoreGiven
	lm, wm := live.ScoreMaximum, want.ScoreMaximum
	if e.clamps && w > wm && l == lm {
		return true
	}
	if lm == wm || lm <= 0 || wm <= 0 {
		return e.number(l, w, wm)
	}
	// Rounding happened on the platform's scale, but may not hide a
	// difference that the file's own scale shows: 0.43 of 1 is not 42.5 of 100.
	return e.number(l, w*lm/wm, lm) && math.Abs(l*wm/lm-w) <= tolerance(wm)+epsilon(w)
}

// tolerance is how far rounding to two decimals may take a number on a scale.
// On small scales two decimals are too coarse to be rounding: 0.43 of 1 is
// not 0.434.
func tolerance(maximum float64) float64 { return math.Min(0.005, 0.0005*maximum) }

// number tells whether live is want, or want rounded (either way at a tie) to
// the platform's decimals, on a scale up to maximum. Where these are not
// known, to two or more.
func (e equality) number(live, want, maximum float64) bool {
	if live == want || math.Abs(live-want) <= epsilon(want) {
		return true
	}
	if e.decimals > 0 {
		return math.Abs(live-want) <= 0.5*math.Pow10(-e.decimals)+epsilon(want)
	}
	if math.Abs(live-want) > tolerance(maximum)+epsilon(want) {
		return false
	}
	scale := 10.0
	for range 9 { // two to ten decimals
		scale *= 10
		l := live * scale
		if math.Abs(l-math.Round(l)) > 1e-6*math.Max(1, math.Abs(l)*1e-6) {
			continue // live has more decimals than this
		}
		return math.Abs(want*scale-l) <= 0.5+1e-6 // finer rounding would only be closer
	}
	return false
}

// epsilon is the noise that float64 arithmetic may leave on a number.
func epsilon(v float64) float64 { return math.Max(1e-9, 1e-12*math.Abs(v)) }

// unblank makes blank strings empty: AGS treats null, blank and absent alike.
func unblank(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return s
}

func number(p *float64) any {
	if p == nil {
		return nil
	}
	return *p
}

// sameJSON compares by meaning: the order of members and the writing of
// numbers do not count.
func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	return reflect.DeepEqual(decoded(a), decoded(b))
}

func decoded(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return string(raw)
	}
	return v
}

// reporter is a cmp.Reporter that turns the paths of differences into fields.
type reporter struct {
	path   cmp.Path
	fields []found
}

type found struct {
	plan.Field
	order int // of the member within its struct
}

// PushStep, Report and PopStep are called by cmp.
func (r *reporter) PushStep(s cmp.PathStep) { r.path = append(r.path, s) }
func (r *reporter) PopStep()                { r.path = r.path[:len(r.path)-1] }

// Report takes one leaf of the comparison.
func (r *reporter) Report(rs cmp.Result) {
	if rs.Equal() || len(r.path) < 2 {
		return
	}
	step, ok := r.path[1].(cmp.StructField)
	if !ok {
		return
	}
	f := found{order: step.Index(), Field: plan.Field{Name: member(r.path[0].Type(), step.Index())}}
	for _, s := range r.path[2:] {
		if m, ok := s.(cmp.MapIndex); ok {
			f.Name = m.Key().String()
		}
	}
	before, after := r.path.Last().Values()
	f.Before, f.After = jsonValue(before), jsonValue(after)
	if f.Name == "scoreMaximum" && f.Before == 0.0 { // AGS: always above 0
		f.Before = nil
	}
	r.fields = append(r.fields, f)
}

func (r *reporter) sorted() []plan.Field {
	slices.SortStableFunc(r.fields, func(a, b found) int {
		if a.order != b.order {
			return a.order - b.order
		}
		return strings.Compare(a.Name, b.Name)
	})
	var out []plan.Field
	for _, f := range r.fields {
		out = append(out, f.Field)
	}
	return out
}

// member is the JSON name of a struct's member.
func member(t reflect.Type, i int) string {
	name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
	return name
}

// jsonValue is what JSON holds for a value; none is nil.
func jsonValue(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	switch x := v.Interface().(type) {
	case string:
		if x == "" {
			return nil
		}
		return x
	case time.Time:
		if x.IsZero() {
			return nil
		}
		return x.Format(time.RFC3339Nano)
	case json.RawMessage:
		return decoded(x)
	case *bool:
		if x == nil {
			return nil
		}
		return *x
	default:
		return x
	}
}
