package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

const fullItem = `{"label":" Homework 1 ","scoreMaximum":12.5,"resourceId":"hw1","tag":"homework","resourceLinkId":"rl-2",
	"startDateTime":"2026-01-01T00:00:00+01:00","endDateTime":"2026-02-01T00:00:00.5Z","gradesReleased":false,
	"https://tool.example/ext":{"n":1.50, "list":[1, 2]},"submissionReview":{"label":"<Open>"},"unset":null}`

func TestLineItemIsCreatedAndShown(t *testing.T) {
	l := newLMS(t, Options{})
	r := l.send("POST", items, fullItem)
	require.Equal(t, 201, r.status, r.text())
	require.Equal(t, typeLineItem, r.header.Get("Content-Type"))
	id := l.url + items + "/1"
	require.Equal(t, id, r.header.Get("Location"))
	want := map[string]any{
		"id": id, "label": " Homework 1 ", "scoreMaximum": 12.5, "resourceId": "hw1", "tag": "homework", "resourceLinkId": "rl-2",
		"startDateTime": "2026-01-01T00:00:00+01:00", "endDateTime": "2026-02-01T00:00:00.5Z", "gradesReleased": false,
		"https://tool.example/ext": map[string]any{"n": 1.5, "list": []any{1.0, 2.0}},
		"submissionReview":         map[string]any{"label": "<Open>"},
	}
	require.Empty(t, cmp.Diff(want, r.object()))
	require.Contains(t, r.text(), "1.50", "an extension keeps the text of its numbers")

	r = l.send("GET", id, "")
	require.Equal(t, 200, r.status)
	require.Equal(t, typeLineItem, r.header.Get("Content-Type"))
	require.Empty(t, cmp.Diff(want, r.object()))
	r = l.send("GET", items, "")
	require.Equal(t, typeLineItems, r.header.Get("Content-Type"))
	require.Empty(t, cmp.Diff([]map[string]any{want}, r.list()))
}

func TestEmptyContainerIsAList(t *testing.T) {
	l := newLMS(t, Options{})
	require.Equal(t, "[]", l.send("GET", items, "").text())
}

func TestLineItemValidation(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":1}`)
	for name, tc := range map[string]struct{ member, want string }{
		"no label":              {`"label":null`, "label is required"},
		"blank label":           {`"label":" \t"`, "label is required"},
		"label not a string":    {`"label":1`, "label is not a string"},
		"Label with a capital":  {`"label":null,"Label":"L"`, "label is required"},
		"no maximum":            {`"scoreMaximum":null`, "scoreMaximum is required"},
		"maximum zero":          {`"scoreMaximum":0`, "above 0"},
		"maximum negative":      {`"scoreMaximum":-1`, "above 0"},
		"maximum a string":      {`"scoreMaximum":"10"`, "not a number"},
		"maximum too large":     {`"scoreMaximum":1e999`, "not a number"},
		"resourceId 256":        {`"resourceId":"` + strings.Repeat("é", 256) + `"`, ""},
		"resourceId 257":        {`"resourceId":"` + strings.Repeat("é", 257) + `"`, "resourceId is longer"},
		"resourceId a number":   {`"resourceId":1`, "resourceId is not a string"},
		"tag 257":               {`"tag":"` + strings.Repeat("t", 257) + `"`, "tag is longer"},
		"date without a zone":   {`"startDateTime":"2026-01-01T00:00:00"`, "startDateTime is not"},
		"date alone":            {`"endDateTime":"2026-01-01"`, "endDateTime is not"},
		"blank date":            {`"endDateTime":""`, "endDateTime is not"},
		"date unset":            {`"endDateTime":null`, ""},
		"thirtieth of February": {`"endDateTime":"2026-02-30T00:00:00Z"`, "endDateTime is not"},
		"released a string":     {`"gradesReleased":"yes"`, "gradesReleased is not"},
		"released unset":        {`"gradesReleased":null`, ""},
	} {
		body := `{"label":"L","scoreMaximum":1,` + tc.member + `}`
		t.Run(name, func(t *testing.T) {
			post, put := l.send("POST", items, body), l.send("PUT", item, body)
			if tc.want == "" {
				require.Equal(t, 201, post.status, post.text())
				require.Equal(t, 200, put.status, put.text())
				return
			}
			post.refused(400, tc.want)
			put.refused(400, tc.want)
		})
	}
	for name, body := range map[string]string{
		"nothing": "", "half": `{"label":`, "two": `{} {}`, "a list": `[]`, "null": `null`, "a number": `1`, "not UTF-8": "{\"label\":\"\xff\"}",
	} {
		t.Run("the body is "+name, func(t *testing.T) { l.send("POST", items, body).refused(400, "the body is not") })
	}
	t.Run("the body is too large", func(t *testing.T) {
		l.send("POST", items, `{"label":"`+strings.Repeat("x", maxBody)+`"}`).refused(413, "bytes")
	})
}

func TestUnknownThings(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":1}`)
	const good = `{"label":"L","scoreMaximum":1}`
	l.send("POST", items, `{"label":"L","scoreMaximum":1,"resourceLinkId":"nope"}`).refused(404, "resourceLinkId")
	l.send("GET", "/courses/none/lineitems", "").refused(404, "course")
	l.send("POST", "/courses/none/lineitems", good).refused(404, "course")
	l.send("GET", "/courses/none/memberships", "").refused(404, "course")
	for _, id := range []string{"2", "01", "0", "-1", "+1", "x", "99999999999999999999"} {
		l.send("GET", items+"/"+id, "").refused(404, "line item")
		l.send("PUT", items+"/"+id, good).refused(404, "line item")
		l.send("DELETE", items+"/"+id, "").refused(404, "line item")
		l.send("GET", items+"/"+id+"/results", "").refused(404, "line item")
		l.send("POST", items+"/"+id+"/scores", `{}`).refused(404, "line item")
	}
	for _, path := range []string{"/", "/courses", "/courses/c1", "/courses/c1/", "/courses//lineitems", items + "/", items + "/1/", items + "/1/grades", "/token/", "/x/c1/lineitems"} {
		l.send("GET", path, "").refused(404, "path")
	}
	for _, tc := range []struct{ method, path, allow string }{
		{"PATCH", item, "DELETE, GET, PUT"}, {"POST", item, "DELETE, GET, PUT"}, {"DELETE", items, "GET, POST"}, {"PUT", items, "GET, POST"},
		{"GET", item + "/scores", "POST"}, {"POST", item + "/results", "GET"}, {"POST", "/courses/c1/memberships", "GET"},
	} {
		r := l.send(tc.method, tc.path, "")
		r.refused(405, tc.allow)
		require.Equal(t, tc.allow, r.header.Get("Allow"))
	}
	l.send("GET", items+"?tag=%zz", "").refused(400, "query")
}

func TestPutReplacesEverything(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(fullItem)

	for _, body := range []string{
		`{"label":"L","scoreMaximum":12.5,"id":"` + l.url + items + `/2"}`,
		`{"label":"L","scoreMaximum":12.5,"id":"1"}`,
		`{"label":"L","scoreMaximum":12.5,"id":1}`,
	} {
		l.send("PUT", item, body).refused(400, "id ")
	}
	l.send("PUT", item, `{"label":"L","scoreMaximum":12.5,"resourceLinkId":"rl-3"}`).refused(400, "resourceLinkId")
	require.Equal(t, " Homework 1 ", l.send("GET", item, "").object()["label"], "a refused PUT changes nothing")

	r := l.send("PUT", item, `{"id":"`+item+`","label":"L","scoreMaximum":12.5,"resourceLinkId":"rl-2","tag":null,"resourceId":" ","x":true}`)
	require.Equal(t, 200, r.status, r.text())
	require.Equal(t, typeLineItem, r.header.Get("Content-Type"))
	want := map[string]any{"id": item, "label": "L", "scoreMaximum": 12.5, "resourceLinkId": "rl-2", "x": true}
	require.Empty(t, cmp.Diff(want, r.object()))
	require.Empty(t, cmp.Diff(want, l.send("GET", item, "").object()))

	r = l.send("PUT", item, `{"label":"L","scoreMaximum":1}`)
	require.Empty(t, cmp.Diff(map[string]any{"id": item, "label": "L", "scoreMaximum": 1.0}, r.object()))
	l.send("PUT", item, `{"label":"L","scoreMaximum":1,"resourceLinkId":"rl-2"}`).refused(400, "resourceLinkId")
}

func TestPutOfTheMaximumRescales(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":3}`)
	require.Equal(t, 204, l.post(item, "u1", `{"scoreGiven":1,"scoreMaximum":3,"comment":"kept"}`).status)
	require.Equal(t, 204, l.post(item, "u2", `{"comment":"no score"}`).status)
	require.Equal(t, 200, l.send("PUT", item, `{"label":"L","scoreMaximum":100}`).status)
	got := l.result(item, "u1")
	require.Equal(t, 33.33333, got["resultScore"])
	require.Equal(t, 100.0, got["resultMaximum"])
	require.Equal(t, "kept", got["comment"])
	require.NotContains(t, l.result(item, "u2"), "resultScore", "no score stays no score")

	require.Equal(t, 204, l.post(item, "u1", `{"scoreGiven":1e308,"scoreMaximum":100}`).status)
	l.send("PUT", item, `{"label":"L","scoreMaximum":1e5}`).refused(400, "too large")
	require.Equal(t, 100.0, l.send("GET", item, "").object()["scoreMaximum"])
}

func TestDeletedIsGoneAndItsNumberIsNotReused(t *testing.T) {
	l := newLMS(t, Options{})
	first, second := l.create(`{"label":"A","scoreMaximum":1}`), l.create(`{"label":"B","scoreMaximum":1}`)
	require.Equal(t, 204, l.post(second, "u1", `{"scoreGiven":1,"scoreMaximum":1}`).status)
	r := l.send("DELETE", second, "")
	require.Equal(t, 204, r.status)
	require.Empty(t, r.text())
	l.send("GET", second, "").refused(404, "line item")
	l.send("GET", second+"/results", "").refused(404, "line item")
	l.send("DELETE", second, "").refused(404, "line item")
	require.Equal(t, l.url+items+"/3", l.create(`{"label":"C","scoreMaximum":1}`))
	require.Equal(t, l.url+items+"/4", l.create(`{"label":"D","scoreMaximum":1}`))
	require.Equal(t, 200, l.send("GET", first, "").status)
}

func TestLineItemFilters(t *testing.T) {
	l := newLMS(t, Options{})
	for at, body := range []string{
		`"resourceId":"r&1","tag":"t1"`, `"resourceId":"r&1","tag":"t2","resourceLinkId":"rl-1"`, `"tag":"t1","resourceLinkId":"rl-1"`, `"tag":"T1"`,
		`"resourceId":"r&1","tag":"t1"`,
	} {
		l.create(fmt.Sprintf(`{"label":"%d","scoreMaximum":1,%s}`, at+1, body))
	}
	for query, want := range map[string]string{
		"":                                "12345",
		"resource_id=r%261":               "125",
		"tag=t1":                          "135",
		"resource_link_id=rl-1":           "23",
		"resource_link_id=rl-1&tag=t1":    "3",
		"resource_id=r%261&tag=t1":        "15",
		"resource_id=none":                "",
		"tag=":                            "12345",
		"unknown=x":                       "12345",
		"resource_link_id=rl-9&limit=100": "",
	} {
		require.Equal(t, want, strings.Join(labels(l.send("GET", items+"?"+query, "")), ""), query)
	}
}

func TestLineItemPages(t *testing.T) {
	for _, tc := range []struct {
		size  int
		query string
		want  [][]string
	}{
		{0, "", [][]string{{"1", "2", "3", "4", "5"}}},
		{0, "limit=2", [][]string{{"1", "2"}, {"3", "4"}, {"5"}}},
		{2, "", [][]string{{"1", "2"}, {"3", "4"}, {"5"}}},
		{2, "limit=100", [][]string{{"1", "2"}, {"3", "4"}, {"5"}}},
		{5, "", [][]string{{"1", "2", "3", "4", "5"}}},
		{2, "limit=1&tag=a%26b&type_id=3", [][]string{{"2"}, {"4"}}},
	} {
		t.Run(fmt.Sprintf("%d %s", tc.size, tc.query), func(t *testing.T) {
			l := newLMS(t, Options{PageSize: tc.size})
			for n := 1; n <= 5; n++ {
				l.create(fmt.Sprintf(`{"label":"%d","scoreMaximum":1,"tag":"%s"}`, n, []string{"a&b", "c"}[n%2]))
			}
			require.Empty(t, cmp.Diff(tc.want, l.pages(items+"?"+tc.query, labels)))
		})
	}
}

func TestPagesHoldWhileItemsGo(t *testing.T) {
	l := newLMS(t, Options{})
	for n := 1; n <= 11; n++ {
		l.create(fmt.Sprintf(`{"label":"%d","scoreMaximum":1}`, n))
	}
	r := l.send("GET", items+"?limit=2", "")
	next, _, _ := strings.Cut(strings.TrimPrefix(r.header.Get("Link"), "<"), ">")
	require.Equal(t, 204, l.send("DELETE", items+"/2", "").status)
	require.Equal(t, 204, l.send("DELETE", items+"/3", "").status)
	var all []string
	for _, one := range l.pages(next, labels) {
		all = append(all, one...)
	}
	require.Equal(t, "4 5 6 7 8 9 10 11", strings.Join(all, " "))

	for _, query := range []string{"limit=0", "limit=-1", "limit=x", "page=***"} {
		l.send("GET", items+"?"+query, "").refused(400, strings.Split(query, "=")[0])
	}
}

func TestMediaTypes(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":1}`)
	const good = `{"label":"L","scoreMaximum":1}`
	for _, tc := range []struct{ method, path, body string }{
		{"POST", items, good}, {"PUT", item, good}, {"POST", item + "/scores", l.score("u", `{}`)},
	} {
		for _, wrong := range []string{"", "application/json", "text/plain", "*/*", typeResults, "nonsense;"} {
			l.send(tc.method, tc.path, tc.body, "Content-Type", wrong).refused(415, "Content-Type")
		}
		want := typeLineItem
		if l.layout.parse(&url.URL{Path: strings.TrimPrefix(tc.path, l.url)}).kind == kindScores {
			want = typeScore
		}
		require.Less(t, l.send(tc.method, tc.path, tc.body, "Content-Type", want+"; charset=utf-8").status, 300)
	}
	for _, path := range []string{items, item, item + "/results", l.MembershipsPath("c1")} {
		l.send("GET", path, "", "Accept", "application/json").refused(406, "Accept")
		require.Equal(t, 200, l.send("GET", path, "", "Accept", "").status)
		require.Equal(t, 200, l.send("GET", path, "", "Accept", "text/html, */*;q=0.1").status)
	}
}

func TestAccepts(t *testing.T) {
	for header, want := range map[string]bool{
		"*/*": true, "application/*": true, "text/*": false, "a/b": true, "A/B": true, "a/b;q=0": false, "*/*, a/b;q=0": false,
		"a/*;q=0, */*": false, "a/*;q=0, a/b;q=0.5": true, "x/y , a/b; v=1": true, "": false, "a/b;q=x": true, ";;;": false,
	} {
		require.Equal(t, want, accepts([]string{strings.ReplaceAll(header, "application/", "a/")}, "a/b"), header)
	}
	require.True(t, accepts(nil, "a/b"))
	require.True(t, accepts([]string{"x/y", "a/b"}, "a/b"))
}

func TestIDsFollowTheAddress(t *testing.T) {
	l := newLMS(t, Options{})
	l.create(`{"label":"L","scoreMaximum":1}`)
	other := strings.Replace(l.url, "127.0.0.1", "localhost", 1)
	require.Equal(t, other+items+"/1", l.send("GET", other+items, "").list()[0]["id"])

	fixed, err := Open(Options{Now: l.clock.Now, URL: "https://lms.example.edu/x/"})
	require.NoError(t, err)
	require.Equal(t, "https://lms.example.edu/x", fixed.base(nil))
	for _, bad := range []string{"lms.example.edu", "/x", "ftp://x", "http://", "http://x?y=1", "http://x#y", "http://%zz"} {
		_, err := Open(Options{Now: l.clock.Now, URL: bad})
		require.ErrorContains(t, err, "base URL", bad)
	}
}

func TestCourseIDsInPaths(t *testing.T) {
	l := newLMS(t, Options{})
	for _, id := range []string{"a/b", "a b", "ü%", "a?b#c", "lineitems"} {
		require.NoError(t, l.EnsureCourse(id))
		r := l.send("POST", l.LineItemsPath(id), `{"label":"L","scoreMaximum":1}`)
		require.Equal(t, 201, r.status, id+r.text())
		require.Equal(t, 200, l.send("GET", r.header.Get("Location"), "").status, id)
		require.Equal(t, 200, l.send("GET", l.MembershipsPath(id), "").status, id)
		require.Len(t, l.Snapshot().Courses[id].LineItems, 1)
	}
	for _, id := range []string{"", " ", ".", "..", "\xff", strings.Repeat("x", 257)} {
		require.Error(t, l.EnsureCourse(id))
	}
}

func TestEnsureCourseLeavesACourseAlone(t *testing.T) {
	l := newLMS(t, Options{})
	require.Empty(t, cmp.Diff([]string{"rl-1", "rl-2", "rl-3", "rl-4", "rl-5"}, l.Snapshot().Courses["c1"].ResourceLinks))
	l.create(`{"label":"L","scoreMaximum":1}`)
	require.NoError(t, l.EnsureCourse("c1"))
	require.Len(t, l.Snapshot().Courses["c1"].LineItems, 1)
}

func TestUpdateIsWholeOrNothing(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":1,"x":{"a":1}}`)
	before := l.Snapshot()
	for name, change := range map[string]func(*State) error{
		"an error":      func(st *State) error { st.Courses["c1"].LineItem(1).Label = "changed"; return fmt.Errorf("no") },
		"a blank label": func(st *State) error { st.Courses["c1"].LineItem(1).Label = " "; return nil },
		"a number twice": func(st *State) error {
			c := st.Courses["c1"]
			c.LineItems = append(c.LineItems, c.LineItem(1))
			return nil
		},
		"a number to come": func(st *State) error { st.Courses["c1"].LineItem(1).Number = 2; return nil },
		"a nil course":     func(st *State) error { st.Courses["c1"] = nil; return nil },
		"a nil item":       func(st *State) error { st.Courses["c1"].LineItems[0] = nil; return nil },
		"a negative score": func(st *State) error {
			i := st.Courses["c1"].LineItem(1)
			i.Results = append(i.Results, &Result{UserID: "u", Score: new(-1.0)})
			return nil
		},
		"a result twice": func(st *State) error {
			i := st.Courses["c1"].LineItem(1)
			i.Results = append(i.Results, &Result{UserID: "u"}, &Result{UserID: "u"})
			return nil
		},
		"a broken member": func(st *State) error { st.Courses["c1"].LineItem(1).Extra["x"] = json.RawMessage("{"); return nil },
		"a bad key":       func(st *State) error { st.Client.PublicKey = json.RawMessage(`{}`); return nil },
		"a bad version":   func(st *State) error { st.Version = 9; return nil },
		"a bad status": func(st *State) error {
			c := st.Courses["c1"]
			c.Members = append(c.Members, &Member{UserID: "u", Status: "Gone"})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Error(t, l.Update(change))
			require.Empty(t, cmp.Diff(before, l.Snapshot()))
		})
	}
	t.Run("a panic", func(t *testing.T) {
		require.Panics(t, func() { _ = l.Update(func(st *State) error { st.Courses["c1"] = nil; panic("x") }) })
		require.Empty(t, cmp.Diff(before, l.Snapshot()))
	})
	t.Run("nothing wrong", func(t *testing.T) {
		require.NoError(t, l.Update(func(st *State) error {
			i := st.Courses["c1"].LineItem(1)
			i.Results = append(i.Results, &Result{UserID: "b", Score: new(2.0)}, &Result{UserID: "a", Comment: "by hand"})
			st.Courses["c2"] = &Course{LineItems: []*LineItem{{Number: 7, Label: "X", ScoreMaximum: 1}}}
			return nil
		}))
		require.Equal(t, 2.0, l.result(item, "b")["resultScore"])
		require.Equal(t, "by hand", l.result(item, "a")["comment"])
		require.Equal(t, 201, l.send("POST", l.LineItemsPath("c2"), `{"label":"Y","scoreMaximum":1}`).status)
		require.NotNil(t, l.Snapshot().Courses["c2"].LineItem(8))
	})
	t.Run("a snapshot is a copy", func(t *testing.T) {
		st := l.Snapshot()
		i := st.Courses["c1"].LineItem(1)
		i.Label, *i.Result("b").Score, i.Extra["x"][0] = "changed", 9, '!'
		require.Equal(t, 2.0, l.result(item, "b")["resultScore"])
		require.Equal(t, "L", l.send("GET", item, "").object()["label"])
	})
}
