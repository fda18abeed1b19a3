package spec

import (
	"bytes"
	"errors"
	"io"
	"reflect"

	"gopkg.in/yaml.v3"
)

// Documents are what was read: sources in the given order, their files by path,
// documents as they stand in the file.
type Documents struct {
	Gradebooks []*Gradebook
	Platforms  []*Platform
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
	return readAll(sources, (*loader).link)
}

// Read is Load for documents that do not stand together, such as a run's
// record: each is checked by itself, and not what they say of each other.
func Read(sources ...Source) (*Documents, error) {
	return readAll(sources, func(*loader) {})
}

func readAll(sources []Source, together func(*loader)) (*Documents, error) {
	l := &loader{
		reporter: &reporter{files: map[string]*file{}},
		shapes:   shapes{},
		docs:     &Documents{},
	}
	if len(sources) == 0 {
		l.errorf(Pos{}, "", "no files to read")
	}
	for _, s := range sources {
		s.files(l.file)
	}
	together(l)
	if err := l.finish(); err != nil {
		return nil, err
	}
	return l.docs, nil
}

type loader struct {
	*reporter
	shapes     shapes
	docs       *Documents
	incomplete bool // something could not be read, so that nothing can be called unknown
}

// file reads all documents of one file, up to the first error of syntax.
func (l *loader) file(c content) {
	whole := Pos{File: c.name}
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
	documents := 0
	for decoder := yaml.NewDecoder(in); ; {
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
			l.document(d, n.Content[0])
		}
	}
	if documents == 0 {
		l.incomplete = true
		l.errorf(whole, "a document begins with apiVersion: "+APIVersion, "holds no document")
	}
}

// document reads one document of whatever kind.
func (l *loader) document(d *decoder, n *yaml.Node) {
	before := l.incomplete
	l.incomplete = true // until it is known as what it was meant
	t := &tree{decoder: d, open: map[*yaml.Node]bool{}}
	if !t.walk(n, 0, false) {
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
	case kindPlatform:
		p := &Platform{}
		d.structure(n, reflect.ValueOf(p).Elem(), "apiVersion", "kind")
		l.docs.Platforms = append(l.docs.Platforms, p)
		l.incomplete = l.incomplete || !p.Metadata.Name.IsSet()
	}
}

const (
	kindGradebook = "Gradebook"
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
			kinds := []string{kindGradebook, kindPlatform}
			d.value(value, at, reflect.ValueOf(&word).Elem(), rules{required: true}, `"kind"`)
			if word.IsSet() && word.Value != kindGradebook && word.Value != kindPlatform {
				d.errorf(value, suggest(word.Value, "allowed", kinds), "unknown kind %s", quote(word.Value))
				foreign = true
			}
		}
	}
	if !there(version) {
		d.errorf(n, "add apiVersion: "+APIVersion, `a document has no "apiVersion"`)
	}
	if !there(word) {
		d.errorf(n, "add kind: Gradebook, or kind: Platform", `a document has no "kind"`)
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
	if !r.begun {
		r.lines++
	}
	end := len(r.rest)
	if i := bytes.IndexByte(r.rest, '\n'); i >= 0 {
		end = i + 1
	}
	n := copy(p, r.rest[:end])
	r.begun = n < end
	r.rest = r.rest[n:]
	return n, nil
}
