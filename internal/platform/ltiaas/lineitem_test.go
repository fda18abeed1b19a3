package ltiaas

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// An id is one segment of the path whatever it holds, and arrives as it was.
func TestIDIsOneSegment(t *testing.T) {
	for _, tc := range []struct{ id, path string }{
		{itemID, itemPath},
		{"https://lms.example.com/l/1?type_id=3&a=b+c", "/api/lineitems/https%3A%2F%2Flms.example.com%2Fl%2F1%3Ftype_id%3D3%26a%3Db%2Bc"},
		{"https://lms.example.com/a%2Fb%20c/%25", "/api/lineitems/https%3A%2F%2Flms.example.com%2Fa%252Fb%2520c%2F%2525"},
		{"https://lms.example.com:8443/l;v=1/é/(x)!*'~.-_#frag", "/api/lineitems/https%3A%2F%2Flms.example.com%3A8443%2Fl%3Bv%3D1%2F%C3%A9%2F%28x%29%21%2A%27~.-_%23frag"},
		{"https://lms.example.com/a b", "/api/lineitems/https%3A%2F%2Flms.example.com%2Fa%20b"},
		{"http://[::1]:80/../a//b/", "/api/lineitems/http%3A%2F%2F%5B%3A%3A1%5D%3A80%2F..%2Fa%2F%2Fb%2F"},
	} {
		t.Run(tc.id, func(t *testing.T) {
			var arrived, uri string
			mux := http.NewServeMux()
			mux.HandleFunc("POST /api/lineitems/{id}/scores", func(w http.ResponseWriter, r *http.Request) {
				arrived, uri = r.PathValue("id"), r.RequestURI
				w.WriteHeader(http.StatusNoContent)
			})
			srv := httptest.NewServer(mux)
			defer srv.Close()
			p, err := New(nil, Options{URL: srv.URL, APIKey: apiKey, ServiceKey: serviceKey})
			require.NoError(t, err)
			require.NoError(t, p.PostScore(t.Context(), tc.id, reconcile.Score{UserID: "1"}))
			require.Equal(t, tc.id, arrived)
			require.Equal(t, tc.path+"/scores", uri)
		})
	}
}

// What is no id of LTIAAS is not sent: it would be another path.
func TestIDMustBeURL(t *testing.T) {
	s := serve(t, reply{status: 200, body: `{}`})
	p := s.platform(t, nil)
	for _, id := range []string{"", "1", "..", "lineitems/1", "ftp://lms.example.com/1", "https:///1", "https://%zz", "/l/1", "https://me:s3cret@lms.example.com/1", "https://lms.example.com/" + strings.Repeat("x", maxID)} {
		_, read := p.LineItem(t.Context(), id)
		_, results := drained(t, p.Results(t.Context(), id))
		for name, err := range map[string]error{
			"read": read, "results": results, "change": p.ReplaceLineItem(t.Context(), plan.LineItem{ID: id, Label: "x", ScoreMaximum: 1}, nil),
			"delete": p.DeleteLineItem(t.Context(), id), "score": p.PostScore(t.Context(), id, reconcile.Score{UserID: "1"}),
		} {
			require.Equal(t, reconcile.Refused, asFault(t, err).Kind, "%s %q", name, id)
			require.ErrorContains(t, err, "the line item's id ", name)
			require.NotContains(t, err.Error(), "s3cret")
		}
	}
	require.Empty(t, s.requests())
}

// What a line item holds is given back as it came; a cleared member is null.
func TestReplaceMerges(t *testing.T) {
	s := serve(t, reply{status: 200, body: `{"id": "https://lms.example.com/its/own/name", "label": "Homework 1", "scoreMaximum": 50, "resourceId": 7,
		"tag": "t", "resourceLinkId": "rl", "gradesReleased": false, "startDateTime": "next Tuesday", "endDateTime": "2026-12-24T12:00:00+0100",
		"https://example.edu/weight": {"of": [1, 2.50, null]}, "vendorFlag": true, "nothing": null}`})
	p := s.platform(t, nil)
	li, err := p.LineItem(t.Context(), itemID)
	require.NoError(t, err)
	require.Equal(t, itemID, li.ID)
	require.Equal(t, time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC), li.EndDateTime.UTC())
	require.Empty(t, cmp.Diff(json.RawMessage(`"next Tuesday"`), li.Extensions["startDateTime"]))
	s.requests()

	li.Label, li.Tag = "Homework One", ""
	require.NoError(t, p.ReplaceLineItem(t.Context(), li, []string{"tag", "vendorFlag"}))
	var put map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.requests()[0].Body), &put))
	require.Empty(t, cmp.Diff(map[string]any{
		"label": "Homework One", "scoreMaximum": 50.0, "resourceId": 7.0, "tag": nil, "resourceLinkId": "rl", "gradesReleased": false,
		"startDateTime": "next Tuesday", "endDateTime": "2026-12-24T12:00:00+01:00",
		"https://example.edu/weight": map[string]any{"of": []any{1.0, 2.5, nil}}, "vendorFlag": nil, "nothing": nil,
	}, put))
}

// A create sends no id. One that answers well has created, whatever it says.
func TestCreateAnswers(t *testing.T) {
	for _, tc := range []struct {
		name string
		reply
		id string
	}{
		{"its URL", reply{status: 201, body: `{"id":"https://lms.example.com/course/1/lineitems/1"}`}, itemID},
		{"a number", reply{status: 201, body: `{"id":9}`}, ""},
		{"nothing", reply{status: 201}, ""},
		{"cut short", reply{status: 201, body: `{"id":"https://lms.exa`}, ""},
		{"a list", reply{status: 200, body: `[]`}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, tc.reply)
			id, err := s.platform(t, nil).CreateLineItem(t.Context(), plan.LineItem{ID: "https://old.example/1", Label: "x", ScoreMaximum: 5})
			require.NoError(t, err)
			require.Equal(t, tc.id, id)
			require.Equal(t, `{"label":"x","scoreMaximum":5}`, s.requests()[0].Body)
		})
	}
	s := serve(t, reply{status: 200, body: " <!doctype html>"})
	_, err := s.platform(t, nil).CreateLineItem(t.Context(), plan.LineItem{Label: "x", ScoreMaximum: 5})
	require.Equal(t, reconcile.Doubt, asFault(t, err).Kind, "a page came from somebody else")
	require.Len(t, s.requests(), 1, "a write is sent once")
}
