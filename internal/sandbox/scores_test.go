package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestScoreIsStoredAndShown(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":50}`)
	r := l.post(item, "u/1", `{"scoreGiven":42.5,"scoreMaximum":50,"comment":" Well\ndone <b> ","scoringUserId":"teacher","https://x.example/y":{}}`)
	require.Equal(t, 204, r.status, r.text())
	require.Empty(t, r.text())
	r = l.send("GET", item+"/results", "")
	require.Equal(t, typeResults, r.header.Get("Content-Type"))
	require.Empty(t, cmp.Diff([]map[string]any{{
		"id": item + "/results/u%2F1", "scoreOf": item, "userId": "u/1", "resultScore": 42.5, "resultMaximum": 50.0,
		"comment": " Well\ndone <b> ", "scoringUserId": "teacher",
	}}, r.list()))
}

func TestScoreValidation(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":10}`)
	for name, tc := range map[string]struct{ members, want string }{
		"no user":              {`"userId":null`, "userId is required"},
		"blank user":           {`"userId":" "`, "userId is required"},
		"user a number":        {`"userId":7`, "userId is not a string"},
		"no activity":          {`"activityProgress":null`, "activityProgress is required"},
		"unknown activity":     {`"activityProgress":"completed"`, "activityProgress is not one of"},
		"no grading":           {`"gradingProgress":null`, "gradingProgress is required"},
		"unknown grading":      {`"gradingProgress":"Fully"`, "gradingProgress is not one of"},
		"no timestamp":         {`"timestamp":null`, "timestamp is required"},
		"blank timestamp":      {`"timestamp":""`, "timestamp is not"},
		"timestamp unzoned":    {`"timestamp":"2026-03-01T12:00:00"`, "timestamp is not"},
		"timestamp a number":   {`"timestamp":1772366400`, "timestamp is not a string"},
		"negative":             {`"scoreGiven":-0.5,"scoreMaximum":10`, "scoreGiven is below 0"},
		"score a string":       {`"scoreGiven":"5","scoreMaximum":10`, "scoreGiven is not a number"},
		"no maximum":           {`"scoreGiven":5`, "needs a scoreMaximum"},
		"maximum null":         {`"scoreGiven":5,"scoreMaximum":null`, "needs a scoreMaximum"},
		"maximum zero":         {`"scoreGiven":5,"scoreMaximum":0`, "scoreMaximum is not above 0"},
		"maximum alone, zero":  {`"scoreMaximum":0`, "scoreMaximum is not above 0"},
		"too large to rescale": {`"scoreGiven":1e308,"scoreMaximum":1e-308`, "too large"},
		"comment a number":     {`"comment":1`, "comment is not a string"},
		"blank scorer":         {`"scoringUserId":""`, "scoringUserId is blank"},
		"submission a list":    {`"submission":[]`, "submission is not an object"},
		"started unzoned":      {`"submission":{"startedAt":"2026-01-01T00:00:00"}`, "startedAt is not"},
		"submitted a number":   {`"submission":{"submittedAt":1}`, "submittedAt is not"},
		"submitted too early":  {`"submission":{"startedAt":"2026-01-01T00:00:00Z","submittedAt":"2026-01-01T00:30:00+01:00"}`, "before startedAt"},
	} {
		t.Run(name, func(t *testing.T) {
			l.post(item, "u1", `{`+tc.members+`}`).refused(400, tc.want)
			require.Nil(t, l.Snapshot().Courses["c1"].LineItem(1).Result("u1"))
		})
	}
	require.Empty(t, l.Snapshot().Courses["c1"].Members, "a refused score enrols nobody")
}

func TestScoresAreRescaled(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":100}`)
	for score, want := range map[string]float64{
		`{"scoreGiven":1,"scoreMaximum":3}`:             33.33333,
		`{"scoreGiven":0,"scoreMaximum":3}`:             0,
		`{"scoreGiven":15,"scoreMaximum":10}`:           150,
		`{"scoreGiven":150,"scoreMaximum":100}`:         150,
		`{"scoreGiven":1.123456789,"scoreMaximum":100}`: 1.123456789,
	} {
		require.Equal(t, 204, l.post(item, "u1", score).status)
		require.Equal(t, want, l.result(item, "u1")["resultScore"], score)
	}
}

func TestRescale(t *testing.T) {
	for _, tc := range []struct{ points, from, to, want float64 }{
		{1, 3, 1, 0.33333},
		{2, 3, 1, 0.66667},
		{0.00001, 2, 1, 0.00001},  // half a unit goes up
		{0.000009, 2, 1, 0},       // just below half goes down
		{2.000010, 2, 1, 1.00001}, // a half that floats would lose
		{92.5, 100, 10, 9.25},
		{1, 10, 100, 10},
		{7, 7, 7, 7},
		{0.1, 0.3, 3, 1},
		{1e-320, 1, 2, 0},
	} {
		got, err := rescale(tc.points, tc.from, tc.to)
		require.NoError(t, err)
		require.Equal(t, tc.want, got, "%v", tc)
	}
	_, err := rescale(1e308, 1e-308, 1)
	require.ErrorContains(t, err, "too large")
}

func TestScoresAreCleared(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":10}`)
	const good = `{"scoreGiven":5,"scoreMaximum":10,"comment":"c","scoringUserId":"t"}`
	for name, tc := range map[string]struct {
		members string
		score   any
		comment any
	}{
		"score absent":        {`{"comment":"d"}`, nil, "d"},
		"score null":          {`{"scoreGiven":null,"comment":"d"}`, nil, "d"},
		"not fully graded":    {`{"scoreGiven":5,"scoreMaximum":10,"gradingProgress":"Pending","comment":"d"}`, nil, "d"},
		"comment absent":      {`{"scoreGiven":6,"scoreMaximum":10}`, 6.0, nil},
		"comment null":        {`{"scoreGiven":6,"scoreMaximum":10,"comment":null}`, 6.0, nil},
		"comment blank":       {`{"scoreGiven":6,"scoreMaximum":10,"comment":" "}`, 6.0, nil},
		"score of zero stays": {`{"scoreGiven":0,"scoreMaximum":10}`, 0.0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, 204, l.post(item, "u1", good).status)
			require.Equal(t, 204, l.post(item, "u1", tc.members).status)
			got := l.result(item, "u1")
			require.Equal(t, tc.score, got["resultScore"])
			require.Equal(t, tc.comment, got["comment"])
			require.NotContains(t, got, "scoringUserId")
		})
	}
	t.Run("all: the row is gone, its timestamp is not", func(t *testing.T) {
		require.Equal(t, 204, l.post(item, "u1", good).status)
		reset := l.score("u1", `{"gradingProgress":"NotReady","activityProgress":"Initialized"}`)
		require.Equal(t, 204, l.send("POST", item+"/scores", reset).status)
		require.Nil(t, l.result(item, "u1"))
		l.send("POST", item+"/scores", reset).refused(409, "timestamp")
	})
}

func TestTimestampsOnlyMoveForward(t *testing.T) {
	l := newLMS(t, Options{})
	item, other := l.create(`{"label":"L","scoreMaximum":10}`), l.create(`{"label":"M","scoreMaximum":10}`)
	at := func(item, user, stamp string) reply {
		return l.post(item, user, `{"scoreGiven":1,"scoreMaximum":10,"timestamp":"`+stamp+`"}`)
	}
	require.Equal(t, 204, at(item, "u1", "2026-01-01T12:00:00.000001Z").status)
	for _, stale := range []string{"2026-01-01T12:00:00.000001Z", "2026-01-01T12:00:00Z", "2026-01-01T13:00:00.000001+01:00", "2025-12-31T23:59:59Z"} {
		at(item, "u1", stale).refused(409, "timestamp")
	}
	require.Equal(t, 204, at(item, "u2", "2026-01-01T12:00:00Z").status, "another person")
	require.Equal(t, 204, at(other, "u1", "2026-01-01T12:00:00Z").status, "another item")
	require.Equal(t, 204, at(item, "u1", "2026-01-01T07:00:00.0000011-05:00").status, "a tenth of a microsecond on")
	l.send("POST", item+"/scores", strings.Replace(l.score("u1", `{"scoreGiven":9,"scoreMaximum":10}`), "2026-03", "2025-03", 1)).refused(409, "timestamp")
	require.Equal(t, 1.0, l.result(item, "u1")["resultScore"])
}

func TestInstants(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-01-02T12:00:00Z":              noon,
		"2026-01-02T12:00:00.000Z":          noon,
		"2026-01-02T12:00:00,5Z":            noon.Add(time.Second / 2),
		"2026-01-02T12:00Z":                 noon,
		"2026-01-02T14:00:00+02:00":         noon,
		"2026-01-02T14:00:00+0200":          noon,
		"2026-01-02T14:00:00+02":            noon,
		"2026-01-02T06:30:00-05:30":         noon,
		"2026-01-02T12:00:00.123456789Z":    noon.Add(123456789),
		"2026-01-02T12:00:00.1234567891Z":   noon.Add(123456789),
		"":                                  {},
		"2026-01-02":                        {},
		"2026-01-02T12:00:00":               {},
		"2026-01-02 12:00:00Z":              {},
		"2026-01-02T1:00:00Z":               {},
		"2026-01-02T24:00:00Z":              {},
		"2026-02-30T12:00:00Z":              {},
		"2026-01-02T12:00:60Z":              {},
		"2026-01-02T12:00:00+99:00":         {},
		"2026-01-02T12:00:00z":              {},
		"0001-01-01T00:00:00+01:00":         {},
		"9999-12-31T23:59:59-01:00":         {},
		" 2026-01-02T12:00:00Z":             {},
		"2026-01-02T12:00:00.Z":             {},
		"Fri, 02 Jan 2026 12:00:00 GMT":     {},
		"2026-01-02T12:00:00Z; DROP TABLES": {},
	} {
		got, ok := parseInstant(text)
		require.Equal(t, !want.IsZero(), ok, text)
		if ok {
			require.Equal(t, want, got, text)
		}
	}
}

func TestSubmissionTimesStayUntilAReset(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":10}`)
	stored := func() [2]time.Time {
		r := l.Snapshot().Courses["c1"].LineItem(1).Result("u1")
		return [2]time.Time{r.StartedAt, r.SubmittedAt}
	}
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	for _, step := range []struct {
		members string
		want    [2]time.Time
	}{
		{`{"submission":{"startedAt":"2026-01-01T00:00:00Z","submittedAt":"2026-01-02T00:00:00Z"}}`, [2]time.Time{day(1), day(2)}},
		{`{"scoreGiven":1,"scoreMaximum":1}`, [2]time.Time{day(1), day(2)}},
		{`{"submission":null}`, [2]time.Time{day(1), day(2)}},
		{`{"submission":{"submittedAt":"2026-01-03T00:00:00Z"}}`, [2]time.Time{day(1), day(3)}},
		{`{"activityProgress":"Initialized","gradingProgress":"NotReady"}`, [2]time.Time{}},
	} {
		require.Equal(t, 204, l.post(item, "u1", step.members).status)
		require.Equal(t, step.want, stored(), step.members)
	}
}

func TestEnrolment(t *testing.T) {
	l := newLMS(t, Options{})
	item := l.create(`{"label":"L","scoreMaximum":10}`)
	require.Equal(t, 204, l.post(item, "new", `{}`).status)
	require.Empty(t, cmp.Diff(&Member{UserID: "new", Status: "Active", Roles: []string{contextRole + "Learner"}}, l.Snapshot().Courses["c1"].Member("new")))

	require.NoError(t, l.AddMember("c1", Member{UserID: "away", Status: "Inactive"}))
	require.NoError(t, l.AddMember("c1", Member{UserID: "gone", Status: "Deleted"}))
	require.NoError(t, l.Update(func(st *State) error { st.Courses["c1"].Closed = true; return nil }))
	l.post(item, "stranger", `{}`).refused(403, "not enrolled")
	l.post(item, "gone", `{}`).refused(403, "not enrolled")
	require.Equal(t, 204, l.post(item, "new", `{}`).status)
	require.Equal(t, 204, l.post(item, "away", `{}`).status)
	require.Nil(t, l.Snapshot().Courses["c1"].Member("stranger"))
	require.Nil(t, l.Snapshot().Courses["c1"].LineItem(1).Result("stranger"))
}

func TestResultFiltersAndPages(t *testing.T) {
	l := newLMS(t, Options{PageSize: 3})
	item := l.create(`{"label":"L","scoreMaximum":10}`)
	for _, n := range []int{4, 2, 5, 1, 3} {
		require.Equal(t, 204, l.post(item, fmt.Sprintf("u+%d", n), `{"scoreGiven":1,"scoreMaximum":1}`).status)
	}
	require.Equal(t, 204, l.post(item, "u+0", `{}`).status, "progress alone is no result")
	users := func(r reply) (all []string) {
		for _, one := range r.list() {
			all = append(all, one["userId"].(string))
		}
		return all
	}
	require.Empty(t, cmp.Diff([][]string{{"u+1", "u+2", "u+3"}, {"u+4", "u+5"}}, l.pages(item+"/results", users)))
	require.Empty(t, cmp.Diff([][]string{{"u+1", "u+2"}, {"u+3", "u+4"}, {"u+5"}}, l.pages(item+"/results?limit=2", users)))
	require.Empty(t, cmp.Diff([][]string{{"u+4"}}, l.pages(item+"/results?user_id=u%2B4&limit=1", users)))
	require.Equal(t, "[]", l.send("GET", item+"/results?user_id=u%2B0", "").text())
	require.Equal(t, "[]", l.send("GET", item+"/results?user_id=nobody", "").text())
	l.send("GET", item+"/results?limit=x", "").refused(400, "limit")
}
