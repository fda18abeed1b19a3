package sandbox

import (
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

func rosterTrials() map[quirk.Quirk]trial {
	return map[quirk.Quirk]trial{
		quirk.EscapesNames:  {try: tryEscapesNames},
		quirk.HidesInactive: {try: tryHidesInactive},
		quirk.NextLosesRole: {try: tryNextLosesRole, size: 1},
		quirk.HidesEmail:    {try: tryHidesEmail},
		quirk.RosterOfFifty: {try: tryRosterOfFifty},
	}
}

// roster is one page of it: the members.
func (l *lms) roster(query string) []any {
	l.t.Helper()
	r := l.send("GET", asking(l.MembershipsPath("c1"), query), "")
	require.Equal(l.t, 200, r.status, r.text())
	return r.object()["members"].([]any)
}

func tryRosterOfFifty(l *lms, on bool) {
	for at := range 52 {
		require.NoError(l.t, l.AddMember("c1", Member{UserID: fmt.Sprintf("%02d", at)}))
	}
	for _, query := range []string{"", "limit=51"} {
		r := l.send("GET", asking(l.MembershipsPath("c1"), query), "")
		require.Equal(l.t, on, len(r.object()["members"].([]any)) == 50, query)
		if on {
			require.Contains(l.t, r.header.Get("Link"), "next")
		}
	}
	require.Len(l.t, l.roster("limit=4"), 4)
}

func tryEscapesNames(l *lms, on bool) {
	require.NoError(l.t, l.AddMember("c1", Member{UserID: "1", Name: "A & B", GivenName: "<A>", FamilyName: "O'B", Email: "a&b@example.edu"}))
	want := []any{"A & B", "<A>", "O'B", "a&b@example.edu"}
	if on {
		want = []any{"A &amp; B", "&lt;A&gt;", "O&#39;B", "a&b@example.edu"}
	}
	m := l.roster("")[0].(map[string]any)
	require.Empty(l.t, cmp.Diff(want, []any{m["name"], m["given_name"], m["family_name"], m["email"]}))
	require.Equal(l.t, "A & B", l.Snapshot().Courses["c1"].Member("1").Name)
}

func tryHidesInactive(l *lms, on bool) {
	for user, status := range map[string]string{"1": "Active", "2": "Inactive", "3": "Deleted"} {
		require.NoError(l.t, l.AddMember("c1", Member{UserID: user, Status: status}))
	}
	require.Len(l.t, l.roster(""), map[bool]int{true: 2, false: 3}[on])
	l.post(l.create(smallItem), "2", `{}`).either(on, 204, 204)
}

func tryNextLosesRole(l *lms, on bool) {
	for _, m := range []Member{{UserID: "1"}, {UserID: "2", Roles: []string{"Instructor"}}, {UserID: "3"}} {
		require.NoError(l.t, l.AddMember("c1", m))
	}
	next := l.send("GET", l.MembershipsPath("c1")+"?role=Learner", "").header.Get("Link")
	require.Equal(l.t, !on, strings.Contains(next, "role=Learner"))
	var users []string
	l.pages(l.MembershipsPath("c1")+"?role=Learner", func(r reply) []string {
		for _, m := range r.object()["members"].([]any) {
			users = append(users, m.(map[string]any)["user_id"].(string))
		}
		return nil
	})
	require.Equal(l.t, map[bool]string{true: "123", false: "13"}[on], strings.Join(users, ""))
}

func tryHidesEmail(l *lms, on bool) {
	require.NoError(l.t, l.AddMember("c1", Member{UserID: "1", Name: "A", Email: "a@example.edu"}))
	m := l.roster("")[0].(map[string]any)
	require.Equal(l.t, on, m["email"] == nil)
	require.Equal(l.t, "A", m["name"])
	require.Equal(l.t, "a@example.edu", l.Snapshot().Courses["c1"].Member("1").Email)
}
