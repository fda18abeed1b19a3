//go:build unix

package run

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pipe that nobody writes to is told of at once.
func TestReadPlanOfAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	_, _, err := readPlan(path, nil)
	require.ErrorContains(t, err, "a regular file")
}
