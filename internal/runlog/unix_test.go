//go:build linux || darwin

package runlog

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tests here change the process: none of this package runs beside another.

func TestUmask(t *testing.T) {
	for _, mask := range []int{0, 0o777} {
		t.Run(fmt.Sprintf("%o", mask), func(t *testing.T) {
			dir := runsDir(t)
			before := syscall.Umask(mask)
			defer syscall.Umask(before)
			r := create(t, dir)
			require.NoError(t, r.Write("before.yaml", nil))
			for _, folder := range []string{filepath.Dir(dir), dir, r.Dir()} {
				requireMode(t, folder, 0o700)
			}
			for _, file := range []string{"../../.gitignore", "before.yaml", "outcome.jsonl"} {
				requireMode(t, filepath.Join(r.Dir(), file), 0o600)
			}
		})
	}
}

// alone runs a test in a process of its own, as a limit on files holds for the
// whole process: also for the log that go test keeps of this one. It is true
// there.
func alone(t *testing.T) bool {
	t.Helper()
	const marker = "RUNLOG_TEST_ALONE"
	if os.Getenv(marker) != "" {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), marker+"=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
	return false
}

// limitFiles makes the system cut off files at a size, as a full disk does: a
// part is written, and then nothing.
func limitFiles(t *testing.T, size uint64) (undo func()) {
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}))
	undo = func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }
	t.Cleanup(undo)
	return undo
}

func TestFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	r := create(t, runsDir(t))
	undo := limitFiles(t, 10_000)

	err := r.Write("before.yaml", make([]byte, 10_001))
	require.ErrorIs(t, err, syscall.EFBIG)
	require.ErrorContains(t, err, filepath.Join(r.Dir(), "before.yaml")+": ")
	require.ErrorContains(t, err, "--runs-dir")
	entries, err := os.ReadDir(r.Dir())
	require.NoError(t, err)
	require.Len(t, entries, 1, "no part of a file is left: %v", entries)

	taken := 0
	for err = nil; err == nil; taken++ {
		err = r.Outcome(outcome{N: taken, Pad: "xxxxxxxxxxxxx"})
	}
	taken--
	require.ErrorIs(t, err, syscall.EFBIG)
	require.ErrorContains(t, err, r.Dir())
	require.ErrorIs(t, r.Outcome(0), syscall.EFBIG, "still full")

	f, err := Open(r.Dir())
	require.NoError(t, err)
	lines, errs := all(f)
	require.Len(t, lines, taken)
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], ErrTorn)

	// Room again: the part spoils no other line, and the file can be written.
	undo()
	require.NoError(t, r.Outcome("after"))
	require.NoError(t, r.Outcome("last"))
	lines, errs = all(f)
	require.Equal(t, []string{`"after"`, `"last"`}, lines[taken:])
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], fmt.Sprintf("outcome.jsonl:%d: ", taken+1))
	require.NoError(t, r.Write("before.yaml", make([]byte, 10_001)))
	require.NoError(t, r.Close())
}

// With no room at all, Create itself fails, and leaves no .gitignore that is
// empty and believed in.
func TestFullDiskFromTheStart(t *testing.T) {
	if !alone(t) {
		return
	}
	dir := runsDir(t)
	undo := limitFiles(t, 0)
	_, err := Create(Options{Dir: dir, Now: moment})
	require.ErrorContains(t, err, filepath.Join(filepath.Dir(dir), ".gitignore"))
	require.ErrorContains(t, err, "--runs-dir")
	require.NoDirExists(t, dir)
	undo()
	create(t, dir)
	requireText(t, filepath.Join(filepath.Dir(dir), ".gitignore"), "*\n")
}

func TestKilled(t *testing.T) {
	for range 3 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childDir+"="+runsDir(t))
		var complaints strings.Builder
		child.Stderr = &complaints
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		t.Cleanup(func() { _ = child.Process.Kill() })
		said := bufio.NewScanner(out)
		require.True(t, said.Scan(), complaints.String())
		dir := said.Text()
		taken := map[string]bool{}
		for said.Scan() {
			// What it said before it died counts, also if it is read after.
			taken[said.Text()] = true
			if len(taken) == 2000 {
				require.NoError(t, child.Process.Kill())
			}
		}
		require.Error(t, child.Wait())
		require.Empty(t, complaints.String())
		require.GreaterOrEqual(t, len(taken), 2000)

		f, err := Open(dir)
		require.NoError(t, err)
		lines, errs := all(f)
		for _, err := range errs {
			require.ErrorIs(t, err, ErrTorn)
		}
		for _, line := range lines {
			var o outcome
			require.NoError(t, json.Unmarshal([]byte(line), &o))
			delete(taken, fmt.Sprintf("%d %d", o.Writer, o.N))
		}
		require.Empty(t, taken, "outcomes that were taken and lost")
	}
}

// What is no file is refused, and not waited for.
func TestOddFiles(t *testing.T) {
	r := create(t, runsDir(t))
	require.NoError(t, syscall.Mkfifo(filepath.Join(r.Dir(), "before.yaml"), 0o600))
	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(r.Dir(), "after.yaml")))
	require.ErrorIs(t, r.Write("after.yaml", nil), fs.ErrExist)
	f, err := Open(r.Dir())
	require.NoError(t, err)
	for _, name := range []string{"before.yaml", "after.yaml"} {
		_, err = f.Read(name)
		require.ErrorContains(t, err, "not a regular file")
	}
	require.NoError(t, os.Remove(filepath.Join(r.Dir(), "outcome.jsonl")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(r.Dir(), "outcome.jsonl"), 0o600))
	_, errs := all(f)
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "not a regular file")
}
