package render

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

var anyTag = regexp.MustCompile(`<[^>]*>`)

// What a reader of Markdown makes of hostile names has our own tags in it, and
// nothing that loads, runs or leads anywhere. Raw HTML is let through, as a forge
// does, and left to us.
func TestMarkdownAsItIsRead(t *testing.T) {
	read := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	ours := regexp.MustCompile(`^</?(h2|h3|p|ul|li|strong|code|table|thead|tbody|tr|th|td|details|summary)>$|^<details open>$|^<t[hd] style="text-align:right">$|^<!-- gradesync:(plan|report) [0-9a-f]{12} -->$`)
	p, r := poisoned()
	for _, form := range []int{0, 2} {
		var page bytes.Buffer
		require.NoError(t, read.Convert([]byte(public(t, form, p, r)), &page))
		tags := anyTag.FindAllString(page.String(), -1)
		require.NotEmpty(t, tags)
		for _, tag := range tags {
			require.Regexp(t, ours, tag)
		}
		require.Equal(t, strings.Count(page.String(), "<details"), strings.Count(page.String(), "</details>"))
	}
	var page bytes.Buffer
	require.NoError(t, read.Convert([]byte("<!-- gradesync:plan 0123456789ab -->\n- a [b](http://c.example) <img src=x>\n"), &page))
	require.Contains(t, page.String(), `<a href="http://c.example">`, "the reader would show it")
	require.Contains(t, page.String(), `<img src=x>`)
}
