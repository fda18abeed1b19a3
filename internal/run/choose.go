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
	used := make([]bool, len(contexts))
	var out []choice
	var names []string
	for _, g := range docs.Gradebooks {
		if keys != nil && keys[g] == nil {
			continue
		}
		for i := range g.Contexts {
			name := g.Contexts[i].Name.Value
			names = append(names, name)
			hit := len(contexts) == 0
			for k, pattern := range contexts {
				if glob(pattern, name) {
					hit, used[k] = true, true
				}
			}
			if hit {
				out = append(out, choice{g, &g.Contexts[i], keys[g]})
			}
		}
	}
	for k, hit := range used {
		if !hit {
			return nil, &SelectionError{fmt.Sprintf("--context %q selects none of the contexts: %s", contexts[k], strings.Join(names, ", "))}
		}
	}
	return out, nil
}

// chooseKeys is the selected keys of each gradebook; nil means all.
func chooseKeys(docs *spec.Documents, targets []string) (map[*spec.Gradebook]map[string]bool, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	out := map[*spec.Gradebook]map[string]bool{}
	for _, pattern := range targets {
		var hits, all []string
		whole := named(docs, pattern)
		for _, g := range docs.Gradebooks {
			for i := range g.LineItems {
				key := g.LineItems[i].Key.Value
				full := g.Name() + "/" + key
				all = append(all, full)
				if !glob(pattern, full) && (whole || !glob(pattern, key)) {
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
			return nil, &SelectionError{fmt.Sprintf("--target %q selects none of the line items: %s", pattern, strings.Join(all, ", "))}
		case len(hits) > 1 && !strings.ContainsAny(pattern, "*?"):
			return nil, &SelectionError{fmt.Sprintf("--target %q is not unique; say which: %s", pattern, strings.Join(hits, ", "))}
		}
	}
	return out, nil
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

// glob matches a whole name; * is any text, / included, and ? one character.
func glob(pattern, name string) bool {
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
	return regexp.MustCompile(re.String()).MatchString(name)
}
