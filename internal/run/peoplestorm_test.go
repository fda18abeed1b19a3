package run

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
	"github.com/gradesync/gradesync/plan"
)

// In generated courses, what the LMS holds in the end is what the sheet says
// of the people that it names, and nothing else. Each row has points of its own, so
// that a grade tells which row it came from.
func TestGradesAreOfThoseWhoAreNamed(t *testing.T) {
	addresses := []string{"ann@x.edu", "anna@x.edu", "\u0430nn@x.edu", "bo@x.edu", "bo@y.edu", "\u00c5sa@x.edu", "kate@x.edu", "\u212aate@x.edu", "ida@x.edu", "\u0131da@x.edu"}
	stopped, arrived := 0, 0
	for seed := range uint64(90) {
		r := rand.New(rand.NewPCG(seed, 8))
		lms := newSchool(t, nil)
		docs, env := lms.sheets(t, "{by: email}", located)
		spelled := func(s string) string { return []string{s, strings.ToUpper(s), strings.ToLower(s)}[r.IntN(3)] }
		order := r.Perm(len(addresses))
		there := 1 + r.IntN(len(order))
		for i, at := range order[:there] {
			m := sandbox.Member{UserID: fmt.Sprint("s-", i), Email: spelled(addresses[at])}
			if r.IntN(5) == 0 {
				m.Status = plan.Inactive
			}
			require.NoError(t, lms.box.AddMember("1", m))
		}
		named := map[string]string{} // by points: the address
		rows := there
		if r.IntN(3) == 0 {
			rows = len(order) // some are strangers
		}
		for i, at := range order[:rows] {
			said := spelled(addresses[at])
			give(docs, "hw1", sheetRow(said, i+2, float64(i+1)))
			named[fmt.Sprint(i+1)] = said
		}
		s := opened(t, docs, options(t, true, env))
		report, err := s.Apply(t.Context(), s.Plan(t.Context()))
		require.NoError(t, err)

		members := lms.box.Snapshot().Courses["1"].Members
		sure := true
		want, owner := map[string]bool{}, map[string]bool{}
		for points, said := range named {
			var who []*sandbox.Member
			for _, m := range members {
				if sameAddress(m.Email, said) {
					who = append(who, m)
				}
			}
			inactive := 0
			for _, m := range who {
				if m.Status == plan.Inactive {
					inactive++
				}
			}
			switch {
			case len(who) > 0 && inactive == len(who): // left out
			case len(who) != 1 || owner[who[0].UserID]: // nobody, several, or one person twice
				sure = false
			default:
				owner[who[0].UserID] = true
				want["hw1 "+who[0].UserID+" "+points] = true
			}
		}
		if !sure {
			require.Equal(t, plan.Found, report.Contexts[0].Status(), "seed %d", seed)
			require.Empty(t, lms.grades(), "seed %d", seed)
			stopped++
			continue
		}
		require.Equal(t, want, lms.grades(), "seed %d", seed)
		arrived += len(want)
	}
	require.Greater(t, stopped, 5)
	require.Greater(t, arrived, 40)
}

// sameAddress is the test's own notion of it: letter by letter without case, and
// no letter of ASCII is one of another script.
func sameAddress(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if (x[i] < 128) != (y[i] < 128) || !strings.EqualFold(string(x[i]), string(y[i])) {
			return false
		}
	}
	return true
}
