package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// since makes a Want with what the files said at the base, and after it.
func since(t *testing.T, now, base string, later ...string) *Want {
	t.Helper()
	w := wants(t, now)
	w.BaseName, w.Base = "v1", wants(t, base).Items
	for _, l := range later {
		w.Later = append(w.Later, Revision{Name: "later", Items: wants(t, l).Items})
	}
	return w
}

// A commit that was applied in part is no override, and later ones only widen
// what is ours.
func TestLater(t *testing.T) {
	row := func(points string) string { return column(100, "{userId: u, scoreGiven: "+points+"}") }
	none := column(100, "")
	for _, c := range []struct {
		name, now, base string
		later           []string
		live            string
		want            string
	}{
		{"applied in part", row("30"), row("10"), []string{row("20"), row("30")}, "20", "write"},
		{"and by hand since", row("30"), row("10"), []string{row("20"), row("30")}, "25", "conflict"},
		{"back to what it was", row("10"), row("10"), []string{row("20"), row("10")}, "20", "write"},
		{"back to what it was, by hand since", row("10"), row("10"), []string{row("20"), row("10")}, "25", "override"},
		{"new since, applied in part", row("30"), none, []string{row("20"), row("30")}, "20", "write"},
		{"new since, by hand", row("30"), none, []string{row("20"), row("30")}, "25", "conflict"},
		{"new since, nothing there", row("30"), none, []string{row("20"), row("30")}, "", "write"},
		{"cleared by a commit, and set again", row("30"), row("10"), []string{row("null"), row("30")}, "", "write"},
		{"cleared by hand, though a commit took the row away", row("30"), row("10"), []string{none, row("30")}, "", "override"},
		{"a clear after a part", row("null"), row("10"), []string{row("20"), row("null")}, "20", "held clear"},
		{"a clear by hand since", row("null"), row("10"), []string{row("20"), row("null")}, "25", "override"},
	} {
		o := live(1, 0, 0)
		if c.live != "" {
			o.Results["L0"]["u"] = grade(map[string]float64{"20": 20, "25": 25}[c.live], 100, "")
		}
		got := Decide(since(t, c.now, c.base, c.later...), o, Generic(), Options{})
		require.Equal(t, c.want, told(got), c.name)
		require.Equal(t, "v1", got.Base)
	}
}

// The points of a base are of the maximum of that time.
func TestScalesOfTheBase(t *testing.T) {
	w := since(t, column(100, "{userId: u, scoreGiven: 90}"), column(50, "{userId: u, scoreGiven: 40}"))
	o := live(1, 0, 0)
	o.Items[0].ScoreMaximum = 50
	o.Results["L0"]["u"] = grade(40, 50, "")
	got := Decide(w, o, Generic(), Options{Allow: map[string]bool{"rescale": true}})
	require.Empty(t, got.Items[0].Kept)
	require.Len(t, got.Items[0].Scores, 1)
	o.Results["L0"]["u"] = grade(41, 50, "")
	got = Decide(w, o, Generic(), Options{Allow: map[string]bool{"rescale": true}})
	require.Len(t, got.Items[0].Kept, 1, "41 of 50 is nobody's but a teacher's")
}

// A column that was deleted by hand is not made again, unless it is asked for.
func TestDeletedByHand(t *testing.T) {
	const hw = "  - {resourceId: hw9, label: HW 9, scoreMaximum: 100, scores: [{userId: u, scoreGiven: 1}]}\n"
	gone := "  - {resourceId: hw9, label: HW 9, absent: true}\n"
	for _, c := range []struct {
		name string
		w    *Want
		opts Options
		want string
	}{
		{"it was there", since(t, hw, hw), Options{}, "override"},
		{"by another name", since(t, "  - {resourceId: hw9b, label: HW 9, scoreMaximum: 100, was: [hw9]}\n", hw), Options{}, "override"},
		{"it is new", since(t, hw, "  []\n"), Options{}, "create"},
		{"another one was there", since(t, hw, "  - {resourceId: hw8, label: HW 9, scoreMaximum: 100}\n"), Options{}, "create"},
		{"the files took it away, and give it back", since(t, hw, hw, gone, hw), Options{}, "create"},
		{"it was to be away", since(t, hw, gone), Options{}, "create"},
		{"it is asked for", since(t, hw, hw), Options{Allow: map[string]bool{"overwrite-override:hw9": true}}, "create"},
		{"policy overwrites", since(t, hw, hw), Options{Overrides: "overwrite"}, "create"},
		{"no base", wants(t, hw), Options{}, "create"},
	} {
		c.opts.Explain = "hw9"
		got := Decide(c.w, live(0, 0, 0), Generic(), c.opts)
		require.Len(t, got.Items, 1, c.name)
		if c.want == "override" && c.w.Items[0].Key.Value == "hw9" {
			require.Len(t, got.Explained, 1, c.name)
			require.Equal(t, "cleared", got.Explained[0].Rule, c.name)
		}
		if c.want == "create" {
			require.Equal(t, plan.Create, got.Items[0].Action, c.name)
			continue
		}
		require.Equal(t, plan.Keep, got.Items[0].Action, c.name)
		require.Empty(t, got.Items[0].Scores, c.name)
		require.Equal(t, "the column", got.Items[0].Kept[0].Field, c.name)
	}
}

// What results cannot show is sent where it changed in the files since, and
// without a base it is no reason to send anything.
func TestNews(t *testing.T) {
	row := func(rest string) string { return column(100, "{userId: u, scoreGiven: 10"+rest+"}") }
	for _, c := range []struct {
		name, now, base string
		why             string // "" is nothing
	}{
		{"as before", row(", gradingProgress: Pending"), row(", gradingProgress: Pending"), ""},
		{"another progress", row(", gradingProgress: FullyGraded"), row(", gradingProgress: Pending"), "gradingProgress changed in the files since v1"},
		{"the default, no more named", row(""), row(", gradingProgress: Pending"), "gradingProgress changed in the files since v1"},
		{"the default, named", row(", gradingProgress: FullyGraded"), row(""), ""},
		{"handed in", row(", submission: {submittedAt: 2026-01-02T03:04:05Z}"), row(""), "submittedAt changed in the files since v1"},
		{"the same instant", row(", submission: {submittedAt: 2026-01-02T04:04:05+01:00}"), row(", submission: {submittedAt: 2026-01-02T03:04:05Z}"), ""},
		{"somebody else scored", row(", scoringUserId: t2"), row(", scoringUserId: t1"), "scoringUserId changed in the files since v1"},
		{"a new row", row(", gradingProgress: Pending"), column(100, ""), ""},
	} {
		o := live(1, 0, 0)
		o.Results["L0"]["u"] = grade(10, 100, "")
		got := Decide(since(t, c.now, c.base), o, Generic(), Options{})
		if c.why == "" {
			require.Empty(t, got.Items, c.name)
		} else {
			require.Len(t, got.Items, 1, c.name)
			s := got.Items[0].Scores[0]
			require.Equal(t, c.why, s.Why, c.name)
			require.True(t, s.Resend, c.name)
			require.Equal(t, 10.0, *s.After.ScoreGiven, c.name)
		}
		require.Empty(t, Decide(wants(t, c.now), o, Generic(), Options{}).Items, c.name+", without a base")
	}
}

// Likewise fields of a line item that the platform shows of none.
func TestNewsOfFields(t *testing.T) {
	item := func(end string) string {
		return "  - {resourceId: hw0, label: HW 0, scoreMaximum: 100" + end + "}\n"
	}
	march, april := ", endDateTime: 2026-03-01T00:00:00Z", ", endDateTime: 2026-04-01T00:00:00Z"
	for _, c := range []struct {
		name, now, base string
		sends           bool
	}{
		{"as before", item(march), item(march), false},
		{"another day", item(april), item(march), true},
		{"a day at last", item(march), item(""), true},
		{"no file names it any more", item(""), item(march), false},
	} {
		got := Decide(since(t, c.now, c.base), live(1, 0, 0), Generic(), Options{})
		require.Equal(t, c.sends, got.Totals().Update == 1, c.name)
		without := Decide(wants(t, c.now), live(1, 0, 0), Generic(), Options{})
		require.Zero(t, without.Totals().Update, c.name)
	}
}

// What the files let go is counted.
func TestReleased(t *testing.T) {
	now := column(100, "{userId: a, scoreGiven: 1}")
	was := column(100, "{userId: a, scoreGiven: 1}, {userId: b, scoreGiven: 2}, {userId: c, scoreGiven: 3}") +
		"  - {resourceId: hw1, label: HW 1, scoreMaximum: 100}\n  - {resourceId: hw2, label: HW 2, scoreMaximum: 100}\n"
	o := live(2, 0, 0)
	o.Results["L0"] = map[string]plan.Grade{"a": grade(1, 100, ""), "b": grade(2, 100, "")}
	got := Decide(since(t, now, was), o, Generic(), Options{})
	require.Equal(t, plan.Count{LineItems: 1, Scores: 1}, got.Released, "hw2 and c's grade are not there any more")
	require.Zero(t, Decide(wants(t, now), o, Generic(), Options{}).Released)
}

// An explanation has every side of a value, and its place.
func TestExplain(t *testing.T) {
	w := since(t, column(100, "{userId: u, scoreGiven: 30, comment: x}"), column(100, "{userId: u, scoreGiven: 10}"), column(100, "{userId: u, scoreGiven: 20}"))
	o := live(1, 0, 0)
	o.Results["L0"]["u"] = grade(25, 100, "")
	got := Decide(w, o, Generic(), Options{Explain: "hw0/u"})
	require.Empty(t, cmp.Diff([]plan.Explanation{
		{
			Key: "hw0", UserID: "u", Field: "scoreGiven", Live: 25.0, Rule: "conflict", Words: words[Conflict],
			Desired: &plan.Stand{Value: 30.0, Where: "bio.yaml:11:88"},
			Base:    &plan.Stand{Value: 10.0, Where: "bio.yaml:11:88", Revision: "v1"},
			Later:   []plan.Stand{{Value: 20.0, Where: "bio.yaml:11:88", Revision: "later"}},
		},
		{
			Key: "hw0", UserID: "u", Field: "comment", Rule: "new", Words: words[New],
			Desired: &plan.Stand{Value: "x", Where: "bio.yaml:11:101"},
		},
	}, got.Explained))
	fields := Decide(w, o, Generic(), Options{Explain: "hw0"}).Explained
	require.Equal(t, "label", fields[0].Field)
	require.Equal(t, "same", fields[0].Rule)
	require.Empty(t, Decide(w, o, Generic(), Options{Explain: "hw"}).Explained)
	require.Empty(t, Decide(w, o, Generic(), Options{Explain: "hw0/nobody"}).Explained)
	for _, r := range []Rule{Unmanaged, Released, Same, NoBase, Ours, New, Cleared, Overruled, Conflict} {
		require.NotEmpty(t, words[r])
	}
}

// A maximum that was set by hand is kept, and so is what the files' points are of.
func TestMaximumByHand(t *testing.T) {
	book := column(50, "{userId: a, scoreGiven: 25}, {userId: b, scoreGiven: 40}")
	w := since(t, book, column(50, "{userId: a, scoreGiven: 25}, {userId: b, scoreGiven: 30}"))
	o := live(1, 0, 0)
	o.Items[0].ScoreMaximum = 100
	o.Results["L0"] = map[string]plan.Grade{"a": grade(50, 100, ""), "b": grade(60, 100, "")} // the platform scaled them
	got := Decide(w, o, Generic(), Options{})
	require.Len(t, got.Items[0].Kept, 1)
	require.Equal(t, "scoreMaximum", got.Items[0].Kept[0].Field)
	require.Len(t, got.Items[0].Scores, 1, "a's half is a half")
	require.Equal(t, "b", got.Items[0].Scores[0].UserID)
	require.Equal(t, 40.0, *got.Items[0].Scores[0].After.ScoreGiven)
	require.Equal(t, 50.0, got.Items[0].Scores[0].After.ScoreMaximum)
}

// A change of the maximum that was applied in part leaves points, or a 0, that are
// nobody's hand.
func TestMaximumInPart(t *testing.T) {
	for _, c := range []struct {
		name, now, was string
		live           *plan.Grade
		want           string
	}{
		{"the points as they were", column(100, "{userId: u, scoreGiven: 50}"), column(50, "{userId: u, scoreGiven: 25}"), ptr(grade(25, 100, "")), "write"},
		{"other points", column(100, "{userId: u, scoreGiven: 50}"), column(50, "{userId: u, scoreGiven: 25}"), ptr(grade(26, 100, "")), "override"},
		{"a 0 of none", column(100, "{userId: u, scoreGiven: null}"), column(50, "{userId: u, scoreGiven: null}"), ptr(grade(0, 100, "")), "held clear"},
		{"a 0 without a change", column(100, "{userId: u, scoreGiven: null}"), column(100, "{userId: u, scoreGiven: null}"), ptr(grade(0, 100, "")), "override"},
	} {
		o := live(1, 0, 0)
		o.Results["L0"]["u"] = *c.live
		require.Equal(t, c.want, told(Decide(since(t, c.now, c.was), o, Generic(), Options{})), c.name)
	}
}

// A column keeps its base when the files call it something else.
func TestBaseOfARenamedColumn(t *testing.T) {
	rows := ", scoreMaximum: 100, scores: [{userId: u, scoreGiven: 10}]}\n"
	for name, c := range map[string][2]string{
		"another resourceId": {"  - {resourceId: hw0, was: [old], label: HW 0" + rows, "  - {resourceId: old, label: HW 0" + rows},
		"one at last":        {"  - {resourceId: hw0, label: HW 0" + rows, "  - {label: HW 0" + rows},
		"another tag":        {"  - {resourceId: hw0, label: HW 0, tag: b" + rows, "  - {resourceId: hw0, label: HW 0, tag: a" + rows},
	} {
		o := live(1, 0, 0)
		o.Results["L0"]["u"] = grade(30, 100, "")
		got := Decide(since(t, c[0], c[1]), o, Generic(), Options{})
		require.Equal(t, "scoreGiven", got.Items[0].Kept[len(got.Items[0].Kept)-1].Field, name)
		require.Empty(t, got.Items[0].Scores, name)
	}
	// A key that is another column's now is no sign.
	o := live(2, 0, 0)
	o.Results["L1"] = map[string]plan.Grade{"u": grade(30, 100, "")}
	w := since(t, "  - {key: hw, resourceId: hw1, label: HW 1"+rows, "  - {key: hw, resourceId: hw0, label: HW 0"+rows)
	got := Decide(w, o, Generic(), Options{})
	require.Empty(t, got.Items[0].Kept)
	require.True(t, got.Items[0].Scores[0].NoBase)
}

// A score that was not yet final need not show, so nothing there is no sign of a
// hand; and where a hand is kept away, nothing is sent of nothing.
func TestScoresThatNeedNotShow(t *testing.T) {
	pending := column(100, "{userId: u, scoreGiven: 10, gradingProgress: Pending}")
	final := column(100, "{userId: u, scoreGiven: 10, gradingProgress: FullyGraded}")
	o := live(1, 0, 0)
	for _, w := range []*Want{since(t, final, pending), since(t, final, final, pending)} {
		got := Decide(w, o, Generic(), Options{})
		require.Empty(t, got.Items[0].Kept)
		require.Equal(t, 10.0, *got.Items[0].Scores[0].After.ScoreGiven)
	}
	submitted := column(100, "{userId: u, scoreGiven: 10, activityProgress: Submitted}")
	got := Decide(since(t, submitted, final), o, Generic(), Options{})
	require.Len(t, got.Items[0].Kept, 1, "cleared by hand")
	require.Empty(t, got.Items[0].Scores)

	// What was kept is not sent again for a progress that did not change.
	o.Results["L0"]["u"] = grade(40, 100, "")
	same := column(100, "{userId: u, scoreGiven: 10, activityProgress: Submitted, gradingProgress: PendingManual}")
	got = Decide(since(t, same, same), o, Generic(), Options{})
	require.Len(t, got.Items[0].Kept, 1)
	require.Empty(t, got.Items[0].Scores)
}

// Where a base is wanted, whatever is of unknown origin is held: grades, comments,
// fields; and nothing else is.
func TestRequireBase(t *testing.T) {
	for _, c := range []struct {
		name, now, base string
		want            []plan.Risk
	}{
		{"a grade", column(100, "{userId: u, scoreGiven: 10}"), column(100, ""), []plan.Risk{plan.NoBase}},
		{"a comment", column(100, "{userId: u, comment: new}"), column(100, ""), []plan.Risk{plan.NoBase}},
		{"a comment that has one", column(100, "{userId: u, comment: new}"), column(100, "{userId: u, comment: old}"), nil},
		{"a first grade", column(100, "{userId: v, scoreGiven: 10}"), column(100, ""), nil},
		{"a tag", "  - {resourceId: hw0, label: HW 0, scoreMaximum: 100, tag: b}\n", column(100, ""), []plan.Risk{plan.NoBase}},
		{"a first date", "  - {resourceId: hw0, label: HW 0, scoreMaximum: 100, gradesReleased: true}\n", column(100, ""), nil},
	} {
		w := guarded(t, "{requireBase: true}", "{}", c.now)
		w.BaseName, w.Base = "v1", wants(t, c.base).Items
		o := live(1, 0, 0)
		o.Items[0].Tag = "theirs"
		o.Results["L0"]["u"] = grade(30, 100, "old")
		got := Decide(w, o, Generic(), Options{})
		risks := []plan.Risk(nil)
		for _, it := range got.Items {
			for _, h := range it.Held {
				risks = append(risks, h.Risk)
			}
			for _, s := range it.Scores {
				for _, h := range s.Held {
					risks = append(risks, h.Risk)
				}
			}
		}
		require.Equal(t, c.want, risks, c.name)
	}
}
