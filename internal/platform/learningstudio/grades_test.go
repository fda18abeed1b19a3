package learningstudio

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// all is a sequence as a slice.
func all[T any](t *testing.T, seq func(func(T, error) bool)) (list []T, failed error) {
	t.Helper()
	for v, err := range seq {
		require.NoError(t, failed, "it ends at the first error")
		if err != nil {
			failed = err
			continue
		}
		list = append(list, v)
	}
	return list, failed
}

func TestResults(t *testing.T) {
	s := newSchool(t, map[string][]string{getOne: {"200 " + item95}, listThem: {`200 {"grades":[
		{"id":1051754261,"points":100,"letterGrade":"A","comments":"","shareWithStudent":true,"updatedDate":"2015-07-21T16:27:47Z",
		 "gradedStudent":{"id":28456671,"links":[{"href":"https://api.learningstudio.com/users/28456671","rel":"self"}]}},
		{"id":2,"points":"42.50","comments":"so so","gradedStudent":{"links":[{"href":"https://api.learningstudio.com/users/2","rel":"self"}]}},
		{"id":3,"points":null,"letterGrade":"","comments":" ","shareWithStudent":true,"gradedStudent":{"id":"3"}},
		{"id":4,"points":null,"letterGrade":"I","comments":"late","gradedStudent":{"id":4}},
		{"id":5,"points":0,"gradedStudent":{"id":5}}]}`}})
	got, err := all(t, s.platform().Results(t.Context(), guid))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]plan.Result{
		{UserID: zach, Grade: plan.Grade{ScoreGiven: ptr(100.0), ScoreMaximum: 100, LetterGrade: "A", ShareWithStudent: ptr(true)}},
		{UserID: "2", Grade: plan.Grade{ScoreGiven: ptr(42.5), ScoreMaximum: 100, Comment: "so so"}},
		{UserID: "3"}, // what an instructor took away is no grade
		{UserID: "4", Grade: plan.Grade{LetterGrade: "I", Comment: "late"}},
		{UserID: "5", Grade: plan.Grade{ScoreGiven: ptr(0.0), ScoreMaximum: 100}},
	}, got))
	require.Equal(t, []string{getOne, listThem}, s.requests())

	for range s.platform().Results(t.Context(), guid) {
		break // a caller may have enough
	}
	for name, tc := range map[string]struct {
		answer string
		want   int
		kind   reconcile.FaultKind
	}{
		"none":              {`200 {"grades":[]}`, 0, ""},
		"none, as null":     {`200 {"grades":null}`, 0, ""},
		"not told":          {`200 {}`, 0, reconcile.Doubt},
		"nobody's":          {`200 {"grades":[{"id":1,"points":1}]}`, 0, reconcile.Doubt},
		"unreadable points": {`200 {"grades":[{"id":1,"points":"A+","gradedStudent":{"id":5}}]}`, 0, reconcile.Doubt},
		"twice told":        {`200 {"grades":[{"id":1,"points":1,"gradedStudent":{"id":5}}],"grades":[]}`, 0, reconcile.Doubt},
		"no whole number":   {`200 {"grades":[{"id":1,"points":1,"gradedStudent":{"id":5.5}}]}`, 0, reconcile.Doubt},
		"too long a number": {`200 {"grades":[{"id":1,"points":1,"gradedStudent":{"id":1e999999999}}]}`, 0, reconcile.Doubt},
		"torn":              {`200 {"grades":[{"id":1,"points":1,"gradedStudent":{"id":5}}`, 0, reconcile.Doubt},
		"too deep":          {"200 " + `{"grades":` + strings.Repeat("[", 70), 0, reconcile.Doubt},
		"forbidden":         {"403", 0, reconcile.Denied},
		"gone":              {"404", 0, reconcile.Gone},
	} {
		s := newSchool(t, map[string][]string{getOne: {"200 " + item95}, listThem: {tc.answer}})
		synctest.Test(t, func(t *testing.T) {
			got, err := all(t, s.quiet().Results(t.Context(), guid))
			require.Len(t, got, tc.want, name)
			if tc.kind == "" {
				require.NoError(t, err, name)
				return
			}
			f := asFault(t, err)
			require.Equal(t, tc.kind, f.Kind, name)
			again := []string{"not told", "twice told", "torn"} // what is bad in itself would come again
			require.Equal(t, slices.Contains(again, name), f.Passing, name)
			require.Equal(t, name == "torn", len(s.requests()) > 2, name)
		})
	}
}

// Right after a listing its points count, once; and never where this run has put
// others, for the listing may be behind.
func TestGradesOnAListing(t *testing.T) {
	const fifty = `200 {"gradebookItem":{"id":"x","pointsPossible":50}}`
	s := newSchool(t, map[string][]string{
		listItems: {"200 " + item95}, getOne: {"200 " + item95, "200 " + item95, fifty}, putOne: {"204"},
		listThem: {`200 {"grades":[{"id":1,"points":5,"gradedStudent":{"id":1}}]}`},
	})
	p := s.platform()
	list := func() {
		_, err := p.LineItems(t.Context())
		require.NoError(t, err)
	}
	read := func(possible float64, want ...string) {
		t.Helper()
		s.requests()
		got, err := all(t, p.Results(t.Context(), guid))
		require.NoError(t, err)
		require.Equal(t, possible, got[0].ScoreMaximum)
		require.Equal(t, want, s.requests())
	}
	list()
	read(100, listThem)
	read(100, getOne, listThem)
	list()
	require.NoError(t, p.ReplaceLineItem(t.Context(), plan.LineItem{ID: guid, ScoreMaximum: 50}, nil))
	read(50, getOne, listThem)
	list() // which still shows 100
	read(50, getOne, listThem)
}

func TestMembers(t *testing.T) {
	const roster, students = "GET /courses/31388494/roster", "GET /courses/31388494/students"
	const membership = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
	s := newSchool(t, map[string][]string{
		roster: {`200 {"roster":[{"id":1,"roleType":"Stud","firstName":"Zach","lastName":"Morris","personaId":"p"},
			{"id":2,"roleType":"PROF","firstName":"","lastName":"Belding"},{"id":"3","roleType":"TAST"},{"id":4,"roleType":"stud"}]}`},
		students: {`200 {"students":[{"id":"1","emailAddress":" zach@example.edu ","userName":"zach"},{"id":4},{"id":9,"emailAddress":"x@example.edu"}]}`},
	})
	got, err := all(t, s.platform().Members(t.Context()))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]plan.Member{
		{UserID: "1", Name: "Zach Morris", Email: "zach@example.edu", Status: "Active", Roles: []string{membership + "Learner"}},
		{UserID: "2", Name: "Belding", Status: "Active", Roles: []string{membership + "Instructor"}},
		{UserID: "3", Status: "Active", Roles: []string{"TAST"}},
		{UserID: "4", Status: "Active", Roles: []string{membership + "Learner"}},
	}, got))
	for name, told := range map[string]map[string][]string{
		"no roster":         {roster: {"200 {}"}},
		"somebody unnamed":  {roster: {`200 {"roster":[{"roleType":"STUD"}]}`}, students: {`200 {"students":[]}`}},
		"students unread":   {roster: {`200 {"roster":[]}`}, students: {"500"}},
		"students not told": {roster: {`200 {"roster":[]}`}, students: {"200 {}"}},
	} {
		got, err := all(t, newSchool(t, told).platform().Members(t.Context()))
		require.Empty(t, got)
		require.Equal(t, reconcile.Doubt, asFault(t, err).Kind, name)
	}
	s = newSchool(t, map[string][]string{roster: {"403"}})
	_, err = all(t, s.platform().Members(t.Context()))
	require.Equal(t, reconcile.Denied, asFault(t, err).Kind)
}
