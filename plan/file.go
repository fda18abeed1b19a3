package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// File is a plan's JSON form.
type File struct {
	FormatVersion int       `json:"formatVersion"`
	Schema        string    `json:"schema"`
	Digest        string    `json:"digest"` // of everything else
	Contexts      []Context `json:"contexts"`
}

// NewFile is a plan's file with a digest.
func NewFile(p Plan, digest string) File {
	f := File{FormatVersion: FormatVersion, Schema: Schema, Digest: digest, Contexts: p.Contexts}
	if f.Contexts == nil {
		f.Contexts = []Context{}
	}
	return f
}

// Digest names a plan by its content: equal plans have equal digests.
func Digest(p Plan) (string, error) {
	b, err := json.Marshal(NewFile(p, ""))
	if err != nil {
		return "", fmt.Errorf("encoding the plan: %w", err)
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(b)), nil
}

// Encode writes a plan as JSON, the same bytes for the same plan.
func Encode(p Plan) ([]byte, error) {
	digest, err := Digest(p)
	if err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(NewFile(p, digest), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the plan: %w", err)
	}
	return append(b, '\n'), nil
}

// Decode reads what Encode wrote. A plan of another version, with a field that
// is not known, or that was changed by hand, is refused.
func Decode(b []byte) (Plan, error) {
	var f File
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return Plan{}, fmt.Errorf("not a plan: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Plan{}, errors.New("not a plan: there is more after its end")
	}
	if f.FormatVersion != FormatVersion || f.Schema != Schema {
		return Plan{}, fmt.Errorf("a plan of format %d (%.80q); this is format %d: make the plan again", f.FormatVersion, f.Schema, FormatVersion)
	}
	p := Plan{Contexts: f.Contexts}
	digest, err := Digest(p)
	if err != nil {
		return Plan{}, err
	}
	if digest != f.Digest {
		return Plan{}, errors.New("the plan is not as it was written: its digest does not match")
	}
	return p, nil
}
