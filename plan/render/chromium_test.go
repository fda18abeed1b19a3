package render

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// browser finds a Chromium, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.Empty(t, os.Getenv("CI"), "CI without Chromium")
	t.Skip("no Chromium here (Debian: apt-get install chromium)")
	return ""
}

// opened is what a browser made of a page.
type opened struct {
	dom, log string
	urls     []string // all that it tried to load, its own business included
}

// open opens a page from a file, without a network.
func open(t *testing.T, page string) opened {
	t.Helper()
	path := browser(t)
	dir := t.TempDir()
	file, net := filepath.Join(dir, "page.html"), filepath.Join(dir, "net.json")
	require.NoError(t, os.WriteFile(file, []byte(page), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--host-resolver-rules=MAP * 127.0.0.1:1", "--disable-background-networking",
		"--disable-component-update", "--enable-logging=stderr", "--log-net-log="+net, "--virtual-time-budget=2000", "--dump-dom", "file://"+file)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second
	require.NoError(t, cmd.Run(), "%s", &stderr)
	b, err := os.ReadFile(net)
	require.NoError(t, err)
	var log struct {
		Events []struct{ Params struct{ URL string } }
	}
	if err := json.Unmarshal(b, &log); err != nil { // it may not have been finished
		require.NoError(t, json.Unmarshal(append(bytes.TrimRight(bytes.TrimSpace(b), ","), "]}"...), &log))
	}
	o := opened{dom: stdout.String(), log: stderr.String()}
	for _, e := range log.Events {
		if e.Params.URL != "" {
			o.urls = append(o.urls, e.Params.URL)
		}
	}
	return o
}

// asked are the requests to hosts of the examples.
func (o *opened) asked() (out []string) {
	for _, u := range o.urls {
		if strings.Contains(u, "example") {
			out = append(out, u)
		}
	}
	return out
}

var barTag = regexp.MustCompile(`data-when="(before|after)" data-bin="(\d)" data-count="(\d+)"`)

// The pages open from a file, say nothing on the console, ask nobody for
// anything, and hold no element that a text brought along.
func TestPagesInBrowser(t *testing.T) {
	control := open(t, `<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="script-src 'none'"><script>1</script><img src="http://evil.example/i.png">`)
	require.NotEmpty(t, control.asked(), "a request would be seen")
	require.Contains(t, control.log, "CONSOLE", "an error would be seen")

	p, r := poisoned()
	for name, page := range map[string]string{
		"plan": public(t, 1, richPlan(), richReport()), "report": public(t, 3, richPlan(), richReport()),
		"hostile plan": public(t, 1, crowded(p), r), "hostile report": public(t, 3, p, r),
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, page)
			require.NotContains(t, o.log, "CONSOLE", "%s", o.log)
			require.Empty(t, o.asked())
			require.Contains(t, o.dom, "</footer>")
			require.NotRegexp(t, `<(script|img|iframe|object|embed|link|form|input|b|i)\b`, o.dom)
			require.NotRegexp(t, `<[^>]*\s(on\w+|src|style)=`, o.dom)
			require.NotRegexp(t, `href="[^#]`, o.dom)
		})
	}
}

// crowded is a plan of which each score and each grade is five people's.
func crowded(p plan.Plan) plan.Plan {
	for i := range p.Contexts {
		for k := range p.Contexts[i].Items {
			it := &p.Contexts[i].Items[k]
			scores, results := it.Scores, it.Results
			it.Scores, it.Results = nil, map[string]plan.Grade{}
			for n := range 5 {
				for _, s := range scores {
					s.UserID += fmt.Sprint("-", n)
					it.Scores = append(it.Scores, s)
				}
				for user, g := range results {
					it.Results[user+fmt.Sprint("-", n)] = g
				}
			}
		}
	}
	return p
}

// The bars that a browser shows have the counts of the plan.
func TestBarsInBrowser(t *testing.T) {
	p := crowded(richPlan())
	o := open(t, public(t, 1, p, richReport()))
	figures := strings.Split(o.dom, "<figure>")[1:]
	drawn := 0
	for _, it := range p.Contexts[0].Items {
		all := distribution(&it)
		for _, c := range []spreads{all.Written, all.Others} {
			if c.Empty() {
				continue
			}
			require.Less(t, drawn, len(figures))
			got := figures[drawn]
			drawn++
			require.Regexp(t, `aria-label="`+it.Key+`: Grades that [a-z ]+, in parts of ten percent`, got)
			var before, after spread
			for _, m := range barTag.FindAllStringSubmatch(got, -1) {
				var bin, n int
				_, err := fmt.Sscan(m[2]+" "+m[3], &bin, &n)
				require.NoError(t, err)
				if m[1] == "before" {
					before.Bins[bin] = n
				} else {
					after.Bins[bin] = n
				}
				require.Contains(t, got, fmt.Sprintf("<title>%s, %s", partName(bin), m[1]))
			}
			require.Equal(t, c.Before.Bins, before.Bins, it.Key)
			require.Equal(t, c.After.Bins, after.Bins, it.Key)
			for i := range binCount {
				row := fmt.Sprintf(`<tr><th scope="row">%s</th><td>%d</td><td>%d</td></tr>`, partName(i), c.Before.Bins[i], c.After.Bins[i])
				require.Contains(t, got, row)
			}
		}
	}
	require.Equal(t, 6, drawn)
	require.Equal(t, drawn, strings.Count(o.dom, "<svg"))
}
