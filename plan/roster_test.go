package plan

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// Whatever order the platform lists in, the roster is the same.
func TestEveryone(t *testing.T) {
	const role = "http://purl.imsglobal.org/vocab/lis/v2/membership"
	listed := []Member{
		{UserID: "3", Name: "Bo", Roles: []string{role + "#Learner"}, Status: "Active"},
		{UserID: "1", Name: "Cy", Email: "cy@example.edu", Roles: []string{"Learner"}, Status: "Inactive"},
		{UserID: "2", Name: "Bo", Roles: []string{role + "#Learner"}, Status: "Deleted"},
		{UserID: "1", Name: "Cy", SourcedID: "S1", Roles: []string{role + "/Instructor#TeachingAssistant", role + "#Learner"}, Status: "Active"},
		{UserID: "3", Name: "Bo", Roles: []string{role + "#Learner"}, Status: "Active"},
		{UserID: "4", Status: "Active"},
	}
	want := []Member{
		{UserID: "4", Roles: []string{}, Status: "Active"},
		{UserID: "2", Name: "Bo", Roles: []string{"Learner"}, Status: "Deleted"},
		{UserID: "3", Name: "Bo", Roles: []string{"Learner"}, Status: "Active"},
		{UserID: "1", Name: "Cy", Email: "cy@example.edu", SourcedID: "S1", Roles: []string{"Instructor/TeachingAssistant", "Learner"}, Status: "Active"},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		before := slices.Clone(listed)
		require.Empty(t, cmp.Diff(want, Everyone(listed)))
		require.Empty(t, cmp.Diff(before, listed), "what was listed is left alone")
		random.Shuffle(len(listed), func(i, k int) { listed[i], listed[k] = listed[k], listed[i] })
	}
	require.Equal(t, MemberCount{People: 4, Inactive: 0, Deleted: 1, WithoutEmail: 3}, CountMembers(want))
}

func TestShortRoles(t *testing.T) {
	const role = "http://purl.imsglobal.org/vocab/lis/v2/membership"
	for in, want := range map[string]string{
		role + "#Instructor":           "Instructor",
		role + "/Learner#GuestLearner": "Learner/GuestLearner",
		"Learner":                      "Learner",
		role:                           role,
		role + "#":                     role + "#",
		role + "/#x":                   role + "/#x",
		role + "s#x":                   role + "s#x",
		role + "#a#b":                  role + "#a#b",
		"urn:lti:role:ims/lis/Learner": "urn:lti:role:ims/lis/Learner",
		"http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student": "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student",
	} {
		require.Equal(t, []string{want}, shortRoles([]string{in}))
	}
}
