package run

import (
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/plan"
)

// Only a plan is replaced by a plan.
func TestSavePlanReplacesPlansOnly(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	to := []age.Recipient{key.Recipient()}
	encoded, err := plan.Encode(plan.Plan{})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		text string
		to   []age.Recipient
		says string
	}{
		"a plan":                   {string(encoded), nil, ""},
		"nothing yet":              {"", nil, ""},
		"another tool's JSON":      {`{"name":"x","version":"1"}`, nil, "no plan"},
		"a Gradebook":              {`{"apiVersion":"gradesync.dev/v1","kind":"Gradebook"}`, nil, "no plan"},
		"a report":                 {`{"formatVersion":1,"schema":"https://gradesync.dev/schema/report-v1.json"}`, nil, "no plan"},
		"somebody's secrets":       {"age-encryption.org/v1\n", nil, "--seal-to"},
		"a sealed plan by another": {"age-encryption.org/v1\n", to, ""},
	} {
		path := filepath.Join(t.TempDir(), "x")
		require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
		err := SavePlan(path, encoded, c.to)
		if c.says == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.says, name)
		is, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, c.text, string(is))
	}
}

// A context that cannot be read now is recorded with the rest, and its record
// can be read.
func TestUnreadIsStillAPlan(t *testing.T) {
	c := plan.Context{Gradebook: "g", Name: "c", Platform: "p", Course: digestOf("somewhere"), Items: []plan.Item{{Key: "k"}}}
	b, err := plan.Encode(plan.Plan{Contexts: []plan.Context{unread(&c, &plan.Failure{Kind: plan.FailedAuth, Message: "no"})}})
	require.NoError(t, err)
	p, err := plan.Decode(b)
	require.NoError(t, err)
	require.Equal(t, plan.Unauthorized, p.Contexts[0].Status())
	require.Empty(t, p.Contexts[0].Items)
}
