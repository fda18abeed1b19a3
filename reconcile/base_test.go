package reconcile

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// The table of whose value it is, for scores: desired x live x base.
func TestWhoseScore(t *testing.T) {
	for _, c := range []struct {
		desired string // of the row; "" unmanaged
		live    string // "" none
		base    string // "-" not asked for, "" no row, else a row
		want    string
	}{
		{"", "a", "-", "nothing"},
		{"", "a", "scoreGiven: 10", "nothing"},
		{"scoreGiven: 10", "10", "-", "nothing"},
		{"scoreGiven: 10", "10", "scoreGiven: 20", "nothing"},
		{"scoreGiven: 20", "10", "scoreGiven: 10", "write"},
		{"scoreGiven: 10", "", "", "write"},
		{"scoreGiven: 10", "", "scoreGiven: null", "write"},
		{"scoreGiven: 10", "", "scoreGiven: 10", "override"},
		{"scoreGiven: 10", "", "scoreGiven: 20", "override"},
		{"scoreGiven: 10", "30", "scoreGiven: 10", "override"},
		{"scoreGiven: 20", "30", "scoreGiven: 10", "conflict"},
		{"scoreGiven: 10", "", "-", "write"},
		{"scoreGiven: 10", "30", "-", "write"},
		{"scoreGiven: 10", "30", "", "write"},
		{"scoreGiven: null", "10", "scoreGiven: 10", "held clear"},
		{"scoreGiven: null", "30", "scoreGiven: 10", "override"},
		{"scoreGiven: null", "30", "scoreGiven: null", "override"},
		{"scoreGiven: null", "10", "-", "held clear"},
		{"scoreGiven: null", "10", "", "held clear"},
		{"scoreGiven: null", "", "scoreGiven: 10", "nothing"},
	} {
		name := fmt.Sprintf("desired %q, live %q, base %q", c.desired, c.live, c.base)
		item := func(row string) string {
			if row != "" {
				row = "{userId: u, " + row + "}"
			}
			return fmt.Sprintf("  - {resourceId: hw0, label: HW 0, scoreMaximum: 100, scores: [%s]}\n", row)
		}
		w := wants(t, item(c.desired))
		if c.base != "-" {
			w.Base = wants(t, item(c.base)).Items
		}
		o := live(1, 0, 0)
		if c.live != "" {
			var points float64
			_, _ = fmt.Sscan(c.live, &points)
			o.Results["L0"]["u"] = grade(points, 100, "")
		}
		got := Decide(w, o, Generic(), Options{})
		require.Equal(t, c.want, told(got), name)
	}
}

// told is what one row came to.
func told(c plan.Context) string {
	if len(c.Items) == 0 {
		return "nothing"
	}
	it := c.Items[0]
	switch {
	case len(it.Kept) > 0 && it.Kept[0].Conflict:
		return "conflict"
	case len(it.Kept) > 0:
		return "override"
	case len(it.Scores) > 0 && len(it.Scores[0].Held) > 0:
		return "held " + string(it.Scores[0].Held[0].Risk)
	case len(it.Scores) > 0, len(it.Fields) > 0:
		return "write"
	}
	return "nothing"
}

func TestWhoseField(t *testing.T) {
	for _, c := range []struct{ desired, live, base, want string }{
		{"tag: a", "b", "tag: b", "write"},
		{"tag: a", "", "", "write"},
		{"tag: a", "", "tag: null", "write"},
		{"tag: a", "", "tag: a", "override"},
		{"tag: a", "x", "tag: a", "override"},
		{"tag: a", "x", "tag: b", "conflict"},
		{"tag: null", "x", "tag: x", "write"},
		{"tag: null", "x", "tag: b", "override"},
		{"tag: a", "x", "", "write"},
	} {
		item := func(field string) string {
			if field != "" {
				field = ", " + field
			}
			return "  - {resourceId: hw0, label: HW 0, scoreMaximum: 100" + field + "}\n"
		}
		w := wants(t, item(c.desired))
		w.Base = wants(t, item(c.base)).Items
		o := live(1, 0, 0)
		o.Items[0].Tag = c.live
		require.Equal(t, c.want, told(Decide(w, o, Generic(), Options{})), "desired %q, live %q, base %q", c.desired, c.live, c.base)
	}
}

// One part of a row is kept and the other goes.
func TestPartsOfARow(t *testing.T) {
	w := wants(t, column(100, "{userId: u, scoreGiven: 10, comment: new}"))
	w.Base = wants(t, column(100, "{userId: u, scoreGiven: 10, comment: old}")).Items
	o := live(1, 0, 0)
	o.Results["L0"]["u"] = grade(30, 100, "old")
	got := Decide(w, o, Generic(), Options{})
	require.Len(t, got.Items[0].Kept, 1)
	require.Len(t, got.Items[0].Scores, 1)
	require.Equal(t, 30.0, *got.Items[0].Scores[0].After.ScoreGiven, "the score that was given by hand")
	require.Equal(t, "new", got.Items[0].Scores[0].After.Comment)
}

// What an institution lets files overwrite in one column, they do not overwrite
// in another that they give its key.
func TestOverridesFloorGoesByTheColumn(t *testing.T) {
	for live1, want := range map[string]string{"hw0": "write", "final": "override"} {
		items := "  - {key: hw0, id: L0, label: Final exam, scoreMaximum: 100, scores: [{userId: u, scoreGiven: 10}]}\n"
		w := guarded(t, "{}", "{allow: [{risk: overwrite-override, item: hw0}]}", items)
		w.Base = wants(t, items).Items
		o := live(1, 0, 0)
		o.Items[0].ResourceID, o.Items[0].Label = live1, "Final exam"
		o.Results["L0"]["u"] = grade(30, 100, "")
		got := Decide(w, o, Generic(), Options{Allow: map[string]bool{"overwrite-override:hw0": true}})
		require.Equal(t, want, told(got), live1)
	}
}

func TestOverridesPolicy(t *testing.T) {
	for _, c := range []struct {
		policy, floor string
		allow         map[string]bool
		want          string
	}{
		{"{}", "{}", nil, "override"},
		{"{overrides: keep}", "{}", map[string]bool{"overwrite-override:hw0": true}, "write"},
		{"{overrides: keep}", "{}", map[string]bool{"overwrite-override:hw1": true}, "override"},
		{"{overrides: overwrite}", "{}", nil, "write"},
		{"{overrides: overwrite}", "{overrides: keep}", nil, "override"},
		{"{overrides: keep}", "{overrides: overwrite}", nil, "override"},
		{"{overrides: fail}", "{}", nil, "finding"},
		{"{}", "{overrides: fail}", map[string]bool{"overwrite-override": true}, "finding"},
	} {
		w := guarded(t, c.policy, c.floor, column(100, "{userId: u, scoreGiven: 10}"))
		w.Base = wants(t, column(100, "{userId: u, scoreGiven: 10}")).Items
		o := live(1, 0, 0)
		o.Results["L0"]["u"] = grade(30, 100, "")
		got := Decide(w, o, Generic(), Options{Allow: c.allow})
		word := told(got)
		if len(got.Findings) > 0 {
			word = "finding"
			require.Equal(t, plan.Found, got.Status())
		}
		require.Equal(t, c.want, word, "%+v", c)
	}
}
