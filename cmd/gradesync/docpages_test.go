package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// page is a page that readers see: the README or one of docs/.
type page struct {
	name   string // its path from the top, with slashes
	text   string
	prose  string // without the blocks, line by line
	blocks []fenced
}

// fenced is a block of a page.
type fenced struct {
	kind, text string
	file       string // its name, where the line before it ends in `name`:
	line       int    // of its first line, from 1
	at         int    // the offset of its first line in the page
}

// kinds of blocks. A block of another kind would be one that nobody checks.
var kinds = []string{"yaml", "csv", "sh", "console", "text"}

func pages(t *testing.T) (all []page) {
	t.Helper()
	files := []string{"README.md", "CONTRIBUTING.md"}
	require.NoError(t, filepath.WalkDir("../../docs", func(name string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".md") {
			files = append(files, strings.TrimPrefix(filepath.ToSlash(name), "../../"))
		}
		return err
	}))
	for _, name := range files {
		b, err := os.ReadFile(filepath.Join("../..", name))
		require.NoError(t, err)
		all = append(all, read(t, name, string(b)))
	}
	return all
}

func onePage(t *testing.T, name string) page {
	t.Helper()
	for _, p := range pages(t) {
		if p.name == name {
			return p
		}
	}
	require.Fail(t, "no page "+name)
	return page{}
}

var (
	fence = regexp.MustCompile("^( *)```(\\w*)$")
	named = regexp.MustCompile("`([\\w./-]+\\.\\w+)`:$")
)

func read(t *testing.T, name, text string) page {
	t.Helper()
	p := page{name: name, text: text}
	var prose, body strings.Builder
	var open *fenced
	before, indent, n, at := "", "", 0, 0
	for line := range strings.Lines(text) {
		n++
		at += len(line)
		bare := strings.TrimRight(line, "\n")
		m := fence.FindStringSubmatch(bare)
		switch {
		case open == nil && m == nil:
			require.NotContains(t, line, "```", "%s:%d: a fence stands on a line of its own, with one word", name, n)
			prose.WriteString(line)
			if bare != "" {
				before = bare
			}
			continue
		case open == nil:
			require.Contains(t, kinds, m[2], "%s:%d: a block needs a kind that is checked", name, n)
			open, indent = &fenced{kind: m[2], line: n + 1, at: at}, m[1]
			if f := named.FindStringSubmatch(before); f != nil {
				open.file = f[1]
			}
			body.Reset()
		case m != nil && m[2] == "":
			open.text = body.String()
			p.blocks = append(p.blocks, *open)
			open, before = nil, ""
		default:
			body.WriteString(strings.TrimPrefix(line, indent))
		}
		prose.WriteString("\n") // so that lines keep their numbers
	}
	require.Nil(t, open, "%s: a block without an end", name)
	p.prose = prose.String()
	return p
}

// anchors are those of a page's headings, as GitHub makes them.
func (p page) anchors() map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(p.prose) {
		m := regexp.MustCompile(`^#{1,6} (.*)`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		word := strings.ToLower(strings.TrimSpace(m[1]))
		word = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(word, "")
		word = strings.ReplaceAll(word, " ", "-")
		for at, base := 1, word; all[word]; at++ {
			word = base + "-" + string(rune('0'+at))
		}
		all[word] = true
	}
	return all
}

var link = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// links are the targets of a page's links.
func (p page) links() (all []string) {
	for _, m := range link.FindAllStringSubmatch(p.prose, -1) {
		all = append(all, m[1])
	}
	return all
}

// Links lead to what is there, and every page is in the list of pages.
func TestDocLinks(t *testing.T) {
	known, listed, checked := map[string]page{}, map[string]bool{}, 0
	for _, p := range pages(t) {
		known[p.name] = p
	}
	for _, p := range known {
		for _, target := range p.links() {
			checked++
			if strings.HasPrefix(target, "https://") {
				continue // nobody asks the network
			}
			file, anchor, _ := strings.Cut(target, "#")
			to := path.Join(path.Dir(p.name), file)
			if file == "" {
				to = p.name
			}
			_, err := os.Stat(filepath.Join("../..", to))
			require.NoError(t, err, "%s: %s", p.name, target)
			if anchor != "" {
				require.Contains(t, known, to, "%s: %s: an anchor of what is no page", p.name, target)
				require.True(t, known[to].anchors()[anchor], "%s: %s: there is no such heading", p.name, target)
			}
			if p.name == "docs/README.md" {
				listed[to] = true
			}
		}
	}
	for name := range known {
		if strings.HasPrefix(name, "docs/") && name != "docs/README.md" {
			require.True(t, listed[name], "docs/README.md does not list %s", name)
		}
	}
	require.Greater(t, checked, 50)
}
