package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// File is a plan's JSON form.
type File struct {
	FormatVersion int    `json:"formatVersion"`
	Schema        string `json:"schema"`
	Digest        string `json:"digest"` // of everything else but Rollup
	// Redacted: people are numbered and every scoreGiven is null, so nothing can be
	// applied from it.
	Redacted bool `json:"redacted,omitempty"`
	// Rollup is for whoever reads a printed plan; what is saved has none. It can be
	// made from Contexts, so one that says anything else is refused.
	Rollup   *Rollup   `json:"rollup,omitempty"`
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

// FileOf is a plan's file. Its digest is dear: a caller keeps it.
func FileOf(p Plan) (File, error) {
	f := NewFile(p, "")
	var err error
	f.Digest, err = digest(f)
	return f, err
}

// Digest names a plan by its content: equal plans have equal digests, in
// whichever way their JSON is written.
func Digest(p Plan) (string, error) { return digest(NewFile(p, "")) }

// digest does not depend on how JSON is written: contexts are written anew, and so are
// the platform's own members, which are kept as they came; each line item after the
// context that it is of, so that a large plan is never in memory as a whole.
func digest(f File) (string, error) {
	contexts := f.Contexts
	f.Digest, f.Rollup, f.Contexts = "", nil, []Context{}
	hash := sha256.New()
	add := func(part any) error {
		b, err := json.Marshal(part)
		hash.Write(decoded(b))
		return err
	}
	err := add(f)
	for _, c := range contexts {
		items := c.Items
		c.Items = nil
		err = errors.Join(err, add(c))
		for _, it := range items {
			it, bad := canonical(it)
			err = errors.Join(err, bad, add(it))
		}
	}
	if err != nil {
		return "", fmt.Errorf("encoding the plan: %w", err)
	}
	return fmt.Sprintf("sha256:%x", hash.Sum(nil)), nil
}

// decoded is JSON as it is written once more after it was read: what is no UTF-8 is
// written as an escape the first time, and as a letter from then on.
func decoded(b []byte) []byte {
	escape, letter := []byte(`\ufffd`), []byte("\ufffd")
	out := b[:0]
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			return append(out, b...)
		}
		out = append(out, b[:i]...)
		if b = b[i:]; bytes.HasPrefix(b, escape) {
			out, b = append(out, letter...), b[len(escape):]
		} else {
			out, b = append(out, b[:2]...), b[2:] // a backslash never stands alone
		}
	}
}

// canonical is an item whose line items have each extension in one way of writing it.
func canonical(it Item) (Item, error) {
	for _, li := range []**LineItem{&it.Wanted, &it.Observed} {
		if *li == nil || len((*li).Extensions) == 0 {
			continue
		}
		own := **li
		own.Extensions = make(map[string]json.RawMessage, len((*li).Extensions))
		for name, raw := range (*li).Extensions {
			// Names are sorted as they will be once they were read: with a letter for
			// each byte that is no UTF-8.
			var err error
			if own.Extensions[string([]rune(name))], err = rewritten(raw); err != nil {
				return it, err
			}
		}
		*li = &own
	}
	return it, nil
}

// rewritten is JSON with its keys in order and without white space; numbers stay as
// they are written.
func rewritten(raw json.RawMessage) (json.RawMessage, error) {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// Redacted is the file of a plan in which people are numbered and have no points.
func Redacted(p Plan) (File, error) {
	f := NewFile(p, "")
	f.Redacted = true
	var err error
	f.Digest, err = digest(f) // that of the whole plan would let people be guessed
	return f, err
}

// Encode writes a plan as JSON, the same bytes for the same plan.
func Encode(p Plan) ([]byte, error) {
	f, err := FileOf(p)
	if err != nil {
		return nil, err
	}
	return f.Encode()
}

// Encode writes a file that FileOf made, as Encode writes its plan.
func (f File) Encode() ([]byte, error) {
	contexts := f.Contexts
	f.Contexts = []Context{}
	out, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the plan: %w", err)
	}
	out = bytes.TrimSuffix(out, []byte("]\n}"))
	for i := range contexts {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, "\n    "...)
		if out, err = appendContext(out, contexts[i]); err != nil {
			return nil, fmt.Errorf("encoding the plan: %w", err)
		}
	}
	if len(contexts) > 0 {
		out = append(out, "\n  "...)
	}
	return append(out, "]\n}\n"...), nil
}

// appendContext writes a context within a file, one line item at a time: a large plan
// is in memory once.
func appendContext(out []byte, c Context) ([]byte, error) {
	const margin, list, step = "    ", "\n      \"items\": [\n", "        "
	items := c.Items
	c.Items = items[:min(1, len(items))]
	whole, err := json.MarshalIndent(c, margin, "  ")
	if err != nil || len(items) <= 1 {
		return append(out, whole...), err
	}
	before, after, _ := bytes.Cut(whole, []byte(list)) // no string holds a line's end, and nothing else is indented so
	out = append(append(out, before...), list...)
	for i := range items {
		b, err := json.MarshalIndent(items[i], step, "  ")
		if err != nil {
			return nil, err
		}
		if i == 0 {
			after = after[len(step)+len(b):]
		} else {
			out = append(out, ",\n"...)
		}
		out = append(append(out, step...), b...)
	}
	return append(out, after...), nil
}

// Decode reads what Encode wrote. A plan of another version, with a field that
// is not known, or that was changed by hand, is refused.
func Decode(b []byte) (Plan, error) {
	f, err := DecodeFile(b)
	return Plan{Contexts: f.Contexts}, err
}

// DecodeFile is Decode with the digest, which it has made sure of.
func DecodeFile(b []byte) (File, error) {
	var f File
	if err := ofThisFormat(b); err != nil {
		return File{}, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return File{}, fmt.Errorf("not a plan: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return File{}, errors.New("not a plan: there is more after its end")
	}
	if f.Redacted {
		return File{}, errors.New("people are numbered in this plan, so it cannot be used: make it again with --redact=false")
	}
	if err := exactKeys(b, reflect.TypeFor[File]()); err != nil {
		return File{}, fmt.Errorf("not a plan: %w", err)
	}
	p := Plan{Contexts: f.Contexts}
	d, err := digest(f)
	if err != nil {
		return File{}, err
	}
	if d != f.Digest {
		return File{}, errors.New("the plan is not as it was written: its digest does not match")
	}
	if err := p.check(); err != nil {
		return File{}, err
	}
	if err := f.derived(); err != nil {
		return File{}, err
	}
	f.Rollup = nil
	return f, nil
}

// derived refuses a roll-up that is not that of the contexts. The digest does not
// cover it.
func (f *File) derived() error {
	if f.Rollup == nil {
		return nil
	}
	own := (&Plan{Contexts: f.Contexts}).Rollup()
	said, err := json.Marshal(f.Rollup)
	if err != nil {
		return fmt.Errorf("not a plan: %w", err)
	}
	is, err := json.Marshal(own)
	if err != nil {
		return fmt.Errorf("not a plan: %w", err)
	}
	if !bytes.Equal(said, is) {
		return errors.New("the plan is not as it was written: its roll-up is not what its contexts come to; make the plan again")
	}
	return nil
}

// Begins tells whether a file that begins so is a plan as Encode writes it, of
// whichever version.
func Begins(head []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(head))
	dec.UseNumber()
	var version, schema json.Token
	for i, want := range []json.Token{json.Delim('{'), "formatVersion", nil, "schema", nil} {
		tok, err := dec.Token()
		switch {
		case err != nil, want != nil && tok != want:
			return false
		case i == 2:
			version = tok
		case i == 4:
			schema = tok
		}
	}
	_, number := version.(json.Number)
	name, _ := schema.(string)
	return number && strings.HasPrefix(name, "https://gradesync.dev/schema/plan-")
}

// ofThisFormat looks at the format alone: another one may have other fields,
// and they are not what is wrong with it.
func ofThisFormat(b []byte) error {
	var head struct {
		FormatVersion int    `json:"formatVersion"`
		Schema        string `json:"schema"`
	}
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&head); err != nil {
		return fmt.Errorf("not a plan: %w", err)
	}
	if head.FormatVersion == FormatVersion && head.Schema == Schema {
		return nil
	}
	if head.FormatVersion == 0 && head.Schema == "" {
		return errors.New("not a plan: it does not say of which format it is")
	}
	return fmt.Errorf("a plan of format %d (%.80q); this is format %d (%s): make the plan again", head.FormatVersion, head.Schema, FormatVersion, Schema)
}
