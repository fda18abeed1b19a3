package sandbox

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"net/url"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
)

// What decodes can be stored, and shown as it was.
func FuzzDecodeLineItem(f *testing.F) {
	f.Add([]byte(fullItem))
	f.Add([]byte(`{"label":"L","scoreMaximum":1e308,"x":null,"":[{}]}`))
	f.Add([]byte(`{"label":"\ud800","scoreMaximum":5e-324,"LABEL":"M"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := decodeObject(body)
		if err != nil {
			return
		}
		sent := &members{raw: maps.Clone(m.raw)}
		item, _, err := rules{}.lineItem(m)
		if err != nil {
			require.IsType(t, &problem{}, err)
			require.Equal(t, 400, err.(*problem).status)
			return
		}
		require.NoError(t, item.check())
		require.LessOrEqual(t, utf8.RuneCountInString(item.ResourceID), 256)
		st, _, err := rules{}.addLineItem(emptyState(t), "c", sent)
		if item.ResourceLinkID != "" {
			return
		}
		require.NoError(t, err)
		requireRoundTrip(t, st)
	})
}

// A score that decodes is stored or refused, and never as anything but a number
// of 0 or more.
func FuzzDecodeScore(f *testing.F) {
	f.Add([]byte(`{"userId":"u","activityProgress":"Completed","gradingProgress":"FullyGraded","timestamp":"2026-01-01T00:00:00Z","scoreGiven":1,"scoreMaximum":3,"comment":"c"}`))
	f.Add([]byte(`{"userId":"u","activityProgress":"Initialized","gradingProgress":"NotReady","timestamp":"0001-01-01T00:00:00-23:59","submission":{"startedAt":"9999-12-31T23:59:59Z"}}`))
	f.Add([]byte(`{"userId":"u","activityProgress":"Completed","gradingProgress":"FullyGraded","timestamp":"2026-01-01T00:00Z","scoreGiven":1e308,"scoreMaximum":5e-324}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		sc, err := decodeScore(body)
		if err != nil {
			require.IsType(t, &problem{}, err)
			return
		}
		st, err := rules{}.postScore(withLineItem(t), "c", 1, sc)
		if err != nil {
			require.ErrorContains(t, err, "too large")
			return
		}
		r := st.Courses["c"].LineItem(1).Result(sc.userID)
		if r.Score != nil {
			require.False(t, math.IsNaN(*r.Score) || math.IsInf(*r.Score, 0) || *r.Score < 0)
		}
		_, err = rules{}.postScore(st, "c", 1, sc)
		require.ErrorContains(t, err, "timestamp")
		requireRoundTrip(t, st)
	})
}

// Whatever quirks a platform has, a state is left that can be saved and read, or
// a refusal that can be answered.
func FuzzRulesWithQuirks(f *testing.F) {
	f.Add(uint64(1), []byte(fullItem), []byte(`{"label":"M"}`), []byte(`{"userId":"7","activityProgress":"Completed","gradingProgress":"PendingManual","timestamp":"2026-01-01T00:00:00Z","scoreGiven":9,"scoreMaximum":3,"comment":"0"}`))
	f.Add(uint64(9), []byte(`{"label":"L"}`), []byte(`{"label":"L","scoreMaximum":0.5,"tag":null}`), []byte(`{"userId":"u","activityProgress":"Initialized","gradingProgress":"NotReady","timestamp":"2026-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, seed uint64, first, second, posted []byte) {
		chance, h := rand.New(rand.NewPCG(seed, 0)), habits{}
		for _, q := range quirk.All() {
			h[q] = chance.IntN(3) == 0
		}
		r, st := rules{habits: h, now: newClock().Now()}, emptyState(t)
		step := func(next *State, err error) {
			if err == nil {
				st = next
				requireRoundTrip(t, st)
				return
			}
			require.Less(t, refusal(err).status, 600)
			require.NotEqual(t, 0, refusal(err).status)
		}
		if m, err := decodeObject(first); err == nil {
			next, _, err := r.addLineItem(st, "c", m)
			step(next, err)
		}
		for range 2 {
			if sc, err := decodeScore(posted); err == nil {
				step(r.postScore(st, "c", 1, sc))
			}
			if m, err := decodeObject(second); err == nil {
				next, _, err := r.replaceLineItem(st, "c", 1, "", m)
				step(next, err)
			}
		}
		step(r.deleteLineItem(st, "c", 1))
	})
}

func emptyState(t *testing.T) *State {
	key := json.RawMessage(`{"kty":"RSA","n":"AQAB","e":"AQAB"}`)
	st := &State{Version: stateVersion, Client: Client{ID: "c", DeploymentID: "1", PublicKey: key}, Courses: map[string]*Course{}}
	require.NoError(t, st.check())
	return rules{}.addCourse(st, "c")
}

func withLineItem(t *testing.T) *State {
	m, err := decodeObject([]byte(`{"label":"L","scoreMaximum":7}`))
	require.NoError(t, err)
	st, _, err := rules{}.addLineItem(emptyState(t), "c", m)
	require.NoError(t, err)
	return st
}

func requireRoundTrip(t *testing.T, st *State) {
	t.Helper()
	data, err := encodeState(st)
	require.NoError(t, err)
	again, err := decodeState(data)
	require.NoError(t, err, string(data))
	require.Empty(t, cmp.Diff(st, again))
}

// What is read is written as the same again, byte by byte.
func FuzzDecodeState(f *testing.F) {
	f.Add([]byte(`{"version":1,"client":{"id":"c","deploymentId":"1","publicKey":{"kty":"RSA","n":"AQAB","e":"AQAB"}},"courses":{"c":{"nextLineItem":3,
		"lineItems":[{"number":2,"label":"B","scoreMaximum":1,"results":[{"userId":"b","score":1},{"userId":"a"}]},{"number":1,"label":"A","scoreMaximum":1,"extra":{"x": [1, 2]}}],
		"members":[{"user_id":"u"}]}}}`))
	f.Add([]byte(`{"version":1,"courses":{"c":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		st, err := decodeState(data)
		if err != nil {
			return
		}
		first, err := encodeState(st)
		require.NoError(t, err)
		again, err := decodeState(first)
		require.NoError(t, err, string(first))
		second, err := encodeState(again)
		require.NoError(t, err)
		require.True(t, bytes.Equal(first, second))
	})
}

// A path that names a line item is the one that its number makes.
func FuzzParsePath(f *testing.F) {
	for _, path := range []string{"/token", "/courses/a%2Fb/lineitems/1/scores", "/courses/c/lineitems/01", "/courses/../x/memberships", "//", "", "*",
		"/api/lti/courses/c/line_items/1/scores", "/mod/lti/services.php/c/lineitems/1/lineitem?type_id=a+b%26c%2Fd"} {
		f.Add(path)
	}
	layouts := []layout{habits{}.layoutFor("1"), habits{quirk.CanvasPaths: true}.layoutFor("1"), habits{quirk.MoodlePaths: true}.layoutFor("a b&c/d")}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.ParseRequestURI(raw)
		if err != nil {
			return
		}
		for _, l := range layouts {
			p := l.parse(u)
			require.GreaterOrEqual(t, p.item, 0)
			if back := map[string]string{
				kindLineItems: l.lineItemsOf(p.course), kindMemberships: l.membershipsOf(p.course),
				kindLineItem: l.lineItemOf(p.course, p.item), kindScores: below(l.lineItemOf(p.course, p.item), "/scores"),
			}[p.kind]; back != "" {
				u, err := url.Parse(back)
				require.NoError(t, err)
				require.Equal(t, p, l.parse(u))
			}
		}
	})
}
