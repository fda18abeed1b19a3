package export

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"unicode"

	"github.com/gradesync/gradesync/spec"
)

// document is a Gradebook document to be: of the sections that have the same
// columns, but for their resource links.
type document struct {
	gradebook *spec.Gradebook
	file      string
	sections  []*section
	columns   [][]column // by section; those of one place are the same column
	remarks   []remark
	ungraded  []remark // of grades that the sheets do not hold
	sheets    []sheet
	scores    string // the file of the Scores documents; "" for none
	apart     bool   // the Gradebook became several
}

// documents puts sections that have the same columns together.
func (b *Book) documents(sections []*section, names *Names) []*document {
	var docs []*document
	alike := map[string]*document{}
	for _, s := range sections {
		columns, remarks := s.named()
		sign := signature(columns)
		d := alike[sign]
		if d == nil {
			d = &document{}
			alike[sign], docs = d, append(docs, d)
		}
		d.sections, d.columns = append(d.sections, s), append(d.columns, columns)
		d.remarks = append(d.remarks, remarks...)
	}
	for _, d := range docs {
		name := b.Gradebook.Name()
		if d.apart = len(docs) > 1; d.apart {
			name = names.document("Gradebook", name+"-"+d.sections[0].name())
		}
		d.gradebook = b.document(d, name)
		d.file = names.file(".yaml", name)
		if b.Scores {
			d.fill(b.by(), names)
		}
	}
	return docs
}

// signature is the same for sections that one document can hold.
func signature(columns []column) string {
	g := &spec.Gradebook{}
	for i := range columns {
		g.LineItems = append(g.LineItems, columns[i].item)
	}
	var out bytes.Buffer
	if err := spec.Encode(&out, g); err != nil { // the check will tell
		return err.Error()
	}
	return out.String()
}

// document is the Gradebook as it was given, with the columns in the place of
// its own. What depends on other files, or could delete a column, is left out.
func (b *Book) document(d *document, name string) *spec.Gradebook {
	g := *b.Gradebook
	g.Metadata = spec.Metadata{Name: said(name)}
	g.Platform = said(b.Platform.Name())
	g.Defaults = spec.Defaults{}
	g.Users.Map, g.Users.People = spec.Opt[string]{}, nil
	g.Policy.Prune = nil
	g.Contexts, g.LineItems = nil, nil
	for _, s := range d.sections {
		c := *s.Context
		c.LineItems, c.Scores = map[string]spec.Override{}, nil
		g.Contexts = append(g.Contexts, c)
	}
	for k, c := range d.columns[0] {
		item := c.item
		if d.sameLink(k) {
			if c.link != "" {
				item.ResourceLinkID = said(c.link)
			}
		} else {
			for i := range d.sections {
				if link := d.columns[i][k].link; link != "" {
					g.Contexts[i].LineItems[c.key()] = spec.Override{ResourceLinkID: said(link)}
				}
			}
		}
		g.LineItems = append(g.LineItems, item)
	}
	return &g
}

// sameLink tells whether a column has one resource link in all sections.
func (d *document) sameLink(k int) bool {
	return !slices.ContainsFunc(d.columns, func(c []column) bool { return c[k].link != d.columns[0][k].link })
}

// files writes the documents.
func (b *Book) files(docs []*document) ([]File, error) {
	var out []File
	for _, d := range docs {
		text, err := encoded(d.gradebook)
		if err != nil {
			return nil, fmt.Errorf("the Gradebook %q: %w", d.gradebook.Name(), err)
		}
		out = append(out, File{Name: d.file, Data: append(b.head(d), text...)})
		if len(d.sheets) == 0 {
			continue
		}
		text, err = encoded(d.scoresDocuments()...)
		if err != nil {
			return nil, fmt.Errorf("the Gradebook %q: %w", d.gradebook.Name(), err)
		}
		out = append(out, File{Name: d.scores, Data: append(d.scoresHead(b.by()), text...)})
		for _, s := range d.sheets {
			out = append(out, File{Name: s.file, Data: s.text(), Personal: true})
		}
	}
	return out, nil
}

func (d *document) scoresDocuments() (docs []any) {
	for i := range d.sheets {
		docs = append(docs, &d.sheets[i].doc)
	}
	return docs
}

// encoded is documents as text in which all that a terminal would not show as
// itself is escaped. Encode puts whatever holds such characters in double
// quotes, where an escape means the same.
func encoded(docs ...any) ([]byte, error) {
	var text bytes.Buffer
	if err := spec.Encode(&text, docs...); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, r := range text.String() {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08X`, r)
		default:
			fmt.Fprintf(&out, `\u%04X`, r)
		}
	}
	return out.Bytes(), nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
