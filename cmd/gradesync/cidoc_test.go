package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// docs/ci.md speaks of what is in the examples.
func TestCIDoc(t *testing.T) {
	p := onePage(t, "docs/ci.md")
	var all []string
	for _, name := range []string{"github-actions.yml", "gitlab-ci.yml", "gradesync.sh"} {
		text, err := os.ReadFile("../../examples/ci/" + name)
		require.NoError(t, err)
		all = append(all, string(text))
		require.Contains(t, p.text, "](../examples/ci/"+name+")")
	}
	commands := 0
	for _, line := range p.lines() {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "git fetch "):
			for _, text := range all {
				require.Contains(t, strings.ReplaceAll(text, "--quiet ", ""), strings.TrimSpace(line))
			}
		case strings.HasPrefix(line, "git push "):
			for _, text := range all {
				require.Contains(t, text, " "+words[len(words)-1]+"\n")
			}
		case strings.HasPrefix(line, "gradesync.sh ") && len(words) > 1:
			require.Contains(t, all[2], "\n  "+words[1]+")\n")
		case strings.HasPrefix(line, "GRADESYNC_") && len(words) == 1:
			require.Contains(t, all[0]+all[1], line)
		default:
			continue
		}
		commands++
	}
	require.Greater(t, commands, 10)
	for _, job := range []string{"validate", "plan", "apply", "drift"} {
		require.Contains(t, p.text, "| `"+job+"` |")
		require.Contains(t, all[0], "\n  "+job+":\n")
		require.Contains(t, all[1], "\n"+job+":\n")
	}
}

// Nothing but a pull request's own repository may have the secrets, two applies
// never overlap, and no job may do more than it has to.
func TestCIExamplesAreCareful(t *testing.T) {
	hub := ciExamples(t)["github"].(*onGitHub)
	rights := map[string]map[string]string{}
	for name, job := range hub.Jobs {
		rights[name] = job.Permissions
		for _, step := range job.Steps {
			require.NotContains(t, step.Run, "${{", "%s: what others write must not become shell", name)
			if name == "validate" {
				require.NotContains(t, strings.Join(slices.Collect(maps.Values(step.Env)), " "), "secrets")
			}
		}
	}
	require.Empty(t, cmp.Diff(map[string]map[string]string{
		"validate": {"contents": "read"},
		"plan":     {"contents": "read", "pull-requests": "write"},
		"apply":    {"contents": "write"},
		"drift":    {"contents": "read"},
	}, rights))
	require.Empty(t, hub.Permissions)
	require.Contains(t, hub.Jobs["plan"].If, "github.event.pull_request.head.repo.full_name == github.repository")
	require.Contains(t, hub.Jobs["apply"].If, "github.ref_name == github.event.repository.default_branch")
	require.Equal(t, concurrency{Group: "gradebook-apply"}, hub.Jobs["apply"].Concurrency)

	lab := ciExamples(t)["gitlab"].(*onGitLab)
	require.Equal(t, "gradebook-apply", lab.Jobs["apply"].ResourceGroup)
	require.Contains(t, lab.Jobs["plan"].Rules[0].If, "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID")
	require.Equal(t, "manual", lab.Jobs["first"].Rules[0].When)
}
