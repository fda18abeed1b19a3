package sandbox

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

const smallItem = `{"label":"L","scoreMaximum":10}`

func lineItemTrials() map[quirk.Quirk]trial {
	return map[quirk.Quirk]trial{
		quirk.PutMerges:          {try: tryPutMerges},
		quirk.PutKeepsLink:       {try: tryPutKeepsLink},
		quirk.PutDropsLink:       {try: tryPutDropsLink},
		quirk.BlankForCleared:    {try: tryBlankForCleared},
		quirk.EchoesRequest:      {try: tryEchoesRequest, with: []quirk.Quirk{quirk.DropsTag}},
		quirk.DropsDates:         {try: tryDrops("startDateTime", "endDateTime")},
		quirk.DropsReleased:      {try: tryDrops("gradesReleased")},
		quirk.DropsExtensions:    {try: tryDrops("https://tool.example/ext", "submissionReview")},
		quirk.DropsResourceID:    {try: tryDrops("resourceId")},
		quirk.DropsTag:           {try: tryDrops("tag")},
		quirk.DeleteCoupled401:   {try: tryDeleteCoupled401},
		quirk.DeleteKeeps:        {try: tryDeleteKeeps},
		quirk.DeleteAnswers200:   {try: func(l *lms, on bool) { l.send("DELETE", l.create(smallItem), "").either(on, 200, 204) }},
		quirk.CreateAnswers200:   {try: func(l *lms, on bool) { l.send("POST", items, smallItem).either(on, 200, 201) }},
		quirk.ForeignIDs:         {try: tryForeignIDs},
		quirk.NeedsResourceID:    {try: tryNeedsResourceID},
		quirk.WholeMaximum:       {try: tryWholeMaximum},
		quirk.MaximumDefaults100: {try: tryMaximumDefaults100},
		quirk.LongText502:        {try: tryLongText502},
		quirk.LargeMaximum502:    {try: tryLargeMaximum502},
		quirk.NumericIDs:         {try: tryNumericIDs},
		quirk.SubstitutesLabel:   {try: trySubstitutesLabel},
		quirk.SubstitutesMaximum: {try: trySubstitutesMaximum},
		quirk.IntegerPutID:       {try: tryIntegerPutID},
		quirk.CanvasPaths:        {try: tryCanvasPaths},
		quirk.MoodlePaths:        {try: tryMoodlePaths},
		quirk.ExactTypes:         {try: tryExactTypes},
	}
}

func tryPutMerges(l *lms, on bool) {
	item := l.create(fullItem)
	before := l.send("GET", item, "").object()
	l.send("PUT", item, `{"label":"M","tag":null,"submissionReview":null,"x":1}`).either(on, 200, 400)
	if on {
		before["label"], before["x"] = "M", 1.0
		delete(before, "tag")
		delete(before, "submissionReview")
		r := l.send("GET", item, "")
		require.Empty(l.t, cmp.Diff(before, r.object()))
		require.Contains(l.t, r.text(), "1.50", "what is kept is kept to the letter")
		l.send("PUT", item, `{"label":null}`).refused(400, "label is required")
		l.send("PUT", item, `{"scoreMaximum":null}`).refused(400, "scoreMaximum is required")
		l.send("PUT", item, `{"resourceLinkId":null}`).either(on, 200, 0)
		require.NotContains(l.t, l.send("GET", item, "").object(), "resourceLinkId")
	}
}

func tryPutKeepsLink(l *lms, on bool) {
	item := l.create(`{"label":"L","scoreMaximum":10,"resourceLinkId":"rl-2"}`)
	l.send("PUT", item, `{"label":"L","scoreMaximum":10,"resourceLinkId":"rl-3"}`).either(on, 200, 400)
	require.Equal(l.t, "rl-2", l.send("GET", item, "").object()["resourceLinkId"])
	l.send("PUT", item, smallItem)
	require.Equal(l.t, on, l.send("GET", item, "").object()["resourceLinkId"] == "rl-2")
}

func tryPutDropsLink(l *lms, on bool) {
	const body = `{"label":"L","scoreMaximum":10,"resourceLinkId":"rl-2"}`
	item := l.create(body)
	require.Equal(l.t, "rl-2", l.send("GET", item, "").object()["resourceLinkId"])
	l.send("PUT", item, body).either(on, 200, 200)
	require.Equal(l.t, on, l.send("GET", item, "").object()["resourceLinkId"] == nil)
}

func tryBlankForCleared(l *lms, on bool) {
	item, other := l.create(`{"label":"L","scoreMaximum":10,"tag":"t","resourceId":"r"}`), l.create(smallItem)
	var blank any
	if on {
		blank = ""
	}
	for range 2 {
		l.send("PUT", item, smallItem).either(on, 200, 200)
		got := l.send("GET", item, "").object()
		require.Equal(l.t, []any{blank, blank}, []any{got["tag"], got["resourceId"]})
	}
	l.send("PUT", item, `{"label":"L","scoreMaximum":10,"tag":"u","resourceId":null}`)
	got := l.send("GET", item, "").object()
	require.Equal(l.t, []any{"u", blank}, []any{got["tag"], got["resourceId"]})
	l.send("PUT", other, smallItem)
	require.NotContains(l.t, l.send("GET", other, "").object(), "tag", "it never was there")
}

func tryEchoesRequest(l *lms, on bool) {
	const body = `{"label":"L","scoreMaximum":10,"tag":"t","x":null}`
	r := l.send("POST", items, body)
	r.either(on, 201, 201)
	item := r.header.Get("Location")
	for _, got := range []reply{r, l.send("PUT", item, body)} {
		require.Equal(l.t, item, got.object()["id"])
		require.Equal(l.t, on, got.object()["tag"] == "t")
	}
	require.NotContains(l.t, l.send("GET", item, "").object(), "tag")
}

// tryDrops expects that some members are not stored, and all others are.
func tryDrops(names ...string) func(*lms, bool) {
	return func(l *lms, on bool) {
		item := l.create(fullItem)
		for range 2 {
			got := l.send("GET", item, "").object()
			for _, name := range []string{
				"label", "scoreMaximum", "resourceId", "tag", "resourceLinkId", "startDateTime", "endDateTime", "gradesReleased",
				"https://tool.example/ext", "submissionReview",
			} {
				_, there := got[name]
				dropped := strings.Contains(strings.Join(names, " "), name)
				require.Equal(l.t, !on || !dropped, there, name)
			}
			l.send("PUT", item, fullItem).either(on, 200, 200)
		}
	}
}

func tryDeleteCoupled401(l *lms, on bool) {
	item, free := l.create(`{"label":"L","scoreMaximum":10,"resourceLinkId":"rl-2"}`), l.create(smallItem)
	r := l.send("DELETE", item, "")
	r.either(on, 401, 204)
	require.Empty(l.t, r.text())
	l.send("GET", item, "").either(on, 200, 404)
	l.send("DELETE", free, "").either(on, 204, 204)
	l.send("GET", free, "").either(on, 404, 404)
}

func tryDeleteKeeps(l *lms, on bool) {
	item := l.create(smallItem)
	l.send("DELETE", item, "").either(on, 204, 204)
	l.send("GET", item, "").either(on, 200, 404)
}

func tryForeignIDs(l *lms, on bool) {
	item := l.create(`{"label":"L","scoreMaximum":10}`)
	require.Equal(l.t, item, l.send("GET", items, "").list()[0]["id"])
	require.Equal(l.t, !on, strings.HasPrefix(item, l.url))
	require.Equal(l.t, on, strings.HasPrefix(item, strings.Replace(l.url, "127.0.0.1", "localhost", 1)))
	require.Equal(l.t, item, l.send("GET", item, "").object()["id"], "one line item has one id")
	l.send("PUT", item, `{"label":"M","scoreMaximum":10,"id":"`+item+`"}`).either(on, 200, 200)
	l.post(item, "u1", `{"scoreGiven":1,"scoreMaximum":10}`).either(on, 204, 204)
	require.Equal(l.t, item, l.result(item, "u1")["scoreOf"])
}

func tryNeedsResourceID(l *lms, on bool) {
	item := l.create(`{"label":"L","scoreMaximum":10,"resourceId":"r"}`)
	l.send("POST", items, smallItem).either(on, 400, 201)
	l.send("PUT", item, smallItem).either(on, 400, 200)
}

func tryWholeMaximum(l *lms, on bool) {
	item := l.create(`{"label":"L","scoreMaximum":12.0}`)
	l.send("POST", items, `{"label":"L","scoreMaximum":12.5}`).either(on, 400, 201)
	l.send("PUT", item, `{"label":"L","scoreMaximum":12.5}`).either(on, 400, 200)
}

func tryMaximumDefaults100(l *lms, on bool) {
	for _, body := range []string{`{"label":"L"}`, `{"label":"L","scoreMaximum":null}`} {
		r := l.send("POST", items, body)
		r.either(on, 201, 400)
		require.Equal(l.t, on, r.object()["scoreMaximum"] == 100.0)
	}
	l.send("POST", items, `{"label":"L","scoreMaximum":0}`).refused(400, "scoreMaximum")
	l.send("POST", items, `{"label":"L","scoreMaximum":"x"}`).refused(400, "scoreMaximum")
}

func tryLongText502(l *lms, on bool) {
	body := func(label, id, tag int) string {
		return fmt.Sprintf(`{"label":%q,"scoreMaximum":1,"resourceId":%q,"tag":%q}`,
			strings.Repeat("l", label), strings.Repeat("r", id), strings.Repeat("t", tag))
	}
	item := l.create(body(255, 256, 255))
	l.send("POST", items, body(256, 0, 0)).either(on, 502, 201)
	l.send("POST", items, body(1, 512, 0)).either(on, 201, 400)
	shown := len(l.send("GET", items, "").list())
	for _, tc := range []struct {
		body    string
		without [2]int // POST, PUT
	}{{body(1, 513, 0), [2]int{400, 400}}, {body(1, 0, 257), [2]int{400, 400}}} {
		r := l.send("POST", items, tc.body)
		r.either(on, 502, tc.without[0])
		l.send("PUT", item, tc.body).either(on, 502, tc.without[1])
		if on {
			require.Contains(l.t, r.header.Get("Content-Type"), "text/html")
		}
	}
	l.send("PUT", item, body(1, 0, 256)).either(on, 502, 200)
	require.Len(l.t, l.send("GET", items, "").list(), shown)
	orphans := 0
	for _, i := range l.Snapshot().Courses["c1"].LineItems {
		if i.Hidden {
			orphans++
			l.send("GET", fmt.Sprintf("%s/%d", items, i.Number), "").refused(404, "line item")
		}
	}
	require.Equal(l.t, map[bool]int{true: 2}[on], orphans)
}

func tryLargeMaximum502(l *lms, on bool) {
	item := l.create(`{"label":"L","scoreMaximum":99999.5}`)
	l.send("POST", items, `{"label":"L","scoreMaximum":100000}`).either(on, 502, 201)
	l.send("PUT", item, `{"label":"L","scoreMaximum":1e9}`).either(on, 502, 200)
}

func tryNumericIDs(l *lms, on bool) {
	item := l.create(smallItem)
	l.post(item, "17", `{}`).either(on, 204, 204)
	l.post(item, "u17", `{}`).either(on, 502, 204)
	l.send("POST", items, `{"label":"L","scoreMaximum":1,"resourceLinkId":"rl-9"}`).either(on, 502, 404)
	l.send("POST", items, `{"label":"L","scoreMaximum":1,"resourceLinkId":"2"}`).either(on, 201, 404)
	l.send("POST", items, `{"label":"L","scoreMaximum":1,"resourceLinkId":"rl-2"}`).either(on, 502, 201)
}

func trySubstitutesLabel(l *lms, on bool) {
	item := l.create(smallItem)
	require.Equal(l.t, on, l.send("GET", item, "").object()["label"] == "Column 1")
	r := l.send("PUT", item, `{"label":"M","scoreMaximum":10}`)
	require.Equal(l.t, on, r.object()["label"] == "Column 1")
}

func trySubstitutesMaximum(l *lms, on bool) {
	item := l.create(smallItem)
	l.post(item, "u1", `{"scoreGiven":5,"scoreMaximum":10}`)
	require.Equal(l.t, on, l.result(item, "u1")["resultScore"] == 50.0)
	l.send("PUT", item, `{"label":"L","scoreMaximum":20}`)
	require.Equal(l.t, on, l.result(item, "u1")["resultScore"] == 50.0)
	require.Equal(l.t, on, l.result(item, "u1")["resultMaximum"] == 100.0)
}

func tryIntegerPutID(l *lms, on bool) {
	item := l.create(smallItem)
	r := l.send("PUT", item, smallItem)
	require.Equal(l.t, on, r.object()["id"] == 1.0)
	require.Equal(l.t, item, l.send("GET", item, "").object()["id"])
}

func tryCanvasPaths(l *lms, on bool) {
	tryPaths(l, on, "/api/lti/courses/c1/line_items", "/api/lti/courses/c1/line_items/1", "/api/lti/courses/c1/names_and_roles")
	if on {
		require.Equal(l.t, l.url+"/api/lti/courses/c1/line_items/1/results/17", l.result(l.url+"/api/lti/courses/c1/line_items/1", "17")["id"])
	}
}

func tryMoodlePaths(l *lms, on bool) {
	const base = "/mod/lti/services.php/"
	tryPaths(l, on, base+"c1/lineitems?type_id=1", base+"c1/lineitems/1/lineitem?type_id=1", base+"CourseSection/c1/bindings/1/memberships")
	if !on {
		return
	}
	require.Equal(l.t, l.url+base+"c1/lineitems/1/lineitem/results/17?type_id=1", l.result(l.url+base+"c1/lineitems/1/lineitem?type_id=1", "17")["id"])
	for _, path := range []string{
		base + "c1/lineitems", base + "c1/lineitems?type_id=2", base + "c1/lineitems/1/lineitem", base + "c1/lineitems/1/lineitem/results",
		base + "c1/lineitems/1?type_id=1", base + "CourseSection/c1/bindings/2/memberships",
	} {
		l.send("GET", path, "").refused(404, "path")
	}
}

func tryPaths(l *lms, on bool, container, item, roster string) {
	require.Equal(l.t, on, container == l.LineItemsPath("c1"))
	require.Equal(l.t, on, roster == l.MembershipsPath("c1"))
	if !on {
		l.send("GET", container, "").refused(404, "path")
		return
	}
	require.Equal(l.t, l.url+item, l.create(smallItem))
	for _, path := range []string{container, item, roster} {
		l.send("GET", path, "").either(on, 200, 404)
	}
	l.post(item, "17", `{"scoreGiven":1,"scoreMaximum":10}`).either(on, 204, 404)
	for _, path := range []string{items, items + "/1", "/courses/c1/memberships"} {
		l.send("GET", path, "").refused(404, "path")
	}
	u, err := url.Parse(l.url + l.LineItemsPath("a/b"))
	require.NoError(l.t, err)
	require.Equal(l.t, path{kind: kindLineItems, course: "a/b"}, l.layout.parse(u))
}

func tryExactTypes(l *lms, on bool) {
	item := l.create(smallItem)
	l.send("POST", items, smallItem, "Content-Type", typeLineItem+"; charset=utf-8").either(on, 400, 201)
	l.send("POST", items, smallItem, "Content-Type", "application/json").either(on, 400, 415)
	l.send("POST", item+"/scores", l.score("u", `{}`), "Content-Type", typeScore+";v=1").either(on, 400, 204)
	for _, path := range []string{items, item, item + "/results", l.MembershipsPath("c1")} {
		for _, wide := range []string{"", "*/*", "text/plain, */*"} {
			l.send("GET", path, "", "Accept", wide).either(on, 400, 200)
		}
		l.send("GET", path, "", "Accept", "application/json").either(on, 400, 406)
		l.send("GET", path, "").either(on, 200, 200)
	}
	l.send("DELETE", item, "").either(on, 204, 204)
}
