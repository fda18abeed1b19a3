package run

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gradesync/gradesync/spec"
)

func TestReadSecret(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, b, 0o600))
		return path
	}
	write("key", []byte("beside the document"))
	write("sub/key", []byte("below it"))
	write("newline", []byte("swordfish\n"))
	write("windows", []byte("swordfish\r\n"))
	write("newlines", []byte("two\nlines\n\n"))
	write("spaces", []byte(" swordfish \n"))
	write("empty", nil)
	write("largest", bytes.Repeat([]byte("x"), maxSecret))
	write("too-large", bytes.Repeat([]byte("x"), maxSecret+1))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	away := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(away, []byte("far away"), 0o600))
	t.Chdir(t.TempDir()) // names are relative to the document, never to this

	env := func(name string) (string, bool) {
		switch name {
		case "KEY":
			return "swordfish\n", true
		case "EMPTY":
			return "", true
		}
		return "", false
	}
	doc := filepath.Join(dir, "sub", "platform.yaml")
	pos := spec.At(doc, 8, 20)
	set := func(s string) spec.Opt[string] { return spec.Opt[string]{Value: s, State: spec.Set, Pos: pos} }
	for _, tc := range []struct {
		name   string
		secret spec.Secret
		want   string
		err    string
	}{
		{"environment, as it is", spec.Secret{Env: set("KEY")}, "swordfish\n", ""},
		{"environment not set", spec.Secret{Env: set("NONE")}, "", "the environment variable NONE is not set"},
		{"environment set to nothing", spec.Secret{Env: set("EMPTY")}, "", "the environment variable EMPTY is not set"},
		{"file beside the document", spec.Secret{File: set("key")}, "below it", ""},
		{"file above it", spec.Secret{File: set("../key")}, "beside the document", ""},
		{"absolute file", spec.Secret{File: set(away)}, "far away", ""},
		{"a newline is cut", spec.Secret{File: set("../newline")}, "swordfish", ""},
		{"a newline of Windows too", spec.Secret{File: set("../windows")}, "swordfish", ""},
		{"one newline, not two", spec.Secret{File: set("../newlines")}, "two\nlines\n", ""},
		{"spaces are not", spec.Secret{File: set("../spaces")}, " swordfish ", ""},
		{"empty file", spec.Secret{File: set("../empty")}, "", ""},
		{"largest file", spec.Secret{File: set("../largest")}, string(bytes.Repeat([]byte("x"), maxSecret)), ""},
		{"too large", spec.Secret{File: set("../too-large")}, "", "too-large is no file of at most 64 KiB"},
		{"a folder", spec.Secret{File: set("../folder")}, "", "folder is no file of at most 64 KiB"},
		{"a device", spec.Secret{File: set(os.DevNull)}, "", "is no file of at most 64 KiB"},
		{"no such file", spec.Secret{File: set("../none")}, "", "none cannot be read: no such file or directory"},
		{"no such folder", spec.Secret{File: set("none/none")}, "", "none cannot be read: no such file or directory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := readSecret(tc.secret, env)
			if tc.err == "" {
				require.NoError(t, err)
				require.Equal(t, tc.want, string(got))
				return
			}
			require.Empty(t, got)
			var se *SecretError
			require.ErrorAs(t, err, &se)
			require.ErrorContains(t, err, tc.err)
			require.ErrorContains(t, err, doc+":8:20: ", "it says where the secret is named")
			require.NotEmpty(t, se.Hint)
			require.NotContains(t, err.Error(), "swordfish")
		})
	}
}

// A document from standard input lies in the working folder.
func TestSecretOfStandardInput(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("key", []byte("here\n"), 0o600))
	b, err := readSecret(spec.Secret{File: spec.Opt[string]{Value: "key", State: spec.Set, Pos: spec.At("-", 1, 1)}}, nil)
	require.NoError(t, err)
	require.Equal(t, "here", string(b))
}
