package ags

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// shelf is a server with one line item: GET gives it as it stands, PUT
// remembers what came.
type shelf struct {
	url, item string
	put       map[string]any
	raw       string
}

func newShelf(t *testing.T, item string) (*shelf, *Platform) {
	t.Helper()
	s := &shelf{item: item}
	s.url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			goodToken(w, r)
		case r.Method == http.MethodPut:
			b, err := io.ReadAll(r.Body)
			if err == nil {
				err = json.Unmarshal(b, &s.put)
			}
			if err != nil {
				t.Errorf("PUT: %v", err)
			}
			s.raw = string(b)
			_, _ = w.Write(b)
		default:
			answer(200, s.item)(w, r)
		}
	})
	return s, over(t, nil, s.url, s.url)
}

// What a line item holds is given back as it came, whatever we make of it.
func TestLineItemThereAndBack(t *testing.T) {
	s, p := newShelf(t, `{"id": "http://lms.example.edu/its/own/name", "label": "Homework 1", "scoreMaximum": 50, "resourceId": "hw1",
		"tag": "t", "resourceLinkId": "rl", "gradesReleased": false,
		"startDateTime": "next Tuesday", "endDateTime": "2026-13-45T00:00:00Z",
		"https://example.edu/weight": {"of": [1, 2.50, null], "why": "<b>"}, "vendorFlag": true, "nothing": null}`)
	id := s.url + "/items/1?type_id=3"
	li, err := p.LineItem(t.Context(), id)
	require.NoError(t, err)
	no := false
	require.Empty(t, cmp.Diff(plan.LineItem{
		ID: id, Label: "Homework 1", ScoreMaximum: 50, ResourceID: "hw1", Tag: "t", ResourceLinkID: "rl", GradesReleased: &no,
		Extensions: map[string]json.RawMessage{
			"startDateTime": json.RawMessage(`"next Tuesday"`), "endDateTime": json.RawMessage(`"2026-13-45T00:00:00Z"`),
			"https://example.edu/weight": json.RawMessage(`{"of": [1, 2.50, null], "why": "<b>"}`),
			"vendorFlag":                 json.RawMessage(`true`), "nothing": json.RawMessage(`null`),
		},
	}, li))

	require.NoError(t, p.ReplaceLineItem(t.Context(), li, nil))
	require.Empty(t, cmp.Diff(map[string]any{
		"id": id, "label": "Homework 1", "scoreMaximum": 50.0, "resourceId": "hw1", "tag": "t", "resourceLinkId": "rl", "gradesReleased": false,
		"startDateTime": "next Tuesday", "endDateTime": "2026-13-45T00:00:00Z",
		"https://example.edu/weight": map[string]any{"of": []any{1.0, 2.5, nil}, "why": "<b>"}, "vendorFlag": true, "nothing": nil,
	}, s.put))
	require.Contains(t, s.raw, "2.50", "numbers keep their writing")
}

func TestDatesThereAndBack(t *testing.T) {
	for _, tc := range []struct {
		name, date string
		want       time.Time // zero: not a time to us
		back       string
	}{
		{"UTC", "2026-12-24T11:00:00Z", time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC), "2026-12-24T11:00:00Z"},
		{"a zone", "2026-12-24T12:00:00+01:00", time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC), "2026-12-24T12:00:00+01:00"},
		{"a fraction", "2026-12-24T11:00:00.25Z", time.Date(2026, 12, 24, 11, 0, 0, 25e7, time.UTC), "2026-12-24T11:00:00.25Z"},
		{"no zone", "2026-12-24T11:00:00", time.Time{}, "2026-12-24T11:00:00"},
		{"a zone without a colon", "2026-12-24T12:00:00+0100", time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC), "2026-12-24T12:00:00+01:00"},
		{"a zone of hours", "2026-12-24T06:00:00-05", time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC), "2026-12-24T06:00:00-05:00"},
		{"no seconds", "2026-12-24T11:00Z", time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC), "2026-12-24T11:00:00Z"},
		{"a day", "2026-12-24", time.Time{}, "2026-12-24"},
		{"hostile", "\u202e\"\\", time.Time{}, "\u202e\"\\"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			item, err := json.Marshal(map[string]any{"label": "x", "scoreMaximum": 1, "endDateTime": tc.date})
			require.NoError(t, err)
			s, p := newShelf(t, string(item))
			li, err := p.LineItem(t.Context(), s.url+"/items/1")
			require.NoError(t, err)
			require.True(t, tc.want.Equal(li.EndDateTime), "%s", li.EndDateTime)
			require.Equal(t, tc.want.IsZero(), li.Extensions["endDateTime"] != nil)
			require.NoError(t, p.ReplaceLineItem(t.Context(), li, nil))
			require.Equal(t, tc.back, s.put["endDateTime"])
		})
	}
}

// Members of a type that is not theirs are not lost either.
func TestOddMembersThereAndBack(t *testing.T) {
	s, p := newShelf(t, `{"label": "x", "scoreMaximum": {"points": 5}, "startDateTime": 1767225600, "gradesReleased": "yes", "tag": ["a"]}`)
	li, err := p.LineItem(t.Context(), s.url+"/items/1")
	require.NoError(t, err)
	require.Zero(t, li.ScoreMaximum)
	require.Zero(t, li.StartDateTime)
	require.NoError(t, p.ReplaceLineItem(t.Context(), li, nil))
	require.Empty(t, cmp.Diff(map[string]any{
		"id": s.url + "/items/1", "label": "x", "scoreMaximum": map[string]any{"points": 5.0}, "startDateTime": 1767225600.0,
		"gradesReleased": "yes", "tag": []any{"a"},
	}, s.put))
}

// A value of ours goes before one that could not be read, and a cleared
// member is sent as null, whatever is there.
func TestReplaceSetsAndClears(t *testing.T) {
	s, p := newShelf(t, `{"label": "x", "scoreMaximum": 5, "tag": "t", "startDateTime": "soon", "endDateTime": "later",
		"gradesReleased": true, "https://example.edu/a": 1, "https://example.edu/b": 2}`)
	li, err := p.LineItem(t.Context(), s.url+"/items/1")
	require.NoError(t, err)
	li.Label, li.Tag = "y", ""
	li.StartDateTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", -5*3600))
	li.GradesReleased = nil
	require.NoError(t, p.ReplaceLineItem(t.Context(), li, []string{"tag", "endDateTime", "gradesReleased", "https://example.edu/b"}))
	require.Empty(t, cmp.Diff(map[string]any{
		"id": s.url + "/items/1", "label": "y", "scoreMaximum": 5.0, "tag": nil, "startDateTime": "2026-01-02T03:04:05-05:00",
		"endDateTime": nil, "gradesReleased": nil, "https://example.edu/a": 1.0, "https://example.edu/b": nil,
	}, s.put))
}

// A create sends no id, and an id of another origin is not taken.
func TestCreateLineItem(t *testing.T) {
	for _, tc := range []struct{ name, answer, want string }{
		{"its URL", `{"id":"SELF/items/9"}`, "SELF/items/9"},
		{"a number", `{"id":9}`, ""},
		{"elsewhere", `{"id":"https://elsewhere.example/9"}`, ""},
		{"nothing", ``, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var sent map[string]any
			var url string
			self := func(s string) string { return strings.ReplaceAll(s, "SELF", url) }
			url = serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/token" {
					goodToken(w, r)
					return
				}
				if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
					t.Errorf("POST: %v", err)
				}
				answer(201, self(tc.answer))(w, r)
			})
			id, err := over(t, nil, url, url).CreateLineItem(t.Context(), plan.LineItem{ID: "https://old.example/1", Label: "x", ScoreMaximum: 5, ResourceID: "r"})
			require.NoError(t, err)
			require.Equal(t, self(tc.want), id)
			require.Empty(t, cmp.Diff(map[string]any{"label": "x", "scoreMaximum": 5.0, "resourceId": "r"}, sent))
		})
	}
}
