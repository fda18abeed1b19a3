package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// broken is a plan of contexts that were not read, each for the reason at its place.
func broken(why ...plan.Failure) plan.Plan {
	var p plan.Plan
	for i := range why {
		p.Contexts = append(p.Contexts, plan.Context{Gradebook: "bio", Name: fmt.Sprint("sec-", i), Platform: "campus", Failure: &why[i]})
	}
	return p
}

// Contexts that were not read for one reason share a line, whichever the reason.
func TestAlikeFailuresText(t *testing.T) {
	down := plan.Failure{Kind: plan.FailedOther, Message: "no such host", Hint: "look at the URL"}
	denied := plan.Failure{Kind: plan.FailedAuth, Message: "no access token"}
	own := plan.Failure{Kind: plan.FailedOther, Message: "list line items: 503"}
	late := plan.Failure{Kind: plan.FailedFast, Message: "not read"}
	p := broken(denied, down, own, down, denied, down, late)
	p.Contexts = append(p.Contexts, plan.Context{Gradebook: "bio", Name: "sec-7", Platform: "campus", Failure: &down, Notes: []plan.Note{{Message: "mind"}}})
	text := shown(t, 0, p, plan.Report{}, Options{})
	require.Empty(t, cmp.Diff(`bio/sec-2 on campus

  ! list line items: 503

bio/sec-7 on campus

  ! no such host
    hint: look at the URL
  note: mind

Not read: bio/sec-0 on campus, bio/sec-4 on campus

  ! no access token

Not read: bio/sec-1 on campus, bio/sec-3 on campus, bio/sec-5 on campus

  ! no such host
    hint: look at the URL

Not begun: bio/sec-6 on campus

  ! not read

  bio/sec-2 on campus  failed  stopped: it could not be read
  bio/sec-7 on campus  failed  stopped: it could not be read
8 contexts: 2 without access, 5 failed, 1 not begun

`, text[:strings.Index(text, "Plan: ")]))
	for range 30 {
		p.Contexts = append(p.Contexts, p.Contexts[1])
	}
	require.Contains(t, shown(t, 0, p, plan.Report{}, Options{}), " and 13 more\n\n  ! no such host\n")
	require.Equal(t, text, shown(t, 0, plan.Plan{Contexts: p.Contexts[:8]}, plan.Report{}, Options{}))
}

// In public forms one cause is told once, with its contexts, which need no section.
func TestAlikeFailuresPublic(t *testing.T) {
	down := plan.Failure{Kind: plan.FailedOther, Message: "no such host", Hint: "look at the URL"}
	other := plan.Failure{Kind: plan.FailedOther, Message: "no such host", Hint: "ask somebody"}
	p := broken(down, other, down)
	p.Contexts = append(p.Contexts, fallen(1, "works").Contexts...)
	var r plan.Report
	for _, c := range p.Contexts {
		r.Contexts = append(r.Contexts, plan.ContextReport{Plan: c})
	}
	for _, form := range []int{0, 2} {
		md := public(t, form, p, r)
		require.Contains(t, md, "- `bio/sec-0`, `bio/sec-2`: no such host; hint: look at the URL\n- `bio/sec-1`: no such host; hint: ask somebody\n")
		require.Equal(t, 1, strings.Count(md, "<details"))
		page := public(t, form+1, p, r)
		require.Contains(t, page, "<p><strong>bio/sec-0, bio/sec-2</strong></p>\n<p>no such host</p><p class=\"soft\">Hint: look at the URL</p></li>")
		require.Equal(t, 1, strings.Count(page, `<section class="context"`))
		require.Equal(t, 1, strings.Count(page, "look at the URL"))
	}
	var all []plan.Failure
	for range 21 {
		all = append(all, down)
	}
	p = broken(all...)
	require.Contains(t, public(t, 0, p, r), "`bio/sec-19` and 1 more: no such host; hint")
	page := public(t, 1, p, r)
	require.Contains(t, page, "<strong>21 contexts</strong>")
	require.Contains(t, page, "<summary>Which contexts</summary>\n<p>bio/sec-0, bio/sec-1, ")
	require.Contains(t, page, ", bio/sec-20</p>")
	// The only context keeps its section.
	require.Contains(t, public(t, 0, broken(down), r), "<details open>")
}

// A context of which not one row has room is named in a line, and those that have
// a section have a row in it.
func TestContextsThatDoNotFit(t *testing.T) {
	p := many(1)
	for i := range 400 {
		c := many(1).Contexts[0]
		c.Name = fmt.Sprint("sec-", i)
		for k := range 9 {
			c.Items = append(c.Items, c.Items[0])
			c.Items[k+1].Key = fmt.Sprintf("homework-%d-of-ten", k)
		}
		p.Contexts = append(p.Contexts, c)
	}
	p.Contexts = p.Contexts[1:]
	md := public(t, 0, p, plan.Report{})
	require.LessOrEqual(t, len(md), 65_536)
	require.Greater(t, len(md), 60_000, "the room is used")
	inertMarkdown(t, md)
	sections := strings.Split(md, "<details>")[1:]
	require.NotEmpty(t, sections)
	for _, s := range sections {
		require.Contains(t, s, "| `h", "a row")
	}
	for i := range 400 {
		section := strings.Count(md, fmt.Sprintf("<summary><code>bio101/sec-%d</code>", i))
		line := strings.Count(md, fmt.Sprintf("\n`bio101/sec-%d` on `campus`: 10 to change; more of it did not fit.\n", i))
		require.Equal(t, 1, section+line, "sec-%d", i)
		require.Equal(t, i < len(sections), section == 1, "the first have sections: sec-%d", i)
	}
	require.Contains(t, md, "This was cut to fit")
}
