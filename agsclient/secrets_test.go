package agsclient

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a platform makes of what it was told, in a JSON object and as plain text.
func TestSecretsAreNotSaid(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: this is large, and one goroutine's")
	}
	const password, short, comment, user = "Hunter2!xyz", "pa55wd", `He said "no" & füllt <b>`, "s-001"
	s := Secrets{Credentials: []string{bearer, password, short, "x"}, Private: []string{comment, user, "Nice work!", "28456671", "42.5"}}
	same := func(s string) string { return s }
	asBase64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	asHex := func(s string) string { return hex.EncodeToString([]byte(s)) }
	spaced := func(s string) string { return strings.Join(strings.Split(s, ""), " ") }
	inBasic := func(s string) string { return "Basic " + asBase64("campus:"+s) }
	both := map[string]func(string) string{
		"exact": same, "upper": strings.ToUpper, "lower": strings.ToLower, "base64": asBase64, "hex": asHex, "JSON": asciiText,
		"HTML": html.EscapeString, "URL": url.QueryEscape, "escaped base64": func(s string) string { return url.QueryEscape(asBase64(s)) },
	}
	credentials := map[string]func(string) string{"spaced": spaced, "dotted": func(s string) string { return strings.Join(strings.Split(s, ""), ".") }, "basic": inBasic}
	check := func(name, echo string) {
		t.Helper()
		for _, text := range []string{"no: " + echo, echo, "value " + echo + " is bad"} {
			for _, body := range [][]byte{mustJSON(t, text), mustJSON(t, map[string]string{"message": text}), mustJSON(t, string(mustJSON(t, map[string]string{"detail": text})))} {
				got := s.Reason(body, "{}")
				rest := strings.NewReplacer("no: ", "", "%3D", "", "value ", "", " is bad", "", "…", "", "Basic", "").Replace(got)
				require.Empty(t, strings.Trim(rest, ` !"\.=`), "%s: %s: %s", name, body, got)
			}
		}
	}
	for name, spell := range both {
		for _, secret := range append(s.Credentials[:3:3], s.Private...) {
			check(name, spell(secret))
		}
	}
	for name, spell := range credentials {
		for _, secret := range s.Credentials[:3] {
			check(name, spell(secret))
		}
	}
	check("a long comment, spaced", spaced(comment))
	check("a comment with other separators", "Nice_work")
	check("a number with an exponent", "4.250e1")
	check("another", "425E-1")

	// Words stay words, though one letter is a credential.
	for _, text := range []string{"the xml is not valid", "user s-0012 is nobody", "some nice shop", "the course is closed: see the dean's office"} {
		require.Equal(t, text, s.Reason(mustJSON(t, map[string]string{"message": text}), ""))
	}
	require.Equal(t, "a grade exists", Secrets{Private: []string{"A"}}.Reason([]byte(`"a grade exists"`), ""))
	require.Equal(t, "token … is old", s.Reason([]byte(`"token x is old"`), ""))
	require.Empty(t, s.Reason([]byte("<html>"+password), ""))
	require.Equal(t, "cannot take …", s.Reason([]byte(`"cannot take body=1&x=2"`), "body=1&x=2"))
}

func TestSecretsAreHidden(t *testing.T) {
	s := Secrets{Credentials: []string{bearer, "Hunter2!xyz"}, Private: []string{"s-0042"}}
	require.Equal(t, "https://lms.example.com/…/…", s.Hide("https://lms.example.com/"+bearer+"/S-0042"))
	require.Equal(t, "https://lms.example.com/…/x", s.Hide("https://lms.example.com/"+strings.ToUpper(bearer)+"/x"))
	require.Equal(t, "…", s.Hide("https://lms.example.com/"+hex.EncodeToString([]byte("Hunter2!xyz"))))

	shown, sent := s.Cause(t.Context(), errors.New("it said "+bearer))
	require.EqualError(t, shown, "the connection failed")
	require.True(t, sent)
	body, err := io.ReadAll(s.Body(t.Context(), io.MultiReader(strings.NewReader("{}"), errReader{errors.New("it said " + bearer)})))
	require.Equal(t, "{}", string(body))
	require.EqualError(t, err, "the connection failed")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, s), "Hunter2")
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// What is whole and of another shape is told from what broke off.
func TestElements(t *testing.T) {
	read := func(body string) (elements, others []string, err error) {
		err = Elements(strings.NewReader(body), "grades", func(raw json.RawMessage) error {
			elements = append(elements, string(raw))
			return nil
		}, func(name string, value json.RawMessage) error {
			others = append(others, name+"="+string(value))
			return nil
		})
		return elements, others, err
	}
	elements, others, err := read("\ufeff" + ` {"a": 1, "grades": [{}, 2 ,"x"], "next": "u"} `)
	require.NoError(t, err)
	require.Equal(t, []string{"{}", "2", `"x"`}, elements)
	require.Equal(t, []string{"a=1", `next="u"`}, others)
	require.NoError(t, Elements(strings.NewReader(`{"a":[1],"grades":null}`), "grades", nil, nil))

	for body, misshapen := range map[string]bool{
		`[]`: true, `7`: true, `{}`: true, `{"x":1}`: true, `{"grades":{}}`: true, `{"grades":[],"grades":[1]}`: true, `{"grades":null,"grades":[]}`: true,
		`{"grades":[`: false, `{"grades":[1,`: false, `{"grades":[oops]}`: false, `{"grades":[]}x`: false, `{"a":tru,"grades":[]}`: false, ``: false, `{`: false,
	} {
		_, _, err := read(body)
		require.Error(t, err, body)
		require.Equal(t, misshapen, Misshapen(err), "%s: %v", body, err)
		require.False(t, TooMuch(err))
	}
	_, _, err = read("<html>")
	require.ErrorIs(t, err, ErrHTML)
	for _, body := range []string{`{"grades":["` + strings.Repeat("x", MaxElement) + `"]}`, `{"next":"` + strings.Repeat("x", MaxElement) + `"}`} {
		_, _, err = read(body)
		require.True(t, TooMuch(err), err)
	}
	require.ErrorIs(t, Elements(strings.NewReader(`{"grades":[1]}`), "grades", func(json.RawMessage) error { return context.Canceled }, nil), context.Canceled)
}

// What has to be read again is not counted twice.
func TestTally(t *testing.T) {
	b := NewBudget(10, "read less")
	a := b.Account()
	reading := a.Tally("u")
	require.NoError(t, reading.Add(9))
	require.True(t, TooMuch(reading.Add(2)))
	reading.Forget()
	require.NoError(t, reading.Add(10))
	reading.End(true)
	require.EqualValues(t, 10, b.used)
	again := a.Tally("u")
	require.Error(t, again.Add(1))
	again.End(false)
	a.Keep(0)
	require.Zero(t, b.used)

	var none *Account
	reading = none.Tally("u")
	require.NoError(t, reading.Add(1<<40))
	reading.Forget()
	reading.End(true)
}
