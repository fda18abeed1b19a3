package run

import (
	"bytes"
	"errors"
	"fmt"
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
	info, err := os.Stat(name)
	if err == nil && (info.IsDir() || info.Size() > maxSecret) {
		return nil, &SecretError{s.File.Pos, fmt.Sprintf("%s is no file of at most %d KiB", name, maxSecret>>10), "name the file that holds the secret"}
	}
	b, err := os.ReadFile(name)
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

// folder is where the document of a position lies; standard input lies in
// the working folder.
func folder(p spec.Pos) string { return filepath.Dir(p.File) }
