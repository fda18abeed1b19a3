package run

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gradesync/gradesync/spec"
)

// SecretError says why a secret is not to be had. It never holds any of it.
type SecretError struct {
	Pos           spec.Pos
	Message, Hint string
}

func (e *SecretError) Error() string { return e.Pos.String() + ": " + e.Message }

// maxSecret bounds what is read of a secret's file.
const maxSecret = 64 << 10

// readSecret reads a secret from where the document says it is.
func readSecret(s spec.Secret, env func(string) (string, bool)) ([]byte, error) {
	if s.Env.IsSet() {
		v, ok := env(s.Env.Value)
		if !ok || v == "" {
			return nil, &SecretError{s.Env.Pos, fmt.Sprintf("the environment variable %s is not set", s.Env.Value), "set it to the secret itself, not to a file's name"}
		}
		return []byte(v), nil
	}
	name := s.File.Value
	if !filepath.IsAbs(name) {
		name = filepath.Join(folder(s.File.Pos), name)
	}
	b, err := readSmall(name)
	if errors.Is(err, errNoSecret) {
		return nil, &SecretError{s.File.Pos, fmt.Sprintf("%s is no file of at most %d KiB", name, maxSecret>>10), "name the file that holds the secret"}
	}
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, &SecretError{s.File.Pos, fmt.Sprintf("the secret file %s cannot be read: %v", name, err), "the name is relative to the document's folder"}
	}
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r")), nil
}

var errNoSecret = errors.New("no file that could hold a secret")

// readSmall reads a small file. Pipes are read too, as shells make them for
// <(command); folders and devices are not.
func readSmall(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if m := info.Mode(); !m.IsRegular() && m.Type() != fs.ModeNamedPipe {
		return nil, errNoSecret
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && len(b) > maxSecret {
		err = errNoSecret
	}
	return b, err
}

// folder is where the document of a position lies; standard input lies in
// the working folder.
func folder(p spec.Pos) string { return filepath.Dir(p.File.String()) }
