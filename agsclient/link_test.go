package agsclient

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNextLink(t *testing.T) {
	for _, tc := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"none", nil, ""},
		{"straight", []string{`<https://a/x?p=2>; rel="next"`}, "https://a/x?p=2"},
		{"typographic", []string{`<https://a/x?p=2>; rel=“next”`}, "https://a/x?p=2"},
		{"typographic, in Windows-1252", []string{"<https://a/2>; rel=\x93next\x94"}, "https://a/2"},
		{"bare", []string{`<https://a/x>; rel=next`}, "https://a/x"},
		{"single quotes", []string{`<https://a/x>;rel='next'`}, "https://a/x"},
		{"any case", []string{`<https://a/x>; REL="Next"`}, "https://a/x"},
		{"several rels", []string{`<https://a/x>; rel="last next"`}, "https://a/x"},
		{"several links", []string{`<https://a/1>; rel="first", <https://a/3>; rel="next", <https://a/9>; rel="last"`}, "https://a/3"},
		{"several headers", []string{`<https://a/1>; rel="first"`, `<https://a/3>; rel="next"`}, "https://a/3"},
		{"entities", []string{`<https://a/x?p=2&amp;l=5>; rel="next"`}, "https://a/x?p=2&l=5"},
		{"no other entity", []string{`<https://a/x?a=1&copy=2>; rel="next"`}, "https://a/x?a=1&copy=2"},
		{"comma and semicolon in the URL", []string{`<https://a/x;v=1,2>; rel="next"`}, "https://a/x;v=1,2"},
		{"other parameters", []string{`<https://a/x>; title="a, b; rel=\"prev\""; rel="next"`}, "https://a/x"},
		{"only the first rel counts", []string{`<https://a/x>; rel="prev"; rel="next"`}, ""},
		{"all of it", []string{`<?from=0&amp;limit=2>; rel=“first prev”,<?from=4&amp;limit=2>; title=x; rel = “last next”`}, "?from=4&limit=2"},
		{"the first of two", []string{`<https://a/2>; rel="next", <https://a/3>; rel="next"`}, "https://a/2"},
		{"relative", []string{`</x?p=2>; rel="next"`}, "/x?p=2"},
		{"another relation", []string{`<https://a/x>; rel="nextish"`}, ""},
		{"in a title only", []string{`<https://a/x>; title="rel=next"`}, ""},
		{"no brackets", []string{`https://a/x; rel="next", <https://a/2>; rel="next"`}, "https://a/2"},
		{"unclosed", []string{`<https://a/x; rel="next"`}, ""},
		{"empty parts", []string{`, ,<https://a/x> ; ; rel="next",`}, "https://a/x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, found := nextLink(tc.headers)
			require.Equal(t, tc.want, got)
			require.Equal(t, tc.want != "", found)
		})
	}
}

func TestURLs(t *testing.T) {
	require.Equal(t, "https://a/i%2F1/scores?type_id=3", under("https://a/i%2F1?type_id=3", "scores"))
	require.Equal(t, "https://a/i/1/results", under("https://a/i/1/", "results"))
	require.Equal(t, "https://a/i/results?", under("https://a/i?#frag", "results"))
	require.Equal(t, "https://a/i?x=%7e&tag=a+b%26&limit=5", with("https://a/i?x=%7e", param{"tag", "a b&"}, param{"none", ""}, limitParam(5)))
	require.Equal(t, "https://a/i?tag=x", with("https://a/i", param{"tag", "x"}, limitParam(0)))
	require.Equal(t, "https://a/i?tag=x", with("https://a/i?", param{"tag", "x"}))
	require.Equal(t, "https://a:8/i%2F1?type_id=…&…", redactText("https://me:pw@a:8/i%2F1?type_id=3&secret#frag"))
}

func FuzzLinkHeader(f *testing.F) {
	for _, s := range []string{`<https://a/x>; rel="next", <y>; rel=prev`, `<;rel=“next”`, `<a>;rel="ne\"xt`, `,;<>;;rel`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, h string) {
		got, found := nextLink([]string{h})
		require.True(t, found || got == "")
		require.NotContains(t, got, ">")
		// A link that stands before whatever else wins.
		for _, hs := range [][]string{{`<https://a/first>; rel="next"`, h}, {`<https://a/first>; rel=next, ` + h}} {
			first, _ := nextLink(hs)
			require.Equal(t, "https://a/first", first)
		}
	})
}
