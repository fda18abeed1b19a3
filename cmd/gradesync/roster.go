package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/run"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/plan/render"
)

func (a *app) rosterCommand() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use:   "roster -f FILE|FOLDER|-",
		Short: "List who is who in each context",
		Long: `Read the people of each context: user id, name, email, sourcedId, roles and
status, sorted by name. The token that is asked for can only read rosters
(NRPS 2.0). A context needs membershipsURL, or course where the platform's
profile builds URLs.

Names and emails are told by consent: somebody without an email is known all
the same, by the user id.

CSV has the columns context,userId,name,email,sourcedId,roles,status, with
several roles joined by a space. So that no spreadsheet takes anything for a
formula, = + - and @ get an apostrophe in front where they begin a cell, or
come after a ; , tab or line end in it. JSON has all as it came.

` + exitHelp(),
		Example: `  gradesync roster -f course/
  gradesync roster -f course/ --context 'sec-*' -o csv > people.csv`,
		Args: a.byFlag,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			if len(c.files) == 0 || slices.Contains(c.files, "") {
				return usage("which documents? name them with -f FILE, -f FOLDER or -f -")
			}
			if !slices.Contains([]string{"text", "json", "csv"}, c.output) {
				return usage("-o %s is not a form: text, json or csv", c.output)
			}
			c.redacted(a, cmd)
			return a.roster(cmd.Context(), &c)
		}),
	}
	c.registerFiles(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&c.contexts, "context", nil, "only contexts whose name matches this `GLOB` (repeatable)")
	f.StringVarP(&c.output, "output", "o", "text", "`FORM` of the result: text, json or csv")
	registerLog(cmd, &c.logLevel)
	return cmd
}

func (a *app) roster(ctx context.Context, c *common) (err error) {
	s, err := a.sessionOf(ctx, c, run.Options{}, run.OpenRoster)
	if err != nil {
		return err
	}
	defer a.closing(c, s, &err)
	bar := a.newProgress()
	bar.start(-1, "reading")
	r := s.Roster(ctx)
	bar.finish()
	if err := a.showRoster(c, r); err != nil {
		return err
	}
	codes := make([]exit, len(r.Contexts))
	for i := range r.Contexts {
		codes[i] = exitOf(r.Contexts[i].Status(), false)
	}
	if code := worst(codes...); code != exitDone {
		return &stop{code: code}
	}
	return nil
}

func (a *app) showRoster(c *common, r plan.Roster) error {
	o := render.Options{Color: a.color(), Redact: c.redact}
	switch c.output {
	case "json":
		return render.RosterJSON(a.Stdout, r, o)
	case "csv":
		a.tellFailures(r, c.redact)
		return render.RosterCSV(a.Stdout, r, o)
	}
	return render.RosterText(a.Stdout, r, o)
}

// tellFailures says on standard error what a table of people has no place for.
func (a *app) tellFailures(r plan.Roster, redact bool) {
	for _, c := range r.Contexts {
		if c.Failure == nil {
			continue
		}
		text := c.Failure.Message
		if c.Failure.Said != "" && !redact { // the platform's own words may name people
			text += ": " + c.Failure.Said
		}
		a.complain(fmt.Errorf("%s/%s on %s: %s", c.Gradebook, c.Name, c.Platform, text), c.Failure.Hint)
	}
}
