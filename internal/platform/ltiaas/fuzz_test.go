package ltiaas

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/internal/platform/wire"
	"github.com/gradesync/gradesync/plan"
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
			l := listing{member: name, what: "elements", maxCount: 1000}
			if p, err := readAs(raw, l, decodeItem); err == nil {
				for _, li := range p.elements {
					if _, err := wire.To(wire.From(li), nil).MarshalJSON(); err != nil {
						t.Fatalf("what was read cannot be written back: %v", err)
					}
				}
				if !json.Valid(raw) {
					t.Fatal("a page was read that is not JSON")
				}
			}
			if p, err := readAs(raw, l, decodeMember); err == nil && slices.ContainsFunc(p.elements, func(m plan.Member) bool { return m.UserID == "" }) {
				t.Fatal("nobody was read")
			}
			if p, err := readAs(raw, l, decodeResult); err == nil && slices.ContainsFunc(p.elements, func(r plan.Result) bool { return r.ScoreMaximum <= 0 }) {
				t.Fatal("a grade on no scale was read")
			}
		}
	})
}

func readAs[T any](raw []byte, l listing, decode decoder[T]) (page[T], error) {
	var account *agsclient.Account
	w := walk[T]{listing: l, decode: decode, taken: account.Tally("")}
	return w.read(agsclient.Bounded(bytes.NewReader(raw), 1<<20, maxDepth, maxMembers))
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
		said := d.reason(body, `{"userId":"1"}`, agsclient.Secrets{Credentials: []string{ltik, apiKey}})
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
