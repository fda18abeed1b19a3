package ltiaas

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// do tries one thing of each kind.
func do(ctx context.Context, p *Platform, what doing) (err error) {
	switch what {
	case reading:
		_, err = p.LineItem(ctx, itemID)
	case creating:
		_, err = p.CreateLineItem(ctx, plan.LineItem{Label: "x", ScoreMaximum: 1})
	case changing:
		err = p.ReplaceLineItem(ctx, plan.LineItem{ID: itemID, Label: "x", ScoreMaximum: 1}, nil)
	case scoring:
		err = p.PostScore(ctx, itemID, reconcile.Score{UserID: "u-1", ActivityProgress: "Completed", GradingProgress: "FullyGraded"})
	}
	return err
}

var doings = []string{reading: "reading", creating: "creating", changing: "changing", scoring: "scoring"}

// What each status means for what was tried, from LTIAAS itself (own) and from
// the LMS behind it. The four are reading, creating, changing and scoring; "" is
// no error.
func TestFaultOfStatus(t *testing.T) {
	const (
		doubt, refused, stale, gone = reconcile.Doubt, reconcile.Refused, reconcile.Stale, reconcile.Gone
		denied, throttled           = reconcile.Denied, reconcile.Throttled
	)
	type kinds [4]reconcile.FaultKind
	all := func(k reconcile.FaultKind) kinds { return kinds{k, k, k, k} }
	for _, tc := range []struct {
		status   int
		own, lms kinds
	}{
		{200, kinds{}, kinds{}},
		{201, kinds{}, kinds{}},
		{302, all(refused), all(refused)},
		{400, all(refused), kinds{refused, refused, refused, stale}},
		{401, all(denied), all(denied)},
		{402, all(refused), all(refused)},
		{403, kinds{denied, denied, denied, refused}, kinds{denied, denied, denied, refused}},
		{404, kinds{gone, refused, gone, refused}, kinds{gone, refused, gone, refused}},
		{409, kinds{refused, refused, refused, stale}, kinds{refused, refused, refused, stale}},
		{410, all(gone), all(gone)},
		{422, all(refused), all(refused)},
		{429, all(throttled), all(throttled)},
		{500, all(doubt), all(doubt)},
		{502, all(doubt), all(doubt)},
		{503, all(doubt), all(doubt)},
	} {
		for external, want := range map[bool]kinds{false: tc.own, true: tc.lms} {
			for what, kind := range want {
				t.Run(fmt.Sprintf("%d %v %s", tc.status, external, doings[what]), func(t *testing.T) {
					body := fmt.Sprintf(`{"id":%q,"label":"x","scoreMaximum":1,"status":%d,"details":{"externalError":%v,"description":"locked"}}`, itemID, tc.status, external)
					s := serve(t, reply{status: tc.status, body: body, header: http.Header{"Retry-After": {"7"}}})
					err := do(t.Context(), s.platform(t, nil), doing(what))
					require.Len(t, s.requests(), 1)
					if kind == "" {
						require.NoError(t, err)
						return
					}
					f := asFault(t, err)
					require.Equal(t, kind, f.Kind)
					require.Equal(t, kind == stale && tc.status == 400, f.Once)
					require.Equal(t, doing(what) == reading && kind == doubt && !agsclient.Busy(tc.status), f.Passing, "what the transport repeats is not repeated by who reads")
					require.Equal(t, 7*time.Second, f.RetryAfter)
					require.Equal(t, "locked", f.Said)
					require.NotContains(t, f.Error(), "locked", "the platform's words stand apart")
					require.Equal(t, external && tc.status >= 400, strings.Contains(f.Error(), "the LMS behind LTIAAS"))
					if kind == denied || kind == gone {
						require.NotEmpty(t, f.Hint)
					}
				})
			}
		}
	}
}

// Who says that something is not allowed is who can allow it.
func TestForbidden(t *testing.T) {
	for body, hint := range map[string]string{`{}`: hintService, `{"details":{"externalError":true}}`: hintLMS} {
		_, err := serve(t, reply{status: 403, body: body}).platform(t, nil).LineItems(t.Context())
		f := asFault(t, err)
		require.Equal(t, reconcile.Denied, f.Kind)
		require.Equal(t, hint, f.Hint)
	}
}

// Canvas's own way to say that requests come too fast, relayed.
func TestThrottledBehind(t *testing.T) {
	s := serve(t, reply{status: 403, body: `{"status":403,"details":{"externalError":true,"bodySent":"` + strings.Repeat("x", 600) + `","bodyReceived":"403 Forbidden (Rate Limit Exceeded)"}}`})
	require.Equal(t, reconcile.Throttled, asFault(t, do(t.Context(), s.platform(t, nil), scoring)).Kind)
}

// Credentials that do not work say how to get others.
func TestDenied(t *testing.T) {
	const answer = `{"status":401,"error":"Unauthorized","details":{"message":"INVALID_%s_AUTHORIZATION_HEADER","description":"Invalid or expired %s."}}`
	withKey := func(o *Options) { o.Ltik, o.ServiceKey = "", serviceKey }
	for _, tc := range []struct {
		name, body string
		change     func(*Options)
		said, hint string
	}{
		{"an old ltik", fmt.Sprintf(answer, "LTIK_AUTH", "ltik"), nil, "INVALID_LTIK_AUTH_AUTHORIZATION_HEADER; Invalid or expired ltik.", hintLtik},
		{"a bad service key", fmt.Sprintf(answer, "SERVICE_AUTH", "service key"), withKey, "INVALID_SERVICE_AUTH_AUTHORIZATION_HEADER; Invalid or expired service key.", hintServiceKey},
		{"the LMS", `{"details":{"externalError":"yes","bodyReceived":{"message":"no such scope"}}}`, withKey, "no such scope", hintLMS},
		{"no JSON", `denied`, nil, "", hintLtik},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := serve(t, reply{status: 401, body: tc.body}).platform(t, tc.change)
			_, err := p.LineItems(t.Context())
			f := asFault(t, err)
			require.Equal(t, reconcile.Denied, f.Kind)
			require.Equal(t, tc.said, f.Said)
			require.Equal(t, tc.hint, f.Hint)
			if tc.change == nil {
				_, err = p.Check(t.Context())
				require.Equal(t, reconcile.Denied, asFault(t, err).Kind)
			}
		})
	}
	require.Contains(t, hintLtik, "launch the tool")
	require.Contains(t, hintLtik, "serviceKey")
}

// What is said of a refusal: the LMS's own reason, and nothing that was sent.
func TestReason(t *testing.T) {
	score := reconcile.Score{
		UserID: "student-0042-of-biology", ActivityProgress: "Completed", GradingProgress: "FullyGraded",
		Submission: &plan.Submission{SubmittedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		Grade:      plan.Grade{ScoreGiven: ptr(87.25), ScoreMaximum: 100, Comment: "See me about the second question"},
	}
	for _, tc := range []struct{ name, body, want string }{
		{"an object of the LMS", `{"details":{"message":"LMS_ERROR","externalError":true,"bodyReceived":{"errors":[{"message":"course is closed"}]}}}`, "LMS_ERROR; course is closed"},
		{"a text of the LMS", `{"details":{"bodyReceived":"User not found in course"}}`, "User not found in course"},
		{"JSON in a text", `{"details":{"bodyReceived":"{\"reason\":\"locked\",\"request\":\"all of it\"}"}}`, "locked"},
		{"a web page of the LMS", `{"details":{"description":"it failed","bodyReceived":"<html>oops</html>"}}`, "it failed"},
		{"a list", `{"details":{"bodyReceived":[1,2]}}`, ""},
		{"only an error", `{"status":400,"error":"Bad Request"}`, "Bad Request"},
		{"what was sent", `{"details":{"description":"no","bodySent":{"comment":"See me"},"externalUrl":"https://lms.example.com/?token=1"}}`, "no"},
		{"the request's body", `{"details":{"description":"cannot take {\"userId\":\"student-0042-of-biology\"}"}}`, "cannot take …"},
		{"the person", `{"details":{"bodyReceived":"user student-0042-of-biology has 87.25 already"}}`, "user … has … already"},
		{"the comment", `{"details":{"bodyReceived":{"message":"too long: See me about the second question"}}}`, "too long: …"},
		{"the person in capitals", `{"details":{"bodyReceived":"no STUDENT-0042-OF-BIOLOGY here"}}`, "no … here"},
		{"the comment in capitals", `{"details":{"message":"LMS_ERROR","description":"said: SEE ME ABOUT THE SECOND QUESTION"}}`, "LMS_ERROR; said: …"},
		{"the comment, torn apart", `{"details":{"message":"LMS_ERROR","description":"See_me_about_the_second_question"}}`, "LMS_ERROR; …"},
		{"the person in base64", `{"details":{"message":"LMS_ERROR","description":"who is c3R1ZGVudC0wMDQyLW9mLWJpb2xvZ3k=?"}}`, "LMS_ERROR; who is …?"},
		{"the score in base64", `{"details":{"message":"LMS_ERROR","description":"not ODcuMjU="}}`, "LMS_ERROR; …"},
		{"the key in capitals", `{"details":{"message":"LMS_ERROR","description":"key ` + strings.ToUpper(apiKey) + `"}}`, "LMS_ERROR; key …"},
		{"the key, torn apart", `{"details":{"message":"LMS_ERROR","description":"key ` + strings.Join(strings.Split(apiKey, ""), " ") + `"}}`, "LMS_ERROR; …"},
		{"the time", `{"details":{"bodyReceived":"handed in at 2026-01-02T03:04:05Z is too late"}}`, "handed in at … is too late"},
		{"the header", `{"details":{"message":"bad header LTIK-AUTH-V2 ` + apiKey + `:` + ltik + `"}}`, "bad header LTIK-AUTH-V2 …:…"},
		{"a ltik of somebody's", `{"details":{"message":"expired: ` + strings.Join([]string{"eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxIn0", "c2lnbmF0dXJl"}, ".") + `"}}`, "expired: …"},
		{"no JSON", `<html>`, ""},
		{"plain", `oops ` + apiKey, ""},
		{"odd details", `{"details":[1]}`, ""},
		{"no details", `{}`, ""},
		{"numbers", `{"details":{"message":5,"description":null,"bodyReceived":false}}`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := asFault(t, serve(t, reply{status: 422, body: tc.body}).platform(t, nil).PostScore(t.Context(), itemID, score))
			require.Equal(t, tc.want, f.Said)
			for _, private := range []string{apiKey, ltik, "student-0042", "See me", "87.25", "eyJ"} {
				require.NotContains(t, f.Error()+f.Said, private)
			}
		})
	}
}

// A filter may be of a person.
func TestReasonOfFilter(t *testing.T) {
	p := serve(t, reply{status: 400, body: `{"details":{"message":"there is no student-0042"}}`}).platform(t, nil)
	_, err := drained(t, p.client.results(t.Context(), itemID, url.Values{"userId": {"student-0042"}}))
	require.ErrorContains(t, err, "there is no …")
}

// externalError has no documented type.
func TestFromLMS(t *testing.T) {
	for value, want := range map[string]bool{
		`true`: true, `"timeout"`: true, `{"status":500}`: true, `1`: true,
		`false`: false, `null`: false, `""`: false, `0`: false, `{}`: false,
	} {
		require.Equal(t, want, detailsOf([]byte(`{"details":{"externalError":`+value+`}}`)).fromLMS(), value)
	}
	require.False(t, detailsOf([]byte(`{"details":{}}`)).fromLMS())
}

// The id's query, which may hold what is secret, is not in an error.
func TestErrorNamesTheItem(t *testing.T) {
	err := serve(t, reply{status: 404}).platform(t, nil).DeleteLineItem(t.Context(), itemID+"?token=s3cret")
	require.ErrorContains(t, err, "DELETE http://127.0.0.1")
	require.ErrorContains(t, err, itemPath+": 404 Not Found")
	require.NotContains(t, err.Error(), "s3cret")

	// Nor is a credential that a service made an id of.
	err = serve(t, reply{status: 404}).platform(t, nil).DeleteLineItem(t.Context(), "https://lms.example.com/"+apiKey+"/"+ltik)
	require.ErrorContains(t, err, "%2F…%2F…: 404")
	for _, spelled := range []string{strings.ToUpper(apiKey), strings.ToUpper(ltik), hex.EncodeToString([]byte(ltik)), strings.ReplaceAll(apiKey, "-", "_")} {
		err = serve(t, reply{status: 404}).platform(t, nil).DeleteLineItem(t.Context(), "https://lms.example.com/"+spelled+"/x")
		require.NotContains(t, err.Error(), spelled)
		require.ErrorContains(t, err, "…")
		require.ErrorContains(t, err, "DELETE http://127.0.0.1:")
	}
}

// Connections that fail before and after the request went out.
func TestConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	p, err := New(nil, Options{URL: "http://" + l.Addr().String(), APIKey: apiKey, ServiceKey: serviceKey})
	require.NoError(t, err)
	for what, name := range doings {
		f := asFault(t, do(t.Context(), p, doing(what)))
		require.Equal(t, reconcile.Unreachable, f.Kind, name)
		require.ErrorContains(t, f, "connection refused")
		require.NotEmpty(t, f.Hint)
	}

	broken := &http.Client{Transport: tripper(func(*http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("it said %s and %s", apiKey, serviceKey)
	})}
	p, err = New(broken, Options{URL: "https://your.ltiaas.com/", APIKey: apiKey, ServiceKey: serviceKey})
	require.NoError(t, err)
	f := asFault(t, do(t.Context(), p, scoring))
	require.Equal(t, reconcile.Doubt, f.Kind)
	require.Equal(t, "post score: POST https://your.ltiaas.com"+itemPath+"/scores: the connection failed", f.Error())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, do(ctx, serve(t, reply{status: 204}).platform(t, nil), scoring), context.Canceled)
}
