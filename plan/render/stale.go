package render

import (
	"fmt"

	"github.com/gradesync/gradesync/plan"
)

// stale counts what of a context somebody changed since the plan was made; "":
// nothing. It names nobody, for every form has it.
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
	words := fmt.Sprintf("stale: %s in %s changed since the plan was made", count(rows, "row"), count(len(columns), "column"))
	if c.Status() == plan.Outdated {
		words += ", so nothing was written there"
	}
	return words
}
