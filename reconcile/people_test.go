package reconcile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// class is a roster with a person of every kind.
func class() []plan.Member {
	const role = "http://purl.imsglobal.org/vocab/lis/v2/"
	return []plan.Member{
		{UserID: "u-1", Email: "Jo@Example.edu", SourcedID: "00123", Roles: []string{"Learner"}, Status: "Active"},
		{UserID: "u-2", Email: " bo@example.edu ", SourcedID: "S2", Roles: []string{role + "membership#Learner"}, Status: "Active"},
		{UserID: "u-3", Email: "twin@example.edu", SourcedID: "S3", Roles: []string{"Learner"}, Status: "Active"},
		{UserID: "u-4", Email: "TWIN@example.edu", SourcedID: "S3", Roles: []string{"Learner"}, Status: "Deleted"},
		{UserID: "u-5", Email: "gone@example.edu", SourcedID: "S5", Roles: []string{"Learner"}, Status: "Inactive"},
		{UserID: "u-6", Email: "left@example.edu", Roles: []string{"Instructor"}, Status: "deleted"},
		{UserID: "u-7", Email: "prof@example.edu", SourcedID: "S7", Roles: []string{"Instructor", role + "membership/Instructor#TeachingAssistant"}, Status: "Active"},
		{UserID: "u-8", Email: "ÅSA@example.edu", SourcedID: "S8", Roles: []string{role + "institution/person#Student"}, Status: "Active"},
		{UserID: "u-9", Email: "nora@students.example.edu", Status: "Active"},
	}
}

func veiled(n int) []plan.Member {
	all := class()
	for i := range n {
		all = append(all, plan.Member{UserID: fmt.Sprint("h-", i), Roles: []string{"Learner"}, Status: "Active"})
	}
	return all
}

// row names somebody: an email by its @, a user id by u-, else a sourcedId.
func row(said string, line int) spec.Score {
	s := spec.Score{Pos: spec.At("grades.csv", line, 3), ScoreGiven: spec.Opt[float64]{Value: float64(line), State: spec.Set}}
	word := spec.Opt[string]{Value: said, State: spec.Set, Pos: s.Pos}
	switch {
	case strings.Contains(said, "@"):
		s.Email = word
	case strings.HasPrefix(said, "u-"):
		s.UserID = word
	default:
		s.SourcedID = word
	}
	return s
}

func item(key string, said ...string) spec.LineItem {
	li := spec.LineItem{Key: spec.Opt[string]{Value: key, State: spec.Set}}
	for i, name := range said {
		li.Scores = append(li.Scores, row(name, i+2))
	}
	return li
}

// given are the rows that are left, as "key user points".
func given(items []spec.LineItem) (out []string) {
	for _, li := range items {
		for _, s := range li.Scores {
			out = append(out, fmt.Sprint(li.Key.Value, " ", s.UserID.Value, " ", s.ScoreGiven.Value))
		}
	}
	return out
}

func word(s string) spec.Opt[string] { return spec.Opt[string]{Value: s, State: spec.Set} }

// complaints are the troubles as a reader sees them.
func complaints(t *troubles) (out []string) {
	line := func(sign, message, hint string, people []plan.Named) {
		out = append(out, sign+" "+message)
		for _, p := range people {
			s := p.Where + " " + p.Said + ": " + p.Why
			if p.Near != "" {
				s += "; " + p.Near + "?"
			}
			out = append(out, strings.TrimSpace(s+" "+strings.Join(p.UserIDs, ",")))
		}
		if hint != "" {
			out = append(out, "hint: "+hint)
		}
	}
	for _, f := range t.findings() {
		line("!", f.Message, f.Hint, f.People)
	}
	for _, n := range t.notes() {
		line("note:", n.Message, "", n.People)
	}
	return out
}

const (
	unknownHint = "hint: correct the files, or say who they are in users.map; users.unknown: skip leaves their rows out, if they are people who left"
	blindHint   = "hint: let the tool see emails and ids of people (a privacy setting of its registration in the LMS), or name people by userId, or say who they are in users.map"
	twinHint    = "hint: say in users.map which user id is meant, or name the person by userId"
	goneHint    = "hint: take their rows out of the files, or leave them alone with users.inactive: skip, the default"
	roleHint    = "hint: correct the files; whoever shall have a grade all the same can be named by userId, or in users.map"
	twiceHint   = "hint: leave one row for each person and line item"
)

func TestPeople(t *testing.T) {
	skip := spec.Users{Unknown: word("skip")}
	strict := spec.Users{Inactive: word("error")}
	mapped := spec.Users{People: []spec.Person{
		{UserID: "u-2", Email: "JO@example.edu"}, {UserID: "m-1", Email: "new@example.edu", SourcedID: "S3"},
		{UserID: "m-2", Email: "two@example.edu"}, {UserID: "m-3", Email: " Two@example.edu"},
	}}
	noEmails := []plan.Member{{UserID: "u-1", SourcedID: "S1", Roles: []string{"Learner"}, Status: "Active"}, {UserID: "u-2", Status: "Active"}}
	for _, tc := range []struct {
		name   string
		users  *spec.Users
		roster []plan.Member
		items  []spec.LineItem
		given  []string
		told   []string
	}{
		{"by email, whatever the case and the spaces", nil, class(),
			[]spec.LineItem{item("hw1", "jo@example.EDU", " BO@example.edu", "åsa@EXAMPLE.edu", "nora@students.example.edu")},
			[]string{"hw1 u-1 2", "hw1 u-2 3", "hw1 u-8 4", "hw1 u-9 5"}, nil},
		{"by sourcedId, exactly", nil, class(), []spec.LineItem{item("hw1", " S2 ", "S8")}, []string{"hw1 u-2 2", "hw1 u-8 3"}, nil},
		{"a user id asks nobody", nil, nil, []spec.LineItem{item("hw1", "u-77")}, []string{"hw1 u-77 2"}, nil},
		{"unknown", nil, class(), []spec.LineItem{item("hw1", "jo@exmaple.edu", "bo@example.edu", "nobody@elsewhere.org"), item("hw2", "jo@exmaple.edu")},
			[]string{"hw1 u-2 3"}, []string{
				"! 2 people are not in the roster", "grades.csv:2:3 jo@exmaple.edu: not in the roster; Jo@Example.edu?",
				"grades.csv:4:3 nobody@elsewhere.org: not in the roster", unknownHint}},
		{"unknown, on another domain", nil, class(), []spec.LineItem{item("hw1", "nora@example.edu")}, nil,
			[]string{"! 1 person is not in the roster", "grades.csv:2:3 nora@example.edu: not in the roster; nora@students.example.edu?", unknownHint}},
		{"unknown sourcedIds", nil, class(), []spec.LineItem{item("hw1", "123", "s2", "S99")}, nil,
			[]string{"! 3 people are not in the roster", "grades.csv:2:3 123: not in the roster, which shows no sourcedId of 2 of its 9 people; 00123?",
				"grades.csv:3:3 s2: not in the roster, which shows no sourcedId of 2 of its 9 people; S2?",
				"grades.csv:4:3 S99: not in the roster, which shows no sourcedId of 2 of its 9 people", unknownHint}},
		{"unknown, skipped", &skip, class(), []spec.LineItem{item("hw1", "x@y.org", "bo@example.edu"), item("hw2", "x@y.org")}, []string{"hw1 u-2 3"},
			[]string{"note: 1 person is not in the roster (users.unknown: skip): 2 rows are left out, and what is live stays", "grades.csv:2:3 x@y.org: not in the roster"}},
		{"ambiguous", nil, class(), []spec.LineItem{item("hw1", "Twin@example.edu", "S3")}, nil,
			[]string{"! 2 people cannot be told from others", "grades.csv:2:3 Twin@example.edu: 2 people of the roster have this email u-3,u-4",
				"grades.csv:3:3 S3: 2 people of the roster have this sourcedId u-3,u-4", twinHint}},
		{"inactive", nil, class(), []spec.LineItem{item("hw1", "gone@example.edu", "left@example.edu", "jo@example.edu"), item("hw2", "S5")}, []string{"hw1 u-1 4"},
			[]string{"note: 2 people are no longer active in the course (users.inactive: skip): 3 rows are left out, and what is live stays",
				"grades.csv:2:3 S5: Inactive in the roster u-5",
				"grades.csv:2:3 gone@example.edu: Inactive in the roster u-5", "grades.csv:3:3 left@example.edu: Deleted in the roster u-6"}},
		{"inactive, an error", &strict, class(), []spec.LineItem{item("hw1", "gone@example.edu")}, nil,
			[]string{"! 1 person is no longer active in the course", "grades.csv:2:3 gone@example.edu: Inactive in the roster u-5", goneHint}},
		{"no learner", nil, class(), []spec.LineItem{item("hw1", "prof@example.edu")}, nil,
			[]string{"! 1 person is no learner in the course", "grades.csv:2:3 prof@example.edu: in the roster as Instructor, TeachingAssistant u-7", roleHint}},
		{"some without an email", nil, veiled(2), []spec.LineItem{item("hw1", "new@example.org")}, nil,
			[]string{"! 1 person is not in the roster", "grades.csv:2:3 new@example.org: not in the roster, which shows no email of 2 of its 11 people", unknownHint}},
		{"nobody has an email, and skip hides it not", &skip, noEmails, []spec.LineItem{item("hw1", "a@b.org", "S1")}, []string{"hw1 u-1 3"},
			[]string{"! 1 person cannot be told, as the roster does not show who is who", "grades.csv:2:3 a@b.org: the roster shows no email of anybody", blindHint}},
		{"an empty roster", &skip, nil, []spec.LineItem{item("hw1", "a@b.org")}, nil,
			[]string{"! 1 person cannot be told, as the roster does not show who is who", "grades.csv:2:3 a@b.org: the roster lists nobody", blindHint}},
		{"the map wins", &mapped, class(), []spec.LineItem{item("hw1", "jo@example.edu", "new@EXAMPLE.edu"), item("hw2", "S3")}, []string{"hw1 u-2 2", "hw1 m-1 3", "hw2 m-1 2"}, nil},
		{"the map contradicts itself", &mapped, class(), []spec.LineItem{item("hw1", "two@example.edu")}, nil,
			[]string{"! 1 person cannot be told from another", "grades.csv:2:3 two@example.edu: users.map gives this email to 2 people m-2,m-3", twinHint}},
		{"one person twice", &mapped, class(), []spec.LineItem{item("hw1", "u-2", "bo@example.edu", "jo@example.edu"), item("hw2", "S2", "bo@example.edu")}, []string{"hw1 u-2 2", "hw2 u-2 2"},
			[]string{"! 1 person has several rows in one line item", "grades.csv:3:3 bo@example.edu: the same person as at grades.csv:2:3 u-2",
				"grades.csv:4:3 jo@example.edu: the same person as at grades.csv:2:3 u-2", twiceHint}},
		{"all at once", nil, class(), []spec.LineItem{item("hw1", "prof@example.edu", "twin@example.edu", "x@y.org", "gone@example.edu", "u-9", "nora@students.example.edu")}, []string{"hw1 u-9 6"},
			[]string{"! 1 person is not in the roster", "grades.csv:4:3 x@y.org: not in the roster", unknownHint,
				"! 1 person cannot be told from another", "grades.csv:3:3 twin@example.edu: 2 people of the roster have this email u-3,u-4", twinHint,
				"! 1 person is no learner in the course", "grades.csv:2:3 prof@example.edu: in the roster as Instructor, TeachingAssistant u-7", roleHint,
				"! 1 person has several rows in one line item", "grades.csv:7:3 nora@students.example.edu: the same person as at grades.csv:6:3 u-9", twiceHint,
				"note: 1 person is no longer active in the course (users.inactive: skip): 1 row is left out, and what is live stays", "grades.csv:5:3 gone@example.edu: Inactive in the roster u-5"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := Want{Items: tc.items, Users: tc.users}
			out, troubles := resolve(&w, tc.roster)
			require.Empty(t, cmp.Diff(tc.given, given(out.Items)))
			require.Empty(t, cmp.Diff(tc.told, complaints(troubles)))
		})
	}
}

// What the files say stays as it is, and so does the name beside the user id.
func TestPeopleLeaveTheFilesAlone(t *testing.T) {
	w := Want{Items: []spec.LineItem{item("hw1", "jo@example.edu", "x@y.org")}, Base: []spec.LineItem{item("hw1", "jo@example.edu")}}
	before := Want{Items: []spec.LineItem{item("hw1", "jo@example.edu", "x@y.org")}, Base: []spec.LineItem{item("hw1", "jo@example.edu")}}
	out, _ := resolve(&w, class())
	require.Empty(t, cmp.Diff(before, w, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Want{})))
	require.Equal(t, "jo@example.edu", called(&out.Items[0].Scores[0]))
	require.Equal(t, spec.At("grades.csv", 2, 3), out.Items[0].Scores[0].UserID.Pos)
	require.Equal(t, "", called(&spec.Score{UserID: word("u-1")}))
}

// What the files said before is of the people of today. It stops nothing, whoever
// cannot be told.
func TestPeopleOfTheBase(t *testing.T) {
	users := spec.Users{Unknown: word("error"), Inactive: word("error"), People: []spec.Person{{UserID: "m-1", Email: "new@example.edu"}}}
	w := Want{Users: &users, Base: []spec.LineItem{item("hw1", "jo@example.edu", "x@y.org", "twin@example.edu", "gone@example.edu", "new@example.edu", "u-9", "prof@example.edu")}}
	require.True(t, w.NeedsRoster())
	out, troubles := resolve(&w, class())
	require.Empty(t, cmp.Diff([]string{"hw1 u-1 2", "hw1 u-5 5", "hw1 m-1 6", "hw1 u-9 7", "hw1 u-7 8"}, given(out.Base)))
	require.Empty(t, troubles.findings())
	w = Want{Base: []spec.LineItem{item("hw1", "u-9")}, Later: []Revision{{Name: "a"}, {Name: "b", Items: []spec.LineItem{item("hw1", "jo@example.edu", "x@y.org")}}}}
	require.True(t, w.NeedsRoster())
	out, _ = resolve(&w, class())
	require.Equal(t, []string{"hw1 u-1 2"}, given(out.Later[1].Items))
	require.Equal(t, []string{"hw1  2", "hw1  3"}, given(w.Later[1].Items), "and leaves the files alone")
	out, _ = resolve(&Want{Items: []spec.LineItem{item("hw1", "jo@example.edu")}}, class())
	require.Nil(t, out.Base, "no base was asked for")
}

func TestNeedsRoster(t *testing.T) {
	mapped := &spec.Users{People: []spec.Person{{UserID: "m-1", Email: "Jo@example.edu", SourcedID: "S1"}}}
	for _, tc := range []struct {
		name  string
		w     Want
		needs bool
	}{
		{"nobody", Want{Items: []spec.LineItem{item("hw1")}}, false},
		{"user ids", Want{Items: []spec.LineItem{item("hw1", "u-1", "u-2")}}, false},
		{"an email", Want{Items: []spec.LineItem{item("hw1", "u-1"), item("hw2", "jo@example.edu")}}, true},
		{"a sourcedId", Want{Items: []spec.LineItem{item("hw1", "S1")}}, true},
		{"the map knows all", Want{Users: mapped, Items: []spec.LineItem{item("hw1", "jo@EXAMPLE.edu", "S1")}}, false},
		{"the map knows some", Want{Users: mapped, Items: []spec.LineItem{item("hw1", "jo@example.edu", "bo@example.edu")}}, true},
		{"not selected", Want{Items: []spec.LineItem{item("hw1", "u-1"), item("hw2", "jo@example.edu")}, Selected: map[string]bool{"hw1": true}}, false},
		{"the base", Want{Items: []spec.LineItem{item("hw1", "u-1")}, Base: []spec.LineItem{item("hw1", "bo@example.edu")}}, true},
		{"an email to explain", Want{Items: []spec.LineItem{item("hw1", "u-1")}, Explain: "hw1/eve@example.edu"}, true},
		{"a user id to explain", Want{Items: []spec.LineItem{item("hw1", "u-1")}, Explain: "hw1/u-77"}, false},
		{"a user id with an @ to explain", Want{Items: []spec.LineItem{item("hw1")}, Users: &spec.Users{People: []spec.Person{{UserID: "u@1"}}}, Explain: "hw1/u@1"}, false},
		{"a sourcedId to explain", Want{Users: mapped, Items: []spec.LineItem{item("hw1", "S1")}, Explain: "hw1/S2"}, true},
		{"one of the map to explain", Want{Users: mapped, Items: []spec.LineItem{item("hw1", "S1")}, Explain: "hw1/jo@example.EDU"}, false},
		{"a line item to explain", Want{Items: []spec.LineItem{item("hw1", "u-1")}, Explain: "hw1"}, false},
		{"one that is not selected, to explain", Want{Items: []spec.LineItem{item("hw1")}, Explain: "hw1/jo@x.edu", Selected: map[string]bool{"hw2": true}}, false},
	} {
		require.Equal(t, tc.needs, tc.w.NeedsRoster(), tc.name)
	}
}

// A line item that is not selected keeps no row that names nobody for sure.
func TestPeopleOfOthers(t *testing.T) {
	w := Want{Items: []spec.LineItem{item("hw1", "jo@example.edu"), item("hw2", "x@y.org", "u-1")}, Selected: map[string]bool{"hw1": true}}
	out, troubles := resolve(&w, class())
	require.Equal(t, []string{"hw1 u-1 2"}, given(out.Items))
	require.Empty(t, complaints(troubles))
}

func TestNewWantTakesSheetsIn(t *testing.T) {
	g := &spec.Gradebook{LineItems: []spec.LineItem{item("hw1", "u-1"), item("hw2")}, Users: spec.Users{By: word("email")}}
	c := &spec.Context{Scores: map[string][]spec.Score{"hw1": {row("jo@example.edu", 9)}, "hw2": {row("S2", 8), row("S8", 9)}}}
	for range 2 { // the documents are not changed by it
		w := NewWant(g, c, &spec.Platform{})
		require.Equal(t, &g.Users, w.Users)
		require.Equal(t, []string{"hw1 u-1 2", "hw1  9", "hw2  8", "hw2  9"}, given(w.Items))
	}
	require.Equal(t, []string{"hw1 u-1 2"}, given(g.LineItems))
}

func TestLearner(t *testing.T) {
	for role, is := range map[string]bool{
		"Learner": true, "learner": true, "Student": true, "Learner/GuestLearner": true,
		"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner":                    true,
		"http://purl.imsglobal.org/vocab/lis/v2/membership/Learner#GuestLearner":       true,
		"http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student":            true,
		"urn:lti:role:ims/lis/Learner":                                                 true,
		"urn:lti:instrole:ims/lis/Student":                                             true,
		"#Learner":                                                                     true,
		"http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor":                 false,
		"http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor":                     false,
		"http://purl.imsglobal.org/vocab/lis/v2/institution/person#ProspectiveStudent": false,
		"NonLearner": false, "": false,
	} {
		require.Equal(t, is, learner(role), role)
	}
}

func TestNear(t *testing.T) {
	roster := func(emails ...string) (all []plan.Member) {
		for _, e := range emails {
			all = append(all, plan.Member{Email: e})
		}
		return all
	}
	for _, tc := range []struct {
		said   string
		roster []plan.Member
		want   string
	}{
		{"jo@exmaple.edu", roster("bo@example.edu", "jo@example.edu"), "jo@example.edu"},
		{"Jo@Exmaple.edu", roster("JO@EXAMPLE.EDU"), "JO@EXAMPLE.EDU"},
		{"jo@example.ed", roster("jo@example.edu"), "jo@example.edu"},
		{"josé@example.edu", roster("jose\u0301@example.edu"), "jose\u0301@example.edu"},
		{"anna@example.edu", roster("", "bernd@example.edu", "claudia@example.edu"), ""},
		{"ann@a.org", roster("ann@b.edu.example", "bob@b.edu.example"), "ann@b.edu.example"},
		{"ann@a.org", roster("ann@b.edu.example", "ann@c.edu.example"), ""},
		{"a@b.c", roster("x@y.c"), ""},
		{strings.Repeat("a", 300) + "@b.c", roster(strings.Repeat("a", 300) + "@b.d"), ""},
	} {
		require.Equal(t, tc.want, near(email(tc.said), tc.roster), tc.said)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		a, b := letters(random), letters(random)
		whole := distance(a, b, 9)
		require.Equal(t, whole, distance(b, a, 9))
		require.Equal(t, string(a) == string(b), whole == 0)
		for most := range 5 {
			require.Equal(t, min(whole, most+1), distance(a, b, most))
		}
	}
}

func letters(random *rand.Rand) []rune {
	out := make([]rune, random.IntN(6))
	for i := range out {
		out[i] = []rune("abcé")[random.IntN(4)]
	}
	return out
}

// An address of look-alike letters is somebody else's.
func TestLookAlikes(t *testing.T) {
	roster := []plan.Member{
		{UserID: "u-1", Email: "\u017fam@x.edu", Status: "Active"}, {UserID: "u-2", Email: "kate@x.edu", Status: "Active"},
		{UserID: "u-3", Email: "\u00c5sa@x.edu", Status: "Active"}, {UserID: "u-4", Email: "ida@x.edu", Status: "Active"},
	}
	w := Want{Items: []spec.LineItem{item("hw1", "sam@x.edu", "SAM@x.edu", "\u212aate@x.edu", "\u0130da@x.edu", "\u0131da@x.edu", "\u212bsa@x.edu", "KATE@X.EDU")}}
	out, troubles := resolve(&w, roster)
	require.Equal(t, []string{"hw1 u-3 7", "hw1 u-2 8"}, given(out.Items))
	require.Empty(t, cmp.Diff([]string{
		"! 4 people are not in the roster", "grades.csv:2:3 sam@x.edu: not in the roster; \u017fam@x.edu?", "grades.csv:3:3 SAM@x.edu: not in the roster; \u017fam@x.edu?",
		"grades.csv:4:3 \u212aate@x.edu: not in the roster; kate@x.edu?", "grades.csv:5:3 \u0130da@x.edu: not in the roster; ida@x.edu?",
		"grades.csv:6:3 \u0131da@x.edu: not in the roster; ida@x.edu?", unknownHint,
	}, complaints(troubles)))
}

// Emails are compared as the standard library compares text without case, but
// that a letter of ASCII is one of ASCII.
func FuzzFolded(f *testing.F) {
	for _, s := range []string{"Jo@x.edu", "ÅSA@x", "\u212a", "k", "K\u212a", "ß", "ſ", "s", "\xff", " a\t", "İ", "Σς", "\u212bÅå"} {
		f.Add(s, strings.ToUpper(s))
		f.Add(s, strings.ToLower(s))
	}
	ascii := func(s string) (out []bool) {
		for _, r := range s {
			out = append(out, r < 0x80)
		}
		return out
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.TrimSpace(a), strings.TrimSpace(b)
		require.Equal(t, strings.EqualFold(a, b) && slices.Equal(ascii(a), ascii(b)), folded(a) == folded(b))
	})
}
