package runlog

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), ".gradesync", "runs")
	require.NoError(t, makeFolder(dir))
	never := func() { t.Error("nobody has it") }
	release, err := Lock(t.Context(), dir, "a", never)
	require.NoError(t, err)
	other, err := Lock(t.Context(), dir, "b", never)
	require.NoError(t, err, "another course is another lock")
	other()

	waited := make(chan struct{})
	got := make(chan func())
	go func() {
		second, err := Lock(context.Background(), dir, "a", func() { close(waited) })
		if err != nil {
			t.Error(err)
		}
		got <- second
	}()
	<-waited
	select {
	case <-got:
		t.Fatal("two have it")
	case <-time.After(300 * time.Millisecond):
	}
	release()
	(<-got)()

	release, err = Lock(t.Context(), dir, "a", never)
	require.NoError(t, err)
	defer release()
	ctx, stop := context.WithCancel(t.Context())
	_, err = Lock(ctx, dir, "a", stop)
	require.ErrorIs(t, err, context.Canceled)

	info, err := os.Stat(filepath.Join(filepath.Dir(dir), ".lock-a"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = Lock(t.Context(), filepath.Join(t.TempDir(), "no", "folder"), "a", never)
	require.Error(t, err)
}
