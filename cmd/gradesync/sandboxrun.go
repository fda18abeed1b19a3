package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/sandbox"
)

// behindDashes takes arguments only behind --, where they are a command.
func behindDashes(cmd *cobra.Command, args []string) error {
	dashes := cmd.ArgsLenAtDash()
	switch {
	case dashes < 0 && len(args) == 0:
		return nil
	case dashes != 0:
		return usage("%q: a command to run goes behind --, as in 'gradesync sandbox -- gradesync plan -f course/'", args[0])
	case len(args) == 0:
		return usage("which command? There is nothing behind --")
	}
	return nil
}

// serveFor serves while a command runs. What comes of the command is what
// comes of it all.
func (a *app) serveFor(ctx context.Context, l net.Listener, box *sandbox.Sandbox, base string, o *sandboxOptions, command []string) error {
	found, err := surroundings(box, base, o)
	if err != nil {
		_ = l.Close()
		return &stop{code: exitFailed, err: err}
	}
	serving, end := context.WithCancel(context.WithoutCancel(ctx)) // the command still wants answers when it is interrupted
	served := make(chan error, 1)
	go func() { served <- serve(serving, l, box) }()
	err = a.runCommand(ctx, command, found)
	end()
	if serr := <-served; err == nil {
		err = serr
	}
	return err
}

// surroundings is what a command finds in its environment.
func surroundings(box *sandbox.Sandbox, base string, o *sandboxOptions) ([]string, error) {
	env := []string{"SANDBOX_URL=" + base}
	switch o.face {
	case sandbox.FaceLTIAAS:
		env = append(env, "LTIAAS_API_KEY="+box.APIKey().Value)
		if len(o.courses) == 0 {
			return env, nil
		}
		key, err := box.ServiceKey(o.courses[0])
		if err != nil {
			return nil, err
		}
		ltik, err := box.Ltik(o.courses[0])
		if err != nil {
			return nil, err
		}
		env = append(env, "LTIAAS_SERVICE_KEY="+key.Value, "LTIAAS_LTIK="+ltik)
	case sandbox.FaceLearningStudio:
		tool := box.LearningStudio()
		env = append(env, "LEARNINGSTUDIO_SECRET="+tool.Secret.Value, "LEARNINGSTUDIO_PASSWORD="+tool.Password.Value)
	}
	return env, nil
}

// runCommand runs a command with our streams. Its exit code is ours.
func (a *app) runCommand(ctx context.Context, command, env []string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Stdin, a.Stdout, a.Stderr
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error {
		if terminal(a.Stdin) {
			return nil // Ctrl-C has reached the command too, and a second one would be too many
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	if err := cmd.Start(); err != nil {
		return &stop{code: exitFailed, err: fmt.Errorf("the command could not be run: %w", err), hint: "behind -- stands a program that is on the PATH"}
	}
	err := cmd.Wait()
	switch code := cmd.ProcessState.ExitCode(); {
	case code > 0:
		return &stop{code: exit(code)} // it has said why
	case code < 0:
		return &stop{code: exitFailed, err: fmt.Errorf("%s: %s", command[0], cmd.ProcessState)}
	case err != nil && !errors.Is(err, context.Canceled):
		return &stop{code: exitFailed, err: err}
	}
	return nil
}
