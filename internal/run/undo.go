package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"filippo.io/age"

	"github.com/gradesync/gradesync/internal/runlog"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// RecordError says that a run's record cannot be undone.
type RecordError struct{ Message string }

func (e *RecordError) Error() string { return e.Message }

// Undo opens the contexts that a run touched, to plan what puts back what was
// there before: the record's before is the desired state, and its after the
// base, so that what somebody changed since is left alone. docs gives only
// platforms, and contexts by name.
func Undo(docs *spec.Documents, dir string, ids []age.Identity, o Options) (*Session, error) {
	folder, err := runlog.Open(dir, ids...)
	if err != nil {
		return nil, &RecordError{err.Error()}
	}
	before, err := recorded(folder, dir, beforeFile)
	if err != nil {
		return nil, err
	}
	after, err := recorded(folder, dir, afterFile)
	if err != nil {
		return nil, err
	}
	was, err := recordedPlan(folder, dir)
	if err != nil {
		return nil, err
	}
	if len(before.Gradebooks) != len(after.Gradebooks) {
		return nil, &RecordError{fmt.Sprintf("%s: %s and %s do not belong together", dir, beforeFile, afterFile)}
	}
	if len(ids) > 0 && len(o.SealTo) == 0 {
		return nil, &SelectionError{"the record of that run is sealed, and this one's would not be: name --seal-to for it"}
	}
	// Putting back is exempt from limits on how far grades fall, and on the
	// share of the columns: the record knows only those that the run touched.
	o.Decide.Exempt = map[plan.Risk]bool{plan.Lowered: true, plan.Drop: true, plan.DeletesPercent: true}
	s := newSession(o)
	if s.undone, err = stepsOf(folder, dir); err != nil {
		return nil, err
	}
	s.partly = map[string]bool{}
	unsent, picked := unsentRows(folder), false
	for i, b := range before.Gradebooks {
		a := after.Gradebooks[i]
		if len(b.Contexts) != 1 || len(a.Contexts) != 1 || a.Name() != b.Name() || a.Contexts[0].Name.Value != b.Contexts[0].Name.Value {
			return nil, &RecordError{fmt.Sprintf("%s: %s and %s do not belong together", dir, beforeFile, afterFile)}
		}
		g, c, err := find(docs, b)
		if err != nil {
			return nil, err
		}
		planned := plannedOf(&was, b.Name(), c.Name.Value)
		if p := docs.PlatformOf(g); planned == nil || planned.Course != courseDigest(c, p) {
			return nil, &RecordError{fmt.Sprintf("the run wrote %s/%s at another LMS than platform %q of the files is, or to another deployment or course of it: name the files of the one that it wrote to", b.Name(), c.Name.Value, p.Name())}
		}
		if !chosen(o.Contexts, c.Name.Value) {
			s.partly[b.Name()] = true
			continue
		}
		picked = true
		if err := whole(dir, planned, b, a); err != nil {
			return nil, err
		}
		if !withoutUnsent(b, a, unsent) {
			continue
		}
		w := reconcile.NewUndo(g, c, docs.PlatformOf(g), b.LineItems, a.LineItems)
		s.add(c, docs.PlatformOf(g), w)
		if reconcile.Place(c) == "" {
			s.jobs[len(s.jobs)-1].known = knownIDs(folder, planned)
		}
	}
	s.undone = slices.DeleteFunc(s.undone, func(st step) bool { // what the run had nothing to write in stays recorded
		return !slices.ContainsFunc(s.jobs, func(j job) bool { return j.want.Gradebook == st.Gradebook })
	})
	if len(s.jobs) == 0 && picked {
		return nil, &RecordError{dir + ": that run wrote nothing, so there is nothing to undo"}
	}
	if len(s.jobs) == 0 {
		return nil, &SelectionError{"--context selects none of the contexts that the run touched"}
	}
	return s, nil
}

// whole makes sure that two documents of a record are of the same line items, one of
// each, and of all that the run was to write to.
func whole(dir string, planned *plan.Context, before, after *spec.Gradebook) error {
	if n := reconcile.RecordedItems(planned); len(before.LineItems) != n || len(after.LineItems) != n {
		return &RecordError{fmt.Sprintf("%s: the run was to write to %d line items of %s/%s, and %s and %s hold %d and %d: the record is damaged", dir, n,
			planned.Gradebook, planned.Name, beforeFile, afterFile, len(before.LineItems), len(after.LineItems))}
	}
	met := map[string]bool{}
	for i := range before.LineItems {
		key := before.LineItems[i].Key.Value
		if key != after.LineItems[i].Key.Value || met[key] {
			return &RecordError{fmt.Sprintf("%s: %s and %s do not belong together", dir, beforeFile, afterFile)}
		}
		met[key] = true
	}
	return nil
}

func chosen(globs []string, name string) bool {
	for _, pattern := range globs {
		if glob(pattern).MatchString(name) {
			return true
		}
	}
	return len(globs) == 0
}

// recorded reads documents of a record.
func recorded(f *runlog.Folder, dir, name string) (*spec.Documents, error) {
	b, err := f.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &RecordError{fmt.Sprintf("%s holds no %s: the run stopped before it wrote anything, so there is nothing to undo", dir, name)}
	}
	if err != nil {
		return nil, &RecordError{err.Error()}
	}
	docs, err := spec.Read(spec.Bytes(path.Join(dir, name), b))
	if err == nil {
		docs.Gradebooks = reconcile.Recorded(docs.Gradebooks)
	}
	return docs, err
}

// find is the context of the documents that a recorded one was.
func find(docs *spec.Documents, rec *spec.Gradebook) (*spec.Gradebook, *spec.Context, error) {
	name := rec.Contexts[0].Name.Value
	for _, g := range docs.Gradebooks {
		if g.Name() != rec.Name() {
			continue
		}
		if p := docs.PlatformOf(g); p.Name() != rec.Platform.Value {
			return nil, nil, &RecordError{fmt.Sprintf("the run wrote %s/%s to platform %q, and the files now put it on %q", rec.Name(), name, rec.Platform.Value, p.Name())}
		}
		for i := range g.Contexts {
			if c := &g.Contexts[i]; c.Name.Value == name {
				if was, is := recordedPlace(&rec.Contexts[0]), reconcile.Place(c); was != is {
					return nil, nil, &RecordError{fmt.Sprintf("the run wrote %s/%s to the course %s, and the files now put it at %s", rec.Name(), name, orText(was, "of a launch"), orText(is, "that of a launch"))}
				}
				return g, c, nil
			}
		}
	}
	return nil, nil, &RecordError{fmt.Sprintf("the files hold no Gradebook %q with a context %q, which the run wrote to: name the files with -f", rec.Name(), name)}
}

// recordedPlace is the place that reconcile.Record wrote down; "" for a launch's.
func recordedPlace(c *spec.Context) string {
	if c.LineItemsURL.IsSet() {
		return c.LineItemsURL.Value
	}
	return c.Course.Value
}

func orText(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

// recordedPlan is what the run was about to do.
func recordedPlan(f *runlog.Folder, dir string) (plan.Plan, error) {
	b, err := f.Read(planFile)
	if err != nil {
		return plan.Plan{}, &RecordError{err.Error()}
	}
	p, err := plan.Decode(b)
	if err != nil {
		return plan.Plan{}, &RecordError{fmt.Sprintf("%s: %v", path.Join(dir, planFile), err)}
	}
	return p, nil
}

// plannedOf is a context of a plan; nil where it has none of these names.
func plannedOf(p *plan.Plan, gradebook, name string) *plan.Context {
	for i := range p.Contexts {
		if c := &p.Contexts[i]; c.Gradebook == gradebook && c.Name == name {
			return c
		}
	}
	return nil
}

// knownIDs are the ids of a context's line items that a run saw or made.
func knownIDs(f *runlog.Folder, c *plan.Context) map[string]bool {
	ids := map[string]bool{}
	for _, id := range c.Seen {
		ids[id] = true
	}
	for raw, err := range f.Outcomes() {
		if err != nil {
			continue // what it told is not known, which is on the safe side
		}
		var made struct{ Gradebook, Context, Made string }
		if json.Unmarshal(raw, &made) == nil && made.Made != "" && made.Gradebook == c.Gradebook && made.Context == c.Name {
			ids[made.Made] = true
		}
	}
	return ids
}

// proveCourse stops an undo in a course that shows no line item that the run
// saw or made: the secret may be that of another course by now, where columns
// of the same resourceIds are somebody else's.
func (j *job) proveCourse(c *plan.Context) {
	if j.known == nil || c.Failure != nil || slices.ContainsFunc(c.Seen, func(id string) bool { return j.known[id] }) {
		return
	}
	c.Findings = append(c.Findings, plan.Finding{
		Message: "nothing shows that this is the course that the run wrote to: it has none of the columns that the run saw or made",
		Hint:    "give the context the serviceKey or ltik of the course that the run was on; if it is, its columns are gone, and there is nothing to put back but by hand",
	})
}
