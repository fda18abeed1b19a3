package sandbox

import (
	"bytes"
	"encoding/json"
	"math"
	"net/url"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// What decodes can be stored, and shown as it was.
func FuzzDecodeLineItem(f *testing.F) {
	f.Add([]byte(fullItem))
	f.Add([]byte(`{"label":"L","scoreMaximum":1e308,"x":null,"":[{}]}`))
	f.Add([]byte(`{"label":"\ud800","scoreMaximum":5e-324,"LABEL":"M"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		item, _, err := decodeLineItem(body)
		if err != nil {
			require.IsType(t, &problem{}, err)
			require.Equal(t, 400, err.(*problem).status)
			return
		}
		require.NoError(t, item.check())
		require.LessOrEqual(t, utf8.RuneCountInString(item.ResourceID), 256)
		st, _, err := emptyState(t).addLineItem("c", item)
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
		st, _, err := emptyState(t).addLineItem("c", LineItem{Label: "L", ScoreMaximum: 7})
		require.NoError(t, err)
		st, err = st.postScore("c", 1, sc)
		if err != nil {
			require.ErrorContains(t, err, "too large")
			return
		}
		r := st.Courses["c"].LineItem(1).Result(sc.userID)
		if r.Score != nil {
			require.False(t, math.IsNaN(*r.Score) || math.IsInf(*r.Score, 0) || *r.Score < 0)
		}
		_, err = st.postScore("c", 1, sc)
		require.ErrorContains(t, err, "timestamp")
		requireRoundTrip(t, st)
	})
}

func emptyState(t *testing.T) *State {
	key := json.RawMessage(`{"kty":"RSA","n":"AQAB","e":"AQAB"}`)
	st := &State{Version: stateVersion, Client: Client{ID: "c", DeploymentID: "1", PublicKey: key}, Courses: map[string]*Course{}}
	require.NoError(t, st.check())
	return st.withNewCourse("c")
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
	for _, path := range []string{"/token", "/courses/a%2Fb/lineitems/1/scores", "/courses/c/lineitems/01", "/courses/../x/memberships", "//", "", "*"} {
		f.Add(path)
	}
	s := &Sandbox{}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.ParseRequestURI(raw)
		if err != nil {
			return
		}
		p := parsePath(u)
		if p.kind == kindLineItems || p.kind == kindMemberships {
			back, err := url.Parse(map[string]string{kindLineItems: s.LineItemsPath(p.course), kindMemberships: s.MembershipsPath(p.course)}[p.kind])
			require.NoError(t, err)
			require.Equal(t, p, parsePath(back))
		}
		require.GreaterOrEqual(t, p.item, 0)
	})
}
