package ltiaas

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// The requests and answers of the service's own guides, in their order.

const (
	withLtik = "LTIK-AUTH-V2 " + apiKey + ":" + ltik
	withKey  = "SERVICE-AUTH-V1 " + apiKey + ":" + serviceKey
	typeJSON = "application/json"
)

func asked(method, uri string) sent { return sent{method, uri, withLtik, "", ""} }

func said(method, uri, body string) sent { return sent{method, uri, withLtik, typeJSON, body} }

// Both forms of credentials open line items and scores.
func TestBothCredentials(t *testing.T) {
	s := serve(t, reply{status: 200, body: `{"lineItems":[],"scores":[],"members":[]}`})
	for _, tc := range []struct {
		want   string
		change func(*Options)
	}{
		{withLtik, nil},
		{withKey, func(o *Options) { o.Ltik, o.ServiceKey = "", serviceKey }},
	} {
		p := s.platform(t, tc.change)
		_, err := p.LineItems(t.Context())
		require.NoError(t, err)
		_, err = drained(t, p.Results(t.Context(), itemID))
		require.NoError(t, err)
		_, err = drained(t, p.Members(t.Context()))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff([]sent{
			{"GET", "/api/lineitems", tc.want, "", ""}, {"GET", itemPath + "/scores", tc.want, "", ""}, {"GET", "/api/memberships", tc.want, "", ""},
		}, s.requests()))
	}
}

// Creating a grade line: alone, bound to an activity, bound to a resource.
func TestGuideCreate(t *testing.T) {
	for _, tc := range []struct {
		name string
		item plan.LineItem
		sent string
	}{
		{"alone", plan.LineItem{Label: "Activity 1", ScoreMaximum: 100}, `{"label":"Activity 1","scoreMaximum":100}`},
		{
			"of an activity", plan.LineItem{Label: "Activity 1", ScoreMaximum: 100, ResourceLinkID: "1g3k4dlk49fk"},
			`{"label":"Activity 1","scoreMaximum":100,"resourceLinkId":"1g3k4dlk49fk"}`,
		},
		{
			"of a resource", plan.LineItem{Label: "Activity 1", ScoreMaximum: 100, ResourceID: "my-tool-activity-1"},
			`{"label":"Activity 1","scoreMaximum":100,"resourceId":"my-tool-activity-1"}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, reply{status: 201, body: `{"id": "https://lms.example.com/course/1/lineitems/1", "scoreMaximum" : 100, "label" : "Activity 1"}`})
			id, err := s.platform(t, nil).CreateLineItem(t.Context(), tc.item)
			require.NoError(t, err)
			require.Equal(t, itemID, id)
			require.Empty(t, cmp.Diff([]sent{said("POST", "/api/lineitems", tc.sent)}, s.requests()))
		})
	}
}

// Retrieving grade lines: all, by activity, by resource, by id.
func TestGuideRetrieve(t *testing.T) {
	s := serve(t, reply{status: 200, body: `{
		"lineItems": [
			{"id": "https://lms.example.com/course/1/lineitems/1", "scoreMaximum" : 100, "label" : "Activity 1"},
			{"id": "https://lms.example.com/course/1/lineitems/2", "scoreMaximum" : 100, "label" : "Activity 2"}
		]
	}`})
	p := s.platform(t, nil)
	want := reconcile.Listing{Proven: true, Items: []plan.LineItem{
		{ID: itemID, ScoreMaximum: 100, Label: "Activity 1"},
		{ID: "https://lms.example.com/course/1/lineitems/2", ScoreMaximum: 100, Label: "Activity 2"},
	}}
	all, err := p.LineItems(t.Context())
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, all))
	of, err := p.LineItemsOf(t.Context(), "my-tool-activity-1")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, of))
	_, _, err = p.client.lineItems(t.Context(), url.Values{"resourceLinkId": {"1g3k4dlk49fk"}, "tag": {"a b&c"}})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]sent{
		asked("GET", "/api/lineitems"), asked("GET", "/api/lineitems?resourceId=my-tool-activity-1"),
		asked("GET", "/api/lineitems?resourceLinkId=1g3k4dlk49fk&tag=a+b%26c"),
	}, s.requests()))

	s = serve(t, reply{status: 200, body: `{
		"id": "https://lms.example.com/course/1/lineitems/1", "scoreMaximum" : 100, "label" : "Activity 1",
		"tag" : "activity", "resourceLinkId" : "1g3k4dlk49fk", "resourceId" : "my-tool-activity-1"
	}`})
	one, err := s.platform(t, nil).LineItem(t.Context(), itemID)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(plan.LineItem{
		ID: itemID, ScoreMaximum: 100, Label: "Activity 1", Tag: "activity", ResourceLinkID: "1g3k4dlk49fk", ResourceID: "my-tool-activity-1",
	}, one))
	require.Empty(t, cmp.Diff([]sent{asked("GET", itemPath)}, s.requests()))
}

// Updating answers 200 or 201, deleting 204.
func TestGuideUpdateAndDelete(t *testing.T) {
	for _, status := range []int{200, 201} {
		s := serve(t, reply{status: status, body: `{"id": "https://lms.example.com/course/1/lineitems/1", "scoreMaximum" : 95, "label" : "Activity 1 - New name"}`})
		require.NoError(t, s.platform(t, nil).ReplaceLineItem(t.Context(), plan.LineItem{ID: itemID, Label: "Activity 1 - New name", ScoreMaximum: 95}, nil))
		require.Empty(t, cmp.Diff([]sent{said("PUT", itemPath, `{"label":"Activity 1 - New name","scoreMaximum":95}`)}, s.requests()))
	}
	s := serve(t, reply{status: 204})
	require.NoError(t, s.platform(t, nil).DeleteLineItem(t.Context(), itemID))
	require.Empty(t, cmp.Diff([]sent{asked("DELETE", itemPath)}, s.requests()))
}

// Submitting a grade answers 204.
func TestGuideSubmit(t *testing.T) {
	const head = `{"userId":"1","scoreGiven":`
	for _, tc := range []struct {
		name  string
		score reconcile.Score
		sent  string
	}{
		{
			"the guide's", reconcile.Score{Grade: plan.Grade{ScoreGiven: ptr(95.0), ScoreMaximum: 100}},
			head + `95,"scoreMaximum":100,"activityProgress":"Completed","gradingProgress":"FullyGraded"}`,
		},
		{
			"nothing", reconcile.Score{Grade: plan.Grade{ScoreGiven: ptr(0.0), ScoreMaximum: 2.5, Comment: `<b> "ok" & more`}},
			head + `0,"scoreMaximum":2.5,"activityProgress":"Completed","gradingProgress":"FullyGraded","comment":"\u003cb\u003e \"ok\" \u0026 more"}`,
		},
		{
			"cleared", reconcile.Score{ClearComment: true, Grade: plan.Grade{ScoreMaximum: 100}},
			head + `null,"activityProgress":"Completed","gradingProgress":"FullyGraded","comment":null}`,
		},
		{
			"a comment goes before clearing it", reconcile.Score{ClearComment: true, Grade: plan.Grade{Comment: "kept"}},
			head + `null,"activityProgress":"Completed","gradingProgress":"FullyGraded","comment":"kept"}`,
		},
		{
			"for the LMS behind", reconcile.Score{
				ScoringUserID: "t-1", Submission: &plan.Submission{SubmittedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, Timestamp: time.Unix(1, 0),
			},
			head + `null,"activityProgress":"Completed","gradingProgress":"FullyGraded","submission":{"submittedAt":"2026-01-02T03:04:05Z"},"scoringUserId":"t-1"}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, reply{status: 204})
			tc.score.UserID, tc.score.ActivityProgress, tc.score.GradingProgress = "1", "Completed", "FullyGraded"
			require.NoError(t, s.platform(t, nil).PostScore(t.Context(), itemID, tc.score))
			require.Empty(t, cmp.Diff([]sent{said("POST", itemPath+"/scores", tc.sent)}, s.requests()))
		})
	}
}

// Retrieving grades: all, and one person's.
func TestGuideResults(t *testing.T) {
	s := serve(t, reply{status: 200, body: `{
		"scores":[
			{"id": "https://lms.example.com/course/1/lineitems/1/results/1", "scoreOf":"https://lms.example.com/course/1/lineitems/1",
			 "userId": "1", "resultScore": 95, "resultMaximum": 100},
			{"id":"https://lms.example.com/course/1/lineitems/1/results/2", "scoreOf":"https://lms.example.com/course/1/lineitems/1",
			 "userId":"2", "resultScore":90, "resultMaximum":100, "timestamp": "2026-01-02T03:04:05Z"},
			{"userId": 3, "resultScore": null, "comment": "see me"}
		]
	}`})
	p := s.platform(t, nil)
	got, err := drained(t, p.Results(t.Context(), itemID))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]plan.Result{
		{UserID: "1", Grade: plan.Grade{ScoreGiven: ptr(95.0), ScoreMaximum: 100}},
		{UserID: "2", Grade: plan.Grade{ScoreGiven: ptr(90.0), ScoreMaximum: 100}},
		{UserID: "3", Grade: plan.Grade{ScoreMaximum: 1, Comment: "see me"}},
	}, got))
	one, err := drained(t, p.client.results(t.Context(), itemID, url.Values{"userId": {"1"}, "limit": {"1"}}))
	require.NoError(t, err)
	require.Len(t, one, 3, "a service may answer with more than was asked")
	require.Equal(t, got, one)
	require.Empty(t, cmp.Diff([]sent{asked("GET", itemPath+"/scores"), asked("GET", itemPath+"/scores?limit=1&userId=1")}, s.requests()))
}

// Checking whether a service is available, and what the launch belongs to.
func TestGuideIDToken(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		want       IDToken
	}{
		{
			"a whole one", `{"user":{"id":"1","roles":[]},"platform":{"id":"p","url":"https://lms.example.com"},
			"launch":{"type":"LtiResourceLinkRequest","context":{"id":"1","label":"b","title":"Biology"},"resourceLink":{"id":"1g3k4dlk49fk"}},
			"services":{"outcomes":{"available":false},"deepLinking":{"available":false},"namesAndRoles":{"available":true},
			"assignmentAndGrades":{"available":true,"lineItemId":"https://lms.example.com/course/1/lineitems/1","scopes":["https://a","https://b"]},
			"serviceKey":"service-key-that-does-not-expire"}}`,
			IDToken{
				Course: "Biology", AssignmentAndGrades: Service{true, []string{"https://a", "https://b"}}, NamesAndRoles: Service{Available: true},
				ServiceKey: true,
			},
		},
		{"no services", `{"services":{"assignmentAndGrades":{"available":false},"namesAndRoles":{"available":false}}}`, IDToken{}},
		{"nothing", `{}`, IDToken{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, reply{status: 200, body: tc.body})
			got, err := s.platform(t, nil).Check(t.Context())
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(tc.want, got))
			require.Empty(t, cmp.Diff([]sent{asked("GET", "/api/idtoken")}, s.requests()))
		})
	}
	s := serve(t, reply{status: 200, body: `{}`})
	_, err := s.platform(t, func(o *Options) { o.Ltik, o.ServiceKey = "", serviceKey }).Check(t.Context())
	require.ErrorIs(t, err, ErrNoIDToken)
	require.Empty(t, s.requests(), "it is not asked for")
}

// The roster, with all that may be missing in it.
func TestMembers(t *testing.T) {
	s := serve(t, reply{status: 200, body: `{"id":"https://lms/memberships?page=1","context":{"id":"1"},"members":[
		{"userId":"2","roles":["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],"status":"Active",
		 "email":"a@example.edu","name":"Ada L","givenName":"Ada","familyName":"L","lisPersonSourcedId":"s2"},
		{"userId":3,"roles":"Learner"},
		{"userId":"4","roles":null,"status":"Inactive","email":null,"name":{"odd":1}}]}`})
	got, err := drained(t, s.platform(t, nil).Members(t.Context()))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]plan.Member{
		{UserID: "2", Name: "Ada L", Email: "a@example.edu", SourcedID: "s2", Roles: []string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"}, Status: "Active"},
		{UserID: "3", Roles: []string{"Learner"}, Status: "Active"},
		{UserID: "4", Status: "Inactive"},
	}, got))

	for _, nobody := range []string{`{"roles":[]}`, `{"userId":""}`, `{"userId":{}}`, `7`, `null`} {
		s = serve(t, reply{status: 200, body: `{"members":[{"userId":"1"},` + nobody + `]}`})
		got, err = drained(t, s.platform(t, nil).Members(t.Context()))
		require.ErrorContains(t, err, "element 2: ", nobody)
		require.Empty(t, got, "nobody of a page that is not whole")
		require.False(t, asFault(t, err).Passing, "it would come again")
	}
}
