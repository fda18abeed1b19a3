package sandbox

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestMemberships(t *testing.T) {
	l := newLMS(t, Options{})
	path := l.MembershipsPath("c1")
	require.JSONEq(t, `{"id":"`+l.url+path+`","context":{"id":"c1"},"members":[]}`, l.send("GET", path, "").text())

	require.NoError(t, l.Update(func(st *State) error { st.Courses["c1"].Title = "Biology"; return nil }))
	full := Member{UserID: "b", Roles: []string{"Instructor", contextRole + "Learner"}, Status: "Inactive",
		Name: "Bo Bee", GivenName: "Bo", FamilyName: "Bee", Email: "bo@example.edu", SourcedID: "sis-1"}
	require.NoError(t, l.AddMember("c1", Member{UserID: "b", Name: "replaced"}))
	require.NoError(t, l.AddMember("c1", full))
	require.NoError(t, l.AddMember("c1", Member{UserID: "a"}))
	r := l.send("GET", path, "")
	require.Equal(t, typeMemberships, r.header.Get("Content-Type"))
	require.Empty(t, cmp.Diff(map[string]any{
		"id": l.url + path, "context": map[string]any{"id": "c1", "title": "Biology"},
		"members": []any{
			map[string]any{"user_id": "a", "status": "Active", "roles": []any{contextRole + "Learner"}},
			map[string]any{"user_id": "b", "status": "Inactive", "roles": []any{"Instructor", contextRole + "Learner"},
				"name": "Bo Bee", "given_name": "Bo", "family_name": "Bee", "email": "bo@example.edu", "lis_person_sourcedid": "sis-1"},
		},
	}, r.object()))

	full.Roles[0] = "changed"
	require.Equal(t, "Instructor", l.Snapshot().Courses["c1"].Member("b").Roles[0], "the caller's list is not shared")
	require.Error(t, l.AddMember("c1", Member{UserID: " "}))
	require.Error(t, l.AddMember("c1", Member{UserID: "x", Status: "active"}))
	require.ErrorContains(t, l.AddMember("none", Member{UserID: "x"}), "no such course")
}

func TestMembershipFiltersAndPages(t *testing.T) {
	l := newLMS(t, Options{PageSize: 2})
	path := l.MembershipsPath("c1")
	for id, roles := range map[string]string{
		"1": "Learner", "2": contextRole + "Learner", "3": "Instructor", "4": contextRole + "Instructor,Learner", "5": "",
		"6": "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
	} {
		m := Member{UserID: id}
		if roles != "" {
			m.Roles = strings.Split(roles, ",")
		}
		require.NoError(t, l.AddMember("c1", m))
	}
	ids := func(r reply) (all []string) {
		for _, one := range r.object()["members"].([]any) {
			all = append(all, one.(map[string]any)["user_id"].(string))
		}
		return all
	}
	learners := [][]string{{"1", "2"}, {"4", "5"}}
	for query, want := range map[string][][]string{
		"":             {{"1", "2"}, {"3", "4"}, {"5", "6"}},
		"role=Learner": learners,
		"role=http%3A%2F%2Fpurl.imsglobal.org%2Fvocab%2Flis%2Fv2%2Fmembership%23Learner": learners,
		"role=Instructor&limit=1": {{"3"}, {"4"}},
		"role=Mentor":             {nil},
		"rlid=rl-1&limit=9":       {{"1", "2"}, {"3", "4"}, {"5", "6"}},
	} {
		require.Empty(t, cmp.Diff(want, l.pages(path+"?"+query, ids)), query)
	}
	l.send("GET", path+"?rlid=none", "").refused(404, "rlid")
	l.send("GET", path+"?limit=x", "").refused(400, "limit")
}
