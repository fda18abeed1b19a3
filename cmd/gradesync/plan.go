package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/internal/run"
	"github.com/gradesync/gradesync/internal/runlog"
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
	failFast bool
	out      string
	sealTo   []string
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

With --out the plan is saved as well, for 'gradesync apply' to carry out as it
was reviewed. The file holds people and their grades, also where CI is set, and
no secret; only its owner can read it, and --seal-to seals it.

` + exitHelp(),
		Example: `  gradesync plan -f course/
  gradesync plan -f course/ -o json --detailed-exitcode
  gradesync plan -f course/ --context 'sec-*' --target hw3
  gradesync plan -f course/ --base auto --explain hw3/bo@example.edu
  gradesync plan -f course/ --out plan.json --seal-to age1...`,
		Args: a.byFlag,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			if err := o.finish(a, cmd); err != nil {
				return err
			}
			if o.explain != "" && (o.output == "markdown" || o.output == "html") {
				return usage("--explain tells of single grades, and -o %s is for everybody: use text or json", o.output)
			}
			switch given := cmd.Flags().Changed("out"); {
			case given && (o.out == "" || o.out == "-"):
				return usage("--out %s: name a file; a plan names people, so it is not saved to standard output", o.out)
			case !given && len(o.sealTo) > 0:
				return usage("--seal-to seals the file of --out, and there is none")
			}
			if err := o.outIsOurs(); err != nil {
				return err
			}
			return a.plan(cmd.Context(), cmd, &o)
		}),
	}
	o.common.register(cmd)
	o.deciding.register(cmd)
	o.deciding.registerBase(cmd)
	cmd.Flags().StringVar(&o.explain, "explain", "", "say why a value is what it is: of a line item's fields (`KEY`), or of a person's grade (KEY/USER)")
	cmd.Flags().BoolVar(&o.failFast, "fail-fast", false, "once a context cannot be read, read no other")
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit 2 where changes are pending, and 6 where some are held")
	cmd.Flags().StringVar(&o.out, "out", "", "save the whole plan in this `FILE`, for apply")
	cmd.Flags().StringArrayVar(&o.sealTo, "seal-to", nil, "with --out: seal the file for this age `RECIPIENT`, or file of recipients (repeatable)")
	return cmd
}

func (a *app) plan(ctx context.Context, cmd *cobra.Command, o *planOptions) (err error) {
	decide, err := o.options(cmd)
	if err != nil {
		return err
	}
	recipients, err := runlog.ParseRecipients(o.sealTo) // first, so that no plan is ever in clear by mistake
	if err != nil {
		return usage("--seal-to: %v", err)
	}
	s, err := a.session(ctx, &o.common, &o.deciding, run.Options{Decide: decide, FailFast: o.failFast}, nil)
	if err != nil {
		return err
	}
	defer a.closing(&o.common, s, &err)
	p := a.observing(func() plan.Plan { return s.Plan(ctx) })
	if o.explain != "" && !slices.ContainsFunc(p.Contexts, func(c plan.Context) bool { return len(c.Explained) > 0 }) {
		a.note("--explain " + o.explain + ": no file names it, and nothing is there")
	}
	var whole plan.File
	if o.out != "" {
		if whole, err = plan.FileOf(p); err != nil {
			return err
		}
	}
	if err := a.showPlan(&o.common, p, whole.Digest); err != nil {
		return err
	}
	if o.out != "" {
		if err := a.savePlan(o, whole, recipients); err != nil {
			return err
		}
	}
	if code := exitOfPlan(&p, o.detailed); code != exitDone {
		return &stop{code: code}
	}
	return nil
}

// savePlan saves a plan that is whole, and says what to do with it.
func (a *app) savePlan(o *planOptions, whole plan.File, to []age.Recipient) error {
	for i := range whole.Contexts {
		if whole.Contexts[i].Status() == plan.Interrupted {
			return &stop{code: exitInterrupted, err: errors.New("interrupted: the plan is not whole, and was not saved")}
		}
	}
	encoded, err := whole.Encode()
	if err == nil {
		err = run.SavePlan(o.out, escape.JSON(encoded), to)
	}
	if err != nil {
		return &stop{code: exitFailed, err: err, hint: "name another file with --out"}
	}
	words := []string{"gradesync", "apply", escape.Shell(o.out)}
	for _, f := range o.files {
		words = append(words, "-f", escape.Shell(f))
	}
	said := "it names people and their grades: keep it private, or seal it with --seal-to"
	if len(to) > 0 {
		words, said = append(words, "--identity", "FILE", "--seal-to", "RECIPIENT"), "it is sealed"
	}
	a.note("the plan is saved in " + o.out + " (" + whole.Digest + "); " + said)
	a.note("to apply it: " + strings.Join(words, " "))
	return nil
}

// showPlan shows a plan. digest is its own, where it is known.
func (a *app) showPlan(c *common, p plan.Plan, digest string) error {
	o := render.Options{Color: a.color(), Redact: c.redact, Digest: digest}
	switch c.output {
	case "json":
		return render.PlanJSON(a.Stdout, p, o)
	case "markdown":
		return render.PlanMarkdown(a.Stdout, p, o)
	case "html":
		return render.PlanHTML(a.Stdout, p, o)
	default:
		return render.PlanText(a.Stdout, p, o)
	}
}

// closing ends a session; its error counts where nothing else went wrong.
func (a *app) closing(c *common, s *run.Session, err *error) {
	c.timing.tell(a, s)
	if cerr := s.Close(); cerr != nil && *err == nil {
		*err = &stop{code: exitFailed, err: cerr}
	}
}
