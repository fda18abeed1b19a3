package reconcile_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// wantUnder is a Want of today with policies.
func wantUnder(t *testing.T, policy, floor string) *reconcile.Want {
	t.Helper()
	docs, err := spec.Load(spec.Bytes("p.yaml", []byte("apiVersion: gradesync.dev/v1\nkind: Platform\nmetadata: {name: p}\nsandbox: {}\npolicy: "+floor+"\n---\n"+
		"apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: b}\ncontexts: [{name: c}]\npolicy: "+policy+"\nlineItems:\n  - {label: L, scoreMaximum: 1}\n")))
	require.NoError(t, err)
	w := reconcile.NewWant(docs.Gradebooks[0], &docs.Gradebooks[0].Contexts[0], docs.Platforms[0])
	return &w
}

func holds(c *plan.Context) (out []string) {
	for _, it := range c.Items {
		for _, h := range it.Held {
			out = append(out, it.Key+" "+string(h.Risk))
		}
		for _, s := range it.Scores {
			for _, h := range s.Held {
				out = append(out, it.Key+" "+s.UserID+" "+string(h.Risk))
			}
		}
	}
	return out
}

func columns(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  - {resourceId: hw%d, label: HW %d, scoreMaximum: 50}\n", i, i)
	}
	return b.String()
}

// A line item of another course is not touched, whatever the plan calls it.
func TestForgedCourse(t *testing.T) {
	for _, action := range []plan.Action{plan.Keep, plan.Delete} {
		l := newLMS(t)
		l.apply(t, want(t, course(2, 2, 10)))
		require.NoError(t, l.box.Update(func(s *sandbox.State) error {
			other := *s.Courses["1"]
			other.LineItems = nil
			for _, li := range s.Courses["1"].LineItems {
				twin := *li
				other.LineItems = append(other.LineItems, &twin)
			}
			s.Courses["2"] = &other
			return nil
		}))
		rows := strings.NewReplacer("scoreGiven: 10,", "scoreGiven: 1,").Replace(course(2, 2, 10))
		c := l.planned(t, want(t, rows))
		c.Items = c.Items[:1]
		it := &c.Items[0]
		id := strings.Replace(it.ID, "/1/", "/2/", 1)
		require.NotEqual(t, id, it.ID)
		seen := *it.Observed
		seen.ID, it.ID, it.Observed = id, id, &seen
		if it.Action = action; action == plan.Delete {
			n := 2
			it.Scores, it.Graded, it.Results = nil, &n, map[string]plan.Grade{}
			for r, err := range l.p.Results(context.Background(), id) {
				require.NoError(t, err)
				it.Results[r.UserID] = r.Grade
			}
		}
		l.writes()
		rep := l.carrySaved(context.Background(), c)
		require.Empty(t, l.writes(), action)
		require.False(t, rep.Rows[0].Sent())
	}
}

// What a file says of its own risks is judged by what it would write.
func TestForgedFigures(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(2, 2, 10)))
	rows := strings.NewReplacer("scoreGiven: 10,", "scoreGiven: 1,").Replace(course(2, 2, 10))
	c := l.planned(t, want(t, rows))
	require.NotEmpty(t, c.Items[0].Scores)
	floor := wantUnder(t, "{}", "{max: {drop: 5}, requireBase: true}")
	for name, x := range map[string]struct {
		forge func(it *plan.Item, s *plan.Score)
		says  string
	}{
		"no fields":        {func(_ *plan.Item, s *plan.Score) { s.Fields = nil }, `"scoreGiven" would change, and it is not said`},
		"other values":     {func(_ *plan.Item, s *plan.Score) { s.Fields[0].After = 9.5 }, `"scoreGiven" is another`},
		"a comment unsaid": {func(_ *plan.Item, s *plan.Score) { s.After.Comment = "x" }, `"comment" would change`},
		"a comment never said": {func(_ *plan.Item, s *plan.Score) {
			s.Fields = append(s.Fields, plan.Field{Name: "comment", After: "x"})
		}, `"comment" is said to change`},
		"a post that clears": {func(_ *plan.Item, s *plan.Score) { s.After, s.Fields = plan.Grade{}, nil }, "taken away by what sets them"},
		"another title":      {func(it *plan.Item, _ *plan.Score) { it.Label = "Old test" }, "the title is another"},
	} {
		again := saved(t, c)
		x.forge(&again.Items[0], &again.Items[0].Scores[0])
		reconcile.HoldAgain(&again, floor, l.p.Capabilities(), nil)
		require.Equal(t, plan.Found, again.Status(), name)
		require.Contains(t, again.Findings[0].Message, x.says, name)
		require.NotContains(t, again.Findings[0].Message, again.Items[0].Scores[0].UserID)
	}

	again := saved(t, c)
	s := &again.Items[0].Scores[0]
	s.NoBase, s.Held, again.Blast = false, nil, plan.Blast{}
	reconcile.HoldAgain(&again, floor, l.p.Capabilities(), nil)
	require.Empty(t, again.Findings)
	require.Contains(t, holds(&again), "hw0 "+s.UserID+" drop")
	require.Contains(t, holds(&again), "hw0 "+s.UserID+" no-base")
	require.Equal(t, c.Blast, again.Blast)
}

// A create and an update show what they write.
func TestForgedFields(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, "  - {resourceId: hw, label: HW, scoreMaximum: 50}\n"))
	c := l.planned(t, want(t, "  - {resourceId: hw, label: Homework, scoreMaximum: 50}\n  - {resourceId: new, label: New, scoreMaximum: 5, tag: t}\n"))
	for name, forge := range map[string]func(was, fresh *plan.Item){
		"another before":     func(was, _ *plan.Item) { was.Fields[0].Before = "H" },
		"an id":              func(was, _ *plan.Item) { was.Fields = append(was.Fields, plan.Field{Name: "id", After: "x"}) },
		"a title that is no": func(was, _ *plan.Item) { was.Fields[0].After = true },
		"a create unsaid":    func(_, fresh *plan.Item) { fresh.Fields = fresh.Fields[:2] },
		"another create":     func(_, fresh *plan.Item) { fresh.Wanted.ScoreMaximum = 500 },
	} {
		again := saved(t, c)
		reconcile.HoldAgain(&again, wantUnder(t, "{}", "{}"), l.p.Capabilities(), nil)
		require.Empty(t, again.Findings, "it is well as it is")
		again = saved(t, c)
		forge(&again.Items[0], &again.Items[1])
		reconcile.HoldAgain(&again, wantUnder(t, "{}", "{}"), l.p.Capabilities(), nil)
		require.Len(t, again.Findings, 1, name)
	}
}

// Columns that are not there make no share smaller.
func TestForgedShare(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, columns(4)))
	gone := columns(2) + "  - {resourceId: hw2, label: x, absent: true}\n  - {resourceId: hw3, label: x, absent: true}\n"
	today := want(t, gone)
	l.change(t, func(c *sandbox.Course) { // a teacher's own, which no file names
		for n := range 96 {
			c.LineItems = append(c.LineItems, &sandbox.LineItem{Number: 100 + n, Label: fmt.Sprint("own ", n), ScoreMaximum: 1})
		}
		c.NextLineItem = 500
	})
	made := l.planned(t, today)
	require.Equal(t, 96, made.Unmanaged.LineItems)
	for name, forge := range map[string]func(c *plan.Context){
		"none":              func(*plan.Context) {},
		"columns more":      func(c *plan.Context) { c.Seen = append(c.Seen, "x", "y", "z") },
		"nothing unmanaged": func(c *plan.Context) { c.Unmanaged.LineItems = 0 },
		"all unchanged":     func(c *plan.Context) { c.Unchanged.LineItems, c.Unmanaged.LineItems = 98, 0 },
	} {
		c := saved(t, made)
		forge(&c)
		w := wantUnder(t, "{}", "{max: {deletesPercent: 40}}")
		w.Items = today.Items
		require.True(t, reconcile.NeedsListing(&c, w))
		reconcile.HoldAgain(&c, w, l.p.Capabilities(), l.listed(t, &c, w))
		require.Equal(t, []string{"hw2 deletesPercent", "hw3 deletesPercent"}, holds(&c), name)
		require.Contains(t, c.Items[0].Held[0].Why, "50 % of the columns", name)
	}
}

// An apply that was cut short is judged as the whole was: what it has deleted was
// there, and what it renames is not in the way of what it makes.
func TestHoldAgainMidway(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, columns(4)))
	w := want(t, "  - {resourceId: hw0, label: Other, scoreMaximum: 50}\n  - {resourceId: hw1, label: HW 1, scoreMaximum: 50}\n  - {resourceId: new, label: HW 0, scoreMaximum: 50}\n"+
		"  - {resourceId: hw2, label: x, absent: true}\n  - {resourceId: hw3, label: x, absent: true}\n")
	made := saved(t, l.planned(t, w))
	for name, hand := range map[string]func(*sandbox.Course){
		"nothing is done yet": func(*sandbox.Course) {},
		"a column is deleted": func(c *sandbox.Course) { c.LineItems = c.LineItems[:3] },
	} {
		l.change(t, hand)
		c := made
		under := wantUnder(t, "{}", "{max: {deletesPercent: 50}, allow: [{risk: clear}]}")
		under.Items = w.Items
		reconcile.HoldAgain(&c, under, l.p.Capabilities(), l.listed(t, &c, under))
		require.Empty(t, holds(&c), name)
	}
}

// That there was a base is the file's word: where a Platform's policy requires
// one, it does not count. Nor does it where there was one.
func TestForgedBase(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(2, 2, 10)))
	rows := strings.NewReplacer("scoreGiven: 10,", "scoreGiven: 1,", "label: HW 1", "label: Other").Replace(course(2, 2, 10))
	c := saved(t, l.planned(t, want(t, rows)))
	c.Base = "v1.4"
	for i := range c.Items {
		for k := range c.Items[i].Scores {
			c.Items[i].Scores[k].NoBase = false
		}
	}
	floored := c
	reconcile.HoldAgain(&floored, wantUnder(t, "{}", "{requireBase: true}"), l.p.Capabilities(), nil)
	require.NotEmpty(t, holds(&floored))
	for _, h := range holds(&floored) {
		require.Contains(t, h, "no-base")
	}
	for _, it := range floored.Items {
		for _, s := range it.Scores {
			require.Len(t, s.Held, 1, "each grade that is overwritten")
			require.Contains(t, s.Held[0].Why, "apply the files with --base, without a saved plan")
			require.Empty(t, s.Held[0].Release)
		}
	}
	reconcile.HoldAgain(&c, wantUnder(t, "{requireBase: true}", "{}"), l.p.Capabilities(), nil)
	require.Empty(t, holds(&c), "whoever writes the Gradebook may release it, too")
}

// What only a listing tells is looked at again where a Platform's policy lets
// nobody allow it: a plan that does not hold it was edited.
func TestForgedListing(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, columns(4)))
	l.change(t, func(c *sandbox.Course) { c.LineItems[3].ResourceID = "theirs" })
	today := want(t, columns(2)+"  - {resourceId: hw2, label: x, absent: true}\n  - {resourceId: new, label: HW 3, scoreMaximum: 50}\n")
	made := reconcile.Plan(context.Background(), l.p, today, reconcile.Options{}, reconcile.Reading{Concurrency: 2, Clock: clock{}})
	require.Equal(t, []string{"new duplicate-label"}, holds(&made))
	unproven := l.listed(t, &made, today)
	unproven.Proven = false
	for name, c := range map[string]struct {
		floor  string
		proven bool
		want   []string
	}{
		"as it is":              {"{allow: [{risk: clear}]}", true, []string{"new duplicate-label"}},
		"it may be allowed":     {"{allow: [{risk: duplicate-label}]}", true, nil},
		"there may be more":     {"{allow: [{risk: clear}]}", false, []string{"hw2 unproven-listing", "new duplicate-label"}},
		"that, too, is allowed": {"{allow: [{risk: unproven-listing}]}", false, []string{"new duplicate-label"}},
		"nothing is laid down":  {"{}", false, nil},
	} {
		forged := saved(t, made)
		for i := range forged.Items {
			forged.Items[i].Held = nil
			forged.Items[i].Released = []plan.Release{{Risk: plan.DuplicateLabel, By: "x"}, {Risk: plan.UnprovenListing, By: "x"}}
		}
		w := wantUnder(t, "{}", c.floor)
		w.Items = today.Items
		live := l.listed(t, &forged, w)
		if !c.proven {
			live = unproven
		}
		reconcile.HoldAgain(&forged, w, l.p.Capabilities(), live)
		require.ElementsMatch(t, c.want, floorHolds(&forged), name)
	}
}

// floorHolds is what nobody may release.
func floorHolds(c *plan.Context) (out []string) {
	for _, it := range c.Items {
		for _, h := range it.Held {
			if h.Where != "" && !strings.HasPrefix(h.Why, "it was released") {
				out = append(out, it.Key+" "+string(h.Risk))
			}
		}
	}
	return out
}

// A comment that cannot be seen is not said to be left alone by saying nothing.
func TestForgedComment(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(1, 2, 10)))
	c := saved(t, l.planned(t, want(t, strings.NewReplacer("scoreGiven: 10,", "scoreGiven: 11,", ", comment: c", "").Replace(course(1, 2, 10)))))
	require.NotEmpty(t, c.Items)
	for k := range c.Items[0].Scores {
		c.Items[0].Scores[k].KeepsComment = false
	}
	blind := reconcile.Generic()
	blind.Comments = reconcile.CommentUnreadable
	reconcile.HoldAgain(&c, wantUnder(t, "{}", "{}"), blind, nil)
	require.NotEmpty(t, holds(&c))
	require.Contains(t, holds(&c)[0], "unread-comment")
}

// What cannot be read may be empty: it counts.
func TestForgedUnread(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, columns(4)))
	gone := columns(2) + "  - {resourceId: hw2, label: x, absent: true}\n  - {resourceId: hw3, label: x, absent: true}\n"
	c := saved(t, l.planned(t, want(t, gone)))
	for i := range c.Items {
		c.Items[i].Graded, c.Items[i].Results = nil, nil
	}
	reconcile.HoldAgain(&c, wantUnder(t, "{}", "{max: {deletes: 1}}"), l.p.Capabilities(), nil)
	require.Contains(t, holds(&c), "hw2 deletes")
}

// What was taken out of a plan's list of what is held is held again, and a key
// that the institution lets go lets no other column go.
func TestForgedReleases(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(3, 2, 10)))
	w := want(t, course(2, 2, 10)+"  - {resourceId: hw2, label: x, absent: true}\n")
	c := reconcile.Plan(context.Background(), l.p, w, reconcile.Options{}, reconcile.Reading{Concurrency: 2, Clock: clock{}})
	require.Equal(t, []string{"hw2 delete-graded"}, holds(&c))
	free := saved(t, c)
	free.Items[0].Held = nil
	live := l.listed(t, &c, w)
	today := func(floor string) *reconcile.Want {
		under := wantUnder(t, "{}", floor)
		under.Items = w.Items
		return under
	}
	reconcile.HoldAgain(&free, today("{}"), l.p.Capabilities(), live)
	require.Equal(t, []string{"hw2 delete-graded"}, holds(&free))

	free = saved(t, c)
	free.Items[0].Key, free.Items[0].Held = "scratch", nil
	free.Items[0].Released = []plan.Release{{Risk: plan.DeleteGraded, By: "--allow delete-graded:scratch"}}
	reconcile.HoldAgain(&free, today("{allow: [{risk: delete-graded, item: scratch}]}"), l.p.Capabilities(), live)
	require.Equal(t, []string{"scratch delete-graded"}, holds(&free))
}

// How one student's grade changed is not in what is told of the column to all.
func TestStaleColumnNamesNoGrade(t *testing.T) {
	l := newLMS(t)
	l.apply(t, want(t, course(3, 2, 10)))
	c := saved(t, l.planned(t, want(t, course(2, 2, 10)+"  - {resourceId: hw2, label: x, absent: true}\n")))
	l.change(t, func(c *sandbox.Course) { v := 49.0; c.LineItems[2].Result("u1").Score = &v })
	rep := l.carrySaved(context.Background(), c)
	require.Equal(t, "1 grade in it changed: somebody changed it since the plan was made; plan again", rep.Rows[0].Why)
	require.Contains(t, rep.Rows[0].Said, "is 49/50 now")
}
