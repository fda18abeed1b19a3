package sandbox

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

func scoreTrials() map[quirk.Quirk]trial {
	return map[quirk.Quirk]trial{
		quirk.CommentsAppend:      {try: tryCommentsAppend},
		quirk.CommentsHidden:      {try: tryCommentsHidden},
		quirk.CommentsDropped:     {try: tryCommentsDropped},
		quirk.ZeroCommentClears:   {try: tryZeroCommentClears},
		quirk.CountsAttempts:      {try: tryCountsAttempts},
		quirk.Stale400:            {try: tryStale(409, 400)},
		quirk.StaleIgnored:        {try: tryStale(409, 200)},
		quirk.StaleAccepted:       {try: tryStale(409, 204)},
		quirk.EqualAccepted:       {try: tryEqualAccepted},
		quirk.WholeSeconds:        {try: tryWholeSeconds},
		quirk.PutStamps:           {try: tryPutStamps},
		quirk.KeepsPoints:         {try: tryKeepsPoints},
		quirk.MaximumAsPosted:     {try: tryMaximumAsPosted},
		quirk.NoGradeToZero:       {try: tryNoGradeToZero},
		quirk.SmallMaximumKeeps:   {try: trySmallMaximumKeeps},
		quirk.RefusesWith200:      {try: tryRefusesWith200},
		quirk.ErrorsEcho:          {try: tryErrorsEcho},
		quirk.CutsScores:          {try: tryCutsScores},
		quirk.FiveDecimals:        {try: tryFiveDecimals},
		quirk.PendingManualCounts: {try: tryPendingManualCounts},
		quirk.Strangers400:        {try: tryStrangers(400, 400)},
		quirk.Strangers403:        {try: tryStrangers(403, 403)},
		quirk.Strangers404:        {try: tryStrangers(404, 403)},
		quirk.Strangers422:        {try: tryStrangers(422, 422)},
		quirk.KeepsOverride:       {try: tryKeepsOverride},
		quirk.Locked500:           {try: tryLocked500},
		quirk.ClearedShowsUser:    {try: tryClearedShowsUser},
		quirk.BareResults:         {try: tryBareResults},
		quirk.UserFilterNoComment: {try: tryUserFilterNoComment},
	}
}

// at posts 5 of 10 with a timestamp of that much after noon of the test's day.
func (l *lms) at(item string, after time.Duration) reply {
	l.t.Helper()
	stamp := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(after).Format(time.RFC3339Nano)
	return l.post(item, "u1", fmt.Sprintf(`{"scoreGiven":5,"scoreMaximum":10,"comment":%q,"timestamp":%q}`, after, stamp))
}

func tryCommentsAppend(l *lms, on bool) {
	item := l.create(smallItem)
	for _, step := range []struct {
		comment      string
		with, withNo any
		students     []string
	}{
		{`,"comment":"a"`, "a", "a", []string{"a"}},
		{`,"comment":"a"`, "a", "a", []string{"a", "a"}},
		{``, "a", nil, []string{"a", "a"}},
		{`,"comment":"b"`, "b", "b", []string{"a", "a", "b"}},
		{`,"comment":null`, nil, nil, []string{"a", "a", "b"}},
	} {
		l.post(item, "u1", `{"scoreGiven":5,"scoreMaximum":10`+step.comment+`}`).either(on, 204, 204)
		want, students := step.withNo, []string(nil)
		if on {
			want, students = step.with, step.students
		}
		require.Equal(l.t, want, l.result(item, "u1")["comment"])
		require.Equal(l.t, students, l.stored(1).Result("u1").Comments)
	}
}

func tryCommentsHidden(l *lms, on bool) {
	item := l.create(smallItem)
	l.at(item, 0)
	require.Equal(l.t, on, l.result(item, "u1")["comment"] == nil)
	require.Equal(l.t, "0s", l.stored(1).Result("u1").Comment)
}

func tryCommentsDropped(l *lms, on bool) {
	item := l.create(smallItem)
	l.at(item, 0).either(on, 204, 204)
	require.Equal(l.t, on, l.stored(1).Result("u1").Comment == "")
}

func tryZeroCommentClears(l *lms, on bool) {
	item := l.create(smallItem)
	l.at(item, 0)
	l.post(item, "u1", `{"scoreGiven":5,"scoreMaximum":10,"comment":"0"}`)
	require.Equal(l.t, on, l.result(item, "u1")["comment"] == nil)
	l.post(item, "u1", `{"scoreGiven":5,"scoreMaximum":10,"comment":"00"}`)
	require.Equal(l.t, "00", l.result(item, "u1")["comment"])
}

func tryCountsAttempts(l *lms, on bool) {
	item := l.create(smallItem)
	l.update(func(c *Course) { c.LineItem(1).AllowedAttempts = 2 })
	const same = `"https://canvas.instructure.com/lti/submission":`
	for _, step := range []struct {
		members  string
		status   int
		attempts int
	}{
		{`{` + same + `{"new_submission":false}}`, 204, 0},
		{`{}`, 204, 1},
		{`{` + same + `{"new_submission":true}}`, 204, 2},
		{`{}`, 422, 2},
		{`{` + same + `{}}`, 422, 2},
		{`{` + same + `"nonsense"}`, 422, 2},
		{`{` + same + `{"new_submission":false}}`, 204, 2},
	} {
		l.post(item, "u1", step.members).either(on, step.status, 204)
		require.Equal(l.t, map[bool]int{true: step.attempts}[on], l.stored(1).Result("u1").Attempts, step.members)
	}
	l.post(item, "u2", `{}`).either(on, 204, 204)
	l.update(func(c *Course) { c.LineItem(1).AllowedAttempts = 0 })
	l.post(item, "u1", `{}`).either(on, 204, 204)
}

func tryStale(without, with int) func(*lms, bool) {
	return func(l *lms, on bool) {
		item := l.create(smallItem)
		l.at(item, time.Minute).either(on, 204, 204)
		for _, stale := range []time.Duration{time.Minute, 0} {
			l.at(item, stale).either(on, with, without)
			want := time.Minute
			if on && with == 204 {
				want = stale
			}
			require.Equal(l.t, want.String(), l.result(item, "u1")["comment"])
		}
		l.at(item, time.Hour).either(on, 204, 204)
	}
}

func tryEqualAccepted(l *lms, on bool) {
	item := l.create(smallItem)
	l.at(item, 1).either(on, 204, 204)
	l.at(item, 1).either(on, 204, 409)
	l.at(item, 0).either(on, 409, 409)
}

func tryWholeSeconds(l *lms, on bool) {
	item := l.create(smallItem)
	l.at(item, time.Second/10).either(on, 204, 204)
	l.at(item, time.Second-1).either(on, 409, 204)
	l.at(item, time.Second).either(on, 204, 204)
	l.update(func(c *Course) {
		c.LineItem(1).Result("u1").Changed = time.Date(2026, 3, 1, 12, 5, 0, 5e8, time.UTC)
	})
	l.at(item, 5*time.Minute+time.Second-1).either(on, 409, 204)
	l.at(item, 5*time.Minute+time.Second).either(on, 204, 204)
}

func tryPutStamps(l *lms, on bool) {
	item := l.create(smallItem)
	l.at(item, 0)
	l.post(item, "u2", `{}`)
	l.clock.advance(30 * time.Minute)
	l.send("PUT", item, `{"label":"M","scoreMaximum":10}`)
	l.at(item, time.Minute).either(on, 204, 204)
	l.send("PUT", item, `{"label":"M","scoreMaximum":20}`)
	l.at(item, 2*time.Minute).either(on, 409, 204)
	l.clock.advance(time.Second)
	l.post(item, "u1", `{}`).either(on, 204, 204)
}

// regraded is what is shown of 5 of 10 once the column has another maximum.
func (l *lms) regraded(maximum float64) (score, of any) {
	l.t.Helper()
	item := l.create(smallItem)
	l.post(item, "u1", `{"scoreGiven":5,"scoreMaximum":10}`)
	l.send("PUT", item, fmt.Sprintf(`{"label":"L","scoreMaximum":%v}`, maximum))
	r := l.result(item, "u1")
	return r["resultScore"], r["resultMaximum"]
}

func tryKeepsPoints(l *lms, on bool) {
	score, of := l.regraded(20)
	require.Equal(l.t, map[bool]any{true: 5.0, false: 10.0}[on], score)
	require.Equal(l.t, 20.0, of)
}

func tryMaximumAsPosted(l *lms, on bool) {
	item := l.create(smallItem)
	for _, maximum := range []float64{10, 20} {
		l.send("PUT", item, fmt.Sprintf(`{"label":"L","scoreMaximum":%v}`, maximum))
		if maximum == 10 {
			l.post(item, "u1", `{"scoreGiven":1,"scoreMaximum":4}`).either(on, 204, 204)
		}
		want := []any{maximum / 4, maximum}
		if on {
			want = []any{1.0, 4.0}
		}
		r := l.result(item, "u1")
		require.Equal(l.t, want, []any{r["resultScore"], r["resultMaximum"]})
	}
	l.post(item, "u1", `{"comment":"c"}`)
	require.Equal(l.t, 20.0, l.result(item, "u1")["resultMaximum"], "no score has no maximum of its own")
}

func tryNoGradeToZero(l *lms, on bool) {
	item := l.create(smallItem)
	l.post(item, "u1", `{"comment":"none"}`)
	l.send("PUT", item, `{"label":"M","scoreMaximum":10}`)
	require.Nil(l.t, l.result(item, "u1")["resultScore"])
	l.send("PUT", item, `{"label":"M","scoreMaximum":20}`)
	require.Equal(l.t, map[bool]any{true: 0.0}[on], l.result(item, "u1")["resultScore"])
	require.Nil(l.t, l.result(item, "u2"))
}

func trySmallMaximumKeeps(l *lms, on bool) {
	score, _ := l.regraded(1)
	require.Equal(l.t, map[bool]any{true: 5.0, false: 0.5}[on], score)
	l.send("PUT", items+"/1", `{"label":"M","scoreMaximum":1.5}`)
	require.Equal(l.t, map[bool]any{true: 7.5, false: 0.75}[on], l.result(items+"/1", "u1")["resultScore"])
}

func tryRefusesWith200(l *lms, on bool) {
	item := l.create(smallItem)
	const bad = `{"userId":"u1","activityProgress":"Done"}`
	l.send("POST", item+"/scores", bad+"\n").refused(400, "activityProgress")
	r := l.send("POST", item+"/scores", "{\n"+bad[1:])
	r.either(on, 200, 400)
	require.Equal(l.t, on, r.text() == "[]")
	require.Nil(l.t, l.result(item, "u1"))
	r = l.at(item, 0)
	r.either(on, 200, 204)
	require.Empty(l.t, r.text())
	l.at(item, 0).refused(409, "timestamp")
}

func tryErrorsEcho(l *lms, on bool) {
	item := l.create(smallItem)
	r := l.post(item, "u1", `{"scoreGiven":-1,"scoreMaximum":10,"comment":"private words"}`)
	r.refused(400, "scoreGiven is below 0")
	require.Equal(l.t, on, r.object()["reason"] != "scoreGiven is below 0")
	for _, words := range []string{"private words", "POST", "/scores"} {
		if on {
			require.Contains(l.t, r.object()["reason"], words)
		}
	}
	require.NotContains(l.t, r.text(), l.bearer)
}

func tryCutsScores(l *lms, on bool) {
	item := l.create(smallItem)
	for given, cut := range map[string]float64{`{"scoreGiven":15,"scoreMaximum":10}`: 15, `{"scoreGiven":3,"scoreMaximum":2}`: 15, `{"scoreGiven":9,"scoreMaximum":10}`: 9} {
		l.post(item, "u1", given).either(on, 204, 204)
		if on {
			cut = min(cut, 10)
		}
		require.Equal(l.t, cut, l.result(item, "u1")["resultScore"])
	}
}

func tryFiveDecimals(l *lms, on bool) {
	item := l.create(smallItem)
	for given, kept := range map[float64]float64{1.234565: 1.23457, 1.2345649: 1.23456, 7: 7, 0.1: 0.1} {
		l.post(item, "u1", fmt.Sprintf(`{"scoreGiven":%v,"scoreMaximum":10}`, given)).either(on, 204, 204)
		if !on {
			kept = given
		}
		require.Equal(l.t, kept, l.result(item, "u1")["resultScore"])
	}
}

func tryPendingManualCounts(l *lms, on bool) {
	item := l.create(smallItem)
	for _, progress := range []string{"PendingManual", "Pending"} {
		l.post(item, "u1", `{"scoreGiven":5,"scoreMaximum":10,"comment":"c","gradingProgress":"`+progress+`"}`)
		require.Equal(l.t, on && progress == "PendingManual", l.result(item, "u1")["resultScore"] == 5.0)
	}
}

// tryStrangers expects these for someone unknown and for someone of another
// course.
func tryStrangers(unknown, elsewhere int) func(*lms, bool) {
	return func(l *lms, on bool) {
		item := l.create(smallItem)
		require.NoError(l.t, l.EnsureCourse("c2"))
		require.NoError(l.t, l.AddMember("c2", Member{UserID: "elsewhere"}))
		require.NoError(l.t, l.AddMember("c1", Member{UserID: "gone", Status: "Deleted"}))
		require.NoError(l.t, l.AddMember("c1", Member{UserID: "away", Status: "Inactive"}))
		l.post(item, "elsewhere", `{}`).either(on, elsewhere, 204)
		l.post(item, "gone", `{}`).either(on, elsewhere, 204)
		l.post(item, "unknown", `{}`).either(on, unknown, 204)
		l.post(item, "away", `{}`).either(on, 204, 204)
		require.Equal(l.t, on, l.stored(1).Result("unknown") == nil)
	}
}

func tryKeepsOverride(l *lms, on bool) {
	activity, standalone := l.create(`{"label":"A","scoreMaximum":10,"resourceLinkId":"rl-1"}`), l.create(smallItem)
	for _, item := range []string{activity, standalone} {
		l.at(item, 0)
	}
	l.update(func(c *Course) {
		for _, i := range c.LineItems {
			r := i.Result("u1")
			*r.Score, r.Overridden = 7, true
		}
	})
	l.at(activity, time.Minute).either(on, 200, 204)
	require.Equal(l.t, map[bool]any{true: 7.0, false: 5.0}[on], l.result(activity, "u1")["resultScore"])
	l.at(standalone, time.Minute).either(on, 204, 204)
	require.Equal(l.t, 5.0, l.result(standalone, "u1")["resultScore"])
	require.False(l.t, l.stored(2).Result("u1").Overridden)
}

func tryLocked500(l *lms, on bool) {
	column, grade := l.create(smallItem), l.create(smallItem)
	for _, item := range []string{column, grade} {
		l.at(item, 0)
		l.post(item, "u2", `{"scoreGiven":5,"scoreMaximum":10}`)
	}
	l.update(func(c *Course) {
		c.LineItem(1).Locked = true
		c.LineItem(2).Result("u1").Locked = true
	})
	for _, item := range []string{column, grade} {
		r := l.at(item, time.Minute)
		r.either(on, 500, 204)
		require.Equal(l.t, on, r.text() == "[]")
		l.send("PUT", item, `{"label":"L","scoreMaximum":20}`).either(on, 200, 200)
		require.Equal(l.t, map[bool]any{true: 5.0, false: 10.0}[on], l.result(item, "u1")["resultScore"], "a locked grade is not rescaled")
	}
	l.post(column, "u2", `{}`).either(on, 500, 204)
	require.Equal(l.t, 10.0, l.result(grade, "u2")["resultScore"])
	l.post(grade, "u2", `{}`).either(on, 204, 204)
	require.True(l.t, l.stored(1).Locked, "a PUT unlocks nothing")
}

func tryClearedShowsUser(l *lms, on bool) {
	item := l.create(smallItem)
	l.at(item, 0)
	l.post(item, "u1", `{"comment":"c"}`)
	want := map[string]any{"id": item + "/results/u1", "userId": "u1"}
	if !on {
		want["scoreOf"], want["comment"], want["resultMaximum"] = item, "c", 10.0
	}
	require.Empty(l.t, cmp.Diff(want, l.result(item, "u1")))
	l.post(item, "u1", `{}`)
	require.Equal(l.t, on, l.result(item, "u1") != nil)
	require.Nil(l.t, l.result(item, "u2"), "never graded")
}

func tryBareResults(l *lms, on bool) {
	item := l.create(smallItem)
	l.post(item, "u1", `{"scoreGiven":5,"scoreMaximum":10}`)
	want := map[string]any{"userId": "u1", "resultScore": 5.0, "resultMaximum": 10.0}
	if !on {
		want["id"], want["scoreOf"] = item+"/results/u1", item
	}
	require.Empty(l.t, cmp.Diff(want, l.result(item, "u1")))
}

func tryUserFilterNoComment(l *lms, on bool) {
	item := l.create(smallItem)
	l.at(item, 0)
	require.Equal(l.t, on, l.result(item, "u1")["comment"] == nil)
	require.Equal(l.t, "0s", l.send("GET", item+"/results", "").list()[0]["comment"])
}
