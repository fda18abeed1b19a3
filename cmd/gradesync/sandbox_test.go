package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/quirk"
	"github.com/gradesync/gradesync/internal/sandbox"
)

func TestSandboxSettings(t *testing.T) {
	for name, tc := range map[string]struct {
		flags []string
		want  sandbox.Options
	}{
		"none": {nil, sandbox.Options{File: "sandbox.json"}},
		"a platform": {
			[]string{"--file", "x.json", "--profile", "moodle", "--quirk", "foreign-ids", "--quirk", "hides-email", "--without", "strict-clock", "--page-size", "3"},
			sandbox.Options{
				File: "x.json", Profile: "moodle", Quirks: []quirk.Quirk{quirk.ForeignIDs, quirk.HidesEmail},
				Without: []quirk.Quirk{quirk.StrictClock}, PageSize: 3,
			},
		},
		"a face": {
			[]string{"--face", "ltiaas", "--profile", "canvas"},
			sandbox.Options{File: "sandbox.json", Face: sandbox.FaceLTIAAS, Profile: "canvas"},
		},
		"trouble": {
			[]string{"--fault", "scores:drop-after:10%", "--fault", "POST lineitems:429:retry-after=2", "--seed", "18446744073709551615", "--requests-per-second", "2.5"},
			sandbox.Options{
				File: "sandbox.json", Seed: 1<<64 - 1, RequestsPerSecond: 2.5,
				Faults: []sandbox.Fault{
					{Kind: sandbox.FaultDropAfter, On: "scores", Share: 0.1},
					{Kind: sandbox.FaultStatus, On: "POST lineitems", Share: 1, Status: 429, RetryAfter: 2 * time.Second},
				},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var o sandboxOptions
			cmd := &cobra.Command{}
			o.register(cmd)
			require.NoError(t, cmd.ParseFlags(tc.flags))
			got, err := o.settings()
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(tc.want, got))
		})
	}
}

// Every kind of fault has its line in --help.
func TestSandboxHelpKnowsTheFaults(t *testing.T) {
	for _, kind := range sandbox.FaultKinds() {
		name := string(kind)
		if kind == sandbox.FaultStatus {
			name = "STATUS"
		}
		require.Regexp(t, `(?m)^  `+name+` +`+regexp.QuoteMeta(kind.Means())+`$`, faultHelp())
	}
}

func TestSandboxFill(t *testing.T) {
	o := &sandboxOptions{courses: []string{"1", "2"}, columns: []string{"a=b=2.5", "Essay=10", "Essay=20"}, students: []string{"101=ana@example.edu", "102", "101"}}
	made, err := o.fill()
	require.NoError(t, err)
	box, err := sandbox.Open(sandbox.Options{Now: time.Now})
	require.NoError(t, err)
	defer box.Close()
	for range 2 { // the second time there is nothing to do
		require.NoError(t, made.into(box))
		for _, id := range o.courses {
			course := box.Snapshot().Courses[id]
			var columns []string
			for _, i := range course.LineItems {
				columns = append(columns, fmt.Sprintf("%d %s/%v", i.Number, i.Label, i.ScoreMaximum))
			}
			require.Equal(t, []string{"1 a=b/2.5", "2 Essay/10"}, columns)
			require.Len(t, course.Members, 2)
			require.Equal(t, "ana@example.edu", course.Member("101").Email)
		}
	}
	for _, column := range []string{"Essay", "=10", " =10", "Essay=", "Essay=0", "Essay=-1", "Essay=NaN", "Essay=Inf", "Essay=x"} {
		_, err := (&sandboxOptions{columns: []string{column}}).fill()
		require.ErrorContains(t, err, "LABEL=POINTS", column)
	}
	for _, student := range []string{"", "=a@example.edu"} {
		_, err := (&sandboxOptions{students: []string{student}}).fill()
		require.ErrorContains(t, err, "ID=EMAIL", student)
	}
}

// runSandbox runs the command in this process.
func runSandbox(ctx context.Context, t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Env: os.LookupEnv, Clock: wallClock{}}
	file := filepath.Join(t.TempDir(), "lms.json")
	code = a.Main(ctx, append([]string{"sandbox", "--listen", "127.0.0.1:0", "--file", file}, args...))
	return code, out.String(), errs.String()
}

const askedTo = "GRADESYNC_TEST_ASK"

// TestAskTheSandbox is the command of the test below, in a process of its own.
func TestAskTheSandbox(t *testing.T) {
	path := os.Getenv(askedTo)
	if path == "" {
		return
	}
	req, err := http.NewRequest("GET", os.Getenv("SANDBOX_URL")+path, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "SERVICE-AUTH-V1 "+os.Getenv("LTIAAS_API_KEY")+":"+os.Getenv("LTIAAS_SERVICE_KEY"))
	if path == "/api/idtoken" {
		req.Header.Set("Authorization", "LTIK-AUTH-V2 "+os.Getenv("LTIAAS_API_KEY")+":"+os.Getenv("LTIAAS_LTIK"))
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	fmt.Printf("answer %d %s\n", resp.StatusCode, body)
}

// A command is served while it runs, with the credentials in its environment,
// and nothing but its own output is printed.
func TestSandboxServesACommand(t *testing.T) {
	for path, tc := range map[string]struct{ face, want string }{
		"/api/lineitems":  {"ltiaas", `answer 200 {"lineItems":[]}`},
		"/api/idtoken":    {"ltiaas", `answer 200 {"launch":{"context":{"id":"1"}`},
		"/systemDateTime": {"learningstudio", `answer 200 {"systemDateTime":`},
	} {
		t.Setenv(askedTo, path)
		code, stdout, stderr := runSandbox(t.Context(), t, "--face", tc.face, "--", os.Args[0], "-test.run=^TestAskTheSandbox$", "-test.count=1")
		require.Equal(t, 0, code, stderr)
		require.Contains(t, stdout, tc.want)
		require.Empty(t, stderr)
		require.NotContains(t, stdout, "kind: Platform")
	}
}
