package runlog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"
)

var (
	// ErrNotRun is that of a folder that no run was recorded in.
	ErrNotRun = errors.New("not the folder of a run")

	// ErrSealed is that of a sealed record and nothing to open it with.
	ErrSealed = errors.New("the record of this run is sealed, and no identity (AGE-SECRET-KEY-...) was given to open it")
)

// Folder is the record of a run, to be read. It is safe for concurrent use, and
// the run may still be under way.
type Folder struct {
	dir    string
	sealed bool
	ids    []age.Identity
}

// Open looks for the record of a run. dir is the run's own folder, as Run.Dir
// gave it. A record is sealed or it is not, as a whole: beside a sealed log of
// outcomes, no plain file is read. Whether an identity fits shows on reading.
func Open(dir string, ids ...age.Identity) (*Folder, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w: it is not there", dir, ErrNotRun)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", dir, reason(err))
	case !info.IsDir():
		return nil, fmt.Errorf("%s: %w: it is a file", dir, ErrNotRun)
	}
	f := &Folder{dir: dir, ids: slices.Clone(ids)}
	if f.sealed, err = isThere(filepath.Join(dir, outcomeName+sealedSuffix)); err != nil {
		return nil, err
	}
	if f.sealed {
		if len(ids) == 0 || slices.Contains(ids, nil) {
			return nil, fmt.Errorf("%s: %w", dir, ErrSealed)
		}
		return f, nil
	}
	plain, err := isThere(filepath.Join(dir, outcomeName))
	if err != nil {
		return nil, err
	}
	if !plain {
		return nil, fmt.Errorf("%s: %w: there is no %s in it (each run has a folder of its own, such as .gradesync/runs/20261121T231500Z-...)", dir, ErrNotRun, outcomeName)
	}
	return f, nil
}

func isThere(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, reason(err))
	}
	return true, nil
}

// Read gives a file that Write recorded, unsealed, of at most 256 MiB. One that
// is not there is fs.ErrNotExist.
func (f *Folder) Read(name string) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	limit := int64(maxFile)
	if f.sealed {
		name += sealedSuffix
		limit += sealOverhead
	}
	path := filepath.Join(f.dir, name)
	file, err := f.open(name, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	defer func() { _ = file.Close() }()
	var data []byte
	if f.sealed {
		// The bound again, for a file that grows.
		data, err = unseal(f.ids, io.LimitReader(file, limit), maxFile)
	} else {
		data, err = readAll(file, maxFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// open opens a regular file of the folder: a link could lead anywhere, a pipe
// would wait for ever. A limit of 0 is none.
func (f *Folder) open(name string, limit int64) (*os.File, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	if limit > 0 && info.Size() > limit {
		return nil, fmt.Errorf("its %d bytes are more than a record holds (%d)", info.Size(), limit)
	}
	return root.Open(name)
}
