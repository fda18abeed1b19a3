package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// guarded makes a Want with policies.
func guarded(t *testing.T, policy, floor, lineItems string) *Want {
	t.Helper()
	docs, err := spec.Load(spec.Bytes("bio.yaml", []byte("apiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: campus}\nsandbox: {}\npolicy: "+floor+"\n---\n"+
		"apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\ncontexts: [{name: sec-1}]\npolicy: "+policy+"\nlineItems:\n"+lineItems)))
	require.NoError(t, err)
	w := NewWant(docs.Gradebooks[0], &docs.Gradebooks[0].Contexts[0], docs.Platforms[0])
	return &w
}

func held(c *plan.Context) (risks map[plan.Risk]int, words map[string]bool) {
	risks, words = map[plan.Risk]int{}, map[string]bool{}
	take := func(holds []plan.Hold) {
		for _, h := range holds {
			risks[h.Risk]++
			if w, ok := strings.CutPrefix(h.Release, "--allow "); ok {
				words[strings.Trim(w, "'")] = true
			}
		}
	}
	for i := range c.Items {
		take(c.Items[i].Held)
		for k := range c.Items[i].Scores {
			take(c.Items[i].Scores[k].Held)
		}
	}
	return risks, words
}

// live is n graded or ungraded columns hw0..., each with people's grades.
func live(n, people int, points float64) *Observed {
	o := &Observed{Listing: Listing{Proven: true}, Results: map[string]map[string]plan.Grade{}}
	for i := range n {
		id := fmt.Sprint("L", i)
		o.Items = append(o.Items, plan.LineItem{ID: id, Label: fmt.Sprint("HW ", i), ScoreMaximum: 100, ResourceID: fmt.Sprint("hw", i)})
		o.Results[id] = map[string]plan.Grade{}
		for u := range people {
			o.Results[id][fmt.Sprint("u", u)] = grade(points, 100, "")
		}
	}
	return o
}

func tombstones(from, n int) string {
	var b strings.Builder
	for i := from; i < n; i++ {
		fmt.Fprintf(&b, "  - {resourceId: hw%d, label: HW %d, absent: true}\n", i, i)
	}
	return b.String()
}

func column(maximum int, rows string) string {
	return fmt.Sprintf("  - {resourceId: hw0, label: HW 0, scoreMaximum: %d, scores: [%s]}\n", maximum, rows)
}

func rows(n int, points string) string {
	var out []string
	for u := range n {
		out = append(out, fmt.Sprintf("{userId: u%d, scoreGiven: %s}", u, points))
	}
	return strings.Join(out, ", ")
}

// keepers are columns that stay, so that a few deletes are few.
func keepers(from, n int) string {
	var b strings.Builder
	for i := from; i < n; i++ {
		fmt.Fprintf(&b, "  - {resourceId: hw%d, label: HW %d, scoreMaximum: 100}\n", i, i)
	}
	return b.String()
}

// Each danger is held by default, and let go by exactly the words that the
// hold names, and by no fewer.
func TestHolds(t *testing.T) {
	unread := live(3, 0, 0)
	delete(unread.Results, "L0")
	unproven := live(3, 0, 0)
	unproven.Proven = false
	for name, c := range map[string]struct {
		policy, items string
		live          *Observed
		caps          Capabilities
		risks         map[plan.Risk]int
	}{
		"9 of 9 empty columns": {items: tombstones(0, 9), live: live(9, 0, 0),
			risks: map[plan.Risk]int{plan.Deletes: 9, plan.DeletesPercent: 9}},
		"the only column, empty": {items: tombstones(0, 1), live: live(1, 0, 0),
			risks: map[plan.Risk]int{plan.DeletesPercent: 1}},
		"3 of 9 empty columns are free": {items: tombstones(0, 3) + keepers(3, 9), live: live(9, 0, 0)},
		"4 of 9":                        {items: tombstones(0, 4) + keepers(4, 9), live: live(9, 0, 0), risks: map[plan.Risk]int{plan.Deletes: 4}},
		"one graded column":             {items: tombstones(0, 1) + keepers(1, 3), live: live(3, 2, 50), risks: map[plan.Risk]int{plan.DeleteGraded: 1}},
		"a column that cannot be read":  {items: tombstones(0, 1) + keepers(1, 3), live: unread, risks: map[plan.Risk]int{plan.DeleteUnread: 1}},
		"an unproven listing":           {items: tombstones(0, 1) + keepers(1, 3), live: unproven, risks: map[plan.Risk]int{plan.UnprovenListing: 1}},
		"10 lowered are free":           {items: column(100, rows(10, "40")), live: live(1, 12, 50)},
		"11 lowered":                    {items: column(100, rows(11, "40")), live: live(1, 12, 50), risks: map[plan.Risk]int{plan.Lowered: 11}},
		"100 raised are free":           {items: column(100, rows(100, "60")), live: live(1, 100, 50)},
		"one cleared":                   {items: column(100, "{userId: u0, scoreGiven: null}"), live: live(1, 1, 50), risks: map[plan.Risk]int{plan.Clear: 1}},
		"nothing to clear":              {items: column(100, "{userId: x, scoreGiven: null}"), live: live(1, 1, 50)},
		"a maximum with grades":         {items: column(50, ""), live: live(1, 3, 50), risks: map[plan.Risk]int{plan.Rescale: 1}},
		"a maximum without":             {items: column(50, ""), live: live(1, 0, 50)},
		"a fall over the limit": {policy: "{max: {drop: 20}}", items: column(100, "{userId: u0, scoreGiven: 29.9}, {userId: u1, scoreGiven: 30}"), live: live(1, 2, 50),
			risks: map[plan.Risk]int{plan.Drop: 1}},
		"too many changes": {policy: "{max: {changes: 2}}", items: column(100, rows(3, "60")), live: live(1, 3, 50), risks: map[plan.Risk]int{plan.Changes: 1}},
		"a base is required": {policy: "{requireBase: true}", items: column(100, "{userId: u0, scoreGiven: 60}, {userId: new, scoreGiven: 1}"), live: live(1, 1, 50),
			risks: map[plan.Risk]int{plan.NoBase: 1}},
		"a comment that cannot be read": {items: column(100, "{userId: u0, scoreGiven: 60}"), live: live(1, 1, 50), caps: Capabilities{Comments: CommentUnreadable},
			risks: map[plan.Risk]int{plan.UnreadComment: 1}},
		"a key that a shell would take apart": {items: "  - {label: \"It's $HOME; rm\", absent: true}\n" + keepers(0, 3),
			live: func() *Observed {
				o := live(3, 1, 5)
				o.Items = append(o.Items, plan.LineItem{ID: "X", Label: "It's $HOME; rm", ScoreMaximum: 1})
				o.Results["X"] = map[string]plan.Grade{"u": grade(1, 1, "")}
				return o
			}(), risks: map[plan.Risk]int{plan.DeleteGraded: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			policy := c.policy
			if policy == "" {
				policy = "{}"
			}
			caps := c.caps
			if caps.Comments == "" {
				caps = Generic()
			}
			w := guarded(t, policy, "{}", c.items)
			got := Decide(w, c.live, caps, Options{})
			risks, words := held(&got)
			if c.risks == nil {
				c.risks = map[plan.Risk]int{}
			}
			require.Equal(t, c.risks, risks)
			if len(risks) == 0 {
				return
			}
			require.Equal(t, plan.HeldBack, got.Status())
			for leave := range words {
				some := map[string]bool{}
				for word := range words {
					some[strings.ReplaceAll(word, `'\''`, "'")] = word != leave
				}
				part := Decide(w, c.live, caps, Options{Allow: some})
				require.Equal(t, plan.HeldBack, part.Status(), "without %s", leave)
				some[strings.ReplaceAll(leave, `'\''`, "'")] = true
			}
			all := map[string]bool{}
			for word := range words {
				all[strings.ReplaceAll(word, `'\''`, "'")] = true
			}
			free := Decide(w, c.live, caps, Options{Allow: all})
			risks, _ = held(&free)
			require.Empty(t, risks)
			require.Equal(t, got.Totals().Held, free.Totals().Changes()-got.Totals().Changes(), "what was held is what goes now")

			// A Platform that allows nothing: no words and no policy help.
			w = guarded(t, policy, "{allow: []}", c.items)
			floor := Decide(w, c.live, caps, Options{Allow: all})
			if risks, words := held(&floor); c.policy == "" {
				require.Equal(t, c.risks, risks)
				require.Empty(t, words)
			}
		})
	}
}

// The strictest limit counts, and the Platform's is not released.
func TestFloor(t *testing.T) {
	items := column(100, rows(6, "40"))
	for name, c := range map[string]struct {
		policy, floor string
		allow         map[string]bool
		held          bool
	}{
		"neither":                               {"{}", "{}", nil, false},
		"the Gradebook is stricter":             {"{max: {lowered: 5}}", "{max: {lowered: 8}}", nil, true},
		"and is released":                       {"{max: {lowered: 5}}", "{max: {lowered: 8}}", map[string]bool{"lowered": true}, false},
		"the Platform is stricter":              {"{max: {lowered: 8}}", "{max: {lowered: 5}}", nil, true},
		"and is not":                            {"{max: {lowered: 8}}", "{max: {lowered: 5}}", map[string]bool{"lowered": true, "lowered:hw0": true}, true},
		"nor by the Gradebook":                  {"{max: {lowered: 8}, allow: [{risk: lowered}]}", "{max: {lowered: 5}}", nil, true},
		"the Gradebook allows itself":           {"{max: {lowered: 5}, allow: [{risk: lowered, item: hw0}]}", "{}", nil, false},
		"another column's allowance":            {"{max: {lowered: 5}, allow: [{risk: lowered, item: hw1}]}", "{}", nil, true},
		"the Platform lets this risk be chosen": {"{max: {lowered: 5}, allow: [{risk: lowered}]}", "{allow: [{risk: lowered}]}", nil, false},
		"the Platform lets others be chosen":    {"{max: {lowered: 5}, allow: [{risk: lowered}]}", "{allow: [{risk: clear}]}", nil, true},
		"the Platform requires a base":          {"{allow: [{risk: no-base}]}", "{requireBase: true}", map[string]bool{"no-base": true}, true},
	} {
		got := Decide(guarded(t, c.policy, c.floor, items), live(1, 6, 50), Generic(), Options{Allow: c.allow})
		require.Equal(t, c.held, got.Status() == plan.HeldBack, name)
	}
}

// A mark prunes what no file names, and nothing else.
func TestPrune(t *testing.T) {
	o := live(4, 0, 0)
	o.Items[1].Tag, o.Items[2].Tag, o.Items[3].Tag = "ours", "theirs", "ours"
	o.Items[3].ResourceLinkID = "rl"
	w := guarded(t, "{prune: {tag: ours}}", "{}", keepers(0, 1))
	got := Decide(w, o, Generic(), Options{})
	require.Len(t, got.Items, 1)
	require.Equal(t, "hw1", got.Items[0].Key)
	require.Equal(t, plan.Delete, got.Items[0].Action)
	require.Equal(t, plan.Count{LineItems: 2}, got.Unmanaged)

	w = guarded(t, "{prune: {resourceIdPrefix: hw}}", "{}", keepers(0, 1))
	got = Decide(w, o, Generic(), Options{})
	require.Len(t, got.Items, 2, "a column of a resource link is never pruned")

	w.Selected = map[string]bool{"hw0": true}
	require.Empty(t, Decide(w, o, Generic(), Options{}).Items, "--target never prunes")
}

// A listing that may not be whole prunes nothing, and one that failed less.
func TestPruneNeedsAProvenListing(t *testing.T) {
	o := live(4, 0, 0)
	o.Proven = false
	w := guarded(t, "{prune: {resourceIdPrefix: hw}}", "{}", keepers(0, 3))
	got := Decide(w, o, Generic(), Options{})
	require.Equal(t, plan.HeldBack, got.Status())
	require.Equal(t, plan.UnprovenListing, got.Items[0].Held[0].Risk)
	require.Zero(t, got.Totals().Delete)

	got = Plan(t.Context(), failing{}, w, Options{Allow: map[string]bool{"unproven-listing": true}}, Reading{Concurrency: 1})
	require.Equal(t, plan.Failed, got.Status())
	require.Empty(t, got.Items)
}

// failing is a platform that cannot be read.
type failing struct{ Platform }

func (failing) LineItems(context.Context) (Listing, error) {
	return Listing{Items: []plan.LineItem{{ID: "half"}}}, errors.New("the listing broke off")
}

// One word must not release two columns.
func TestPrunedNamesAreUnique(t *testing.T) {
	o := live(2, 1, 5)
	o.Items[1].ResourceID = "hw0"
	got := Decide(guarded(t, "{prune: {resourceIdPrefix: hw}}", "{}", "  - {resourceId: x, label: X, scoreMaximum: 1}\n"), o, Generic(), Options{})
	require.Equal(t, plan.Found, got.Status())
	require.Contains(t, got.Findings[0].Message, "two columns would go by this name")
}

// A Platform that does not let overrides be overwritten.
func TestFloorOverOverrides(t *testing.T) {
	w := guarded(t, "{}", "{allow: [{risk: rescale}]}", column(100, "{userId: u, scoreGiven: 10}"))
	w.Base = wants(t, column(100, "{userId: u, scoreGiven: 10}")).Items
	o := live(1, 0, 0)
	o.Results["L0"]["u"] = grade(30, 100, "")
	require.Equal(t, "override", told(Decide(w, o, Generic(), Options{Allow: map[string]bool{"overwrite-override": true}})))
}

func TestBlast(t *testing.T) {
	o := live(1, 6, 50)
	o.Results["L0"]["u4"] = plan.Grade{}
	w := guarded(t, "{passMark: 50%}", "{}", column(100, "{userId: u0, scoreGiven: 60}, {userId: u1, scoreGiven: 20}, {userId: u2, scoreGiven: null}, {userId: u4, scoreGiven: 100}, {userId: new, scoreGiven: 30}"))
	got := Decide(w, o, Generic(), Options{})
	want := plan.Blast{Students: 5, First: 2, Raised: 1, Lowered: 1, Cleared: 1, MeanChange: -10, LargestChange: -30, NowPass: 1, NowFail: 2, Notifications: 5}
	require.Equal(t, want, got.Blast)
	require.Equal(t, want, got.Items[0].Blast)

	got = Decide(guarded(t, "{}", "{}", tombstones(0, 1)), o, Generic(), Options{})
	require.Equal(t, plan.Blast{Students: 5, Destroyed: 5}, got.Blast)
}

// Where a base was asked for and none is known, what a hand may have set is held;
// firsts, equal values and other names for nothing are not.
func TestUnrecordedIsHeld(t *testing.T) {
	const items = "  - {resourceId: hw0, label: New, scoreMaximum: 100, tag: t, scores: [{userId: u0, scoreGiven: 70}, {userId: u1, scoreGiven: 50}, {userId: u9, scoreGiven: 9}]}\n"
	for _, unrecorded := range []bool{false, true} {
		w := guarded(t, "{}", "{}", items)
		w.Base, w.BaseName, w.Unrecorded = []spec.LineItem{}, "none", unrecorded
		w.Notes = []plan.Note{{Message: "nothing is recorded"}}
		c := Decide(w, live(1, 2, 50), Capabilities{}, Options{})
		require.Equal(t, w.Notes, c.Notes)
		risks, words := held(&c)
		if !unrecorded {
			require.Empty(t, risks)
			continue
		}
		require.Equal(t, map[plan.Risk]int{plan.NoBase: 2}, risks, "the label and one score")
		require.Equal(t, map[string]bool{"no-base:hw0": true}, words)
		c = Decide(w, live(1, 2, 50), Capabilities{}, Options{Allow: words})
		risks, _ = held(&c)
		require.Empty(t, risks)
	}
}
