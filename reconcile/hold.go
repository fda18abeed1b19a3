package reconcile

import (
	"fmt"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// The limits of a Gradebook whose policy names none.
const (
	defaultDeletes        = 3
	defaultDeletesPercent = 50
	defaultLowered        = 10
)

// guard decides what is held: the one place that knows every risk.
type guard struct {
	own   *spec.Policy // the Gradebook's
	floor *spec.Policy // the Platform's: no word releases what it holds
	opts  *Options
	caps  Capabilities
	c     *plan.Context
	lost  map[string]bool // keys of line items of which a part of the base is lost
	// unrecorded: there is no base at all, though one was asked for.
	unrecorded bool
}

// facts are what the guard needs beside the plan itself.
type facts struct {
	proven  bool            // the listing was complete
	unsure  map[string]bool // if not: the resourceIds of which there may be one unseen
	matched int             // live line items that the files match, or that are pruned
	// beside is, by index of an item that is to be created, the live one of
	// the same label.
	beside map[int]string
}

// keepBack fills in Held and Released.
func (g *guard) keepBack(f facts) {
	for i := range g.c.Items {
		if live, ok := f.beside[i]; ok {
			g.risk(&g.c.Items[i], plan.DuplicateLabel, "a column of this title is there already: "+live)
		}
		g.item(&g.c.Items[i], f)
	}
	g.deletes(f)
	g.changes()
}

// item judges one line item and its scores by themselves.
func (g *guard) item(it *plan.Item, f facts) {
	switch it.Action {
	case plan.Create:
		if id := it.Wanted.ResourceID; !f.proven && (id == "" || f.unsure[id]) {
			g.risk(it, plan.UnprovenListing, "it may be there already: the platform may have line items that it did not show")
		}
	case plan.Delete:
		switch {
		case it.Graded == nil:
			g.risk(it, plan.DeleteUnread, "its grades cannot be read")
		case *it.Graded > 0:
			g.risk(it, plan.DeleteGraded, fmt.Sprintf("%d %s in it would be destroyed", *it.Graded, plural(*it.Graded, "grade")))
		}
		if !f.proven {
			g.risk(it, plan.UnprovenListing, "the platform may have line items that it did not show")
		}
	case plan.Update:
		if it.NoBase && g.wantsBase() {
			g.noBase(&it.Held, &it.Released, it)
		}
		if changesMaximum(it) && (it.Graded == nil || *it.Graded > 0) {
			why := "its grades, which cannot be read, may be rescaled"
			if it.Graded != nil {
				why = fmt.Sprintf("%d %s may be rescaled", *it.Graded, plural(*it.Graded, "grade"))
			}
			g.risk(it, plan.Rescale, why)
		}
	}
	g.scores(it)
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

func (g *guard) scores(it *plan.Item) {
	var lowered []*plan.Score
	for i := range it.Scores {
		s := &it.Scores[i]
		before, had := share(s.Before)
		after, has := share(&s.After)
		if s.Action == plan.Erase && had {
			g.scoreRisk(it, s, plan.Clear, "a score would be taken away")
		}
		if g.caps.Comments == CommentUnreadable && s.KeepsComment && s.Before != nil {
			g.scoreRisk(it, s, plan.UnreadComment, "a comment that cannot be read may be lost")
		}
		if had && has && after < before-1e-9 && changesPoints(s) {
			lowered = append(lowered, s)
			g.drop(it, s, 100*(before-after))
		}
		if s.NoBase && (g.wantsBase() || g.lost[it.Key]) {
			g.noBase(&s.Held, &s.Released, it)
		}
	}
	over(g, len(lowered), func(p *spec.Policy) spec.Opt[int] { return p.Max.Lowered }, defaultLowered, func(limit int, floor *spec.Policy) {
		why := fmt.Sprintf("%d %s of this line item would be lowered, and %d may be", len(lowered), plural(len(lowered), "score"), limit)
		for _, s := range lowered {
			g.hold(&s.Held, &s.Released, it, plan.Lowered, why, floor)
		}
	})
}

// wantsBase tells whether what has no base is held.
func (g *guard) wantsBase() bool { return g.unrecorded || requires(g.own) || requires(g.floor) }

func requires(p *spec.Policy) bool { return p.RequireBase.Value }

func (g *guard) noBase(held *[]plan.Hold, released *[]plan.Release, it *plan.Item) {
	var floor *spec.Policy
	if requires(g.floor) {
		floor = g.floor
	}
	g.hold(held, released, it, plan.NoBase, "nobody knows who set what would be overwritten", floor)
}

// drop judges how far one score falls, in percent of the maximum.
func (g *guard) drop(it *plan.Item, s *plan.Score, by float64) {
	for _, p := range []*spec.Policy{g.own, g.floor} {
		limit := p.Max.Drop
		if !limit.IsSet() || by <= limit.Value+1e-9 {
			continue
		}
		var floor *spec.Policy
		if p == g.floor {
			floor = p
		}
		why := fmt.Sprintf("the score would fall by %.4g %% of the maximum, and may by %.4g %%", by, limit.Value)
		g.hold(&s.Held, &s.Released, it, plan.Drop, why, floor)
	}
}

// deletes judges all deletes of the context together.
func (g *guard) deletes(f facts) {
	var empty, all []*plan.Item
	for i := range g.c.Items {
		it := &g.c.Items[i]
		if it.Action != plan.Delete {
			continue
		}
		all = append(all, it)
		if it.Graded == nil || *it.Graded == 0 { // what cannot be read may be empty
			empty = append(empty, it)
		}
	}
	over(g, len(empty), func(p *spec.Policy) spec.Opt[int] { return p.Max.Deletes }, defaultDeletes, func(limit int, floor *spec.Policy) {
		for _, it := range empty {
			g.hold(&it.Held, &it.Released, it, plan.Deletes,
				fmt.Sprintf("%d empty columns would be deleted, and %d may be", len(empty), limit), floor)
		}
	})
	if len(all) == 0 {
		return
	}
	percent := 100 * float64(len(all)) / float64(max(1, f.matched))
	over(g, percent, func(p *spec.Policy) spec.Opt[float64] { return p.Max.DeletesPercent }, defaultDeletesPercent, func(limit float64, floor *spec.Policy) {
		for _, it := range all {
			g.hold(&it.Held, &it.Released, it, plan.DeletesPercent,
				fmt.Sprintf("%.3g %% of the columns would be deleted, and %.3g %% may be", percent, limit), floor)
		}
	})
}

// changes judges the size of the whole.
func (g *guard) changes() {
	n := 0
	for i := range g.c.Items {
		n += len(g.c.Items[i].Scores)
		if g.c.Items[i].Action != plan.Keep {
			n++
		}
	}
	over(g, n, func(p *spec.Policy) spec.Opt[int] { return p.Max.Changes }, n, func(limit int, floor *spec.Policy) {
		for i := range g.c.Items {
			it := &g.c.Items[i]
			g.hold(&it.Held, &it.Released, it, plan.Changes,
				fmt.Sprintf("%d %s in this context, and %d may be", n, plural(n, "change"), limit), floor)
		}
	})
}

// over calls held for each limit that n is over: the Gradebook's, which has a
// default, and the Platform's, which is then given as floor.
func over[N int | float64](g *guard, n N, of func(*spec.Policy) spec.Opt[N], byDefault N, held func(limit N, floor *spec.Policy)) {
	own := byDefault
	if o := of(g.own); o.IsSet() {
		own = o.Value
	}
	if n > own {
		held(own, nil)
	}
	if o := of(g.floor); o.IsSet() && n > o.Value {
		held(o.Value, g.floor)
	}
}

func (g *guard) risk(it *plan.Item, r plan.Risk, why string) {
	g.hold(&it.Held, &it.Released, it, r, why, nil)
}

func (g *guard) scoreRisk(it *plan.Item, s *plan.Score, r plan.Risk, why string) {
	g.hold(&s.Held, &s.Released, it, r, why, nil)
}

// hold keeps a change back, unless it is allowed. What floor holds, nothing
// allows.
func (g *guard) hold(held *[]plan.Hold, released *[]plan.Release, it *plan.Item, r plan.Risk, why string, floor *spec.Policy) {
	if g.opts.Exempt[r] {
		return
	}
	if floor == nil && g.floor.Allow != nil && !floorAllows(g.floor, r, it.Key, columnOf(it)) {
		floor = g.floor // the institution lets nobody allow this
	}
	if floor != nil {
		*held = append(*held, plan.Hold{Risk: r, Why: why, Where: where(floor.Pos)})
		return
	}
	if by := g.allowed(r, it.Key); by != "" {
		*released = append(*released, plan.Release{Risk: r, By: by})
		return
	}
	*held = append(*held, plan.Hold{Risk: r, Why: why, Release: releasing(r, it.Key)})
}

// releasing is the words that let a held change go, as a shell takes them.
func releasing(r plan.Risk, key string) string {
	if r == plan.Changes {
		return "--allow " + string(r) // it is of the whole context
	}
	return "--allow " + escape.Shell(string(r)+":"+key)
}

// allowed is who allows a risk: the words of the command line, or the place of
// the Gradebook's policy; "" if nobody does.
func (g *guard) allowed(r plan.Risk, key string) string {
	for _, words := range []string{string(r), string(r) + ":" + key} {
		if g.opts.Allow[words] {
			return "--allow " + words
		}
	}
	return allowedBy(g.own, r, key)
}

func allowedBy(p *spec.Policy, r plan.Risk, key string) string {
	for i := range p.Allow {
		a := &p.Allow[i]
		if a.Risk.Value == string(r) && (!a.Item.IsSet() || a.Item.Value == key) {
			return where(a.Pos)
		}
	}
	return ""
}

// floorAllows tells whether a Platform's policy lets somebody release a risk. The
// key of a line item is the files' own word, and they may give any column the one
// that the institution let go: the column itself has to go by it, too.
func floorAllows(p *spec.Policy, r plan.Risk, key string, li *plan.LineItem) bool {
	for i := range p.Allow {
		a := &p.Allow[i]
		name := a.Item.Value
		if a.Risk.Value == string(r) && (!a.Item.IsSet() || name == key && li != nil && (name == li.ResourceID || name == li.Label)) {
			return true
		}
	}
	return false
}

// columnOf is the live column, or the one that is to be made.
func columnOf(it *plan.Item) *plan.LineItem {
	if it.Observed != nil {
		return it.Observed
	}
	return it.Wanted
}
