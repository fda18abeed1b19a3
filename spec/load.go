package spec

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"sync/atomic"

	"gopkg.in/yaml.v3"
)

// Documents are what was read: sources in the given order, their files by path,
// documents as they stand in the file.
type Documents struct {
	Gradebooks []*Gradebook
	Scores     []*Scores
	Platforms  []*Platform
	// Notes tell what was read over without being a mistake: columns of sheets
	// that are no line item, rows below the last person, rows that name somebody
	// and that skip passes over. In the order of reading.
	Notes []Note
}

// Note is something to know about a place of a file.
type Note struct {
	Pos     Pos
	Message string // may quote headers of columns, of which one may be a name
	Public  string // the same for a log that others can read: nothing out of the file
}

// PlatformOf is the platform that a gradebook names, or the only one there is.
// After a Load without an error it is never nil for a gradebook of that Load.
func (d *Documents) PlatformOf(g *Gradebook) *Platform {
	if !g.Platform.IsSet() && len(d.Platforms) == 1 {
		return d.Platforms[0]
	}
	for _, p := range d.Platforms {
		if g.Platform.IsSet() && p.Name() == g.Platform.Value {
			return p
		}
	}
	return nil
}

// Load reads all documents of the sources, applies the defaults and checks every
// rule of the format. Its error is of type Errors and holds all mistakes; the
// documents are nil then.
func Load(sources ...Source) (*Documents, error) {
	docs, _, err := readAll(sources, false, false)
	return docs, err
}

// LoadBase is Load for an older state of the sources: what the files said, of
// which not all need be at hand. Gradebooks may lack their Platform, and
// nothing is checked that needs one. A data file that is not there is no
// mistake: it gives no rows, and is listed.
func LoadBase(sources ...Source) (*Documents, []Missing, error) {
	return readAll(sources, false, true)
}

// Read is Load for a run's record: for what Encode wrote of what is in an LMS.
// Each document is checked by itself, and not what they say of each other. A
// string may be blank or of any length, and hold escaped control characters; no
// sheet is read; a line item may lack its scoreMaximum and a score name nothing; and a file
// may be as large as a record gets (256 MiB).
func Read(sources ...Source) (*Documents, error) {
	records := slices.Clone(sources)
	for i := range records {
		records[i].record = true
	}
	docs, _, err := readAll(records, true, false)
	return docs, err
}

func readAll(sources []Source, lax, base bool) (*Documents, []Missing, error) {
	l := newLoader(lax)
	l.base = base
	if len(sources) == 0 {
		l.errorf(Pos{}, "", "no files to read")
	}
	for i, s := range sources {
		s.files(func(c content) {
			c.in.source = i
			l.file(c)
		})
	}
	if !lax {
		l.link()
	}
	if err := l.finish(); err != nil {
		return nil, nil, err
	}
	return l.docs, l.missing, nil
}

type loader struct {
	*reporter
	shapes     shapes
	docs       *Documents
	incomplete bool // something could not be read, so that nothing can be called unknown

	base    bool
	missing []Missing
	folders map[any]folder // of documents, by their pointers
	sheets  map[dataKey]*data
	parsed  int           // bytes of sheets
	lines   int           // of sheets
	rows    *atomic.Int64 // scores and people out of sheets
}

func newLoader(lax bool) *loader {
	return &loader{
		reporter: newReporter(lax), shapes: shapes{}, docs: &Documents{},
		folders: map[any]folder{}, sheets: map[dataKey]*data{}, rows: new(atomic.Int64),
	}
}

// file reads all documents of one file, up to the first error of syntax.
func (l *loader) file(c content) {
	if l.full() {
		return
	}
	whole := Pos{File: InFile(c.name)}
	if p := oversized(c.data); p != nil && !l.lax {
		l.incomplete = true
		l.files[c.name], _, _ = newFile(c.name, len(l.files), nil)
		l.errorf(whole, p.hint, "%s", p.message)
		return
	}
	f, bad, p := newFile(c.name, len(l.files), c.data)
	l.files[c.name] = f
	if c.err != nil {
		l.incomplete = true
		if errors.Is(c.err, errNothing) {
			l.errorf(whole, "*.yaml and *.yml are read, in folders that do not begin with a dot", "%s", c.err)
		} else {
			l.errorf(whole, "", "cannot be read: %s", reason(c.err))
		}
		return
	}
	if p != nil {
		l.incomplete, f.unread = true, true
		l.errorf(bad, p.hint, "%s", p.message)
		return
	}
	d := &decoder{file: f, reporter: l.reporter, shapes: l.shapes}
	in := &lineReader{rest: []byte(f.text)}
	documents, all := 0, 0
	for decoder := yaml.NewDecoder(in); !l.full(); {
		if all++; all > maxDocuments && !l.lax {
			l.incomplete = true
			l.errorf(whole, "", "more than %d documents", maxDocuments)
			return
		}
		var n yaml.Node
		err := decoder.Decode(&n)
		if err == io.EOF {
			break
		}
		if err != nil {
			l.incomplete, f.unread = true, true
			l.syntax(f, err, in.lines)
			return
		}
		if len(n.Content) == 1 && !bare(n.Content[0]) {
			documents++
			l.document(d, n.Content[0], c.in)
		}
	}
	if documents == 0 {
		l.incomplete = true
		l.errorf(whole, "a document begins with apiVersion: "+APIVersion, "holds no document")
	}
}

// document reads one document of whatever kind.
func (l *loader) document(d *decoder, n *yaml.Node, in folder) {
	before := l.incomplete
	l.incomplete = true // until it is known as what it was meant
	t := &tree{decoder: d, open: map[*yaml.Node]bool{}}
	if !t.walk(n, 0, false) {
		d.unread = true
		return
	}
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		d.errorf(n, "", "a document must be a mapping (key: value), not %s", kindOf(n))
		return
	}
	kind, ok := d.header(n)
	if !ok {
		return
	}
	l.incomplete = before
	switch kind {
	case kindGradebook:
		g := &Gradebook{}
		d.structure(n, reflect.ValueOf(g).Elem(), "apiVersion", "kind")
		l.docs.Gradebooks = append(l.docs.Gradebooks, g)
		l.folders[g] = in
	case kindScores:
		s := &Scores{}
		d.structure(n, reflect.ValueOf(s).Elem(), "apiVersion", "kind")
		l.docs.Scores = append(l.docs.Scores, s)
		l.folders[s] = in
	case kindPlatform:
		p := &Platform{}
		d.structure(n, reflect.ValueOf(p).Elem(), "apiVersion", "kind")
		l.docs.Platforms = append(l.docs.Platforms, p)
		l.incomplete = l.incomplete || !p.Metadata.Name.IsSet()
	}
}

const (
	kindGradebook = "Gradebook"
	kindScores    = "Scores"
	kindPlatform  = "Platform"
)

// header reads apiVersion and kind. Without a kind no other key can be judged;
// and a document of another version, or another program, is left alone.
func (d *decoder) header(n *yaml.Node) (kind string, ok bool) {
	var version, word Opt[string]
	foreign := false
	for i := 0; i+1 < len(n.Content); i += 2 {
		at, value := n.Content[i], resolved(n.Content[i+1])
		switch key := resolved(at); {
		case key.Value == "apiVersion" && !there(version):
			d.value(value, at, reflect.ValueOf(&version).Elem(), rules{required: true}, `"apiVersion"`)
			if version.IsSet() && version.Value != APIVersion {
				foreign = true
				d.errorf(value, "write "+APIVersion, "unknown apiVersion %s", quote(version.Value))
			}
		case key.Value == "kind" && !there(word):
			kinds := []string{kindGradebook, kindScores, kindPlatform}
			d.value(value, at, reflect.ValueOf(&word).Elem(), rules{required: true}, `"kind"`)
			if word.IsSet() && !slices.Contains(kinds, word.Value) {
				d.errorf(value, suggest(word.Value, kinds), "unknown kind %s", quote(word.Value))
				foreign = true
			}
		}
	}
	if !there(version) {
		d.errorf(n, "add apiVersion: "+APIVersion, `a document has no "apiVersion"`)
	}
	if !there(word) {
		d.errorf(n, "add kind: Gradebook, kind: Scores or kind: Platform", `a document has no "kind"`)
	}
	return word.Value, word.IsSet() && !foreign
}

// lineReader hands out one line at a time and so knows how far YAML has read
// when it gives up: its own errors often name the line before, or none.
type lineReader struct {
	rest  []byte
	lines int
	begun bool
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !r.begun {
		r.lines++
	}
	n := copy(p, r.rest) // no more is looked at: a line may be very long
	if i := bytes.IndexByte(r.rest[:n], '\n'); i >= 0 {
		n = i + 1
	}
	r.begun = r.rest[n-1] != '\n'
	r.rest = r.rest[n:]
	return n, nil
}
