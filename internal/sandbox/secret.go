package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// Credential is a secret that a tool is configured with, and the absolute path
// of the file that keeps it: "" where the state is in memory.
type Credential struct{ Value, File string }

// String does not say the secret.
func (c Credential) String() string { return "a secret of the sandbox" }

// GoString does not either.
func (c Credential) GoString() string { return c.String() }

const maxSecretFile = 4 << 10

// keep reads the secret that lies beside the state file under the state's name
// and a suffix or, where there is none, writes the one given.
func (f files) keep(state, suffix, made string, check func(string) error) (Credential, error) {
	if state == "" {
		return Credential{Value: made}, nil
	}
	path, err := filepath.Abs(strings.TrimSuffix(state, filepath.Ext(state)) + "." + suffix)
	if err != nil {
		return Credential{}, err
	}
	if same, err := filepath.Abs(state); err == nil && same == path {
		return Credential{}, fmt.Errorf("%s: a state file cannot end in .%s, a secret is kept there", state, suffix)
	}
	data, _, err := readRegular(path, maxSecretFile)
	if err == nil {
		value := strings.TrimRight(string(data), "\r\n")
		if err := check(value); err != nil {
			return Credential{}, fmt.Errorf("%s: %w; move it away to have a new one made", path, err)
		}
		return Credential{Value: value, File: path}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Credential{}, err
	}
	if _, err := f.replace(path, []byte(made+"\n"), func() error { return nil }); err != nil {
		return Credential{}, fmt.Errorf("%s: the secret could not be written: %w", path, err)
	}
	return Credential{Value: made, File: path}, nil
}

// word is the form of a secret that fits into a header: one line without spaces.
func word(value string) error {
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
		return errors.New("it is not one word of printable ASCII without a colon")
	}
	return nil
}

// uuid puts 32 hexadecimal digits into groups.
func uuid(hex string) string {
	return strings.Join([]string{hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:32]}, "-")
}
