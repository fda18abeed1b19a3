package runlog

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slowDisk is a file whose syncs wait for a word.
type slowDisk struct {
	*os.File
	begun chan struct{}
	end   chan error
}

func (d slowDisk) Sync() error {
	d.begun <- struct{}{}
	return <-d.end
}

func TestNobodyWaitsForTheDisk(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	disk := slowDisk{file, make(chan struct{}), make(chan error)}
	j := newJournal(disk)
	require.NoError(t, j.append([]byte("1\n")))
	<-disk.begun // and it does not end
	for range 1000 {
		require.NoError(t, j.append([]byte("2\n")))
	}
	first, second := errors.New("first"), errors.New("second")
	disk.end <- first
	<-disk.begun // one sync for the thousand
	disk.end <- nil
	require.NoError(t, j.append([]byte("3\n")))
	closed := make(chan error)
	go func() { closed <- j.close() }()
	<-disk.begun
	select {
	case <-closed:
		t.Fatal("closed before the disk was done")
	case <-time.After(10 * time.Millisecond):
	}
	disk.end <- second
	require.Equal(t, first, <-closed)
}

// A pipe takes lines and cannot be synced: a real error of a real file.
func TestSyncErrorIsReportedAtClose(t *testing.T) {
	r := create(t, runsDir(t))
	in, out, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _ = in.Close() }()
	require.NoError(t, r.outcomes.close())
	r.outcomes = newJournal(out)
	require.NoError(t, r.Outcome(1))
	err = r.Close()
	require.ErrorContains(t, err, r.Dir())
	require.Equal(t, err, r.Close())
}
