package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/doctor"
	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/internal/run"
)

// doctorOptions are the flags of doctor.
type doctorOptions struct {
	common
	probe       bool
	probeUser   string
	autoApprove bool
}

func (a *app) doctorCommand() *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor -f FILE|FOLDER|-",
		Short: "Check what works with an LMS, and say what to do where it does not",
		Long: `Check files, key, clock, token, scopes, TLS, and the reading of line items,
results and rosters, each with a remedy where something is wrong. Only reads
are sent, and no scope that can write is asked for.

With --probe, find out what reading cannot tell: make a scratch line item in
the first context of each platform that can be read, see what the LMS keeps,
drops, rescales and refuses of it, and remove it again, also when interrupted.
What a killed probe leaves, the next one removes. Scores are tried out with
--probe-user, the LTI user id of a test student; without it, with an id that
nobody has, which most platforms refuse.

It exits 0 if all is well, warnings apart; 4 where credentials or permission
are at fault; else 1.

` + exitHelp(),
		Example: `  gradesync doctor -f course/
  gradesync doctor -f course/ --context sec-1 --probe --probe-user 4711
  gradesync doctor -f course/ --probe --auto-approve -o json`,
		Args: a.byFlag,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			if err := o.finish(a, cmd); err != nil {
				return err
			}
			return a.doctor(cmd.Context(), &o)
		}),
	}
	o.registerFiles(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&o.contexts, "context", nil, "only contexts whose name matches this `GLOB` (repeatable)")
	f.BoolVar(&o.probe, "probe", false, "find out what the LMS does with a scratch line item; this writes")
	f.StringVar(&o.probeUser, "probe-user", "", "with --probe: try scores of the test student with this user `ID`")
	f.BoolVar(&o.autoApprove, "auto-approve", false, "with --probe: do not ask before writing")
	f.StringVarP(&o.output, "output", "o", "text", "`FORM` of the result: text or json")
	registerLog(cmd, &o.logLevel)
	return cmd
}

// doctor checks, and probes where it is asked to.
func (a *app) doctor(ctx context.Context, o *doctorOptions) (err error) {
	switch {
	case o.probeUser != "" && !o.probe:
		return usage("--probe-user is for --probe")
	case o.probe && !o.autoApprove && !terminal(a.Stdin):
		return &stop{code: exitUsage, err: errors.New("nothing was sent: --probe writes, and there is no terminal to ask at"), hint: "pass --auto-approve to let it make its scratch line item"}
	}
	x, files, err := a.examination(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := x.Close(); cerr != nil && err == nil {
			err = &stop{code: exitFailed, err: cerr}
		}
	}()
	r := a.examined(func() doctor.Report { return x.Check(ctx) })
	if o.redact {
		doctor.Silence(r.Groups)
	}
	r.Groups = slices.Insert(r.Groups, 0, files)
	if err := a.showGroups(o, r.Groups); err != nil {
		return err
	}
	if o.probe && ctx.Err() == nil {
		probed, err := a.probed(ctx, o, x)
		if err != nil {
			return err
		}
		r.Groups = append(r.Groups, probed...)
		r.Interrupted = ctx.Err() != nil
		if err := a.showGroups(o, probed); err != nil {
			return err
		}
	}
	if err := a.showSummary(o, r); err != nil {
		return err
	}
	return exitOfDoctor(&r)
}

// examination loads the documents and connects to their platforms.
func (a *app) examination(ctx context.Context, o *doctorOptions) (*run.Examination, doctor.Group, error) {
	log, err := a.logger(o.logLevel)
	if err != nil {
		return nil, doctor.Group{}, err
	}
	docs, err := a.documents(ctx, &o.common)
	if err != nil {
		return nil, doctor.Group{}, err
	}
	x, err := run.OpenDoctor(docs, run.Options{Contexts: o.contexts, Write: o.probe, Env: a.Env, Clock: a.Clock, Log: log, Note: a.note})
	if sel := (*run.SelectionError)(nil); errors.As(err, &sel) {
		return nil, doctor.Group{}, &stop{code: exitUsage, err: err}
	}
	files := doctor.Check{ID: "files", Title: "documents", Status: doctor.OK, Detail: "valid: " + tally(docs)}
	if len(docs.Platforms) == 0 {
		files.Status, files.Remedy = doctor.Failed, "name a file with `kind: Platform` with -f"
	}
	return x, doctor.Group{Checks: []doctor.Check{files}}, err
}

// examined shows that the LMS is being read.
func (a *app) examined(check func() doctor.Report) doctor.Report {
	bar := a.newProgress()
	bar.start(-1, "checking")
	defer bar.finish()
	return check()
}

// probed says what a probe does, asks, and probes.
func (a *app) probed(ctx context.Context, o *doctorOptions, x *run.Examination) ([]doctor.Group, error) {
	places := x.Probes()
	if len(places) == 0 {
		groups := x.Probe(ctx, o.probeUser) // which says why there is nothing to try
		if len(groups) == 0 {
			a.note("nothing is probed: no context could be read")
		}
		return groups, nil
	}
	who := "an id that nobody has"
	if o.probeUser != "" {
		who = "the person of --probe-user"
	}
	a.note(fmt.Sprintf("the probe makes a column %q in %s, changes it, tries scores of %s in it, and removes it; it needs a token that can write, and up to a minute for each",
		doctor.ScratchLabel, strings.Join(places, ", "), who))
	if !o.autoApprove {
		if err := a.ask(ctx, len(places)); err != nil {
			return nil, err
		}
	}
	bar := a.newProgress()
	bar.start(-1, "probing")
	defer bar.finish()
	groups := x.Probe(ctx, o.probeUser)
	if o.redact {
		doctor.Silence(groups)
	}
	return groups, nil
}

// showGroups writes text as soon as there is some. JSON comes once, in the end.
func (a *app) showGroups(o *doctorOptions, groups []doctor.Group) error {
	if o.output == "json" {
		return nil
	}
	return doctor.Text(a.Stdout, groups, a.color())
}

func (a *app) showSummary(o *doctorOptions, r doctor.Report) error {
	if o.output == "json" {
		return doctor.JSON(a.Stdout, r)
	}
	_, err := fmt.Fprintln(a.Stdout, escape.Line(doctor.Summary(&r)))
	return err
}

// exitOfDoctor is nil if all is well, warnings apart.
func exitOfDoctor(r *doctor.Report) error {
	switch {
	case r.Interrupted:
		return &stop{code: exitInterrupted}
	case r.Credentials():
		return &stop{code: exitAuth}
	case r.Count(doctor.Failed) > 0:
		return &stop{code: exitFailed}
	}
	return nil
}
