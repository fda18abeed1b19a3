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
	FormatVersion int    `json:"formatVersion"`
	Schema        string `json:"schema"`
	Digest        string `json:"digest"` // of everything else
	// Redacted: people are numbered, so nothing can be applied from it.
	Redacted bool      `json:"redacted,omitempty"`
	Contexts []Context `json:"contexts"`
}

// NewFile is a plan's file with a digest.
func NewFile(p Plan, digest string) File {
	f := File{FormatVersion: FormatVersion, Schema: Schema, Digest: digest, Contexts: p.Contexts}
	if f.Contexts == nil {
		f.Contexts = []Context{}
	}
	return f
}

// Digest names a plan by its content: equal plans have equal digests, in
// whichever way their JSON is written.
func Digest(p Plan) (string, error) { return digest(NewFile(p, "")) }

func digest(f File) (string, error) {
	f.Digest = ""
	b, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("encoding the plan: %w", err)
	}
	var canonical any
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&canonical); err != nil {
		return "", fmt.Errorf("encoding the plan: %w", err)
	}
	if b, err = json.Marshal(canonical); err != nil {
		return "", fmt.Errorf("encoding the plan: %w", err)
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(b)), nil
}

// Redacted is the file of a plan in which people are numbered.
func Redacted(p Plan) (File, error) {
	f := NewFile(p, "")
	f.Redacted = true
	var err error
	f.Digest, err = digest(f) // that of the whole plan would let people be guessed
	return f, err
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
	if f.Redacted {
		return Plan{}, errors.New("people are numbered in this plan, so it cannot be used: make it again with --redact=false")
	}
	p := Plan{Contexts: f.Contexts}
	d, err := Digest(p)
	if err != nil {
		return Plan{}, err
	}
	if d != f.Digest {
		return Plan{}, errors.New("the plan is not as it was written: its digest does not match")
	}
	return p, p.check()
}

// check finds what no plan of ours lacks.
func (p *Plan) check() error {
	for i := range p.Contexts {
		for k := range p.Contexts[i].Items {
			it := &p.Contexts[i].Items[k]
			if it.Action == Keep && len(it.Scores) == 0 {
				continue // it only tells what was kept, perhaps of a column that is gone
			}
			switch {
			case it.Action == Create && it.Wanted == nil,
				it.Action != Create && it.Observed == nil,
				it.Action != Create && it.ID == "":
				return fmt.Errorf("not a plan: the line item %q does not say what is to become of what", it.Key)
			}
		}
	}
	return nil
}
