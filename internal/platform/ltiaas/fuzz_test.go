package ltiaas

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gradesync/gradesync/agsclient"
)

// FuzzPage reads hostile pages of each listing, and whatever is in them.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		`{"lineItems":[{"id":"https://lms.example.com/1","label":"x","scoreMaximum":1,"startDateTime":"soon"}],"next":"https://lms.example.com/2"}`,
		`{"scores":[{"userId":"1","resultScore":95,"resultMaximum":100}],"prev":null}`, `{"members":[{"userId":2,"roles":"Learner"}]}`,
		`{"lineItems":null}`, `{"lineItems":[1,`, `{"lineItems":[]}x`, `{"a":{"lineItems":[]},1:2}`, `{"next":7}`, "<html>", "", "{", "[]", `{"lineItems":[],"lineItems":[1]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, name := range []string{"lineItems", "scores", "members"} {
			p, err := readPage(agsclient.Bounded(bytes.NewReader(raw), 1<<20, maxDepth, maxMembers), name, 1000, "elements")
			if err != nil {
				continue
			}
			if !json.Valid(raw) {
				t.Fatal("a page was read that is not JSON")
			}
			for _, one := range p.elements {
				var li agsclient.LineItem
				if json.Unmarshal(one, &li) == nil {
					item := fromWire(li)
					if _, err := toWire(item, nil).MarshalJSON(); err != nil {
						t.Fatalf("what was read cannot be written back: %v", err)
					}
				}
				var m member
				if json.Unmarshal(one, &m) == nil && m.UserID == "" {
					t.Fatal("nobody was read")
				}
				var r agsclient.Result
				if json.Unmarshal(one, &r) == nil && r.ResultMaximum <= 0 {
					t.Fatal("a grade on no scale was read")
				}
			}
		}
	})
}

// FuzzReason reads hostile error bodies: no secret comes out of one.
func FuzzReason(f *testing.F) {
	for _, seed := range []string{
		`{"status":401,"error":"Unauthorized","details":{"message":"INVALID","description":"Invalid or expired ltik."}}`,
		`{"details":{"externalError":true,"bodyReceived":{"message":"no ` + ltik + `"}}}`, `{"details":{"bodyReceived":"` + apiKey + `"}}`,
		`{"details":"x"}`, `{"details":{"bodyReceived":"{\"message\":\"` + ltik + `\"}"}}`, `<html>`, `"` + ltik + `"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d := detailsOf(body)
		said := d.reason(body, `{"userId":"1"}`, ltik, apiKey)
		if strings.Contains(said, ltik) || strings.Contains(said, apiKey) || strings.ContainsAny(said, "\n\x1b") {
			t.Fatalf("%q", said)
		}
	})
}

// FuzzIDToken reads hostile id tokens.
func FuzzIDToken(f *testing.F) {
	f.Add([]byte(`{"services":{"assignmentAndGrades":{"available":true,"lineItemId":7,"scopes":[1,"x",null]},"serviceKey":"k"}}`))
	f.Add([]byte(`{"services":[],"launch":{"context":null}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in idToken
		if decode(raw, &in) == nil {
			in.plain()
		}
	})
}
