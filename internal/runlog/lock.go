package runlog

import (
	"context"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockAgain is how often a lock that somebody has is asked for.
const lockAgain = 100 * time.Millisecond

// Lock waits until no other process writes to the course (a digest of it) that
// keeps its records in dir, too; waiting is called if there is one. The lock ends
// with release, or with the process. An error is ctx's, or says why there are no
// locks here.
func Lock(ctx context.Context, dir, course string, waiting func()) (release func(), err error) {
	l := flock.New(filepath.Join(ignoredFolder(dir), ".lock-"+course), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err == nil && !ok {
		waiting()
		_, err = l.TryLockContext(ctx, lockAgain)
	}
	if err != nil {
		_ = l.Close()
		return nil, reason(err)
	}
	return func() { _ = l.Close() }, nil // the file stays: who waits has it open
}
