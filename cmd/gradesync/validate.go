package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/spec"
)

func (a *app) validateCommand() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use:   "validate -f FILE|FOLDER|-",
		Short: "Check documents without asking any LMS",
		Long: `Check documents: every mistake of every file, each with its place, why it is
one, and what to do. No LMS is asked and no secret is read. Where
GITHUB_ACTIONS is true each mistake also becomes an annotation of its line.`,
		Example: `  gradesync validate -f course/
  cat gradebook.yaml | gradesync validate -f -`,
		Args: a.byFlag,
		RunE: does(func(cmd *cobra.Command, _ []string) error { c.redacted(a, cmd); return a.validate(cmd.Context(), &c) }),
	}
	c.registerFiles(cmd)
	return cmd
}

func (a *app) validate(ctx context.Context, c *common) error {
	if len(c.files) == 0 || slices.Contains(c.files, "") {
		return usage("which documents? name them with -f FILE, -f FOLDER or -f -")
	}
	if err := noKeys(c.files...); err != nil {
		return err
	}
	docs, err := a.documents(ctx, c)
	if err != nil {
		if said := a.annotate(err); said != nil {
			return said
		}
		return err
	}
	_, err = fmt.Fprintln(a.Stdout, "Valid: "+tally(docs)+".")
	return err
}

// tally counts what documents hold.
func tally(docs *spec.Documents) string {
	var contexts, items, scores int
	for _, g := range docs.Gradebooks {
		contexts += len(g.Contexts)
		items += len(g.LineItems)
		for i := range g.LineItems {
			scores += len(g.LineItems[i].Scores)
		}
		for i := range g.Contexts {
			for _, rows := range g.Contexts[i].Scores {
				scores += len(rows)
			}
		}
	}
	s := ""
	for i, x := range []struct {
		n    int
		what string
	}{
		{len(docs.Gradebooks), "Gradebook"}, {contexts, "context"}, {items, "line item"},
		{scores, "score"}, {len(docs.Platforms), "Platform"},
	} {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%d %s", x.n, x.what)
		if x.n != 1 {
			s += "s"
		}
	}
	return s
}
