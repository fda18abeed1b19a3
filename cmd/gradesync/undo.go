package main

import (
	"context"
	"fmt"
	"os"

	"filippo.io/age"
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
and listed. From -f come only platforms, and contexts by name.

What cannot come back: a deleted column's id, attempts and comment history.
Clearing a score that the run gave, and deleting a column with grades, are
held like anywhere else: the plan names the words that let them go.

` + exitHelp(),
		Example: `  gradesync undo .gradesync/runs/20261121T231500Z-ab12cd -f course/
  gradesync undo .gradesync/runs/20261121T231500Z-ab12cd -f course/ --identity key.txt --seal-to recipients.txt`,
		Args: cobra.ExactArgs(1),
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
	defer closing(s, &err)
	_, err = a.carryOut(ctx, s, &o.applyOptions, bar)
	return err
}

// identities reads the keys that open a sealed record. An error repeats
// nothing of them.
func identities(file string) ([]age.Identity, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, usage("--identity: %v", err)
	}
	ids, err := age.ParseIdentities(f)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = cerr
	}
	if err != nil {
		return nil, &stop{code: exitUsage, err: fmt.Errorf("%s holds no age identity (AGE-SECRET-KEY-...)", file)}
	}
	return ids, nil
}
