package platformtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/reconcile"
	"github.com/gradesync/gradesync/spec"
)

// Group is steps that belong together, in one course.
type Group struct {
	Name  string
	Steps []Step
}

// Step is one apply.
type Step struct {
	Do []Deed // by hand, before it
	// Files is the line items, in YAML. {p1} to {p6} are people, {stranger} is
	// nobody of the course, {l1} and {l2} are resource links, {long:N} is N
	// letters.
	Files string
	Allow []string // risks that are let go
	// Found: the plan may be stopped by findings. Foreseen: it must be, where
	// the platform would not take a column, or would fail.
	Found, Foreseen bool
	// Sure: every row must be confirmed. Settled: every row must be confirmed,
	// altered or refused: the LMS has said what it thinks of it.
	Sure, Settled bool
	// Punctual: no score may be refused for its timestamp.
	Punctual bool
}

// want makes what a step's files want.
func (l *Lab) want(files string) (*reconcile.Want, error) {
	pairs := []string{"{stranger}", l.Stranger}
	for i, p := range l.People {
		pairs = append(pairs, fmt.Sprintf("{p%d}", i+1), p)
	}
	for i, link := range l.Links {
		pairs = append(pairs, fmt.Sprintf("{l%d}", i+1), link)
	}
	for _, n := range []int{250, 256} {
		pairs = append(pairs, fmt.Sprintf("{long:%d}", n), strings.Repeat("x", n))
	}
	const head = `apiVersion: gradesync.dev/v1
kind: Platform
metadata: {name: lms}
sandbox: {}
---
apiVersion: gradesync.dev/v1
kind: Gradebook
metadata: {name: contract}
contexts: [{name: lab}]
lineItems:
`
	docs, err := spec.Load(spec.Bytes("contract.yaml", []byte(head+strings.NewReplacer(pairs...).Replace(files))))
	if err != nil {
		return nil, err
	}
	w := reconcile.NewWant(docs.Gradebooks[0], &docs.Gradebooks[0].Contexts[0], docs.Platforms[0])
	return &w, nil
}

// names is what a report or a plan says of rows, by key and person.
type names map[string]bool

func rowName(key, user string) string { return key + "\x00" + user }

// unheld is what a report and its notes name as not held: rows that are not
// confirmed, and columns that a note is about.
func unheld(r *plan.ContextReport) names {
	out := names{}
	for i := range r.Rows {
		if row := &r.Rows[i]; row.Outcome != plan.Confirmed {
			out[rowName(row.Key, row.UserID)] = true
		}
	}
	for _, n := range slices.Concat(r.Notes, r.Plan.Notes) {
		if strings.Contains(n.Message, "not compared") || strings.Contains(n.Message, "cannot be put back") {
			out[rowName(n.Key, "")] = true
		}
	}
	return out
}

// changes is the rows that a plan would write.
func changes(c *plan.Context) (rows []string) {
	for i := range c.Items {
		it := &c.Items[i]
		if it.Action != plan.Keep {
			rows = append(rows, rowName(it.Key, ""))
		}
		for k := range it.Scores {
			rows = append(rows, rowName(it.Key, it.Scores[k].UserID))
		}
	}
	return rows
}
