package main

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// segments cuts a line of a shell into its commands, each as its words: what
// stands between pipes, redirections, brackets and the like. Comments are none.
func segments(line string) (all [][]string) {
	var words []string
	var word strings.Builder
	quote, inWord := rune(0), false
	end := func(segment bool) {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
		if segment && words != nil {
			all, words = append(all, words), nil
		}
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == '#' && !inWord:
			end(true)
			return all
		case strings.ContainsRune("|&;<>()\n", r):
			end(true)
		case r == ' ' || r == '\t':
			end(false)
		default:
			inWord = true
			word.WriteRune(r)
		}
	}
	end(true)
	return all
}

// before are words that may stand before a command's own.
var before = []string{"if", "!", "then", "do", "go", "run", "exec", "time"}

// ours are the arguments of a command that is gradesync's.
func ours(words []string) (args []string, is bool) {
	for len(words) > 0 && (slices.Contains(before, words[0]) || strings.Contains(words[0], "=")) {
		words = words[1:]
	}
	if len(words) == 0 || path.Base(words[0]) != "gradesync" {
		return nil, false
	}
	return words[1:], true
}

// parse takes a command line as gradesync would, and does not run it.
func parse(args []string) error {
	cmd, rest, err := newRoot().Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	if slices.Contains(rest, "--help") {
		return nil
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil && len(cmd.Flags().Args()) > 0 {
		return err // a command that is only named has no arguments
	}
	if at := cmd.ArgsLenAtDash(); at >= 0 {
		if args, is := ours(cmd.Flags().Args()[at:]); is {
			return parse(args)
		}
	}
	return nil
}

var span = regexp.MustCompile("(?s)`([^`]+)`")

// lines are the lines of a page that stand for what somebody types.
func (p page) lines() []string {
	all := p.unshown()
	for _, b := range p.blocks {
		for line := range strings.Lines(b.text) {
			if typed, prompted := strings.CutPrefix(line, "$ "); b.kind == "console" && prompted {
				all = append(all, typed)
			}
		}
	}
	return all
}

// unshown are those of which the page does not show what they print.
func (p page) unshown() (all []string) {
	for _, b := range p.blocks {
		if b.kind == "sh" {
			all = append(all, slices.Collect(strings.Lines(strings.ReplaceAll(b.text, "\\\n", "")))...)
		}
	}
	for line := range strings.Lines(p.prose) {
		if strings.HasPrefix(line, "    ") {
			all = append(all, line)
		}
	}
	for _, m := range span.FindAllStringSubmatch(p.prose, -1) {
		all = append(all, strings.Join(strings.Fields(m[1]), " "))
	}
	return all
}

// Every command line of gradesync in the pages is one that it takes.
func TestDocCommandLines(t *testing.T) {
	parsed := 0
	for _, p := range pages(t) {
		for _, line := range p.lines() {
			for _, words := range segments(line) {
				if args, is := ours(words); is {
					require.NoError(t, parse(args), "%s: %s", p.name, line)
					parsed++
				}
			}
		}
	}
	require.Greater(t, parsed, 80)
}

// What is no command line is found.
func TestDocCommandLinesCanFail(t *testing.T) {
	for _, line := range []string{
		"gradesync plam -f x", "CI=1 gradesync plan --fil x", "a | gradesync apply --overrides", "gradesync sandbox -- gradesync plan --x",
		"if ! gradesync undo a b; then", "go run ./cmd/gradesync apply a b",
	} {
		t.Run(line, func(t *testing.T) {
			var err error
			for _, words := range segments(line) {
				if args, is := ours(words); is {
					err = parse(args)
				}
			}
			require.Error(t, err, fmt.Sprint(segments(line)))
		})
	}
	require.Equal(t, [][]string{{"a", "b c", "d"}, {"e"}}, segments(`a 'b c' "d" > e # f`))
}
