package run

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gradesync/gradesync/spec"
)

// SelectionError says that a --context or --target selects nothing, or not
// one thing.
type SelectionError struct{ Message string }

func (e *SelectionError) Error() string { return e.Message }

// choice is one context with the keys to plan; nil keys means all.
type choice struct {
	gradebook *spec.Gradebook
	context   *spec.Context
	keys      map[string]bool
}

// choose picks contexts and line items by globs, in the documents' order.
func choose(docs *spec.Documents, contexts, targets []string) ([]choice, error) {
	keys, err := chooseKeys(docs, targets)
	if err != nil {
		return nil, err
	}
	patterns := compiled(contexts)
	used := make([]bool, len(contexts))
	var out []choice
	var names []string
	for _, g := range docs.Gradebooks {
		for i := range g.Contexts {
			name := g.Contexts[i].Name.Value
			names = append(names, name)
			hit := len(contexts) == 0
			for k, pattern := range patterns {
				if pattern.MatchString(name) {
					hit, used[k] = true, true
				}
			}
			if hit && (keys == nil || keys[g] != nil) {
				out = append(out, choice{g, &g.Contexts[i], keys[g]})
			}
		}
	}
	for k, hit := range used {
		if !hit {
			return nil, &SelectionError{fmt.Sprintf("--context %q selects none of the contexts: %s%s", contexts[k], listed(names), ofGradebook(contexts[k]))}
		}
	}
	if len(out) == 0 && len(contexts) > 0 {
		return nil, &SelectionError{"--context and --target together select nothing: no Gradebook with such a line item has such a context"}
	}
	return out, nil
}

// mostListed is how many names an error lists: an institution has thousands.
const mostListed = 10

// listed is the first of some names, each once, and how many there are besides.
func listed(names []string) string {
	var each []string
	seen := map[string]bool{}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			each = append(each, name)
		}
	}
	if more := len(each) - mostListed; more > 0 {
		return strings.Join(each[:mostListed], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(each, ", ")
}

// chooseKeys is the selected keys of each gradebook; nil means all.
func chooseKeys(docs *spec.Documents, targets []string) (map[*spec.Gradebook]map[string]bool, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	out := map[*spec.Gradebook]map[string]bool{}
	for _, pattern := range targets {
		var hits, all []string
		whole, matches := named(docs, pattern), glob(pattern).MatchString
		for _, g := range docs.Gradebooks {
			for i := range g.LineItems {
				key := g.LineItems[i].Key.Value
				full := g.Name() + "/" + key
				all = append(all, full)
				if !matches(full) && (whole || !matches(key)) {
					continue
				}
				hits = append(hits, full)
				if out[g] == nil {
					out[g] = map[string]bool{}
				}
				out[g][key] = true
			}
		}
		switch {
		case len(hits) == 0:
			return nil, &SelectionError{fmt.Sprintf("--target %q selects none of the line items: %s", pattern, listed(all))}
		case len(hits) > 1 && !strings.ContainsAny(pattern, "*?"):
			return nil, &SelectionError{fmt.Sprintf("--target %q is not unique; say which: %s%s", pattern, listed(hits), inAll(pattern, whole))}
		}
	}
	return out, nil
}

// ofGradebook is what to say of a context that was named with its Gradebook, as
// line items are.
func ofGradebook(pattern string) string {
	at := strings.LastIndex(pattern, "/")
	if at <= 0 {
		return ""
	}
	return fmt.Sprintf("; --context takes names of contexts alone: a Gradebook is chosen by --target %s, of plan and apply", quoted(pattern[:at]+"/*"))
}

// inAll is how a bare key is chosen in all Gradebooks. There is no such way for
// a whole name that two line items have.
func inAll(key string, whole bool) string {
	if whole {
		return ""
	}
	return fmt.Sprintf("; --target %s chooses it in all", quoted("*/"+key))
}

// quoted is a pattern as a shell takes it: * means something to a shell as well.
func quoted(pattern string) string {
	return "'" + strings.ReplaceAll(pattern, "'", `'\''`) + "'"
}

// named tells whether a pattern is the whole name of a line item, which goes
// before a key of the same text.
func named(docs *spec.Documents, pattern string) bool {
	for _, g := range docs.Gradebooks {
		for i := range g.LineItems {
			if g.Name()+"/"+g.LineItems[i].Key.Value == pattern {
				return true
			}
		}
	}
	return false
}

// glob matches whole names; * is any text, / included, and ? one character.
func glob(pattern string) *regexp.Regexp {
	var re strings.Builder
	re.WriteString(`(?s)\A`)
	for _, r := range pattern {
		switch r {
		case '*':
			re.WriteString(".*")
		case '?':
			re.WriteString(".")
		default:
			re.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	re.WriteString(`\z`)
	return regexp.MustCompile(re.String())
}

func compiled(globs []string) []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(globs))
	for i, pattern := range globs {
		out[i] = glob(pattern)
	}
	return out
}
