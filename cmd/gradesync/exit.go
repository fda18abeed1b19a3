package main

import (
	"fmt"
	"strings"

	"github.com/gradesync/gradesync/plan"
)

// exit is one of the process's exit codes.
type exit int

// The exit codes. exitTable says what each means.
const (
	exitDone        exit = 0
	exitFailed      exit = 1
	exitPending     exit = 2
	exitInvalid     exit = 3
	exitAuth        exit = 4
	exitPart        exit = 5
	exitHeld        exit = 6
	exitStale       exit = 7
	exitUsage       exit = 64
	exitInterrupted exit = 130
)

// exitTable is every exit code with its meaning, the one that wins over all
// others first: of several contexts the worst counts.
var exitTable = []struct {
	code  exit
	means string
}{
	{exitUsage, "the command line is wrong"},
	{exitInvalid, "invalid files, or findings in the plan: nothing was written there"},
	{exitInterrupted, "interrupted"},
	{exitAuth, "authentication or permission of a whole context"},
	{exitFailed, "failed"},
	{exitStale, "the plan is stale, somebody changed what it saw: nothing was written"},
	{exitPart, "applied in part: a row is not confirmed"},
	{exitHeld, "policy holds something back"},
	{exitPending, "changes are pending (plan --detailed-exitcode)"},
	{exitDone, "done, or no changes"},
}

// worst is the code that wins.
func worst(codes ...exit) exit {
	for _, row := range exitTable {
		for _, c := range codes {
			if c == row.code {
				return c
			}
		}
	}
	return exitDone
}

// exitHelp is the table for --help.
func exitHelp() string {
	var b strings.Builder
	b.WriteString("Exit status (of several contexts, the first of these that applies):\n")
	for _, row := range exitTable {
		fmt.Fprintf(&b, "  %3d  %s\n", row.code, row.means)
	}
	return b.String()
}

// exitOf is a context's code. detailed: pending and held changes of a plan
// count too.
func exitOf(s plan.Status, detailed bool) exit {
	switch s {
	case plan.Found:
		return exitInvalid
	case plan.Interrupted:
		return exitInterrupted
	case plan.Unauthorized:
		return exitAuth
	case plan.Failed:
		return exitFailed
	case plan.Outdated:
		return exitStale
	case plan.Part:
		return exitPart
	case plan.NotBegun: // nothing went wrong there: the context that --fail-fast stopped at has the code
		return exitDone
	case plan.HeldBack:
		if detailed {
			return exitHeld
		}
	case plan.Pending:
		if detailed {
			return exitPending
		}
	}
	return exitDone
}

func exitOfPlan(p *plan.Plan, detailed bool) exit {
	codes := make([]exit, len(p.Contexts))
	for i := range p.Contexts {
		codes[i] = exitOf(p.Contexts[i].Status(), detailed)
	}
	return worst(codes...)
}

func exitOfReport(r *plan.Report) exit {
	codes := make([]exit, len(r.Contexts))
	for i := range r.Contexts {
		codes[i] = exitOf(r.Contexts[i].Status(), true)
	}
	return worst(codes...)
}
