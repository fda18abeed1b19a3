package spec

// check applies the defaults and finds what the parts of a gradebook say
// against each other.
func (g *Gradebook) check(r *reporter) {
	for i := range g.LineItems {
		li := &g.LineItems[i]
		li.Key = li.defaultedKey()
		if !li.Tombstone() {
			li.apply(g.Defaults)
		}
	}
	g.checkContexts(r)
	g.checkIdentities(r)
	g.checkFormer(r)
	for i := range g.LineItems {
		g.LineItems[i].checkAlone(r, len(g.Contexts))
	}
}

// defaultedKey is the key, or what stands in for it: resourceId, label and, for
// a tombstone that has neither, id.
func (li *LineItem) defaultedKey() Opt[string] {
	for _, o := range []Opt[string]{li.Key, li.ResourceID, li.Label, li.ID} {
		if there(o) {
			return o
		}
	}
	return Opt[string]{}
}

// apply merges the defaults into what the line item does not name.
func (li *LineItem) apply(d Defaults) {
	fill(&li.ScoreMaximum, d.ScoreMaximum)
	fill(&li.Tag, d.Tag)
	fill(&li.StartDateTime, d.StartDateTime)
	fill(&li.EndDateTime, d.EndDateTime)
	fill(&li.GradesReleased, d.GradesReleased)
	for url, o := range d.Extensions {
		if _, named := li.Extensions[url]; !named {
			if li.Extensions == nil {
				li.Extensions = map[string]Opt[any]{}
			}
			li.Extensions[url] = o
		}
	}
}

func (g *Gradebook) checkContexts(r *reporter) {
	var keys []string
	for i := range g.LineItems {
		if li := &g.LineItems[i]; li.Key.IsSet() {
			keys = append(keys, li.Key.Value)
		}
	}
	known := map[string]bool{}
	for _, k := range keys {
		known[k] = true
	}
	seen := names{}
	for _, c := range g.Contexts {
		if first, again := seen.add(c.Name); again {
			r.errorf(c.Name.Pos, "", "a context named %s is already at %s", quote(c.Name.Value), first)
		}
		for _, key := range sortedKeys(c.LineItems) {
			if !known[key] {
				r.errorf(c.LineItems[key].Pos, suggest(key, "known", keys), "unknown line item %s", quote(key))
			}
		}
	}
}

// checkIdentities finds line items that nobody could tell apart.
func (g *Gradebook) checkIdentities(r *reporter) {
	ids, keys := names{}, names{}
	byResource := map[string][]*LineItem{}
	for i := range g.LineItems {
		li := &g.LineItems[i]
		if first, again := ids.add(li.ID); again {
			r.errorf(li.ID.Pos, "", "the id %s is already at %s", quote(li.ID.Value), first)
		}
		twin := false
		if id := li.ResourceID; id.IsSet() {
			for _, other := range byResource[id.Value] {
				if !toldApart(li.Tag, other.Tag) {
					twin = true
					r.errorf(id.Pos, "give each line item a resourceId of its own, or tags that differ",
						"the resourceId %s is already at %s", quote(id.Value), other.ResourceID.Pos)
					break
				}
			}
			byResource[id.Value] = append(byResource[id.Value], li)
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
func (li *LineItem) derivedFrom() Pos {
	unkeyed := *li
	unkeyed.Key = Opt[string]{}
	return unkeyed.defaultedKey().Pos
}

// toldApart tells whether two line items with one resourceId have tags to know
// them by. A value that is wrong counts as telling them apart: it is reported.
func toldApart(a, b Opt[string]) bool {
	if there(a) && !a.Named() || there(b) && !b.Named() {
		return true
	}
	return a.IsSet() && b.IsSet() && a.Value != b.Value
}

// checkFormer finds `was` that would take another line item's column.
func (g *Gradebook) checkFormer(r *reporter) {
	now := names{}
	owner := map[string]int{}
	for i, li := range g.LineItems {
		if _, again := now.add(li.ResourceID); !again {
			owner[li.ResourceID.Value] = i
		}
	}
	seen := names{}
	for i, li := range g.LineItems {
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
		if !there(li.ScoreMaximum) {
			r.errorf(li.Pos, "add scoreMaximum here, or to the Gradebook's defaults", `a line item has no "scoreMaximum"`)
		}
		if contexts > 1 && len(li.Scores) > 0 {
			r.errorf(li.Scores[0].Pos, "", "scores within a line item need exactly one context, but this Gradebook has %d", contexts)
		}
	}
	seen := names{}
	for _, s := range li.Scores {
		if first, again := seen.add(s.UserID); again {
			r.errorf(s.UserID.Pos, "keep one row for each person", "a score for the userId %s is already at %s", quote(s.UserID.Value), first)
		}
	}
}
