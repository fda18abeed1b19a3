package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gradesync/gradesync/reconcile"
)

// Profile is what is known of a platform by name.
type Profile struct {
	Name         string
	Capabilities reconcile.Capabilities
}

// Capabilities are what the facts amount to, with the names of those that the
// facts tell something about. A platform's habits that no probe can see (what
// students see of comments) are not among them.
func Capabilities(facts []Fact) (reconcile.Capabilities, []string) {
	caps := reconcile.Generic()
	var known []string
	for _, f := range facts {
		name, told := "", true
		switch {
		case isMember(f.Of):
			name = "fields." + f.Of
			if f.Is != "kept" {
				if caps.Fields == nil {
					caps.Fields = map[string]reconcile.Keeping{}
				}
				caps.Fields[f.Of] = reconcile.Keeping(f.Is)
			}
		case f.Of == "comment":
			name = "comments"
			caps.Comments, told = commentMode(f.Is)
		case f.Of == "rescale":
			name, told = "rescales", f.Is == "scales" || f.Is == "points"
			caps.Rescales = f.Is == "scales"
		case f.Of == "above":
			name = "clamps"
			caps.Clamps = f.Is == "cut"
		case f.Of == "seconds":
			name, told = "wholeSeconds", f.Is != "unknown"
			caps.WholeSeconds = f.Is != "accepted"
		case f.Of == "decimals" && f.Is != "6":
			name = "decimals"
			caps.Decimals, _ = strconv.Atoi(f.Is) // "" is 0: not known
			told = caps.Decimals > 0
		case f.Of == "long-label":
			name, told = "bounds.label", f.Is == "kept" || f.Is == "bounded" || f.Is == "cut"
			caps.Bounds.Label, _ = strconv.Atoi(f.More) // "" is 0: no bound
		case f.Of == "fraction":
			name = "bounds.wholeMaximum"
			caps.Bounds.WholeMaximum = f.Is != "kept"
		}
		if name != "" && told {
			known = append(known, name)
		}
	}
	return caps, known
}

// commentMode is what results tell of comments. Whether an earlier comment
// stays with the student they do not.
func commentMode(is string) (reconcile.CommentMode, bool) {
	switch is {
	case "replaced":
		return reconcile.CommentReplace, true
	case "stays", "both":
		return reconcile.CommentAppend, true
	case "hidden":
		return reconcile.CommentUnreadable, true
	}
	return reconcile.CommentReplace, false
}

// traits spells out the named capabilities, in the order of their names.
func traits(c *reconcile.Capabilities, names []string) []Trait {
	out := make([]Trait, 0, len(names))
	for _, name := range slices.Sorted(slices.Values(names)) {
		out = append(out, Trait{name, trait(c, name)})
	}
	return out
}

func trait(c *reconcile.Capabilities, name string) string {
	if field, ok := strings.CutPrefix(name, "fields."); ok {
		if k, ok := c.Fields[field]; ok {
			return string(k)
		}
		return "kept"
	}
	switch name {
	case "comments":
		return string(c.Comments)
	case "rescales":
		return yes(c.Rescales)
	case "clamps":
		return yes(c.Clamps)
	case "wholeSeconds":
		return yes(c.WholeSeconds)
	case "decimals":
		return strconv.Itoa(c.Decimals)
	case "bounds.label":
		if c.Bounds.Label == 0 {
			return "none"
		}
		return strconv.Itoa(c.Bounds.Label)
	case "bounds.wholeMaximum":
		return yes(c.Bounds.WholeMaximum)
	}
	return ""
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// differs lists where a profile says something else than was seen. A profile
// that does not say how many decimals are kept, or that grades are rescaled,
// is careful there, and not wrong.
func differs(p *Profile, seen []Trait) (out []string) {
	for _, t := range seen {
		said := trait(&p.Capabilities, t.Name)
		careful := t.Name == "decimals" && said == "0" || t.Name == "rescales" && said == "no"
		if said != t.Value && !careful {
			out = append(out, fmt.Sprintf("%s is %s, the profile says %s", t.Name, t.Value, said))
		}
	}
	return out
}

// OfProbe makes a group of what a probe found. used is the profile that the
// files name, or ""; profiles are those that it may be like, nil where it has none.
func OfProbe(f *Found, gradebook, name, platform, used string, profiles []Profile) Group {
	g := Group{Platform: platform, Gradebook: gradebook, Context: name, Probe: true}
	for _, t := range titles {
		for _, fact := range f.Facts {
			if fact.Of == t.of {
				g.Checks = append(g.Checks, fact.check(t.title))
			}
		}
	}
	if f.Fixed != "" {
		g.Checks = append(g.Checks, skipped("probe", "probe", "nothing is tried: this platform lets no tool make a column; they are made "+f.Fixed, ""))
		return g
	}
	if f.Failure != nil {
		g.Checks = append(g.Checks, failureCheck(f.Failure))
	}
	caps, known := Capabilities(f.Facts)
	g.Traits = traits(&caps, known)
	if f.Failure == nil && len(known) > 0 && len(profiles) > 0 {
		g.Checks = append(g.Checks, compared(g.Traits, used, profiles))
	}
	return g
}

// compared says which known profile agrees with what was seen.
func compared(seen []Trait, used string, profiles []Profile) Check {
	const id, title = "probe-profile", "profile"
	var agree []string
	for i := range profiles {
		p := &profiles[i]
		diff := differs(p, seen)
		if p.Name == used && len(diff) > 0 {
			return warned(id, title, "this is not quite what the profile "+used+" says: "+strings.Join(diff, "; "),
				"tell the makers of gradesync which LMS and version this is; without `profile` the careful choice is made")
		}
		if len(diff) == 0 {
			agree = append(agree, p.Name)
		}
	}
	switch {
	case used != "":
		return passed(id, title, "as the profile "+used+" says, as far as was tried")
	case len(agree) > 0:
		return passed(id, title, "nothing that was tried speaks against "+strings.Join(agree, ", ")+": if the LMS is one of these, add `profile:` to the Platform")
	}
	return passed(id, title, "no known profile is like this: the careful choice is made wherever platforms differ")
}
