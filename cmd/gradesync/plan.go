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
	"github.com/gradesync/gradesync/spec"
)

// planOptions are the flags of plan.
type planOptions struct {
	common
	deciding
	detailed bool
}

// deciding are the flags that bear on what a plan holds.
type deciding struct {
	allow     []string
	resend    []string
	base      string
	overrides string
	explain   string
}

func (d *deciding) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&d.allow, "allow", nil, "let changes with this `RISK[:KEY]` go (repeatable)")
	f.StringArrayVar(&d.resend, "resend", nil, "send again, for the line item with this `KEY`, what the LMS does not show (repeatable)")
}

// registerBase adds the flags about what was set by hand, which an undo has no
// need of: it brings a base of its own.
func (d *deciding) registerBase(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&d.base, "base", "", "tell what was set by hand from what the files said at this git `REVISION`, in this copy of them, or at the one that was recorded (auto)")
	f.StringVar(&d.overrides, "overrides", "", "what becomes of what was set by hand, in place of policy.overrides: `WORD` is keep, overwrite or fail")
}

// explains refuses to explain what no file knows.
func (d *deciding) explains(docs *spec.Documents) error {
	if d.explain == "" {
		return nil
	}
	var keys []string
	for _, g := range docs.Gradebooks {
		for i := range g.LineItems {
			key := g.LineItems[i].Key.Value
			if d.explain == key || strings.HasPrefix(d.explain, key+"/") {
				return nil
			}
			keys = append(keys, key)
		}
	}
	return usage("--explain %s: write KEY or KEY/USER, where KEY is one of %s", d.explain, strings.Join(keys, ", "))
}

// options are those of deciding. A risk that does not exist is refused: it
// could never match.
func (d *deciding) options(cmd *cobra.Command) (reconcile.Options, error) {
	switch flags := cmd.Flags(); {
	case flags.Changed("base") && d.base == "":
		return reconcile.Options{}, usage("--base names nothing: write a git revision, a path, or auto")
	case flags.Changed("overrides") && d.base == "":
		return reconcile.Options{}, usage("--overrides is about what --base tells: name a base, too")
	}
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
	if d.overrides != "" && !slices.Contains([]string{"keep", "overwrite", "fail"}, d.overrides) {
		return reconcile.Options{}, usage("--overrides %s: write keep, overwrite or fail", d.overrides)
	}
	return reconcile.Options{Allow: set(d.allow), Resend: set(d.resend), Overrides: d.overrides, Explain: d.explain}, nil
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
  gradesync plan -f course/ --context 'sec-*' --target hw3
  gradesync plan -f course/ --base auto --explain hw3/bo@example.edu`,
		Args: cobra.NoArgs,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			if err := o.finish(a, cmd); err != nil {
				return err
			}
			return a.plan(cmd.Context(), cmd, &o)
		}),
	}
	o.common.register(cmd)
	o.deciding.register(cmd)
	o.deciding.registerBase(cmd)
	cmd.Flags().StringVar(&o.explain, "explain", "", "say why a value is what it is: of a line item's fields (`KEY`), or of a person's grade (KEY/USER)")
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit 2 where changes are pending, and 6 where some are held")
	return cmd
}

func (a *app) plan(ctx context.Context, cmd *cobra.Command, o *planOptions) (err error) {
	decide, err := o.options(cmd)
	if err != nil {
		return err
	}
	s, err := a.session(ctx, &o.common, &o.deciding, run.Options{Decide: decide}, nil)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	p := a.observing(func() plan.Plan { return s.Plan(ctx) })
	if o.explain != "" && !slices.ContainsFunc(p.Contexts, func(c plan.Context) bool { return len(c.Explained) > 0 }) {
		a.note("--explain " + o.explain + ": no file names it, and nothing is there")
	}
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
