package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// outIsOurs refuses to save a plan over a file that the run reads: a document of
// -f, or a file of --seal-to, by whichever name.
func (o *planOptions) outIsOurs() error {
	if o.out == "" {
		return nil
	}
	for _, recipient := range o.sealTo {
		if sameFile(o.out, recipient) {
			return usage("--out %s: this is the file of --seal-to %s, and the plan would take its place: name another file", o.out, recipient)
		}
	}
	for _, name := range o.files {
		read, err := documentAt(name, o.out)
		if err != nil {
			continue // what is wrong with it is told when it is read
		}
		if read != "" {
			return usage("--out %s: -f reads %s, and the plan would take its place: name another file", o.out, read)
		}
		if inside(name, o.out) {
			return usage("--out %s: -f %s would read the plan as a document from then on: name a file that does not end in .yaml or .yml, or one elsewhere", o.out, name)
		}
	}
	return nil
}

// sameFile tells whether two names are of one file, also through links.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// documentAt is which of the documents that -f names is the file out; "": none.
func documentAt(name, out string) (string, error) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		if sameFile(name, out) || filepath.Clean(name) == filepath.Clean(out) {
			return name, nil
		}
		return "", err
	}
	found := ""
	err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != name && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && isDocument(path) && sameFile(path, out):
			found = path
			return fs.SkipAll
		}
		return nil
	})
	return found, err
}

// inside tells whether -f DIR reads a file of this name, once it is there.
func inside(dir, out string) bool {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() || !isDocument(out) {
		return false
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(out))
	if err != nil {
		return false // saving will tell
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return false
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return false
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return false
	}
	rel, err := filepath.Rel(dir, folder)
	return err == nil && !slices.ContainsFunc(strings.Split(filepath.ToSlash(rel), "/"), func(part string) bool { return part != "." && strings.HasPrefix(part, ".") })
}

// isDocument tells whether -f DIR reads a file of this name.
func isDocument(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".yaml" || ext == ".yml"
}
