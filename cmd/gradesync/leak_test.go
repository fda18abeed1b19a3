package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// Canaries in every place that holds a secret or speaks of a person: with the
// log at its loudest, and with rows refused, none is in what others can read.
func TestNoLeak(t *testing.T) {
	r := newRemote(t)
	require.NoError(t, r.box.Update(func(s *sandbox.State) error { s.Courses["1"].Closed = true; return nil }))
	require.NoError(t, r.box.AddMember("1", sandbox.Member{UserID: "canary-known"}))
	r.files(`  - resourceId: hw
    label: HW
    scoreMaximum: 100
    scores:
      - {userId: canary-known, scoreGiven: 12.625, comment: canary words}
      - {userId: canary-stranger, scoreGiven: 12.625, comment: canary words}
`, "1")
	key, err := os.ReadFile(filepath.Join(r.dir, "tool.key"))
	require.NoError(t, err)
	secrets := []string{"sandbox-token-", "eyJ", "client_assertion=", "Bearer ", strings.Split(string(key), "\n")[1]}

	for _, form := range []string{"text", "json"} {
		for _, command := range [][]string{{"plan"}, {"plan", "--explain", "hw/canary-known"}, {"apply", "--auto-approve"}} {
			cmd := r.command(append(command, "-f", "bio.yaml", "-f", "platform.yaml", "--log-level", "debug", "-o", form)...)
			cmd.Env = append(os.Environ(), "CI=true")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run() // a refused row makes it 5
			require.Contains(t, stderr.String(), "level=DEBUG", "the log is on")
			for _, canary := range append(secrets, "canary", "12.625") {
				require.NotContains(t, stdout.String()+stderr.String(), canary)
			}

			// Among one's own people they are named, and the log names none.
			private := r.command(append(command, "-f", "bio.yaml", "-f", "platform.yaml", "--log-level", "debug", "-o", form)...)
			stdout.Reset()
			stderr.Reset()
			private.Stdout, private.Stderr = &stdout, &stderr
			_ = private.Run()
			require.Contains(t, stdout.String(), "canary-stranger")
			for _, canary := range append(secrets, "canary", "12.625") {
				require.NotContains(t, stderr.String(), canary)
			}
			for _, secret := range secrets {
				require.NotContains(t, stdout.String(), secret)
			}
		}
	}
}
