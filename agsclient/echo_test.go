package agsclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Platforms repeat the request in their error texts, in their own way of writing
// it, and cut where it gets too long. Nothing about the person may come through.
func TestEchoedRequestsAreCutOut(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	score := testScore
	score.Comment = "Well done, Zoë!\nBut \"osmosis\" needs <work> & time/effort."
	pretty := func(s string) string {
		var b bytes.Buffer
		require.NoError(t, json.Indent(&b, []byte(s), "", "    "))
		return b.String()
	}
	quoted := func(s string) string {
		b, err := json.Marshal(s)
		require.NoError(t, err)
		return strings.Trim(string(b), `"`)
	}
	same := func(s string) string { return s }
	spelled := map[string]func(string) string{
		"one line":          same,
		"several lines":     pretty,
		"JSON in JSON":      quoted,
		"twice over":        func(s string) string { return quoted(quoted(pretty(s))) },
		"HTML":              html.EscapeString,
		"HTML, as PHP":      func(s string) string { return strings.NewReplacer(`&`, "&amp;", `"`, "&quot;", `<`, "&lt;").Replace(s) },
		"HTML, lines":       func(s string) string { return html.EscapeString(pretty(s)) },
		"slashes and ASCII": asciiText,
		"a URL's query":     url.QueryEscape,
		"a URL's path":      url.PathEscape,
		"single quotes":     func(s string) string { return strings.ReplaceAll(pretty(s), `"`, `'`) },
		"arrows":            func(s string) string { return strings.ReplaceAll(s, `":`, `"=>`) },
	}
	cuts := map[string]func(string, int) string{
		"whole":        func(s string, _ int) string { return s },
		"without end":  func(s string, at int) string { return s[:at] },
		"without head": func(s string, at int) string { return s[at:] },
		"dots":         func(s string, at int) string { return s[:at] + "..." },
		"middle":       func(s string, at int) string { return s[at:min(at+60, len(s))] },
	}
	var text string
	c, srv := lms(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(400)
		json.NewEncoder(w).Encode(map[string]any{"error": "Bad request", "message": text})
	})
	sent, err := score.MarshalJSON()
	require.NoError(t, err)
	shown := []string{"s-00", "Well", "done", "Zo", "osmosis", "work", "effort", "42.5", "42,5"}
	for spelling, spell := range spelled {
		echo := spell(string(sent))
		for cutting, cut := range cuts {
			for at := 1; at < len(echo); at += 3 {
				// As the whole text and behind words of the platform's.
				text = cut(echo, at)
				if cutting != "without head" && cutting != "middle" {
					text = "Incorrect score received " + text
				}
				got := reasonOf([]byte(`{"error":"Bad request","message":`+string(mustJSON(t, text))+`}`), string(sent), nil, score.private())
				for _, s := range shown {
					if strings.Contains(got, s) {
						t.Fatalf("%s, %s at %d: %q shows %q of\n%s", spelling, cutting, at, got, s, text)
					}
				}
				if cutting == "whole" {
					break
				}
			}
		}
	}

	// Once over the wire.
	text = "Incorrect score received" + pretty(string(sent))
	e := asError(t, c.PostScore(t.Context(), srv.URL+"/1", score))
	require.Equal(t, "Bad request; Incorrect score received…", e.Reason)
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

// In plain words too, and shortened.
func TestEchoesInWords(t *testing.T) {
	p := testScore.private()
	for text, want := range map[string]string{
		"user s-0042 got 42.50 of 50":        "user … got … of 50",
		"42,5 is too much":                   "… is too much",
		"142.5 and 42.51 are not":            "142.5 and 42.51 are not",
		"the comment Nice w":                 "the comment …",
		"osis\", Zoë is too long":            "… is too long",
		"invalid value for activityProgress": "invalid value for activityProgress",
		`"userId": must not be blank`:        `"userId": must not be blank`,
		"no such s-00":                       "no such s-00",
		"no such user":                       "no such user",
	} {
		body := mustJSON(t, map[string]string{"message": text})
		require.Equal(t, want, reasonOf(body, "", nil, p), "%s", fmt.Sprint(text))
	}
}
