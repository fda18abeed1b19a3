package escape

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShell(t *testing.T) {
	for word, want := range map[string]string{
		"hw1": "hw1", "rescale:hw2": "rescale:hw2", "course/bio101.yaml": "course/bio101.yaml", "": "''",
		"a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "=cmd": "'=cmd'", "~": "'~'", "a\nb": "'a\nb'", "é": "'é'", `C:\x`: `'C:\x'`,
	} {
		require.Equal(t, want, Shell(word))
	}
}

// A shell takes it for the one word that it is.
func FuzzShell(f *testing.F) {
	for _, word := range []string{"hw1", "", "it's", "$(x)`y`", "a\\", "'", "\n", "-x", "=x", "é"} {
		f.Add(word)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		f.Skip("there is no sh here")
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.ContainsRune(word, 0) {
			return // no word of a command can hold it
		}
		out, err := exec.CommandContext(t.Context(), sh, "-c", "printf %s "+Shell(word)).Output()
		require.NoError(t, err)
		require.Equal(t, word, string(out))
	})
}
