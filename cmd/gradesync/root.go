package main

import (
	"github.com/spf13/cobra"
)

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "gradesync",
		Short: "Make an LMS's gradebook be what files in git say",
		Long: `gradesync reads a gradebook from YAML files and the live gradebook from the
LMS, shows what differs, applies it, and reads the LMS again to prove it.

` + exitHelp(),
		Example: `  gradesync validate -f course/
  gradesync plan -f course/
  gradesync apply -f course/`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			if err := cmd.Help(); err != nil {
				return err
			}
			return &stop{code: exitUsage}
		}),
	}
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &stop{code: exitUsage, err: err, hint: "see '" + cmd.CommandPath() + " --help'"}
	})
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		a.validateCommand(), a.initCommand(), a.planCommand(), a.applyCommand(), a.undoCommand(), a.exportCommand(), a.rosterCommand(), a.doctorCommand(),
		a.schemaCommand(), a.sandboxCommand(), a.completionCommand(), a.versionCommand(), a.manCommand(),
	)
	return root
}
