package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// mostStale is how many columns are named: there may be very many.
const mostStale = 10

// stale counts what of a context somebody changed since the plan was made, and
// names the columns by their keys; "": nothing. It names nobody, for every form
// has it.
func stale(c *plan.ContextReport) string {
	rows, columns := 0, map[string]bool{}
	for i := range c.Rows {
		if r := &c.Rows[i]; r.Cause == plan.CauseStale {
			rows++
			columns[r.Key] = true
		}
	}
	if rows == 0 {
		return ""
	}
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(columns)) {
		if len(keys) == mostStale {
			keys = append(keys, fmt.Sprintf("and %d more", len(columns)-mostStale))
			break
		}
		keys = append(keys, value(key))
	}
	words := fmt.Sprintf("stale: %s in %s (%s) changed since the plan was made", count(rows, "row"), count(len(columns), "column"), strings.Join(keys, ", "))
	if c.Status() == plan.Outdated {
		words += ", so nothing was written there"
	}
	return words
}
