package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

// newService is a sandbox with the face of LTIAAS; requests carry a service key
// of course 7.
func newService(t *testing.T, o Options) *faced {
	t.Helper()
	o.Face = FaceLTIAAS
	f := newFaced(t, o)
	key, err := f.ServiceKey("7")
	require.NoError(t, err)
	f.sign = func(r *http.Request, _ []byte) { r.Header.Set("Authorization", f.service(key.Value)) }
	return f
}

func (f *faced) service(key string) string {
	return "SERVICE-AUTH-V1 " + f.APIKey().Value + ":" + key
}

func (f *faced) launched() string {
	ltik, err := f.Ltik("7")
	require.NoError(f.t, err)
	return "LTIK-AUTH-V2 " + f.APIKey().Value + ":" + ltik
}

// id is a line item as a segment of a path.
func (f *faced) id(number int) string {
	if f.options.Face == FaceLearningStudio {
		return GUID("7", number)
	}
	return url.PathEscape(f.url + f.layout.lineItemOf("7", number))
}

// What the service's guides show, one after the other.
func TestServiceAsInItsGuides(t *testing.T) {
	for _, profile := range []string{"", quirk.Moodle, quirk.Canvas} {
		t.Run("before "+profile, func(t *testing.T) {
			f := newService(t, Options{Profile: profile})
			require.Equal(t, map[string]any{"lineItems": []any{}}, f.send("GET", "/api/lineitems", "").object())
			r := f.send("POST", "/api/lineitems", `{"label":"Activity 1","scoreMaximum":100}`)
			require.Equal(t, 201, r.status, r.text())
			id := r.object()["id"].(string)
			require.Equal(t, f.url+f.layout.lineItemOf("7", 1), id)
			require.Equal(t, map[string]any{"id": id, "label": "Activity 1", "scoreMaximum": 100.0}, r.object())
			require.Equal(t, typeJSON, r.header.Get("Content-Type"))

			one := "/api/lineitems/" + f.id(1)
			r = f.send("PUT", one, `{"label":"Activity 1 - New name","scoreMaximum":95}`)
			require.Equal(t, 201, r.status, r.text())
			r = f.send("GET", one, "")
			require.Equal(t, 200, r.status)
			require.Equal(t, map[string]any{"id": id, "label": "Activity 1 - New name", "scoreMaximum": 95.0}, r.object())

			r = f.send("POST", one+"/scores", `{
				"userId":"101","activityProgress":"Completed","gradingProgress":"FullyGraded","scoreGiven":95,"scoreMaximum":100}`)
			require.Equal(t, 204, r.status, r.text())
			require.Empty(t, r.text())
			got := f.send("GET", one+"/scores?userId=101", "").object()["scores"].([]any)[0].(map[string]any)
			require.Equal(t, "101", got["userId"])
			require.Equal(t, id, got["scoreOf"])

			require.Equal(t, 204, f.send("DELETE", one, "").status)
			f.send("GET", one, "").said(FaceLTIAAS, 404, "The LMS refused")
		})
	}
}

func TestServiceAuth(t *testing.T) {
	f := newService(t, Options{})
	require.NoError(t, f.EnsureCourse("8"))
	other, err := f.ServiceKey("8")
	require.NoError(t, err)
	require.Equal(t, 201, f.send("POST", "/api/lineitems", `{"label":"L","scoreMaximum":1}`).status)
	listed := func(auth string) int {
		r := f.send("GET", "/api/lineitems", "", "Authorization", auth)
		require.Equal(t, 200, r.status, r.text())
		return len(r.object()["lineItems"].([]any))
	}
	require.Equal(t, 1, listed(f.launched()))
	require.Equal(t, 0, listed(f.service(other.Value)), "one credential, one course")
	f.send("GET", "/api/lineitems/"+f.id(1), "", "Authorization", f.service(other.Value)).said(FaceLTIAAS, 404, "not one of this launch")

	ltik := f.launched()
	f.clock.advance(24*time.Hour - time.Second)
	require.Equal(t, 1, listed(ltik))
	f.clock.advance(time.Second)
	for name, tc := range map[string]struct{ auth, message string }{
		"an expired ltik":     {ltik, ltiaasBadLtik},
		"no ltik":             {strings.SplitAfter(ltik, ":")[0], ltiaasBadLtik},
		"a forged ltik":       {"LTIK-AUTH-V2 " + f.APIKey().Value + ":" + forged(t), ltiaasBadLtik},
		"another API key":     {strings.Replace(f.launched(), f.APIKey().Value, "00000000-0000-0000-0000-000000000000", 1), ltiaasBadLtik},
		"a stale service key": {f.service("nonsense"), ltiaasBadService},
		"a key of no API key": {"SERVICE-AUTH-V1 x:" + other.Value, ltiaasBadService},
		"the API key alone":   {"Bearer " + f.APIKey().Value, ltiaasBadHeader},
		"nothing":             {"", ltiaasBadHeader},
	} {
		r := f.send("GET", "/api/lineitems", "", "Authorization", tc.auth)
		require.Equal(t, 401, r.status, name)
		details := r.object()["details"].(map[string]any)
		require.Equal(t, tc.message, details["message"], name)
		require.NotContains(t, r.text(), f.APIKey().Value)
	}
	require.JSONEq(t, `{"status":401,"error":"Unauthorized","details":{"message":"INVALID_LTIK_AUTH_AUTHORIZATION_HEADER","description":"Invalid or expired ltik."}}`,
		f.send("GET", "/api/lineitems", "", "Authorization", ltik).text())
}

func forged(t *testing.T) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: make([]byte, 32)}, nil)
	require.NoError(t, err)
	token, err := jwt.Signed(signer).Claims(map[string]any{"exp": 4e9, "course": "7"}).Serialize()
	require.NoError(t, err)
	return token
}

func TestServicePages(t *testing.T) {
	f := newService(t, Options{PageSize: 2})
	for at := range 5 {
		body := fmt.Sprintf(`{"label":"L%d","scoreMaximum":1,"tag":"t"}`, at)
		require.Equal(t, 201, f.send("POST", "/api/lineitems", body).status)
	}
	labels := func(page map[string]any) (all []string) {
		for _, one := range page["lineItems"].([]any) {
			all = append(all, one.(map[string]any)["label"].(string))
		}
		return all
	}
	turn := func(page map[string]any, relation string) map[string]any {
		t.Helper()
		require.Contains(t, page, relation)
		require.True(t, strings.HasPrefix(page[relation].(string), f.url+"/courses/7/lineitems"))
		// Whatever else is asked for is ignored.
		r := f.send("GET", "/api/lineitems?tag=other&limit=0&url="+url.QueryEscape(page[relation].(string)), "")
		require.Equal(t, 200, r.status, r.text())
		return r.object()
	}
	first := f.send("GET", "/api/lineitems?tag=t", "").object()
	require.Equal(t, []string{"L0", "L1"}, labels(first))
	require.NotContains(t, first, "prev")
	second := turn(first, "next")
	require.Equal(t, []string{"L2", "L3"}, labels(second))
	third := turn(second, "next")
	require.Equal(t, []string{"L4"}, labels(third))
	require.NotContains(t, third, "next")
	require.Equal(t, labels(second), labels(turn(third, "prev")))
	require.Equal(t, labels(first), labels(turn(second, "prev")))
	require.Equal(t, labels(first), labels(turn(third, "first")))
	require.Equal(t, labels(third), labels(turn(first, "last")))
	require.Equal(t, 204, f.send("DELETE", "/api/lineitems/"+f.id(5), "").status)
	first = f.send("GET", "/api/lineitems", "").object()
	require.Equal(t, []string{"L2", "L3"}, labels(turn(first, "last")), "the last of two full pages")
	require.NotContains(t, turn(first, "next"), "next")
	all := f.send("GET", "/api/lineitems?limit=9", "").object()
	require.Equal(t, []string{"L0", "L1"}, labels(all), "the LMS cuts the limit")
	require.Equal(t, []string{"L0"}, labels(f.send("GET", "/api/lineitems?limit=1", "").object()))

	for target, status := range map[string]int{
		"https://elsewhere.example/courses/7/lineitems": 400,
		f.url + ".evil.example/courses/7/lineitems":     400,
		f.url + "/courses/8/lineitems":                  404,
		f.url + "/courses/7/memberships":                404,
		f.url + "/api/lineitems":                        404,
		"not a URL":                                     400,
	} {
		r := f.send("GET", "/api/lineitems?url="+url.QueryEscape(target), "")
		require.Equal(t, status, r.status, target)
		require.NotContains(t, r.text(), "externalError", target)
	}
	f.send("GET", "/api/lineitems?limit=0", "").said(FaceLTIAAS, 400, "limit")

	people := f.send("GET", "/api/memberships", "").object()
	require.Len(t, people["members"], 2)
	people = f.send("GET", "/api/memberships?url="+url.QueryEscape(people["next"].(string)), "").object()
	require.Len(t, people["members"], 1)

	for _, user := range []string{"101", "102", "100"} {
		require.Equal(t, 204, f.send("POST", "/api/lineitems/"+f.id(1)+"/scores", f.posted(user, `{"scoreGiven":1,"scoreMaximum":1}`)).status)
	}
	scores := f.send("GET", "/api/lineitems/"+f.id(1)+"/scores", "").object()
	require.Len(t, scores["scores"], 2)
	scores = f.send("GET", "/api/lineitems/"+f.id(1)+"/scores?url="+url.QueryEscape(scores["next"].(string)), "").object()
	require.Len(t, scores["scores"], 1)
}

// posted is a complete score, with the members given over it.
func (f *faced) posted(user, members string) string {
	score := map[string]any{"userId": user, "activityProgress": "Completed", "gradingProgress": "FullyGraded"}
	require.NoError(f.t, json.Unmarshal([]byte(members), &score))
	data, err := json.Marshal(score)
	require.NoError(f.t, err)
	return string(data)
}

// A page that names itself as the next does so in the body.
func TestServiceRepeatsAPage(t *testing.T) {
	f := newService(t, Options{Faults: fault(t, "GET lineitems:repeat")})
	next := ""
	for range 3 {
		page := f.send("GET", "/api/lineitems?url="+url.QueryEscape(next), "").object()
		require.Equal(t, f.url+"/courses/7/lineitems", page["next"])
		next = page["next"].(string)
	}
}

func TestServiceFilters(t *testing.T) {
	f := newService(t, Options{})
	for _, body := range []string{
		`{"label":"A","scoreMaximum":1,"resourceId":"r1","tag":"x"}`,
		`{"label":"B","scoreMaximum":1,"resourceId":"r2","tag":"x","resourceLinkId":"rl-2"}`,
	} {
		require.Equal(t, 201, f.send("POST", "/api/lineitems", body).status)
	}
	for query, want := range map[string]int{
		"": 2, "resourceId=r1": 1, "tag=x": 2, "tag=x&resourceId=r2": 1, "resourceLinkId=rl-2": 1, "tag=y": 0,
		"resource_id=r1": 2, // AGS's word means nothing here
	} {
		require.Len(t, f.send("GET", "/api/lineitems?"+query, "").object()["lineItems"], want, query)
	}
	for query, want := range map[string]int{
		"": 3, "role=Learner": 2, "role=" + url.QueryEscape(contextRole+"Instructor"): 1, "resourceLinkId=rl-1": 3,
	} {
		require.Len(t, f.send("GET", "/api/memberships?"+query, "").object()["members"], want, query)
	}
	r := f.send("GET", "/api/memberships?resourceLinkId=none", "")
	r.said(FaceLTIAAS, 404, "The LMS refused")
}

func TestServiceMembers(t *testing.T) {
	f := newService(t, Options{})
	require.Empty(t, cmp.Diff(map[string]any{
		"id": f.url + "/courses/7/memberships", "context": map[string]any{"id": "7"},
		"members": []any{
			map[string]any{"userId": "100", "roles": []any{"Instructor"}, "status": "Active", "name": "Prof Essor"},
			map[string]any{"userId": "101", "roles": []any{contextRole + "Learner"}, "status": "Active", "name": "Ana María Ruiz", "email": "ana@example.edu", "lisPersonSourcedId": "s-1"},
			map[string]any{"userId": "102", "roles": []any{contextRole + "Learner"}, "status": "Active", "givenName": "Bo", "familyName": "Li"},
		},
	}, f.send("GET", "/api/memberships", "").object()))
}

func TestServiceIDToken(t *testing.T) {
	f := newService(t, Options{})
	f.send("GET", "/api/idtoken", "").said(FaceLTIAAS, 401, "ltik")
	ask := func(query string) map[string]any {
		r := f.send("GET", "/api/idtoken"+query, "", "Authorization", f.launched())
		require.Equal(t, 200, r.status, r.text())
		return r.object()
	}
	services := func() map[string]any { return ask("")["services"].(map[string]any) }
	key, err := f.ServiceKey("7")
	require.NoError(t, err)
	require.Equal(t, key.Value, services()["serviceKey"])
	require.Equal(t, map[string]any{"available": true}, services()["namesAndRoles"])
	grades := func() map[string]any { return services()["assignmentAndGrades"].(map[string]any) }
	require.Equal(t, true, grades()["available"])
	require.Len(t, grades()["scopes"], 4)
	require.NotContains(t, grades(), "lineItemId")
	f.column("L", 1, "")
	require.Equal(t, f.url+"/courses/7/lineitems/1", grades()["lineItemId"])
	require.Equal(t, f.url+"/courses/7/lineitems/1", ask("?raw=true")[agsClaim].(map[string]any)["lineitem"])
	f.column("M", 1, "")
	require.NotContains(t, grades(), "lineItemId", "there are two")
	require.Equal(t, map[string]any{"id": "7"}, ask("")["launch"].(map[string]any)["context"])
	require.Equal(t, "rl-1", ask("")["launch"].(map[string]any)["resourceLink"].(map[string]any)["id"])
	require.Equal(t, f.url+"/courses/7/memberships", ask("?raw=true")[nrpsClaim].(map[string]any)["context_memberships_url"])
	f.send("GET", "/api/idtoken?raw=yes", "", "Authorization", f.launched()).said(FaceLTIAAS, 400, "raw")
}

// What the service finds wrong itself, and what it relays.
func TestServiceRefusals(t *testing.T) {
	f := newService(t, Options{})
	require.Equal(t, 201, f.send("POST", "/api/lineitems", `{"label":"L","scoreMaximum":10,"resourceLinkId":"rl-1"}`).status)
	require.NoError(t, f.Update(func(st *State) error { st.Courses["7"].Closed = true; return nil }))
	one := "/api/lineitems/" + f.id(1)
	for name, tc := range map[string]struct {
		method, target, body string
		status               int
		own                  string // the words of the service; "" where the LMS refuses
		lms                  string
	}{
		"no label":           {"POST", "/api/lineitems", `{"scoreMaximum":1}`, 400, "label is required", ""},
		"a blank label":      {"PUT", one, `{"label":" ","scoreMaximum":1}`, 400, "label is required", ""},
		"no maximum":         {"PUT", one, `{"label":"L"}`, 400, "scoreMaximum is required", ""},
		"not JSON":           {"POST", "/api/lineitems", `{`, 400, "not JSON", ""},
		"no progress":        {"POST", one + "/scores", `{"userId":"101"}`, 400, "activityProgress is required", ""},
		"no scoreMaximum":    {"POST", one + "/scores", f.posted("101", `{"scoreGiven":1}`), 400, "scoreMaximum", ""},
		"a negative score":   {"POST", one + "/scores", f.posted("101", `{"scoreGiven":-1,"scoreMaximum":1}`), 400, "below 0", ""},
		"an unknown link":    {"POST", "/api/lineitems", `{"label":"L","scoreMaximum":1,"resourceLinkId":"nope"}`, 404, "", "no such resource link"},
		"another link":       {"PUT", one, `{"label":"L","scoreMaximum":1,"resourceLinkId":"rl-2"}`, 400, "", "resourceLinkId cannot be changed"},
		"a closed course":    {"POST", one + "/scores", f.posted("999", `{"scoreGiven":1,"scoreMaximum":1}`), 403, "", "not enrolled"},
		"an unknown item":    {"GET", "/api/lineitems/" + f.id(9), "", 404, "", "no such line item"},
		"an item elsewhere":  {"GET", "/api/lineitems/" + url.PathEscape("https://x.example/courses/7/lineitems/1"), "", 400, "not one of the LMS", ""},
		"an item of no LMS":  {"GET", "/api/lineitems/1", "", 400, "not one of the LMS", ""},
		"nothing there":      {"GET", "/api/lineitem", "", 404, "nothing at this path", ""},
		"AGS itself":         {"GET", "/courses/7/lineitems", "", 404, "nothing at this path", ""},
		"an unescaped id":    {"GET", "/api/lineitems/" + f.url + "/courses/7/lineitems/1", "", 404, "nothing at this path", ""},
		"another method":     {"PATCH", "/api/lineitems", `{}`, 405, "GET, POST", ""},
		"results of no item": {"GET", "/api/lineitems/" + f.id(9) + "/scores", "", 404, "", "no such line item"},
	} {
		t.Run(name, func(t *testing.T) {
			r := f.send(tc.method, tc.target, tc.body)
			if tc.own != "" {
				r.said(FaceLTIAAS, tc.status, tc.own)
				require.NotContains(t, r.text(), "externalError")
				return
			}
			r.said(FaceLTIAAS, tc.status, "The LMS refused the request.")
			details := r.object()["details"].(map[string]any)
			require.Equal(t, true, details["externalError"])
			received := details["bodyReceived"].(map[string]any)
			require.EqualValues(t, tc.status, received["status"])
			require.Contains(t, received["reason"], tc.lms)
			if tc.body != "" && tc.method != "POST" {
				require.Equal(t, json.RawMessage(tc.body), compact(json.RawMessage(asked(t, details["bodySent"]))))
			}
		})
	}
	f.send("POST", "/api/lineitems", `{"label":"L","scoreMaximum":1}`, "Content-Type", "text/plain").said(FaceLTIAAS, 400, "Content-Type")
	require.Len(t, f.Snapshot().Courses["7"].LineItems, 1)
	require.Empty(t, f.Snapshot().Courses["7"].LineItem(1).Results)
}

// asked is a value in the order that the test's bodies are in.
func asked(t *testing.T, v any) string {
	t.Helper()
	object := v.(map[string]any)
	parts := []string{}
	for _, name := range []string{"label", "scoreMaximum", "resourceLinkId"} {
		if value, there := object[name]; there {
			data, err := json.Marshal(value)
			require.NoError(t, err)
			parts = append(parts, fmt.Sprintf("%q:%s", name, data))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// What an LMS says in its own ways comes through as it is.
func TestServiceRelaysOddities(t *testing.T) {
	f := newService(t, Options{Quirks: []quirk.Quirk{quirk.DeleteCoupled401, quirk.Locked500, quirk.LargeMaximum502, quirk.ErrorsEcho, quirk.RefusesWith200}})
	item := f.column("L", 1, "rl-1")
	one := "/api/lineitems/" + f.id(item)
	details := func(r reply, status int) map[string]any {
		t.Helper()
		r.said(FaceLTIAAS, status, "The LMS refused")
		return r.object()["details"].(map[string]any)
	}
	require.NotContains(t, details(f.send("DELETE", one, ""), 401), "bodyReceived", "the LMS's answer was empty")
	require.Contains(t, details(f.send("PUT", one, `{"label":"L","scoreMaximum":1e6}`), 502)["bodyReceived"], "<h1>502")
	require.NoError(t, f.Update(func(st *State) error { st.Courses["7"].LineItem(item).Locked = true; return nil }))
	require.Equal(t, []any{}, details(f.send("POST", one+"/scores", f.posted("101", `{"comment":"secret words"}`)), 500)["bodyReceived"])
	require.NoError(t, f.Update(func(st *State) error {
		st.Courses["7"].LineItem(item).Locked, st.Courses["7"].Closed = false, true
		return nil
	}))
	echo := details(f.send("POST", one+"/scores", f.posted("999", `{"comment":"secret words"}`)), 403)["bodyReceived"].(map[string]any)
	require.Contains(t, echo["reason"], "secret words", "such an LMS repeats what it was sent")
}

// A PUT replaces all; a score replaces all of a cell, and needs no timestamp.
func TestServiceReplaces(t *testing.T) {
	f := newService(t, Options{})
	r := f.send("POST", "/api/lineitems", `{"label":"L","scoreMaximum":10,"tag":"t","resourceId":"r","resourceLinkId":"rl-1","startDateTime":"2026-01-01T00:00:00Z","gradesReleased":true,"https://x.example/y":1}`)
	require.Equal(t, 201, r.status, r.text())
	r = f.send("PUT", "/api/lineitems/"+f.id(1), `{"label":"M","scoreMaximum":10,"tag":null}`)
	require.Equal(t, map[string]any{"id": f.url + "/courses/7/lineitems/1", "label": "M", "scoreMaximum": 10.0}, r.object())

	scores := "/api/lineitems/" + f.id(1) + "/scores"
	result := func() map[string]any {
		list := f.send("GET", scores+"?userId=101", "").object()["scores"].([]any)
		if len(list) == 0 {
			return nil
		}
		return list[0].(map[string]any)
	}
	// All in one instant, and none is stale.
	require.Equal(t, 204, f.send("POST", scores, f.posted("101", `{"scoreGiven":1,"scoreMaximum":2,"comment":"c"}`)).status)
	require.Equal(t, []any{5.0, 10.0, "c"}, []any{result()["resultScore"], result()["resultMaximum"], result()["comment"]})
	require.Equal(t, 204, f.send("POST", scores, f.posted("101", `{"scoreGiven":11,"scoreMaximum":10,"timestamp":"2999-01-01T00:00:00Z"}`)).status)
	require.Equal(t, 11.0, result()["resultScore"])
	require.NotContains(t, result(), "comment")
	require.Equal(t, 204, f.send("POST", scores, f.posted("101", `{"scoreGiven":null,"comment":"again"}`)).status)
	require.NotContains(t, result(), "resultScore")
	require.Equal(t, f.clock.Now().Add(2*time.Microsecond), f.cell(1, "101").Timestamp)
	require.Equal(t, 204, f.send("POST", scores, f.posted("101", `{}`)).status)
	require.Nil(t, result())

	var wg sync.WaitGroup
	for at := range 20 {
		wg.Go(func() {
			if r, err := f.try("POST", scores, f.posted("102", fmt.Sprintf(`{"scoreGiven":%d,"scoreMaximum":20}`, at))); err != nil || r.status != 204 {
				t.Error(r.status, err)
			}
		})
	}
	wg.Wait()
}

// An LMS that counts in whole seconds refuses a second score in one, whatever
// the service does.
func TestServiceBeforeWholeSeconds(t *testing.T) {
	f := newService(t, Options{Quirks: []quirk.Quirk{quirk.WholeSeconds}})
	f.column("L", 1, "")
	scores := "/api/lineitems/" + f.id(1) + "/scores"
	require.Equal(t, 204, f.send("POST", scores, f.posted("101", `{}`)).status)
	f.send("POST", scores, f.posted("101", `{}`)).said(FaceLTIAAS, 409, "The LMS refused")
	f.clock.advance(time.Second)
	require.Equal(t, 204, f.send("POST", scores, f.posted("101", `{}`)).status)
}

// What an LMS drops and answers well to, the service answers well to.
func TestServiceBeforeSilence(t *testing.T) {
	f := newService(t, Options{Quirks: []quirk.Quirk{quirk.WholeSeconds, quirk.StaleIgnored}})
	f.column("L", 1, "")
	for given := range 2 {
		r := f.send("POST", "/api/lineitems/"+f.id(1)+"/scores", f.posted("101", fmt.Sprintf(`{"scoreGiven":%d,"scoreMaximum":1}`, given)))
		require.Equal(t, 204, r.status, r.text())
	}
	require.Zero(t, *f.cell(1, "101").Score)
}

// The origin of the LMS ends where its host does.
func TestServiceTrustsOneOrigin(t *testing.T) {
	f := newService(t, Options{URL: "http://lms.example.edu"})
	f.column("L", 1, "")
	for id, status := range map[string]int{
		"http://lms.example.edu/courses/7/lineitems/1":           200,
		"http://lms.example.education/courses/7/lineitems/1":     400,
		"http://lms.example.edu@x.example/courses/7/lineitems/1": 400,
		"https://lms.example.edu/courses/7/lineitems/1":          400,
	} {
		require.Equal(t, status, f.send("GET", "/api/lineitems/"+url.PathEscape(id), "").status, id)
	}
}

// Ids on another host of the LMS, with a query of their own.
func TestServiceIDs(t *testing.T) {
	f := newService(t, Options{Quirks: []quirk.Quirk{quirk.ForeignIDs, quirk.MoodlePaths}})
	r := f.send("POST", "/api/lineitems", `{"label":"L","scoreMaximum":1}`)
	id := r.object()["id"].(string)
	require.Contains(t, id, "http://localhost:")
	require.Contains(t, id, "?type_id=1")
	require.Equal(t, 200, f.send("GET", "/api/lineitems/"+url.PathEscape(id), "").status)
	require.Equal(t, 204, f.send("POST", "/api/lineitems/"+url.PathEscape(id)+"/scores", f.posted("101", `{"scoreGiven":1,"scoreMaximum":1}`)).status)
	require.Len(t, f.send("GET", "/api/lineitems/"+url.PathEscape(id)+"/scores", "").object()["scores"], 1)
	require.Equal(t, 200, f.send("GET", "/api/lineitems/"+url.PathEscape(id)+"/scores?limit=1", "").status)
}
