package sandbox

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// newStudio is a sandbox with the face of LearningStudio; requests are signed.
func newStudio(t *testing.T, o Options) *faced {
	t.Helper()
	o.Face = FaceLearningStudio
	f := newFaced(t, o)
	f.sign = func(r *http.Request, body []byte) { r.Header.Set(studioHeader, f.oauth(r, body, nil)) }
	return f
}

// oauth is the header of a request, with some parameters replaced before it is
// signed.
func (f *faced) oauth(r *http.Request, body []byte, with map[string]string) string {
	params := f.params(with)
	sum, err := cmac([]byte(f.LearningStudio().Secret.Value), []byte(baseString(r, body, params)))
	require.NoError(f.t, err)
	header := fmt.Sprintf(`OAuth realm="%s%s"`, f.url, r.URL.Path)
	for _, name := range signed() {
		header += fmt.Sprintf(`,%s="%s"`, name, params[name])
	}
	return header + `,oauth_signature="` + url.QueryEscape(base64.StdEncoding.EncodeToString(sum)) + `"`
}

func (f *faced) params(with map[string]string) map[string]string {
	params := map[string]string{
		"oauth_consumer_key": f.LearningStudio().ConsumerKey, "application_id": f.LearningStudio().ApplicationID,
		"oauth_signature_method": "CMAC-AES", "oauth_timestamp": strconv.FormatInt(f.clock.Now().Unix(), 10), "oauth_nonce": randomHex(16),
	}
	for name, value := range with {
		params[name] = value
	}
	return params
}

func (f *faced) grade(item int, user string) string {
	return "/users/" + user + "/courses/7/gradebookItems/" + GUID("7", item) + "/grade"
}

func TestStudioAuth(t *testing.T) {
	f := newStudio(t, Options{})
	item := f.column("L", 10, "")
	const path = "/courses/7/gradebookItems?a=b%20c&A=2"
	request := func(method, target, body string, with map[string]string) string {
		r, err := http.NewRequest(method, f.url+target, nil)
		require.NoError(t, err)
		return f.oauth(r, []byte(body), with)
	}
	at := func(d time.Duration) map[string]string {
		return map[string]string{"oauth_timestamp": strconv.FormatInt(f.clock.Now().Add(d).Unix(), 10)}
	}
	good := request("GET", path, "", nil)
	for name, header := range map[string]string{
		"as it is":        good,
		"another order":   reorder(request("GET", path, "", nil)),
		"without quotes":  strings.ReplaceAll(request("GET", path, "", nil), `"`, ""),
		"another realm":   strings.Replace(request("GET", path, "", nil), f.url, "https://x.example", 1),
		"the last moment": request("GET", path, "", at(-5*time.Minute)),
		"a fast clock":    request("GET", path, "", at(5*time.Minute)),
		"a JSON suffix":   request("GET", "/courses/7/gradebookItems.json", "", nil),
	} {
		target := path
		if name == "a JSON suffix" {
			target = "/courses/7/gradebookItems.json"
		}
		r := f.send("GET", target, "", studioHeader, header)
		require.Equal(t, 200, r.status, "%s: %s\n%s", name, r.text(), header)
	}
	post := f.grade(item, "101")
	body := `{"grade":{"points":95}}`
	used := request("GET", path, "", nil)
	require.Equal(t, 200, f.send("GET", path, "", studioHeader, used).status)
	signature := func(header string) string { return header[strings.LastIndex(header, "=")+1:] }
	for name, tc := range map[string]struct{ method, target, body, header, words string }{
		"nothing":             {"GET", path, "", "", "missing"},
		"another scheme":      {"GET", path, "", "Basic x", "missing"},
		"a replay":            {"GET", path, "", used, "nonce was used"},
		"a tampered body":     {"POST", post, `{"grade":{"points":96}}`, request("POST", post, body, nil), "signature"},
		"a body left out":     {"POST", post, body, request("POST", post, "", nil), "signature"},
		"a tampered path":     {"GET", path, "", request("GET", "/courses/8/gradebookItems", "", nil), "signature"},
		"a tampered query":    {"GET", path, "", request("GET", "/courses/7/gradebookItems", "", nil), "signature"},
		"another method":      {"DELETE", post, "", request("GET", post, "", nil), "signature"},
		"an old timestamp":    {"GET", path, "", request("GET", path, "", at(-5*time.Minute-time.Second)), "timestamp"},
		"a future timestamp":  {"GET", path, "", request("GET", path, "", at(5*time.Minute+time.Second)), "timestamp"},
		"no timestamp":        {"GET", path, "", request("GET", path, "", map[string]string{"oauth_timestamp": ""}), "timestamp"},
		"a long nonce":        {"GET", path, "", request("GET", path, "", map[string]string{"oauth_nonce": strings.Repeat("a", 33)}), "nonce"},
		"an odd nonce":        {"GET", path, "", request("GET", path, "", map[string]string{"oauth_nonce": "a-b"}), "nonce"},
		"another key":         {"GET", path, "", request("GET", path, "", map[string]string{"oauth_consumer_key": "x"}), "consumer key"},
		"another application": {"GET", path, "", request("GET", path, "", map[string]string{"application_id": "x"}), "application"},
		"another method word": {"GET", path, "", request("GET", path, "", map[string]string{"oauth_signature_method": "HMAC-SHA1"}), "CMAC-AES"},
		"another timestamp":   {"GET", path, "", strings.Replace(request("GET", path, "", nil), fmt.Sprint(f.clock.Now().Unix()), fmt.Sprint(f.clock.Now().Unix()+1), 1), "signature"},
		"no signature":        {"GET", path, "", strings.Replace(good, signature(good), `""`, 1), "signature"},
		"no signature at all": {"GET", path, "", good[:strings.LastIndex(good, ",")], "signature"},
		"only garbage":        {"GET", path, "", strings.Replace(good, signature(good), `"garbage!!"`, 1), "signature"},
		"garbage behind it":   {"GET", path, "", strings.TrimSuffix(request("GET", path, "", nil), `"`) + `garbage!!"`, "signature"},
		"a line end in it":    {"GET", path, "", strings.Replace(request("GET", path, "", nil), `oauth_signature="`, `oauth_signature="%0A`, 1), "signature"},
		"half a signature":    {"GET", path, "", strings.Replace(good, signature(good), `"`+signature(good)[len(signature(good))-10:], 1), "signature"},
		"no padding":          {"GET", path, "", strings.Replace(request("GET", path, "", nil), `%3D%3D"`, `"`, 1), "signature"},
		"a tampered nonce":    {"GET", path, "", strings.Replace(request("GET", path, "", map[string]string{"oauth_nonce": "n1"}), `"n1"`, `"n2"`, 1), "signature"},
		"another case of it":  {"GET", path, "", strings.Replace(request("GET", path, "", map[string]string{"oauth_nonce": "nn"}), `"nn"`, `"nN"`, 1), "signature"},
		"another parameter":   {"GET", "/courses/7/gradebookItems?a=c&A=2", "", request("GET", path, "", nil), "signature"},
		"another order of it": {"GET", "/courses/7/gradebookItems?A=2&a=b%20c", "", request("GET", path, "", nil), "signature"},
		"another spelling":    {"GET", "/courses/7/gradebookItems?a=b+c&A=2", "", request("GET", path, "", nil), "signature"},
		"the path's spelling": {"GET", "/courses/%37/gradebookItems?a=b%20c&A=2", "", request("GET", path, "", nil), "signature"},
		"another column":      {"POST", strings.Replace(post, "101", "102", 1), body, request("POST", post, body, nil), "signature"},
		"put for post":        {"PUT", post, body, request("POST", post, body, nil), "signature"},
		"a body in the query": {"PUT", post + "?body=" + formEncode(formEncode(base64.StdEncoding.EncodeToString([]byte(body)))), "", request("PUT", post, body, nil), "signature"},
		"another key, signed": {"GET", path, "", strings.Replace(request("GET", path, "", map[string]string{"oauth_consumer_key": "x"}), `"x"`, `"`+f.LearningStudio().ConsumerKey+`"`, 1), "signature"},
		"a parameter twice":   {"GET", path, "", good + `,oauth_nonce="b"`, "cannot be read"},
		"not parameters":      {"GET", path, "", "OAuth ???", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			f.send(tc.method, tc.target, tc.body, studioHeader, tc.header).said(FaceLearningStudio, 401, tc.words)
		})
	}
	require.Nil(t, f.cell(item, "101"))

	// Whoever was refused may use the nonce again; after the window it is forgotten.
	nonce := map[string]string{"oauth_nonce": "once"}
	wrong := strings.Replace(request("GET", path, "", nonce), "oauth_signature=", "oauth_signature=AAAA", 1)
	require.Equal(t, 401, f.send("GET", path, "", studioHeader, wrong).status)
	require.Equal(t, 200, f.send("GET", path, "", studioHeader, request("GET", path, "", nonce)).status)
	require.Equal(t, 401, f.send("GET", path, "", studioHeader, request("GET", path, "", nonce)).status)
	f.clock.advance(studioWindow + time.Second)
	require.Equal(t, 200, f.send("GET", path, "", studioHeader, request("GET", path, "", nonce)).status)

	// The time is told to whoever has the wrong one.
	require.JSONEq(t, `{"systemDateTime":{"value":"`+studioTime(f.clock.Now())+`"}}`, f.send("GET", "/systemDateTime", "", studioHeader, "").text())
}

// reorder turns the parameters of a header around.
func reorder(header string) string {
	parts := strings.Split(strings.TrimPrefix(header, "OAuth "), ",")
	slices.Reverse(parts)
	return "OAuth " + strings.Join(parts, " ,  ")
}

func TestStudioTokens(t *testing.T) {
	f := newStudio(t, Options{})
	k := f.LearningStudio()
	login := func(form url.Values) reply {
		return f.send("POST", "/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", studioHeader, "")
	}
	password := url.Values{"grant_type": {"password"}, "client_id": {k.ApplicationID}, "username": {k.ClientString + `\` + k.Username}, "password": {k.Password.Value}}
	r := login(password)
	require.Equal(t, 200, r.status, r.text())
	require.EqualValues(t, 3600, r.object()["expires_in"])
	bearer := func(token any) string { return fmt.Sprintf("Access_Token access_token=%s", token) }
	asks := func(token any) int {
		return f.send("GET", "/courses/7/gradebookItems", "", studioHeader, bearer(token)).status
	}
	access, refresh := r.object()["access_token"], r.object()["refresh_token"]
	require.Equal(t, 200, asks(access))
	require.Equal(t, 401, asks(refresh), "a refresh token is for logins alone")
	f.clock.advance(time.Hour)
	require.Equal(t, 401, asks(access))
	renew := url.Values{"grant_type": {"refresh_token"}, "client_id": {k.ApplicationID}, "refresh_token": {refresh.(string)}}
	r = login(renew)
	require.Equal(t, 200, r.status, r.text())
	require.Equal(t, 200, asks(r.object()["access_token"]))

	assertion := func(at time.Time, name string) string {
		said := "gradesync|" + k.ConsumerKey + "|" + k.ApplicationID + "|" + k.ClientString + "|" + name + "|" + studioTime(at)
		sum, err := cmac([]byte(k.Secret.Value), []byte(said))
		require.NoError(t, err)
		return said + "|" + hex.EncodeToString(sum)
	}
	asserted := func(text string) url.Values {
		return url.Values{"grant_type": {"assertion"}, "assertion_type": {studioAssertionType}, "assertion": {text}}
	}
	r = login(asserted(assertion(f.clock.Now(), k.Username)))
	require.Equal(t, 200, r.status, r.text())
	require.Equal(t, 200, asks(r.object()["access_token"]))

	with := func(form url.Values, name, value string) url.Values {
		next := url.Values{}
		for n, v := range form {
			next[n] = v
		}
		next.Set(name, value)
		return next
	}
	for name, form := range map[string]url.Values{
		"a wrong password":    with(password, "password", "x"),
		"another user":        with(password, "username", `sandbox\x`),
		"two backslashes":     with(password, "username", k.ClientString+`\\`+k.Username),
		"another application": with(password, "client_id", "x"),
		"an access token":     with(renew, "refresh_token", r.object()["access_token"].(string)),
		"an unknown refresh":  with(renew, "refresh_token", "x"),
		"an old assertion":    asserted(assertion(f.clock.Now().Add(-6*time.Minute), k.Username)),
		"another's":           asserted(assertion(f.clock.Now(), "x")),
		"a tampered one":      asserted(assertion(f.clock.Now(), k.Username) + "0"),
		"no assertion type":   {"grant_type": {"assertion"}, "assertion": {assertion(f.clock.Now(), k.Username)}},
	} {
		t.Run(name, func(t *testing.T) { login(form).said(FaceLearningStudio, 400, "incorrect_client_credentials") })
	}
	login(url.Values{"grant_type": {"x"}}).said(FaceLearningStudio, 400, "grant_type")
	f.send("POST", "/token", `{}`).said(FaceLearningStudio, 400, "form")
	f.clock.advance(studioRefreshLife)
	login(renew).said(FaceLearningStudio, 400, "incorrect")
}

// A token that was revoked stays so; the next login gives another.
func TestStudioRevokesTokens(t *testing.T) {
	f := newStudio(t, Options{Faults: fault(t, "GET lineitems:revoke:times=1")})
	token := studioBearer + f.tokens.issue([]string{grantAccess})
	for range 2 {
		require.Equal(t, 401, f.send("GET", "/courses/7/gradebookItems", "", studioHeader, token).status)
	}
	require.Equal(t, 200, f.send("GET", "/courses/7/gradebookItems", "").status)
}

// The recommended sequence, with all three of its cases.
func TestStudioGrades(t *testing.T) {
	for _, gradebook := range []string{"", "/gradebook"} {
		f := newStudio(t, Options{})
		number := f.column("Essay", 100, "100561235546")
		require.NoError(t, f.Update(func(st *State) error {
			st.Courses["7"].ResourceLinks = append(st.Courses["7"].ResourceLinks, "100561235546")
			return nil
		}))
		r := f.send("GET", "/courses/7/items/100561235546/gradebookItem", "")
		require.Equal(t, 200, r.status, r.text())
		guid := r.object()["gradebookItem"].(map[string]any)["id"].(string)
		require.Equal(t, GUID("7", number), guid)
		grade := "/users/101/courses/7" + gradebook + "/gradebookItems/" + guid + "/grade"

		// 1: none yet.
		f.send("GET", grade, "").said(FaceLearningStudio, 404, "Grade not found.")
		f.send("PUT", grade, `{"grade":{"id":1,"points":1}}`).said(FaceLearningStudio, 404, "Grade not found.")
		f.send("DELETE", grade, "").said(FaceLearningStudio, 404, "Grade not found.")
		r = f.send("POST", grade, `{"grade":{"points":95,"letterGrade":"A","comments":"Example grade comment.","shareWithStudent":true}}`)
		require.Equal(t, 201, r.status, r.text())
		require.Equal(t, f.url+grade, r.header.Get("Location"))
		f.send("POST", grade, `{"grade":{"points":1}}`).said(FaceLearningStudio, 400, "exists already")

		// 3: one that says something.
		shown := f.send("GET", grade+".json", "").object()["grade"].(map[string]any)
		id := int64(shown["id"].(float64))
		want := map[string]any{
			"id": float64(id), "points": 95.0, "letterGrade": "A", "comments": "Example grade comment.", "shareWithStudent": true,
			"updatedDate":   "2026-03-01T12:00:00Z",
			"gradedStudent": map[string]any{"id": 101.0, "links": []any{map[string]any{"href": f.url + "/users/101", "rel": "self"}}},
		}
		require.Empty(t, cmp.Diff(want, shown))
		f.clock.advance(time.Minute)
		f.send("PUT", grade, fmt.Sprintf(`{"grade":{"id":%d,"points":1}}`, id+1)).said(FaceLearningStudio, 400, "id is not that")
		f.send("PUT", grade, `{"grade":{"points":1}}`).said(FaceLearningStudio, 400, "id is required")
		require.Equal(t, 204, f.send("PUT", grade, fmt.Sprintf(`{"grade":{"id":"%d","points":"96.5","comments":""}}`, id)).status)
		want["points"], want["letterGrade"], want["comments"], want["shareWithStudent"], want["updatedDate"] = 96.5, "", "", false, "2026-03-01T12:01:00Z"
		require.Empty(t, cmp.Diff(want, f.send("GET", grade, "").object()["grade"]), "what was left out is blank")

		// 2: one that an instructor has removed.
		require.Equal(t, 204, f.send("PUT", grade, fmt.Sprintf(`{"grade":{"id":%d,"points":1,"letterGrade":"F","comments":"c"}}`, id)).status)
		f.clock.advance(time.Minute)
		require.NoError(t, f.RemoveGrade("7", number, "101"))
		want["points"], want["updatedDate"] = nil, "2026-03-01T12:02:00Z"
		require.Empty(t, cmp.Diff(want, f.send("GET", grade, "").object()["grade"]))
		f.send("POST", grade, `{"grade":{"points":1}}`).said(FaceLearningStudio, 400, "exists already")
		require.Equal(t, 204, f.send("PUT", grade, fmt.Sprintf(`{"grade":{"id":%d,"points":7}}`, id)).status)
		require.Equal(t, 7.0, *f.cell(number, "101").Score)
		require.Equal(t, 204, f.send("DELETE", grade, "").status)
		require.Nil(t, f.cell(number, "101"))
		require.Error(t, f.RemoveGrade("7", number, "101"))
		require.Equal(t, 201, f.send("POST", grade, `{"grade":{"points":7}}`).status)
	}
}

func TestStudioBadGrades(t *testing.T) {
	f := newStudio(t, Options{})
	item := f.column("L", 10, "")
	require.NoError(t, f.EnsureCourse("8"))
	for body, words := range map[string]string{
		`{"grade":{"points":-1}}`:               "below 0",
		`{"grade":{"points":"NaN"}}`:            "not a number",
		`{"grade":{"points":"0x10"}}`:           "not a number",
		`{"grade":{"points":true}}`:             "not a number",
		`{"grade":{"shareWithStudent":"yes"}}`:  "true or false",
		`{"grade":{"letterGrade":1}}`:           "a string",
		`{"grade":{"id":"x"}}`:                  "id is not",
		`{"points":1}`:                          "no grade",
		`{"grade":[]}`:                          "an object",
		`{"grade":null}`:                        "no grade",
		`[]`:                                    "not a JSON object",
		`{`:                                     "not JSON",
		``:                                      "not JSON",
		`{"grade":{"points":1e999}}`:            "not a number",
		`{"grade":{"points":"1","comments":5}}`: "a string",
	} {
		f.send("POST", f.grade(item, "101"), body, "Content-Type", typeJSON).said(FaceLearningStudio, 400, words)
	}
	f.send("POST", f.grade(item, "101"), `<grade/>`, "Content-Type", "application/xml").said(FaceLearningStudio, 406, "Content-Type")
	f.send("GET", f.grade(item, "101")+".xml", "").said(FaceLearningStudio, 406, "XML")
	for target, words := range map[string]string{
		"/users/101/courses/9/gradebookItems/" + GUID("7", item) + "/grade":  noCourse,
		"/users/101/courses/8/gradebookItems/" + GUID("7", item) + "/grade":  noItem,
		"/users/101/courses/7/gradebookItems/x/grade":                        noItem,
		"/users/101/courses/7/gradebookItems/" + GUID("7", item) + "/grade":  noGrade,
		"/courses/7/items/100000000099/gradebookItem":                        noPlace,
		"/courses/7/items/100500000001/gradebookItem":                        noItem,
		"/courses/7/gradebook/customCategories":                              "nothing",
		"/courses/9/roster":                                                  noCourse,
		"/courses/7/gradebookItems/" + GUID("7", item) + "/grades/1":         noGrade,
		"/courses/9/gradebookItems":                                          noCourse,
		"/courses/9/items":                                                   noCourse,
		"/users/101/courses/9/userGradebookItems":                            noCourse,
		"/courses/7/gradebook/gradebookItems/" + GUID("7", item) + "/grades": "nothing",
	} {
		f.send("GET", target, "").said(FaceLearningStudio, 404, words)
	}
	f.send("GET", f.grade(item, "x1"), "").said(FaceLearningStudio, 400, "not a number")
	f.send("POST", f.grade(item, "007"), `{"grade":{"points":1}}`).said(FaceLearningStudio, 400, "not a number")
	f.send("POST", "/courses/7/gradebookItems", `{}`).said(FaceLearningStudio, 405, "GET")
	f.send("DELETE", "/courses/7/gradebookItems/"+GUID("7", item), "").said(FaceLearningStudio, 405, "GET")
	require.NoError(t, f.Update(func(st *State) error { st.Courses["7"].Closed = true; return nil }))
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		f.send(method, f.grade(item, "999"), map[string]string{"POST": `{"grade":{}}`, "PUT": `{"grade":{"id":1}}`}[method]).said(FaceLearningStudio, 404, noUser)
	}
	f.send("GET", "/users/999/courses/7/userGradebookItems", "").said(FaceLearningStudio, 404, noUser)
	require.Equal(t, 201, f.send("POST", f.grade(item, "101"), `{"grade":{"points":"  "}}`).status)
	require.Nil(t, f.cell(item, "101").Score)
}

func TestStudioItems(t *testing.T) {
	f := newStudio(t, Options{})
	essay, quiz := f.column("Essay", 10, "100500000002"), f.column("Quiz", 2.5, "")
	show := func(number int, title string, points float64, content string) map[string]any {
		return map[string]any{
			"type": "courseItem", "id": GUID("7", number), "title": title, "pointsPossible": points, "isIncludedInGrade": true, "isExtraCredit": false,
			"links": []any{map[string]any{"href": f.url + "/courses/7/items/" + content, "rel": "related"}},
		}
	}
	wantEssay, wantQuiz := show(essay, "Essay", 10, "100500000002"), show(quiz, "Quiz", 2.5, "100000000002")
	require.Empty(t, cmp.Diff(map[string]any{"gradebookItems": []any{wantEssay, wantQuiz}}, f.send("GET", "/courses/7/gradebookItems", "").object()))
	require.Empty(t, cmp.Diff(map[string]any{"gradebookItems": []any{wantQuiz}}, f.send("GET", "/courses/7/gradebookItems/"+GUID("7", quiz), "").object()))
	require.Empty(t, cmp.Diff(map[string]any{"gradebookItem": wantQuiz}, f.send("GET", "/courses/7/items/100000000002/gradebookItem", "").object()))
	require.Empty(t, cmp.Diff(map[string]any{"gradebookItem": wantEssay}, f.send("GET", "/courses/7/items/100500000002/gradebookItem.json", "").object()))
	ids := map[float64]any{}
	for _, one := range f.send("GET", "/courses/7/items", "").object()["items"].([]any) {
		ids[one.(map[string]any)["id"].(float64)] = one.(map[string]any)["title"]
	}
	require.Len(t, ids, 6)
	require.Equal(t, "Quiz", ids[100000000002])
	require.Equal(t, "Essay", ids[100500000002])

	require.Equal(t, 201, f.send("POST", f.grade(essay, "101"), `{"grade":{"points":8}}`).status)
	put := "/courses/7/gradebook/gradebookItems/" + GUID("7", essay)
	require.Equal(t, 204, f.send("PUT", put, `{"gradebookItem":{"pointsPossible":20,"isExtraCredit":true,"title":"Other"}}`).status)
	wantEssay["pointsPossible"], wantEssay["isExtraCredit"] = 20.0, true
	require.Equal(t, 204, f.send("PUT", put, `{"customItem":{"isIncludedInGrade":false}}`).status)
	wantEssay["isIncludedInGrade"] = false
	require.Empty(t, cmp.Diff(map[string]any{"gradebookItems": []any{wantEssay}}, f.send("GET", "/courses/7/gradebookItems/"+GUID("7", essay), "").object()))
	require.Equal(t, 8.0, *f.cell(essay, "101").Score, "points stay")
	for body, words := range map[string]string{
		`{"gradebookItem":{"pointsPossible":0}}`:        "above 0",
		`{"gradebookItem":{"pointsPossible":null}}`:     "above 0",
		`{"gradebookItem":{"pointsPossible":"10"}}`:     "not a number",
		`{"gradebookItem":{"isIncludedInGrade":"yes"}}`: "true or false",
		`{"pointsPossible":1}`:                          "no gradebookItem",
	} {
		f.send("PUT", put, body).said(FaceLearningStudio, 400, words)
	}
	f.send("PUT", "/courses/7/gradebook/gradebookItems/x", `{"gradebookItem":{}}`).said(FaceLearningStudio, 404, noItem)
}

func TestStudioBulk(t *testing.T) {
	f := newStudio(t, Options{})
	item := f.column("L", 10, "")
	grades := "/courses/7/gradebookItems/" + GUID("7", item) + "/grades"
	require.Equal(t, map[string]any{"grades": []any{}}, f.send("GET", grades, "").object())
	r := f.send("POST", grades, `{"grades":[{"points":1,"gradedStudent":{"id":101}},{"points":2,"gradedStudent":{"id":"102"}}]}`)
	require.Equal(t, 201, r.status, r.text())
	f.send("POST", grades, `{"grades":[{"points":3,"gradedStudent":{"id":103}},{"points":2,"gradedStudent":{"id":102}}]}`).said(FaceLearningStudio, 400, "exists")
	require.Nil(t, f.cell(item, "103"), "all or none")
	f.send("POST", grades, `{"grades":[{"points":3}]}`).said(FaceLearningStudio, 400, "gradedStudent")
	f.send("POST", grades, `{"grades":{}}`).said(FaceLearningStudio, 400, "list")
	f.send("POST", grades, `{}`).said(FaceLearningStudio, 400, "no grades")
	users := func(query string) (all []float64) {
		for _, one := range f.send("GET", grades+query, "").object()["grades"].([]any) {
			all = append(all, one.(map[string]any)["gradedStudent"].(map[string]any)["id"].(float64))
		}
		return all
	}
	require.NoError(t, f.RemoveGrade("7", item, "102"))
	require.NoError(t, f.Update(func(st *State) error {
		i := st.Courses["7"].LineItem(item)
		i.Results = append(i.Results, &Result{UserID: "of-another-face", Score: new(1.0)})
		return nil
	}))
	require.Equal(t, []float64{101, 102}, users(""))
	require.Equal(t, []float64{102}, users("?gradedStudents=102;999&expand=user"))
	require.Equal(t, []float64{101, 102}, users("?gradedStudents=101%3B102"))

	one := grades + "/" + strconv.FormatInt(gradeID("7", item, "101"), 10)
	require.Equal(t, 1.0, f.send("GET", one, "").object()["grade"].(map[string]any)["points"])
	require.Equal(t, 204, f.send("PUT", one, fmt.Sprintf(`{"grade":{"id":%d,"points":4}}`, gradeID("7", item, "101"))).status)
	require.Equal(t, 4.0, *f.cell(item, "101").Score)
	f.send("PUT", grades+"/1", `{"grade":{"id":1,"points":4}}`).said(FaceLearningStudio, 404, noGrade)
	f.send("DELETE", grades+"/1", "").said(FaceLearningStudio, 404, noGrade)

	f.column("M", 1, "")
	all := f.send("GET", "/users/101/courses/7/userGradebookItems?expand=grade", "").object()["userGradebookItems"].([]any)
	require.Len(t, all, 2)
	require.Equal(t, 4.0, all[0].(map[string]any)["grade"].(map[string]any)["points"])
	require.NotContains(t, all[1], "grade")
	require.NotContains(t, f.send("GET", "/users/101/courses/7/userGradebookItems", "").object()["userGradebookItems"].([]any)[0], "grade")
	require.Equal(t, 204, f.send("DELETE", one, "").status)
	require.Nil(t, f.cell(item, "101"))
}

func TestStudioPeople(t *testing.T) {
	f := newStudio(t, Options{})
	require.NoError(t, f.AddMember("7", Member{UserID: "104", Name: "Gone", Status: "Inactive"}))
	require.NoError(t, f.AddMember("7", Member{UserID: "105", Name: "Mononym"}))
	require.JSONEq(t, `{"roster":[
		{"id":100,"roleType":"PROF","firstName":"Prof","lastName":"Essor","personaId":""},
		{"id":101,"roleType":"STUD","firstName":"Ana María","lastName":"Ruiz","personaId":"s-1"},
		{"id":102,"roleType":"STUD","firstName":"Bo","lastName":"Li","personaId":""},
		{"id":105,"roleType":"STUD","firstName":"","lastName":"Mononym","personaId":""}]}`, f.send("GET", "/courses/7/roster", "").text())
	require.JSONEq(t, `{"students":[
		{"id":101,"emailAddress":"ana@example.edu","userName":"s-1","firstName":"Ana María","lastName":"Ruiz"},
		{"id":102,"emailAddress":"","userName":"","firstName":"Bo","lastName":"Li"},
		{"id":105,"emailAddress":"","userName":"","firstName":"","lastName":"Mononym"}]}`, f.send("GET", "/courses/7/students", "").text())
}

// Of many first grades for one person one is given.
func TestStudioFirstGradesAtOnce(t *testing.T) {
	f := newStudio(t, Options{})
	item := f.column("L", 10, "")
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			r, err := f.try("POST", f.grade(item, "101"), `{"grade":{"points":1}}`)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[r.status]++
		})
	}
	wg.Wait()
	require.Equal(t, map[int]int{201: 1, 400: 9}, statuses)
}

// Ids are the same from run to run: files name them.
func TestStudioIDs(t *testing.T) {
	require.Equal(t, "547b1aa3-89b6-9627-73b9-2e0e2765e070", GUID("7", 1))
	require.NotEqual(t, GUID("7", 1), GUID("7", 2))
	require.NotEqual(t, GUID("7", 1), GUID("8", 1))
	require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, GUID("7", 1))
	for _, user := range []string{"1", "28456671", "9223372036854775807"} {
		id := gradeID("7", 1, user)
		require.Equal(t, id, int64(float64(id)), "JSON's numbers hold it")
		require.Positive(t, id)
		require.NotEqual(t, id, gradeID("7", 2, user))
	}
	for link, want := range map[string]string{"": "100000000003", "rl-1": "100000000003", "100561235546": "100561235546", "200561235546": "100000000003", "100x": "100000000003"} {
		require.Equal(t, want, (&LineItem{Number: 3, ResourceLinkID: link}).ContentItem())
	}
}
