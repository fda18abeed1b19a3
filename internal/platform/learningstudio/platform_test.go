package learningstudio

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

const (
	listItems = "GET /courses/31388494/gradebookItems"
	listThem  = getOne + "/grades"
	putOne    = "PUT /courses/31388494/gradebook/gradebookItems/" + guid
)

func TestNew(t *testing.T) {
	for name, tc := range map[string]struct {
		o    Options
		want string
	}{
		"no URL":     {Options{Course: "1"}, "url"},
		"plain http": {Options{URL: "http://api.learningstudio.com", Course: "1"}, "https"},
		"a password": {Options{URL: "https://u:sesame@api.learningstudio.com", Course: "1"}, "user name or password"},
		"a query":    {Options{URL: "https://api.learningstudio.com?key=sesame", Course: "1"}, "leave out the query"},
		"no course":  {Options{URL: "https://api.learningstudio.com", Course: " "}, "no course id"},
	} {
		_, err := New(nil, tc.o)
		require.ErrorContains(t, err, tc.want, name)
		require.NotContains(t, err.Error(), "sesame")
	}
	_, err := New(nil, Options{URL: "https://api.learningstudio.com/", Course: "1"})
	require.NoError(t, err)
}

func TestLineItems(t *testing.T) {
	s := newSchool(t, map[string][]string{listItems: {`200 {"gradebookItems":[
		{"type":"courseItem","id":"a24e4de6-9b8a-4f9e-b85b-5fa13134a8f3","title":"Quiz","pointsPossible":10.00,
		 "isIncludedInGrade":true,"isExtraCredit":false,"links":[
		 {"href":"https://host/courses/2022295","rel":"parent"},{"href":"https://host/courses/2022295/items/1003239665","rel":"Related"}]},
		{"type":"customItem","id":17,"title":"Extra","pointsPossible":"7.5"},
		{"id":"none","title":"No points","pointsPossible":null,"links":[{"href":"https://host/items/1/2","rel":"related"},{"href":"https://host/items/","rel":"related"}]}]}`}})
	p := s.platform()
	got, err := p.LineItems(t.Context())
	require.NoError(t, err)
	want := reconcile.Listing{Proven: true, Items: []plan.LineItem{
		{ID: "a24e4de6-9b8a-4f9e-b85b-5fa13134a8f3", Label: "Quiz", ScoreMaximum: 10, ResourceLinkID: "1003239665"},
		{ID: "17", Label: "Extra", ScoreMaximum: 7.5},
		{ID: "none", Label: "No points"},
	}}
	require.Empty(t, cmp.Diff(want, got))
	got, err = p.LineItemsOf(t.Context(), "hw1")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, got), "there is nothing to ask by")
}

// Both forms in which one item comes.
func TestLineItem(t *testing.T) {
	for _, form := range []string{item95, `{"gradebookItem":{"id":"another name","title":"LTI Tool","pointsPossible":100,"links":[{"href":"/courses/1/items/100561235546","rel":"related"}]}}`} {
		s := newSchool(t, map[string][]string{getOne: {"200 " + form}})
		li, err := s.platform().LineItem(t.Context(), guid)
		require.NoError(t, err)
		require.Equal(t, plan.LineItem{ID: guid, Label: "LTI Tool", ScoreMaximum: 100, ResourceLinkID: "100561235546"}, li)
	}
}

// What is there is not taken for nothing, and nothing not for what is there.
func TestUnreadable(t *testing.T) {
	const link = "GET /courses/31388494/items/5/gradebookItem"
	for name, answer := range map[string]string{
		"nothing": "200", "an object of nothing": "200 {}", "no object": "200 []", "torn": `200 {"gradebookItems":[{"id":"a"`,
		"another kind": `200 {"gradebookItems":{"id":"a"},"gradebookItem":[],"grades":{}}`, "no id": `200 {"gradebookItems":[{"title":"x"}],"gradebookItem":{"title":"x"}}`,
		"a page": "200 <html>", "a title that is none": `200 {"gradebookItems":[{"id":"a","title":{}}],"gradebookItem":{"id":"a","title":true}}`,
		"points that are none": `200 {"gradebookItems":[{"id":"a","pointsPossible":"0x10"}],"gradebookItem":{"id":"a","pointsPossible":"ten"}}`,
	} {
		s := newSchool(t, map[string][]string{listItems: {answer}, link: {answer}})
		synctest.Test(t, func(t *testing.T) {
			p := s.quiet()
			_, err := p.LineItems(t.Context())
			f := asFault(t, err)
			require.Equal(t, reconcile.Doubt, f.Kind, name)
			bad := strings.Contains("no id, a title that is none, points that are none", name)
			require.Equal(t, !bad, f.Passing, "%s: another try may do, unless an element is bad", name)
			_, err = p.LineItemOfLink(t.Context(), "5")
			require.Equal(t, reconcile.Doubt, asFault(t, err).Kind, name)
		})
	}
}

// An answer that came torn is asked for again, one that is whole is not.
func TestReadAgain(t *testing.T) {
	const torn, whole = `200 {"gradebookItems":[{"id":"a","ti`, `200 {"gradebookItems":[{"id":"a"}]}`
	for _, tc := range []struct {
		answers []string
		want    int
		works   bool
	}{
		{[]string{whole}, 1, true},
		{[]string{torn, torn, torn, whole}, 4, true},
		{[]string{torn}, 4, false},
		{[]string{`200 {"gradebookItems":7}`}, 1, false},
		{[]string{"200 <html>"}, 1, false},
		{[]string{`404 {"error":{"mess`, whole}, 2, true},
		{[]string{`404 {"error":{"message":"Course not found."}}`}, 1, false},
		{[]string{`400 {"error":{"mess`}, 1, false},
	} {
		s := newSchool(t, map[string][]string{listItems: slices.Clone(tc.answers)})
		synctest.Test(t, func(t *testing.T) {
			_, err := s.quiet().LineItems(t.Context())
			require.Equal(t, tc.works, err == nil, "%v: %v", tc.answers, err)
			require.Len(t, s.requests(), tc.want, tc.answers)
			stopped, stop := context.WithCancel(t.Context())
			stop()
			began := time.Now()
			s.told[listItems] = []string{torn}
			_, err = s.quiet().LineItems(stopped)
			require.Error(t, err)
			require.Zero(t, time.Since(began), "who stops does not wait")
		})
	}
}

func TestNoSuch(t *testing.T) {
	s := newSchool(t, map[string][]string{
		getOne: {`404 {"error":{"message":"Gradebook item not found."}}`}, "GET /courses/31388494/items/5/gradebookItem": {`404 {"error":"Item not found."}`},
	})
	p := s.platform()
	_, err := p.LineItem(t.Context(), guid)
	f := asFault(t, err)
	require.Equal(t, reconcile.Gone, f.Kind)
	require.Equal(t, "Gradebook item not found.", f.Said)
	require.NotEmpty(t, f.Hint)
	_, err = p.LineItemOfLink(t.Context(), "5")
	require.Equal(t, reconcile.Gone, asFault(t, err).Kind)
	require.Equal(t, "Item not found.", asFault(t, err).Said)
	s.requests()
	for _, id := range []string{"", ".", ".."} {
		_, err = p.LineItem(t.Context(), id)
		require.Equal(t, reconcile.Refused, asFault(t, err).Kind)
	}
	require.Empty(t, s.requests(), "nothing is asked for what is no id")
}

// An id is one segment, whatever it holds.
func TestIDsAreEscaped(t *testing.T) {
	s := newSchool(t, map[string][]string{"GET /courses/31388494/gradebookItems/a%2Fb%3Fc%23d%25": {`200 {"gradebookItem":{"id":"x"}}`}})
	_, err := s.platform().LineItem(t.Context(), "a/b?c#d%")
	require.NoError(t, err)
}

func TestReplaceLineItem(t *testing.T) {
	li := plan.LineItem{ID: guid, Label: "LTI Tool", ScoreMaximum: 60}
	for name, tc := range map[string]struct{ shown, want string }{
		"as it counts":           {item95, `{"gradebookItem":{"pointsPossible":60,"isIncludedInGrade":true,"isExtraCredit":false}}`},
		"what is not told stays": {`{"gradebookItem":{"id":"x","pointsPossible":null}}`, `{"gradebookItem":{"pointsPossible":60}}`},
		"already so":             {`{"gradebookItem":{"id":"x","pointsPossible":"60.00"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchool(t, map[string][]string{getOne: {"200 " + tc.shown}, putOne: {"204"}})
			require.NoError(t, s.platform().ReplaceLineItem(t.Context(), li, nil))
			want := []string{getOne}
			if tc.want != "" {
				want = append(want, putOne+" "+tc.want)
			}
			require.Empty(t, cmp.Diff(want, s.requests()))
		})
	}
	for name, tc := range map[string]struct {
		get, put string
		want     reconcile.FaultKind
	}{
		"a failed reading wrote nothing": {"500", "", reconcile.Unreachable},
		"a failed write":                 {"200 " + item95, "500", reconcile.Doubt},
		"a lost write":                   {"200 " + item95, "lost", reconcile.Doubt},
		"a refused write":                {"200 " + item95, "400", reconcile.Refused},
		"gone":                           {"404", "", reconcile.Gone},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchool(t, map[string][]string{getOne: {tc.get}, putOne: {tc.put}})
			require.Equal(t, tc.want, asFault(t, s.platform().ReplaceLineItem(t.Context(), li, nil)).Kind)
		})
	}
}

// Right after the points were put, readings may come from before. What is scaled
// meanwhile is scaled to what was put; what is shown is shown as it came.
func TestScaleAfterPut(t *testing.T) {
	const late, now = `200 {"gradebookItem":{"id":"x","pointsPossible":100}}`, `200 {"gradebookItem":{"id":"x","pointsPossible":50}}`
	const other = `200 {"gradebookItem":{"id":"x","pointsPossible":10}}`
	s := newSchool(t, map[string][]string{
		getOne: {late, late, late, now, other}, putOne: {"204"}, getIt: {noGrade}, postIt: {"201"},
		listThem: {`200 {"grades":[{"id":1,"points":5,"gradedStudent":{"id":1}}]}`},
	})
	p := s.platform()
	scale := func() float64 {
		for r, err := range p.Results(t.Context(), guid) {
			require.NoError(t, err)
			return r.ScoreMaximum
		}
		return 0
	}
	post := func(want string) {
		s.requests()
		require.NoError(t, p.PostScore(t.Context(), guid, given(20.0)))
		require.Equal(t, []string{postIt + ` {"grade":{"points":` + want + `}}`}, s.requests())
	}
	require.Equal(t, 100.0, scale())
	post("20")
	require.NoError(t, p.ReplaceLineItem(t.Context(), plan.LineItem{ID: guid, ScoreMaximum: 50}, nil))
	post("10")
	li, err := p.LineItem(t.Context(), guid)
	require.NoError(t, err)
	require.Equal(t, 100.0, li.ScoreMaximum, "late, but as it came")
	require.Equal(t, 50.0, scale(), "what is read is what is shown")
	require.Equal(t, 10.0, scale(), "somebody's change is shown")
	post("10") // and what we put is what our scores are of
}

func TestFixedColumns(t *testing.T) {
	s := newSchool(t, nil)
	p := s.platform()
	_, err := p.CreateLineItem(t.Context(), plan.LineItem{Label: "x", ScoreMaximum: 1})
	for _, err := range []error{err, p.DeleteLineItem(t.Context(), guid)} {
		f := asFault(t, err)
		require.Equal(t, reconcile.Refused, f.Kind)
		require.Contains(t, f.Hint, "in LearningStudio itself")
	}
	c := p.Capabilities()
	require.Contains(t, c.FixedColumns, "in LearningStudio itself")
	require.True(t, c.NoProgress && c.Letters && c.Bounds.NumericIDs)
	require.Empty(t, s.requests())
}

// Redirects are not followed: what is signed is for one URL.
func TestRedirects(t *testing.T) {
	for _, status := range []string{"301", "302", "307", "308"} {
		s := newSchool(t, map[string][]string{listItems: {status + " "}, getIt: {noGrade}, postIt: {status + " "}})
		p := s.platform()
		p.scales.read(guid, 100)
		_, err := p.LineItems(t.Context())
		require.Equal(t, reconcile.Refused, asFault(t, err).Kind)
		require.ErrorContains(t, err, "redirect")
		require.Equal(t, reconcile.Refused, asFault(t, p.PostScore(t.Context(), guid, given(1.0))).Kind)
		require.Len(t, s.requests(), 2)
	}
	other := newSchool(t, nil)
	s := newSchool(t, nil)
	signer := OAuth1{ApplicationID: application, ConsumerKey: consumer, Secret: secret, Now: fixedOAuth1().Now}
	turn := tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {other.url}}, Body: http.NoBody, Request: r}, nil
	})
	p, err := New(&http.Client{Transport: Signed(turn, signer)}, Options{URL: s.url, Course: course})
	require.NoError(t, err)
	_, err = p.LineItems(t.Context())
	require.Equal(t, reconcile.Refused, asFault(t, err).Kind)
	require.Empty(t, other.requests())
}
