package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

var rosterForms = map[string]func(*bytes.Buffer, plan.Roster, Options) error{
	"txt":  func(b *bytes.Buffer, r plan.Roster, o Options) error { return RosterText(b, r, o) },
	"json": func(b *bytes.Buffer, r plan.Roster, o Options) error { return RosterJSON(b, r, o) },
	"csv":  func(b *bytes.Buffer, r plan.Roster, o Options) error { return RosterCSV(b, r, o) },
}

func rosterOf(t *testing.T, form string, r plan.Roster, o Options) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, rosterForms[form](&b, r, o))
	return b.String()
}

// identifying is what tells who somebody of richRoster is.
var identifying = []string{"Ann", "Bo Ek", "Cy", "ann-1", "bo-2", "cy-3", "dee-4", "@example.edu", "S-77", "nobody may know"}

func richRoster() plan.Roster {
	of := func(members ...plan.Member) plan.RosterContext {
		all := plan.Everyone(members)
		return plan.RosterContext{Gradebook: "bio101", Name: "autumn", Platform: "campus", Members: all, Counts: plan.CountMembers(all)}
	}
	autumn := of(
		plan.Member{UserID: "cy-3", Name: "Cy O&#039;Brien", Email: "cy@example.edu", SourcedID: "S-77", Roles: []string{"Instructor", "Instructor/TeachingAssistant"}, Status: "Active"},
		plan.Member{UserID: "dee-4", Roles: []string{"Learner"}, Status: "Active"},
		plan.Member{UserID: "ann-1", Name: "Ann Lee", Email: "ann@example.edu", Roles: []string{"Learner"}, Status: "Active"},
		plan.Member{UserID: "bo-2", Name: "Bo Ek", Roles: []string{"Learner"}, Status: "Inactive"},
	)
	empty := of()
	empty.Name = "empty"
	failed := plan.RosterContext{Gradebook: "bio101", Name: "lost", Platform: "campus", Failure: &plan.Failure{
		Kind: plan.FailedAuth, Message: "read roster: 401 Unauthorized", Said: "nobody may know", Hint: "let the tool",
	}}
	return plan.Roster{Contexts: []plan.RosterContext{autumn, empty, failed}}
}

func TestRosterGolden(t *testing.T) {
	for form := range rosterForms {
		for style, o := range map[string]Options{"": {}, "-redacted": {Redact: true}} {
			t.Run(form+style, func(t *testing.T) {
				got := rosterOf(t, form, richRoster(), o)
				golden(t, "roster"+style+"."+form, got)
			})
		}
	}
}

// Redacted, no form tells who anybody is, not by the order of its rows
// either, and the roster itself stays whole.
func TestRosterRedact(t *testing.T) {
	r := richRoster()
	everything := ""
	for form := range rosterForms {
		everything += rosterOf(t, form, r, Options{})
		redacted := rosterOf(t, form, r, Options{Redact: true})
		for _, secret := range identifying {
			require.NotContains(t, redacted, secret, form)
		}
		require.Contains(t, redacted, "person 4", form)
	}
	for _, secret := range identifying {
		require.Contains(t, everything, secret, "the test looks for what is there")
	}
	require.Empty(t, cmp.Diff(richRoster(), r), "the roster is changed")

	other := richRoster() // the same people under names in another order
	m := other.Contexts[0].Members
	m[0].Name, m[1].Name, m[2].Name, m[3].Name = "", "Zed", "Yan", "Xi"
	other.Contexts[0].Members = plan.Everyone(m)
	require.Empty(t, cmp.Diff(rosterOf(t, "csv", r, Options{Redact: true}), rosterOf(t, "csv", other, Options{Redact: true})))
}

func TestRosterCSVCells(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"Ann":                  "Ann",
		"=cmd|' /C calc'!A0":   "'=cmd|' /C calc'!A0",
		"+1":                   "'+1",
		"-1":                   "'-1",
		"@SUM(A1)":             "'@SUM(A1)",
		"\t=1":                 `\t'=1`,
		"\r=1":                 `\u000d'=1`,
		"\n=1":                 `\n'=1`,
		"a\t=1\r\n+1":          `a\t'=1\u000d\n'+1`,
		`Bo;=HYPERLINK("u")`:   `Bo;'=HYPERLINK("u")`,
		`Bo;"=1"`:              `Bo;'"=1"`,
		"Bo; @a,-b;;+c;＝d":     "Bo;' @a,'-b;;'+c;'＝d",
		` "=1`:                 `' "=1`,
		"=1;=2":                "'=1;'=2",
		"Ek-Bo; Ann + Cy = ;":  "Ek-Bo; Ann + Cy = ;",
		`'=1`:                  `'=1`,
		"＝1":                   "'＝1",
		"\u200b=1":             `\u200b=1`,
		`say "hi", a;b`:        `say "hi", a;b`,
		"a\nb":                 `a\nb`,
		"\x1b[31mred\u202egnp": `\u001b[31mred\u202egnp`,
		"a\xffb":               `a\xffb`,
		"O&#039;Brien":         "O&#039;Brien", // as it came: not every platform escapes
	} {
		r := plan.Roster{Contexts: []plan.RosterContext{{Gradebook: "=g", Name: "c", Members: []plan.Member{{UserID: in, Name: in, Email: in, SourcedID: in, Roles: []string{in}, Status: in}}}}}
		text := rosterOf(t, "csv", r, Options{})
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		require.NoError(t, err, "%q", text)
		require.Empty(t, cmp.Diff([]string{"c", want, want, want, want, want, want}, rows[1]))
	}
}

// However a spreadsheet splits a line, with or without minding quotes, no cell
// begins as a formula.
func TestRosterCSVSplitElsewhere(t *testing.T) {
	const evil = "Bo;=HYPERLINK(\"u\")\n@x\t+1,-2;\"=3;  =4"
	r := plan.Roster{Contexts: []plan.RosterContext{{Gradebook: evil, Name: evil, Members: []plan.Member{
		{UserID: evil, Name: evil, Email: evil, SourcedID: evil, Roles: []string{"a", evil, "=b"}, Status: evil},
	}}}}
	text := rosterOf(t, "csv", r, Options{})
	for _, f := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(";,\t\r\n", c) }) {
		require.NotContains(t, "=+-@", strings.TrimLeft(f, ` "`)[:1], "%q in %s", f, text)
	}
}

func TestRosterCSVRoles(t *testing.T) {
	r := plan.Roster{Contexts: []plan.RosterContext{{Name: "c", Members: []plan.Member{{UserID: "u", Roles: []string{"Instructor", "Learner/GuestLearner"}}}}}}
	require.Contains(t, rosterOf(t, "csv", r, Options{}), "\nc,u,,,,Instructor Learner/GuestLearner,\n")
}

// Where the name of a context is not enough, the Gradebook's goes with it.
func TestRosterCSVOfSeveralGradebooks(t *testing.T) {
	one := []plan.Member{{UserID: "u"}}
	r := plan.Roster{Contexts: []plan.RosterContext{{Gradebook: "a", Name: "s", Members: one}, {Gradebook: "=b", Name: "s", Members: one}}}
	require.Equal(t, "context,userId,name,email,sourcedId,roles,status\na/s,u,,,,,\n'=b/s,u,,,,,\n", rosterOf(t, "csv", r, Options{}))
}

func TestRosterHostile(t *testing.T) {
	const evil = "\x1b[31mred\x07\u009b2J\u202egnp\u2066\u200b\ufeff\U000e0041\r\n::error::forged\n##[error]forged"
	r := plan.Roster{Contexts: []plan.RosterContext{
		{Gradebook: evil, Name: evil, Platform: evil, Members: []plan.Member{{UserID: evil, Name: evil, Email: evil, SourcedID: evil, Roles: []string{evil}, Status: evil}}},
		{Failure: &plan.Failure{Message: evil, Said: evil, Hint: evil}},
	}}
	for form := range rosterForms {
		for _, o := range []Options{{}, {Redact: true}} {
			text := rosterOf(t, form, r, o)
			for _, c := range text {
				require.True(t, c == '\n' || unicode.IsPrint(c), "%U in %s", c, form)
			}
			require.NotContains(t, text, "##[")
			for line := range strings.Lines(text) {
				require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%q", line)
			}
		}
	}
	var back struct{ Contexts []plan.RosterContext }
	require.NoError(t, json.Unmarshal([]byte(rosterOf(t, "json", r, Options{})), &back))
	require.Equal(t, evil, back.Contexts[0].Members[0].Name, "a program reads what was there")
}

func TestRosterWords(t *testing.T) {
	for _, tc := range []struct {
		n    plan.MemberCount
		want string
	}{
		{plan.MemberCount{}, "Nobody is listed."},
		{plan.MemberCount{People: 1}, "1 person."},
		{plan.MemberCount{People: 12, Inactive: 2, Deleted: 1}, "12 people, 2 inactive, 1 deleted."},
		{plan.MemberCount{People: 2, WithoutEmail: 1}, "2 people. Without an email: 1 (the LMS tells it by consent; they are known by their user ids)."},
	} {
		require.Equal(t, tc.want, told(tc.n))
	}
}
