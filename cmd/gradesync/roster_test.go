package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// peopled is a remote whose course 1 has people, some of them hostile.
func peopled(t *testing.T) *remote {
	t.Helper()
	r := newRemote(t)
	for _, m := range []sandbox.Member{
		{UserID: "u-1", Name: "Cy Canary", Email: "cy@example.edu"},
		{UserID: "u-2", Name: "Ann Canary", SourcedID: "=canary"},
		{UserID: "u-3", Name: evil, Email: "=cmd|' /C calc'!A0", Status: "Inactive"},
	} {
		require.NoError(t, r.box.AddMember("1", m))
	}
	text := fmt.Sprintf("apiVersion: gradesync.dev/v1\nkind: Gradebook\nmetadata: {name: bio101}\nlineItems: []\ncontexts: [{name: sec-1, lineItemsURL: %q, membershipsURL: %q}]\n",
		r.url+"/courses/1/lineitems", r.url+"/courses/1/memberships")
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "bio.yaml"), []byte(text), 0o600))
	return r
}

func (r *remote) roster(ci string, flags ...string) string {
	r.t.Helper()
	cmd := r.command(append([]string{"roster", "-f", "bio.yaml", "-f", "platform.yaml", "--log-level", "debug"}, flags...)...)
	cmd.Env = append(os.Environ(), "CI="+ci)
	out, err := cmd.Output()
	require.NoError(r.t, err)
	return string(out)
}

// People are named to those who ask at home and numbered where others read,
// in every form; what they are called does nothing to the reader.
func TestRosterCommand(t *testing.T) {
	r := peopled(t)
	for _, form := range []string{"text", "json", "csv"} {
		named := r.roster("", "-o", form)
		require.Contains(t, named, "Ann Canary")
		require.Less(t, strings.Index(named, "Ann Canary"), strings.Index(named, "Cy Canary"), "by name")
		require.NotContains(t, named, "\x1b")
		require.NotContains(t, named, "\u202e")
		require.NotContains(t, named, "##[")
		require.Equal(t, named, r.roster("", "-o", form), "the same bytes from run to run")
		require.Equal(t, named, r.roster("true", "-o", form, "--redact=false"))
		numbered := r.roster("true", "-o", form)
		require.Contains(t, numbered, "person 3")
		for _, secret := range []string{"anary", "u-1", "u-2", "u-3", "@example.edu"} {
			require.NotContains(t, numbered, secret)
		}
		require.Equal(t, numbered, r.roster("", "-o", form, "--redact"))
	}
	require.Contains(t, r.roster(""), "3 people, 1 inactive. Without an email: 1 (the LMS tells it by consent")

	rows, err := csv.NewReader(strings.NewReader(r.roster("", "-o", "csv"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 4)
	for _, row := range rows {
		for _, cell := range row {
			require.False(t, strings.HasPrefix(cell, "="), "%q", row)
		}
	}
	var back struct {
		FormatVersion int
		Contexts      []struct {
			Counts struct{ People, Inactive, WithoutEmail int }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.roster("", "-o", "json")), &back))
	require.Equal(t, 1, back.FormatVersion)
	require.Equal(t, 3, back.Contexts[0].Counts.People)
}
