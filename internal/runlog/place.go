package runlog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// placeError says which place cannot take the record, and what to do.
func placeError(path string, err error) error {
	return fmt.Errorf("%s: the record of this run cannot be kept here: %w: %s", path, reason(err), elsewhere)
}

// reason leaves out the paths that the calls add, some of them relative to a
// folder that the reader does not know.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// ignoredFolder is where the .gitignore stands. The whole of .gradesync is this
// tool's own; of any other path only the last folder is taken to be.
func ignoredFolder(dir string) string {
	abs, err := filepath.Abs(dir) // "." may be such a folder too
	if err == nil && filepath.Base(abs) == "runs" && filepath.Base(filepath.Dir(abs)) == ".gradesync" {
		return filepath.Join(dir, "..")
	}
	return filepath.Clean(dir)
}

// makeFolder makes a folder and those above it. What is there already stays as
// it is; symbolic links are followed.
func makeFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && info.IsDir() {
		return nil
	}
	if err == nil {
		return placeError(dir, errors.New("a file stands where a folder should be"))
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return placeError(dir, err)
	}
	// Before the error is judged: the parent may know a better reason.
	if err := makeFolder(parent); err != nil {
		return err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return placeError(dir, err)
	}
	err = os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		// Another process was faster, or it is a link to nothing.
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return nil
		}
		return placeError(dir, errors.New("something that is not a folder stands where a folder should be"))
	}
	if err == nil {
		err = settle(dir)
	}
	if err != nil {
		return placeError(dir, err)
	}
	return nil
}

// settle gives a new folder its permissions, whatever the umask took from them,
// and makes its name lasting.
func settle(dir string) error {
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	parent, err := os.OpenRoot(filepath.Dir(dir))
	if err != nil {
		return err
	}
	defer func() { _ = parent.Close() }()
	return syncFolder(parent)
}

// ignore makes sure that git ignores the runs. It replaces no file that it finds.
func ignore(home, runs string) error {
	path := filepath.Join(home, ".gitignore")
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writeIgnore(home)
	case err != nil:
		return placeError(path, err)
	case !info.Mode().IsRegular():
		// git follows no link here.
		return placeError(path, errors.New("not a regular file, so git does not read it"))
	}
	within := ""
	if home != filepath.Clean(runs) {
		within = "runs"
	}
	covered, err := covers(path, within)
	if err != nil {
		return placeError(path, err)
	}
	if !covered {
		return fmt.Errorf("%s: it does not keep students' grades out of git: add a line that holds only *, or choose another folder with --runs-dir", path)
	}
	return nil
}

func writeIgnore(home string) error {
	path := filepath.Join(home, ".gitignore")
	if _, err := os.Lstat(filepath.Join(home, ".git")); err == nil {
		return fmt.Errorf("%s: a .gitignore for the runs would hide this whole repository from git: choose a folder inside it with --runs-dir", home)
	}
	root, err := os.OpenRoot(home)
	if err == nil {
		err = writeFile(root, ".gitignore", []byte("*\n"))
		_ = root.Close()
	}
	if err != nil {
		return placeError(path, err)
	}
	return nil
}

// covers says whether a .gitignore has a line that takes in everything, or the
// folder within.
func covers(path, within string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "*" || line == "**" || line == "/*" {
			return true, nil
		}
		if within != "" && strings.TrimSuffix(strings.TrimPrefix(line, "/"), "/") == within {
			return true, nil
		}
	}
	return false, nil
}

// writeFile puts a whole file in place, readable by its owner alone, and returns
// when file and name are on the disk. Until the last moment the bytes have
// another name, and if anything fails they are taken away.
func writeFile(root *os.Root, name string, data []byte) (err error) {
	temp := "." + name + "." + strings.ToLower(rand.Text()[:8]) + ".tmp"
	file, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = root.Remove(temp)
		}
	}()
	err = file.Chmod(0o600) // the umask may have left less
	if err == nil {
		_, err = file.Write(data)
	}
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err == nil {
		err = syncFolder(root)
	}
	return err
}

// syncFolder makes the names in a folder lasting, where the system knows how to:
// Windows and some network file systems have no such call.
func syncFolder(root *os.Root) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	err = folder.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}
