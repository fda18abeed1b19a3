package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
)

func TestRetold(t *testing.T) {
	for name, c := range map[string]struct{ a, b, want string }{ // "": they stay two
		"path":                  {"GET http://lms/courses/17/lineitems: refused", "GET http://lms/courses/18/lineitems: refused", "GET http://lms/…: refused"},
		"the same":              {"GET http://lms/a: refused", "GET http://lms/a: refused", "GET http://lms/a: refused"},
		"a path of all is kept": {"GET http://lms/1: no token from http://lms/token: 401", "GET http://lms/2: no token from http://lms/token: 401", "GET http://lms/…: no token from http://lms/token: 401"},
		"two paths":             {"http://lms/1 to http://b/1", "http://lms/2 to http://b/2", "http://lms/… to http://b/…"},
		"second host":           {"http://lms/1 to http://b/1", "http://lms/2 to http://c/2", ""},
		"at the end":            {"no answer from https://lms/1", "no answer from https://lms/2/3", "no answer from https://lms/…"},
		"nothing else":          {"https://lms/1", "https://lms/", "https://lms/…"},
		"end of a sentence":     {"see http://lms/1.", "see http://lms/2.", "see http://lms/…."},
		"other ends":            {"see http://lms/1.", "see http://lms/2!", ""},
		"quoted":                {`Get "http://lms/1": EOF`, `Get "http://lms/2": EOF`, `Get "http://lms/…": EOF`},
		"in brackets":           {"(http://lms/1): EOF", "(http://lms/2): EOF", "(http://lms/…): EOF"},
		"port":                  {"http://lms:8443/1: EOF", "http://lms:8443/2: EOF", "http://lms:8443/…: EOF"},
		"other port":            {"http://lms:8443/1: EOF", "http://lms:8444/1: EOF", ""},
		"other scheme":          {"http://lms/1: EOF", "https://lms/2: EOF", ""},
		"other host":            {"http://lms/1: EOF", "http://lms.example/2: EOF", ""},
		"no path and a path":    {"http://lms: EOF", "http://lms/1: EOF", ""},
		"no path":               {"http://lms: at /1", "http://lms: at /2", ""},
		"query":                 {"http://lms/1?limit=9: EOF", "http://lms/2?limit=9: EOF", "http://lms/…?limit=9: EOF"},
		"other query":           {"http://lms/1?limit=9: EOF", "http://lms/2?limit=8: EOF", ""},
		"URL in a query":        {"http://lms/1?to=http://b/1", "http://lms/1?to=http://b/2", ""},
		"fragment":              {"http://lms/1#a: EOF", "http://lms/2#b: EOF", ""},
		"userinfo":              {"http://u:p@lms/1: EOF", "http://u:p@lms/2: EOF", "http://u:p@lms/…: EOF"},
		"other userinfo":        {"http://u@lms/1: EOF", "http://v@lms/2: EOF", ""},
		"at sign in the path":   {"http://lms/1@b: EOF", "http://lms/2@c: EOF", "http://lms/…: EOF"},
		"IPv6":                  {"http://[2001:db8::1]:80/1: EOF", "http://[2001:db8::1]:80/2: EOF", "http://[2001:db8::1]:80/…: EOF"},
		"other IPv6":            {"http://[::1]/1: EOF", "http://[::2]/1: EOF", ""},
		"colon in the path":     {"http://lms/2:3/items: EOF", "http://lms/4:5/items: EOF", "http://lms/…: EOF"},
		"percent":               {"http://lms/%2e%2E/1: EOF", "http://lms/%20: EOF", "http://lms/…: EOF"},
		"no URL":                {"courses/17: EOF", "courses/18: EOF", ""},
		"no host":               {"http:///1: EOF", "http:///2: EOF", ""},
		"other scheme's path":   {"file://lms/1: EOF", "file://lms/2: EOF", ""},
		"part of a word":        {"xhttp://lms/1: EOF", "xhttp://lms/2: EOF", ""},
		"one slash":             {"http:/lms/1: EOF", "http:/lms/2: EOF", ""},
		"backslash":             {`http://lms\@b/1: EOF`, `http://lms\@b/2: EOF`, ""},
		"nothing parts them":    {"http://lms/1,http://b/1", "http://lms/1,http://b/2", "http://lms/1,http://b/…"},
		"host behind a comma":   {"http://lms/1,http://b/1", "http://lms/1,http://c/1", ""},
		"host behind a colon":   {"http://lms,http://b/1", "http://lms,http://c/1", ""},
		"URL in a path":         {"http://lms/x/http://b/1", "http://lms/y/http://b/1", ""},
		"line break":            {"http://lms/1\n::error::a", "http://lms/2\n::error::b", ""},
		"bidi":                  {"http://lms/1\u202ea: EOF", "http://lms/2\u202ea: EOF", "http://lms/…\u202ea: EOF"},
		"not UTF-8":             {"http://lms/1\xff", "http://lms/2\xff", "http://lms/…\xff"},
		"an ellipsis of theirs": {"http://lms/…: EOF", "http://lms/1: EOF", ""},
	} {
		a, b := plan.Failure{Message: c.a}, plan.Failure{Message: c.b}
		got := retold([]*plan.Failure{&a, nil, &b})
		want := []*plan.Failure{{Message: c.a}, nil, {Message: c.b}}
		if c.want != "" {
			want = []*plan.Failure{{Message: c.want}, nil, {Message: c.want}}
		}
		require.Empty(t, cmp.Diff(want, got), name)
		require.Equal(t, []string{c.a, c.b}, []string{a.Message, b.Message}, "nothing is changed")
	}
}

// What is not the message must be the same, too; one of its kind stays whole.
func TestRetoldOfOthers(t *testing.T) {
	all := []*plan.Failure{
		{Kind: plan.FailedOther, Message: "http://lms/1: 503", Said: "busy", Hint: "wait"},
		{Kind: plan.FailedAuth, Message: "http://lms/2: 503", Said: "busy", Hint: "wait"},
		{Kind: plan.FailedOther, Message: "http://lms/3: 503", Said: "idle", Hint: "wait"},
		{Kind: plan.FailedOther, Message: "http://lms/4: 503", Said: "busy", Hint: "ask"},
	}
	require.Empty(t, cmp.Diff(all, retold(all)))
	more := append(all, &plan.Failure{Kind: plan.FailedOther, Message: "http://lms/5: 503", Said: "busy", Hint: "wait"})
	got := retold(more)
	require.Empty(t, cmp.Diff(all[1:], got[1:4]))
	require.Equal(t, "http://lms/…: 503", got[0].Message)
	require.Equal(t, *got[0], *got[4])
}

// A wording is its message, and leaves out paths alone: what one cuts starts with a
// slash behind a host, and has nothing in it that is to be escaped.
func FuzzWording(f *testing.F) {
	for _, s := range []string{"GET http://lms/1: EOF", "http://u:p@[::1]:9/a,https://b//c?d=http://e/f", "http://a/" + hostile, "https://http://a/b.)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := wordingOf(s)
		require.Equal(t, s, strings.Join(w, ""))
		require.Equal(t, 1, len(w)%2)
		for i := 1; i < len(w); i += 2 {
			require.Regexp(t, `https?://[^/?#\s]+$`, w[i-1])
			require.Regexp(t, `^/[!-~]*$`, w[i])
			require.NotRegexp(t, `[?#"<>\\]|://`, w[i])
		}
		other := wordingOf(s)
		w.meet(other)
		require.Equal(t, s, strings.Join(w, ""), "it is the same")
	})
}

// away is a plan of the courses of a platform of which none could be read, but the
// last two for another reason, and what came of it.
func away(kind plan.FailureKind, message string) (plan.Plan, plan.Report) {
	var why []plan.Failure
	for i := range 125 {
		why = append(why, plan.Failure{Kind: kind, Message: fmt.Sprintf(message, i), Hint: "ask <b>whoever</b> runs it"})
	}
	for i := range 2 {
		why = append(why, plan.Failure{Kind: kind, Message: fmt.Sprintf("list line items: GET http://lms/courses/%d/lineitems: another\x1b[2J cause", i)})
	}
	p := broken(why...)
	var r plan.Report
	for _, c := range p.Contexts {
		r.Contexts = append(r.Contexts, plan.ContextReport{Plan: c})
	}
	return p, r
}

// A platform that is away, busy or refuses the client is told of once, however
// many courses it has.
func TestPlatformAwayIsToldOnce(t *testing.T) {
	const get = "list line items: GET http://lms/courses/%d/lineitems: "
	for cause, kind := range map[string]plan.FailureKind{
		"no access token from http://lms/token: 401 Unauthorized: invalid_client": plan.FailedAuth,
		"connection refused":      plan.FailedOther,
		"503 Service Unavailable": plan.FailedOther,
	} {
		p, r := away(kind, get+cause)
		one := "list line items: GET http://lms/…: " + cause

		text := shown(t, 0, p, r, Options{})
		require.Contains(t, text, "Not read: bio/sec-0 on campus, bio/sec-1 on campus, ")
		require.Contains(t, text, "bio/sec-19 on campus and 105 more\n\n  ! "+one+"\n    hint: ")
		require.Contains(t, text, "Not read: bio/sec-125 on campus, bio/sec-126 on campus\n\n  ! list line items: GET http://lms/…: another\\u001b[2J cause\n")
		require.Equal(t, 2, strings.Count(text, "http://lms/…"))
		require.NotContains(t, text, "http://lms/courses")
		require.NotContains(t, text, "stopped: it could not be read")
		require.Contains(t, text, "127 contexts: 127 "+stands[map[plan.FailureKind]plan.Status{plan.FailedAuth: plan.Unauthorized, plan.FailedOther: plan.Failed}[kind]].counted)
		require.Less(t, strings.Count(text, "\n"), 16)
		require.Equal(t, "Nothing was written. 127 contexts of 127 stopped: see above.\n", shown(t, 2, p, r, Options{}))

		for _, form := range []int{0, 2} {
			md := public(t, form, p, r)
			inertMarkdown(t, md)
			require.Contains(t, md, "`bio/sec-19` and 105 more: "+prose(one)+"; hint: ")
			require.Contains(t, md, "- `bio/sec-125`, `bio/sec-126`: "+prose(escape.Line("list line items: GET http://lms/…: another\x1b[2J cause"))+"\n")
			require.Equal(t, 2, strings.Count(md, "\n- "))
			require.NotContains(t, md, "courses")
			require.NotContains(t, md, "This was cut")

			page := public(t, form+1, p, r)
			require.Equal(t, 1, strings.Count(page, "<p>"+one+"</p>"))
			require.Contains(t, page, "<strong>125 contexts</strong>")
			require.Contains(t, page, ", bio/sec-124</p>")
			require.Equal(t, 1, strings.Count(page, "<p>list line items: GET http://lms/…: another\\u001b[2J cause</p>"))
			require.NotContains(t, page, "courses/")
		}

		for _, form := range []int{1, 3} { // programs read all of it
			require.Equal(t, 1, strings.Count(shown(t, form, p, r, Options{}), fmt.Sprintf(get, 124)))
		}
	}
}

// A context that has more to tell of is told of whole, and named in no line with
// others; in public forms its cause is theirs.
func TestCauseOfAContextWithNotes(t *testing.T) {
	p := broken(plan.Failure{Kind: plan.FailedOther, Message: "http://lms/1: EOF"}, plan.Failure{Kind: plan.FailedOther, Message: "http://lms/2: EOF"})
	p.Contexts[1].Notes = []plan.Note{{Message: "mind"}}
	text := shown(t, 0, p, plan.Report{}, Options{})
	require.Contains(t, text, "http://lms/1: EOF")
	require.Contains(t, text, "http://lms/2: EOF")
	require.Equal(t, 2, strings.Count(text, "stopped: it could not be read"))
	require.Contains(t, public(t, 0, p, plan.Report{}), "- `bio/sec-0`, `bio/sec-1`: "+prose("http://lms/…: EOF"))
}

// Of what the platform said public forms tell nothing, so it parts no contexts there.
func TestSaidPartsNoContextsInPublic(t *testing.T) {
	said := func(id string) plan.Failure {
		return plan.Failure{Kind: plan.FailedOther, Message: "http://lms/" + id + ": 503", Said: "error report " + id}
	}
	p := broken(said("1"), said("2"))
	require.NotContains(t, shown(t, 0, p, plan.Report{}, Options{}), "Not read")
	require.Contains(t, shown(t, 0, p, plan.Report{}, Options{Redact: true}), "Not read: bio/sec-0 on campus, bio/sec-1 on campus\n\n  ! http://lms/…: 503\n")
	md := public(t, 0, p, plan.Report{})
	require.Contains(t, md, "- `bio/sec-0`, `bio/sec-1`: ")
	require.NotContains(t, md, "report")
}

// An allowance that a Platform's policy overrules is not told as one that let
// something go.
func TestOverruledAllowance(t *testing.T) {
	p := many(1)
	it := &p.Contexts[0].Items[0]
	floor := []plan.Hold{{Risk: plan.Lowered, Why: "the score would fall", Where: "campus.yaml:9:3"}}
	allowed := []plan.Release{{Risk: plan.Lowered, By: "--allow lowered"}}
	for i := range 4 {
		s := posted(fmt.Sprint("u", i), "", graded(5, 5, ""), *graded(1, 5, ""), field("scoreGiven", 5.0, 1.0))
		if s.Released = allowed; i < 3 {
			s.Held = floor
		}
		it.Scores = append(it.Scores, s)
	}
	it.Held = []plan.Hold{{Risk: plan.Rescale, Why: "grades may change", Where: "campus.yaml:9:3"}}
	it.Released = []plan.Release{{Risk: plan.Rescale, By: "--allow rescale"}, {Risk: plan.DeleteGraded, By: "--allow delete-graded"}}
	r := plan.Report{Contexts: []plan.ContextReport{{Plan: p.Contexts[0]}}}

	text := shown(t, 0, p, r, Options{})
	require.Contains(t, text, "held "+string(plan.Lowered)+": 3 scores: the score would fall; the Platform's policy (campus.yaml:9:3) lets nobody release it here\n")
	require.Contains(t, text, "allowed "+string(plan.Lowered)+": 1 score by --allow lowered\n")
	require.Contains(t, text, "allowed delete-graded: by --allow delete-graded\n")
	require.NotContains(t, text, "allowed rescale")
	for _, form := range []int{0, 2} {
		md := public(t, form, p, r)
		allowed := md[strings.Index(md, "### Allowed"):]
		allowed = allowed[:strings.Index(allowed, "<details")]
		require.Equal(t, "### Allowed\n\n- `bio101/sec-0` "+prose(string(plan.DeleteGraded))+": all of it of `hw1`, by `--allow delete-graded`\n- `bio101/sec-0` "+
			prose(string(plan.Lowered))+": 1 score of `hw1`, by `--allow lowered`\n\n", allowed)
		page := public(t, form+1, p, r)
		require.Contains(t, page, "· 1 score</p>\n<p class=\"soft\">by <code>--allow lowered</code>")
		require.NotContains(t, page, "by <code>--allow rescale")
	}

	it.Scores, it.Released = it.Scores[:3], nil
	r.Contexts[0].Plan = p.Contexts[0]
	require.NotContains(t, shown(t, 0, p, r, Options{}), "allowed")
	for i := range publicForms {
		require.NotContains(t, public(t, i, p, r), "llowed<")
		require.NotContains(t, public(t, i, p, r), "### Allowed")
	}
	require.Contains(t, shown(t, 1, p, r, Options{}), "--allow lowered", "programs read all of it")
}
