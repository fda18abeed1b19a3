package revision

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
)

// verb is what can be asked of a path.
type verb int

const (
	stat  verb = iota // what is there, through links
	lstat             // what is there, or the link that is
	list              // which names are in the folder
)

type question struct {
	about verb
	name  string
}

// look answers a question, and remembers the answer for Same.
func (t *Tree) look(about verb, op, name string) (entry, error) {
	e, answer, err := t.answer(question{about, name})
	if answer != "" {
		t.mu.Lock()
		t.seen[question{about, name}] = answer
		t.mu.Unlock()
	}
	if err != nil {
		return entry{}, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return e, nil
}

// answer is what is at a path, and all that matters of it in one string: "" if
// that cannot be told.
func (t *Tree) answer(q question) (entry, string, error) {
	e, at, err := t.find(q.name, q.about != lstat)
	switch {
	case failed(err):
		return entry{}, "", err
	case err != nil:
		return entry{}, err.Error(), err
	}
	e.name = path.Base(q.name) // a link's, not that of its target
	switch {
	case !e.mode.IsDir():
		return e, fmt.Sprintf("%s %o %s", at, e.mode, e.id), nil
	case q.about != list:
		return e, at + "/", nil
	}
	in, err := t.list(e)
	if err != nil {
		return entry{}, "", err
	}
	sum := sha256.New() // of which files there are; what is in them is asked apart
	for _, child := range in.sorted {
		fmt.Fprintf(sum, "%s\x00%o\x00", child.name, child.mode)
	}
	return e, fmt.Sprintf("%s/ %x", at, sum.Sum(nil)), nil
}

// Same is whether all that was read of t so far would read the same in another
// Tree of the repository. Then documents that were loaded from t need not be
// loaded from the other. It stops at the first difference.
func (t *Tree) Same(other *Tree) (bool, error) {
	t.mu.Lock()
	seen := maps.Clone(t.seen)
	t.mu.Unlock()
	for q, was := range seen {
		_, now, err := other.answer(q)
		if now == "" {
			return false, err
		}
		if now != was {
			return false, nil
		}
	}
	return true, nil
}

// failed is whether an error says nothing of a path, but that the commit cannot
// be read.
func failed(err error) bool {
	fine := func(e error) bool { return errors.Is(err, e) }
	return err != nil && !slices.ContainsFunc([]error{fs.ErrNotExist, fs.ErrInvalid, errOutside, errLinks, errLongLink}, fine)
}
