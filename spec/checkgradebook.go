package spec

import (
	"path/filepath"
	"slices"
)

// check applies the defaults and finds what the parts of a gradebook say
// against each other.
func (g *Gradebook) check(r *reporter) {
	merged := 0
	for i := range g.LineItems {
		li := &g.LineItems[i]
		li.Key = li.defaultedKey()
		if li.Tombstone() {
			continue
		}
		if merged += li.apply(g.Defaults); merged > maxRepeated {
			r.errorf(li.Pos, `write fewer into "defaults"`, "too many extensions: with those of the defaults, the line items up to here have more than %d", maxRepeated)
			break
		}
	}
	g.checkContexts(r)
	g.checkIdentities(r)
	g.checkFormer(r)
	for i := range g.LineItems {
		g.LineItems[i].checkAlone(r, len(g.Contexts))
	}
}

// defaultedKey is the key, or what stands in for it.
func (li *LineItem) defaultedKey() Opt[string] {
	if there(li.Key) {
		return li.Key
	}
	return li.standIn()
}

// standIn is the key of a line item that names none: its resourceId, its label or,
// for a tombstone that has neither, its id.
func (li *LineItem) standIn() Opt[string] {
	for _, o := range []*Opt[string]{&li.ResourceID, &li.Label, &li.ID} {
		if there(*o) {
			return *o
		}
	}
	return Opt[string]{}
}

// apply merges the defaults into what the line item does not name. It tells how
// many extensions it had to copy: all line items without their own share one map.
func (li *LineItem) apply(d Defaults) (copied int) {
	fill(&li.ScoreMaximum, d.ScoreMaximum)
	fill(&li.Tag, d.Tag)
	fill(&li.StartDateTime, d.StartDateTime)
	fill(&li.EndDateTime, d.EndDateTime)
	fill(&li.GradesReleased, d.GradesReleased)
	if len(li.Extensions) == 0 {
		li.Extensions = d.Extensions
		return 0
	}
	for url, o := range d.Extensions {
		if _, named := li.Extensions[url]; !named {
			li.Extensions[url] = o
		}
	}
	return len(d.Extensions)
}

func (g *Gradebook) checkContexts(r *reporter) {
	var keys []string
	known := map[string]bool{}
	if slices.ContainsFunc(g.Contexts, func(c Context) bool { return len(c.LineItems) > 0 }) {
		keys = g.keys()
	}
	for _, k := range keys {
		known[k] = true
	}
	seen, courses := names{}, map[string]*Context{}
	for i := range g.Contexts {
		c := &g.Contexts[i]
		if first, again := seen.add(c.Name); again {
			r.errorf(c.Name.Pos, "", "a context named %s is already at %s", quote(c.Name.Value), first)
		} else {
			c.checkCourse(r, courses)
		}
		for _, key := range sortedKeys(c.LineItems) {
			if !known[key] {
				r.errorf(c.LineItems[key].Pos, r.suggest(key, "known", keys), "unknown line item %s", quote(key))
			}
		}
	}
}

// checkCourse finds a second context on one course: by a URL, by the course's
// id, by the name that stands in for it, or by the place of a launch's secret.
func (c *Context) checkCourse(r *reporter, courses map[string]*Context) {
	known := func(key string) *Context {
		first := courses[key]
		if first == nil {
			courses[key] = c
		}
		return first
	}
	const hint = "two contexts on one course would make every column twice: keep one of them"
	for _, s := range []*Secret{&c.ServiceKey, &c.Ltik} {
		where := s.where()
		if where == "" {
			continue
		}
		if first := known("secret " + where); first != nil {
			r.errorf(s.Pos, hint, "the secret of this context's launch is already that of context %s", quote(first.Name.Value))
		}
	}
	if url := c.LineItemsURL; url.IsSet() {
		if first := known(sameURL(url.Value)); first != nil {
			r.errorf(url.Pos, hint, `the "lineItemsURL" of this context is already at %s, of context %s`,
				first.LineItemsURL.Pos, quote(first.Name.Value))
		}
	}
	if course := c.course(); course.IsSet() {
		if first := known("course " + course.Value); first != nil { // the key is never a URL
			r.errorf(course.Pos, hint, `the course %s is already at %s, of context %s`,
				quote(course.Value), first.course().Pos, quote(first.Name.Value))
		}
	}
}

// where is the place that the secret is read from, in one form.
func (s *Secret) where() string {
	switch {
	case s.Env.IsSet():
		return "env " + s.Env.Value
	case s.File.IsSet():
		return "file " + filepath.Clean(s.File.Value)
	}
	return ""
}

// course is the context's course where it is not on one by URL.
func (c *Context) course() Opt[string] {
	if there(c.Course) || there(c.LineItemsURL) {
		return c.Course
	}
	return c.Name
}

// checkIdentities finds line items that nobody could tell apart.
func (g *Gradebook) checkIdentities(r *reporter) {
	n := len(g.LineItems)
	ids, keys := names{}, make(names, n)
	resources := make(twins, 2*n)
	for i := range g.LineItems {
		li := &g.LineItems[i]
		if first, again := ids.add(li.ID); again {
			r.errorf(li.ID.Pos, "", "the id %s is already at %s", quote(li.ID.Value), first)
		}
		other, twin := resources.add(li)
		if twin {
			r.errorf(li.ResourceID.Pos, "give each line item a resourceId of its own, or tags that differ",
				"the resourceId %s is already at %s", quote(li.ResourceID.Value), other)
		}
		first, again := keys.add(li.Key)
		switch derived := li.Key.Pos != (Pos{}) && li.Key.Pos == li.derivedFrom(); {
		case again && !derived:
			r.errorf(li.Key.Pos, "", "the key %s is already at %s", quote(li.Key.Value), first)
		case again && !twin:
			r.errorf(li.Key.Pos, "a line item's key is its resourceId, else its label; add key: with a name of its own",
				"the key %s is already at %s", quote(li.Key.Value), first)
		}
	}
}

// derivedFrom is the place of what the key would be without being written.
func (li *LineItem) derivedFrom() Pos { return li.standIn().Pos }

// twins are the first line items of each resourceId, by how they can be told
// apart from others of it.
type twins map[identity]Pos

type identity struct {
	resourceID, tag string
	by              tagging
}

type tagging uint8

const (
	anyTag tagging = iota // the first of all
	noTag                 // the first without a tag
	thisTag
)

// add remembers a line item, or tells where the first one is that has its
// resourceId and no tag to know it by. A tag that is wrong counts as telling
// them apart: it is reported.
func (t twins) add(li *LineItem) (first Pos, again bool) {
	id := li.ResourceID
	if !id.IsSet() || there(li.Tag) && !li.Tag.Named() {
		return Pos{}, false
	}
	whole := identity{resourceID: id.Value, by: anyTag}
	own := identity{resourceID: id.Value, by: noTag}
	find := []identity{whole}
	if li.Tag.IsSet() {
		find = []identity{own}
		own = identity{id.Value, li.Tag.Value, thisTag}
		find = append(find, own)
	}
	for _, f := range find {
		if first, again = t[f]; again {
			break
		}
	}
	for _, f := range []identity{whole, own} {
		if _, known := t[f]; !known {
			t[f] = id.Pos
		}
	}
	return first, again
}

// checkFormer finds `was` that would take another line item's column.
func (g *Gradebook) checkFormer(r *reporter) {
	if !slices.ContainsFunc(g.LineItems, func(li LineItem) bool { return len(li.Was) > 0 }) {
		return
	}
	now := names{}
	owner := map[string]int{}
	for i := range g.LineItems {
		li := &g.LineItems[i]
		if _, again := now.add(li.ResourceID); !again {
			owner[li.ResourceID.Value] = i
		}
	}
	seen := names{}
	for i := range g.LineItems {
		li := &g.LineItems[i]
		for _, was := range li.Was {
			if !was.IsSet() {
				continue
			}
			if at, taken := now[was.Value]; taken && owner[was.Value] != i {
				r.errorf(was.Pos, "a former resourceId is one that no line item has any more",
					"the former resourceId %s is that of another line item, at %s", quote(was.Value), at)
			}
			if first, again := seen.add(was); again {
				r.errorf(was.Pos, "", "the former resourceId %s is already at %s", quote(was.Value), first)
			}
		}
	}
}

// checkAlone finds what is wrong with one line item.
func (li *LineItem) checkAlone(r *reporter, contexts int) {
	if li.Tombstone() {
		if !there(li.ID) && !there(li.ResourceID) && !there(li.Label) {
			r.errorf(li.Pos, "add resourceId, id or label", "absent: true does not say which column shall go")
		}
		if len(li.Scores) > 0 {
			r.errorf(li.Scores[0].Pos, "remove the scores, or absent: true", "scores in a line item that shall be absent")
		}
	} else {
		if !there(li.ScoreMaximum) && !r.lax {
			r.errorf(li.Pos, "add scoreMaximum here, or to the Gradebook's defaults", `a line item has no "scoreMaximum"`)
		}
		if contexts > 1 && len(li.Scores) > 0 {
			r.errorf(li.Scores[0].Pos, "", "scores within a line item need exactly one context, but this Gradebook has %d", contexts)
		}
	}
	seen := people{}
	for i := range li.Scores {
		seen.add(r, &li.Scores[i])
	}
}
