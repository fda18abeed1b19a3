package run

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// sharing is a Gradebook on the first course of the campus.
func (s *campus) sharing(name, policy string, items ...string) string {
	return fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: %s}\nplatform: campus\npolicy: %s\ncontexts: [%s]\nlineItems: [%s]\n---\n",
		name, policy, s.contexts[0], strings.Join(items, ", "))
}

// only leaves a course with these columns, and gives their ids.
func (s *campus) only(t *testing.T, items ...*sandbox.LineItem) (ids []string) {
	t.Helper()
	require.NoError(t, s.box.Update(func(st *sandbox.State) error {
		c := st.Courses["7"]
		c.LineItems, c.NextLineItem = items, 50
		for i, li := range items {
			li.Number = i + 1
		}
		return nil
	}))
	docs := load(t, s.platform+s.sharing("all", "{}"))
	c := opened(t, docs, options(t, false, s.env)).Plan(t.Context()).Contexts[0]
	require.Nil(t, c.Failure)
	return c.Seen
}

// Two Gradebooks never write to one column, whatever each calls it, also where
// one of them has nothing to do in it.
func TestRivalsOfALiveColumn(t *testing.T) {
	s := newCampus(t, "", "")
	score := 9.0
	ids := s.only(t, &sandbox.LineItem{Label: "Midterm", ScoreMaximum: 10, Tag: "mark", Results: []*sandbox.Result{{UserID: "101", Score: &score}}},
		&sandbox.LineItem{Label: "Final", ScoreMaximum: 10, ResourceID: "final", Tag: "mark"})
	row := func(name string, score int) string {
		return fmt.Sprintf("{key: k, %s, label: Midterm, scoreMaximum: 10, scores: [{userId: '101', scoreGiven: %d}]}", name, score)
	}
	final := "{resourceId: final, label: Final, scoreMaximum: 10, scores: [{userId: '101', scoreGiven: 3}]}"
	for name, c := range map[string]struct {
		a, b   string // line items
		policy string
		rivals bool
	}{
		"id and label":               {row("id: '"+ids[0]+"'", 1), row("tag: mark", 2), "{}", true},
		"id and nothing to do":       {row("id: '"+ids[0]+"'", 1), row("tag: mark", 9), "{}", true},
		"label and a new resourceId": {row("tag: mark", 1), row("resourceId: new", 2), "{}", true},
		"id and resourceId":          {strings.Replace(final, "resourceId: final", "id: '"+ids[1]+"'", 1), final, "{}", true},
		"two columns":                {row("id: '"+ids[0]+"'", 1), final, "{}", false},
		"one that is pruned":         {row("id: '"+ids[0]+"'", 1), final, "{prune: {tag: mark}}", false},
	} {
		docs := load(t, s.platform+s.sharing("ga", c.policy, c.a)+s.sharing("gb", "{}", c.b))
		session := opened(t, docs, options(t, true, s.env))
		p := session.Plan(t.Context())
		s.writes = nil
		for i := range p.Contexts {
			if !c.rivals {
				require.Empty(t, p.Contexts[i].Findings, name)
				require.NotContains(t, fmt.Sprint(p.Contexts[i].Items), plan.Delete, name)
				continue
			}
			require.Len(t, p.Contexts[i].Findings, 1, name)
			require.Contains(t, p.Contexts[i].Findings[0].Message, "another Gradebook wants the same column of this course, at test.yaml:", name)
		}
		if c.rivals {
			_, err := session.Apply(t.Context(), p)
			require.NoError(t, err)
			for _, w := range s.writes {
				require.NotContains(t, w, "/", "nothing but scopes: %s", name)
			}
		}
	}
}

// A saved plan is no way around it, whoever made it.
func TestRivalsOfASavedPlan(t *testing.T) {
	s := newCampus(t, "", "")
	ids := s.only(t, &sandbox.LineItem{Label: "Midterm", ScoreMaximum: 10})
	item := func(name string, score int) string {
		return fmt.Sprintf("{key: k, %s, label: Midterm, scoreMaximum: 10, scores: [{userId: '101', scoreGiven: %d}]}", name, score)
	}
	docs := load(t, s.platform+s.sharing("ga", "{}", item("id: '"+ids[0]+"'", 1))+s.sharing("gb", "{}", item("resourceId: new", 2)))
	p := opened(t, docs, options(t, false, s.env)).Plan(t.Context())
	for i := range p.Contexts {
		require.NotEmpty(t, p.Contexts[i].Items)
		p.Contexts[i].Findings = nil
	}
	encoded, err := plan.Encode(p)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "plan.json")
	require.NoError(t, os.WriteFile(file, encoded, 0o600))
	session, err := OpenSaved(docs, file, nil, options(t, true, s.env))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, session.Close()) })
	again := session.Plan(t.Context())
	for i := range again.Contexts {
		require.Equal(t, plan.Found, again.Contexts[i].Status())
		require.Contains(t, again.Contexts[i].Findings[0].Message, "another Gradebook wants the same column")
	}
}

// What another Gradebook of the course names is not left alone, and what only
// that one names is not pruned, selected or not.
func TestBesideAnotherGradebook(t *testing.T) {
	s := newCampus(t, "", "")
	s.only(t, &sandbox.LineItem{Label: "A", ScoreMaximum: 10, ResourceID: "a", Tag: "mark"}, &sandbox.LineItem{Label: "B", ScoreMaximum: 10, ResourceID: "b", Tag: "mark"},
		&sandbox.LineItem{Label: "C", ScoreMaximum: 10, ResourceID: "c"})
	a, b := "{resourceId: a, label: A, scoreMaximum: 10}", "{resourceId: b, label: B, scoreMaximum: 10}"
	docs := load(t, s.platform+s.sharing("ga", "{prune: {tag: mark}}", a)+s.sharing("gb", "{}", b))
	for _, targets := range [][]string{nil, {"ga/a"}} {
		o := options(t, false, s.env)
		o.Targets = targets
		p := opened(t, docs, o).Plan(t.Context())
		for i := range p.Contexts {
			require.Equal(t, plan.Unchanged, p.Contexts[i].Status())
			require.Equal(t, plan.Count{LineItems: 1}, p.Contexts[i].Unmanaged)
		}
	}
}

// Of Gradebooks that share a course each is given its own columns, and the first
// those of nobody: what was exported plans to no change beside each other.
func TestExportOfASharedCourse(t *testing.T) {
	s := newCampus(t, "", "")
	s.only(t, &sandbox.LineItem{Label: "A", ScoreMaximum: 10, ResourceID: "a"}, &sandbox.LineItem{Label: "B", ScoreMaximum: 10, ResourceID: "b"}, &sandbox.LineItem{Label: "C", ScoreMaximum: 10})
	b := "{label: Other, scoreMaximum: 10, resourceId: b}"
	for name, c := range map[string]struct {
		ga, gb []string
		want   map[string]string // which labels the files hold
	}{
		"one names a column":   {nil, []string{b}, map[string]string{"ga": "A C", "gb": "B"}},
		"none names any":       {nil, nil, map[string]string{"ga": "A B C", "gb": ""}},
		"both name one column": {[]string{"{resourceId: b, label: B, scoreMaximum: 10}"}, []string{b}, map[string]string{"ga": "A B C", "gb": ""}},
	} {
		docs := load(t, s.platform+s.sharing("ga", "{}", c.ga...)+s.sharing("gb", "{}", c.gb...))
		dir := t.TempDir()
		got := map[string]string{}
		for _, e := range opened(t, docs, options(t, false, s.env)).Export(t.Context(), docs, ExportOptions{Folder: dir}) {
			require.NoError(t, e.Err, name)
			require.Len(t, e.Files, 1)
			require.NoError(t, os.WriteFile(filepath.Join(dir, e.Files[0].Name), e.Files[0].Data, 0o600))
			read, err := spec.Read(spec.Bytes("x.yaml", e.Files[0].Data))
			require.NoError(t, err)
			var labels []string
			for _, li := range read.Gradebooks[0].LineItems {
				labels = append(labels, li.Label.Value)
			}
			got[e.Gradebook] = strings.Join(slices.Sorted(slices.Values(labels)), " ")
		}
		require.Equal(t, c.want, got, name)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "platform.yaml"), []byte(s.platform), 0o600))
		require.Equal(t, []string{"ga/sec-7 on campus: unchanged", "gb/sec-7 on campus: unchanged"}, standing(s.plan(t, dir)), name)
	}
}
