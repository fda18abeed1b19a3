package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

const told1 = ": the grade has no base; say in users.map who it is"

// Rows of the base whose person cannot be told today are told of, and their
// line items are marked, by today's key too.
func TestLost(t *testing.T) {
	skip := spec.Users{Unknown: word("skip")}
	item := func(key string, said ...string) spec.LineItem {
		li := item(key, said...)
		li.Label = word(key)
		return li
	}
	named := func(li spec.LineItem, resourceID string, was ...string) spec.LineItem {
		li.ResourceID = word(resourceID)
		for _, w := range was {
			li.Was = append(li.Was, word(w))
		}
		return li
	}
	for _, tc := range []struct {
		name string
		w    Want
		lost map[string]bool
		told []string
	}{
		{"an email that changed", Want{
			Items: []spec.LineItem{item("hw1", "jo@example.edu"), item("hw2", "bo@example.edu")},
			Base:  []spec.LineItem{item("hw1", "jo@old.edu"), item("hw2", "bo@example.edu")},
		}, map[string]bool{"hw1": true}, []string{
			"note: 1 row of the base (v1) names somebody who is not found now" + told1, "grades.csv:2:3 jo@old.edu: not in the roster; Jo@Example.edu?",
		}},
		{"another domain", Want{
			Items: []spec.LineItem{item("hw1")}, Base: []spec.LineItem{item("hw1", "jo@old.org", "twin@example.edu")},
			Later: []Revision{{Name: "c1", Items: []spec.LineItem{item("hw1", "jo@old.org")}}},
		}, map[string]bool{"hw1": true}, []string{
			"note: 2 rows of the base (v1) name people who are not found now: their grades have no base; say in users.map who they are",
			"grades.csv:2:3 jo@old.org: not in the roster; Jo@Example.edu?", "grades.csv:3:3 twin@example.edu: 2 people of the roster have this email u-3,u-4",
		}},
		{"a row of a sheet", Want{
			Base: []spec.LineItem{item("hw1", "x@y.org", "z@y.org"), item("hw2", "x@y.org", "z@y.org")},
		}, map[string]bool{"hw1": true, "hw2": true}, []string{
			"note: 4 rows of the base (v1) name people who are not found now: their grades have no base; say in users.map who they are",
			"grades.csv:2:3 x@y.org: not in the roster", "grades.csv:3:3 z@y.org: not in the roster",
		}},
		{"one person's", Want{Base: []spec.LineItem{item("hw1", "x@y.org"), item("hw2", "x@y.org")}}, map[string]bool{"hw1": true, "hw2": true}, []string{
			"note: 2 rows of the base (v1) name somebody who is not found now: the grades have no base; say in users.map who it is", "grades.csv:2:3 x@y.org: not in the roster",
		}},
		{"after the base", Want{
			Items: []spec.LineItem{item("hw1")}, Base: []spec.LineItem{item("hw1", "u-1")},
			Later: []Revision{{Name: "c1", Items: []spec.LineItem{item("hw1", "x@y.org")}}, {Name: "c2", Items: []spec.LineItem{item("hw1", "X@y.org")}}},
		}, map[string]bool{"hw1": true}, []string{
			"note: 1 row after the base (v1) names somebody who is not found now" + told1, "grades.csv:2:3 x@y.org: not in the roster; said at c1",
		}},
		{"by another key then", Want{
			Items: []spec.LineItem{named(item("new"), "new", "old"), named(item("hw2"), "hw2")},
			Base:  []spec.LineItem{named(item("old", "x@y.org"), "old"), named(item("hw2", "u-1"), "hw2")},
		}, map[string]bool{"old": true, "new": true}, []string{
			"note: 1 row of the base (v1) names somebody who is not found now" + told1, "grades.csv:2:3 x@y.org: not in the roster",
		}},
		{"told of already", Want{
			Users: &skip, Items: []spec.LineItem{item("hw1", "X@Y.org")}, Base: []spec.LineItem{item("hw1", "x@y.org")},
		}, map[string]bool{"hw1": true}, []string{
			"note: 1 person is not in the roster (users.unknown: skip): 1 row is left out, and what is live stays", "grades.csv:2:3 X@Y.org: not in the roster",
		}},
		{"all are found", Want{Items: []spec.LineItem{item("hw1", "jo@example.edu")}, Base: []spec.LineItem{item("hw1", "S2", "gone@example.edu", "u-77")}}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.w.BaseName = "v1"
			out, troubles := resolve(&tc.w, class())
			require.Empty(t, cmp.Diff(tc.lost, out.Lost))
			require.Empty(t, cmp.Diff(tc.told, complaints(troubles)))
			require.Nil(t, tc.w.Lost, "the files stay as they are")
		})
	}
}

// explanations resolves a Want of one column and explains hw0/who.
func explanations(t *testing.T, w *Want, who string, roster []plan.Member) []plan.Explanation {
	t.Helper()
	o := live(1, 0, 0)
	o.Results["L0"] = map[string]plan.Grade{"u-1": grade(70, 100, ""), "u-3": grade(33, 100, ""), "u-4": grade(44, 100, ""), "u-5": grade(50, 100, "")}
	w.Explain = "hw0/" + who
	out, _ := resolve(w, roster)
	plain := *w
	plain.Explain = ""
	without, _ := resolve(&plain, roster)
	got := Decide(out, o, Generic(), Options{})
	same := Decide(without, o, Generic(), Options{})
	require.Empty(t, same.Explained)
	same.Explained = got.Explained
	require.Empty(t, cmp.Diff(same, got), "to explain changes nothing")
	return got.Explained
}

// A person is explained by whatever name, also where no row of the line item is
// theirs, or none that is read.
func TestExplainPeople(t *testing.T) {
	base := column(100, `{email: jo@example.edu, scoreGiven: 60}, {email: jo@old.edu, scoreGiven: 61}`)
	for _, tc := range []struct {
		name, now, base, who string
		skip                 bool
		want                 []plan.Explanation // without places
	}{
		{"an unmanaged grade, by email", column(100, ""), "", "JO@example.edu", false, []plan.Explanation{
			{UserID: "u-1", Person: "JO@example.edu", Live: 70.0, Rule: "unmanaged", Words: words[Unmanaged]}}},
		{"an unmanaged grade, by sourcedId", column(100, ""), "", "00123", false, []plan.Explanation{
			{UserID: "u-1", Person: "00123", Live: 70.0, Rule: "unmanaged", Words: words[Unmanaged]}}},
		{"by user id", column(100, ""), "", "u-1", false, []plan.Explanation{
			{UserID: "u-1", Live: 70.0, Rule: "unmanaged", Words: words[Unmanaged]}}},
		{"a row that is named otherwise", column(100, "{sourcedId: '00123', scoreGiven: 70}"), "", "jo@example.edu", false, []plan.Explanation{
			{UserID: "u-1", Person: "00123", Desired: &plan.Stand{Value: 70.0}, Live: 70.0, Rule: "same", Words: words[Same]}}},
		{"released since the base", column(100, ""), base, "jo@example.edu", false, []plan.Explanation{
			{UserID: "u-1", Person: "jo@example.edu", Base: &plan.Stand{Value: 60.0, Revision: "v1"}, Live: 70.0, Rule: "released", Words: words[Released]}}},
		{"inactive, and left out", column(100, "{email: gone@example.edu, scoreGiven: 51}"), "", "S5", false, []plan.Explanation{
			{UserID: "u-5", Person: "gone@example.edu", Desired: &plan.Stand{Value: 51.0}, Live: 50.0, Rule: "left out", Words: "Inactive in the roster: the row is left out, and what is live stays"}}},
		{"unknown, and left out", column(100, "{email: x@y.org, scoreGiven: 51}"), column(100, "{email: x@y.org, scoreGiven: 49}"), "X@y.org", true, []plan.Explanation{
			{UserID: "X@y.org", Person: "x@y.org", Desired: &plan.Stand{Value: 51.0}, Base: &plan.Stand{Value: 49.0, Revision: "v1"}, Rule: "left out", Words: "not in the roster: the row is left out, and what is live stays"}}},
		{"unknown, a finding", column(100, "{email: x@y.org, scoreGiven: 51}"), "", "x@y.org", false, []plan.Explanation{
			{UserID: "x@y.org", Desired: &plan.Stand{Value: 51.0}, Rule: "stopped", Words: "not in the roster: nothing is written in this context"}}},
		{"twice, a finding", column(100, "{email: jo@example.edu, scoreGiven: 51}, {sourcedId: '00123', scoreGiven: 52}"), "", "u-1", false, []plan.Explanation{
			{UserID: "u-1", Person: "jo@example.edu", Desired: &plan.Stand{Value: 51.0}, Live: 70.0, Rule: "stopped", Words: "the same person as at bio.yaml:11:64: nothing is written in this context"}}},
		{"ambiguous, a finding", column(100, "{email: twin@example.edu, scoreGiven: 51}"), "", "TWIN@example.edu", false, []plan.Explanation{
			{UserID: "u-3", Person: "TWIN@example.edu", Live: 33.0, Rule: "unmanaged", Words: words[Unmanaged]},
			{UserID: "u-4", Person: "TWIN@example.edu", Live: 44.0, Rule: "unmanaged", Words: words[Unmanaged]},
			{UserID: "TWIN@example.edu", Person: "twin@example.edu", Desired: &plan.Stand{Value: 51.0}, Rule: "stopped", Words: "2 people of the roster have this email: nothing is written in this context"}}},
		{"lost with the base", column(100, ""), base, "jo@old.edu", false, []plan.Explanation{
			{UserID: "jo@old.edu", Base: &plan.Stand{Value: 61.0, Revision: "v1"}, Rule: "no base", Words: "not in the roster: what the files said of them before is no grade's base; say in users.map who it is"}}},
		{"nobody", column(100, "{email: jo@example.edu, scoreGiven: 51}"), base, "x@y.org", false, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := wants(t, tc.now)
			if tc.base != "" {
				w = since(t, tc.now, tc.base)
			}
			if tc.skip {
				w.Users = &spec.Users{Unknown: word("skip")}
			}
			got := explanations(t, w, tc.who, class())
			for i := range got {
				require.Equal(t, "hw0 scoreGiven", got[i].Key+" "+got[i].Field)
				got[i].Key, got[i].Field = "", ""
				for _, s := range []*plan.Stand{got[i].Desired, got[i].Base} {
					if s != nil {
						require.Contains(t, s.Where, "bio.yaml:11:")
						s.Where = ""
					}
				}
			}
			require.Empty(t, cmp.Diff(tc.want, got))
		})
	}
}
