package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxState bounds the state file, in bytes, read and written.
const maxState = 256 << 20

// errChanged is the refusal to overwrite another process's work.
var errChanged = errors.New("another process has changed the state file since it was last read or written here; it was left alone: run one sandbox per file, and restart this one to read it anew")

// saveError is a write that failed and left the file as it was.
type saveError struct{ err error }

// Error names no temporary file: its name is another one each time.
func (e *saveError) Error() string {
	why := e.err
	var path *fs.PathError
	if errors.As(why, &path) {
		why = path.Err
	}
	return "the state could not be saved: " + why.Error()
}

func (e *saveError) Unwrap() error { return e.err }

// files are the calls that replace a file, apart so that tests can fill a disk.
type files struct {
	create func(dir, pattern string) (tempFile, error)
	rename func(from, to string) error
}

type tempFile interface {
	io.WriteCloser
	Name() string
	Sync() error
	Stat() (fs.FileInfo, error)
}

func osFiles() files {
	return files{
		create: func(dir, pattern string) (tempFile, error) { return os.CreateTemp(dir, pattern) },
		rename: os.Rename,
	}
}

// replace writes a file as a whole: readers, and a start after a crash, see the
// old content or the new one. agree is asked at the last moment. The temporary
// file is 0600, as the file will be.
func (f files) replace(path string, data []byte, agree func() error) (written fs.FileInfo, err error) {
	temp, err := f.create(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Sync()
	}
	if err == nil {
		written, err = temp.Stat()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = agree()
	}
	if err == nil {
		err = f.rename(temp.Name(), path)
	}
	return written, err
}

// disk is the state file. last is what it was when this process last read or
// wrote it, nil if it was not there.
type disk struct {
	path  string
	files files
	last  fs.FileInfo
}

func (d *disk) save(data []byte) error {
	if len(data) > maxState {
		return &saveError{fmt.Errorf("it has grown over %d MiB", maxState>>20)}
	}
	written, err := d.files.replace(d.path, data, d.unchanged)
	if errors.Is(err, errChanged) {
		return err
	}
	if err != nil {
		return &saveError{err}
	}
	d.last = written
	return nil
}

func (d *disk) unchanged() error {
	now, err := os.Stat(d.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if d.last != nil {
			return errChanged
		}
		return nil
	case err != nil:
		return err
	case d.last == nil || !os.SameFile(now, d.last) || now.Size() != d.last.Size() || !now.ModTime().Equal(d.last.ModTime()):
		return errChanged
	}
	return nil
}

// load reads the state; nil without an error if there is no file yet.
func (d *disk) load() (*State, error) {
	data, info, err := readRegular(d.path, maxState)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	st, err := decodeState(data)
	if err != nil {
		return nil, fmt.Errorf("%s is not a state file of this sandbox: %w; name another file, or move this one away to start with an empty one", d.path, err)
	}
	d.last = info
	return st, nil
}

// readRegular looks before it opens: opening a pipe or device may block.
func readRegular(path string, most int64) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is not a regular file (%s): name a file, or one that does not exist yet", path, info.Mode().Type())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(data)) > most {
		return nil, nil, fmt.Errorf("%s is larger than %d bytes", path, most)
	}
	return data, info, nil
}

// decodeState is strict: a member that it does not know would be lost with the
// next write.
func decodeState(data []byte) (*State, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	if head.Version != stateVersion {
		return nil, fmt.Errorf("its version is %d, and only %d is known", head.Version, stateVersion)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	st := &State{}
	if err := dec.Decode(st); err != nil {
		return nil, err
	}
	st.tidy()
	return st, st.check()
}
