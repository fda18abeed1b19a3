package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/escape"
)

// byFlag refuses words after a command whose documents are named with -f: most
// likely they are documents.
func (a *app) byFlag(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if err := noKeys(args...); err != nil {
		return err
	}
	if word := a.behindStats(cmd, args); word != "" {
		return &stop{code: exitUsage, err: fmt.Errorf("%s takes no words beside its flags, and %s is one", cmd.CommandPath(), escape.Shell(word)), hint: statsForms}
	}
	return usage("%s takes no words beside its flags: name documents with -f: %s", cmd.CommandPath(), withFlags(cmd, args))
}

const statsForms = "--stats takes its form with =: --stats=text or --stats=json"

// behindStats is the word, of those that no flag takes, that follows a bare
// --stats: most likely it is meant as its form. cobra tells the words, but not
// what stood before them.
func (a *app) behindStats(cmd *cobra.Command, args []string) string {
	at := slices.Index(a.words, "--stats")
	if !cmd.Flags().Changed("stats") || at < 0 || at+1 == len(a.words) || !slices.Contains(args, a.words[at+1]) {
		return ""
	}
	return a.words[at+1]
}

// withFlags is the command line that was most likely meant.
func withFlags(cmd *cobra.Command, args []string) string {
	words := []string{cmd.CommandPath()}
	for _, arg := range args {
		words = append(words, "-f", escape.Shell(arg))
	}
	return strings.Join(words, " ")
}

// savedPlan refuses documents in the place of a saved plan. What is neither is
// told where the plan is read.
func (a *app) savedPlan(cmd *cobra.Command, args []string) error {
	if err := noKeys(args...); err != nil {
		return err
	}
	if word := a.behindStats(cmd, args); word == "text" || word == "json" {
		if _, err := os.Stat(word); err != nil { // any other word may be a plan that is not there
			return &stop{code: exitUsage, err: fmt.Errorf("there is no saved plan %s", word), hint: statsForms}
		}
	}
	if len(args) > 1 {
		return usage("%s takes one saved plan at most; name documents with -f: %s", cmd.CommandPath(), withFlags(cmd, args))
	}
	if len(args) == 0 {
		return nil
	}
	what := "a document"
	switch info, err := os.Stat(args[0]); {
	case err != nil:
		return nil
	case info.IsDir():
		what = "a folder"
	case !info.Mode().IsRegular() || !holdsDocument(args[0]): // a pipe can be read but once
		return nil
	}
	return usage("%s is %s and not a saved plan: give it with -f", args[0], what)
}

// oneFolder wants the folder of a run's record.
func oneFolder(cmd *cobra.Command, args []string) error {
	if err := noKeys(args...); err != nil {
		return err
	}
	return cobra.ExactArgs(1)(cmd, args)
}

var beginsDocument = regexp.MustCompile(`(?m)^(apiVersion|kind) *:`)

// holdsDocument tells whether a file begins as documents do: a saved plan is JSON,
// or sealed.
func holdsDocument(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	text := make([]byte, 64<<10)
	n, _ := f.Read(text) // what cannot be read is told where the plan is read
	return beginsDocument.Match(text[:n])
}

// identities reads the keys that open what was sealed. An error repeats nothing
// of them, nor a key that was given in the place of its file.
func identities(file string) ([]age.Identity, error) {
	if file == "" {
		return nil, nil
	}
	if err := noKeys(file); err != nil {
		return nil, err
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

// noKeys refuses secret keys where names of files are wanted, before an error
// repeats one. They may be in lower case as well.
func noKeys(words ...string) error {
	for _, w := range words {
		if strings.Contains(strings.ToUpper(w), "AGE-SECRET-KEY-") || strings.Contains(w, "PRIVATE KEY-----") {
			return &stop{
				code: exitUsage, err: errors.New("a secret key stands on the command line, where the name of its file belongs"),
				hint: "keep the key in a file and name that, as in --identity key.txt; others on this machine, and the shell's history, may have it by now",
			}
		}
	}
	return nil
}
