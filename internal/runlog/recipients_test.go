package runlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func TestParseRecipients(t *testing.T) {
	one, two := identity(t), identity(t)
	hybrid, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "age1team.txt")
	require.NoError(t, os.WriteFile(file, []byte("# team\r\n\r\n"+one.Recipient().String()+"\r\n"+two.Recipient().String()), 0o600))

	for name, c := range map[string]struct {
		words []string
		want  []age.Recipient
	}{
		"none":         {nil, nil},
		"one":          {[]string{one.Recipient().String()}, []age.Recipient{one.Recipient()}},
		"with a blank": {[]string{" " + one.Recipient().String() + "\n"}, []age.Recipient{one.Recipient()}},
		"hybrid":       {[]string{hybrid.Recipient().String()}, []age.Recipient{hybrid.Recipient()}},
		"file":         {[]string{file, one.Recipient().String()}, []age.Recipient{one.Recipient(), two.Recipient(), one.Recipient()}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseRecipients(c.words)
			require.NoError(t, err)
			require.Len(t, got, len(c.want))
			for i, r := range c.want {
				require.Equal(t, r, got[i])
			}
		})
	}
	t.Chdir(filepath.Dir(file)) // a name that begins as a recipient does
	got, err := ParseRecipients([]string{filepath.Base(file)})
	require.NoError(t, err)
	require.Len(t, got, 2)
}

func TestParseRecipientsErrors(t *testing.T) {
	id := identity(t)
	top := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(top, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	good := id.Recipient().String()
	secret := id.String()
	for name, c := range map[string]struct{ word, want string }{
		"empty":            {"", "recipient 2 of 2: it is empty"},
		"blank":            {" \t", "it is empty"},
		"secret":           {secret, "a secret key is given where a recipient"},
		"secret, small":    {strings.ToLower(secret), "a secret key is given"},
		"secret and more":  {"key=" + secret[:40], "a secret key is given"},
		"mistyped":         {good[:20], "is not a whole one"},
		"ssh":              {"ssh-ed25519 AAAA", "SSH keys are not supported"},
		"unknown":          {"letmein", "neither a recipient (age1...) nor a file"},
		"folder":           {top, "is a folder"},
		"identity file":    {file("key.txt", "# public key: "+good+"\n"+secret+"\n"), "key.txt: a secret key is given"},
		"ssh key":          {file("id", "-----BEGIN OPENSSH PRIVATE KEY-----\n"), "id: a secret key is given"},
		"empty file":       {file("none.txt", "# none\n\n"), "none.txt: there is no recipient"},
		"line of the file": {file("bad.txt", good+"\n\nletmein\n"), "bad.txt:3: not a recipient"},
		"long line":        {file("long.txt", strings.Repeat("letmein", 20_000)), "long.txt:1: not a recipient"},
		"large file":       {file("large.txt", strings.Repeat("#\n", maxRecipientsFile)), "large.txt: it is larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseRecipients([]string{good, c.word})
			require.ErrorContains(t, err, c.want)
			require.Nil(t, got)
			require.NotContains(t, strings.ToLower(err.Error()), strings.ToLower(secret[16:30]))
			require.NotContains(t, err.Error(), "letmein")
		})
	}
}
