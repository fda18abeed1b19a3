package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/run"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/plan/render"
	"github.com/gradesync/gradesync/reconcile"
)

// planOptions are the flags of plan.
type planOptions struct {
	common
	deciding
	detailed bool
}

// deciding are the flags that bear on what a plan holds.
type deciding struct {
	allow  []string
	resend []string
}

func (d *deciding) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&d.allow, "allow", nil, "let changes with this `RISK[:KEY]` go (repeatable)")
	f.StringArrayVar(&d.resend, "resend", nil, "send again, for the line item with this `KEY`, what the LMS does not show (repeatable)")
}

// options are those of deciding. A risk that does not exist is refused: it
// could never match.
func (d *deciding) options() (reconcile.Options, error) {
	var names []string
	for _, r := range plan.Risks() {
		names = append(names, string(r))
	}
	for _, words := range d.allow {
		risk, key, keyed := strings.Cut(words, ":")
		if !slices.Contains(names, risk) || keyed && key == "" {
			return reconcile.Options{}, usage("--allow %s: write RISK or RISK:KEY, where RISK is one of %s", words, strings.Join(names, ", "))
		}
	}
	set := func(words []string) map[string]bool {
		m := make(map[string]bool, len(words))
		for _, w := range words {
			m[w] = true
		}
		return m
	}
	return reconcile.Options{Allow: set(d.allow), Resend: set(d.resend)}, nil
}

func (a *app) planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan -f FILE|FOLDER|-",
		Short: "Show what apply would write; write nothing",
		Long: `Read the live gradebook and show every write that apply would make. The token
that is asked for can only read.

` + exitHelp(),
		Example: `  gradesync plan -f course/
  gradesync plan -f course/ -o json --detailed-exitcode
  gradesync plan -f course/ --context 'sec-*' --target hw3`,
		Args: cobra.NoArgs,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			if err := o.finish(a, cmd); err != nil {
				return err
			}
			return a.plan(cmd.Context(), &o)
		}),
	}
	o.common.register(cmd)
	o.deciding.register(cmd)
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit 2 where changes are pending, and 6 where some are held")
	return cmd
}

func (a *app) plan(ctx context.Context, o *planOptions) (err error) {
	decide, err := o.options()
	if err != nil {
		return err
	}
	s, err := a.session(ctx, &o.common, run.Options{Decide: decide})
	if err != nil {
		return err
	}
	defer closing(s, &err)
	p := a.observing(func() plan.Plan { return s.Plan(ctx) })
	if err := a.showPlan(&o.common, p); err != nil {
		return err
	}
	if code := exitOfPlan(&p, o.detailed); code != exitDone {
		return &stop{code: code}
	}
	return nil
}

func (a *app) showPlan(c *common, p plan.Plan) error {
	o := render.Options{Color: a.color(), Redact: c.redact}
	if c.output == "json" {
		return render.PlanJSON(a.Stdout, p, o)
	}
	return render.PlanText(a.Stdout, p, o)
}

// closing ends a session; its error counts where nothing else went wrong.
func closing(s *run.Session, err *error) {
	if cerr := s.Close(); cerr != nil && *err == nil {
		*err = &stop{code: exitFailed, err: cerr}
	}
}
