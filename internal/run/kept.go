package run

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gradesync/gradesync/internal/revision"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// beside is what is recorded beside a commit: what of it was not applied, and to
// which courses it was. It lies in a git repository, so nothing in it names
// anybody or anything.
type beside struct {
	Version  int             `json:"version"`
	Commit   string          `json:"commit"`
	Contexts []besideContext `json:"contexts"`
}

type besideContext struct {
	Course string   `json:"course"`            // a digest of the LMS and the course
	Left   []string `json:"leftOut,omitempty"` // digests of people whose rows were left out, sorted
}

const besideVersion = 1

// besideOf is what is recorded of a gradebook whose plan was carried out.
func besideOf(commit revision.Revision, g *spec.Gradebook, p *spec.Platform, done plan.Plan) beside {
	out := beside{Version: besideVersion, Commit: commit.Hash}
	for i := range g.Contexts {
		c := &g.Contexts[i]
		one := besideContext{Course: courseDigest(c, p)}
		for k := range done.Contexts {
			if d := &done.Contexts[k]; d.Gradebook == g.Name() && d.Name == c.Name.Value {
				for _, said := range d.LeftOut {
					one.Left = append(one.Left, personDigest(one.Course, said))
				}
			}
		}
		slices.Sort(one.Left)
		one.Left = slices.Compact(one.Left)
		out.Contexts = append(out.Contexts, one)
	}
	return out
}

func courseDigest(c *spec.Context, p *spec.Platform) string {
	at := course(c)
	if at == "" {
		at = "called " + c.Name.Value // only the secret of a launch tells the course, or the sandbox goes by names
	}
	return digestOf(system(p), at)
}

// personDigest differs from course to course, so that it tells nobody who is in
// which.
func personDigest(course, said string) string { return digestOf(course, spec.EmailKey(said)) }

func digestOf(parts ...string) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%q", parts)))[:32]
}

// heed takes out of a recorded base what is not to be taken for applied: rows
// that were left out, and courses that the record is not of.
func (b *Base) heed(ctx context.Context, h *history, g *spec.Gradebook, p *spec.Platform, rev revision.Revision) error {
	data, err := h.repo.Kept(ctx, g.Name())
	if err != nil {
		return baseError(err)
	}
	var r beside
	dec := json.NewDecoder(bytes.NewReader(data))
	if data == nil || dec.Decode(&r) != nil || r.Version != besideVersion || r.Commit != rev.Hash {
		return nil // of another version, or pushed without it: the commit alone is known
	}
	of := map[string]*besideContext{}
	for i := range r.Contexts {
		of[r.Contexts[i].Course] = &r.Contexts[i]
	}
	book := b.books[g.Name()]
	for i := range g.Contexts {
		c := &g.Contexts[i]
		name := c.Name.Value
		if _, there := book.at[name]; !there {
			continue
		}
		one := of[courseDigest(c, p)]
		if one == nil {
			b.note(fmt.Sprintf("what is recorded as applied of %s/%s was another LMS or course: nothing of it has a base", g.Name(), name))
			book.forget(name)
			continue
		}
		if len(one.Left) == 0 {
			continue
		}
		left := func(s spec.Score) bool {
			_, is := slices.BinarySearch(one.Left, personDigest(one.Course, personOf(&s)))
			return is
		}
		book.at[name] = without(book.at[name], left)
		for k := range book.later {
			book.later[k].items[name] = without(book.later[k].items[name], left)
		}
	}
	return nil
}

// forget makes a context one of which nothing is recorded.
func (p *pastBook) forget(name string) {
	p.unrecorded[name] = true
	p.notes[name] = append(p.notes[name], plan.Note{Message: "what is recorded for this Gradebook was of another LMS or course, so nobody can tell what was set by hand here: what would be overwritten is held; see what is there before you let it go"})
	delete(p.at, name)
	for k := range p.later {
		delete(p.later[k].items, name)
	}
}

func without(items []spec.LineItem, left func(spec.Score) bool) []spec.LineItem {
	out := slices.Clone(items)
	for i := range out {
		out[i].Scores = slices.DeleteFunc(slices.Clone(out[i].Scores), left)
	}
	return out
}

// personOf is what a row calls its person.
func personOf(s *spec.Score) string {
	switch {
	case s.UserID.IsSet():
		return s.UserID.Value
	case s.Email.IsSet():
		return s.Email.Value
	}
	return s.SourcedID.Value
}
