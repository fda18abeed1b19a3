package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradesync/gradesync/internal/escape"
	"github.com/gradesync/gradesync/internal/setup"
)

// initOptions are the flags of init.
type initOptions struct {
	answers  setup.Answers
	dir      string
	force    bool
	noDoctor bool
	check    doctorOptions // of the doctor at the end
}

func (a *app) initCommand() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a key pair, settings for the LMS, and documents to begin with",
		Long: `Make a key pair, print the settings to enter in the LMS, and write commented
documents: ` + setup.KeyFile + ` (private), ` + setup.JWKSFile + `, ` + setup.PlatformFile + ` and
` + setup.GradebookFile + `. At a terminal it asks for what no flag says; elsewhere --lms is
needed, --url for canvas and moodle, and --token-url for other. What the LMS
hands back later, and what is not known yet, is to be filled in. Where
everything is known, doctor runs at the end, and its exit status is init's.

Files that are there are left alone, also those that come to be there while
init asks: then nothing is written. With --force all are made anew, the key
too, and then the new public key must be registered.

` + exitHelp(),
		Example: `  gradesync init
  gradesync init --lms moodle --url https://moodle.example.edu --dir bio101
  gradesync init --lms canvas --url https://canvas.example.edu --client-id 10000000000001 --course 101`,
		Args: cobra.NoArgs,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			o.dir = filepath.Clean(o.dir)
			o.check.files, o.check.output, o.check.logLevel = []string{o.dir}, "text", "warn"
			o.check.redacted(a, cmd)
			return a.setUp(cmd.Context(), &o, a.newAsker())
		}),
	}
	f := cmd.Flags()
	f.StringVar(&o.answers.LMS, "lms", "", "the `KIND` of LMS: "+strings.Join(setup.Words(), ", "))
	f.StringVar(&o.answers.URL, "url", "", "the LMS's `URL`, as in https://lms.example.edu")
	f.StringVar(&o.answers.ClientID, "client-id", "", "the client `ID` that the LMS gave the tool")
	f.StringVar(&o.answers.DeploymentID, "deployment-id", "", "the deployment `ID` that the LMS gave the tool")
	f.StringVar(&o.answers.TokenURL, "token-url", "", "the `URL` of the OAuth 2 token endpoint, where it is not the usual one")
	f.StringVar(&o.answers.Audience, "audience", "", "the `AUD` of token requests, where it is not the usual one")
	f.StringVar(&o.answers.Course, "course", "", "the `ID` of a course in its address (canvas, moodle)")
	f.StringVar(&o.answers.LineItemsURL, "line-items-url", "", "the line items `URL` of a course, as an LTI launch tells it")
	f.StringVar(&o.answers.Name, "name", "", "the Platform's `NAME`; default the kind of LMS")
	f.StringVar(&o.dir, "dir", ".", "the `FOLDER` to write to")
	f.BoolVar(&o.force, "force", false, "overwrite files that are there, the private key too")
	f.BoolVar(&o.noDoctor, "no-doctor", false, "do not run doctor at the end")
	return cmd
}

// setUp asks nobody where ask is nil.
func (a *app) setUp(ctx context.Context, o *initOptions, ask *asker) error {
	if err := o.answers.Check(); err != nil {
		return usage("%w", err)
	}
	if !o.force {
		if err := nothingThere(o.dir); err != nil {
			return err
		}
	}
	if ask == nil && len(o.answers.Missing()) > 0 {
		hint := "see 'gradesync init --help'"
		if o.answers.LMS == "" {
			hint = "as in 'gradesync init --lms moodle --url https://moodle.example.edu'; --lms is one of " + strings.Join(setup.Words(), ", ")
		}
		return &stop{code: exitUsage, err: fmt.Errorf("there is no terminal to ask at: give %s", strings.Join(o.answers.Missing(), ", ")), hint: hint}
	}
	answers, err := ask.first(ctx, o.answers)
	if err != nil {
		return err
	}
	key, err := setup.NewKey()
	if err != nil {
		return err
	}
	written, err := a.writeSetUp(o, answers, key)
	if err != nil {
		return err
	}
	settings, err := setup.Settings(answers, key, o.dir)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(a.Stdout, escape.Text(settings)); err != nil {
		return err
	}
	later, err := ask.second(ctx, answers)
	if err != nil {
		return &stop{code: exitInterrupted, err: errors.New("interrupted: the files are written, with what is still to be filled in")}
	}
	if later != answers {
		answers = later
		platform, _, err := setup.Documents(answers, key)
		if err != nil {
			return usage("%w", err)
		}
		now := file{written.name, platform, written.mode}
		if err := rewrite(o.dir, written, now, setup.HandedBack(answers)); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(a.Stdout, escape.Text(setup.Next(answers, o.dir))); err != nil {
		return err
	}
	if o.noDoctor || len(answers.Later()) > 0 {
		return nil
	}
	fmt.Fprint(a.Stdout, "\nDOCTOR\n\nNo token is granted until the LMS knows the new key.\n\n")
	return a.doctor(ctx, &o.check)
}

// writeSetUp writes all files, or none, and tells what the Platform's is.
func (a *app) writeSetUp(o *initOptions, answers setup.Answers, key setup.Key) (file, error) {
	doc, gradebook, err := setup.Documents(answers, key)
	if err != nil {
		return file{}, usage("%w", err)
	}
	platform := file{setup.PlatformFile, doc, 0o644}
	files := []file{ // the key comes first: of several inits at once it lets one go on
		{setup.KeyFile, key.Private, 0o600}, {setup.JWKSFile, key.JWKS, 0o644},
		platform, {setup.GradebookFile, gradebook, 0o644},
	}
	switch ignored, err := ignores(o.dir, setup.KeyFile); {
	case errors.Is(err, os.ErrNotExist):
		files = append(files, file{".gitignore", []byte("/" + setup.KeyFile + "\n/.gradesync/\n"), 0o644})
	case err != nil || !ignored:
		a.note("add " + setup.KeyFile + " to " + filepath.Join(o.dir, ".gitignore") + ": the private key must not get into git")
	}
	return platform, placeFiles(o.dir, files, o.force)
}
