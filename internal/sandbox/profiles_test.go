package sandbox

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

// What a tool that knows the platform can do on each: find nothing, make a
// column, change it, post a score, and read it back.
func TestProfiles(t *testing.T) {
	const (
		post = `{"label":"L","scoreMaximum":100,"resourceId":"r","tag":"t"}`
		put  = `{"label":"M","scoreMaximum":100,"resourceId":"r","tag":"t"}`
	)
	for _, profile := range quirk.Profiles() {
		t.Run(profile, func(t *testing.T) {
			l := newLMS(t, Options{Profile: profile})
			require.NoError(t, l.AddMember("c1", Member{UserID: "17", Name: "A"}))
			container := l.LineItemsPath("c1")
			require.Equal(t, "[]", l.send("GET", container, "").text())

			item := l.create(post)
			require.Equal(t, item, l.send("GET", container, "").list()[0]["id"])
			require.Equal(t, 200, l.send("PUT", item, put).status)
			want := map[string]any{"id": item, "label": "M", "scoreMaximum": 100.0, "resourceId": "r", "tag": "t"}
			if profile == quirk.ILIAS {
				want["label"] = "Column 1"
			}
			require.Empty(t, cmp.Diff(want, l.send("GET", item, "").object()))

			r := l.post(item, "17", `{"scoreGiven":42,"scoreMaximum":100,"comment":"c"}`)
			require.Contains(t, []int{200, 204}, r.status, r.text())
			require.Empty(t, r.text())
			r = l.send("GET", below(item, "/results"), "")
			require.Equal(t, 200, r.status, r.text())
			got := r.list()[0]
			require.Equal(t, []any{"17", 42.0, 100.0, "c"}, []any{got["userId"], got["resultScore"], got["resultMaximum"], got["comment"]})
			people := 1
			if (rules{habits: l.habits}).closes() { // somebody must be there to be graded
				people = newcomers + 1
			}
			if profile == quirk.Moodle {
				people-- // the one who has left is not shown
			}
			require.Len(t, l.roster(""), people)
			require.Less(t, l.send("DELETE", item, "").status, 300)
			require.Equal(t, "[]", l.send("GET", container, "").text())
		})
	}
}

// In a process the same works, at whatever host.
func TestProfilesInProcess(t *testing.T) {
	for _, profile := range append(quirk.Profiles(), "") {
		l := newLMS(t, Options{Profile: profile, Quirks: []quirk.Quirk{quirk.ForeignIDs}})
		l.url = InProcessURL
		client := &http.Client{Transport: l.Transport()}
		send := func(method, path, body string, header ...string) reply {
			r, err := l.do(client, method, path, body, header...)
			require.NoError(t, err)
			return r
		}
		r := send("POST", TokenPath, l.form(scopeLineItem).Encode(), "Content-Type", "application/x-www-form-urlencoded")
		require.Equal(t, 200, r.status, r.text())
		l.bearer = r.object()["access_token"].(string)
		r = send("POST", l.LineItemsPath("c1"), `{"label":"L","scoreMaximum":100,"resourceId":"r"}`)
		require.Equal(t, 201, r.status, r.text())
		item := r.header.Get("Location")
		require.Equal(t, "http://items.localhost"+l.layout.lineItemOf("c1", 1), item)
		require.Equal(t, item, send("GET", item, "").object()["id"])
	}
}

// D2L tells the two kinds of strangers apart.
func TestStrangersOfD2L(t *testing.T) {
	l := newLMS(t, Options{Profile: quirk.D2L})
	item := l.create(smallItem)
	require.NoError(t, l.EnsureCourse("c2"))
	require.NoError(t, l.AddMember("c2", Member{UserID: "elsewhere"}))
	l.post(item, "elsewhere", `{}`).refused(403, "not enrolled")
	l.post(item, "unknown", `{}`).refused(404, "not enrolled")
}

// PUT of a maximum and a score at once, as a tool does that does not know Moodle.
func TestPutAndScoreAtOnceOnMoodle(t *testing.T) {
	l := newLMS(t, Options{Profile: quirk.Moodle})
	require.NoError(t, l.AddMember("c1", Member{UserID: "17"}))
	item := l.create(smallItem)
	l.post(item, "17", `{"scoreGiven":5,"scoreMaximum":10}`).either(true, 200, 0)
	require.Equal(t, 200, l.send("PUT", item, `{"label":"L","scoreMaximum":20}`).status)
	score := l.score("17", fmt.Sprintf(`{"scoreGiven":5,"scoreMaximum":20,"timestamp":%q}`, l.clock.Now().Format("2006-01-02T15:04:05.999Z07:00")))
	l.send("POST", below(item, "/scores"), score).refused(409, "timestamp")
	l.post(item, "17", `{"scoreGiven":5,"scoreMaximum":20}`).either(true, 200, 0)
	require.Equal(t, 5.0, l.send("GET", below(item, "/results"), "").list()[0]["resultScore"])
}

// What quirks leave in the state outlives the process.
func TestStateOfQuirks(t *testing.T) {
	file := t.TempDir() + "/s.json"
	o := Options{File: file, Quirks: []quirk.Quirk{quirk.CommentsAppend, quirk.CountsAttempts, quirk.MaximumAsPosted, quirk.BlankForCleared, quirk.LongText502}}
	l := newLMS(t, o)
	item := l.create(`{"label":"L","scoreMaximum":10,"tag":"t"}`)
	require.Equal(t, 200, l.send("PUT", item, smallItem).status)
	require.Equal(t, 204, l.post(item, "u1", `{"scoreGiven":1,"scoreMaximum":3,"comment":"c"}`).status)
	l.update(func(c *Course) {
		i := c.LineItem(1)
		i.Locked, i.AllowedAttempts = true, 3
		r := i.Result("u1")
		r.Locked, r.Overridden, r.Changed = true, true, l.clock.Now()
	})
	want := l.Snapshot()
	require.Empty(t, cmp.Diff(&LineItem{
		Number: 1, Label: "L", ScoreMaximum: 10, Cleared: []string{"tag"}, Locked: true, AllowedAttempts: 3,
		Results: []*Result{{
			UserID: "u1", Score: new(1.0), Comment: "c", Timestamp: l.clock.Now(), ActivityProgress: "Completed", GradingProgress: "FullyGraded",
			Maximum: 3, Comments: []string{"c"}, Attempts: 1, Changed: l.clock.Now(), Overridden: true, Locked: true,
		}},
	}, want.Courses["c1"].LineItem(1)))
	again := newLMS(t, o)
	require.Empty(t, cmp.Diff(want, again.Snapshot()))

	shared := want.Courses["c1"].LineItem(1)
	shared.Cleared[0], shared.Result("u1").Comments[0] = "x", "x"
	require.Equal(t, "tag", l.stored(1).Cleared[0], "a snapshot is a copy")
	require.Equal(t, "c", l.stored(1).Result("u1").Comments[0])

	for words, change := range map[string]func(*LineItem){
		"allowedAttempts": func(i *LineItem) { i.AllowedAttempts = -1 },
		"maximum":         func(i *LineItem) { i.Result("u1").Maximum = -1 },
		"attempts":        func(i *LineItem) { i.Result("u1").Attempts = -1 },
	} {
		require.ErrorContains(t, l.Update(func(st *State) error { change(st.Courses["c1"].LineItem(1)); return nil }), words)
	}
}
