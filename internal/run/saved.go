package run

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// maxPlan bounds a plan's file, in bytes.
const maxPlan = 256 << 20

// sealedMark begins every age file.
const sealedMark = "age-encryption.org/"

// SavePlan writes an encoded plan to a file that only its owner can read, sealed
// if there are recipients. What was there is replaced as a whole, or stays.
func SavePlan(path string, encoded []byte, to []age.Recipient) error {
	if len(encoded) > maxPlan {
		return fmt.Errorf("%s: the plan's %d bytes are more than a file of one may hold (%d): plan fewer contexts at a time", path, len(encoded), maxPlan)
	}
	if err := replaceable(path, len(to) > 0); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(to) > 0 {
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, to...)
		if err == nil {
			_, err = w.Write(encoded)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			return fmt.Errorf("%s: the plan cannot be sealed for these recipients: %w", path, err)
		}
		encoded = sealed.Bytes()
	}
	if err := replace(path, encoded); err != nil {
		return fmt.Errorf("%s: the plan cannot be saved here: %w", path, err)
	}
	return nil
}

// replaceable keeps a slip of the hand from replacing a gradebook, or a device.
// What is in a sealed file nobody can tell, so only a sealed plan replaces it.
func replaceable(path string, sealing bool) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().IsRegular() && info.Size() == 0 {
		return nil // what is wrong with the place shows on writing
	}
	if !info.Mode().IsRegular() {
		return errors.New("a plan is saved in a regular file, and this is none")
	}
	file, err := os.Open(path)
	if err != nil {
		return reason(err)
	}
	defer func() { _ = file.Close() }()
	head, err := io.ReadAll(io.LimitReader(file, 4<<10))
	if err != nil {
		return reason(err)
	}
	sealed := bytes.HasPrefix(head, []byte(sealedMark))
	switch {
	case sealed && sealing, plan.Begins(head):
		return nil
	case sealed:
		return errors.New("there is a sealed file, and it is replaced only by a plan that is sealed with --seal-to")
	}
	return errors.New("there is a file that is no plan, and it is not replaced")
}

// replace writes beside the file and renames, so that nobody ever sees a part,
// or the whole with the permissions of what was there before.
func replace(path string, data []byte) (err error) {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+strings.ToLower(rand.Text()[:8])+".tmp")
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return reason(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err == nil && runtime.GOOS != "windows" {
		if dir, derr := os.Open(filepath.Dir(path)); derr == nil { // some file systems cannot: the file is there all the same
			_ = dir.Sync()
			_ = dir.Close()
		}
	}
	return reason(err)
}

// reason leaves out the temporary name.
func reason(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// readPlan reads a saved plan. Errors are of type RecordError.
func readPlan(path string, ids []age.Identity) (f plan.File, sealed bool, err error) {
	bad := func(format string, args ...any) (plan.File, bool, error) {
		return plan.File{}, false, &RecordError{path + ": " + fmt.Sprintf(format, args...)}
	}
	info, err := os.Stat(path) // before it is opened: that may wait for ever
	switch {
	case err != nil:
		return bad("the plan cannot be read: %v", reason(err))
	case !info.Mode().IsRegular():
		return bad("a plan is a regular file, and this is none")
	case info.Size() > 2*maxPlan:
		return bad("it is larger than any plan")
	}
	file, err := os.Open(path)
	if err != nil {
		return bad("the plan cannot be read: %v", reason(err))
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, 2*maxPlan))
	if err != nil {
		return bad("the plan cannot be read: %v", reason(err))
	}
	if sealed = bytes.HasPrefix(data, []byte(sealedMark)); sealed {
		if len(ids) == 0 {
			return bad("the plan is sealed: name the age identity that opens it with --identity")
		}
		plain, err := age.Decrypt(bytes.NewReader(data), ids...)
		if err != nil {
			return bad("the plan cannot be opened, or is sealed for others: %v", err)
		}
		if data, err = io.ReadAll(io.LimitReader(plain, maxPlan)); err != nil {
			return bad("the plan cannot be opened: %v", err)
		}
	}
	if f, err = plan.DecodeFile(data); err != nil {
		return bad("%v", err)
	}
	return f, sealed, nil
}

// OpenSaved opens the contexts of a saved plan, to apply it as it is. docs gives
// only platforms, and contexts by name: they must be those that the plan is for.
func OpenSaved(docs *spec.Documents, path string, ids []age.Identity, o Options) (*Session, error) {
	whole, sealed, err := readPlan(path, ids)
	if err != nil {
		return nil, err
	}
	if sealed && len(o.SealTo) == 0 {
		return nil, &SelectionError{"the plan is sealed, and the record of its run would not be: name --seal-to for it"}
	}
	if len(whole.Contexts) == 0 {
		return nil, &RecordError{path + ": the plan is of no context"}
	}
	s := newSession(o)
	s.digest = whole.Digest
	p := plan.Plan{}
	p.Contexts, err = narrowed(whole.Contexts, o.Contexts)
	if err != nil {
		return nil, err
	}
	s.saved = &p
	for i := range p.Contexts {
		c := &p.Contexts[i]
		if c.Undo {
			return nil, &RecordError{path + ": it is the plan of an undo: run undo again instead"}
		}
		g, here, platform, err := meant(docs, c)
		if err != nil {
			return nil, &RecordError{path + ": " + err.Error()}
		}
		s.add(here, platform, reconcile.NewWant(g, here, platform))
	}
	return s, nil
}

// narrowed is the contexts that --context selects.
func narrowed(all []plan.Context, globs []string) (out []plan.Context, err error) {
	var names []string
	for i := range all {
		names = append(names, all[i].Name)
		if chosen(globs, all[i].Name) {
			out = append(out, all[i])
		}
	}
	for _, pattern := range globs {
		if !slices.ContainsFunc(names, glob(pattern).MatchString) {
			return nil, &SelectionError{fmt.Sprintf("--context %q selects none of the plan's contexts: %s", pattern, listed(names))}
		}
	}
	return out, nil
}

// meant is the context of the documents that a plan's is.
func meant(docs *spec.Documents, c *plan.Context) (*spec.Gradebook, *spec.Context, *spec.Platform, error) {
	name := c.Gradebook + "/" + c.Name
	for _, g := range docs.Gradebooks {
		if g.Name() != c.Gradebook {
			continue
		}
		for i := range g.Contexts {
			here := &g.Contexts[i]
			if here.Name.Value != c.Name {
				continue
			}
			p := docs.PlatformOf(g)
			switch {
			case p == nil:
				return nil, nil, nil, fmt.Errorf("the plan is for %s on platform %q, and the files hold no such Platform for it: name its file with -f", name, c.Platform)
			case p.Name() != c.Platform:
				return nil, nil, nil, fmt.Errorf("the plan is for %s on platform %q, and the files put it on %q", name, c.Platform, p.Name())
			case c.Failure == nil && reconcile.Place(here) != c.Place:
				return nil, nil, nil, fmt.Errorf("the plan is for %s at the course %s, and the files put it at %s", name, orText(c.Place, "of a launch"), orText(reconcile.Place(here), "that of a launch"))
			case courseDigest(here, p) != c.Course:
				return nil, nil, nil, fmt.Errorf("this plan was made for another place: it is for %s at another LMS than platform %q of the files is, or another deployment or course of it; name the files of the one that it was made for, or plan again", name, c.Platform)
			}
			return g, here, p, nil
		}
	}
	return nil, nil, nil, fmt.Errorf("the plan is for %s, and the files hold no Gradebook %q with a context %q: name their file with -f", name, c.Gradebook, c.Name)
}

// savedPlan is the saved plan as today's files let it be carried out. Of the
// courses it reads no more than the columns, where policy has to know them: Apply
// looks before it writes.
func (s *Session) savedPlan(ctx context.Context) plan.Plan {
	out := plan.Plan{Contexts: slices.Clone(s.saved.Contexts)}
	gate := s.reading()
	s.each(func(i int, j *job) {
		c := &out.Contexts[i]
		stopped := gate.closed() != ""
		if j.failure == nil && !stopped {
			j.failure = j.link.authorize(ctx)
		}
		switch {
		case c.Failure != nil:
			then := *c.Failure
			then.Message, then.Hint = "when the plan was made: "+then.Message, "make the plan again"
			if then.Kind == plan.FailedFast { // what stopped it then may not be among what is applied now
				then.Kind = plan.FailedOther
			}
			c.Failure = &then
		case j.failure != nil:
			*c = unread(c, j.failure)
		case stopped: // it stays as it was planned, and Apply writes nothing of it
		case len(c.Findings) == 0:
			s.holdAgain(ctx, j, c)
		}
		gate.read(c)
	})
	s.findRivals(&out)
	return out
}

// unread is a context of which nothing can be done.
func unread(c *plan.Context, why *plan.Failure) plan.Context {
	return plan.Context{Gradebook: c.Gradebook, Name: c.Name, Platform: c.Platform, Course: c.Course, Failure: why}
}

func (s *Session) holdAgain(ctx context.Context, j *job, c *plan.Context) {
	var live *reconcile.Listing
	if reconcile.NeedsListing(c, &j.want) {
		var err error
		if live, err = reconcile.Relist(ctx, j.p, j.link.clock, c, &j.want); err != nil {
			*c = unread(c, reconcile.FailureOf(ctx, "reading the line items again", err))
			return
		}
	}
	reconcile.HoldAgain(c, &j.want, j.p.Capabilities(), live)
}
