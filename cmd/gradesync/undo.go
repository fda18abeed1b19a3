package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/run"
	"github.com/gradesync/gradesync/spec"
)

// undoOptions are the flags of undo.
type undoOptions struct {
	applyOptions
	identity string
}

func (a *app) undoCommand() *cobra.Command {
	var o undoOptions
	cmd := &cobra.Command{
		Use:   "undo FOLDER -f FILE|FOLDER|-",
		Short: "Put back what was there before a run",
		Long: `Plan, ask, write and read back, with what a run's record says was there before
it as the desired state. What somebody changed since that run is left alone
and listed. From -f come only platforms, and contexts by name. Where that run was
the last to record a commit, what is recorded for --base auto goes back, too.

What cannot come back: a deleted column's id, attempts and comment history.
Clearing a score that the run gave, and deleting a column with grades, are
held like anywhere else: the plan names the words that let them go.

` + exitHelp(),
		Example: `  gradesync undo .gradesync/runs/20261121T231500Z-ab12cd -f course/
  gradesync undo .gradesync/runs/20261121T231500Z-ab12cd -f course/ --identity key.txt --seal-to recipients.txt`,
		Args: oneFolder,
		RunE: does(func(cmd *cobra.Command, args []string) error {
			if err := o.finish(a, cmd); err != nil {
				return err
			}
			return a.undo(cmd.Context(), cmd, args[0], &o)
		}),
	}
	o.common.register(cmd)
	o.deciding.register(cmd)
	o.writing.register(cmd)
	cmd.Flags().StringVar(&o.identity, "identity", "", "age identity `FILE` that opens a sealed record")
	return cmd
}

func (a *app) undo(ctx context.Context, cmd *cobra.Command, dir string, o *undoOptions) (err error) {
	if len(o.resend) > 0 {
		return usage("undo puts back what a run's record holds: --resend is not for it")
	}
	if len(o.targets) > 0 {
		return usage("undo puts back the whole of a run, or of its --context: --target is not for it")
	}
	ids, err := identities(o.identity)
	if err != nil {
		return err
	}
	bar := a.newProgress()
	opts, err := o.writing.options(cmd, &o.deciding, bar.tick)
	if err != nil {
		return err
	}
	s, err := a.sessionOf(ctx, &o.common, opts, func(docs *spec.Documents, r run.Options) (*run.Session, error) {
		return run.Undo(docs, dir, ids, r)
	})
	if err != nil {
		return err
	}
	defer a.closing(&o.common, s, &err)
	back := s.PrepareBack(ctx, o.files)
	defer back.Close()
	_, err = a.carryOut(ctx, s, &o.applyOptions, bar)
	// Also after an interrupt: what was put back is there.
	told, berr := back.Set(context.WithoutCancel(ctx), err == nil)
	for _, t := range told {
		a.note(t)
	}
	var base *run.BaseError
	switch {
	case !errors.As(berr, &base):
	case err != nil:
		a.note(base.Message)
	default:
		err = &stop{code: exitFailed, err: fmt.Errorf("all was put back, and what is recorded as applied is not set back: %w", base), hint: base.Hint}
	}
	return err
}
