package main

import (
	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/spec"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the documents",
		Long: `Print the JSON Schema (draft 2020-12) of one document, for editors and other
tools. It is made of what this gradesync reads, and accepts every document
that it accepts. What is said of several values or documents together only
'gradesync validate' checks.

An editor with a YAML language server uses it for a file that begins with

  # yaml-language-server: $schema=gradesync.schema.json`,
		Example: `  gradesync schema > gradesync.schema.json`,
		Args:    cobra.NoArgs,
		RunE: does(func(*cobra.Command, []string) error {
			text, err := spec.Schema()
			if err != nil {
				return err
			}
			_, err = a.Stdout.Write(text)
			return err
		}),
	}
}
