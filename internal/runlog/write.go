package runlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

const (
	maxFile = 256 << 20 // of a file, before it is sealed: what is written can be read
	maxLine = 4 << 20   // of an outcome, likewise
)

// Write records a whole file once, such as before.yaml. When it returns, the
// file and its name are on the disk. It replaces nothing: a name that is taken
// is fs.ErrExist. Sealed, the file is name + ".age".
func (r *Run) Write(name string, data []byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	path := filepath.Join(r.dir, name)
	if len(data) > maxFile {
		return fmt.Errorf("%s: %d bytes are more than a record may hold (%d)", path, len(data), maxFile)
	}
	if r.sealed() {
		sealed, err := seal(r.recipients, data)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		name, path, data = name+sealedSuffix, path+sealedSuffix, sealed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fmt.Errorf("%s: the record of this run: %w", path, fs.ErrClosed)
	}
	// The folder is this run's alone, so nobody takes the name in between.
	_, err := r.root.Lstat(name)
	if err == nil {
		return fmt.Errorf("%s: %w: what was recorded is not replaced", path, fs.ErrExist)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = writeFile(r.root, name, data)
	}
	if err != nil {
		return placeError(path, err)
	}
	return nil
}

// Outcome records how one write ended, as a line of JSON. When it returns nil
// the line has left this process whole: nothing that happens to the process can
// lose it. It does not wait for the disk; see [Run.Close].
func (r *Run) Outcome(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: an outcome cannot be recorded: %w", r.dir, err)
	}
	limit := maxLine
	if r.sealed() && len(line) <= limit {
		limit = maxSealedLine
		if line, err = sealLine(r.recipients, line); err != nil {
			return fmt.Errorf("%s: an outcome cannot be recorded: %w", r.dir, err)
		}
	}
	if len(line) > limit {
		return fmt.Errorf("%s: an outcome cannot be recorded: its %d bytes are more than a line may hold (%d)", r.dir, len(line), limit)
	}
	if err := r.outcomes.append(append(line, '\n')); err != nil {
		return fmt.Errorf("%s: an outcome could not be recorded: %w", r.dir, reason(err))
	}
	return nil
}

// checkName takes names of files in the run's folder that mean the same on
// every system and are not ours.
func checkName(name string) error {
	plain := name != "" && len(name) <= 100 && filepath.IsLocal(name)
	for _, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		plain = plain && (letter || c == '.' || c == '-' || c == '_')
	}
	lower := strings.ToLower(name)
	if !plain || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") {
		return fmt.Errorf("%q is not a plain file name for the record of a run", name)
	}
	if lower == outcomeName || strings.HasSuffix(lower, sealedSuffix) || strings.HasSuffix(lower, ".tmp") {
		return fmt.Errorf("%q is a name that the record of a run keeps for itself", name)
	}
	return nil
}
