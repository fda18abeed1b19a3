package reconcile

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// wants makes a Want of line items as YAML.
func wants(t *testing.T, lineItems string) *Want {
	t.Helper()
	docs, err := spec.Load(spec.Bytes("bio.yaml", []byte(`apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: campus}
sandbox: {}
---
apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: bio101}
contexts: [{name: sec-1}]
lineItems:
`+lineItems)))
	require.NoError(t, err)
	w := NewWant(docs.Gradebooks[0], &docs.Gradebooks[0].Contexts[0], docs.Platforms[0])
	return &w
}

// lines writes a plan in short.
func lines(c plan.Context) []string {
	var out []string
	for _, f := range c.Findings {
		out = append(out, "finding "+f.Key+": "+f.Message)
	}
	for _, it := range c.Items {
		s := string(it.Action) + " " + it.Key
		if it.ID != "" {
			s += " @" + it.ID
		}
		for _, f := range it.Fields {
			b, _ := json.Marshal([]any{f.Before, f.After})
			s += " " + f.Name + string(b)
			if f.Rides {
				s += "rides"
			}
		}
		for _, r := range it.Held {
			s += " held:" + string(r.Risk)
		}
		out = append(out, s)
		for _, sc := range it.Scores {
			b, _ := json.Marshal(sc.After.ScoreGiven)
			s := "  " + string(sc.Action) + " " + sc.UserID + " " + string(b) + " " + sc.After.Comment
			for _, h := range sc.Held {
				s += " held:" + string(h.Risk)
			}
			out = append(out, s)
		}
	}
	return out
}

func TestIdentityLadder(t *testing.T) {
	for name, c := range map[string]struct {
		want string
		live []plan.LineItem
		plan []string
	}{
		"by id, whatever the rest says": {
			`  - {id: L1, resourceId: hw1, label: One, scoreMaximum: 10}`,
			[]plan.LineItem{{ID: "L1", Label: "Old", ScoreMaximum: 10, ResourceID: "x"}, {ID: "L2", Label: "One", ScoreMaximum: 10}},
			[]string{`update hw1 @L1 label["Old","One"] resourceId["x","hw1"]`},
		},
		"an id that is not there is a finding": {
			`  - {id: L9, resourceId: hw1, label: One, scoreMaximum: 10}`,
			[]plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 10, ResourceID: "hw1"}},
			[]string{`finding hw1: no line item of this context has the id "L9"`},
		},
		"by resourceId": {
			`  - {resourceId: hw1, label: New title, scoreMaximum: 10}`,
			[]plan.LineItem{{ID: "L1", Label: "New title", ScoreMaximum: 10}, {ID: "L2", Label: "Old", ScoreMaximum: 10, ResourceID: "hw1"}},
			[]string{`update hw1 @L2 label["Old","New title"]`},
		},
		"by resourceId and tag where two share it": {
			"  - {key: a, resourceId: hw1, tag: t1, label: A, scoreMaximum: 10}\n  - {key: b, resourceId: hw1, tag: t2, label: B, scoreMaximum: 10}",
			[]plan.LineItem{{ID: "L2", Label: "x", ScoreMaximum: 10, ResourceID: "hw1", Tag: "t2"}, {ID: "L1", Label: "A", ScoreMaximum: 10, ResourceID: "hw1", Tag: "t1"}},
			[]string{`update b @L2 label["x","B"]`},
		},
		"two live ones with one resourceId are a finding": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 10}`,
			[]plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 10, ResourceID: "hw1"}, {ID: "L2", Label: "One", ScoreMaximum: 10, ResourceID: "hw1"}},
			[]string{`finding hw1: 2 live line items match it by resourceId: "One" resourceId "hw1" at L1; "One" resourceId "hw1" at L2`},
		},
		"by resourceLinkId": {
			`  - {resourceId: hw1, resourceLinkId: rl, label: One, scoreMaximum: 10}`,
			[]plan.LineItem{{ID: "L1", Label: "Made by the LMS", ScoreMaximum: 10, ResourceLinkID: "rl"}},
			[]string{`update hw1 @L1 label["Made by the LMS","One"] resourceId[null,"hw1"]`},
		},
		"by a former resourceId": {
			`  - {resourceId: hw1, was: [homework-0, homework-1], label: One, scoreMaximum: 10}`,
			[]plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 10, ResourceID: "homework-1"}},
			[]string{`update hw1 @L1 resourceId["homework-1","hw1"]`},
		},
		"adopted by label": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 10}`,
			[]plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 20}},
			[]string{`update hw1 @L1 scoreMaximum[20,10] resourceId[null,"hw1"] held:rescale`},
		},
		"two of that label are a finding": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 10}`,
			[]plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 10}, {ID: "L2", Label: "One", ScoreMaximum: 10}},
			[]string{`finding hw1: 2 live line items match it by label: "One" at L1; "One" at L2`},
		},
		"the same label with another resourceId: the create is held": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 10, scores: [{userId: u, scoreGiven: 1}]}`,
			[]plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 10, ResourceID: "other"}},
			[]string{`create hw1 label[null,"One"] scoreMaximum[null,10] resourceId[null,"hw1"] held:duplicate-label`, `  post u 1 `},
		},
		"two wanted ones of one label, one of them live": {
			"  - {resourceId: a, label: Quiz, scoreMaximum: 10}\n  - {resourceId: b, label: Quiz, scoreMaximum: 10}",
			[]plan.LineItem{{ID: "L1", Label: "Quiz", ScoreMaximum: 10, ResourceID: "a"}},
			[]string{`create b label[null,"Quiz"] scoreMaximum[null,10] resourceId[null,"b"]`},
		},
		"two wanted for one live are a finding": {
			"  - {resourceId: a, label: Quiz, scoreMaximum: 10}\n  - {resourceId: b, label: Quiz, scoreMaximum: 10}",
			[]plan.LineItem{{ID: "L1", Label: "Quiz", ScoreMaximum: 10}},
			[]string{`finding b: 2 line items of the files match one live line item, "Quiz" at L1, by label: a (bio.yaml:11:5), b (bio.yaml:12:5)`},
		},
		"a pinned one and another's resourceId": {
			"  - {id: L1, key: p, label: P, scoreMaximum: 10}\n  - {resourceId: b, label: B, scoreMaximum: 10}",
			[]plan.LineItem{{ID: "L1", Label: "P", ScoreMaximum: 10, ResourceID: "b"}},
			[]string{`finding b: 2 line items of the files match one live line item, "P" resourceId "b" at L1, by resourceId: p (bio.yaml:11:5), b (bio.yaml:12:5)`},
		},
		"a tombstone": {
			`  - {resourceId: hw1, label: One, absent: true}`,
			[]plan.LineItem{{ID: "L1", Label: "renamed", ScoreMaximum: 10, ResourceID: "hw1"}},
			[]string{`delete hw1 @L1 held:delete-unread held:deletesPercent`},
		},
		"a tombstone takes nothing for its title where it has a better identity": {
			`  - {resourceId: hw1, label: One, absent: true}`,
			[]plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 10}},
			nil,
		},
		"a tombstone with a title alone": {
			`  - {label: One, absent: true}`,
			[]plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 10}, {ID: "L2", Label: "One", ScoreMaximum: 10, ResourceID: "x"}},
			[]string{`delete One @L1 held:delete-unread held:deletesPercent`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := lines(Decide(wants(t, c.want), &Observed{Listing: Listing{Items: c.live, Proven: true}}, Generic(), Options{}))
			if d := cmp.Diff(c.plan, got); d != "" {
				t.Errorf("plan (-want +got):\n%s", d)
			}
		})
	}
}

func TestDecide(t *testing.T) {
	hw1 := plan.LineItem{ID: "L1", Label: "One", ScoreMaximum: 50, ResourceID: "hw1", Tag: "t",
		Extensions: map[string]json.RawMessage{"https://x/shown": json.RawMessage(`1`), "vendor": json.RawMessage(`"keep"`)}}
	results := func(g map[string]plan.Grade) map[string]map[string]plan.Grade {
		return map[string]map[string]plan.Grade{"L1": g}
	}
	for name, c := range map[string]struct {
		want    string
		results map[string]map[string]plan.Grade
		caps    Capabilities
		opts    Options
		plan    []string
	}{
		"a field that is not named stays": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 50}`, nil, Generic(), Options{}, nil,
		},
		"null clears": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 50, tag: null}`, nil, Generic(), Options{},
			[]string{`update hw1 @L1 tag["t",null]`},
		},
		"what the platform shows of no line item is no reason to write": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 50, endDateTime: 2026-03-01T12:00:00Z, gradesReleased: true, extensions: {"https://x/hidden": 1}}`,
			nil, Generic(), Options{}, nil,
		},
		"but it rides along": {
			`  - {resourceId: hw1, label: Uno, scoreMaximum: 50, gradesReleased: true}`,
			nil, Generic(), Options{}, []string{`update hw1 @L1 label["One","Uno"] gradesReleased[null,true]rides`},
		},
		"and --resend sends it": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 50, gradesReleased: true}`,
			nil, Generic(), Options{Resend: map[string]bool{"hw1": true}}, []string{`update hw1 @L1 gradesReleased[null,true]rides`},
		},
		"an extension that some line item shows compares": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 50, extensions: {"https://x/shown": 2}}`,
			nil, Generic(), Options{}, []string{`update hw1 @L1 https://x/shown[1,2]`},
		},
		"scores": {
			`  - resourceId: hw1
    label: One
    scoreMaximum: 50
    scores:
      - {userId: new, scoreGiven: 42.5, comment: Nice}
      - {userId: same, scoreGiven: 85, scoreMaximum: 100}
      - {userId: kept, scoreGiven: 11}
      - {userId: gone, scoreGiven: null}
      - {userId: never, scoreGiven: null}
      - {userId: said, comment: Well}
      - {userId: unsaid, comment: null}
      - {userId: progress, gradingProgress: Pending}`,
			results(map[string]plan.Grade{
				"same": grade(42.5, 50, ""), "kept": grade(10, 50, "old"), "gone": grade(3, 50, ""), "said": grade(7, 50, ""),
				"unsaid": grade(8, 50, "rude"), "progress": grade(9, 50, ""), "unmanaged": grade(1, 50, ""),
			}), Generic(), Options{},
			[]string{
				"keep hw1 @L1", "  post new 42.5 Nice", "  post kept 11 old", "  clear gone null  held:clear", "  post said 7 Well", "  post unsaid 8 ",
			},
		},
		"a new maximum states all managed scores again": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 100, scores: [{userId: u, scoreGiven: 80}, {userId: c, comment: a}]}`,
			results(map[string]plan.Grade{"u": grade(40, 50, ""), "c": grade(1, 50, "a")}), Generic(), Options{},
			[]string{`update hw1 @L1 scoreMaximum[50,100] held:rescale`, "  post u 80 "},
		},
		"unless the platform is known to rescale": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 100, scores: [{userId: u, scoreGiven: 80}, {userId: v, scoreGiven: 41}]}`,
			results(map[string]plan.Grade{"u": grade(40, 50, ""), "v": grade(41, 50, "")}), Capabilities{Comments: CommentReplace, Rescales: true}, Options{},
			[]string{`update hw1 @L1 scoreMaximum[50,100] held:rescale`, "  post v 41 "},
		},
		"--resend sends scores again": {
			`  - {resourceId: hw1, label: One, scoreMaximum: 50, scores: [{userId: u, scoreGiven: 40}, {userId: p, gradingProgress: Pending}]}`,
			results(map[string]plan.Grade{"u": grade(40, 50, "hi"), "p": grade(3, 50, "ho")}), Generic(), Options{Resend: map[string]bool{"hw1": true}},
			[]string{"keep hw1 @L1", "  post u 40 hi", "  post p 3 ho"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &Observed{Listing: Listing{Items: []plan.LineItem{hw1}, Proven: true}, Results: c.results}
			got := lines(Decide(wants(t, c.want), o, c.caps, c.opts))
			if d := cmp.Diff(c.plan, got); d != "" {
				t.Errorf("plan (-want +got):\n%s", d)
			}
		})
	}
}

func TestDecideCounts(t *testing.T) {
	w := wants(t, `  - {resourceId: hw1, label: One, scoreMaximum: 50, scores: [{userId: u, scoreGiven: 40}]}`)
	o := &Observed{
		Listing: Listing{Items: []plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 50, ResourceID: "hw1"}, {ID: "L2", Label: "Theirs", ScoreMaximum: 1}}},
		Results: map[string]map[string]plan.Grade{"L1": {"u": grade(40, 50, ""), "v": grade(1, 50, "")}},
	}
	got := Decide(w, o, Generic(), Options{})
	require.Equal(t, plan.Count{LineItems: 1, Scores: 1}, got.Unchanged)
	require.Equal(t, plan.Count{LineItems: 1, Scores: 1}, got.Unmanaged)
	require.Equal(t, plan.Unchanged, got.Status())
}

func TestDecideAllow(t *testing.T) {
	w := wants(t, `  - {resourceId: hw1, label: One, scoreMaximum: 10}`)
	o := &Observed{Listing: Listing{Items: []plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 10, ResourceID: "other"}}}}
	for words, held := range map[string]bool{
		"": true, "duplicate-label": false, "duplicate-label:hw1": false, "duplicate-label:hw2": true, "delete-graded:hw1": true,
	} {
		got := Decide(w, o, Generic(), Options{Allow: map[string]bool{words: true}})
		require.Equal(t, held, got.Totals().Held > 0, "--allow %q", words)
	}
}

// Notes tell of what is legal and odd.
func TestDecideNotes(t *testing.T) {
	w := wants(t, `  - {resourceId: hw1, label: One, scoreMaximum: 10, gradesReleased: true, scores: [{userId: u, scoreGiven: 11}]}`)
	o := &Observed{Listing: Listing{Items: []plan.LineItem{{ID: "L1", Label: "One", ScoreMaximum: 10, ResourceID: "hw1"}}}}
	got := Decide(w, o, Generic(), Options{})
	require.Len(t, got.Notes, 2)
	require.Contains(t, got.Notes[0].Message, "--resend hw1")
	require.True(t, strings.HasPrefix(got.Notes[1].Where, "bio.yaml:11:"))
	require.Contains(t, got.Notes[1].Message, "above its maximum")
}

// Deciding is pure: the same arguments give the same plan, and leave the
// arguments alone.
func TestDecideIsPure(t *testing.T) {
	w := wants(t, `  - {resourceId: hw1, label: One, scoreMaximum: 10, extensions: {"https://x/a": 1, "https://x/b": 2}, scores: [{userId: u, scoreGiven: 11}]}`)
	o := &Observed{Listing: Listing{Items: []plan.LineItem{{ID: "L1", Label: "Eins", ScoreMaximum: 10, ResourceID: "hw1", Extensions: map[string]json.RawMessage{"https://x/a": []byte("3")}}}}}
	first, err := json.Marshal(Decide(w, o, Generic(), Options{}))
	require.NoError(t, err)
	for range 20 {
		again, err := json.Marshal(Decide(w, o, Generic(), Options{}))
		require.NoError(t, err)
		require.Equal(t, string(first), string(again))
	}
	require.Equal(t, "Eins", o.Items[0].Label)
	require.Len(t, o.Items[0].Extensions, 1)
}
