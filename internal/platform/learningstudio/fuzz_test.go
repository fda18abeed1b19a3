package learningstudio

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gradesync/gradesync/agsclient"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
)

// Whatever a platform shows of a grade: what is put back is JSON with its id, and
// what was shown and not named is in it.
func FuzzGrade(f *testing.F) {
	for _, s := range []string{graded[4:], shell[4:], onlyB[4:], noGrade[4:], `{"grade":{"id":"x","points":1e400}}`, `{"grade":{"id":[],"points":" 1 "}}`, "{}", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var wire struct {
			Grade *grade `json:"grade"`
		}
		_ = message(body)
		if decode(body, &wire) != nil || wire.Grade == nil || !wire.Grade.hasID() {
			return
		}
		g := wire.Grade
		seen := reconcile.Seen{ID: string(g.ID), Grade: g.shown(20)}
		want := wanted{points: scaled(7.5, 10, 20), letter: seen.LetterGrade, comments: seen.Comment, share: seen.ShareWithStudent}
		out, err := json.Marshal(want.body(&seen))
		if err != nil {
			t.Fatal(err)
		}
		var back struct {
			Grade *grade `json:"grade"`
		}
		if err := decode(out, &back); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		b := back.Grade
		if b.Points.or(0) != 15 || b.Comments != g.Comments && !blank(string(g.Comments)) || b.Letter != g.Letter && !blank(string(g.Letter)) {
			t.Fatalf("%s became %s", body, out)
		}
		if p := g.Points.value; p != nil && (math.IsNaN(*p) || math.IsInf(*p, 0)) {
			t.Fatalf("points %v", *p)
		}
	})
}

// Whatever comes as items, grades and a token: an error or values that hold.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(item95))
	f.Add([]byte(`{"grades":[{"points":"1","gradedStudent":{"links":[{"href":"/users/1","rel":"self"}]}}],"roster":null}`))
	f.Add([]byte(`{"access_token":"a","expires_in":1e300,"refresh_token":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var account *agsclient.Account
		items := listing[plan.LineItem]{member: "gradebookItems", most: 100, decode: decodeItem, taken: account.Tally("")}
		people := listing[plan.Member]{member: "roster", most: 100, decode: decodeMember, taken: account.Tally("")}
		grades := listing[plan.Result]{member: "grades", most: 100, taken: account.Tally("")}
		grades.decode = func(raw json.RawMessage) (plan.Result, int, error) { return decodeGrade(raw, 10) }
		for _, l := range []sink{&items, &people, &grades} {
			if _, err := l.readFrom(bytes.NewReader(body)); err == nil && !json.Valid(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) {
				t.Fatal("what is no JSON was read")
			}
		}
		for _, r := range grades.all {
			if r.ScoreGiven == nil && r.ScoreMaximum != 0 || r.UserID == "" {
				t.Fatalf("%+v", r)
			}
		}
		began := time.Unix(stamp, 0)
		if tok, err := readToken(body, began); err == nil {
			if tok.access == "" || tok.until.Before(began) || tok.until.After(began.AddDate(1, 0, 1)) {
				t.Fatalf("%+v", tok)
			}
		}
	})
}

// A base string can be taken apart again: nothing runs into something else.
func FuzzBaseString(f *testing.F) {
	f.Add("/a/b", "x=1;2&y=~*", []byte("{}"))
	f.Fuzz(func(t *testing.T, path, query string, body []byte) {
		r := &http.Request{Method: "PUT", URL: &url.URL{Path: "/" + path, RawQuery: query}}
		base := baseString(r, body, []param{{"oauth_nonce", "n"}})
		parts := strings.Split(base, "&")
		if len(parts) != 3 || parts[0] != "PUT" {
			t.Fatalf("%q", base)
		}
		if back, err := url.QueryUnescape(parts[1]); err != nil || back != r.URL.EscapedPath() {
			t.Fatalf("%q: %v", back, err)
		}
	})
}

// Scaling keeps to the decimals that it promises.
func FuzzScaled(f *testing.F) {
	f.Add(1.0, 3.0, 10.0)
	f.Fuzz(func(t *testing.T, given, maximum, possible float64) {
		for _, v := range []float64{given, maximum, possible} {
			if !(v >= 0 && v < 1e9) || maximum < 1e-3 {
				return
			}
		}
		got, err := strconv.ParseFloat(string(scaled(given, maximum, possible)), 64)
		want := given / maximum * possible
		if err != nil || math.Abs(got-want) > 1e-9+1e-12*want {
			t.Fatalf("%v/%v of %v: %v, want %v (%v)", given, maximum, possible, got, want, err)
		}
	})
}
