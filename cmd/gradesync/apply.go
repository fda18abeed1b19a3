package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/run"
	"github.com/gradesync/gradesync/internal/runlog"
	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/plan/render"
	"github.com/gradesync/gradesync/spec"
)

// applyOptions are the flags of apply.
type applyOptions struct {
	common
	deciding
	writing
	record   bool
	identity string
}

// writing are the flags of every command that writes.
type writing struct {
	autoApprove bool
	skipHeld    bool
	failFast    bool
	runsDir     string
	sealTo      []string
}

func (w *writing) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&w.autoApprove, "auto-approve", false, "do not ask before writing")
	f.BoolVar(&w.skipHeld, "skip-held", false, "write the rest of a context that holds something back")
	f.BoolVar(&w.failFast, "fail-fast", false, "write nothing anywhere unless all contexts can be written; once one goes wrong, begin no other")
	f.StringVar(&w.runsDir, "runs-dir", filepath.Join(".gradesync", "runs"), "`FOLDER` for the records of runs, which undo reads")
	f.StringArrayVar(&w.sealTo, "seal-to", nil, "seal the record for this age `RECIPIENT`, or file of recipients (repeatable)")
}

// options are those of a run; the recipients are checked first, so that no
// record is ever in clear by mistake.
func (w *writing) options(cmd *cobra.Command, d *deciding, tick func()) (run.Options, error) {
	recipients, err := runlog.ParseRecipients(w.sealTo)
	if err != nil {
		return run.Options{}, usage("--seal-to: %v", err)
	}
	decide, err := d.options(cmd)
	if err != nil {
		return run.Options{}, err
	}
	return run.Options{Write: true, Decide: decide, SkipHeld: w.skipHeld, FailFast: w.failFast, RunsDir: w.runsDir, SealTo: recipients, Tick: tick}, nil
}

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply [PLAN] -f FILE|FOLDER|-",
		Short: "Make the LMS be what the files say, and prove it",
		Long: `Plan, ask, write, and read back. Every row of the plan ends as confirmed,
altered, refused, unconfirmed or not attempted. What is about to be
overwritten is first recorded under --runs-dir, for 'gradesync undo'.

Interrupted once, it sends nothing new, finishes what is in flight and says
what was done; running it again does the rest.

With a PLAN that 'gradesync plan --out' saved, just that is written, and only at
the LMS and course that it was made for. From -f come only platforms, contexts by
name, which must be those of the plan, and today's policies. All that
the plan touches is looked at first: if somebody changed any of it in the
meantime, nothing is written there (exit 7). What is as planned already is left
alone, so an apply that was killed is finished with the same file.

` + exitHelp(),
		Example: `  gradesync apply -f course/
  gradesync apply -f course/ --auto-approve -o json
  gradesync apply -f course/ --context sec-2 --target 'bio101/hw*'
  gradesync apply -f course/ --auto-approve --base auto --record
  gradesync apply plan.json -f course/ --auto-approve`,
		Args: a.savedPlan,
		RunE: does(func(cmd *cobra.Command, args []string) error {
			if err := o.finish(a, cmd); err != nil {
				return err
			}
			if len(args) == 0 {
				if o.identity != "" {
					return usage("--identity opens a sealed plan, and there is none on the command line")
				}
				return a.apply(cmd.Context(), cmd, &o)
			}
			if err := decided(cmd); err != nil {
				return err
			}
			return a.applySaved(cmd.Context(), cmd, args[0], &o)
		}),
	}
	o.common.register(cmd)
	o.deciding.register(cmd)
	o.writing.register(cmd)
	o.deciding.registerBase(cmd)
	cmd.Flags().BoolVar(&o.record, "record", false, "once all is applied, record the present commit for --base auto")
	cmd.Flags().StringVar(&o.identity, "identity", "", "age identity `FILE` that opens a sealed PLAN")
	return cmd
}

// decided refuses the flags that would change what was planned.
func decided(cmd *cobra.Command) error {
	for _, name := range []string{"base", "allow", "resend", "overrides", "target"} {
		if cmd.Flags().Changed(name) {
			return usage("--%s is decided when a plan is made, and this one is made: leave it out, or give it to plan --out", name)
		}
	}
	if cmd.Flags().Changed("record") {
		return usage("--record records the commit that the files are at, and a saved plan does not tell which it was made of: apply without a saved plan to record")
	}
	return nil
}

// applySaved applies a plan that plan --out saved.
func (a *app) applySaved(ctx context.Context, cmd *cobra.Command, file string, o *applyOptions) (err error) {
	ids, err := identities(o.identity)
	if err != nil {
		return err
	}
	bar := a.newProgress()
	opts, err := o.writing.options(cmd, &o.deciding, bar.tick)
	if err != nil {
		return err
	}
	o.places = true
	s, err := a.sessionOf(ctx, &o.common, opts, func(docs *spec.Documents, r run.Options) (*run.Session, error) {
		return run.OpenSaved(docs, file, ids, r)
	})
	if err != nil {
		return err
	}
	defer a.closing(&o.common, s, &err)
	_, err = a.carryOut(ctx, s, o, bar)
	return err
}

func (a *app) apply(ctx context.Context, cmd *cobra.Command, o *applyOptions) (err error) {
	bar := a.newProgress()
	opts, err := o.writing.options(cmd, &o.deciding, bar.tick)
	if err != nil {
		return err
	}
	if o.record && len(o.contexts)+len(o.targets) > 0 {
		return usage("--record says that all of the files were applied: leave --context and --target out")
	}
	var start *run.Start
	var applied *run.Applied
	if o.record {
		if start, err = run.BeginApplied(ctx, o.files); err != nil {
			return baseStop(err)
		}
	}
	defer func() { start.Close() }()
	prepare := func(docs *spec.Documents) (err error) {
		if o.record {
			applied, err = start.Prepare(ctx, docs, o.files, a.note)
		}
		return err
	}
	s, err := a.session(ctx, &o.common, &o.deciding, opts, prepare)
	if err != nil {
		return err
	}
	defer a.closing(&o.common, s, &err)
	if o.record {
		s.Records(applied)
	}
	p, err := a.carryOut(ctx, s, o, bar)
	if err != nil || !o.record {
		return err
	}
	told, err := applied.Record(ctx, p)
	for _, t := range told {
		a.note("recorded: " + t)
	}
	var base *run.BaseError
	if errors.As(err, &base) {
		return &stop{code: exitFailed, err: fmt.Errorf("all was applied, and it is not recorded: %w", err), hint: base.Hint}
	}
	return err
}

// baseStop tells why there is no base, or no record.
func baseStop(err error) error {
	var base *run.BaseError
	if errors.As(err, &base) {
		return &stop{code: exitFailed, err: err, hint: base.Hint}
	}
	return err
}

// canAsk: without a terminal there is nobody to say yes.
func (a *app) canAsk() error {
	if !terminal(a.Stdin) {
		return &stop{code: exitUsage, err: errors.New("nothing was written: there is no terminal to ask at"), hint: "pass --auto-approve to write what the plan shows"}
	}
	return nil
}

// carryOut plans, shows, asks, writes and reports; it gives the plan.
func (a *app) carryOut(ctx context.Context, s *run.Session, o *applyOptions, bar *progress) (plan.Plan, error) {
	p := a.observing(func() plan.Plan { return s.Plan(ctx) })
	if err := a.preview(o, p); err != nil {
		return p, err
	}
	n := 0
	if s.Stops(&p) == "" {
		n = writable(&p, o.skipHeld)
	}
	if n > 0 && !o.autoApprove {
		if err := a.canAsk(); err != nil {
			return p, err
		}
		if err := a.ask(ctx, n); err != nil {
			return p, err
		}
	}
	bar.start(n, "writing")
	r, err := s.Apply(ctx, p)
	bar.finish()
	if err != nil {
		for i := range p.Contexts { // whoever reads another form shall hear of it, too
			r.Contexts[i].Plan = p.Contexts[i]
			r.Contexts[i].Failure = &plan.Failure{Kind: plan.FailedOther, Message: "nothing was written: " + err.Error()}
		}
		if o.output != "text" {
			if err := a.showReport(&o.common, r); err != nil {
				return p, err
			}
		}
		return p, &stop{code: exitFailed, err: fmt.Errorf("nothing was written, because what is there could not be recorded first: %w", err), hint: "name another folder with --runs-dir"}
	}
	if err := a.showReport(&o.common, r); err != nil {
		return p, err
	}
	if code := exitOfReport(&r); code != exitDone {
		return p, &stop{code: code}
	}
	return p, nil
}

// preview shows the plan: as part of the result in text, and only to the
// one who is asked in a form for programs.
func (a *app) preview(o *applyOptions, p plan.Plan) error {
	switch {
	case o.output == "text":
		return a.showPlan(&o.common, p, "")
	case !o.autoApprove:
		return render.PlanText(a.Stderr, p, render.Options{Redact: o.redact})
	}
	return nil
}

func (a *app) showReport(c *common, r plan.Report) error {
	o := render.Options{Color: a.color(), Redact: c.redact}
	switch c.output {
	case "json":
		return render.ReportJSON(a.Stdout, r, o)
	case "markdown":
		return render.ReportMarkdown(a.Stdout, r, o)
	case "html":
		return render.ReportHTML(a.Stdout, r, o)
	default:
		return render.ReportText(a.Stdout, r, o)
	}
}

// writable counts the writes that apply will make.
func writable(p *plan.Plan, skipHeld bool) int {
	n := 0
	for i := range p.Contexts {
		s := p.Contexts[i].Status()
		if s == plan.Pending || s == plan.HeldBack && skipHeld {
			n += p.Contexts[i].Totals().Changes()
		}
	}
	return n
}

// ask wants a yes in full.
func (a *app) ask(ctx context.Context, n int) error {
	fmt.Fprintf(a.Stderr, "\nWrite to the LMS (changes: %d)? Only yes will do: ", n)
	answer := make(chan string, 1)
	go func() { // reading cannot be interrupted; the process ends soon after
		line, err := bufio.NewReader(a.Stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			line = ""
		}
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.Stderr)
		return &stop{code: exitInterrupted, err: errors.New("interrupted: nothing was written")}
	case line := <-answer:
		if line == "" {
			fmt.Fprintln(a.Stderr)
		}
		if line != "yes" {
			return &stop{code: exitFailed, err: errors.New("nothing was written: the answer was not yes")}
		}
		return nil
	}
}
