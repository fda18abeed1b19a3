package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/gradesync/gradesync/spec/sheet"
)

// Missing is a data file that LoadBase did not find.
type Missing struct {
	Pos  Pos    // of the path in the document
	Path string // as the user would type it
}

// folder is where a document lies, and its data files with it.
type folder struct {
	fs     fs.FS  // the tree that they stay in; nil where a document comes from none
	source int    // the number of the Source
	path   string // in fs
	name   string // as the user would type it
}

// data is a sheet that was read, or why it was not.
type data struct {
	name  string
	place FileName // the name, for its places
	sheet *sheet.Sheet
	file  *file
	size  int
	err   error
}

// dataKey tells files apart that have one name in two sources.
type dataKey struct {
	source int
	path   string
}

var errFolderLeft = errors.New("the path leaves the folder of the documents")

// data is the sheet that a document names. It is nil, and the reason reported,
// where it cannot be read: every document that names it gets told.
func (l *loader) data(where folder, key string, o Opt[string]) *data {
	if !o.IsSet() || l.full() {
		return nil
	}
	name, full := path.Join(where.name, o.Value), path.Join(where.path, o.Value)
	switch {
	case where.fs == nil:
		l.errorf(o.Pos, "keep the document in a file, beside the sheet", "%q names a file, and this document lies in no folder", key)
		return nil
	case path.IsAbs(o.Value), strings.Contains(o.Value, `\`):
		l.errorf(o.Pos, "write a path relative to the document, with / between folders", "%q is not a relative path: %s", key, quote(o.Value))
		return nil
	case !fs.ValidPath(full):
		l.errorf(o.Pos, "data files stay in the folder, or below it, that -f names", "%q: %s: %s", key, quote(o.Value), errFolderLeft)
		return nil
	}
	d := l.sheets[dataKey{where.source, full}]
	if d == nil {
		d = l.open(where.fs, full, name)
		l.sheets[dataKey{where.source, full}] = d
	}
	switch {
	case d.err == nil:
		if l.parsed += d.size; l.parsed > maxParsed {
			l.errorf(o.Pos, "give documents sheets of their own, or load fewer at once", "%q: the sheets of all documents have more than %d MiB", key, maxParsed>>20)
			return nil
		}
		return d
	case l.base && errors.Is(d.err, fs.ErrNotExist):
		l.missing = append(l.missing, Missing{o.Pos, name})
	case d.sheet == nil && d.file == nil:
		l.errorf(o.Pos, "", "%q: %s cannot be read: %s", key, quote(name), reason(d.err))
	}
	return nil
}

// open reads a sheet. What is wrong with its text is reported here, once.
func (l *loader) open(tree fs.FS, full, name string) *data {
	d := &data{name: name, place: InFile(name)}
	target, err := follow(tree, full)
	var info fs.FileInfo
	if err == nil {
		info, err = fs.Stat(tree, target)
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errSpecial
	}
	var text []byte
	if err == nil {
		text, err = read(tree, target, maxSheet)
	}
	if err == nil {
		err = l.countLines(text)
	}
	if d.err = err; err != nil {
		return d
	}
	d.size = len(text)
	if d.file = l.files[name]; d.file == nil {
		d.file, _, _ = newFile(name, len(l.files), text)
		l.files[name] = d.file
	}
	d.file.comma = ','
	if d.sheet, d.err = sheet.Open(text); d.err != nil {
		d.file.aboutPersons(1, lastLine)
		l.unreadable(name, d.err)
	}
	return d
}

// countLines bounds how many lines are kept in mind, to tell of places.
func (l *loader) countLines(text []byte) error {
	n := 1 + bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r")) - bytes.Count(text, []byte("\r\n"))
	if n > maxLines {
		return fmt.Errorf("more than %d lines", maxLines)
	}
	if l.lines += n; l.lines > maxAllLines {
		return fmt.Errorf("with it the sheets of all documents have more than %d lines", maxAllLines)
	}
	return nil
}

// unreadable reports why a sheet cannot be read, or not any further.
func (l *loader) unreadable(name string, err error) {
	e := &sheet.Error{Message: visible(err.Error())}
	errors.As(err, &e)
	l.errorf(At(name, e.Line, e.Column), e.Hint, "%s", e.Message)
}
