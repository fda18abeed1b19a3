package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// newRoot is the command line without anything behind it.
func newRoot() *cobra.Command {
	a := &app{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Env: func(string) (string, bool) { return "", false }}
	root := a.rootCommand()
	root.InitDefaultHelpFlag()
	return root
}

// docs/commands.md is what the commands say of themselves.
func TestCommandsDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("| command | what it does |\n|---|---|\n")
	var all []*cobra.Command
	for _, c := range newRoot().Commands() {
		if c.IsAvailableCommand() {
			all = append(all, c)
			fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", c.Name(), c.Name(), c.Short)
		}
	}
	for _, c := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n```text\ngradesync %s\n```\n", c.Name(), c.Short, c.Use)
		long, hasCodes := strings.CutSuffix(strings.TrimSpace(c.Long), strings.TrimSpace(exitHelp()))
		b.WriteString(prose(long))
		if hasCodes {
			b.WriteString("\nExit status: see [exit-codes.md](exit-codes.md).\n")
		}
		if flags := c.LocalFlags().FlagUsagesWrapped(88); flags != "" {
			b.WriteString("\n```text\n" + flags + "```\n")
		}
		if c.Example != "" {
			b.WriteString("\n```sh\n")
			for line := range strings.Lines(c.Example) {
				b.WriteString(strings.TrimPrefix(line, "  "))
			}
			b.WriteString("\n```\n")
		}
	}
	written(t, "docs/commands.md", "commands", b.String())
}

// prose is the text of a --help in Markdown: what is indented there is a block.
func prose(text string) string {
	var b strings.Builder
	inBlock := false
	fence := func(open bool) {
		switch {
		case open && !inBlock:
			b.WriteString("\n```text\n")
		case !open && inBlock:
			b.WriteString("```\n\n")
		}
		inBlock = open
	}
	b.WriteString("\n")
	for line := range strings.Lines(strings.TrimSpace(text)) {
		line = strings.TrimRight(line, "\n")
		fence(strings.HasPrefix(line, "  "))
		if !inBlock {
			line = strings.NewReplacer("*", `\*`, "<", `\<`).Replace(line)
		}
		b.WriteString(line + "\n")
	}
	fence(false)
	return strings.TrimRight(b.String(), "\n") + "\n"
}
