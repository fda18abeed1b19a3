package agsclient

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestLineItemDecode(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     LineItem
		back     string // as it is sent back
	}{
		{"whole", `{"id":"https://a/1","label":"HW 1","scoreMaximum":92.50,"resourceId":"hw1","tag":"t","resourceLinkId":"l","startDateTime":"2025-01-01T00:00:00Z","endDateTime":"2025-02-01T00:00:00+01:00","gradesReleased":false,"https://x.example/ext":{"a":[1, 2]}}`,
			LineItem{ID: "https://a/1", Label: "HW 1", ScoreMaximum: 92.5, ResourceID: "hw1", Tag: "t", ResourceLinkID: "l", StartDateTime: "2025-01-01T00:00:00Z", EndDateTime: "2025-02-01T00:00:00+01:00", GradesReleased: ptr(false),
				Extra: map[string]json.RawMessage{"https://x.example/ext": json.RawMessage(`{"a":[1, 2]}`)}},
			`{"id":"https://a/1","label":"HW 1","scoreMaximum":92.5,"resourceId":"hw1","tag":"t","resourceLinkId":"l","startDateTime":"2025-01-01T00:00:00Z","endDateTime":"2025-02-01T00:00:00+01:00","gradesReleased":false,"https://x.example/ext":{"a":[1,2]}}`},
		{"nulls and blanks", `{"id":null,"label":"x","scoreMaximum":null,"tag":"","gradesReleased":null,"own":null}`,
			LineItem{Label: "x", Extra: map[string]json.RawMessage{"own": json.RawMessage("null")}}, `{"label":"x","own":null}`},
		{"numbers as text", `{"id":17,"resourceId":3.10,"scoreMaximum":"100.0"}`,
			LineItem{ID: "17", ResourceID: "3.10", ScoreMaximum: 100, Extra: map[string]json.RawMessage{"resourceId": json.RawMessage("3.10")}},
			`{"id":"17","scoreMaximum":100,"resourceId":3.10}`},
		{"wrong types stay", `{"tag":{"a":1},"startDateTime":1735689600,"gradesReleased":"yes","scoreMaximum":"many"}`,
			LineItem{Extra: map[string]json.RawMessage{"tag": json.RawMessage(`{"a":1}`), "startDateTime": json.RawMessage("1735689600"), "gradesReleased": json.RawMessage(`"yes"`), "scoreMaximum": json.RawMessage(`"many"`)}},
			`{"gradesReleased":"yes","scoreMaximum":"many","startDateTime":1735689600,"tag":{"a":1}}`},
		{"a maximum of nought stays", `{"scoreMaximum":0}`, LineItem{Extra: map[string]json.RawMessage{"scoreMaximum": json.RawMessage("0")}}, `{"scoreMaximum":0}`},
		{"names are exact", `{"Tag":"x","tag":"y"}`, LineItem{Tag: "y", Extra: map[string]json.RawMessage{"Tag": json.RawMessage(`"x"`)}}, `{"tag":"y","Tag":"x"}`},
		{"small and large", `{"scoreMaximum":1e-7}`, LineItem{ScoreMaximum: 1e-7}, `{"scoreMaximum":0.0000001}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got LineItem
			require.NoError(t, json.Unmarshal([]byte(tc.in), &got))
			require.Empty(t, cmp.Diff(tc.want, got))
			back, err := got.MarshalJSON()
			require.NoError(t, err)
			require.Equal(t, tc.back, string(back))
		})
	}
	for _, in := range []string{`[]`, `null`, `"x"`, `{`, ``} {
		require.Error(t, new(LineItem).UnmarshalJSON([]byte(in)), in)
	}
}

func TestLineItemEncode(t *testing.T) {
	b, err := LineItem{
		Label: "a \"b\" <é>\n", ScoreMaximum: 1e21, Tag: "old", StartDateTime: "now",
		Null:  []string{"tag", "endDateTime", "tag"},
		Extra: map[string]json.RawMessage{"tag": json.RawMessage(`9`), "label": json.RawMessage(`9`), "z": json.RawMessage("{\n \"k\" : 1 }"), "a": json.RawMessage(`1.50`)},
	}.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, `{"tag":null,"endDateTime":null,"label":"a \"b\" <é>\n","scoreMaximum":1000000000000000000000,"startDateTime":"now","a":1.50,"z":{"k":1}}`, string(b))
	_, err = LineItem{Extra: map[string]json.RawMessage{"bad": json.RawMessage(`{`)}}.MarshalJSON()
	require.ErrorContains(t, err, `"bad"`)
}

// What came as a number goes back as that number, unless it was changed.
func TestNumbersGoBackAsNumbers(t *testing.T) {
	const in = `{"label":"x","resourceId":1200,"tag":7e2,"resourceLinkId":-0.50,"startDateTime":"2025-01-01 00:00","endDateTime":1735689600}`
	for _, tc := range []struct {
		name string
		set  func(*LineItem)
		want string
	}{
		{"untouched", func(l *LineItem) { l.Label = "y" }, `{"label":"y","resourceId":1200,"tag":7e2,"resourceLinkId":-0.50,"startDateTime":"2025-01-01 00:00","endDateTime":1735689600}`},
		{"changed", func(l *LineItem) { l.Tag, l.EndDateTime = "8", "later" }, `{"label":"x","resourceId":1200,"tag":"8","resourceLinkId":-0.50,"startDateTime":"2025-01-01 00:00","endDateTime":"later"}`},
		{"emptied", func(l *LineItem) { l.ResourceID, l.StartDateTime = "", "" }, `{"label":"x","tag":7e2,"resourceLinkId":-0.50,"endDateTime":1735689600}`},
		{"cleared", func(l *LineItem) { l.Null = []string{"tag"} }, `{"tag":null,"label":"x","resourceId":1200,"resourceLinkId":-0.50,"startDateTime":"2025-01-01 00:00","endDateTime":1735689600}`},
	} {
		var item LineItem
		require.NoError(t, item.UnmarshalJSON([]byte(in)))
		require.Equal(t, []string{"1200", "7e2", "-0.50"}, []string{item.ResourceID, item.Tag, item.ResourceLinkID})
		tc.set(&item)
		out, err := item.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, tc.want, string(out), tc.name)
	}

	in2 := []byte(`{"own":[1,2],"tag":5}`)
	var item LineItem
	require.NoError(t, item.UnmarshalJSON(in2))
	copy(in2, "####################")
	require.Equal(t, "[1,2]", string(item.Extra["own"]), "nothing kept is a part of what was read")
}

// Of two members of one name the last one counts, as in encoding/json.
func TestLineItemMemberTwice(t *testing.T) {
	for in, want := range map[string]LineItem{
		`{"tag":[],"tag":"x"}`:                              {Tag: "x"},
		`{"tag":5,"own":1,"tag":"x"}`:                       {Tag: "x", Extra: map[string]json.RawMessage{"own": json.RawMessage("1")}},
		`{"tag":"x","tag":[]}`:                              {Extra: map[string]json.RawMessage{"tag": json.RawMessage("[]")}},
		`{"own":1,"own":2}`:                                 {Extra: map[string]json.RawMessage{"own": json.RawMessage("2")}},
		`{"scoreMaximum":{},"scoreMaximum":5}`:              {ScoreMaximum: 5},
		`{"scoreMaximum":1e400}`:                            {Extra: map[string]json.RawMessage{"scoreMaximum": json.RawMessage("1e400")}},
		`{"scoreMaximum":"-1e400"}`:                         {Extra: map[string]json.RawMessage{"scoreMaximum": json.RawMessage(`"-1e400"`)}},
		`{"scoreMaximum":-0}`:                               {Extra: map[string]json.RawMessage{"scoreMaximum": json.RawMessage("-0")}},
		`{"gradesReleased":true,"gradesReleased":null}`:     {},
		`{"startDateTime":"2026-01-02","startDateTime":12}`: {Extra: map[string]json.RawMessage{"startDateTime": json.RawMessage("12")}},
	} {
		var got LineItem
		require.NoError(t, got.UnmarshalJSON([]byte(in)))
		require.Empty(t, cmp.Diff(want, got), in)
		require.False(t, math.Signbit(got.ScoreMaximum), in)
	}
}

func FuzzLineItemRoundTrip(f *testing.F) {
	for _, s := range []string{`{"id":"https://a/1","label":"x","scoreMaximum":10,"ext":{"a":[null,1.0]}}`, `{"id":7,"tag":[],"scoreMaximum":"1e2"}`, `{"scoreMaximum":-0,"":"\u0000"}`, "{\"a\xff\":1,\"a\xfe\":2}", `{"tag":[],"tag":"x","own":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var first, second LineItem
		if first.UnmarshalJSON(in) != nil {
			return
		}
		out, err := first.MarshalJSON()
		require.NoError(t, err)
		require.NotContains(t, string(out), "\n")
		require.NoError(t, second.UnmarshalJSON(out))
		again, err := second.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, string(out), string(again))

		// No member twice, and none lost but those that say nothing.
		names := memberNames(t, out)
		before, _ := members(in)
		for name, raw := range before {
			s, isText := text(raw)
			if !names[name] {
				require.True(t, absent(raw) || isText && s == "" || name == "scoreMaximum", "lost %q of %s", name, in)
			}
		}
	})
}

// memberNames fails on a name that stands twice.
func memberNames(t *testing.T, object []byte) map[string]bool {
	dec := json.NewDecoder(bytes.NewReader(object))
	_, err := dec.Token()
	require.NoError(t, err)
	names := map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		require.NoError(t, err)
		require.False(t, names[name.(string)], "twice: %s", name)
		names[name.(string)] = true
		var skip json.RawMessage
		require.NoError(t, dec.Decode(&skip))
	}
	return names
}

func TestLineItemRequests(t *testing.T) {
	type sent struct{ Method, URI, Accept, Content, Auth, Body string }
	var got sent
	var reply http.HandlerFunc
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = sent{r.Method, r.RequestURI, r.Header.Get("Accept"), r.Header.Get("Content-Type"), r.Header.Get("Authorization"), string(b)}
		reply(w, r)
	})
	ctx := t.Context()
	id := srv.URL + "/items/a%2Fb/?type_id=3"
	const li = "application/vnd.ims.lis.v2.lineitem+json"

	reply = answer(200, `{"label":"x","scoreMaximum":5}`)
	item, err := c.LineItem(ctx, id)
	require.NoError(t, err)
	require.Equal(t, LineItem{ID: id, Label: "x", ScoreMaximum: 5}, item)
	require.Equal(t, sent{"GET", "/items/a%2Fb/?type_id=3", li, "", "Bearer tok-1", ""}, got)

	reply = answer(200, ``)
	echo, err := c.PutLineItem(ctx, item)
	require.NoError(t, err)
	require.Equal(t, LineItem{ID: id}, echo)
	require.Equal(t, sent{"PUT", "/items/a%2Fb/?type_id=3", li, li, "Bearer tok-1", `{"id":"` + id + `","label":"x","scoreMaximum":5}`}, got)
	for _, odd := range []string{`17`, `[]`, `{"id":`, `null`} {
		reply = answer(200, odd)
		echo, err = c.PutLineItem(ctx, item)
		require.NoError(t, err)
		require.Equal(t, LineItem{ID: id}, echo)
	}

	reply = answer(204, ``)
	require.NoError(t, c.DeleteLineItem(ctx, id))
	require.Equal(t, sent{"DELETE", "/items/a%2Fb/?type_id=3", "", "", "Bearer tok-1", ""}, got)

	for _, tc := range []struct{ body, location, want string }{
		{`{"id":"https://a/9","label":"x"}`, "/items/8", "https://a/9"},
		{`{"id":9,"label":"x"}`, "/items/8", srv.URL + "/items/8"},
		{`{"id":9}`, "", "9"},
		{``, "/items/8", srv.URL + "/items/8"},
		{`{"id":"htt`, "", ""},
	} {
		reply = func(w http.ResponseWriter, r *http.Request) {
			if tc.location != "" {
				w.Header().Set("Location", tc.location)
			}
			answer(201, tc.body)(w, r)
		}
		created, err := c.CreateLineItem(ctx, LineItem{Label: "x", ScoreMaximum: 5, Null: []string{"tag"}})
		require.NoError(t, err)
		require.Equal(t, tc.want, created.ID, tc.body)
		require.Equal(t, sent{"POST", "/items?type_id=3", li, li, "Bearer tok-1", `{"tag":null,"label":"x","scoreMaximum":5}`}, got)
	}

	for _, page := range []string{"<!DOCTYPE html>", " \r\n<html>"} {
		reply = answer(200, page)
		_, err = c.LineItem(ctx, id)
		require.ErrorIs(t, err, ErrHTML)
		_, err = c.PutLineItem(ctx, item)
		require.ErrorIs(t, err, ErrHTML)
		_, err = c.CreateLineItem(ctx, LineItem{Label: "x", ScoreMaximum: 5})
		require.ErrorIs(t, err, ErrHTML)
		require.False(t, NotSent(err))
	}

	got = sent{}
	for _, bad := range []LineItem{{Label: " ", ScoreMaximum: 1}, {Label: "x"}, {Label: "x", ScoreMaximum: -1}} {
		_, err = c.CreateLineItem(ctx, bad)
		require.True(t, NotSent(err), "%v", err)
		require.True(t, Invalid(err), "%v", err)
	}
	require.True(t, Invalid(c.DeleteLineItem(ctx, "17")))
	_, err = c.PutLineItem(ctx, LineItem{ID: id, Extra: map[string]json.RawMessage{"x": nil}})
	require.True(t, Invalid(err))
	require.Zero(t, got)
}
