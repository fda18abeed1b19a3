package doctor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/doctor"
)

// A launch that may use the service may still not do all that is done with it.
func TestLaunchScopes(t *testing.T) {
	all := []string{"lineitem", "result.readonly", "score"}
	for _, tc := range []struct {
		name   string
		scopes []string
		status doctor.Status
		says   []string
	}{
		{"all", all, doctor.OK, []string{`it is of the course "Biology", and has assignmentAndGrades and namesAndRoles, and a service key`}},
		{"all, and the weaker one", append([]string{"lineitem.readonly"}, all...), doctor.OK, nil},
		{"it does not tell", nil, doctor.OK, nil},
		{"none", []string{}, doctor.Failed, []string{"lineitem.readonly (", "result.readonly (", "lineitem (", "score (", "not even plan works"}},
		{"no results", []string{"lineitem", "score"}, doctor.Failed, []string{"lacks result.readonly (plan, apply, export and doctor read grades with it): not even plan works"}},
		{"no line items", []string{"score", "result.readonly"}, doctor.Failed, []string{"lacks lineitem.readonly (", "not even plan works"}},
		{"no scores", []string{"lineitem", "result.readonly"}, doctor.Failed, []string{"lacks score (apply and undo write scores with it): plan works, and apply does not"}},
		{"reading only", []string{"lineitem.readonly", "result.readonly"}, doctor.Failed, []string{"lacks lineitem (", "score (", "plan works, and apply does not"}},
		{"no changes of columns", []string{"lineitem.readonly", "result.readonly", "score"}, doctor.Warned, []string{"lacks lineitem (", "apply posts scores, but no column can be made"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := doctor.OfCourse(&doctor.Course{Launch: &doctor.Launch{
				LineItems: true, NamesRoles: true, Course: "Biology", ServiceKey: true, Scopes: tc.scopes,
			}})
			c := check(t, g, "launch")
			require.Equal(t, tc.status, c.Status, c.Detail)
			require.Equal(t, tc.status == doctor.Failed, c.Credentials)
			require.Equal(t, tc.status == doctor.OK, c.Remedy == "")
			for _, s := range tc.says {
				require.Contains(t, c.Detail, s)
			}
		})
	}
}

// A user's token is a check of its own, beside the credentials.
func TestLoginIsChecked(t *testing.T) {
	p := well()
	p.Proof, p.Login = "the password is there", true
	require.Equal(t, doctor.OK, check(t, doctor.OfPlatform(&p, noon), "token").Status)
	p.Token = denied("getting a token: refused")
	c := check(t, doctor.OfPlatform(&p, noon), "token")
	require.Equal(t, doctor.Failed, c.Status)
	require.True(t, c.Credentials)
	require.NotEmpty(t, c.Remedy)
}
