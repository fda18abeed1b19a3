//go:build unix

package revision

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// A pipe would be waited for.
func TestDirtyPipe(t *testing.T) {
	dir := world(t)
	pipe := filepath.Join(dir, "gb.yaml")
	require.NoError(t, os.Remove(pipe))
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	got, err := open(t, dir).Dirty(t.Context(), []string{pipe})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]Difference{{pipe, Changed}}, got))
}
