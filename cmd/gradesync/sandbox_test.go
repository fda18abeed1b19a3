package main

import (
	"regexp"
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
