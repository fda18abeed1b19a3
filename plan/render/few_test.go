package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// fallen is a plan in which scores of some students fall by 13 percent.
func fallen(students int, contexts ...string) plan.Plan {
	b := plan.Blast{Students: students, Lowered: students, MeanChange: -13, LargestChange: -13.5, NowFail: 1, Notifications: students}
	var p plan.Plan
	for _, name := range contexts {
		it := plan.Item{Action: plan.Keep, Key: "hw1", Label: "hw1", Blast: b, Observed: &plan.LineItem{ScoreMaximum: 100}}
		for range students {
			it.Scores = append(it.Scores, posted("s-1", "", graded(50, 100, ""), *graded(37, 100, ""), field("scoreGiven", 50.0, 37.0)))
		}
		p.Contexts = append(p.Contexts, plan.Context{Gradebook: "bio", Name: name, Platform: "campus", Items: []plan.Item{it}, Blast: b})
	}
	return p
}

// Where others can read along, no form tells how far a few fell: not in a line
// item, a context or all of them, of a plan or a report.
func TestFiguresOfFew(t *testing.T) {
	for _, tc := range []struct {
		students   int
		mean, fail bool
	}{{1, false, false}, {4, false, false}, {5, true, true}} {
		for _, names := range [][]string{{"a"}, {"a", "b"}} {
			p := fallen(tc.students, names...)
			var r plan.Report
			for _, c := range p.Contexts {
				r.Contexts = append(r.Contexts, plan.ContextReport{Plan: c})
			}
			all := map[string]string{}
			for i, f := range forms {
				all[f.name+"."+f.ext] = shown(t, i, p, r, Options{Redact: true})
			}
			for i, f := range publicForms {
				all[f.name+"."+f.ext] = public(t, i, p, r)
			}
			for form, text := range all {
				require.NotContains(t, text, "13.5", form)
				require.NotContains(t, strings.ToLower(text), "largest ", form)
				if !tc.mean {
					require.NotRegexp(t, `[-−]13\b`, text, form)
				}
			}
			for _, form := range []string{"plan.txt", "plan.md", "plan.html"} {
				require.Contains(t, all[form], "lowered", form)
				require.Equal(t, tc.mean, strings.Contains(all[form], "; mean change -13 %"), form)
				require.Equal(t, tc.fail, strings.Contains(all[form], "now fail"), form)
			}
			text := shown(t, 0, p, r, Options{})
			require.Contains(t, text, "mean change -13 %, largest -13.5 %; 0 now pass, 1 now fail", "who may see it sees it")
		}
	}
	var got struct {
		Contexts []struct {
			Items []struct{ Blast map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(shown(t, 1, fallen(1, "a"), plan.Report{}, Options{Redact: true})), &got))
	blast := got.Contexts[0].Items[0].Blast
	for _, figure := range []string{"meanChange", "largestChange", "nowPass", "nowFail"} {
		require.Contains(t, blast, figure)
		require.Nil(t, blast[figure], "0 would be a figure")
	}
	require.InDelta(t, 1, blast["lowered"], 0)
}

// Nothing of a context with findings is written, so nothing says that it would be.
func TestStoppedIsInNoSum(t *testing.T) {
	found := fallen(7, "a")
	found.Contexts[0].Findings = []plan.Finding{{Message: "two of them"}}
	require.Equal(t, "Plan: 1 context of 1 stopped: see above.", lastOfPlan(t, found.Contexts...))
	text := shown(t, 0, found, plan.Report{}, Options{})
	require.Contains(t, text, "  Would reach 7 students: 7 lowered; ")
	require.NotContains(t, text, "  Reaches")
	for i := range publicForms[:2] {
		page := public(t, i, found, plan.Report{})
		require.NotContains(t, page, "scores to post")
		require.Contains(t, page, "Would reach 7 students")
		require.NotContains(t, page, "<dt>Lowered</dt>")
	}
	two := fallen(7, "a", "b")
	two.Contexts[0].Findings = found.Contexts[0].Findings
	text = shown(t, 0, two, plan.Report{}, Options{})
	require.Contains(t, text, "\nReaches in all 7 students: 7 lowered; mean change -13 %, largest -13.5 %; 0 now pass, 1 now fail, in 1 context with a pass mark; up to 7 notifications.")
	require.Contains(t, text, "\nPlan: 7 scores to post. 1 context of 2 stopped: see above.")
	require.Contains(t, public(t, 1, two, plan.Report{}), "<div><dt>Lowered</dt><dd>7</dd></div>")

	rescaled := plan.Context{Items: []plan.Item{{
		Action: plan.Update, Observed: &plan.LineItem{ScoreMaximum: 100}, Fields: []plan.Field{field("scoreMaximum", 100.0, 50.0)}, Graded: ptr(3),
	}}}
	stopped := rescaled
	stopped.Findings = found.Contexts[0].Findings
	require.Equal(t, 3, unwrittenIn([]plan.Context{rescaled, stopped}))

	held := many(1).Contexts[0]
	held.Items[0].Held = []plan.Hold{{Risk: plan.Rescale}}
	held.Findings = found.Contexts[0].Findings
	require.Equal(t, "Nothing was written. 1 context of 1 stopped: see above.", lastOfReport(t, plan.ContextReport{Plan: held}))
}
