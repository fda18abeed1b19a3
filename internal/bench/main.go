// Bench runs the gradesync command against the sandbox on loopback, beside a
// bare HTTP client that sends the same requests at the same concurrency, and
// prints how much longer gradesync takes. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// command is the bench, or one of its own helpers in a process of its own.
func command(ctx context.Context, args []string) error {
	switch {
	case len(args) == 2 && args[0] == bareCommand:
		return sendBare(ctx, args[1])
	case len(args) > 1 && args[0] == timeCommand:
		return timed(ctx, args[1:])
	}
	var o options
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	only := f.String("run", "", "only scenarios whose name matches this `REGEXP`")
	f.IntVar(&o.rounds, "n", 3, "how often each pair is run; the median counts")
	f.StringVar(&o.command, "command", "", "the `FILE` of a gradesync to measure; without it one is built from this tree")
	f.BoolVar(&o.full, "full", false, "also what takes minutes: 100,000 scores, and a fleet from empty")
	if err := f.Parse(args); err != nil {
		return err
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if o.rounds < 1 {
		return errors.New("-n is how often each pair is run: 1 or more")
	}
	return bench(ctx, o, pattern)
}

type options struct {
	rounds  int
	full    bool
	command string
}

func bench(ctx context.Context, o options, pattern *regexp.Regexp) error {
	dir, err := os.MkdirTemp("", "gradesync-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	command := o.command
	if command == "" {
		if command, err = build(ctx, dir); err != nil {
			return err
		}
	}
	all := slices.DeleteFunc(scenarios(o), func(s scenario) bool { return !pattern.MatchString(s.name()) })
	if len(all) == 0 {
		return fmt.Errorf("no scenario matches %q; with -full there are more", pattern)
	}
	fmt.Println(strings.TrimSpace(machine()))
	t := newTable(os.Stdout)
	for _, s := range all {
		row, err := measure(ctx, o, s, command, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name(), err)
		}
		t.add(row)
	}
	return nil
}
